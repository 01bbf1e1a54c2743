"""Every read of outages: lists, costs, who was out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, F, Q, QuerySet, When
from django.db.models.functions import Coalesce

from denghuo.apps.network import queries as network
from denghuo.apps.organization.access import within
from denghuo.apps.outages.models import Outage
from denghuo.engines.reliability import OutageKind


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What an outage has cost until an instant, and how many it still keeps out."""

    at: datetime
    mv_user_hours: float
    lv_customer_hours: float
    mv_users_out: int
    lv_customers_out: int
    loads_out: int


@dataclass(frozen=True, kw_only=True)
class LoadOut:
    """A load that lost supply in an outage: when, until when, and how long."""

    code: str
    name: str
    area: str
    mv_users: int
    lv_customers: int
    started_at: datetime
    ended_at: datetime | None
    hours: float


def outages_by_id(outage_ids: Sequence[int]) -> list[Outage]:
    """These outages, by key."""
    return list(Outage.objects.filter(pk__in=outage_ids).order_by("pk"))


def outages_of(network_id: int) -> list[Outage]:
    """Every outage of a network, by when it began; those that have not begun last."""
    return list(Outage.objects.filter(network_id=network_id).order_by(F("started_at").asc(nulls_last=True), "pk"))


def load_codes_of(outage: Outage) -> list[str]:
    """Codes of the loads that an outage left without supply."""
    intervals = network.intervals_of_event(outage.network_id, event_number=outage.number)
    return list(dict.fromkeys(interval.load_code for interval in intervals))


def outage_for(*, scope: Iterable[str], outage_id: int) -> Outage:
    """One outage, if it lies in the scope.

    Raises:
        Outage.DoesNotExist: there is none, or it is somebody else's.
    """
    rows = Outage.objects.select_related("network__unit", "feeder")
    return rows.get(within(scope, field="network__unit__path"), pk=outage_id)


def lasting_outages(scope: Iterable[str]) -> list[Outage]:
    """Outages with customers still without supply, longest first."""
    rows = Outage.objects.filter(within(scope, field="network__unit__path"), started_at__isnull=False, restored_at=None)
    return list(rows.select_related("network__unit", "feeder").order_by("started_at"))


def planned_outages(scope: Iterable[str], *, after: datetime) -> list[Outage]:
    """Outages planned to begin after an instant, the next first."""
    rows = Outage.objects.filter(
        within(scope, field="network__unit__path"),
        started_at=None,
        planned_start_at__gte=after,
        plan_cancelled_at=None,
    )
    return list(rows.select_related("network__unit").order_by("planned_start_at"))


def unclassified_outages(scope: Iterable[str]) -> QuerySet[Outage]:
    """Outages of which nobody has said yet what kind they are."""
    return Outage.objects.filter(
        within(scope, field="network__unit__path"), kind=OutageKind.UNCLASSIFIED, started_at__isnull=False
    )


def id_of_number(network_id: int, number: str) -> int | None:
    """The outage of a network that has this number, if one has."""
    return Outage.objects.filter(network_id=network_id, number=number).values_list("pk", flat=True).first()


def free_number(network_ids: Iterable[int], wanted: str) -> str:
    """A number that no outage of these networks has: the one that is wanted, else it with the next count behind it."""
    known = Outage.objects.filter(network_id__in=list(network_ids), number__startswith=wanted)
    taken, count = set(known.values_list("number", flat=True)), 1
    number = wanted
    while number in taken:
        count += 1
        number = f"{wanted}-{count}"
    return number


def find(scope: Iterable[str], *, wanted: dict[str, Any], at: datetime) -> QuerySet[Outage]:
    """Outages of a scope as a list filters them: q, state, kind, cause, start, end (instants).

    What lasts comes first, then what is still planned at the instant, the next first, then the rest, the newest first.
    """
    rows = Outage.objects.filter(within(scope, field="network__unit__path")).select_related("network__unit", "feeder")
    states = _states(at)
    rows = rows.filter(states.get(wanted.get("state") or "", Q()))
    if wanted.get("q"):
        rows = rows.filter(
            Q(number__icontains=wanted["q"]) | Q(place__icontains=wanted["q"]) | Q(device_code__icontains=wanted["q"])
        )
    for field in ("kind", "cause"):
        if wanted.get(field) is not None:
            rows = rows.filter(**{field: wanted[field]})
    if wanted.get("start"):
        rows = rows.filter(started_at__gte=wanted["start"])
    if wanted.get("end"):
        rows = rows.filter(started_at__lt=wanted["end"])
    rank = Case(When(states["lasting"], then=0), When(states["planned"], then=1), default=2)
    ahead = Case(When(states["planned"], then=F("planned_start_at")))
    begun = Coalesce("started_at", "planned_start_at")
    return rows.order_by(rank, ahead, begun.desc(nulls_last=True), "-pk")


