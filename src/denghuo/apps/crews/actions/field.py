"""Reports from the field: taken once each, in the order in which they were told, with both clocks."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from denghuo.adapters.pictures import redrawn
from denghuo.apps.crews.actions.steps import StepEntry, take_step
from denghuo.apps.crews.facts import QuoteAccepted, QuoteRefused, QuotesLapsed, ReportsTaken, TimeAnswered
from denghuo.apps.crews.models import (
    Assignment,
    CrewMember,
    FieldReport,
    MaterialUse,
    Odd,
    Photo,
    Quote,
    QuoteLine,
    Refusal,
    ReportKind,
    RuleKind,
    Side,
    State,
)
from denghuo.apps.crews.queries.assignments import order_ids_of, photo_path
from denghuo.apps.crews.queries.rules import number
from denghuo.apps.crews.queries.supply import supply_of
from denghuo.apps.crews.queries.telling import Held, Meant, NotTakenError, meant, position
from denghuo.apps.ledger.actions import record

PHOTO_BYTES = 8_000_000
_SLACK = timedelta(minutes=1)
_STEPS = {
    ReportKind.DELIVERED,
    ReportKind.READ,
    ReportKind.ACCEPTED,
    ReportKind.REFUSED,
    ReportKind.DEPARTED,
    ReportKind.ARRIVED,
    ReportKind.FINISHED,
}
# What tells itself on every phone of a crew, and is kept once.
_ONCE = {ReportKind.DELIVERED, ReportKind.READ}
# What a clock that is off, or an order that cannot be, matters for.
_TIMED = _STEPS - {ReportKind.DELIVERED, ReportKind.READ} | {ReportKind.QUOTE, ReportKind.BEGUN}
# Paperwork that comes after the work is over.
_AFTERWARDS = {ReportKind.PHOTO, ReportKind.NOTE, ReportKind.MATERIALS, ReportKind.CORRECTION}
_MAGIC = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))


@dataclass(frozen=True, kw_only=True)
class PhotoEntry:
    """The bytes of a picture, as they are kept."""

    content: bytes

    @classmethod
    def drawn(cls, content: bytes) -> "PhotoEntry":
        """A picture drawn anew, so that nothing remains of what a camera writes into it, such as the place. It takes a
        while: done before anything is locked."""
        return cls(content=content if len(content) > PHOTO_BYTES else redrawn(content))


@dataclass(frozen=True, kw_only=True)
class ReportEntry:
    """What was told from the field. ``told_at`` is the device's clock; ``told`` what belongs to the kind of report."""

    client_id: UUID
    assignment_id: int
    kind: ReportKind
    told_at: datetime
    told: Mapping[str, Any] = field(default_factory=dict)
    where: Mapping[str, Any] = field(default_factory=dict)
    photo: PhotoEntry | None = None


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of a report. ``status``: "taken", "known" (it is here already), "kept" (the assignment was over, and
    nothing follows), "refused" (``refusal`` says why; nothing is kept). ``taken_back``: kept, though it was told before
    the assignment was withdrawn."""

    client_id: UUID
    status: str
    taken_back: bool = False
    odd: tuple[str, ...] = ()
    happened_at: datetime | None = None
    refusal: Refusal | None = None
    state: str = ""


@transaction.atomic
def take_reports(
    *, user_id: int, entries: Sequence[ReportEntry], sent_at: datetime | None = None, at: datetime, actor: str
) -> list[Taken]:
    """Take reports of one person, each once for its ``client_id``, in the order told; what is wrong with one does not
    stop the others. ``sent_at`` is the device's clock when it sent them, by which it is seen how far off it is."""
    known = _known([entry.client_id for entry in entries])
    own = set(CrewMember.objects.filter(user_id=user_id).values_list("crew_id", flat=True))
    clock_off = sent_at - at if sent_at is not None else None
    done: list[Taken] = []
    for entry in entries:
        if entry.client_id in known:
            done.append(known[entry.client_id])
            continue
        try:
            with transaction.atomic():
                taken = _take(entry, own, user_id=user_id, clock_off=clock_off, at=at, actor=actor)
        except NotTakenError as error:
            taken = Taken(client_id=entry.client_id, status="refused", refusal=error.refusal)
        except IntegrityError:  # the same report by another connection meanwhile
            taken = Taken(client_id=entry.client_id, status="known")
        if taken.refusal is None:
            known[entry.client_id] = Taken(client_id=entry.client_id, status="known", state=taken.state)
        done.append(taken)
    new = [one for one in done if one.status in ("taken", "kept")]
    if new:
        ids = {one.client_id for one in new}
        touched = sorted({entry.assignment_id for entry in entries if entry.client_id in ids})
        late = sum(one.status == "kept" for one in new)
        fact = ReportsTaken(assignment_ids=tuple(touched), report_count=len(new), late_count=late)
        record(fact, at=at, actor=actor)
    return done


