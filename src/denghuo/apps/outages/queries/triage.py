"""Is a crew needed at all? Four lights, each with the record that it rests on, before anybody drives out.

The records behind the lights of two thousand reports are read as those of one are: in a fixed number of questions.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol

from django.db.models import Q
from django.utils import timezone

from denghuo.apps.customers.models import Account, Meter, SupplyState
from denghuo.apps.network import queries as network
from denghuo.apps.orders.models import Finding, Order, number_of
from denghuo.apps.outages.models import JudgingRule, MeterWord, Outage, Report, ReportState
from denghuo.apps.outages.queries.rules import judging_rules

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
    OTHERS_SUSPECTED = "others_suspected"


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
    @property
    def suspicion_id(self) -> int | None: ...


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
class Grounds:
    """What speaks against sending a crew to some reports: accounts that are cut, plans of now, what is known to be out
    (by network the number of the event of each load), and meters that say that they have supply."""

    rules: Mapping[int, JudgingRule]
    cut: frozenset[int]
    plan_of: Mapping[_Place, Outage]
    event_of: Mapping[int, Mapping[str, str]]
    words: Mapping[_Owner, Sequence[MeterWord]]

    def against(self, report: Told) -> list[Light]:
        """The lights that say that a crew would be sent for nothing, without what they cite."""
        found = []
        if report.account_id in self.cut:
            found.append(Light.ARREARS)
        if self.plan_of and (report.network_id, report.load_code) in self.plan_of:
            found.append(Light.PLANNED)
        if self.event(report) is not None:
            found.append(Light.KNOWN)
        if self.words and self.lit(report) is not None:
            found.append(Light.OWN_WIRING)
        return found

    def event(self, report: Told) -> str | None:
        """The number of the outage that keeps the load out."""
        return self.event_of.get(report.network_id or 0, {}).get(report.load_code)

    def lit(self, report: Told) -> MeterWord | None:
        """The last word of a meter of whoever reported, if it has supply since."""
        words = self.words.get((report.network_id, report.account_id), ())
        return next((one for one in words if one.lit and one.told_at >= report.reported_at), None)


def grounds_of(reports: Iterable[Told], *, at: datetime) -> Grounds:
    """What speaks against sending a crew to reports, read in a fixed number of questions."""
    rows = list(reports)
    networks = sorted({one.network_id for one in rows if one.network_id is not None and one.load_code})
    accounts = {one.account_id for one in rows if one.account_id is not None}
    rules = judging_rules(networks, on=timezone.localdate(at))
    cut = Account.objects.filter(pk__in=accounts, supply_state=SupplyState.CUT).values_list("pk", flat=True)
    return Grounds(
        rules=rules,
        cut=frozenset(cut),
        plan_of=_plans(rules, at=at),
        event_of={one: network.supply_marks(one).event_of_load for one in networks},
        words=_words(networks, accounts),
    )


def triage(report: Report, *, at: datetime) -> list[Lamp]:
    """The four lights of one report."""
    return lights([report], at=at)[report.order_id]


def lights(reports: Iterable[Told], *, at: datetime, grounds: Grounds | None = None) -> dict[int, list[Lamp]]:
    """The four lights of reports, by the key of their order; ``grounds`` where somebody has looked at them before."""
    rows = list(reports)
    records = _records(rows, grounds or grounds_of(rows, at=at), at=at)
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


@dataclass(frozen=True, kw_only=True)
class _Records:
    """Everything that the lights of some reports rest on."""

    at: datetime
    grounds: Grounds
    accounts: Mapping[int, _Account]
    outages: Mapping[_Place, tuple[int, datetime | None]]
    found: Mapping[int, Sequence[_Found]]
    dark: Mapping[_Place, frozenset[int]]
    suspected: Mapping[int, frozenset[int]]


def _records(reports: Sequence[Told], grounds: Grounds, *, at: datetime) -> _Records:
    accounts = {one.account_id for one in reports if one.account_id is not None}
    events = ((one.network_id, grounds.event(one)) for one in reports)
    before_days = max(one.found_before_days for one in (JudgingRule(), *grounds.rules.values()))
    return _Records(
        at=at,
        grounds=grounds,
        accounts=_accounts(accounts),
        outages=_outages({(network_id, number) for network_id, number in events if number is not None}),
        found=_found(accounts, since=at - timedelta(days=before_days)),
        dark=_dark(list(grounds.rules), {one.load_code for one in reports}),
        suspected=_suspected({one.suspicion_id for one in reports if one.suspicion_id is not None}),
    )


def _accounts(account_ids: Collection[int]) -> dict[int, _Account]:
    rows = Account.objects.filter(pk__in=account_ids).values_list(*_Account._fields)
    return {row[0]: _Account._make(row) for row in rows}


def _plans(rules: Mapping[int, JudgingRule], *, at: datetime) -> dict[_Place, Outage]:
    """The first plan of now that takes a load out."""
    found: dict[_Place, Outage] = {}
    for plan in _plans_now(rules, at=at):
        for code in planned_loads(plan):
            found.setdefault((plan.network_id, code), plan)
    return found


def _outages(wanted: set[_Place]) -> dict[_Place, tuple[int, datetime | None]]:
    if not wanted:
        return {}
    rows = Outage.objects.filter(
        network_id__in={network_id for network_id, _ in wanted}, number__in={number for _, number in wanted}
    ).values_list("network_id", "number", "pk", "started_at")
    return {(network_id, number): (pk, started_at) for network_id, number, pk, started_at in rows}


def _words(network_ids: Collection[int], account_ids: Collection[int]) -> dict[_Owner, list[MeterWord]]:
    """What the meters of accounts said last, by network and account, the newest first."""
    heard = MeterWord.objects.filter(network_id__in=network_ids)
    if not account_ids or not heard.exists():
        return {}
    meters = Meter.objects.filter(supply_point__account_id__in=account_ids, removed_date=None)
    rows = list(heard.filter(meter_number__in=meters.values("number")).order_by("-told_at"))
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


def _found(account_ids: Collection[int], *, since: datetime) -> dict[int, list[_Found]]:
    """Orders that ended with the customer's own wiring, by account, the last first."""
    found: dict[int, list[_Found]] = defaultdict(list)
    if account_ids:
        rows = Order.objects.filter(account_id__in=account_ids, finding=Finding.CUSTOMER_WIRING, closed_at__gt=since)
        for row in rows.order_by("-closed_at", "-pk").values_list(*_Found._fields):
            found[row[1]].append(_Found._make(row))
    return found


