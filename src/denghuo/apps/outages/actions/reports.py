"""From a customer's word to the outage that it belongs to: known already, or suspected."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from django.db import transaction
from django.utils import timezone

from denghuo.apps import rows
from denghuo.apps.crews.facts import WorkFinished
from denghuo.apps.crews.models import Finding
from denghuo.apps.ledger.actions import record
from denghuo.apps.network import queries as network
from denghuo.apps.network.models import Network
from denghuo.apps.orders.facts import OrderClosed, OrderOpened, OrderReopened, OrderUnmerged
from denghuo.apps.orders.models import Kind, Order, Topic
from denghuo.apps.orders.models import State as OrderState
from denghuo.apps.outages import queries
from denghuo.apps.outages.facts import (
    FaultSuspected,
    MetersHeard,
    ReportsAttached,
    ReportsTaken,
    SuspicionEnded,
    SuspicionMoved,
)
from denghuo.apps.outages.models import MeterWord, Outage, Report, ReportState, Suspicion, SuspicionState
from denghuo.apps.outages.snapshot import Pointed, locate_faults

REPORTS = {Topic.NO_SUPPLY, Topic.PART}
_NOT_OURS = (Finding.CUSTOMER_SIDE, Finding.ARREARS_CUT, Finding.NOT_FOUND)


def follow_orders(facts: Sequence[OrderOpened], *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction, to many at once: every report of no supply is placed on the outage that explains it, or is evidence."""
    del delivery_key  # nothing leaves the database
    wanted = [fact for fact in facts if fact.kind == Kind.FAULT and fact.topic in REPORTS]
    known = set(
        Report.objects.filter(order_id__in=[fact.order_id for fact in wanted]).values_list("order_id", flat=True)
    )
    fresh = [fact for fact in wanted if fact.order_id not in known]
    if fresh:
        _take(fresh, at=at, actor=actor)


def _take(facts: Sequence["OrderOpened | Corrected"], *, at: datetime, actor: str) -> None:
    network_of = _networks(facts)
    who = _who(fact.order_id for fact in facts)
    by_network: dict[int | None, list[Report]] = {}
    for fact in facts:
        report = Report(
            order_id=fact.order_id,
            network_id=network_of.get(fact.order_id),
            load_code=fact.load_code,
            account_id=fact.account_id,
            who=who[fact.order_id],
            reported_at=fact.received_at,
            taken_at=at,
            state=ReportState.ALONE if fact.order_id in network_of else ReportState.UNPLACED,
        )
        by_network.setdefault(report.network_id, []).append(report)
    for network_id, reports in by_network.items():
        known = _of_known_outages(network_id, reports) if network_id is not None else []
        rows.insert(reports)
        _tell_attached(known, at=at, actor=actor)
        suspected = _locate(network_id, at=at, actor=actor) if network_id is not None else set()
        fact_of = ReportsTaken(
            network_id=network_id,
            report_count=len(reports),
            known_count=len(known),
            suspected_count=len(suspected & {one.order_id for one in reports}),
        )
        record(fact_of, at=at, actor=actor)


def _networks(facts: Iterable["OrderOpened | Corrected"]) -> dict[int, int]:
    """The network of each order whose load is known to hang on one."""
    units = {fact.unit_id for fact in facts if fact.load_code}
    of_unit = dict(Network.objects.filter(unit_id__in=units).values_list("unit_id", "pk"))
    loads = {one: network.network_snapshot(one).grid.load_position for one in of_unit.values()}
    return {
        fact.order_id: of_unit[fact.unit_id]
        for fact in facts
        if fact.unit_id in of_unit and fact.load_code in loads[of_unit[fact.unit_id]]
    }


def _who(order_ids: Iterable[int]) -> dict[int, int]:
    """A number for whoever reported: the account's, else one for the telephone number, else one of the order's own."""
    told = Order.objects.filter(pk__in=list(order_ids)).values_list("pk", "account_id", "caller_index")
    return {
        pk: account if account is not None else number if number is not None else -pk for pk, account, number in told
    }


def _of_known_outages(network_id: int, reports: Sequence[Report]) -> list[Report]:
    """Put reports whose load is out by the log on that outage; returns those."""
    marks = network.supply_marks(network_id)
    numbers = {marks.event_of_load[one.load_code] for one in reports if one.load_code in marks.event_of_load}
    outages = dict(Outage.objects.filter(network_id=network_id, number__in=numbers).values_list("number", "pk"))
    placed = []
    for report in reports:
        outage_id = outages.get(marks.event_of_load.get(report.load_code, ""))
        if outage_id is not None:
            report.outage_id, report.suspicion_id, report.state = outage_id, None, ReportState.OUT
            placed.append(report)
    return placed


