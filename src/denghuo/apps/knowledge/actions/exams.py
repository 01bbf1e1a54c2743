"""Questions, exams, and mistakes noted at work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil
from typing import Protocol

import numpy as np
from django.db import transaction

from denghuo.apps.knowledge.facts import ExamDrawn, ExamSat, MistakeNoted, QuestionAuthored, QuestionWithdrawn
from denghuo.apps.knowledge.models import (
    Answer,
    Mistake,
    Paper,
    PaperQuestion,
    Question,
    QuestionKind,
    Sitting,
    Version,
)
from denghuo.apps.knowledge.queries.exams import weights_of
from denghuo.apps.knowledge.queries.questions import drawn, sources_for
from denghuo.apps.ledger.actions import record
from denghuo.apps.organization.models import Unit

_ROUNDING = 1e-9  # a pass mark of 0.8 is 8 of 10, though 0.8 × 10 may be a little more


class TooFewQuestionsError(ValueError):
    """There is less to ask than was wanted; ``available`` says how much there is."""

    def __init__(self, available: int) -> None:
        super().__init__(f"only {available} questions can be asked")
        self.available = available


@dataclass(frozen=True, kw_only=True)
class QuestionEntry:
    """A question: ``right`` are positions of options; of true or false, which has no options, 0 is true, 1 is false."""

    kind: QuestionKind
    text: str
    options: tuple[str, ...]
    right: tuple[int, ...]
    explanation: str = ""

    def __post_init__(self) -> None:
        """A question that nobody could answer is none."""
        count = 2 if self.kind == QuestionKind.TRUTH else len(self.options)
        fits = count >= 2 and self.right and all(0 <= place < count for place in self.right)
        if not fits or (self.kind != QuestionKind.MULTIPLE and len(self.right) != 1):
            raise ValueError("a question has two options at least, and right ones among them as its kind asks")


class MistakeMade(Protocol):
    """What a fact of another context says of a mistake, so that this one can follow it."""

    @property
    def article_id(self) -> int | None: ...
    @property
    def what(self) -> str: ...
    @property
    def username(self) -> str: ...
    @property
    def reference(self) -> str: ...


@transaction.atomic
def author_question(*, version_id: int, entry: QuestionEntry, at: datetime, actor: str) -> Question:
    """Ask a question on what a version says."""
    version = Version.objects.get(pk=version_id)
    question = Question.objects.create(
        version=version,
        kind=entry.kind,
        text=entry.text,
        options=list(entry.options),
        right=sorted(entry.right),
        explanation=entry.explanation,
    )
    fact = QuestionAuthored(
        question_id=question.pk, article_id=version.article_id, version_id=version_id, kind=entry.kind.value
    )
    record(fact, at=at, actor=actor)
    return question


@transaction.atomic
def withdraw_question(*, question_id: int, at: datetime, actor: str) -> None:
    """Ask it no more; papers that hold it stay as they are."""
    question = Question.objects.select_for_update().select_related("version").get(pk=question_id)
    question.is_withdrawn = True
    question.save(update_fields=["is_withdrawn"])
    record(QuestionWithdrawn(question_id=question_id, article_id=question.version.article_id), at=at, actor=actor)


@transaction.atomic
def draw_exam(
    *,
    unit_id: int,
    title: str,
    question_count: int,
    pass_share: float,
    seed: int,
    on: date,
    at: datetime,
    actor: str,
) -> Paper:
    """Draw an exam for the people of a unit from what holds there on a local day, with weight on what went wrong.

    The same seed on the same articles and the same history draws the same paper.

    Raises:
        TooFewQuestionsError: there is less to ask than that.
    """
    unit = Unit.objects.get(pk=unit_id)
    sources = sources_for(str(unit.path), on=on)
    if len(sources) < question_count:
        raise TooFewQuestionsError(len(sources))
    weights = weights_of(at=at, article_ids={source.asked.article_id for source in sources})
    asked = drawn(sources, count=question_count, weights=weights, rng=np.random.default_rng(seed))
    paper = Paper.objects.create(
        unit=unit,
        title=title,
        seed=seed,
        pass_share=pass_share,
        pass_count=ceil(pass_share * question_count - _ROUNDING),
        question_count=question_count,
        drawn_at=at,
        drawn_by=actor,
    )
    PaperQuestion.objects.bulk_create(
        PaperQuestion(
            paper=paper,
            position=position,
            version_id=one.version_id,
            is_made=one.is_made,
            kind=one.kind,
            text=one.text,
            options=list(one.options),
            right=list(one.right),
            explanation=one.explanation,
        )
        for position, one in enumerate(asked)
    )
    fact = ExamDrawn(
        paper_id=paper.pk, unit_id=unit_id, seed=seed, question_count=question_count, pass_count=paper.pass_count
    )
    record(fact, at=at, actor=actor)
    return paper


@transaction.atomic
def sit_exam(*, paper_id: int, user_id: int, chosen: Mapping[int, Sequence[int]], at: datetime, actor: str) -> Sitting:
    """Answer an exam: positions of the options chosen, by key of the question; what is left out is left open.

    Several answers are right when all right ones are chosen and no other.

    Raises:
        django.db.IntegrityError: this person has sat it already.
    """
    paper = Paper.objects.get(pk=paper_id)
    told = [(question, sorted(set(chosen.get(question.pk, ())))) for question in paper.questions.order_by("position")]
    right_count = sum(places == question.right for question, places in told)
    sitting = Sitting.objects.create(
        paper=paper,
        user_id=user_id,
        sat_at=at,
        right_count=right_count,
        question_count=len(told),
        passed=right_count >= paper.pass_count,
    )
    Answer.objects.bulk_create(
        Answer(sitting=sitting, question=question, chosen=places, is_right=places == question.right)
        for question, places in told
    )
    fact = ExamSat(
        sitting_id=sitting.pk,
        paper_id=paper_id,
        unit_id=paper.unit_id,
        username=sitting.user.username,
        right_count=right_count,
        question_count=len(told),
        passed=sitting.passed,
    )
    record(fact, at=at, actor=actor)
    return sitting


@transaction.atomic
def note_mistake(
    *, article_id: int, what: str, username: str = "", reference: str = "", at: datetime, actor: str
) -> Mistake:
    """Note that what an article says was told wrongly: who told it, and where that is written, where known."""
    mistake = Mistake.objects.create(
        article_id=article_id, what=what, username=username, reference=reference, noted_at=at, noted_by=actor
    )
    fact = MistakeNoted(mistake_id=mistake.pk, article_id=article_id, what=what, username=username, reference=reference)
    record(fact, at=at, actor=actor)
    return mistake


def follow_mistake(fact: MistakeMade, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: a review found a mistake; what names no article is nothing to learn here."""
    del delivery_key  # nothing leaves the database
    if fact.article_id is not None:
        note_mistake(
            article_id=fact.article_id,
            what=fact.what,
            username=fact.username,
            reference=fact.reference,
            at=at,
            actor=actor,
        )
