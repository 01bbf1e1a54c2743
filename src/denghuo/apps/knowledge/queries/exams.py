"""Exams: papers, what came of them, and which articles people get wrong."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log2

from django.db.models import Count, Q, QuerySet

from denghuo.apps.knowledge.models import Answer, Article, Mistake, Paper, PaperQuestion, Question, Sitting, Version
from denghuo.apps.knowledge.queries.articles import seen_from
from denghuo.apps.organization.access import within
from denghuo.apps.organization.models import User

_HALF_LIFE = timedelta(days=90)
_OF_A_MISTAKE = 3.0  # a mistake made with a caller counts as so many wrong answers in an exam


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A question of a paper beside what was answered; each option with whether it is right and was chosen."""

    question: PaperQuestion
    is_right: bool
    is_open: bool
    options: list[tuple[str, bool, bool]]


@dataclass(frozen=True, kw_only=True)
class PersonResult:
    """What a person has reached in the exams of a scope."""

    user: User
    sitting_count: int
    passed_count: int
    right_share: float
    last: Sitting


@dataclass(frozen=True, kw_only=True)
class ArticleResult:
    """How often an article was asked and got wrong, and how much more often than others it is asked now."""

    version: Version
    asked_count: int
    wrong_count: int
    mistake_count: int
    weight: float

    @property
    def wrong_share(self) -> float | None:
        """Answered wrongly, of all that was asked; None: never asked."""
        return self.wrong_count / self.asked_count if self.asked_count else None


def weights_of(*, at: datetime, article_ids: Iterable[int] | None = None) -> dict[int, float]:
    """How much more often than others an article is asked: 1 + log2(1 + what went wrong with it).

    A wrong answer counts 1, a mistake with a caller 3, both half as much after every 90 days. Articles of which nothing
    is known are left out: theirs is 1.
    """
    wrong = Answer.objects.filter(is_right=False, sitting__sat_at__lte=at)
    wrong_rows = wrong.values_list("question__version__article_id", "sitting__sat_at")
    mistakes = Mistake.objects.filter(noted_at__lte=at).values_list("article_id", "noted_at")
    sums: defaultdict[int, float] = defaultdict(float)
    for rows, each in ((wrong_rows, 1.0), (mistakes, _OF_A_MISTAKE)):
        for article_id, when in rows:
            sums[article_id] += each * 0.5 ** ((at - when) / _HALF_LIFE)
    kept = sums.keys() if article_ids is None else sums.keys() & set(article_ids)
    return {key: 1 + log2(1 + sums[key]) for key in kept}


def papers_within(scope: Iterable[str]) -> QuerySet[Paper]:
    """The exams that people of a scope sit or keep, the newest first."""
    rows = Paper.objects.filter(seen_from(scope, field="unit__path")).select_related("unit")
    passed = Count("sittings", filter=Q(sittings__passed=True))
    return rows.annotate(sat_count=Count("sittings"), passed_count=passed).order_by("-pk")


def paper_for(*, scope: Iterable[str], paper_id: int) -> Paper:
    """One exam, if people of the scope sit or keep it.

    Raises:
        Paper.DoesNotExist: there is none, or it is somebody else's.
    """
    return Paper.objects.select_related("unit").get(seen_from(scope, field="unit__path"), pk=paper_id)


def questions_of(paper: Paper) -> list[PaperQuestion]:
    """What a paper asks, in order."""
    return list(paper.questions.order_by("position"))


def sitting_of(*, paper_id: int, user_id: int) -> Sitting | None:
    """How somebody sat an exam, if they did."""
    return Sitting.objects.filter(paper_id=paper_id, user_id=user_id).first()


def sittings_of(user_id: int) -> QuerySet[Sitting]:
    """Every exam that somebody sat, the latest first: what a certificate can be made of."""
    return Sitting.objects.filter(user_id=user_id).select_related("paper__unit", "user").order_by("-sat_at", "-pk")


def sitting_for(*, user_id: int, leads: Iterable[str], sitting_id: int) -> Sitting:
    """One result: the own, or one of an exam of the units that somebody leads.

    Raises:
        Sitting.DoesNotExist: there is none, or it is somebody else's.
    """
    rows = Sitting.objects.select_related("paper__unit", "user")
    return rows.get(Q(user_id=user_id) | within(leads, field="paper__unit__path"), pk=sitting_id)


def answered(sitting: Sitting) -> list[Answered]:
    """Every question of a sitting beside its answer, in the order of the paper."""
    rows = sitting.answers.select_related("question__version").order_by("question__position")
    return [
        Answered(
            question=row.question,
            is_right=row.is_right,
            is_open=not row.chosen,
            options=[
                (text, place in row.question.right, place in row.chosen)
                for place, text in enumerate(row.question.options or ("", ""))
            ],
        )
        for row in rows
    ]


def results_by_person(scope: Iterable[str]) -> list[PersonResult]:
    """Who sat exams of a scope, the lowest share of right answers first."""
    rows = Sitting.objects.filter(within(scope, field="paper__unit__path")).select_related("user", "paper")
    by_user: defaultdict[int, list[Sitting]] = defaultdict(list)
    for row in rows.order_by("-sat_at", "-pk"):
        by_user[row.user_id].append(row)
    found = [
        PersonResult(
            user=own[0].user,
            sitting_count=len(own),
            passed_count=sum(row.passed for row in own),
            right_share=sum(row.right_count for row in own) / sum(row.question_count for row in own),
            last=own[0],
        )
        for own in by_user.values()
    ]
    return sorted(found, key=lambda one: (one.right_share, one.user.username))


def results_by_article(scope: Iterable[str], *, at: datetime) -> list[ArticleResult]:
    """What was asked in exams of a scope or told wrongly to callers, by article, what goes wrong most first."""
    paths = list(scope)
    asked = Answer.objects.filter(within(paths, field="sitting__paper__unit__path"))
    counts = asked.values("question__version__article").annotate(
        asked=Count("pk"), wrong=Count("pk", filter=Q(is_right=False))
    )
    by_article = {row["question__version__article"]: (row["asked"], row["wrong"]) for row in counts.order_by()}
    noted = Mistake.objects.filter(seen_from(paths, field="article__unit__path"))
    mistakes = dict(noted.order_by().values_list("article").annotate(count=Count("pk")))
    keys = by_article.keys() | mistakes.keys()
    weights = weights_of(at=at, article_ids=keys)
    latest = {row.article_id: row for row in Version.objects.filter(article__in=keys).order_by("number")}
    found = [
        ArticleResult(
            version=version,
            asked_count=by_article.get(key, (0, 0))[0],
            wrong_count=by_article.get(key, (0, 0))[1],
            mistake_count=mistakes.get(key, 0),
            weight=weights.get(key, 1.0),
        )
        for key, version in latest.items()
    ]
    return sorted(found, key=lambda one: (-one.weight, one.version.title))


def questions_on(version: Version) -> list[Question]:
    """The authored questions on a version that are asked."""
    return list(version.questions.filter(is_withdrawn=False).order_by("pk"))


def question_for(*, scope: Iterable[str], question_id: int) -> Question:
    """One authored question of the units of a scope.

    Raises:
        Question.DoesNotExist: there is none, or it is somebody else's.
    """
    rows = Question.objects.select_related("version__article__unit")
    return rows.get(within(scope, field="version__article__unit__path"), pk=question_id)


def mistakes_of(article: Article, *, at_most: int = 10) -> list[Mistake]:
    """What was noted against an article, the latest first."""
    return list(article.mistakes.order_by("-pk")[:at_most])
