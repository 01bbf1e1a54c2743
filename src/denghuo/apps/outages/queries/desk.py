"""What waits at a dispatcher's desk, as rows: outages that last, suspected faults, open orders, and whatever hangs on
them. Read in a fixed number of questions, however many there are."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q

from denghuo.apps.customers.models import Care, ImportantUser, SupplyPoint
from denghuo.apps.ledger.models import Fact
from denghuo.apps.network import queries as network
from denghuo.apps.network.models import Network
from denghuo.apps.orders.models import Kind, Order, State, Topic
from denghuo.apps.organization.access import within
from denghuo.apps.outages.models import REPORT_OVER, Estimate, Outage, Report, Suspicion, SuspicionState
from denghuo.apps.outages.queries.estimates import subject_of
from denghuo.apps.outages.queries.outages import lasting_outages

# What is done waits for a call back, not for a dispatcher.
_NOT_HERE = (State.DONE,)


class OrderRow(NamedTuple):
    """The columns of an open order that the desk goes by: nothing that is sealed."""

    pk: int
    topic: str
    unit_id: int
    account_id: int | None
    load_code: str
    place: str
    received_at: datetime
    handler: str
    state: str
    next_due_at: datetime | None
    overdue_at: datetime | None
    urged_count: int
    is_warned: bool | None

    def due_at(self) -> datetime | None:
        """The earliest deadline that still runs, passed or not."""
        if self.overdue_at is None or self.next_due_at is None:
            return self.overdue_at or self.next_due_at
        return min(self.overdue_at, self.next_due_at)

    def is_overdue(self, at: datetime) -> bool:
        """Whether a deadline of what is still to be done has passed."""
        due_at = self.due_at()
        return due_at is not None and due_at <= at

    def share_left(self, at: datetime) -> float:
        """How much of the time until the earliest deadline is left, all of it where none runs."""
        due_at = self.due_at()
        if due_at is None:
            return 1.0
        span = (due_at - self.received_at).total_seconds()
        return max((due_at - at).total_seconds() / span, 0.0) if span > 0 else 0.0

    def is_near(self, at: datetime, *, share: float) -> bool:
        """Whether no more than a share of the time is left, and what is still to be done fills it."""
        return bool(self.is_warned) and not self.is_overdue(at) and self.share_left(at) <= share

    @property
    def is_on_site(self) -> bool:
        """Whether somebody says that they are there, whoever sent them."""
        return self.state == State.ON_SITE


class ReportRow(NamedTuple):
    """The columns of a report, or of an order that is none, as far as the desk goes by them."""

    order_id: int
    network_id: int | None
    load_code: str
    account_id: int | None
    who: int
    reported_at: datetime
    state: str
    outage_id: int | None
    suspicion_id: int | None
    still_out_count: int

    @property
    def is_loose(self) -> bool:
        """Whether it belongs to no fault that is known or suspected."""
        return self.outage_id is None and self.suspicion_id is None

    @property
    def is_over(self) -> bool:
        """Whether supply is back to whoever reported, or the order has ended."""
        return self.state in REPORT_OVER


def report_row(order: OrderRow | Order, network_id: int | None) -> ReportRow:
    """An order that is no report of missing supply, as if it were one."""
    return ReportRow(
        order_id=order.pk,
        network_id=network_id,
        load_code=order.load_code,
        account_id=order.account_id,
        who=order.account_id or -order.pk,
        reported_at=order.received_at,
        state="",
        outage_id=None,
        suspicion_id=None,
        still_out_count=0,
    )


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Everything that is open within a scope. ``outage_of`` says which outage a suspected fault turned out to be."""

    networks: Mapping[int, Network]
    outages: Sequence[Outage]
    suspicions: Sequence[Suspicion]
    outage_of: Mapping[int, int]
    orders: Mapping[int, OrderRow]
    reports: Mapping[int, ReportRow]
    estimates: Mapping[str, Sequence[Estimate]]

    def network_of(self, order: OrderRow) -> Network | None:
        """The network that an order's load hangs on, if it is known to."""
        found = self.networks.get(order.unit_id)
        return found if found and order.load_code in lines_of(found) else None