def _dark(network_ids: Collection[int], codes: set[str]) -> dict[_Place, frozenset[int]]:
    """Who says at each load that their supply is gone."""
    rows = Report.objects.filter(network_id__in=network_ids, load_code__in=codes, state__in=_DARK)
    found: dict[_Place, set[int]] = defaultdict(set)
    for network_id, code, who in rows.values_list("network_id", "load_code", "who"):
        found[network_id, code].add(who)
    return {place: frozenset(who) for place, who in found.items()}


def _suspected(suspicion_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """Who reports of each suspected fault."""
    rows = Report.objects.filter(suspicion_id__in=suspicion_ids, state__in=_DARK)
    found: dict[int, set[int]] = defaultdict(set)
    for key, who in rows.values_list("suspicion_id", "who") if suspicion_ids else ():
        found[key or 0].add(who)
    return {key: frozenset(told) for key, told in found.items()}


def _arrears(report: Told, records: _Records) -> Lamp:
    who = records.accounts.get(report.account_id or 0)
    if who is None:
        return Lamp(light=Light.ARREARS, shine=Shine.UNKNOWN, why=Why.NO_ACCOUNT)
    if who.pk in records.grounds.cut:
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
    plan = records.grounds.plan_of.get((report.network_id, report.load_code))
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


def _plans_now(rules: Mapping[int, JudgingRule], *, at: datetime) -> list[Outage]:
    """A plan that begins a little early or ends a little late is still the reason."""
    now = Q()
    for network_id, rule in rules.items():
        around = timedelta(seconds=rule.around_plan_s)
        now |= Q(network_id=network_id, planned_start_at__lte=at + around, planned_end_at__gte=at - around)
    rows = Outage.objects.filter(now, restored_at=None, plan_cancelled_at=None) if rules else Outage.objects.none()
    return list(rows.exclude(planned_device_codes="").order_by("planned_start_at"))


def planned_loads(plan: Outage) -> set[str]:
    """Loads that a plan takes out: those behind the devices that it opens."""
    return set(network.loads_behind(plan.network_id, device_codes=plan.planned_device_codes.split()))


def _known(report: Told, records: _Records) -> Lamp:
    if not report.load_code or report.network_id is None:
        return Lamp(light=Light.KNOWN, shine=Shine.UNKNOWN, why=Why.NO_LOAD)
    number = records.grounds.event(report)
    if number is None:
        return Lamp(light=Light.KNOWN, shine=Shine.CLEAR, why=Why.SUPPLIED, record=report.load_code)
    outage_id, started_at = records.outages.get((report.network_id, number), (None, None))
    return Lamp(light=Light.KNOWN, shine=Shine.STOP, why=Why.OUTAGE, record=number, at=started_at, record_id=outage_id)


def _own_wiring(report: Told, records: _Records) -> Lamp:
    """A meter that has supply, the same found here before, or neighbors who say nothing."""
    lit = records.grounds.lit(report)
    if lit is not None:
        return _wiring(Shine.STOP, Why.METER_LIT, record=lit.meter_number, at=lit.told_at)
    before = _found_before(report, records)
    if before is not None:
        number = number_of(before.pk, before.received_at)
        return _wiring(Shine.LOOK, Why.FOUND_BEFORE, record=number, at=before.closed_at, record_id=before.pk)
    words = records.grounds.words.get((report.network_id, report.account_id), ())
    dark = next((one for one in words if not one.lit), None)
    if dark is not None:
        return _wiring(Shine.CLEAR, Why.METER_DARK, record=dark.meter_number, at=dark.told_at)
    if not report.load_code:
        return _wiring(Shine.UNKNOWN, Why.NO_LOAD)
    if records.grounds.event(report) is not None:  # where supply is known to be gone, silence says nothing
        return replace(_known(report, records), light=Light.OWN_WIRING, shine=Shine.CLEAR)
    others = len(records.dark.get((report.network_id, report.load_code), frozenset()) - {report.who})
    if others:
        return _wiring(Shine.CLEAR, Why.NEIGHBORS_DARK, record=report.load_code, count=others)
    others = len(records.suspected.get(report.suspicion_id or 0, frozenset()) - {report.who})
    if others:
        return _wiring(Shine.CLEAR, Why.OTHERS_SUSPECTED, count=others)
    return _wiring(Shine.LOOK, Why.NEIGHBORS_SILENT, record=report.load_code)


def _found_before(report: Told, records: _Records) -> _Found | None:
    """The last order of the same account that ended with its own wiring, as long ago as the rule still looks."""
    rule = records.grounds.rules.get(report.network_id or 0, JudgingRule())
    since = records.at - timedelta(days=rule.found_before_days)
    told = records.found.get(report.account_id or 0, ())
    return next((one for one in told if one.pk != report.order_id and one.closed_at > since), None)


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
