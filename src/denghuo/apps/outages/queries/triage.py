"""Is a crew needed at all? Four lights, each with the record that it rests on, before anybody drives out.

The records behind the lights of two thousand reports are read as those of one are: in a fixed number of questions.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol

from django.utils import timezone

from denghuo.apps.customers.models import Account, Meter, SupplyState
from denghuo.apps.network import queries as network
from denghuo.apps.orders.models import Finding, Order, number_of
from denghuo.apps.outages.models import MeterWord, Outage, Report, ReportState

# A plan that begins a little early or ends a little late is still the reason.
_AROUND_PLAN = timedelta(minutes=30)
_FOUND_BEFORE = timedelta(days=90)
_DARK = (ReportState.ALONE, ReportState.SUSPECTED, ReportState.JOINED, ReportState.OUT)


class Light(StrEnum):
    """What a light looks at."""

    ARREARS = "arrears"
    PLANNED = "planned"
    KNOWN = "known"
    OWN_WIRING = "own_wiring"


class Shine(StrEnum):
    """What it says: nothing stands against sending a crew; look first; a crew would be sent for nothing; not known."""

    CLEAR = "clear"
    LOOK = "look"
    STOP = "stop"
    UNKNOWN = "unknown"


class Why(StrEnum):
    """The kind of record that a light rests on."""

    CUT = "cut"
    CONNECTED = "connected"
    NO_ACCOUNT = "no_account"
    PLAN = "plan"
    NO_PLAN = "no_plan"
    OUTAGE = "outage"
    THIS = "this"
    SUPPLIED = "supplied"
    NO_LOAD = "no_load"
    METER_LIT = "meter_lit"
    METER_DARK = "meter_dark"
    FOUND_BEFORE = "found_before"
    NEIGHBORS_DARK = "neighbors_dark"
    NEIGHBORS_SILENT = "neighbors_silent"


@dataclass(frozen=True, kw_only=True)
class Lamp:
    """One light: what it looks at, what it says, and the record: its number, its instant, and its key to open it by."""

    light: Light
    shine: Shine
    why: Why
    record: str = ""
    at: datetime | None = None
    reason: str = ""
    record_id: int | None = None
    count: int = 0


class Told(Protocol):
    """What is asked of a report: a row, or the columns of one."""

    @property
    def order_id(self) -> int: ...
    @property
    def network_id(self) -> int | None: ...
    @property
    def load_code(self) -> str: ...
    @property
    def account_id(self) -> int | None: ...
    @property
    def who(self) -> int: ...
    @property
    def reported_at(self) -> datetime: ...


def triage(report: Report, *, at: datetime) -> list[Lamp]:
    """The four lights of one report."""
    return lights([report], at=at)[report.order_id]


def lights(reports: Iterable[Told], *, at: datetime) -> dict[int, list[Lamp]]:
    """The four lights of reports, by the key of their order."""
    rows = list(reports)
    records = _records(rows, at=at)
    return {
        one.order_id: [_arrears(one, records), _planned(one, records), _known(one, records), _own_wiring(one, records)]
        for one in rows
    }


def stopped(reports: Iterable[Report], *, at: datetime) -> list[tuple[Report, Sequence[Lamp]]]:
    """Of these reports those for which a crew would be sent for nothing, with the lights that say so."""
    rows = list(reports)
    shine = lights(rows, at=at)
    told = [(one, [lamp for lamp in shine[one.order_id] if lamp.shine is Shine.STOP]) for one in rows]
    return [(report, lamps) for report, lamps in told if lamps]


class _Account(NamedTuple):
    pk: int
    number: str
    supply_state: str
    cut_reason: str
    cut_since_date: date | None
    cut_record: str


class _Found(NamedTuple):
    pk: int
    account_id: int
    received_at: datetime
    closed_at: datetime


_Place = tuple[int | None, str]  # a network and a load
_Owner = tuple[int | None, int | None]  # a network and an account


@dataclass(frozen=True, kw_only=True)
class _Records:
    """Everything that the lights of some reports rest on."""

    accounts: Mapping[int, _Account]
    plan_of: Mapping[_Place, Outage]
    event_of: Mapping[_Place, str]
    outages: Mapping[_Place, tuple[int, datetime | None]]
    words: Mapping[_Owner, Sequence[MeterWord]]
    found: Mapping[int, Sequence[_Found]]
    dark: Mapping[_Place, frozenset[int]]


def _records(reports: Sequence[Told], *, at: datetime) -> _Records:
    networks = sorted({one.network_id for one in reports if one.network_id is not None and one.load_code})
    accounts = sorted({one.account_id for one in reports if one.account_id is not None})
    wanted = {(one.network_id, one.load_code) for one in reports}
    event_of: dict[_Place, str] = {
        (network_id, code): number
        for network_id in networks
        for code, number in network.supply_marks(network_id).event_of_load.items()
        if (network_id, code) in wanted
    }
    return _Records(
        accounts=_accounts(accounts),
        plan_of=_plans(networks, at=at),
        event_of=event_of,
        outages=_outages({(place[0], number) for place, number in event_of.items()}),
        words=_words(networks, accounts),
        found=_found(accounts, at=at),
        dark=_dark(networks, {one.load_code for one in reports}),
    )


def _accounts(account_ids: Sequence[int]) -> dict[int, _Account]:
    rows = Account.objects.filter(pk__in=account_ids).values_list(*_Account._fields)
    return {row[0]: _Account._make(row) for row in rows}


def _plans(network_ids: Sequence[int], *, at: datetime) -> dict[_Place, Outage]:
    """The first plan of now that takes a load out."""
    found: dict[_Place, Outage] = {}
    for plan in _plans_now(network_ids, at=at):
        for code in planned_loads(plan):
            found.setdefault((plan.network_id, code), plan)
    return found


def _outages(wanted: set[_Place]) -> dict[_Place, tuple[int, datetime | None]]:
    rows = Outage.objects.filter(
        network_id__in={network_id for network_id, _ in wanted}, number__in={number for _, number in wanted}
    ).values_list("network_id", "number", "pk", "started_at")
    return {(network_id, number): (pk, started_at) for network_id, number, pk, started_at in rows}


def _words(network_ids: Sequence[int], account_ids: Sequence[int]) -> dict[_Owner, list[MeterWord]]:
    """What the meters of accounts said last, by network and account, the newest first."""
    meters = Meter.objects.filter(supply_point__account_id__in=account_ids, removed_date=None)
    rows = list(
        MeterWord.objects.filter(network_id__in=network_ids, meter_number__in=meters.values("number")).order_by(
            "-told_at"
        )
    )
    owners: dict[str, set[int]] = defaultdict(set)
    if rows:
        named = meters.filter(number__in={one.meter_number for one in rows})
        for number, account_id in named.values_list("number", "supply_point__account_id"):
            owners[number].add(account_id)
    found: dict[_Owner, list[MeterWord]] = defaultdict(list)
    for row in rows:
        for account_id in owners[row.meter_number]:
            found[row.network_id, account_id].append(row)
    return found


def _found(account_ids: Sequence[int], *, at: datetime) -> dict[int, list[_Found]]:
    """Orders that ended with the customer's own wiring, by account, the last first."""
    rows = Order.objects.filter(
        account_id__in=account_ids, finding=Finding.CUSTOMER_WIRING, closed_at__gt=at - _FOUND_BEFORE
    )
    found: dict[int, list[_Found]] = defaultdict(list)
    for row in rows.order_by("-closed_at", "-pk").values_list(*_Found._fields):
        found[row[1]].append(_Found._make(row))
    return found