def is_open(about: str) -> bool:
    """Whether an outage, a suspected fault or an order is there and is not over."""
    thing, _, key = about.partition(":")
    if thing == "orders.order":
        return key.isdecimal() and Order.objects.filter(pk=int(key), closed_at=None).exists()
    subject = subject_of(about)
    if isinstance(subject, Outage):
        return subject.restored_at is None
    return subject is not None and not subject.is_over


def revision() -> int:
    """A number that grows with everything that happens: pages that have seen this one need not look again."""
    return Fact.objects.order_by("-id").values_list("id", flat=True).first() or 0


def desk(scope: Iterable[str], *, held: Collection[str] = (), at: datetime) -> Desk:
    """Everything that is open within a scope, and outages that are over while crews still hold them (``held``: what
    these were sent for)."""
    scope = tuple(scope)
    outages = [*lasting_outages(scope), *_held(scope, held)]
    suspicions = list(
        Suspicion.objects.filter(
            Q(state=SuspicionState.OPEN) | Q(state=SuspicionState.CONFIRMED, outage=None),
            within(scope, field="network__unit__path"),
        ).select_related("network__unit", "feeder")
    )
    outage_ids = [one.pk for one in outages]
    outage_of = dict(Suspicion.objects.filter(outage_id__in=outage_ids).values_list("pk", "outage_id"))
    orders = _orders(scope, at)
    return Desk(
        networks={one.unit_id: one for one in network.networks_within(scope)},
        outages=outages,
        suspicions=suspicions,
        outage_of={suspicion: outage for suspicion, outage in outage_of.items() if outage is not None},
        orders=orders,
        reports=_reports(scope, orders),
        estimates=_estimates(outage_ids, [one.pk for one in suspicions], outage_of),
    )


def _held(scope: tuple[str, ...], held: Collection[str]) -> list[Outage]:
    """Outages by whatever name crews were sent for them, once supply is back."""
    keys: dict[str, set[int]] = defaultdict(set)
    for thing, _, key in (about.partition(":") for about in held):
        if key.isdecimal():
            keys[thing].add(int(key))
    if not keys:
        return []
    named = Q(pk__in=keys["outages.outage"]) | Q(suspicions__pk__in=keys["outages.suspicion"])
    rows = Outage.objects.filter(named, within(scope, field="network__unit__path"), restored_at__isnull=False)
    return list(rows.select_related("network__unit", "feeder").distinct().order_by("started_at"))


def _orders(scope: tuple[str, ...], at: datetime) -> dict[int, OrderRow]:
    rows = Order.objects.filter(
        Q(kind=Kind.FAULT) | Q(kind=Kind.SERVICE, topic=Topic.CARE_VISIT),
        within(scope, field="unit__path"),
        closed_at=None,
    ).exclude(state__in=_NOT_HERE)
    warned = ExpressionWrapper(Q(next_warn_at__lte=at), output_field=BooleanField())
    told = rows.order_by().annotate(is_warned=warned).values_list(*OrderRow._fields)
    return {row[0]: OrderRow._make(row) for row in told}


def _reports(scope: tuple[str, ...], orders: Mapping[int, OrderRow]) -> dict[int, ReportRow]:
    rows = Report.objects.filter(within(scope, field="order__unit__path"), order__closed_at=None)
    found = {row[0]: ReportRow._make(row) for row in rows.order_by().values_list(*ReportRow._fields)}
    return {order_id: row for order_id, row in found.items() if order_id in orders or not row.is_over}


def _estimates(
    outage_ids: Sequence[int], suspicion_ids: Sequence[int], outage_of: Mapping[int, int | None]
) -> dict[str, list[Estimate]]:
    """Everything that was said of when supply is back, in order, by what it was said of."""
    rows = Estimate.objects.filter(
        Q(outage_id__in=outage_ids) | Q(suspicion_id__in=[*suspicion_ids, *outage_of])
    ).order_by("told_at", "pk")
    found: dict[str, list[Estimate]] = defaultdict(list)
    for row in rows:
        outage_id = row.outage_id or outage_of.get(row.suspicion_id or 0)
        found[f"outages.outage:{outage_id}" if outage_id else f"outages.suspicion:{row.suspicion_id}"].append(row)
    return found


