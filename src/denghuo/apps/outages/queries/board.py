"""The dispatcher's board: incidents in order of urgency, each with what there is to know before somebody drives out.

An incident is an outage that lasts, a suspected fault, or an order that belongs to neither.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypedDict

from django.utils import timezone

from denghuo.apps.crews.queries import Sent, refused_about
from denghuo.apps.crews.queries.board import Board as Crews
from denghuo.apps.crews.queries.board import board as crews_board
from denghuo.apps.network import queries as network
from denghuo.apps.network.models import Network
from denghuo.apps.orders.models import Topic, number_of
from denghuo.apps.organization import queries as organization
from denghuo.apps.outages.models import JudgingRule, Outage, Suspicion, Watch
from denghuo.apps.outages.queries.desk import (
    Desk,
    Marked,
    OrderRow,
    ReportRow,
    behind,
    desk,
    lines_of,
    marked,
    place_of,
    report_row,
    weight_of,
)
from denghuo.apps.outages.queries.estimates import runs_as_planned
from denghuo.apps.outages.queries.field import back_by_log
from denghuo.apps.outages.queries.incidents import Board, Counts, Incident, Urgency, Wanted
from denghuo.apps.outages.queries.rules import judging_rules_of
from denghuo.apps.outages.queries.triage import Grounds, Light, grounds_of, lights

SHOWN = 60
_ORDER_NUMBER = re.compile(r"^(?:\d{6}-)?0*(\d{1,12})$")


@dataclass(frozen=True, kw_only=True)
class _Placed:
    """Reports by the fault that they belong to, and the orders that belong to none."""

    of_outage: Mapping[int, Sequence[ReportRow]]
    of_suspicion: Mapping[int, Sequence[ReportRow]]
    alone: Sequence[OrderRow]


@dataclass(frozen=True, kw_only=True)
class _Around:
    """What incidents are made of, by what it hangs on."""

    told: Desk
    care: Marked
    important: Marked
    placed: _Placed
    grounds: Grounds
    rules: Mapping[int, JudgingRule]  # by unit
    sent: Mapping[str, Sequence[Sent]]
    refused: Mapping[str, Sequence[Sent]]
    back: Mapping[int, datetime]  # of orders that a crew still goes for
    watches: Mapping[str, Watch]
    names: Mapping[str, str]
    at: datetime


def board(scope: Iterable[str], *, wanted: Wanted, username: str, at: datetime, limit: int = SHOWN) -> Board:
    """The incidents of a scope that are asked for, the most urgent first."""
    scope = tuple(scope)
    crews = crews_board(scope, at=at)
    told = desk(scope, held={one.about for seat in crews.seats for one in seat.doing}, at=at)
    around = _around(scope, told, crews, at)
    every = sorted(_incidents(around), key=lambda one: _by_urgency(one, around.rules[one.unit_id]))
    found = [one for one in every if _fits(one, wanted, username)]
    return Board(
        incidents=tuple(_with_lamps(found[:limit], around)),
        found_count=len(found),
        every=tuple(every),
        lines=tuple(sorted({one.line for one in every if one.line})),
        counts=Counts(
            incidents=len(every),
            unheard=len(crews.waiting),
            near=sum(one.is_near for one in every),
            overdue=sum(one.is_overdue for one in every),
            still_out=sum(one.still_out_count for one in every),
            crews_free=crews.free,
            crews_on_duty=crews.on_duty,
        ),
        crews=crews,
        at=at,
    )


def _around(scope: tuple[str, ...], told: Desk, crews: Crews, at: datetime) -> _Around:
    sent = _sent(crews)
    (care, important), placed = marked(scope), _place(told, sent)
    abouts = [*(one.about for one in told.outages), *(one.about for one in told.suspicions)]
    abouts += [f"outages.suspicion:{pk}" for pk in told.outage_of]
    abouts += [f"orders.order:{one.pk}" for one in placed.alone]
    watches = {row.about: row for row in Watch.objects.filter(about__in=abouts)}
    units = {one.unit_id for one in told.orders.values()}
    units |= {one.network.unit_id for one in told.outages} | {one.network.unit_id for one in told.suspicions}
    return _Around(
        told=told,
        placed=placed,
        care=care,
        important=important,
        grounds=grounds_of([*told.reports.values(), *(_as_report(one, told) for one in placed.alone)], at=at),
        rules=judging_rules_of(units, on=timezone.localdate(at)),
        sent=sent,
        back=back_by_log(one.pk for one in placed.alone if f"orders.order:{one.pk}" in sent),
        refused=refused_about(abouts),
        watches=watches,
        names=organization.names_of({row.username for row in watches.values()}),
        at=at,
    )


def _sent(crews: Crews) -> dict[str, list[Sent]]:
    """Who has something to do, by what it is about and by each order that it serves."""
    found: dict[str, list[Sent]] = defaultdict(list)
    for seat in crews.seats:
        for one in seat.doing:
            for about in {one.about, *(f"orders.order:{order_id}" for order_id in one.order_ids)}:
                found[about].append(one)
    return found


def _place(told: Desk, sent: Mapping[str, Sequence[Sent]]) -> _Placed:
    """Which reports belong to which fault, and the orders that belong to none: not those of who has supply again, but
    for those that a crew still goes for."""
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
        elif not row.is_over or f"orders.order:{row.order_id}" in sent:
            continue
        taken.add(row.order_id)
    alone = [one for one in told.orders.values() if one.pk not in taken]
    return _Placed(of_outage=of_outage, of_suspicion=of_suspicion, alone=alone)


def _with_lamps(found: Sequence[Incident], around: _Around) -> list[Incident]:
    """The same incidents; orders that stand alone with their four lights. A visit asks nothing of the network."""
    told = around.told
    alone = [told.orders[one.key] for one in found if one.kind == "order" and one.topic != Topic.CARE_VISIT]
    lamps = lights([_as_report(one, told) for one in alone], at=around.at, grounds=around.grounds)
    return [replace(one, lamps=tuple(lamps[one.key])) if one.order_id in lamps else one for one in found]


def _as_report(order: OrderRow, told: Desk) -> ReportRow:
    """What an order reports; one that is no report of missing supply, as lights want to see it."""
    if order.pk in told.reports:
        return told.reports[order.pk]
    hangs_on = told.network_of(order)
    return report_row(order, hangs_on.pk if hangs_on else None)


def _incidents(around: _Around) -> list[Incident]:
    told, placed = around.told, around.placed
    dark = {key: _by_event(key, around.grounds) for key in {one.network_id for one in told.outages}}
    found = [
        _of_outage(one, placed.of_outage.get(one.pk, ()), dark[one.network_id].get(one.number, ()), around)
        for one in told.outages
    ]
    found += [_of_suspicion(one, placed.of_suspicion.get(one.pk, ()), around) for one in told.suspicions]
    return found + [_of_order(one, around) for one in placed.alone]


def _by_event(network_id: int, grounds: Grounds) -> dict[str, list[str]]:
    """Loads without supply now, by the number of the event that keeps them so."""
    found: dict[str, list[str]] = defaultdict(list)
    marks = grounds.event_of.get(network_id)
    for code, number in (network.supply_marks(network_id).event_of_load if marks is None else marks).items():
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
        loads=() if row.is_unborn else _dark_if(row, reports, around),
        reports=reports,
        abouts=[row.about],
        around=around,
    )


def _dark_if(row: Suspicion, reports: Sequence[ReportRow], around: _Around) -> list[str]:
    """Loads that are out if a suspicion is right, and not by the log already: those count with their outage. Where only
    a part of an area is meant, the loads that report."""
    marks = around.grounds.event_of.get(row.network_id)
    dark = network.supply_marks(row.network_id).event_of_load if marks is None else marks
    loads = {one.load_code for one in reports} if row.told.get("part") else behind(row.network, row.device_code)
    return [code for code in loads if code not in dark]


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
    # That a fault is known speaks against sending a crew to an order that stands alone, not to the fault.
    in_vain = sum(any(light is not Light.KNOWN for light in around.grounds.against(one)) for one in reports)
    planned = runs_as_planned(row, at=around.at)
    is_vain = planned or (bool(reports) and in_vain == len(reports))
    back_at = row.restored_at if isinstance(row, Outage) else None
    clocks, hands, rule = _clocks(orders, around), _hands(abouts, around, back_at), around.rules[row.network.unit_id]
    return Incident(
        about=row.about,
        kind=kind,
        key=row.pk,
        number=row.number,
        topic="",
        where=place_of(row),
        line=str(row.feeder or ""),
        device_code=row.device_code,
        network_id=row.network_id,
        unit_id=row.network.unit_id,
        tone=row.tone if isinstance(row, Outage) else "fault",
        since_at=since_at,
        probability=row.probability if isinstance(row, Suspicion) else None,
        order_ids=tuple(sorted(one.order_id for one in reports)),
        report_count=len(reports),
        needless_count=in_vain,
        still_out_count=still_out,
        expected=told[-1] if told else None,
        revisions=max(len(told) - 1, 0),
        lamps=(),
        **people,
        **clocks,
        **hands,
        urgency=_urgency(orders, clocks, hands, rule, people=people, still_out=still_out, in_vain=is_vain),
        is_unborn=isinstance(row, Suspicion) and row.is_unborn,
        is_planned=planned,
    )


def _of_order(row: OrderRow, around: _Around) -> Incident:
    report = around.told.reports.get(row.pk)
    hangs_on = around.told.network_of(row)
    name, line = lines_of(hangs_on)[row.load_code] if hangs_on else ("", "")
    care = int(row.account_id in around.care.accounts)
    still_out = int(report is not None and report.still_out_count > 0)
    in_vain = row.topic != Topic.CARE_VISIT and bool(around.grounds.against(_as_report(row, around.told)))
    clocks, about = _clocks([row], around), f"orders.order:{row.pk}"
    hands = _hands([about], around, around.back.get(row.pk))
    rule = around.rules[row.unit_id]
    # A visit says nothing of supply: it presses when its time runs out.
    people = _one(care if row.topic != Topic.CARE_VISIT or row.share_left(around.at) <= rule.near_share else 0)
    return Incident(
        about=about,
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
        needless_count=int(in_vain),
        still_out_count=still_out,
        expected=None,
        revisions=0,
        lamps=(),
        **clocks,
        **hands,
        urgency=_urgency([row], clocks, hands, rule, people=people, still_out=still_out, in_vain=in_vain),
    )


class _People(TypedDict):
    mv_users: int
    lv_customers: int
    care_count: int
    important_count: int


def _one(care: int) -> _People:
    return _People(mv_users=0, lv_customers=1, care_count=care, important_count=0)


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
    refused: tuple[Sent, ...]
    watcher: str
    watcher_name: str
    handlers: frozenset[str]
    back_at: datetime | None


def _clocks(orders: Sequence[OrderRow], around: _Around) -> _Clocks:
    due = [due_at for one in orders if (due_at := one.due_at()) is not None]
    first = min(due, default=None)
    return _Clocks(
        urged_count=sum(one.urged_count for one in orders),
        due_at=first,
        is_overdue=first is not None and first <= around.at,
        is_near=any(one.is_near(around.at, share=around.rules[one.unit_id].near_share) for one in orders),
    )


def _hands(abouts: Sequence[str], around: _Around, back_at: datetime | None) -> _Hands:
    """Who is sent, who cannot go, and who has it in hand; since when supply is back all the same."""
    crews = {one.assignment_id: one for about in abouts for one in around.sent.get(about, ())}
    watch = next((around.watches[about] for about in abouts if about in around.watches), None)
    orders = [
        around.told.orders.get(int(key))
        for thing, _, key in (about.partition(":") for about in abouts)
        if thing == "orders.order"
    ]
    return _Hands(
        crews=tuple(sorted(crews.values(), key=lambda one: one.sent_at)),
        refused=tuple(one for about in abouts for one in around.refused.get(about, ())),
        watcher=watch.username if watch else "",
        watcher_name=around.names.get(watch.username, watch.username) if watch else "",
        handlers=frozenset(one.handler for one in orders if one and one.handler),
        back_at=back_at,
    )


def _urgency(
    orders: Sequence[OrderRow],
    clocks: _Clocks,
    hands: _Hands,
    rule: JudgingRule,
    *,
    people: _People,
    still_out: int,
    in_vain: bool,
) -> Urgency:
    """The first that holds."""
    crews = hands["crews"]
    moving, there = any(not one.is_waiting for one in crews), any(one.is_on_site for one in orders)
    sent = bool(crews) or there
    holds = {
        Urgency.DANGER: any(one.topic == Topic.DANGER for one in orders) and not moving and not there,
        Urgency.OVERDUE: clocks["is_overdue"],
        Urgency.STILL_OUT: still_out > 0 and not moving,
        Urgency.UNHEARD: any(one.is_waiting and one.rung for one in crews),
        Urgency.BACK: hands["back_at"] is not None,
        Urgency.MANY: people["lv_customers"] >= rule.many_customers and not sent and not in_vain,
        Urgency.NEAR: clocks["is_near"],
        Urgency.NEEDLESS: in_vain and not sent,
        Urgency.CARE: people["care_count"] > 0 and not sent,
        Urgency.MOVING: bool(crews),
        Urgency.THERE: there,
    }
    return next((urgency for urgency, does in holds.items() if does), Urgency.NOBODY)


def _by_urgency(one: Incident, rule: JudgingRule) -> tuple[object, ...]:
    due = one.due_at.timestamp() if one.due_at else float("inf")
    people = (1 if one.lv_customers is None else one.lv_customers) + rule.care_weighs * one.care_count
    return (one.urgency, -people, due, one.since_at, one.about)


def _fits(one: Incident, wanted: Wanted, username: str) -> bool:
    if wanted.line and one.line != wanted.line:
        return False
    if wanted.mine and username not in (one.watcher, *one.handlers):
        return False
    if wanted.text and not _speaks_of(one, wanted.text.strip().casefold()):
        return False
    states = {
        "new": not one.watcher and one.urgency != Urgency.THERE and not one.crews,
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
