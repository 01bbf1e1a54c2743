"""Score sheets, and calls scored by them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from denghuo.adapters.telephony.records import CallOutcome
from denghuo.apps.hotline import queries
from denghuo.apps.hotline.facts import CallReviewed, MistakeFound, ReviewCorrected, ReviewSheetSet
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
    review = _score(call, sheet, scores, note=note, at=at, actor=actor)
    record(CallReviewed(**_told(review, scores)), at=at, actor=actor)
    _tell_mistakes(review, _mistakes(review))
    return review


@transaction.atomic
def correct_review(
    *, review_id: int, scores: Sequence[ItemScore], note: str, reason: str, at: datetime, actor: str
) -> Review:
    """Put a score of one's own right, by the sheet that it was given by; the one before stays as it was.

    Raises:
        ValueError: it is somebody else's, was put right already, no reason, or the scores do not fit the sheet.
    """
    before = Review.objects.select_for_update().get(pk=review_id)
    if before.scorer != actor or before.replaced_at is not None or not reason.strip():
        raise ValueError("people put right what they scored last themselves, and say why")
    before.replaced_at = at
    before.save(update_fields=["replaced_at"])
    call = Call.objects.select_related("agent__user").get(pk=before.call_id)
    review = _score(call, before.sheet, scores, note=note, reason=reason, at=at, actor=actor)
    fact = ReviewCorrected(corrected_id=before.pk, reason=review.reason, **_told(review, scores))
    record(fact, at=at, actor=actor)
    _tell_mistakes(review, _mistakes(review) - _mistakes(before))
    return review


def _score(
    call: Call,
    sheet: ReviewSheet,
    scores: Sequence[ItemScore],
    *,
    note: str,
    reason: str = "",
    at: datetime,
    actor: str,
) -> Review:
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
        reason=reason.strip()[:300],
    )
    ReviewScore.objects.bulk_create(ReviewScore(review=review, **vars(score)) for score in scores)
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


def _told(review: Review, scores: Sequence[ItemScore]) -> dict[str, Any]:
    """What the facts of a score tell of it."""
    return {
        "review_id": review.pk,
        "call_id": review.call_id,
        "exchange_id": review.call.exchange_id,
        "sheet_id": review.sheet_id,
        "agent_id": review.call.agent_id,
        "points": review.points,
        "most_points": review.most_points,
        "article_ids": tuple(dict.fromkeys(score.article_id for score in scores if score.article_id is not None)),
    }


def _mistakes(review: Review) -> set[tuple[int, str]]:
    """Which articles ought to have been known, and at which item."""
    rows = review.scores.filter(article_id__isnull=False).values_list("article_id", "item__name")
    return set(rows)


def _tell_mistakes(review: Review, mistakes: set[tuple[int, str]]) -> None:
    """One fact for each mistake that an article would have prevented."""
    agent = review.call.agent
    username = agent.user.username if agent and agent.user else ""
    for article_id, what in sorted(mistakes):
        found = MistakeFound(article_id=article_id, what=what, username=username, reference=review.call.call_id[:80])
        record(found, at=review.scored_at, actor=review.scorer)