def _states(at: datetime) -> dict[str, Q]:
    """What an outage can be asked for: a plan whose end has passed while nothing was switched is no longer one."""
    cancelled = Q(started_at=None, plan_cancelled_at__isnull=False)
    missed = Q(started_at=None, plan_cancelled_at=None, planned_end_at__lt=at)
    return {
        "lasting": Q(started_at__isnull=False, restored_at=None),
        "planned": Q(started_at=None, planned_start_at__isnull=False) & ~missed & ~cancelled,
        "missed": missed,
        "cancelled": cancelled,
        "restored": Q(restored_at__isnull=False),
        "unclassified": Q(kind=OutageKind.UNCLASSIFIED, started_at__isnull=False),
        "nobody": Q(started_at=None, planned_start_at=None),
        "somebody": Q(started_at__isnull=False) | Q(planned_start_at__isnull=False),
    }


def cost(outage: Outage, *, at: datetime) -> Cost:
    """User-hours of an outage until an instant: what was over by then, and what ran on."""
    return costs([outage], at=at)[outage.pk]


def costs(outages: Sequence[Outage], *, at: datetime, since: datetime | None = None) -> dict[int, Cost]:
    """The same of several, by key; from an instant on, where one is given."""
    found = {}
    for network_id in {one.network_id for one in outages}:
        own, weights = [one for one in outages if one.network_id == network_id], _weights(network_id)
        numbers = [one.number for one in own]
        for one, intervals in zip(own, network.intervals_of_events(network_id, event_numbers=numbers), strict=True):
            found[one.pk] = _cost(intervals, weights, at, since)
    return found


def _cost(
    intervals: Sequence[network.Interval], weights: Sequence[tuple[int, int]], at: datetime, since: datetime | None
) -> Cost:
    mv = lv = 0.0
    out: list[network.Interval] = []
    for interval in intervals:
        begun_at, ended_at = max(interval.started_at, since or interval.started_at), min(interval.ended_at or at, at)
        hours = max((ended_at - begun_at).total_seconds() / 3600, 0.0)
        mv_users, lv_customers = weights[interval.load_position]
        mv, lv = mv + hours * mv_users, lv + hours * lv_customers
        if interval.ended_at is None or interval.started_at <= at < interval.ended_at:
            out.append(interval)
    return Cost(
        at=at,
        mv_user_hours=mv,
        lv_customer_hours=lv,
        mv_users_out=sum(weights[one.load_position][0] for one in out),
        lv_customers_out=sum(weights[one.load_position][1] for one in out),
        loads_out=len(out),
    )


def cost_of_loads(loads: Iterable[LoadOut], *, at: datetime) -> Cost:
    """The same of an outage whose loads somebody has worked out until this instant."""
    rows = list(loads)
    out = [one for one in rows if one.ended_at is None]
    return Cost(
        at=at,
        mv_user_hours=sum(max(one.hours, 0.0) * one.mv_users for one in rows),
        lv_customer_hours=sum(max(one.hours, 0.0) * one.lv_customers for one in rows),
        mv_users_out=sum(one.mv_users for one in out),
        lv_customers_out=sum(one.lv_customers for one in out),
        loads_out=len(out),
    )


def _weights(network_id: int) -> list[tuple[int, int]]:
    loads = network.network_snapshot(network_id).grid.loads
    return list(zip(loads.mv_users.tolist(), loads.lv_customers.tolist(), strict=True))


def loads_out(outage: Outage, *, at: datetime) -> list[LoadOut]:
    """Every load that an outage left without supply, those still out first, then the longest."""
    loads = network.network_snapshot(outage.network_id).grid.loads
    rows = [
        LoadOut(
            code=interval.load_code,
            name=str(loads.name[interval.load_position]),
            area=str(loads.area[interval.load_position]),
            mv_users=int(loads.mv_users[interval.load_position]),
            lv_customers=int(loads.lv_customers[interval.load_position]),
            started_at=interval.started_at,
            ended_at=interval.ended_at,
            hours=((interval.ended_at or at) - interval.started_at).total_seconds() / 3600,
        )
        for interval in network.intervals_of_event(outage.network_id, event_number=outage.number)
    ]
    return sorted(rows, key=lambda row: (row.ended_at is not None, -row.hours, row.code))


def timeline(outage: Outage) -> list[network.SupplyStep]:
    """The outage step by step."""
    return network.supply_steps(outage.network_id, event_number=outage.number)


def kinds_by_number(network_id: int) -> dict[str, OutageKind]:
    """The kind of every outage of a network, by number: what a register read next would add or classify."""
    rows = Outage.objects.filter(network_id=network_id).values_list("number", "kind")
    return {number: OutageKind(kind) for number, kind in rows}
