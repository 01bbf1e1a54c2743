"""A suspected fault is confirmed, supply comes back step by step, and whoever says "still out" opens the nested one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from django.db import transaction
from django.db.models import OuterRef, Subquery

from denghuo.apps.ledger.actions import record
from denghuo.apps.network import queries as network
from denghuo.apps.outages.actions.reports import place_reports
from denghuo.apps.outages.facts import (
    CustomersBack,
    CustomersNotBack,
    FaultConfirmed,
    FaultKnown,
    ReportsAttached,
    StillOut,
    SupplyChanged,
    SupplySeen,
)
from denghuo.apps.outages.models import REPORT_OVER, Outage, Report, ReportState, Suspicion, SuspicionState

_YES = {"1", "yes", "y", "back", "已来电", "来电了", "有电"}
_NO = {"2", "no", "n", "still_out", "仍停电", "没电", "没来电", "还没来"}


_WAITING = (ReportState.OUT, ReportState.ALONE, ReportState.SUSPECTED)


class DeviceUnknownError(ValueError):
    """The network has no switching device of this code: the log could not say that it opened."""


class NotOpenedError(ValueError):
    """By the log nobody would lose supply by this opening; ``found`` says why."""

    def __init__(self, found: network.Opening) -> None:
        self.found = found
        super().__init__("by the log nobody loses supply by this opening")


@transaction.atomic
def confirm_fault(*, suspicion_id: int, device_code: str, opened_at: datetime, at: datetime, actor: str) -> Suspicion:
    """Say that a device is open: somebody saw it, or remote control says so. The switching log follows, and with it who
    is without supply. If the log has it open already, in an outage that lasts, this is that outage.

    Raises:
        DeviceUnknownError: no switching device is called so.
        NotOpenedError: by the log nobody would lose supply by it.
        ValueError: it is not open any more, or the device opened after now.
    """
    row = Suspicion.objects.select_for_update().get(pk=suspicion_id)
    if row.state != SuspicionState.OPEN:
        raise ValueError(f"{row.number} is {row.state}")
    if opened_at > at:
        raise ValueError("a device has opened by now")
    if not network.is_device(row.network_id, code=device_code):
        raise DeviceUnknownError(device_code)
    network.hold(row.network_id)  # what is asked of the log holds until it is written there
    found = network.opening_if(row.network_id, device_code=device_code, opened_at=opened_at)
    known = Outage.objects.filter(network_id=row.network_id, number=found.event_number).first()
    known = known if found.stands_open and found.event_number else None
    if known is None and not found.load_codes:
        raise NotOpenedError(found)
    if device_code != row.device_code:
        spot = network.spot_of(row.network_id, code=device_code)
        row.was_device_codes = [*row.was_device_codes, row.device_code]
        row.place, row.feeder_id = (spot.name, spot.feeder_id) if spot else ("", None)
    row.state, row.device_code, row.opened_at = SuspicionState.CONFIRMED, device_code, found.open_since or opened_at
    row.decided_at, row.decided_by, row.outage = at, actor, known
    row.save()
    if known is not None:
        _is_of(row, known, at=at, actor=actor)
        return row
    fact = FaultConfirmed(
        suspicion_id=row.pk,
        network_id=row.network_id,
        number=row.number,
        device_code=device_code,
        opened_at=opened_at,
    )
    record(fact, at=at, actor=actor)
    return row


def _is_of(row: Suspicion, outage: Outage, *, at: datetime, actor: str) -> None:
    """A suspected fault is an outage that was known already: its reports belong there, somebody says so."""
    reports = Report.objects.filter(suspicion=row, state__in=(ReportState.SUSPECTED, ReportState.JOINED))
    ids = tuple(reports.order_by("order_id").values_list("order_id", flat=True))
    reports.update(state=ReportState.JOINED, outage=outage, suspicion=None)
    fact = FaultKnown(suspicion_id=row.pk, network_id=row.network_id, outage_id=outage.pk, device_code=row.device_code)
    record(fact, at=at, actor=actor)
    told = ReportsAttached(about=outage.about, number=outage.number, order_ids=ids, formerly=outage.formerly)
    record(told, at=at, actor=actor)


def follow_supply(fact: SupplyChanged, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: the log says something else about outages. Reports it now explains are put on them, those whose supply
    is back are told so, and what is left points to a fault that is nested, or to none."""
    del delivery_key
    confirmed = Suspicion.objects.filter(network_id=fact.network_id, state=SuspicionState.CONFIRMED, outage=None)
    same = Outage.objects.filter(network_id=OuterRef("network_id"), number=OuterRef("number"))
    confirmed.update(outage=Subquery(same.values("pk")[:1]))
    _take_back(fact, at=at, actor=actor)
    place_reports(network_id=fact.network_id, at=at, actor=actor)
    reports = list(Report.objects.filter(network_id=fact.network_id, state__in=_WAITING).order_by("pk"))
    if not reports:  # as nearly always, above all when a log of years is read in
        return
    out_now = network.supply_marks(fact.network_id).event_of_load
    for outage in _told_of(fact, since=min(one.reported_at for one in reports)):
        own = [one for one in reports if one.outage_id in (None, outage.pk) and one.load_code not in out_now]
        _hear_of_supply(outage, own, at=at, actor=actor)