def _known(ids: Sequence[UUID]) -> dict[UUID, Taken]:
    rows = FieldReport.objects.filter(client_id__in=ids).select_related("assignment")
    return {
        row.client_id: Taken(
            client_id=row.client_id,
            status="known",
            odd=tuple(row.odd) if row.is_asked else (),
            happened_at=row.happened_at,
            state=row.assignment.state,
        )
        for row in rows
    }


def _take(
    entry: ReportEntry,
    own: set[int],
    *,
    user_id: int,
    clock_off: timedelta | None,
    at: datetime,
    actor: str,
) -> Taken:
    assignment = Assignment.objects.select_for_update().select_related("unit").filter(pk=entry.assignment_id).first()
    if assignment is None or assignment.crew_id not in own:
        raise NotTakenError(Refusal.NOT_YOURS)
    off = _off(assignment, entry, clock_off, at=at)
    happened_at = entry.told_at - off if off else entry.told_at
    odd = _odd(assignment, entry, happened_at, off, at=at)
    happened_at = min(happened_at, at)
    if entry.kind in _ONCE and getattr(assignment, f"{entry.kind.value}_at") is not None:
        return Taken(client_id=entry.client_id, status="known", happened_at=happened_at, state=assignment.state)
    late = assignment.state in (State.WITHDRAWN, State.REFUSED) or (
        assignment.state == State.FINISHED and entry.kind not in _AFTERWARDS
    )
    told = Meant() if late else meant(entry.kind, entry.told, held=_held(assignment), happened_at=happened_at, at=at)
    report = FieldReport.objects.create(
        assignment=assignment,
        user_id=user_id,
        client_id=entry.client_id,
        kind=entry.kind,
        payload=told.payload,
        told_at=entry.told_at,
        received_at=at,
        happened_at=happened_at,
        clock_off_s=clock_off.total_seconds() if clock_off is not None else None,
        odd=[] if late else odd,
        came_late=late,
        **position(entry.where),
    )
    if entry.kind == ReportKind.PHOTO:
        _keep_photo(report, entry)
    if not late:
        _follow(report, told, at=at, actor=actor)
        assignment.refresh_from_db(fields=["state"])
    return Taken(
        client_id=entry.client_id,
        status="kept" if late else "taken",
        taken_back=report.was_taken_back,
        odd=() if late else tuple(odd),
        happened_at=happened_at,
        state=assignment.state,
    )


def _off(assignment: Assignment, entry: ReportEntry, clock_off: timedelta | None, *, at: datetime) -> timedelta | None:
    """How far the device's clock is ahead, if by more than the rule allows. One that did not say is seen to be ahead
    by what it told."""
    ahead = clock_off if clock_off is not None else max(entry.told_at - at, timedelta())
    allowed = timedelta(seconds=number(assignment.unit, RuleKind.CLOCK_OFF_S, on=timezone.localdate(at)))
    return ahead if abs(ahead) > allowed else None


def _odd(
    assignment: Assignment, entry: ReportEntry, happened_at: datetime, off: timedelta | None, *, at: datetime
) -> list[str]:
    """What does not fit about the time of a report."""
    if entry.kind not in _TIMED:
        return []
    found = [Odd.CLOCK_OFF.value] if off else []
    if happened_at > at + _SLACK:
        found.append(Odd.AHEAD.value)
    if happened_at < assignment.sent_at - _SLACK:
        found.append(Odd.BEFORE_SENT.value)
    departed, arrived = assignment.departed_at, assignment.arrived_at
    if entry.kind == ReportKind.ARRIVED and departed is not None and happened_at < departed:
        found.append(Odd.BEFORE_DEPARTURE.value)
    if entry.kind == ReportKind.FINISHED and arrived is not None and happened_at < arrived:
        found.append(Odd.BEFORE_ARRIVAL.value)
    return found


def _held(assignment: Assignment) -> Held:
    own = assignment.reports.filter(came_late=False)
    order_ids = tuple(order_ids_of([assignment.pk]).get(assignment.pk, ()))
    last = own.filter(kind=ReportKind.BOUNDARY).order_by("-happened_at", "-pk").first()
    return Held(
        assignment=assignment,
        side=Side(last.payload["side"]) if last else None,
        quotes=tuple(assignment.quotes.all()),
        begun=own.filter(kind=ReportKind.BEGUN).exists(),
        order_ids=order_ids,
        supply=supply_of(assignment.about, order_ids),
    )


def _follow(report: FieldReport, told: Meant, *, at: datetime, actor: str) -> None:
    """What a report does to the assignment, and what hangs on it."""
    kind = ReportKind(report.kind)
    if kind in _STEPS:
        entry = StepEntry(
            kind=kind,
            happened_at=report.happened_at,
            reason=told.reason,
            finding=told.finding,
            restored_at=told.restored_at,
            restored_told_at=told.restored_told_at,
            again_date=told.again_date,
            receipt=told.receipt,
        )
        take_step(assignment_id=report.assignment_id, entry=entry, at=at, actor=actor)
    elif kind == ReportKind.BOUNDARY:
        _lapse(report, at=at, actor=actor)
    elif kind == ReportKind.MATERIALS:
        MaterialUse.objects.bulk_create(
            MaterialUse(report=report, name=name, quantity=quantity, measure=measure)
            for name, quantity, measure in told.materials
        )
    elif kind == ReportKind.QUOTE:
        _quote(report, told, at=at, actor=actor)
    elif kind == ReportKind.CORRECTION:
        _correct(report, told, at=at, actor=actor)


