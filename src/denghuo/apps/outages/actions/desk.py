"""What a dispatcher does at the desk: takes an incident, puts a report where it belongs, says what is the same."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction

from denghuo.apps.crews.actions import free_needless
from denghuo.apps.ledger.actions import record
from denghuo.apps.orders import queries as orders
from denghuo.apps.orders.models import Kind, Order
from denghuo.apps.outages import queries
from denghuo.apps.outages.actions.dispatch import NothingToDoError
from denghuo.apps.outages.actions.reports import place_reports
from denghuo.apps.outages.facts import (
    CustomersBack,
    IncidentLeft,
    IncidentTaken,
    OrdersFoundSame,
    OutageClosed,
    ReportJoined,
    ReportParted,
    ReportsAttached,
    SupplyChanged,
    SuspicionEnded,
)
from denghuo.apps.outages.models import Outage, Report, ReportState, Suspicion, Watch

_OURS = (ReportState.UNPLACED, ReportState.ALONE, ReportState.SUSPECTED, ReportState.JOINED, ReportState.OUT)


@transaction.atomic
def take_incident(*, about: str, at: datetime, actor: str) -> Watch:
    """Say "I have it". Whoever had it before has it no more; the ledger keeps who did.

    Raises:
        NothingToDoError: it is over, or is not there.
    """
    if not queries.is_open(about):
        raise NothingToDoError(about)
    row, _new = Watch.objects.update_or_create(about=about, defaults={"username": actor, "since_at": at})
    record(IncidentTaken(about=about), at=at, actor=actor)
    return row


@transaction.atomic
def leave_incident(*, about: str, at: datetime, actor: str) -> bool:
    """Say that one has it no more; False: it was in nobody's, or in somebody else's hands."""
    gone, _by_table = Watch.objects.filter(about=about, username=actor).delete()
    if gone:
        record(IncidentLeft(about=about), at=at, actor=actor)
    return bool(gone)


@transaction.atomic
def join_report(*, order_id: int, about: str, at: datetime, actor: str) -> Report:
    """Put what an order reports to an outage or a suspected fault, whatever the network says; it stays there until
    that is over. An order that was no report of missing supply becomes one.

    Raises:
        NothingToDoError: the fault is over or is not there, or the order is over, is no fault, or its supply is back.
    """
    order = Order.objects.filter(pk=order_id, closed_at=None, kind=Kind.FAULT).first()
    subject = queries.subject_of(about)
    if order is None or subject is None or not queries.is_open(about) or subject.network.unit_id != order.unit_id:
        raise NothingToDoError(about)
    report = Report.objects.select_for_update().filter(order_id=order_id).first() or _report_of(order, at)
    if report.state not in _OURS:
        raise NothingToDoError(f"orders.order:{order_id}")
    outage = subject if isinstance(subject, Outage) else None
    report.state, report.outage = ReportState.JOINED, outage
    report.suspicion = subject if isinstance(subject, Suspicion) else None
    report.save()
    record(ReportJoined(report_id=report.pk, order_id=order_id, about=about), at=at, actor=actor)
    formerly = outage.formerly if outage is not None else ()
    told = ReportsAttached(about=about, number=subject.number, order_ids=(order_id,), formerly=formerly)
    record(told, at=at, actor=actor)
    return report


def _report_of(order: Order, at: datetime) -> Report:
    who = order.account_id or order.caller_index or -order.pk
    return Report(
        order=order,
        load_code=order.load_code,
        account_id=order.account_id,
        who=who,
        reported_at=order.received_at,
        taken_at=at,
        state=ReportState.UNPLACED,
    )


@transaction.atomic
def part_report(*, order_id: int, at: datetime, actor: str) -> Report:
    """Take a report that somebody put to a fault away from it again; it is evidence like any other.

    Raises:
        NothingToDoError: nobody put it there.
    """
    report = Report.objects.select_for_update().filter(order_id=order_id, state=ReportState.JOINED).first()
    if report is None:
        raise NothingToDoError(f"orders.order:{order_id}")
    _let_go([report], at=at, actor=actor)
    return report


def _let_go(reports: Iterable[Report], *, at: datetime, actor: str) -> None:
    """Reports that were put to a fault by hand are placed by what the network says."""
    networks = set()
    for report in reports:
        about = f"outages.outage:{report.outage_id}" if report.outage_id else f"outages.suspicion:{report.suspicion_id}"
        record(ReportParted(report_id=report.pk, order_id=report.order_id, about=about), at=at, actor=actor)
        report.state = ReportState.UNPLACED if report.network_id is None else ReportState.ALONE
        report.outage = report.suspicion = None
        report.save(update_fields=["state", "outage", "suspicion"])
        networks.add(report.network_id)
    for network_id in sorted(one for one in networks if one is not None):
        place_reports(network_id=network_id, at=at, actor=actor)


@transaction.atomic
def find_same(*, order_ids: Collection[int], at: datetime, actor: str) -> OrdersFoundSame:
    """Say that orders are the same matter: the one that came in first stays. Orders follow, and merge them.

    Raises:
        ValueError: fewer than two, one that is over, of another kind or unit, or about people of ours; or the
            first is done while another one is not.
    """
    rows = list(Order.objects.filter(pk__in={*order_ids}, closed_at=None).order_by("pk"))
    if len(rows) < 2 or len(rows) != len({*order_ids}):
        raise ValueError("two orders or more are merged, which are open")
    if len({(row.kind, row.unit_id) for row in rows}) > 1:
        raise ValueError("orders of one kind and one unit are merged")
    if not orders.goes_on(rows):
        raise ValueError("what is not done is not merged into what is")
    into = orders.first_come(rows)
    others = [row for row in rows if row.pk != into.pk]
    if into.kind in orders.ABOUT_PEOPLE or any(orders.refused_as_own(row, "merge", actor) for row in others):
        raise ValueError("what is about people of ours is not merged at this desk")
    fact = OrdersFoundSame(into_id=into.pk, order_ids=tuple(row.pk for row in others))
    record(fact, at=at, actor=actor)
    return fact


def follow_joined(fact: SupplyChanged, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: what was put to a suspected fault by hand goes with it to the outage that it turned out to be. Where
    that is over at once, as when a crew tells of both, who else is on the way to it need not go."""
    del delivery_key  # what has moved, or is withdrawn, is not found again
    over = Suspicion.objects.filter(outage__in=fact.outage_ids, outage__restored_at__isnull=False)
    if abouts := [one.about for one in over]:
        free_needless(abouts=abouts, at=at, actor=actor)
    rows = Report.objects.filter(
        state=ReportState.JOINED, outage=None, suspicion__outage__in=fact.outage_ids
    ).select_related("suspicion__outage")
    for report in rows.order_by("pk"):
        suspicion = report.suspicion
        assert suspicion is not None and suspicion.outage is not None  # it was found by them
        report.outage, report.suspicion = suspicion.outage, None
        report.save(update_fields=["outage", "suspicion"])
        outage = suspicion.outage
        told = ReportsAttached(
            about=outage.about, number=outage.number, order_ids=(report.order_id,), formerly=outage.formerly
        )
        record(told, at=at, actor=actor)


