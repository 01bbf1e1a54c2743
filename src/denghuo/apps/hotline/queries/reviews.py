"""Which calls are to be reviewed, what came of it, and how far scorers differ."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from statistics import fmean
from typing import Any

from django.utils import timezone

from denghuo.adapters.telephony.records import CallOutcome
from denghuo.apps.hotline.models import Call, CallNote, DeskRule, NoteKind, Review, ReviewSheet
from denghuo.apps.hotline.queries.calls import edges
from denghuo.apps.hotline.queries.desk_rules import desk_rules
from denghuo.apps.hotline.queries.figures import Span
from denghuo.apps.organization.access import within

_GRIEVANCES = (NoteKind.COMPLAINT, NoteKind.MISCONDUCT)
# How many further draws of the lot a mark is worth.
DRAWS = {"long_wait": 2, "redial": 2, "grievance": 8}


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A call drawn for review: why it was likelier than others, how many scorers it wants, who scored it."""

    call_id: int
    entered_at: datetime
    agent: str
    marks: tuple[str, ...]
    scorers_wanted: int
    scorers: tuple[str, ...]

    @property
    def done(self) -> bool:
        return len(self.scorers) >= self.scorers_wanted


@dataclass(frozen=True, kw_only=True)
class Drift:
    """One scorer beside the others on the same calls, in shares of the points to be had.

    ``mean_difference_share`` above 0: more generous than the others. ``mean_distance_share`` tells how far apart they
    are, whichever way.
    """

    scorer: str
    call_count: int
    mean_difference_share: float
    mean_distance_share: float


def sheet_on(day: date) -> ReviewSheet | None:
    """The score sheet in force on a local day."""
    return ReviewSheet.objects.filter(from_date__lte=day).order_by("-from_date").first()


def sheets() -> list[ReviewSheet]:
    """Every score sheet with its items, the newest first."""
    return list(ReviewSheet.objects.prefetch_related("items").order_by("-from_date"))


def drawn(span: Span) -> list[Drawn]:
    """The calls of a span that are reviewed, in order.

    The lot of a call depends on the call alone, so that more calls coming in change nothing of those drawn. A plain
    call is drawn with the share that the rule of its day says; each mark is so many further draws.
    """
    start, end = edges(span)
    rows = Call.objects.filter(
        queue_id__in=span.queue_ids, entered_at__gte=start, entered_at__lt=end, outcome=CallOutcome.ANSWERED
    )
    columns = ("pk", "exchange_id", "call_id", "entered_at", "wait_s", "attempt", "agent__name", "agent__code")
    calls: list[dict[str, Any]] = [dict(row) for row in rows.order_by("entered_at", "pk").values(*columns)]
    rules, notes = desk_rules(), _notes(start, end)
    picked = []
    for call in calls:
        rule = _rule(rules, call)
        marks = _marks(call, notes.get((call["exchange_id"], call["call_id"]), ()), rule)
        if _lot(call, "draw") < _chance(rule, marks):
            picked.append((call, marks, rule))
    return _with_scorers(picked)


def _rule(rules: Sequence[DeskRule], call: dict[str, Any]) -> DeskRule:
    day = timezone.localdate(call["entered_at"])
    return next(rule for rule in rules if rule.from_date <= day)


def _notes(start: datetime, end: datetime) -> dict[tuple[int, str], list[CallNote]]:
    found: dict[tuple[int, str], list[CallNote]] = {}
    rows = CallNote.objects.filter(drafted_at__gte=start, drafted_at__lt=end, kept_at__isnull=False)
    for note in rows.exclude(call_id=""):
        found.setdefault((note.exchange_id, note.call_id), []).append(note)
    return found


def _marks(call: dict[str, Any], notes: Sequence[CallNote], rule: DeskRule) -> tuple[str, ...]:
    words = rule.complaint_words.split()
    marks = {
        "long_wait": call["wait_s"] is not None and call["wait_s"] >= rule.long_wait_s,
        "redial": call["attempt"] > 1,
        "grievance": any(note.kind in _GRIEVANCES or any(word in note.text for word in words) for note in notes),
    }
    return tuple(name for name, holds in marks.items() if holds)


def _chance(rule: DeskRule, marks: Sequence[str]) -> float:
    """The chance of at least one hit in one draw and those that the marks add."""
    draws = 1 + sum(DRAWS[mark] for mark in marks)
    return float(1 - (1 - rule.review_share) ** draws)


def _lot(call: dict[str, Any], purpose: str) -> float:
    """A number from 0 to below 1 that is the call's own for this purpose, on every machine."""
    key = f"{purpose}/{call['exchange_id']}/{call['pk']}".encode()
    return int.from_bytes(blake2b(key, digest_size=6).digest()) / 2**48


def _with_scorers(picked: Sequence[tuple[dict[str, Any], tuple[str, ...], DeskRule]]) -> list[Drawn]:
    scorers: dict[int, list[str]] = {}
    keys = [call["pk"] for call, _, _ in picked]
    rows = Review.objects.filter(call_id__in=keys, replaced_at=None).order_by("pk")
    for call_id, scorer in rows.values_list("call_id", "scorer"):
        scorers.setdefault(call_id, []).append(scorer)
    return [
        Drawn(
            call_id=call["pk"],
            entered_at=call["entered_at"],
            agent=call["agent__name"] or call["agent__code"] or "",
            marks=marks,
            scorers_wanted=2 if _lot(call, "double") < rule.double_share else 1,
            scorers=tuple(scorers.get(call["pk"], ())),
        )
        for call, marks, rule in picked
    ]


def reviews_of(call: Call) -> list[Review]:
    """Every review of a call with its scores, in order, those that were corrected among them."""
    rows = Review.objects.filter(call=call).select_related("sheet").prefetch_related("scores__item", "scores__article")
    return list(rows.order_by("scored_at", "pk"))


def reviews_within(scope: Iterable[str], *, span: Span) -> list[Review]:
    """Reviews of the calls of a span, those that were corrected among them."""
    start, end = edges(span)
    rows = Review.objects.filter(
        within(scope, field="call__exchange__unit__path"), call__entered_at__gte=start, call__entered_at__lt=end
    )
    return list(rows.select_related("call__agent").order_by("scored_at", "pk"))


def drifts(reviews: Sequence[Review]) -> list[Drift]:
    """How far each scorer is from the others, over the calls that several scored; who differs most first.

    What counts is everybody's first score of a call: who corrects one may have seen the others'.
    """
    of_call: dict[int, dict[str, float]] = {}
    for one in reviews:
        of_call.setdefault(one.call_id, {}).setdefault(one.scorer, one.points / one.most_points)
    differences: dict[str, list[float]] = {}
    for shares in of_call.values():
        for scorer, share in shares.items() if len(shares) > 1 else ():
            others = fmean(other for name, other in shares.items() if name != scorer)
            differences.setdefault(scorer, []).append(share - others)
    found = [
        Drift(
            scorer=scorer,
            call_count=len(told),
            mean_difference_share=fmean(told),
            mean_distance_share=fmean(abs(one) for one in told),
        )
        for scorer, told in differences.items()
    ]
    return sorted(found, key=lambda one: (-abs(one.mean_difference_share), one.scorer))