def _dark(network_ids: Sequence[int], codes: set[str]) -> dict[_Place, frozenset[int]]:
    """Who says at each load that their supply is gone."""
    rows = Report.objects.filter(network_id__in=network_ids, load_code__in=codes, state__in=_DARK)
    found: dict[_Place, set[int]] = defaultdict(set)
    for network_id, code, who in rows.values_list("network_id", "load_code", "who"):
        found[network_id, code].add(who)
    return {place: frozenset(who) for place, who in found.items()}


def _arrears(report: Told, records: _Records) -> Lamp:
    who = records.accounts.get(report.account_id or 0)
    if who is None:
        return Lamp(light=Light.ARREARS, shine=Shine.UNKNOWN, why=Why.NO_ACCOUNT)
    if who.supply_state == SupplyState.CUT:
        return Lamp(
            light=Light.ARREARS,
            shine=Shine.STOP,
            why=Why.CUT,
            record=who.cut_record,
            reason=who.cut_reason,
            at=_midnight(who.cut_since_date),
            record_id=who.pk,
        )
    return Lamp(light=Light.ARREARS, shine=Shine.CLEAR, why=Why.CONNECTED, record=who.number, record_id=who.pk)


def _midnight(day: date | None) -> datetime | None:
    return datetime(day.year, day.month, day.day, tzinfo=timezone.get_default_timezone()) if day else None


