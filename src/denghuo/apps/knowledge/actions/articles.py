"""Publishing, reviewing and withdrawing articles. The full text is kept in step here, in the same transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max

from denghuo.apps.knowledge.facts import ArticlePublished, ArticleReviewed, ArticleWithdrawn, TextsIndexed
from denghuo.apps.knowledge.models import Article, KeyFact, Question, Review, Topic, Version
from denghuo.apps.knowledge.queries import full_text
from denghuo.apps.ledger.actions import record


class StaleArticleError(ValueError):
    """Somebody else published a version, or withdrew the article, while this one was written."""


@dataclass(frozen=True, kw_only=True)
class ArticleEntry:
    """What a version says. ``key_facts`` are pairs of what is asked and its answer; days are local.

    ``valid_until`` is the first day on which it holds no more; ``review_on`` the day to read it again.
    """

    title: str
    topic: Topic
    body: str
    basis: str
    valid_from: date
    script: str = ""
    keywords: str = ""
    key_facts: tuple[tuple[str, str], ...] = ()
    valid_until: date | None = None
    review_on: date | None = None

    def columns(self) -> dict[str, object]:
        """The entry as model fields."""
        return {name: value for name, value in vars(self).items() if name != "key_facts"}


@transaction.atomic
def publish_article(*, unit_id: int, entry: ArticleEntry, at: datetime, actor: str) -> Version:
    """Publish a new article, which holds in its unit and everywhere below.

    Raises:
        django.db.IntegrityError: it ends before it begins.
    """
    return _publish(Article.objects.create(unit_id=unit_id), 1, entry, at, actor)


@transaction.atomic
def publish_version(
    *, article_id: int, after_number: int, keeps_questions: bool, entry: ArticleEntry, at: datetime, actor: str
) -> Version:
    """Say something else from a day on. The version ``after_number`` is what it was written from.

    ``keeps_questions`` takes over the authored questions of that version.

    Raises:
        StaleArticleError: there is a later version already, or the article was withdrawn.
        django.db.IntegrityError: it ends before it begins.
    """
    article = Article.objects.select_for_update().get(pk=article_id)
    latest = article.versions.aggregate(number=Max("number"))["number"]
    if latest != after_number or article.withdrawn_from is not None:
        raise StaleArticleError(article_id)
    version = _publish(article, after_number + 1, entry, at, actor)
    if keeps_questions:
        kept = Question.objects.filter(version__article=article, version__number=after_number, is_withdrawn=False)
        Question.objects.bulk_create(
            Question(
                version=version,
                kind=row.kind,
                text=row.text,
                options=row.options,
                right=row.right,
                explanation=row.explanation,
            )
            for row in kept.order_by("pk")
        )
    return version


def _publish(article: Article, number: int, entry: ArticleEntry, at: datetime, actor: str) -> Version:
    version = Version.objects.create(
        article=article, number=number, **entry.columns(), published_at=at, published_by=actor
    )
    KeyFact.objects.bulk_create(
        KeyFact(version=version, position=position, what=what, answer=answer)
        for position, (what, answer) in enumerate(entry.key_facts)
    )
    full_text.put([_text(version, entry.key_facts)])
    fact = ArticlePublished(
        article_id=article.pk,
        version_id=version.pk,
        unit_id=article.unit_id,
        number=number,
        title=version.title,
        valid_from=version.valid_from,
        valid_until=version.valid_until,
    )
    record(fact, at=at, actor=actor)
    return version


def _text(version: Version, key_facts: Iterable[tuple[str, str]]) -> full_text.Text:
    told = [version.script, version.body, *(f"{what} {answer}" for what, answer in key_facts)]
    return full_text.Text(version_id=version.pk, title=version.title, keywords=version.keywords, text="\n".join(told))


@transaction.atomic
def withdraw_article(*, article_id: int, from_date: date, reason: str, at: datetime, actor: str) -> None:
    """An article holds no more from a local day on, for good. What was told before stays readable.

    Raises:
        StaleArticleError: it is withdrawn already.
    """
    article = Article.objects.select_for_update().get(pk=article_id)
    if article.withdrawn_from is not None:
        raise StaleArticleError(article_id)
    article.withdrawn_from, article.withdrawn_by, article.withdrawn_because = from_date, actor, reason
    article.save(update_fields=["withdrawn_from", "withdrawn_by", "withdrawn_because"])
    record(ArticleWithdrawn(article_id=article_id, from_date=from_date, reason=reason), at=at, actor=actor)


@transaction.atomic
def review_article(*, article_id: int, next_on: date, at: datetime, actor: str) -> None:
    """Somebody read it again, and it still holds; ``next_on`` is when to look next."""
    Review.objects.create(article_id=article_id, next_on=next_on, reviewed_at=at, reviewed_by=actor)
    record(ArticleReviewed(article_id=article_id, next_on=next_on), at=at, actor=actor)


@transaction.atomic
def index_texts(*, at: datetime, actor: str) -> int:
    """Write the full text of every version anew: after it is kept in another way. Returns how many there are."""
    full_text.clear()
    rows = Version.objects.prefetch_related("key_facts")
    texts = [_text(row, [(fact.what, fact.answer) for fact in row.key_facts.all()]) for row in rows]
    full_text.put(texts)
    record(TextsIndexed(version_count=len(texts)), at=at, actor=actor)
    return len(texts)