def _tell_attached(reports: Sequence[Report], *, at: datetime, actor: str) -> None:
    """One fact for each outage that reports now belong to."""
    outages = Outage.objects.filter(pk__in={one.outage_id for one in reports}).prefetch_related("suspicions")
    for row in outages.order_by("pk"):
        ids = tuple(one.order_id for one in reports if one.outage_id == row.pk)
        fact = ReportsAttached(about=row.about, number=row.number, order_ids=ids, formerly=row.formerly)
        record(fact, at=at, actor=actor)


@transaction.atomic
def place_reports(*, network_id: int, at: datetime, actor: str) -> None:
    """What the log has come to explain leaves the evidence, and the rest is sought anew."""
    reports = queries.reports_to_place(network_id)
    placed = _of_known_outages(network_id, [one for one in reports if one.state != ReportState.LIT])
    Report.objects.bulk_update(placed, ["outage", "suspicion", "state"], batch_size=500)
    _tell_attached(placed, at=at, actor=actor)
    if reports:
        _locate(network_id, at=at, actor=actor)


def _locate(network_id: int, *, at: datetime, actor: str) -> set[int]:
    """Bring the suspected faults of a network in line with everything told; returns the orders of those suspected."""
    network.hold(network_id)  # of two batches at once, the second sees what the first has found
    reports = queries.evidence_of(network_id)
    shut = queries.seen_closed(network_id, reports, at=at)
    pointed = locate_faults(network_id, reports, shut_codes=shut, at=at)
    held = list(Suspicion.objects.select_for_update().filter(network_id=network_id, state=SuspicionState.OPEN))
    of_suspicion = _by_suspicion(reports)
    free = {one.pk: one for one in held}
    suspected: set[int] = set()
    for found in pointed:
        inside = [one for one in reports if one.load_code in found.load_codes and one.state != ReportState.LIT]
        row = _same_as(found, inside, free, of_suspicion)
        row = (
            _moved(free.pop(row.pk), found, inside, at, actor) if row else _begun(network_id, found, inside, at, actor)
        )
        _join(row, inside, at=at, actor=actor)
        suspected |= {one.order_id for one in inside}
    for gone in free.values():
        _end(gone, SuspicionState.GONE, "", at=at, actor=actor)
    loose = [one.pk for one in reports if one.order_id not in suspected and one.state == ReportState.SUSPECTED]
    Report.objects.filter(pk__in=loose).update(state=ReportState.ALONE, suspicion=None)
    return suspected


def _by_suspicion(reports: Iterable[queries.Evident]) -> Counter[tuple[int, int]]:
    """Which reports were of which suspicion before."""
    return Counter((one.suspicion_id, one.order_id) for one in reports if one.suspicion_id is not None)


def _same_as(
    found: Pointed, inside: Sequence[queries.Evident], free: dict[int, Suspicion], before: Counter[tuple[int, int]]
) -> Suspicion | None:
    """The suspicion that a finding goes on with: of the same device, else the one that most of its reports were of."""
    same = next((one for one in free.values() if one.device_code == found.device_code), None)
    if same is not None:
        return same
    shared = Counter({pk: sum(before[pk, one.order_id] for one in inside) for pk in free})
    best = max(shared.items(), key=lambda item: (item[1], -item[0]), default=(0, 0))
    return free[best[0]] if best[1] else None


def _columns(network_id: int, found: Pointed) -> dict[str, object]:
    spot = network.spot_of(network_id, code=found.device_code)
    return {
        "device_code": found.device_code,
        "probability": found.probability,
        "load_count": len(found.load_codes),
        "mv_users": found.mv_users,
        "lv_customers": found.lv_customers,
        "report_count": found.report_count,
        "told": found.told,
        "feeder_id": spot.feeder_id if spot else None,
        "place": spot.name if spot else "",
    }


