"""One incident in full: who is below it, who was reached, what was reported with which lights, and whom to send."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils import timezone

from denghuo.apps.crews import queries as crews
from denghuo.apps.crews.queries import Suggestion
from denghuo.apps.crews.queries.cards import OrderBrief, order_briefs
from denghuo.apps.customers import queries as customers
from denghuo.apps.customers.models import Care, SupplyPoint
from denghuo.apps.customers.queries import CareOf, Customer
from denghuo.apps.network import queries as network
from denghuo.apps.notices.models import Channel, Message, Ring
from denghuo.apps.orders import queries as orders
from denghuo.apps.orders.models import Order, Topic
from denghuo.apps.orders.models import State as OrderState
from denghuo.apps.outages.models import REPORT_OVER, Estimate, Outage, Report, ReportState, Suspicion
from denghuo.apps.outages.queries.desk import behind, report_row
from denghuo.apps.outages.queries.estimates import Usual, estimates_of, estimates_of_outage, subject_of, usual
from denghuo.apps.outages.queries.faults import reports_of
from denghuo.apps.outages.queries.incidents import Incident
from denghuo.apps.outages.queries.outages import loads_out, timeline
from denghuo.apps.outages.queries.rules import rule_for
from denghuo.apps.outages.queries.skills import needed_skill
from denghuo.apps.outages.queries.triage import Lamp, Shine, Why, lights

REPORTS_SHOWN = 40
CARE_SHOWN = 60
_LEAST_SHOWN = 0.005  # what is less probable would be shown as nothing
_SUPPORT = ("loads", "loads_reporting", "silent_loads", "customers", "reports", "meters", "meters_off", "lit")


class Reached(StrEnum):
    """Whether somebody who is told first knows."""

    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    DELIVERED = "delivered"
    ON_ITS_WAY = "on_its_way"
    UNTOLD = "untold"


@dataclass(frozen=True, kw_only=True)
class Below:
    """A load below the device: how many hang on it, how many of them reported, and whether the log has it dark."""

    code: str
    name: str
    area: str
    mv_users: int
    lv_customers: int
    report_count: int
    care_count: int
    is_dark: bool


@dataclass(frozen=True, kw_only=True)
class Told:
    """A special-care customer below, whether they were reached, when, and what they said; the order to visit them."""

    customer: Customer
    care: CareOf | None
    reached: Reached
    at: datetime | None
    answer: str
    visit_id: int | None


@dataclass(frozen=True, kw_only=True)
class Named:
    """A device by its code and name, with how probable it is and how many are behind it, where that is known."""

    code: str
    name: str
    probability: float | None = None
    customers: int | None = None
    reports: int | None = None


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Why a fault is suspected. ``same`` cannot be told from it by reports; ``was`` is what it was taken for before.
    ``instead``: what else it may be and how probable that is, where nobody named a device: with the device itself and
    those above it these make one."""

    device: Named
    counts: Mapping[str, int]
    began_min: float | None
    rivals: tuple[Named, ...]
    instead: Mapping[str, float]
    same: tuple[Named, ...]
    was: tuple[Named, ...]


@dataclass(frozen=True, kw_only=True)
class ReportShown:
    """A report with its order, masked, and its four lights."""

    brief: OrderBrief
    order: Order
    reported_at: datetime
    state: str
    state_name: str
    still_out_count: int
    lamps: tuple[Lamp, ...]


@dataclass(frozen=True, kw_only=True)
class Detail:
    """Everything about one incident. ``clocks`` are those of an order that stands alone."""

    incident: Incident
    subject: Outage | Suspicion | None
    device: Named | None
    focus: str
    evidence: Evidence | None
    below: tuple[Below, ...]
    care: tuple[Told, ...]
    reports: tuple[ReportShown, ...]
    reports_more: int
    estimates: tuple[Estimate, ...]
    usual: Usual | None
    suggestions: tuple[Suggestion, ...]
    steps: tuple[network.SupplyStep, ...]
    clocks: tuple[Any, ...]
    alike: tuple[Order, ...]
    skill: str


