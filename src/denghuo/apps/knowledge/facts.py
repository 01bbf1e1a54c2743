"""What happens to what people know."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True)
class ArticlePublished:
    """A version of an article; number 1 is a new article."""

    article_id: int
    version_id: int
    unit_id: int
    number: int
    title: str
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, kw_only=True)
class ArticleWithdrawn:
    article_id: int
    from_date: date
    reason: str


@dataclass(frozen=True, kw_only=True)
class ArticleReviewed:
    """It was read again and still holds."""

    article_id: int
    next_on: date


@dataclass(frozen=True, kw_only=True)
class TextsIndexed:
    """The full text of every version was written anew."""

    version_count: int


@dataclass(frozen=True, kw_only=True)
class WordingRuleSet:
    rule_id: int
    unit_id: int
    phrase: str
    instead: str
    from_date: date
    is_lifted: bool


@dataclass(frozen=True, kw_only=True)
class QuestionAuthored:
    question_id: int
    article_id: int
    version_id: int
    kind: str


@dataclass(frozen=True, kw_only=True)
class QuestionWithdrawn:
    question_id: int
    article_id: int


@dataclass(frozen=True, kw_only=True)
class ExamDrawn:
    paper_id: int
    unit_id: int
    seed: int
    question_count: int
    pass_count: int


@dataclass(frozen=True, kw_only=True)
class ExamSat:
    sitting_id: int
    paper_id: int
    unit_id: int
    username: str
    right_count: int
    question_count: int
    passed: bool


@dataclass(frozen=True, kw_only=True)
class MistakeNoted:
    mistake_id: int
    article_id: int
    what: str
    username: str
    reference: str