def lines_of(row: Network) -> Mapping[str, tuple[str, str]]:
    """Of every load of a network by code: what it is called, and the line that it hangs on."""
    return _lines(row.pk, row.model_key)


@lru_cache(maxsize=64)
def _lines(network_id: int, _model_key: UUID) -> dict[str, tuple[str, str]]:
    snapshot = network.network_snapshot(network_id)
    grid = snapshot.grid
    names = [*grid.feeders.name.tolist(), ""]
    return {
        code: (name or code, names[feeder])
        for code, name, feeder in zip(
            grid.loads.id.tolist(), grid.loads.name.tolist(), snapshot.feeder_of_load.tolist(), strict=True
        )
    }


def place_of(row: Outage | Suspicion) -> str:
    """Its line and place; where nobody has told a place, the device that opened, by its name."""
    if row.place or not row.device_code:
        return row.where
    name = _device_names(row.network_id, row.network.model_key).get(row.device_code, row.device_code)
    return f"{row.feeder} {name}" if row.feeder else name


@lru_cache(maxsize=64)
def _device_names(network_id: int, _model_key: UUID) -> dict[str, str]:
    branches = network.network_snapshot(network_id).grid.branches
    return {code: name or code for code, name in zip(branches.id.tolist(), branches.name.tolist(), strict=True)}


def weight_of(row: Network, codes: Iterable[str]) -> tuple[int, int]:
    """MV users and LV customers of loads."""
    weights = _weights(row.pk, row.model_key)
    told = [weights[code] for code in codes if code in weights]
    return sum(mv for mv, _ in told), sum(lv for _, lv in told)


@lru_cache(maxsize=64)
def _weights(network_id: int, _model_key: UUID) -> dict[str, tuple[int, int]]:
    loads = network.network_snapshot(network_id).grid.loads
    weights = zip(loads.mv_users.tolist(), loads.lv_customers.tolist(), strict=True)
    return dict(zip(loads.id.tolist(), weights, strict=True))


def behind(row: Network, device_code: str) -> frozenset[str]:
    """Loads that lose their supply when a device opens, as the switches normally stand."""
    return _behind(row.pk, row.model_key, device_code)


@lru_cache(maxsize=4096)
def _behind(network_id: int, _model_key: UUID, device_code: str) -> frozenset[str]:
    return frozenset(network.loads_behind(network_id, device_codes=[device_code]))


@dataclass(frozen=True, kw_only=True)
class Marked:
    """Accounts that are told first: by unit and load, and all of them."""

    on: Mapping[tuple[int, str], Sequence[int]]
    accounts: frozenset[int]

    def among(self, unit_id: int, loads: Iterable[str]) -> list[int]:
        """Those whose main supply hangs on one of these loads."""
        return [account for code in loads for account in self.on.get((unit_id, code), ())]


def marked(scope: Iterable[str]) -> tuple[Marked, Marked]:
    """Special-care customers and important users of a scope."""
    points = SupplyPoint.objects.filter(within(scope, field="unit__path"), position=0, account__closed_date=None)
    care = points.filter(account__in=Care.objects.filter(ended_at=None).values("account_id"))
    important = points.filter(account__in=ImportantUser.objects.values("account_id"))
    return tuple(
        _marked(rows.order_by().values_list("unit_id", "load_code", "account_id")) for rows in (care, important)
    )  # type: ignore[return-value]


def _marked(rows: Iterable[tuple[int, str, int]]) -> Marked:
    on: dict[tuple[int, str], list[int]] = defaultdict(list)
    for unit_id, code, account_id in rows:
        on[unit_id, code].append(account_id)
    return Marked(on=on, accounts=frozenset(one for listed in on.values() for one in listed))