def follow_ended_suspicion(fact: SuspicionEnded, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: a suspected fault was none; what was put to it by hand is evidence like any other, and who is on the
    way to it for nothing else need not go."""
    del delivery_key  # what has been let go is not found again
    rows = Report.objects.filter(state=ReportState.JOINED, suspicion_id=fact.suspicion_id)
    _let_go(list(rows.order_by("pk")), at=at, actor=actor)
    free_needless(abouts=[f"outages.suspicion:{fact.suspicion_id}"], at=at, actor=actor)


def follow_closed_outage(fact: OutageClosed, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: an outage is over; who was put to it by hand is asked like the others whether supply is back, and who
    is on the way to it for nothing any more need not go."""
    del delivery_key  # what is back is not found again
    _ask_joined(fact, at=at, actor=actor)
    outage = Outage.objects.get(pk=fact.outage_id)
    free_needless(abouts=[outage.about, *outage.formerly], at=at, actor=actor)


def _ask_joined(fact: OutageClosed, *, at: datetime, actor: str) -> None:
    rows = list(Report.objects.filter(state=ReportState.JOINED, outage_id=fact.outage_id).order_by("pk"))
    if not rows:
        return
    for report in rows:
        report.state, report.back_at = ReportState.BACK, fact.restored_at
    Report.objects.bulk_update(rows, ["state", "back_at"], batch_size=500)
    told = CustomersBack(
        outage_id=fact.outage_id,
        report_ids=tuple(one.pk for one in rows),
        order_ids=tuple(one.order_id for one in rows),
    )
    record(told, at=at, actor=actor)