def _keep_photo(report: FieldReport, entry: ReportEntry) -> None:
    """Write a picture beside the others of its assignment, under what is in it; twice the same is one file."""
    content = entry.photo.content if entry.photo is not None else b""
    if len(content) > PHOTO_BYTES:
        raise NotTakenError(Refusal.TOO_LARGE)
    content_type = next((named for magic, named in _MAGIC if content.startswith(magic)), "")
    if not content_type:
        raise NotTakenError(Refusal.NO_PICTURE)
    photo = Photo.objects.create(
        report=report,
        digest=hashlib.sha256(content).hexdigest(),
        content_type=content_type,
        size_bytes=len(content),
        told_at=entry.told_at,
    )
    path: Path = photo_path(photo)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{report.client_id}.part")
        part.write_bytes(content)
        part.replace(path)


def _quote(report: FieldReport, told: Meant, *, at: datetime, actor: str) -> None:
    accepted = bool(told.payload["accepted"])
    quote = Quote.objects.create(
        assignment_id=report.assignment_id,
        report=report,
        order_id=told.order_id,
        total_fen=told.total_fen,
        offered_at=report.happened_at,
        accepted_at=report.happened_at if accepted else None,
        accepted_name=told.accepted_name,
        signature=told.signature,
        refused_at=None if accepted else report.happened_at,
        refused_because=told.reason,
        again_date=told.again_date,
    )
    QuoteLine.objects.bulk_create(QuoteLine(quote=quote, **vars(line)) for line in told.lines)
    orders = () if told.order_id is None else (told.order_id,)
    whom: dict[str, Any] = {"quote_id": quote.pk, "assignment_id": report.assignment_id, "order_ids": orders}
    if accepted:
        record(QuoteAccepted(**whom, total_fen=quote.total_fen), at=at, actor=actor)
    elif told.again_date is not None:
        record(QuoteRefused(**whom, again_date=told.again_date), at=at, actor=actor)


def _lapse(report: FieldReport, *, at: datetime, actor: str) -> None:
    """On our side nothing is charged: what was accepted before that was known holds no more."""
    rows = [one for one in report.assignment.quotes.all() if one.is_charged]
    if not rows or _held(report.assignment).side is not Side.OURS:
        return
    Quote.objects.filter(pk__in=[one.pk for one in rows]).update(lapsed_at=report.happened_at)
    ids = tuple(one.pk for one in rows)
    record(QuotesLapsed(assignment_id=report.assignment_id, quote_ids=ids), at=at, actor=actor)


def _correct(report: FieldReport, told: Meant, *, at: datetime, actor: str) -> None:
    """Somebody says of times they told whether they are right, and if not, what is."""
    try:
        ids = [UUID(one) for one in told.corrects]
    except ValueError as error:
        raise NotTakenError(Refusal.MALFORMED) from error
    rows = list(report.assignment.reports.filter(client_id__in=ids, kind__in=_TIMED, came_late=False))
    if len(rows) != len(set(ids)) or (told.corrected_at is not None and len(rows) != 1):
        raise NotTakenError(Refusal.UNKNOWN_REPORT)
    if told.reason == "" and any(set(row.odd) - {Odd.CLOCK_OFF.value} for row in rows):
        raise NotTakenError(Refusal.REASON_MISSING)
    for row in rows:
        before, row.happened_at = row.happened_at, told.corrected_at or row.happened_at
        row.answered_at, row.answered_because = at, told.reason
        row.save(update_fields=["happened_at", "answered_at", "answered_because"])
        if told.corrected_at is not None:
            _move(report.assignment, ReportKind(row.kind), before, told.corrected_at)
        orders = tuple(order_ids_of([report.assignment_id]).get(report.assignment_id, ()))
        fact = TimeAnswered(
            report_id=row.pk,
            assignment_id=report.assignment_id,
            about=report.assignment.about,
            order_ids=orders,
            what=row.kind,
            happened_at=row.happened_at,
            is_corrected=told.corrected_at is not None,
        )
        record(fact, at=at, actor=actor)


def _move(assignment: Assignment, kind: ReportKind, before: datetime, after: datetime) -> None:
    """The assignment's own time follows, where it is the one that was corrected."""
    name = f"{kind.value}_at"
    if kind in _STEPS - {ReportKind.REFUSED} and getattr(assignment, name) == before:
        Assignment.objects.filter(pk=assignment.pk, **{name: before}).update(**{name: after})
