"""Questions: authored ones, and those made from key facts with the answers of other articles as wrong ones."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain

import numpy as np
from django.db.models import QuerySet

from denghuo.apps.knowledge.models import KeyFact, Question, QuestionKind, Version
from denghuo.apps.knowledge.queries.articles import in_force, units_above
from denghuo.apps.knowledge.queries.full_text import plain

_WRONG_OPTIONS = 3
_FEWEST_WRONG = 2
_FACTORS = (2, 1 / 3, 3, 1 / 2, 4, 5)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_MEASURES = (
    ("time", re.compile(r"秒|分钟|小时|工作日|[\d个][天日月年]")),
    ("money", re.compile(r"元|分/|\d分$")),
    ("share", re.compile(r"[%‰]|百分|千分|倍")),
)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question as it stands on a paper."""

    article_id: int
    version_id: int
    is_made: bool
    kind: str
    text: str
    options: tuple[str, ...]
    right: tuple[int, ...]
    explanation: str


@dataclass(frozen=True, kw_only=True)
class Source:
    """What a question is taken from: an authored question, or a key fact beside all answers of the same kind.

    ``answers`` are those that articles give to the very same question: none of them is a wrong one.
    """

    asked: Asked
    alike: Sequence[str] = ()
    answers: Sequence[str] = ()

    def wrong(self, order: Iterable[int]) -> list[str]:
        """Wrong answers of a made question, taken in this order, but those in the same unit first."""
        shape = _shape(self.answers[0])
        ordered = sorted((self.alike[place] for place in order), key=lambda other: _shape(other) != shape)
        return wrong_answers(self.answers, ordered)


def measure_of(answer: str) -> str:
    """What kind of answer it is: answers of one kind can be taken for each other.

    >>> measure_of("45 分钟"), measure_of("5 个工作日"), measure_of("每日 1‰"), measure_of("供电所")
    ('time', 'time', 'share', 'text')
    """
    told = _compared(answer)
    if not _NUMBER.search(told):
        return "text"
    return next((name for name, sign in _MEASURES if sign.search(told)), _shape(answer))


def _shape(answer: str) -> str:
    """The answer with its numbers left out."""
    return _NUMBER.sub("#", _compared(answer))


def _compared(answer: str) -> str:
    return "".join(plain(answer).split())


def wrong_answers(answers: Sequence[str], alike: Iterable[str]) -> list[str]:
    """The first of these that are no right answer; where they are too few, the right one with another number.

    >>> wrong_answers(["45 分钟"], ["45分钟内", "2 小时", "60 分钟"])
    ['2 小时', '60 分钟', '90 分钟']
    """
    seen = {_compared(answer) for answer in answers}
    numbers = [_NUMBER.findall(answer) for answer in seen if _NUMBER.search(answer)]
    found: list[str] = []
    for other in chain(alike, *(_resized(answer) for answer in answers)):
        compared = _compared(other)
        if compared not in seen and _NUMBER.findall(compared) not in numbers:
            seen.add(compared)
            found.append(other)
            if len(found) == _WRONG_OPTIONS:
                break
    return found


def _resized(answer: str) -> list[str]:
    """The answer with its only number changed to another whole one."""
    numbers = _NUMBER.findall(answer)
    if len(numbers) != 1 or not numbers[0].isdigit():
        return []
    sizes = [int(numbers[0]) * factor for factor in _FACTORS]
    return [_NUMBER.sub(str(round(size)), answer) for size in sizes if size >= 1 and size == round(size)]


def sources_for(unit_path: str, *, on: date) -> list[Source]:
    """Everything that can be asked in a unit on a local day, in an order that depends on nothing else."""
    held = in_force(on).filter(article__unit__path__in=units_above([unit_path]))
    return [*_authored(held), *_made(held)]


def _authored(held: QuerySet[Version]) -> list[Source]:
    rows = Question.objects.filter(version__in=held, is_withdrawn=False).select_related("version").order_by("pk")
    return [
        Source(
            asked=Asked(
                article_id=row.version.article_id,
                version_id=row.version_id,
                is_made=False,
                kind=row.kind,
                text=row.text,
                options=tuple(row.options),
                right=tuple(row.right),
                explanation=row.explanation,
            )
        )
        for row in rows
    ]


def _made(held: QuerySet[Version]) -> list[Source]:
    rows = list(KeyFact.objects.filter(version__in=held).select_related("version").order_by("version", "position"))
    alike: defaultdict[str, dict[str, str]] = defaultdict(dict)
    answers: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        alike[measure_of(row.answer)].setdefault(_compared(row.answer), row.answer)
        answers[_compared(row.what)].append(row.answer)
    told = {measure: tuple(kept.values()) for measure, kept in alike.items()}
    sources = [_source(row, told[measure_of(row.answer)], answers[_compared(row.what)]) for row in rows]
    return [one for one in sources if len(one.wrong(range(len(one.alike)))) >= _FEWEST_WRONG]


def _source(row: KeyFact, alike: Sequence[str], answers: Sequence[str]) -> Source:
    asked = Asked(
        article_id=row.version.article_id,
        version_id=row.version_id,
        is_made=True,
        kind=QuestionKind.SINGLE.value,
        text=f"{row.what}：____",
        options=(row.answer,),
        right=(0,),
        explanation=f"{row.what}：{row.answer}",
    )
    return Source(asked=asked, alike=alike, answers=[row.answer, *answers])


def drawn(
    sources: Sequence[Source], *, count: int, weights: Mapping[int, float], rng: np.random.Generator
) -> list[Asked]:
    """Questions drawn without putting back: an article's chance grows with its weight, whatever it has questions.

    Each source is given a time of arrival at the rate of its article's weight ÷ its article's sources, and the first
    to arrive are taken (Efraimidis and Spirakis 2006).
    """
    shares = Counter(source.asked.article_id for source in sources)
    rates = np.array([weights.get(key, 1.0) / shares[key] for key in (one.asked.article_id for one in sources)])
    arrivals = rng.exponential(size=len(sources)) / rates
    first = np.argsort(arrivals, kind="stable")[:count]
    return [_shuffled(sources[int(place)], rng) for place in first]


def _shuffled(source: Source, rng: np.random.Generator) -> Asked:
    """The question with its options in an order of chance; a made one is given its wrong answers first."""
    asked = source.asked
    options = list(asked.options)
    if asked.is_made:
        options += source.wrong(rng.permutation(len(source.alike)).tolist())
    order = [int(place) for place in rng.permutation(len(options))]
    right = tuple(sorted(order.index(place) for place in asked.right)) if options else asked.right
    return replace(asked, options=tuple(options[place] for place in order), right=right)