def _begun(network_id: int, found: Pointed, inside: Sequence[queries.Evident], at: datetime, actor: str) -> Suspicion:
    first = min((one.reported_at for one in inside), default=at)
    row = Suspicion(
        network_id=network_id,
        number="",
        first_reported_at=first,
        suspected_at=at,
        changed_at=at,
        **_columns(network_id, found),
    )
    day = f"{timezone.localtime(at):%Y%m%d}"
    today = Suspicion.objects.filter(network_id=network_id, number__startswith=f"G{day}-").count()
    row.number = f"G{day}-{today + 1:03d}"
    row.save()
    fact = FaultSuspected(
        suspicion_id=row.pk,
        network_id=network_id,
        number=row.number,
        device_code=row.device_code,
        probability=row.probability,
        report_count=row.report_count,
        lv_customers=row.lv_customers,
    )
    record(fact, at=at, actor=actor)
    return row


def _moved(row: Suspicion, found: Pointed, inside: Sequence[queries.Evident], at: datetime, actor: str) -> Suspicion:
    was = row.device_code
    for name, value in _columns(row.network_id, found).items():
        setattr(row, name, value)
    row.first_reported_at = min([row.first_reported_at, *(one.reported_at for one in inside)])
    row.changed_at = at
    if was != row.device_code:
        row.was_device_codes = [*row.was_device_codes, was]
    row.save()
    if was != row.device_code:
        fact = SuspicionMoved(
            suspicion_id=row.pk,
            network_id=row.network_id,
            device_code=row.device_code,
            was_device_code=was,
            probability=row.probability,
        )
        record(fact, at=at, actor=actor)
    return row


def _join(row: Suspicion, inside: Sequence[queries.Evident], *, at: datetime, actor: str) -> None:
    """Put reports on a suspicion, and say so of those that were not."""
    new = [one for one in inside if one.suspicion_id != row.pk or one.state != ReportState.SUSPECTED]
    if not new:
        return
    Report.objects.filter(pk__in=[one.pk for one in new]).update(state=ReportState.SUSPECTED, suspicion=row)
    ids = tuple(one.order_id for one in new)
    record(ReportsAttached(about=f"outages.suspicion:{row.pk}", number=row.number, order_ids=ids), at=at, actor=actor)


def _end(row: Suspicion, state: SuspicionState, reason: str, *, at: datetime, actor: str) -> None:
    row.state, row.reason, row.decided_at, row.decided_by = state, reason, at, actor
    row.save(update_fields=["state", "reason", "decided_at", "decided_by"])
    fact = SuspicionEnded(suspicion_id=row.pk, network_id=row.network_id, state=state, reason=reason)
    record(fact, at=at, actor=actor)


@transaction.atomic
def dismiss_suspicion(*, suspicion_id: int, reason: str, at: datetime, actor: str) -> Suspicion:
    """Say that a device has not opened: somebody has seen it closed. Its reports are placed anew without it. So one
    ends, too, that was confirmed while the log knows of nobody who lost supply by it.

    Raises:
        ValueError: no reason is given, or it is not open any more.
    """
    row = Suspicion.objects.select_for_update().get(pk=suspicion_id)
    if not reason.strip():
        raise ValueError("a suspicion is dismissed for a reason")
    if row.state != SuspicionState.OPEN and not row.is_unborn:
        raise ValueError(f"{row.number} is {row.state}")
    _end(row, SuspicionState.DISMISSED, reason.strip(), at=at, actor=actor)
    Report.objects.filter(suspicion=row, state=ReportState.SUSPECTED).update(state=ReportState.ALONE, suspicion=None)
    place_reports(network_id=row.network_id, at=at, actor=actor)
    return row