def detail(scope: Iterable[str], incident: Incident, *, skill: str | None = None, at: datetime) -> Detail:
    """One incident in full; crews for the ``skill`` that somebody chose, else for the one that such work asks for."""
    scope, asked = tuple(scope), needed_skill(incident.about) if skill is None else skill
    subject = subject_of(incident.about)
    below = _below(incident, subject, at=at)
    shown = _reports(incident, at=at)
    order = shown[0].order if shown and incident.kind == "order" else None
    spot = network.spot_of(incident.network_id, code=incident.device_code) if incident.network_id else None
    outage = subject if isinstance(subject, Outage) else None
    return Detail(
        incident=incident,
        subject=subject,
        device=_named(incident.network_id, incident.device_code) if incident.network_id else None,
        focus=incident.device_code,
        evidence=_evidence(subject) if isinstance(subject, Suspicion) else None,
        below=below,
        care=told_first(incident.unit_id, [one.code for one in below], abouts=[incident.about]),
        reports=shown,
        reports_more=max(incident.report_count - len(shown), 0),
        estimates=tuple(_estimates(subject)),
        usual=_usual(subject, at=at),
        suggestions=tuple(
            crews.suggestions(
                scope,
                x=spot.x if spot else None,
                y=spot.y if spot else None,
                skill=asked,
                refused={one.crew_id for one in incident.refused},
                at=at,
            )
        ),
        steps=tuple(timeline(outage)) if outage else (),
        clocks=tuple(orders.clocks_of(order, at=at)) if order else (),
        alike=tuple(orders.alike(order)) if order else (),
        skill=asked,
    )


def _named(network_id: int, code: str, **more: Any) -> Named:
    spot = network.spot_of(network_id, code=code)
    return Named(code=code, name=spot.name if spot else code, **more)


def _evidence(row: Suspicion) -> Evidence:
    told, counts = row.told, row.told.get("support", {})
    rivals = (
        _named(
            row.network_id,
            str(one["device"]),
            probability=one["probability"],
            customers=one["customers"],
            reports=one["reports"],
        )
        for one in told.get("rivals", ())
        if one["probability"] >= _LEAST_SHOWN
    )
    return Evidence(
        device=_named(row.network_id, row.device_code, probability=row.probability, customers=row.lv_customers),
        counts={name: int(counts.get(name, 0)) for name in _SUPPORT},
        began_min=told.get("began_min"),
        rivals=tuple(rivals),
        instead={name: share for name, share in _instead(row).items() if share >= _LEAST_SHOWN},
        same=tuple(_named(row.network_id, code) for code in told.get("same", ())),
        was=tuple(_named(row.network_id, code) for code in row.was_device_codes),
    )


def _instead(row: Suspicion) -> dict[str, float]:
    """What else it may be: devices above are named one by one, as far as they are among the rivals."""
    told: dict[str, float] = dict(row.told.get("instead", {}))
    known = set(network.loads_behind(row.network_id, device_codes=[row.device_code]))
    for one in row.told.get("rivals", ()):
        behind_it = set(network.loads_behind(row.network_id, device_codes=[str(one["device"])]))
        way = "below" if behind_it < known else "above"
        if one["probability"] >= _LEAST_SHOWN and way in told:
            told[way] = max(told[way] - one["probability"], 0.0)
    return told


def _below(incident: Incident, subject: Outage | Suspicion | None, *, at: datetime) -> tuple[Below, ...]:
    """Loads that are out, or would be: those that reported first, then the largest."""
    if incident.network_id is None:
        return ()
    if isinstance(subject, Outage):
        codes = [one.code for one in loads_out(subject, at=at) if one.ended_at is None]
    elif isinstance(subject, Suspicion):
        codes = sorted(behind(subject.network, subject.device_code))
    else:
        codes = [incident.device_code]
    grid = network.network_snapshot(incident.network_id).grid
    dark = network.supply_marks(incident.network_id).event_of_load
    said = Counter(Report.objects.filter(order_id__in=incident.order_ids).values_list("load_code", flat=True))
    care = care_on(incident.unit_id, codes)
    loads = grid.loads
    rows = [
        Below(
            code=code,
            name=str(loads.name[at_]) or code,
            area=str(loads.area[at_]),
            mv_users=int(loads.mv_users[at_]),
            lv_customers=int(loads.lv_customers[at_]),
            report_count=said[code],
            care_count=len(care.get(code, ())),
            is_dark=code in dark,
        )
        for code in codes
        if (at_ := grid.load_position.get(code)) is not None
    ]
    return tuple(sorted(rows, key=lambda one: (-one.report_count, -one.lv_customers, one.code)))


def care_on(unit_id: int, codes: Sequence[str]) -> dict[str, list[int]]:
    """Special-care customers by the load that their main supply hangs on."""
    rows = SupplyPoint.objects.filter(
        unit_id=unit_id,
        load_code__in=codes,
        position=0,
        account__closed_date=None,
        account__in=Care.objects.filter(ended_at=None).values("account_id"),
    )
    found: dict[str, list[int]] = defaultdict(list)
    for code, account_id in rows.order_by("load_code", "account_id").values_list("load_code", "account_id"):
        found[code].append(account_id)
    return found