def _planned(report: Told, records: _Records) -> Lamp:
    if not report.load_code or report.network_id is None:
        return Lamp(light=Light.PLANNED, shine=Shine.UNKNOWN, why=Why.NO_LOAD)
    plan = records.plan_of.get((report.network_id, report.load_code))
    if plan is None:
        return Lamp(light=Light.PLANNED, shine=Shine.CLEAR, why=Why.NO_PLAN)
    return Lamp(
        light=Light.PLANNED,
        shine=Shine.STOP,
        why=Why.PLAN,
        record=plan.number,
        at=plan.planned_end_at,
        record_id=plan.pk,
    )


def plans_now(network_id: int, *, at: datetime) -> list[Outage]:
    """Plans of a network whose time is now."""
    return _plans_now([network_id], at=at)


def _plans_now(network_ids: Sequence[int], *, at: datetime) -> list[Outage]:
    rows = Outage.objects.filter(
        network_id__in=network_ids,
        planned_start_at__lte=at + _AROUND_PLAN,
        planned_end_at__gte=at - _AROUND_PLAN,
        restored_at=None,
    )
    return list(rows.exclude(planned_device_codes="").order_by("planned_start_at"))


def planned_loads(plan: Outage) -> set[str]:
    """Loads that a plan takes out: those behind the devices that it opens."""
    return set(network.loads_behind(plan.network_id, device_codes=plan.planned_device_codes.split()))


def _known(report: Told, records: _Records) -> Lamp:
    if not report.load_code or report.network_id is None:
        return Lamp(light=Light.KNOWN, shine=Shine.UNKNOWN, why=Why.NO_LOAD)
    number = records.event_of.get((report.network_id, report.load_code))
    if number is None:
        return Lamp(light=Light.KNOWN, shine=Shine.CLEAR, why=Why.SUPPLIED, record=report.load_code)
    outage_id, started_at = records.outages.get((report.network_id, number), (None, None))
    return Lamp(light=Light.KNOWN, shine=Shine.STOP, why=Why.OUTAGE, record=number, at=started_at, record_id=outage_id)


def _own_wiring(report: Told, records: _Records) -> Lamp:
    """A meter that has supply, the same found here before, or neighbors who say nothing."""
    words = records.words.get((report.network_id, report.account_id), ())
    lit = next((one for one in words if one.lit and one.told_at >= report.reported_at), None)
    if lit is not None:
        return _wiring(Shine.STOP, Why.METER_LIT, record=lit.meter_number, at=lit.told_at)
    before = next((one for one in records.found.get(report.account_id or 0, ()) if one.pk != report.order_id), None)
    if before is not None:
        number = number_of(before.pk, before.received_at)
        return _wiring(Shine.LOOK, Why.FOUND_BEFORE, record=number, at=before.closed_at, record_id=before.pk)
    dark = next((one for one in words if not one.lit), None)
    if dark is not None:
        return _wiring(Shine.CLEAR, Why.METER_DARK, record=dark.meter_number, at=dark.told_at)
    if not report.load_code:
        return _wiring(Shine.UNKNOWN, Why.NO_LOAD)
    others = len(records.dark.get((report.network_id, report.load_code), frozenset()) - {report.who})
    if others:
        return _wiring(Shine.CLEAR, Why.NEIGHBORS_DARK, record=report.load_code, count=others)
    return _wiring(Shine.LOOK, Why.NEIGHBORS_SILENT, record=report.load_code)


def _wiring(
    shine: Shine,
    why: Why,
    *,
    record: str = "",
    at: datetime | None = None,
    record_id: int | None = None,
    count: int = 0,
) -> Lamp:
    return Lamp(light=Light.OWN_WIRING, shine=shine, why=why, record=record, at=at, record_id=record_id, count=count)