def follow_closed_order(fact: OrderClosed, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: an order that is over is no evidence any more; what it alone pointed to is gone."""
    del delivery_key
    report = Report.objects.filter(order_id=fact.order_id).exclude(state=ReportState.CLOSED).first()
    if report is not None:
        _settle(report, at=at, actor=actor)


def _settle(report: Report, *, at: datetime, actor: str) -> None:
    """A report that is none any more leaves the evidence, and what it alone pointed to is gone."""
    evident = report.state in queries.TO_PLACE
    Report.objects.filter(pk=report.pk).update(state=ReportState.CLOSED)
    if evident and report.network_id is not None:
        _locate(report.network_id, at=at, actor=actor)


def follow_found(fact: WorkFinished, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: a crew was there, and nothing of ours is open: what was reported is no evidence of a device any more,
    also not of one further up. Who says "still out" when called back is evidence again."""
    del delivery_key  # a report that is settled is not settled again
    if fact.finding not in _NOT_OURS:
        return
    for report in Report.objects.filter(order_id__in=fact.order_ids, state__in=queries.TO_PLACE).order_by("pk"):
        _settle(report, at=at, actor=actor)


def follow_reopened(fact: OrderReopened, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: where nothing of ours was found, an order is open again because supply is still missing."""
    del delivery_key  # a report that is evidence is not made so again
    found = Report.objects.filter(order_id=fact.order_id, state=ReportState.CLOSED, order__finding__in=_NOT_OURS)
    _place_again(found, at=at, actor=actor)


def follow_unmerged(fact: OrderUnmerged, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: a report that was taken to be the same as another one is evidence of its own."""
    del delivery_key  # a report that is evidence is not made so again
    found = Report.objects.filter(order_id=fact.order_id, state=ReportState.CLOSED, order__closed_at=None)
    _place_again(found.exclude(order__state=OrderState.DONE), at=at, actor=actor)


def _place_again(found: Iterable[Report], *, at: datetime, actor: str) -> None:
    for report in found:
        Report.objects.filter(pk=report.pk).update(state=ReportState.ALONE)
        if report.network_id is not None:
            place_reports(network_id=report.network_id, at=at, actor=actor)


class Corrected(Protocol):
    """What an order was opened with was wrong; these hold now."""

    @property
    def order_id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def topic(self) -> str: ...
    @property
    def unit_id(self) -> int: ...
    @property
    def account_id(self) -> int | None: ...
    @property
    def load_code(self) -> str: ...
    @property
    def received_at(self) -> datetime: ...


def follow_corrected_order(fact: Corrected, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: an order turns out to be a report of no supply, or none, or from elsewhere; it is placed anew, as if it
    had been told so at once. What a dispatcher put somewhere, and what the customer says to be back, stays so."""
    del delivery_key  # placed twice it lies where it lay
    if not Order.objects.filter(pk=fact.order_id, closed_at=None).exists():
        return
    report = Report.objects.select_for_update().filter(order_id=fact.order_id).first()
    if fact.kind != Kind.FAULT or fact.topic not in REPORTS:
        if report is not None:
            _settle(report, at=at, actor=actor)
        return
    if report is None:
        _take([fact], at=at, actor=actor)
        return
    here = (report.load_code, report.account_id) == (fact.load_code, fact.account_id)
    before = report.network_id
    report.load_code, report.account_id = fact.load_code, fact.account_id
    report.who, report.network_id = _who([fact.order_id])[fact.order_id], _networks([fact]).get(fact.order_id)
    if (here and report.state != ReportState.CLOSED) or report.state in (ReportState.JOINED, ReportState.LIT):
        report.save()
        return
    report.outage = report.suspicion = report.back_at = None
    report.state = ReportState.UNPLACED if report.network_id is None else ReportState.ALONE
    known = _of_known_outages(report.network_id, [report]) if report.network_id is not None else []
    report.save()
    _tell_attached(known, at=at, actor=actor)
    for network_id in sorted({one for one in (before, report.network_id) if one is not None}):
        _locate(network_id, at=at, actor=actor)


class MeterNews(Protocol):
    """What a meter says: its number, whose load it hangs on, whether it has supply, and when it said so."""

    @property
    def meter_number(self) -> str: ...
    @property
    def load_code(self) -> str: ...
    @property
    def lit(self) -> bool: ...
    @property
    def told_at(self) -> datetime: ...


@transaction.atomic
def hear_meters(*, network_id: int, news: Sequence[MeterNews], at: datetime, actor: str) -> int:
    """Take words of meters in, the last of each, and seek faults anew; returns how many were newer than was known."""
    last: dict[str, MeterNews] = {}
    for one in sorted(news, key=lambda one: one.told_at):
        last[one.meter_number] = one
    known = dict(
        MeterWord.objects.filter(network_id=network_id, meter_number__in=list(last)).values_list(
            "meter_number", "told_at"
        )
    )
    fresh = [one for number, one in last.items() if number not in known or known[number] < one.told_at]
    MeterWord.objects.bulk_create(
        [
            MeterWord(
                network_id=network_id,
                meter_number=one.meter_number,
                load_code=one.load_code,
                lit=one.lit,
                told_at=one.told_at,
            )
            for one in fresh
        ],
        update_conflicts=True,
        unique_fields=["network", "meter_number"],
        update_fields=["load_code", "lit", "told_at"],
    )
    if fresh:
        lit = sum(one.lit for one in fresh)
        record(MetersHeard(network_id=network_id, off_count=len(fresh) - lit, lit_count=lit), at=at, actor=actor)
        _locate(network_id, at=at, actor=actor)
    return len(fresh)