def told_first(unit_id: int, codes: Sequence[str], *, abouts: Sequence[str]) -> tuple[Told, ...]:
    """Special-care customers below, those who were not reached first."""
    ids = [one for listed in care_on(unit_id, codes).values() for one in listed][:CARE_SHOWN]
    if not ids:
        return ()
    known, care = customers.customers_by_id(ids), customers.care_of(ids)
    by_ref: dict[str, list[Message]] = defaultdict(list)
    rows = Message.objects.filter(about__in=abouts, ring=Ring.CARE, to_ref__in=[one.ref for one in known.values()])
    for row in rows.defer("address", "name", "text", "values").order_by("queued_at", "pk"):
        by_ref[row.to_ref].append(row)
    visits: dict[int, int] = dict(
        Order.objects.filter(account_id__in=ids, topic=Topic.CARE_VISIT, source_ref__in=abouts)
        .exclude(state=OrderState.TERMINATED)  # they answered after all
        .values_list("account_id", "pk")
    )
    told = [_told(one, care.get(one.account_id), by_ref.get(one.ref, ()), visits) for one in known.values()]
    order = (Reached.UNANSWERED, Reached.UNTOLD, Reached.ON_ITS_WAY, Reached.DELIVERED, Reached.ANSWERED)
    return tuple(sorted(told, key=lambda one: (order.index(one.reached), one.customer.number)))


def _told(who: Customer, care: CareOf | None, rows: Sequence[Message], visits: Mapping[int, int]) -> Told:
    answered = next((one for one in rows if one.answered_at), None)
    silent = next((one for one in rows if one.unanswered_at), None)
    delivered = next((one for one in rows if one.delivered_at and one.channel != Channel.VOICE), None)
    if answered:
        reached, at = Reached.ANSWERED, answered.answered_at
    elif silent:
        reached, at = Reached.UNANSWERED, silent.unanswered_at
    elif delivered:
        reached, at = Reached.DELIVERED, delivered.delivered_at
    else:
        reached, at = (Reached.ON_ITS_WAY, rows[0].queued_at) if rows else (Reached.UNTOLD, None)
    return Told(
        customer=who,
        care=care,
        reached=reached,
        at=at,
        answer=answered.answer if answered else "",
        visit_id=visits.get(who.account_id),
    )


def _reports(incident: Incident, *, at: datetime) -> tuple[ReportShown, ...]:
    """The reports of an incident with their lights, the newest first; of an order that is none, the order."""
    ids = incident.order_ids[-REPORTS_SHOWN:][::-1]
    number = incident.number if incident.kind == "outage" else ""
    return reports_shown(ids, at=at, network_id=incident.network_id, number=number)


def reports_shown(
    order_ids: Sequence[int], *, at: datetime, network_id: int | None = None, number: str = ""
) -> tuple[ReportShown, ...]:
    """Orders with what became of their reports, and the four lights of each that still waits; of one that is no report
    as if it were one, on the network that its load hangs on. A visit asks nothing of the network.

    That an outage is known is no reason against a crew for a report on the page of that outage, whose ``number`` it is.
    """
    rows = {one.order_id: one for one in Report.objects.filter(order_id__in=order_ids)}
    briefs, known = order_briefs(order_ids), orders.orders_by_id(order_ids)
    alone = [one for one in known.values() if one.pk not in rows and one.topic != Topic.CARE_VISIT]
    waiting = [one for one in rows.values() if one.state not in REPORT_OVER]
    shine = lights([*waiting, *(report_row(one, network_id) for one in alone if one.closed_at is None)], at=at)
    found = []
    for order_id in order_ids:
        if order_id not in known:
            continue
        row = rows.get(order_id)
        found.append(
            ReportShown(
                brief=briefs[order_id],
                order=known[order_id],
                reported_at=row.reported_at if row else known[order_id].received_at,
                state=row.state if row else "",
                state_name=str(ReportState(row.state).label) if row else "",
                still_out_count=row.still_out_count if row else 0,
                lamps=tuple(_here(lamp, number) for lamp in shine.get(order_id, ())),
            )
        )
    return tuple(found)


def _here(lamp: Lamp, number: str) -> Lamp:
    is_this = lamp.why is Why.OUTAGE and lamp.record == number
    return replace(lamp, shine=Shine.CLEAR, why=Why.THIS) if is_this else lamp


def _estimates(subject: Outage | Suspicion | None) -> list[Estimate]:
    if isinstance(subject, Outage):
        return estimates_of_outage(subject)
    return estimates_of(suspicion_ids=[subject.pk]) if subject else []