def _take_back(fact: SupplyChanged, *, at: datetime, actor: str) -> None:
    """Of outages that last, reports whose supply was back by a log that has since been corrected."""
    named = set(fact.outage_ids)
    lasting = Outage.objects.filter(network_id=fact.network_id, started_at__isnull=False, restored_at=None)
    for outage in (one for one in lasting.order_by("pk") if one.pk in named):
        reports = list(outage.reports.filter(state=ReportState.BACK).order_by("pk"))
        if not reports:
            continue
        intervals = network.intervals_of_event(outage.network_id, event_number=outage.number)
        out = {one.load_code for one in intervals if one.ended_at is None}
        ended = {(one.load_code, one.ended_at) for one in intervals}
        # Who was without supply a second time in the same outage did have it between.
        gone = [one for one in reports if one.load_code in out and (one.load_code, one.back_at) not in ended]
        for report in gone:
            report.state, report.back_at = ReportState.OUT, None
        Report.objects.bulk_update(gone, ["state", "back_at"], batch_size=500)
        keys = {"report_ids": tuple(one.pk for one in gone), "order_ids": tuple(one.order_id for one in gone)}
        if gone:
            record(CustomersNotBack(outage_id=outage.pk, **keys), at=at, actor=actor)


def _told_of(fact: SupplyChanged, *, since: datetime) -> list[Outage]:
    """The outages of a fact that lasted after an instant: however many it names, few of them did."""
    rows = Outage.objects.filter(network_id=fact.network_id, started_at__isnull=False).exclude(restored_at__lt=since)
    named = set(fact.outage_ids)
    return [one for one in rows.order_by("pk") if one.pk in named]


def _hear_of_supply(outage: Outage, reports: Sequence[Report], *, at: datetime, actor: str) -> None:
    """Of reports whose load has supply: those of an outage, those too that the log explains by it only now."""
    if not reports:
        return
    last = {one.load_code: one for one in network.intervals_of_event(outage.network_id, event_number=outage.number)}
    back = []
    for report in reports:
        interval = last.get(report.load_code)
        if interval is None or interval.ended_at is None or report.state not in _WAITING:
            continue
        if report.outage_id == outage.pk or interval.started_at <= report.reported_at <= interval.ended_at:
            report.state, report.back_at = ReportState.BACK, interval.ended_at
            report.outage, report.suspicion = outage, None
            back.append(report)
    if back:
        Report.objects.bulk_update(back, ["state", "back_at", "outage", "suspicion"], batch_size=500)
        fact = CustomersBack(
            outage_id=outage.pk,
            report_ids=tuple(one.pk for one in back),
            order_ids=tuple(one.order_id for one in back),
        )
        record(fact, at=at, actor=actor)


@transaction.atomic
def say_still_out(*, report_id: int, said_at: datetime, at: datetime, actor: str) -> Report:
    """Somebody whose supply should be back, or whose order was closed, says that it is not: a new report, against what
    lies behind the fault that was mended.

    Raises:
        ValueError: nothing was restored to them that could be missing.
    """
    report = Report.objects.select_for_update().get(pk=report_id)
    if report.state not in REPORT_OVER:
        raise ValueError(f"report {report_id} is {report.state}")
    outage_id = report.outage_id
    report.state, report.outage, report.suspicion = ReportState.ALONE, None, None
    report.reported_at, report.answered_at = max(said_at, report.back_at or said_at), said_at
    report.still_out_count += 1
    report.save()
    fact = StillOut(report_id=report.pk, order_id=report.order_id, outage_id=outage_id, said_at=said_at)
    record(fact, at=at, actor=actor)
    if report.network_id is not None:
        place_reports(network_id=report.network_id, at=at, actor=actor)
    return report


@transaction.atomic
def say_back(*, report_id: int, said_at: datetime, at: datetime, actor: str) -> Report:
    """Somebody says that their supply is back: their part is done, and it speaks for their load being supplied."""
    report = Report.objects.select_for_update().get(pk=report_id)
    if report.state == ReportState.LIT or (report.state == ReportState.CLOSED and report.order.closed_at is not None):
        return report
    report.state, report.answered_at = ReportState.LIT, said_at
    report.save(update_fields=["state", "answered_at"])
    record(SupplySeen(report_id=report.pk, order_id=report.order_id, said_at=said_at), at=at, actor=actor)
    return report


class Answer(Protocol):
    """The fact that somebody answered a message: what it was about, and what they said."""

    @property
    def about(self) -> str: ...
    @property
    def answer(self) -> str: ...


def follow_answer(fact: Answer, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: who was asked whether supply is back has answered. What is neither yes nor no is left to people."""
    del delivery_key
    context, _, key = fact.about.partition(":")
    if context != "outages.report" or not key.isdecimal():
        return
    report = Report.objects.filter(pk=int(key)).first()
    if report is None:
        return
    said = fact.answer.strip().casefold()
    if said in _NO and report.state in (ReportState.BACK, ReportState.LIT):
        say_still_out(report_id=report.pk, said_at=at, at=at, actor=actor)
    elif said in _YES:
        say_back(report_id=report.pk, said_at=at, at=at, actor=actor)
