"""The dispatcher's board: incidents in order of urgency, each with what there is to know before somebody drives out.

An incident is an outage that lasts, a suspected fault, or an order that belongs to neither.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from denghuo.apps.crews.queries import Sent
from denghuo.apps.crews.queries.board import Board as Crews
from denghuo.apps.crews.queries.board import board as crews_board
from denghuo.apps.network import queries as network
from denghuo.apps.network.models import Network
from denghuo.apps.orders.models import Topic, number_of
from denghuo.apps.organization import queries as organization
from denghuo.apps.outages.models import Outage, Suspicion, Watch
from denghuo.apps.outages.queries.desk import (
    Desk,
    Marked,
    OrderRow,
    ReportRow,
    behind,
    desk,
    lines_of,
    marked,
    weight_of,
)
from denghuo.apps.outages.queries.incidents import Board, Counts, Incident, Urgency, Wanted
from denghuo.apps.outages.queries.triage import Lamp, Light, Shine, lights

SHOWN = 100
_ORDER_NUMBER = re.compile(r"^(?:\d{6}-)?0*(\d{1,12})$")


@dataclass(frozen=True, kw_only=True)
class _Around:
    """What incidents are made of, by what it hangs on."""

    told: Desk
    care: Marked
    important: Marked
    lamps: Mapping[int, Sequence[Lamp]]
    sent: Mapping[str, Sequence[Sent]]
    watches: Mapping[str, Watch]
    names: Mapping[str, str]
    at: datetime


def board(scope: Iterable[str], *, wanted: Wanted, username: str, at: datetime, limit: int = SHOWN) -> Board:
    """The incidents of a scope that are asked for, the most urgent first."""
    scope = tuple(scope)
    told, crews = desk(scope), crews_board(scope, at=at)
    every = sorted(_incidents(_around(scope, told, crews, at), told), key=_by_urgency)
    found = [one for one in every if _fits(one, wanted, username)]
    orders = told.orders.values()
    return Board(
        incidents=tuple(found[:limit]),
        found_count=len(found),
        every=tuple(every),
        lines=tuple(sorted({one.line for one in every if one.line})),
        counts=Counts(
            incidents=len(every),
            unheard=len(crews.waiting),
            near=sum(one.is_near(at) for one in orders),
            overdue=sum(one.is_overdue(at) for one in orders),
            still_out=sum(one.still_out_count for one in every),
            crews_free=crews.free,
            crews_on_duty=crews.on_duty,
        ),
        crews=crews,
        at=at,
    )


def _around(scope: tuple[str, ...], told: Desk, crews: Crews, at: datetime) -> _Around:
    care, important = marked(scope)
    rows = [told.reports.get(one.pk) or _as_report(one, told) for one in told.orders.values()]
    abouts = [*(one.about for one in told.outages), *(one.about for one in told.suspicions)]
    abouts += [f"outages.suspicion:{pk}" for pk in told.outage_of]
    abouts += [f"orders.order:{pk}" for pk in told.orders]
    watches = {row.about: row for row in Watch.objects.filter(about__in=abouts)}
    sent: dict[str, list[Sent]] = defaultdict(list)
    for seat in crews.seats:
        for one in seat.doing:
            for about in {one.about, *(f"orders.order:{order_id}" for order_id in one.order_ids)}:
                sent[about].append(one)
    return _Around(
        told=told,
        care=care,
        important=important,
        lamps=lights(rows, at=at),
        sent=sent,
        watches=watches,
        names=organization.names_of({row.username for row in watches.values()}),
        at=at,
    )


def _as_report(order: OrderRow, told: Desk) -> ReportRow:
    """An order that is no report of missing supply, as lights want to see it."""
    hangs_on = told.network_of(order)
    return ReportRow(
        order_id=order.pk,
        network_id=hangs_on.pk if hangs_on else None,
        load_code=order.load_code,
        account_id=order.account_id,
        who=order.account_id or -order.pk,
        reported_at=order.received_at,
        state="",
        outage_id=None,
        suspicion_id=None,
        still_out_count=0,
    )


def _incidents(around: _Around, told: Desk) -> list[Incident]:
    of_outage: dict[int, list[ReportRow]] = defaultdict(list)
    of_suspicion: dict[int, list[ReportRow]] = defaultdict(list)
    taken = set()
    outage_ids = {one.pk for one in told.outages}
    suspicion_ids = {one.pk for one in told.suspicions}
    for row in told.reports.values():
        outage_id = row.outage_id or told.outage_of.get(row.suspicion_id or 0)
        if outage_id in outage_ids:
            of_outage[outage_id].append(row)
        elif row.suspicion_id in suspicion_ids:
            of_suspicion[row.suspicion_id].append(row)
        elif not row.is_over:
            continue
        taken.add(row.order_id)
    dark = {key: _by_event(key) for key in {one.network_id for one in told.outages}}
    found = [
        _of_outage(one, of_outage[one.pk], dark[one.network_id].get(one.number, ()), around) for one in told.outages
    ]
    found += [_of_suspicion(one, of_suspicion[one.pk], around) for one in told.suspicions]
    found += [_of_order(one, around) for one in told.orders.values() if one.pk not in taken]
    return found


def _by_event(network_id: int) -> dict[str, list[str]]:
    """Loads without supply now, by the number of the event that keeps them so."""
    found: dict[str, list[str]] = defaultdict(list)
    for code, number in network.supply_marks(network_id).event_of_load.items():
        found[number].append(code)
    return found


def _of_outage(row: Outage, reports: Sequence[ReportRow], loads: Sequence[str], around: _Around) -> Incident:
    aliases = [f"outages.suspicion:{pk}" for pk, outage in around.told.outage_of.items() if outage == row.pk]
    return _of_fault(
        row,
        kind="outage",
        since_at=row.started_at or around.at,
        loads=loads,
        reports=reports,
        abouts=[row.about, *aliases],
        around=around,
    )


def _of_suspicion(row: Suspicion, reports: Sequence[ReportRow], around: _Around) -> Incident:
    return _of_fault(
        row,
        kind="suspicion",
        since_at=row.first_reported_at,
        loads=behind(row.network, row.device_code),
        reports=reports,
        abouts=[row.about],
        around=around,
    )


def _of_fault(
    row: Outage | Suspicion,
    *,
    kind: str,
    since_at: datetime,
    loads: Iterable[str],
    reports: Sequence[ReportRow],
    abouts: Sequence[str],
    around: _Around,
) -> Incident:
    told, people = around.told.estimates.get(row.about, ()), _people(row.network, list(loads), around)
    still_out = sum(one.still_out_count > 0 and not one.is_over for one in reports)
    orders = [around.told.orders[one.order_id] for one in reports if one.order_id in around.told.orders]
    needless = sum(_is_needless(around.lamps.get(one.order_id, ()), alone=False) for one in reports)
    hands = _hands(abouts, around)
    return Incident(
        about=row.about,
        kind=kind,
        key=row.pk,
        number=row.number,
        topic="",
        where=row.where,
        line=str(row.feeder or ""),
        device_code=row.device_code,
        network_id=row.network_id,
        unit_id=row.network.unit_id,
        tone=row.tone if isinstance(row, Outage) else "fault",
        since_at=since_at,
        probability=row.probability if isinstance(row, Suspicion) else None,
        order_ids=tuple(sorted(one.order_id for one in reports)),
        report_count=len(reports),
        needless_count=needless,
        still_out_count=still_out,
        expected=told[-1] if told else None,
        revisions=max(len(told) - 1, 0),
        lamps=(),
        **people,
        **_clocks(orders, around.at),
        **hands,
        urgency=_urgency(
            orders,
            hands["crews"],
            care=people["care_count"],
            still_out=still_out,
            needless=bool(reports) and needless == len(reports),
            at=around.at,
        ),
    )


def _of_order(row: OrderRow, around: _Around) -> Incident:
    report = around.told.reports.get(row.pk)
    lamps = () if row.topic == Topic.CARE_VISIT else tuple(around.lamps[row.pk])  # a visit asks nothing of the network
    hangs_on = around.told.network_of(row)
    name, line = lines_of(hangs_on)[row.load_code] if hangs_on else ("", "")
    care = int(row.account_id in around.care.accounts)
    still_out = int(report is not None and report.still_out_count > 0)
    needless = _is_needless(lamps, alone=True)
    hands = _hands([f"orders.order:{row.pk}"], around)
    return Incident(
        about=f"orders.order:{row.pk}",
        kind="order",
        key=row.pk,
        number=number_of(row.pk, row.received_at),
        topic=row.topic,
        where=row.place or name,
        line=line,
        device_code=row.load_code if hangs_on else "",
        network_id=hangs_on.pk if hangs_on else None,
        unit_id=row.unit_id,
        tone="",
        since_at=row.received_at,
        probability=None,
        mv_users=None,
        lv_customers=None,
        care_count=care,
        important_count=int(row.account_id in around.important.accounts),
        order_ids=(row.pk,),
        report_count=1,
        needless_count=int(needless),
        still_out_count=still_out,
        expected=None,
        revisions=0,
        lamps=lamps,
        **_clocks([row], around.at),
        **hands,
        urgency=_urgency([row], hands["crews"], care=care, still_out=still_out, needless=needless, at=around.at),
    )


def _is_needless(lamps: Sequence[Lamp], *, alone: bool) -> bool:
    """Whether a crew would be sent for nothing. That a fault is known speaks against sending one to an order that
    stands alone, not against sending one to the fault."""
    return any(one.shine is Shine.STOP and (alone or one.light is not Light.KNOWN) for one in lamps)


class _People(TypedDict):
    mv_users: int
    lv_customers: int
    care_count: int
    important_count: int


def _people(row: Network, loads: Sequence[str], around: _Around) -> _People:
    """Who hangs on loads."""
    mv_users, lv_customers = weight_of(row, loads)
    return _People(
        mv_users=mv_users,
        lv_customers=lv_customers,
        care_count=len(around.care.among(row.unit_id, loads)),
        important_count=len(around.important.among(row.unit_id, loads)),
    )


class _Clocks(TypedDict):
    urged_count: int
    due_at: datetime | None
    is_overdue: bool
    is_near: bool


class _Hands(TypedDict):
    crews: tuple[Sent, ...]
    watcher: str
    watcher_name: str
    handlers: frozenset[str]


def _clocks(orders: Sequence[OrderRow], at: datetime) -> _Clocks:
    due = [due_at for one in orders if (due_at := one.due_at()) is not None]
    return _Clocks(
        urged_count=sum(one.urged_count for one in orders),
        due_at=min(due, default=None),
        is_overdue=any(one.is_overdue(at) for one in orders),
        is_near=any(one.is_near(at) for one in orders),
    )


def _hands(abouts: Sequence[str], around: _Around) -> _Hands:
    """Who is sent, and who has it in hand."""
    crews = {one.assignment_id: one for about in abouts for one in around.sent.get(about, ())}
    watch = next((around.watches[about] for about in abouts if about in around.watches), None)
    orders = [
        around.told.orders.get(int(key))
        for thing, _, key in (about.partition(":") for about in abouts)
        if thing == "orders.order"
    ]
    return _Hands(
        crews=tuple(sorted(crews.values(), key=lambda one: one.sent_at)),
        watcher=watch.username if watch else "",
        watcher_name=around.names.get(watch.username, watch.username) if watch else "",
        handlers=frozenset(one.handler for one in orders if one and one.handler),
    )


def _urgency(
    orders: Sequence[OrderRow], crews: Sequence[Sent], *, care: int, still_out: int, needless: bool, at: datetime
) -> Urgency:
    """The first that holds."""
    moving = any(not one.is_waiting for one in crews)
    holds = {
        Urgency.DANGER: any(one.topic == Topic.DANGER for one in orders) and not moving,
        Urgency.OVERDUE: any(one.is_overdue(at) for one in orders),
        Urgency.STILL_OUT: still_out > 0 and not moving,
        Urgency.UNHEARD: any(one.is_waiting and one.rung for one in crews),
        Urgency.NEAR: any(one.is_near(at) for one in orders),
        Urgency.NEEDLESS: needless and not crews,
        Urgency.CARE: care > 0 and not crews,
        Urgency.MOVING: bool(crews),
    }
    return next((urgency for urgency, does in holds.items() if does), Urgency.NOBODY)


def _by_urgency(one: Incident) -> tuple[object, ...]:
    due = one.due_at.timestamp() if one.due_at else float("inf")
    return (one.urgency, -one.care_count, -(one.lv_customers or 0), due, one.since_at, one.about)


def _fits(one: Incident, wanted: Wanted, username: str) -> bool:
    if wanted.line and one.line != wanted.line:
        return False
    if wanted.mine and username not in (one.watcher, *one.handlers):
        return False
    if wanted.text and not _speaks_of(one, wanted.text.strip().casefold()):
        return False
    states = {
        "new": not one.watcher and not one.crews,
        "unheard": one.is_unheard,
        "near": one.is_near,
        "overdue": one.is_overdue,
        "still_out": one.still_out_count > 0,
        "needless": one.needless_count > 0,
    }
    return states.get(wanted.state, one.kind == wanted.state) if wanted.state else True


def _speaks_of(one: Incident, text: str) -> bool:
    if any(text in told.casefold() for told in (one.number, one.where, one.line, one.device_code)):
        return True
    number = _ORDER_NUMBER.match(text)
    return number is not None and int(number[1]) in one.order_ids