def _usual(subject: Outage | Suspicion | None, *, at: datetime) -> Usual | None:
    if subject is None:
        return None
    rule = rule_for(str(subject.network.unit.path), on=timezone.localdate(at))
    return usual(subject.network_id, device_code=subject.device_code, share=rule.estimate_share, at=at)


@dataclass(frozen=True, kw_only=True)
class Rings:
    """Households that were told of something in one ring, each once, by the furthest that any message to it got: the
    last four add up to ``people``. ``answered`` are among those that were reached."""

    ring: Ring
    people: int
    answered: int
    delivered: int
    waiting: int
    failed: int
    unsent: int


def rings_of(abouts: Sequence[str], *, since: datetime | None = None) -> list[Rings]:
    """Who was told of something, ring by ring: households, not messages, and whoever called without an account. A
    household of several rings counts in the first. ``since``: what was queued before told of something else."""
    rows = Message.objects.filter(about__in=abouts).exclude(ring=Ring.STAFF)
    rows = rows.filter(queued_at__gte=since) if since else rows
    told = list(rows.values_list("ring", "to_ref", "state", "answered_at", "delivered_at"))
    same = _accounts_of(to_ref for _ring, to_ref, *_rest in told)
    ring_of: dict[str, int] = {}
    far: dict[str, set[str]] = defaultdict(set)
    for ring, to_ref, state, answered_at, delivered_at in told:
        who = same.get(to_ref, to_ref)
        ring_of[who] = min(ring, ring_of.get(who, ring))
        far[who].add("delivered" if delivered_at or answered_at else _FAR.get(state, "unsent"))
        far[who] |= {"answered"} if answered_at else set()
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for who, ring in ring_of.items():
        furthest = next(one for one in ("delivered", "waiting", "failed", "unsent") if one in far[who])
        counts[ring] += Counter({"people": 1, furthest: 1, "answered": "answered" in far[who]})
    names = ("people", "answered", "delivered", "waiting", "failed", "unsent")
    return [Rings(ring=Ring(ring), **{name: counts[ring][name] for name in names}) for ring in sorted(counts)]


# How far a message got; what is not named was called off or not wanted.
_FAR = {
    "delivered": "delivered",
    **dict.fromkeys(("queued", "sending", "sent"), "waiting"),
    **dict.fromkeys(("dead", "expired"), "failed"),
}


def _accounts_of(to_refs: Iterable[str]) -> dict[str, str]:
    """Callers who are told by their order are the household of it, where that is known."""
    prefix = "orders.order:"
    ids = {int(one.removeprefix(prefix)) for one in to_refs if one.startswith(prefix)}
    rows = Order.objects.filter(pk__in=ids, account_id__isnull=False).values_list("pk", "account_id")
    return {f"{prefix}{order_id}": f"customers.account:{account_id}" for order_id, account_id in rows}


@dataclass(frozen=True, kw_only=True)
class Out:
    """Who would be without supply if devices opened: loads, customers, and those to be told first."""

    unknown_codes: tuple[str, ...]
    loads: tuple[str, ...]
    load_names: tuple[str, ...]
    mv_users: int
    lv_customers: int
    care_count: int
    important_count: int


def out_if_opened(network_id: int, unit_id: int, *, device_codes: Sequence[str]) -> Out:
    """Who would be without supply, as the switches normally stand, if these devices were opened."""
    grid = network.network_snapshot(network_id).grid
    codes = network.loads_behind(network_id, device_codes=device_codes)
    positions = [grid.load_position[code] for code in codes]
    important = SupplyPoint.objects.filter(
        unit_id=unit_id, load_code__in=codes, position=0, account__closed_date=None, account__important__isnull=False
    )
    return Out(
        unknown_codes=tuple(code for code in device_codes if code not in grid.switch_position),
        loads=tuple(codes),
        load_names=tuple(str(grid.loads.name[one]) or code for one, code in zip(positions, codes, strict=True)),
        mv_users=int(grid.loads.mv_users[positions].sum()),
        lv_customers=int(grid.loads.lv_customers[positions].sum()),
        care_count=sum(len(listed) for listed in care_on(unit_id, codes).values()),
        important_count=important.count(),
    )


def orders_of(outage: Outage) -> list[int]:
    """The orders of an outage's reports, and of those of the suspected fault that it was, the newest first."""
    rows = reports_of(outage_ids=[outage.pk], suspicion_ids=[one.pk for one in outage.suspicions.all()])
    return list(rows.order_by("-reported_at", "-pk").values_list("order_id", flat=True))
