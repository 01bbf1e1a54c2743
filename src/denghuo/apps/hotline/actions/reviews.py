"""Score sheets, and calls scored by them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from denghuo.adapters.telephony.records import CallOutcome
from denghuo.apps.hotline import queries
from denghuo.apps.hotline.facts import CallReviewed, MistakeFound, ReviewSheetSet
from denghuo.apps.hotline.models import Call, Review, ReviewItem, ReviewScore, ReviewSheet
from denghuo.apps.ledger.actions import record


@dataclass(frozen=True, kw_only=True)
class ItemScore:
    """Points on one item; ``article_id`` is what ought to have been known where points were lost."""

    item_id: int
    points: int
    article_id: int | None = None


@transaction.atomic
def set_review_sheet(
    *, from_date: date, name: str, items: Sequence[tuple[str, int]], source: str, at: datetime, actor: str
) -> ReviewSheet:
    """Set the sheet by which the calls from a day on are scored.

    Raises:
        ValueError: nothing to score, an item worth nothing, or the day has a sheet that calls were scored by already.
    """
    if not items or any(points <= 0 for _, points in items):
        raise ValueError("a sheet has items, and each is worth something")
    if Review.objects.filter(sheet__from_date=from_date).exists():
        raise ValueError("calls have been scored by the sheet of this day: begin the new one on another")
    ReviewSheet.objects.filter(from_date=from_date).delete()
    sheet = ReviewSheet.objects.create(from_date=from_date, name=name, source=source)
    ReviewItem.objects.bulk_create(
        ReviewItem(sheet=sheet, position=position, name=text, points=points)
        for position, (text, points) in enumerate(items)
    )
    fact = ReviewSheetSet(
        sheet_id=sheet.pk,
        from_date=from_date,
        name=name,
        items=tuple(text for text, _ in items),
        points=tuple(points for _, points in items),
        source=source,
    )
    record(fact, at=at, actor=actor)
    return sheet


@transaction.atomic
def review_call(*, call_id: int, scores: Sequence[ItemScore], note: str, at: datetime, actor: str) -> Review:
    """Score a call by the sheet of its day; each person scores it once.

    Raises:
        ValueError: nobody answered it, no sheet is in force, this person scored it, or the scores do not fit the sheet.
    """
    call = Call.objects.select_related("agent__user").get(pk=call_id)
    sheet = queries.sheet_on(timezone.localdate(call.entered_at))
    if call.outcome != CallOutcome.ANSWERED or sheet is None:
        raise ValueError("there is nothing to score, or no sheet to score it by")
    if Review.objects.filter(call=call, scorer=actor).exists():
        raise ValueError("each person scores a call once")
    items = {item.pk: item for item in sheet.items.all()}
    _check(items, scores)
    review = Review.objects.create(
        call=call,
        sheet=sheet,
        scorer=actor,
        scored_at=at,
        points=sum(score.points for score in scores),
        most_points=sum(item.points for item in items.values()),
        note=note.strip()[:500],
    )
    ReviewScore.objects.bulk_create(ReviewScore(review=review, **vars(score)) for score in scores)
    _tell(call, review, items, scores, at, actor)
    return review


def _check(items: dict[int, ReviewItem], scores: Sequence[ItemScore]) -> None:
    if sorted(score.item_id for score in scores) != sorted(items):
        raise ValueError("every item of the sheet is scored, once")
    for score in scores:
        most = items[score.item_id].points
        if not 0 <= score.points <= most:
            raise ValueError(f"from 0 to {most} points can be given")
        if score.article_id is not None and score.points == most:
            raise ValueError("an article is named where points were lost")


def _tell(
    call: Call,
    review: Review,
    items: dict[int, ReviewItem],
    scores: Sequence[ItemScore],
    at: datetime,
    actor: str,
) -> None:
    """One fact for the review, and one for each mistake that an article would have prevented."""
    failed = [(score.article_id, items[score.item_id].name) for score in scores if score.article_id is not None]
    username = call.agent.user.username if call.agent and call.agent.user else ""
    fact = CallReviewed(
        review_id=review.pk,
        call_id=call.pk,
        exchange_id=call.exchange_id,
        sheet_id=review.sheet_id,
        agent_id=call.agent_id,
        points=review.points,
        most_points=review.most_points,
        article_ids=tuple(dict.fromkeys(article_id for article_id, _ in failed)),
    )
    record(fact, at=at, actor=actor)
    for article_id, what in failed:
        found = MistakeFound(article_id=article_id, what=what, username=username, reference=call.call_id[:80])
        record(found, at=at, actor=actor)
