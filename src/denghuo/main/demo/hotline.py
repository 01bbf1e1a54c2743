"""Two years of calls to the demo county's hotline, from a seed, hit by the outages that the station's log tells of.

Only what an exchange would have written down comes out. Calls are simulated day by day by the queueing engine; what
hits the hotline in July and December is what hit the one that a paper on raising the answer rate of 95598 tells of:
faults in the heat, a system failure, a new system's first weeks, and dunning at the year's end. All of it is made up.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from denghuo.adapters.telephony import AgentEvent, AgentEventKind, CallOutcome, CallRecord
from denghuo.apps.hotline.actions import CauseEntry
from denghuo.apps.hotline.models import CauseKind
from denghuo.engines.queueing.simulation import log_day
from denghuo.engines.queueing.simulation_model import (
    AgentGroup,
    Announcement,
    CallCenter,
    CallType,
    Redial,
    Redials,
    exponential,
    lognormal,
)
from denghuo.engines.queueing.simulation_results import CallLog, Outcome

Floats = NDArray[np.float64]

QUEUE = "95598"
TEAMS = ("一班", "二班", "三班", "四班")
MOBILE = "机动班"
_TEAM_SIZE, _MOBILE_SIZE = 6, 6
_INTERVAL_S, _INTERVALS = 900.0, 96
_CUT_OFF = 4  # seats that a system failure cuts off
_FAULT, _OTHER, _KINDS = 0, 1, 2
_CALLS_PER_DAY = 500.0
_FAULT_SHARE = 0.22
_TALK_S, _WRAP_UP_S, _PATIENCE_S = {_FAULT: 200.0, _OTHER: 235.0}, 50.0, 110.0
_HOT_NIGHT, _HOT_SHARE = 10.0, 0.6
_REDIAL_SHARE, _REDIAL_DELAY_S, _MOST_CALLS = 0.46, 300.0, 6
# Of the customers an outage leaves in the dark, this share calls in all, half of them within so many minutes.
_CALLING_SHARE, _HALF_WITHIN_MIN = 0.035, 18.0
_ANNOUNCED_FROM_CUSTOMERS, _ANNOUNCED_AFTER_MIN, _ABSORBED_SHARE, _HEARD_S = 1500, 20.0, 0.6, 22.0
# Calls by hour of the day, next to the day's mean: offices open, lunch, the evening at home.
_HOURS = (
    0.30, 0.22, 0.17, 0.15, 0.16, 0.25, 0.5, 0.95, 1.7, 1.85, 1.75, 1.45, 1.15, 1.2, 1.4, 1.45, 1.35, 1.3, 1.45, 1.65,
    1.5, 1.15, 0.75, 0.45,
)  # fmt: skip
_WEEKDAYS = (1.12, 1.06, 1.03, 1.02, 1.04, 0.9, 0.83)
_MONTHS = (1.05, 0.92, 0.95, 0.94, 0.96, 1.05, 1.12, 1.12, 1.0, 0.94, 0.97, 1.04)
# Shifts: from hour, to hour, heads, and on which of its four days a team works it; half a team is enough for a night,
# and the halves take turns. A mobile team helps at the peaks. Staffing's standard rota says the same.
_SHIFTS = ((8, 16, 6, 0), (16, 24, 6, 1), (0, 8, 3, 3))
_PEAKS = ((9, 12, 2),)


@dataclass(frozen=True, kw_only=True)
class Wave:
    """An outage as the hotline feels it."""

    started_at: datetime
    restored_at: datetime | None
    customers: int
    numbers: tuple[str, ...]  # of customers who are out
    announcement: str = ""  # what the exchange calls the sound that callers hear of it
    heard: tuple[tuple[datetime, datetime | None], ...] = ()  # from when until when callers hear it

    @property
    def usually_heard_at(self) -> datetime | None:
        """From when on callers heard of it in the demo's past; None: it is too small for that."""
        if self.customers < _ANNOUNCED_FROM_CUSTOMERS:
            return None
        begin = self.started_at + timedelta(minutes=_ANNOUNCED_AFTER_MIN)
        return begin if self.restored_at is None or begin < self.restored_at else None

    def hears_at(self, at: datetime) -> bool:
        """Whether callers hear of it at an instant."""
        return any(begin <= at and (end is None or at < end) for begin, end in self.heard)


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody on a seat."""

    code: str
    name: str
    team: str


@dataclass(kw_only=True)
class CallHistory:
    """What the exchange wrote down, and what people say hit the hotline."""

    calls: list[CallRecord] = field(default_factory=list)
    entries: list[AgentEvent] = field(default_factory=list)
    causes: list[CauseEntry] = field(default_factory=list)


@cache
def people() -> tuple[Person, ...]:
    """Thirty seats: four teams and a mobile one. Plainly made-up names."""
    family = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏"
    given = "灯明烛光星辉晓晨霞虹"
    told = []
    for number in range(4 * _TEAM_SIZE + _MOBILE_SIZE):
        team = TEAMS[number // _TEAM_SIZE] if number < 4 * _TEAM_SIZE else MOBILE
        name = family[number] + given[number % len(given)] + given[(3 * number + 1) % len(given)]
        told.append(Person(code=f"A{number + 1:03d}", name=name, team=team))
    return tuple(told)


@lru_cache(maxsize=200)
def duty(day: date, hour: int) -> list[Person]:
    """Who sits there in an hour, in the order of the seats. A team has a day, an evening, then a night."""
    staff, turn = people(), day.toordinal()
    for first, last, heads, place in _SHIFTS:
        if first <= hour < last:
            number = (place - turn) % len(TEAMS)
            on = [one for one in staff if one.team == TEAMS[number]]
            halves = len(on) // heads
            on = on[(number + turn) // len(TEAMS) % halves :: halves]
    mobile = [one for one in staff if one.team == MOBILE]
    helping = sum(heads for first, last, heads in _PEAKS if first <= hour < last and day.weekday() < 6)
    start = day.toordinal() % len(mobile)
    return on + [mobile[(start + n) % len(mobile)] for n in range(helping)]


def simulate_calls(
    *,
    start: datetime,
    now: datetime,
    waves: Sequence[Wave],
    seed: int,
    progress: Callable[[float], None],
) -> CallHistory:
    """Live through the calls from ``start``, a local midnight, to ``now``. Days draw from the seed and their date."""
    zone = start.tzinfo
    assert isinstance(zone, ZoneInfo)
    history = CallHistory(causes=_causes(start, now))
    by_day: dict[date, list[Wave]] = {}
    for wave in waves:
        by_day.setdefault(wave.started_at.astimezone(zone).date(), []).append(wave)
    days = (now.date() - start.date()).days + 1
    for n in range(days):
        if n % 20 == 0:
            progress(n / days)
        day = start.date() + timedelta(days=n)
        midnight = datetime.combine(day, time(), tzinfo=zone)
        rng = _chance(seed, day)
        log = log_day(_center(midnight, by_day.get(day, ()), history.causes, rng), rng=rng)
        history.calls += (call for call in _calls(log, midnight, by_day.get(day, ()), rng) if _over(call, now))
        history.entries += _signing_in(midnight, now, history.causes)
    return history


def _chance(seed: int, day: date) -> np.random.Generator:
    return np.random.default_rng([seed, 95598, day.toordinal()])


def was_hot(midnight: datetime, *, seed: int, now: datetime) -> bool:
    """Whether a local day was one of the worst in the heat: the first draws of its calls say so."""
    rng = _chance(seed, midnight.date())
    _busyness(rng)
    return _hot(midnight, [one for one in _causes_of(midnight.year, midnight.tzinfo) if one.ended_at <= now], rng)


def bills_out(day: date) -> bool:
    """Whether bills go out on a day."""
    return 10 <= day.day <= 14


def dunned(midnight: datetime, *, now: datetime) -> bool:
    """Whether dunning messages went out on a local day, or will: of what is under way, no call tells."""
    causes = [one for one in _causes_of(midnight.year, midnight.tzinfo) if one.ended_at <= now or midnight >= now]
    return _working(causes, CauseKind.DUNNING, midnight)


def _over(call: CallRecord, now: datetime) -> bool:
    return call.ended_at is not None and call.ended_at <= now


def _causes(start: datetime, now: datetime) -> list[CauseEntry]:
    """What hit the hotline, as people would name it."""
    told = [one for year in range(start.year, now.year + 1) for one in _causes_of(year, start.tzinfo)]
    return [one for one in told if one.started_at >= start and one.ended_at <= now]


def _causes_of(year: int, zone: tzinfo | None) -> Iterator[CauseEntry]:
    def at(month: int, day: int, hour: int = 0) -> datetime:
        return datetime(year, month, day, hour, tzinfo=zone)

    yield CauseEntry(
        kind=CauseKind.HEAT,
        name=f"{year}年7月高温故障",
        started_at=at(7, 8),
        ended_at=at(7, 27),
        note="晚高峰报修量翻番",
    )
    yield CauseEntry(
        kind=CauseKind.SYSTEM_FAILURE,
        name=f"{year}年12月系统故障",
        started_at=at(12, 8, 9),
        ended_at=at(12, 8, 20),
        handling=True,
        capacity=True,
        note="业务支持系统响应缓慢，部分坐席掉线",
    )
    yield CauseEntry(
        kind=CauseKind.GO_LIVE,
        name=f"{year}年12月新系统上线",
        started_at=at(12, 12),
        ended_at=at(12, 24),
        volume=False,
        handling=True,
        note="坐席不熟悉新界面，通话时间变长",
    )
    yield CauseEntry(
        kind=CauseKind.DUNNING,
        name=f"{year}年年末催费",
        started_at=at(12, 18),
        ended_at=at(12, 31),
        note="催费短信集中发出",
    )


def _working(causes: Sequence[CauseEntry], kind: CauseKind, at: datetime) -> bool:
    return any(one.kind == kind and one.started_at <= at < one.ended_at for one in causes)


def _busyness(rng: np.random.Generator) -> float:
    return float(rng.gamma(100.0, 0.01))


def _hot(midnight: datetime, causes: Sequence[CauseEntry], rng: np.random.Generator) -> bool:
    return _working(causes, CauseKind.HEAT, midnight) and rng.random() < _HOT_SHARE


def _center(
    midnight: datetime, waves: Sequence[Wave], causes: Sequence[CauseEntry], rng: np.random.Generator
) -> CallCenter:
    day, month = midnight.date(), midnight.month
    level = _CALLS_PER_DAY * _WEEKDAYS[day.weekday()] * _MONTHS[month - 1] * _busyness(rng)
    if bills_out(day):
        level *= 1.15  # bills are out
    hours = np.repeat(_HOURS, 4) / np.sum(_HOURS) * level
    fault, other = _FAULT_SHARE * hours, (1 - _FAULT_SHARE) * hours
    slow = np.ones(_INTERVALS)
    heads = np.array([len(duty(day, n // 4)) for n in range(_INTERVALS)])
    hot = _hot(midnight, causes, rng)
    for n in range(_INTERVALS):
        at = midnight + n * timedelta(seconds=_INTERVAL_S)
        if hot and 18 <= at.hour < 24:
            fault[n] *= _HOT_NIGHT
        if _working(causes, CauseKind.SYSTEM_FAILURE, at):
            other[n] *= 1.35
            slow[n], heads[n] = 2.0, max(heads[n] - _CUT_OFF, 2)
        if _working(causes, CauseKind.GO_LIVE, at):
            slow[n] = max(slow[n], 1.6)
        if _working(causes, CauseKind.DUNNING, at) and 8 <= at.hour < 21:
            other[n] *= 1.9
    edges = _edges(midnight, waves)
    place = (edges[:-1] // _INTERVAL_S).astype(np.int64)
    fault, other, slow, heads = fault[place], other[place], slow[place], heads[place]
    for wave in waves:
        fault += _wave_calls(wave, midnight, edges)
    # Callers whose talk takes longer are of a type of their own: fault, other, and the same two slowed down.
    longer, factor = slow > 1, slow.max()
    types = tuple(
        _type(np.where(longer == slowed, calls, 0.0), _TALK_S[kind] * (factor if slowed else 1.0))
        for slowed in (False, True)
        for kind, calls in ((_FAULT, fault), (_OTHER, other))
    )
    return CallCenter(
        edges_s=edges,
        types=types,
        groups=(AgentGroup(heads=heads, skills=tuple(range(len(types)))),),
        announcements=tuple(_announcements(waves, midnight)),
        waiting_places=40,
    )


def _type(calls_per_h: Floats, talk_s: float) -> CallType:
    return CallType(
        arrivals_per_h=calls_per_h,
        service=lognormal(talk_s, cv=0.8),
        wrap_up=lognormal(_WRAP_UP_S, cv=0.6),
        patience=exponential(_PATIENCE_S, zero_share=0.01),
        redials=Redials(
            after_abandoned=Redial(share=_REDIAL_SHARE, delay=exponential(_REDIAL_DELAY_S)),
            after_blocked=Redial(share=0.7, delay=exponential(_REDIAL_DELAY_S)),
            max_attempts=_MOST_CALLS,
        ),
    )


def _edges(midnight: datetime, waves: Sequence[Wave]) -> Floats:
    """Quarters of an hour, and when outages begin and end: nobody calls about one before it is there."""
    quarters = np.arange(_INTERVALS + 1) * float(_INTERVAL_S)
    told = [at for wave in waves for at in (wave.started_at, wave.restored_at) if at is not None]
    inside = np.round([(at - midnight).total_seconds() for at in told])
    return np.unique([*quarters, *inside[(inside > 0) & (inside < quarters[-1])]])


def _wave_calls(wave: Wave, midnight: datetime, edges_s: Floats) -> Floats:
    """Calls per hour that an outage adds: many at first, fewer as time goes on, none once supply is back."""
    begin_s = (wave.started_at - midnight).total_seconds()
    end_s = (wave.restored_at - midnight).total_seconds() if wave.restored_at else edges_s[-1]
    asleep = 0.35 if wave.started_at.astimezone(midnight.tzinfo).hour < 6 else 1.0
    told = 1 - 0.5 ** (np.clip(np.minimum(edges_s, end_s) - begin_s, 0, None) / (60 * _HALF_WITHIN_MIN))
    return np.diff(told) * wave.customers * _CALLING_SHARE * asleep * 3600 / np.diff(edges_s)


def _announcements(waves: Sequence[Wave], midnight: datetime) -> Iterator[Announcement]:
    """While an announcement is on the line, callers who ask about a fault hear it first; of several, one."""
    free_from, day_s = 0.0, _INTERVALS * _INTERVAL_S
    for begin_at, end_at in sorted((spell for wave in waves for spell in wave.heard), key=lambda one: one[0]):
        begin = max((begin_at - midnight).total_seconds(), free_from)
        end = day_s if end_at is None else min((end_at - midnight).total_seconds(), day_s)
        if end > begin:
            free_from = end
            for call_type in (_FAULT, _FAULT + _KINDS):
                yield Announcement(
                    call_type=call_type, from_s=begin, to_s=end, heard_s=_HEARD_S, absorbed_share=_ABSORBED_SHARE
                )


_OUTCOMES = {
    int(Outcome.ANSWERED): CallOutcome.ANSWERED,
    int(Outcome.ABANDONED): CallOutcome.ABANDONED,
    int(Outcome.BLOCKED): CallOutcome.REFUSED,
    int(Outcome.ABSORBED): CallOutcome.ANNOUNCED,
}


def _heard(at: datetime, caller: str, waves: Sequence[Wave]) -> str:
    """What a caller hears at an instant: of the outage that they are in, else of the one that began last."""
    told = [wave for wave in waves if wave.hears_at(at)]
    found = max(told, key=lambda wave: (caller in wave.numbers, wave.started_at), default=None)
    return found.announcement if found else ""


def _calls(log: CallLog, midnight: datetime, waves: Sequence[Wave], rng: np.random.Generator) -> Iterator[CallRecord]:
    """The day as the exchange would have written it down."""
    columns = {
        name: np.round(getattr(log, name), 1).tolist() for name in ("arrival_s", "wait_s", "talk_s", "wrap_up_s")
    }
    codes = {name: getattr(log, name).tolist() for name in ("call_type", "outcome", "seat", "caller")}
    order = np.argsort(log.arrival_s, kind="stable").tolist()
    numbers = _numbers(order, columns["arrival_s"], codes, midnight, waves, rng)
    for place, row in enumerate(order):
        told = {name: values[row] for name, values in (*columns.items(), *codes.items())}
        outcome = _OUTCOMES.get(told["outcome"])
        if outcome is None or told["call_type"] < 0:
            continue
        entered_at, caller = midnight + timedelta(seconds=told["arrival_s"]), numbers[told["caller"]]
        heard = _heard(entered_at, caller, waves) if outcome is CallOutcome.ANNOUNCED else ""
        yield CallRecord(
            call_id=f"{midnight:%Y%m%d}-{place + 1:05d}",
            queue=QUEUE,
            caller=caller,
            entered_at=entered_at,
            outcome=outcome,
            menu="故障报修" if told["call_type"] % _KINDS == _FAULT else "业务咨询",
            precise=True,
            **_fate(told, entered_at, outcome, heard),
        )


def _fate(told: dict[str, float], entered_at: datetime, outcome: CallOutcome, heard: str) -> dict[str, Any]:
    """What became of a call, stage by stage."""
    if outcome is CallOutcome.ANNOUNCED:
        heard_s = told["talk_s"]
        ended_at = entered_at + timedelta(seconds=heard_s)
        return {"announcement": heard, "announcement_s": heard_s, "ended_at": ended_at}
    wait_s = 0.0 if outcome is CallOutcome.REFUSED else told["wait_s"]
    left_at = entered_at + timedelta(seconds=wait_s)
    if outcome is not CallOutcome.ANSWERED:
        return {"queued_at": entered_at, "wait_s": wait_s, "ended_at": left_at}
    on = duty(left_at.date(), left_at.hour)
    return {
        "queued_at": entered_at,
        "wait_s": wait_s,
        "agent": on[int(told["seat"]) % len(on)].code,
        "connected_at": left_at,
        "talk_s": told["talk_s"],
        "wrap_up_s": told["wrap_up_s"],
        "ended_at": left_at + timedelta(seconds=told["talk_s"]),
    }


def _numbers(
    order: Sequence[int],
    arrival_s: Sequence[float],
    codes: dict[str, list[int]],
    midnight: datetime,
    waves: Sequence[Wave],
    rng: np.random.Generator,
) -> dict[int, str]:
    """Who calls: somebody in the dark while an outage lasts, anybody else otherwise; a few withhold their number."""
    drawn, shown = rng.integers(0, 10_000_000, size=len(order)).tolist(), (rng.random(len(order)) > 0.03).tolist()
    told: dict[int, str] = {}
    for place, row in enumerate(order):
        caller = codes["caller"][row]
        if caller in told:
            continue
        told[caller] = f"1990{drawn[place]:07d}" if shown[place] else ""
        if not waves or codes["call_type"][row] % _KINDS != _FAULT:
            continue
        at = midnight + timedelta(seconds=arrival_s[row])
        hit = [one for one in waves if one.numbers and one.started_at <= at <= (one.restored_at or at)]
        if hit and rng.random() < 0.75:
            numbers = hit[int(rng.integers(len(hit)))].numbers
            told[caller] = numbers[int(rng.integers(len(numbers)))]
    return told


def signing_in_around(midnight: datetime, causes: Sequence[CauseEntry]) -> list[AgentEvent]:
    """Who comes and goes on a local day: some for the next one before it begins, some of the last one after its end."""
    days = [midnight + timedelta(days=n) for n in (-1, 0, 1)]
    return [one for day in days for one in _signing_in(day, day + timedelta(days=2), causes)]


def _signing_in(midnight: datetime, now: datetime, causes: Sequence[CauseEntry]) -> Iterator[AgentEvent]:
    """Who came and went: a few minutes early or late, as people do; a system failure throws some out meanwhile."""
    rng = np.random.default_rng([midnight.date().toordinal(), 7])
    failures = [one for one in causes if one.kind == CauseKind.SYSTEM_FAILURE]
    for first, last, heads, _place in _SHIFTS:
        team = [one for one in duty(midnight.date(), first) if one.team != MOBILE]
        for place, person in enumerate(team):
            on = midnight + timedelta(hours=first, minutes=float(np.round(rng.normal(-4, 3), 1)))
            off = midnight + timedelta(hours=last, minutes=float(np.round(rng.normal(3, 3), 1)))
            spells = [(on, off)]
            if place >= heads - _CUT_OFF:
                for failure in failures:
                    spells = list(_without(spells, failure.started_at, failure.ended_at))
            for begin, end in spells:
                for at, kind in ((begin, AgentEventKind.LOGGED_IN), (end, AgentEventKind.LOGGED_OUT)):
                    if at <= now:
                        yield AgentEvent(at=at, agent=person.code, kind=kind)


def _without(
    spells: Sequence[tuple[datetime, datetime]], start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Spells of time less the time from ``start`` to ``end``."""
    for begin, stop in spells:
        for part in ((begin, min(stop, start)), (max(begin, end), stop)):
            if part[0] < part[1]:
                yield part
