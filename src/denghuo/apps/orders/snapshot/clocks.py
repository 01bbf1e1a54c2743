"""Steps of orders as the events of the engine's clocks, and what the clocks show as values."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple, Protocol

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from denghuo.apps.orders.models import LimitRule
from denghuo.apps.orders.snapshot.rules import Limit, RuleBook
from denghuo.engines.worktime import (
    EventKind,
    Measure,
    Stretches,
    WorkCalendar,
    build_calendar,
    deadlines,
    elapsed_s,
    resumed_at,
    running_stretches,
)

# "drop" ends a clock that nothing is asked of any more: it is no case, unless it was too late by then.
# "revive" takes a drop back: the clock goes on as if it had never ended, and stands still where it did.
VERBS = frozenset({"start", "again", "stop", "drop", "revive", "suspend", "resume"})
_VERBS = {"stop": EventKind.STOP, "drop": EventKind.STOP, "suspend": EventKind.SUSPEND, "resume": EventKind.RESUME}
_EVERY = "*"
# Where no calendar is told: a day long gone, so that nothing counted in working days is known.
_NO_CALENDAR = build_calendar("1970-01-01", [True])


class Told(NamedTuple):
    """When something happened to an order, and what it did to its clocks."""

    order_id: int
    told_at: datetime
    effects: str


class Case(Protocol):
    """What is asked of an order to know which limits bind it."""

    pk: int
    kind: str
    topic: str
    area: str
    channel: str
    received_at: datetime
    upstream_due_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ClockShown:
    """What one limit of one clock shows.

    ``run`` counts how often the clock was started anew. ``shown_s`` is in seconds of the measure, None where the days
    between are not known. ``due_at`` is when the limit is reached; None while the clock stands still, where it
    stopped in time, and where it is not known (``unknown``). ``resumed_due_at`` is when it would be, if a suspended
    clock ran on from now. ``dropped``: it ended in time because nothing was asked of it any more, and is
    neither kept nor missed.
    """

    clock: str
    run: int
    limit: Limit
    started_at: datetime
    stopped_at: datetime | None
    suspended: bool
    shown_s: float | None
    due_at: datetime | None
    resumed_due_at: datetime | None
    late: bool
    unknown: bool
    dropped: bool = False

    @property
    def runs(self) -> bool:
        """Whether it is still to be stopped."""
        return self.stopped_at is None

    def left_s(self, at: datetime) -> float | None:
        """Seconds by the clock on the wall until it runs out, negative afterwards; None where it stands still."""
        return None if self.due_at is None else (self.due_at - at).total_seconds()


@dataclass(frozen=True, kw_only=True, slots=True)
class NextDue:
    """Which deadline comes next, when to warn of it, and which has passed already."""

    due_at: datetime | None = None
    clock: str = ""
    warn_at: datetime | None = None
    overdue_at: datetime | None = None


@cache
def effects_of(text: str) -> tuple[tuple[str, str], ...]:
    """What a step does to clocks, from ``arrive:stop,restore:start``.

    >>> effects_of("arrive:stop,restore:start")
    (('arrive', 'stop'), ('restore', 'start'))
    """
    parts = (part.split(":") for part in text.split(",") if part)
    return tuple((clock.strip(), verb.strip()) for clock, verb in parts)


class _Cases:
    """Cases of the engine: one for each run of each clock of each order."""

    def __init__(self) -> None:
        self.keys: list[tuple[int, str, int]] = []
        self.case: list[int] = []
        self.at: list[float] = []
        self.kind: list[int] = []
        self.started: list[datetime] = []
        self.stopped: list[datetime | None] = []
        self.dropped: list[bool] = []
        self.suspended: set[int] = set()

    def _event(self, case: int, at: datetime, kind: EventKind) -> None:
        self.case.append(case)
        self.at.append(at.timestamp())
        self.kind.append(int(kind))

    def take(self, order_id: int, events: Sequence[Told], clocks: frozenset[str]) -> None:
        """The events of one order, in order."""
        now: dict[str, int] = {}
        for told in events:
            for clock, verb in effects_of(told.effects):
                for one in sorted(clocks) if clock == _EVERY else (clock,):
                    if one in clocks:
                        self._do(order_id, one, verb, told.told_at, now)

    def _do(self, order_id: int, clock: str, verb: str, at: datetime, now: dict[str, int]) -> None:
        case = now.get(clock)
        if verb in ("start", "again"):
            if case is not None and self.stopped[case] is None:
                return
            if case is None or verb == "start":
                run = 0 if case is None else self.keys[case][2] + 1
                case = now[clock] = len(self.keys)
                self.keys.append((order_id, clock, run))
                self.started.append(at)
                self.stopped.append(None)
                self.dropped.append(False)
            self.stopped[case], self.dropped[case] = None, False
            self.suspended.discard(case)
            self._event(case, at, EventKind.START)
        elif verb == "revive":
            self._revive(case)
        elif case is not None and self.stopped[case] is None:
            self._event(case, at, _VERBS[verb])
            if verb in ("stop", "drop"):
                self.stopped[case], self.dropped[case] = at, verb == "drop"
            elif verb == "suspend":
                self.suspended.add(case)
            else:
                self.suspended.discard(case)

    def _revive(self, case: int | None) -> None:
        ended_at = self.stopped[case] if case is not None and self.dropped[case] else None
        if case is None or ended_at is None:
            return
        self.stopped[case], self.dropped[case] = None, False
        self._event(case, ended_at, EventKind.START)
        if case in self.suspended:
            self._event(case, ended_at, EventKind.SUSPEND)


def clocks_shown(
    orders: Iterable[Case],
    steps: Iterable[Told],
    *,
    book: RuleBook,
    calendar: WorkCalendar | None,
    at: datetime,
) -> dict[int, list[ClockShown]]:
    """What every clock of every order shows at an instant, all orders in a few calls of the engine.

    ``steps`` of an order are in order. What happens after ``at`` is not left out: it is told before it is asked.
    """
    events: dict[int, list[Told]] = defaultdict(list)
    for told in steps:
        events[told.order_id].append(told)
    cases, limits = _Cases(), {}
    for order in orders:
        limits[order.pk] = limits_of(order, book)
        cases.take(order.pk, events[order.pk], frozenset(one.clock for one in limits[order.pk]))
    shown: dict[int, list[ClockShown]] = {order_id: [] for order_id in limits}
    if not cases.keys:
        return shown
    rows = [
        (case, limit)
        for case, (order_id, clock, _) in enumerate(cases.keys)
        for limit in limits[order_id]
        if limit.clock == clock
    ]
    for (case, _), row in zip(rows, _read(cases, rows, calendar or _NO_CALENDAR, at), strict=True):
        shown[cases.keys[case][0]].append(row)
    return shown


def limits_of(order: Case, book: RuleBook) -> tuple[Limit, ...]:
    """The limits that bind an order: those of the day on which it came in, and what whoever sent it asks for."""
    found = book.limits_of(
        kind=order.kind,
        topic=order.topic,
        area=order.area,
        channel=order.channel,
        on=timezone.localdate(order.received_at),
    )
    if order.upstream_due_at is None:
        return found
    clock = "answer" if any(one.clock == "answer" for one in found) else "arrive"
    asked = Limit(
        clock=clock,
        measure=Measure.CLOCK,
        limit_s=max(int((order.upstream_due_at - order.received_at).total_seconds()), 0),
        limit_kind=LimitRule.Kind.CEILING,
        layer=LimitRule.Layer.UPSTREAM,
        basis="",
        certainty="own",
        from_event="open",
        from_date=timezone.localdate(order.received_at),
        rule_id=None,
    )
    return (*(one for one in found if one.layer != LimitRule.Layer.UPSTREAM), asked)


def _read(
    cases: _Cases, rows: Sequence[tuple[int, Limit]], calendar: WorkCalendar, at: datetime
) -> Iterator[ClockShown]:
    offset_s = _offset_s(at)
    local = (np.asarray(cases.at, dtype=np.float64) + offset_s).astype(np.int64).astype("datetime64[s]")
    ran = running_stretches(cases.case, local, cases.kind, case_count=len(cases.keys))
    now = np.datetime64(int(at.timestamp()) + offset_s, "s")
    case = np.asarray([row[0] for row in rows], dtype=np.int64)
    limit_s = np.asarray([row[1].limit_s for row in rows], dtype=np.int64)
    measures = np.asarray([row[1].measure.value for row in rows])
    shown, due = np.full(len(rows), np.nan), np.full(len(rows), np.datetime64("NaT", "s"))
    going = due.copy()
    for measure in Measure:
        (place,) = np.nonzero(measures == measure.value)
        if not place.size:
            continue
        mine = _of_cases(ran, case[place])
        shown[place] = elapsed_s(calendar, measure, mine, at=now)
        due[place] = deadlines(calendar, measure, mine, limit_s=limit_s[place])
        going[place] = deadlines(calendar, measure, resumed_at(mine, at=now), limit_s=limit_s[place])
    still = np.ones(len(cases.keys), np.bool_)
    still[ran.case[np.isnat(ran.end)]] = False
    for n, (one, limit) in enumerate(rows):
        yield _shown(
            cases, one, limit, shown[n], _instant(due[n], offset_s), _instant(going[n], offset_s), still[one], at
        )


def _shown(
    cases: _Cases,
    case: int,
    limit: Limit,
    shown: float,
    due_at: datetime | None,
    going_at: datetime | None,
    still: np.bool_,
    at: datetime,
) -> ClockShown:
    stopped_at = cases.stopped[case]
    suspended = bool(still) and stopped_at is None
    until = at if stopped_at is None else min(stopped_at, at)
    late = due_at is not None and due_at < until.replace(microsecond=0)
    unknown = bool(np.isnan(shown)) or (stopped_at is None and not suspended and due_at is None)
    return ClockShown(
        clock=cases.keys[case][1],
        run=cases.keys[case][2],
        limit=limit,
        started_at=cases.started[case],
        stopped_at=stopped_at,
        suspended=suspended,
        shown_s=None if np.isnan(shown) else float(shown),
        due_at=due_at,
        resumed_due_at=going_at if suspended else None,
        late=late,
        unknown=unknown,
        dropped=cases.dropped[case] and not late,
    )


def _of_cases(ran: Stretches, case: NDArray[np.int64]) -> Stretches:
    """The stretches of some cases, each as a case of its own, in that order; a case may come several times."""
    first, last = np.searchsorted(ran.case, case, side="left"), np.searchsorted(ran.case, case, side="right")
    count = last - first
    begin_of = np.repeat(first - np.concatenate(([0], np.cumsum(count)[:-1])), count)
    places = begin_of + np.arange(int(count.sum()))
    return Stretches(
        case=np.repeat(np.arange(case.size), count), begin=ran.begin[places], end=ran.end[places], case_count=case.size
    )


def _offset_s(at: datetime) -> int:
    """What the clock of the place is ahead of UTC; it has no summer time."""
    offset = timezone.localtime(at).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def _instant(local: np.datetime64[Any], offset_s: int) -> datetime | None:
    if np.isnat(local):
        return None
    return datetime.fromtimestamp(int(local.astype("datetime64[s]").astype(np.int64)) - offset_s, UTC)


def next_due(
    shown: Iterable[ClockShown], *, kind: str, state: str, book: RuleBook, calendar: WorkCalendar | None, at: datetime
) -> NextDue:
    """The earliest deadline ahead, when the rest of the way fills what is left until then, and the earliest passed."""
    running = [one for one in shown if one.runs and one.due_at is not None]
    passed = [one.due_at for one in running if one.due_at is not None and one.due_at < at]
    ahead = [(one.due_at, one) for one in running if one.due_at is not None and one.due_at >= at]
    overdue_at = min(passed, default=None)
    if not ahead:
        return NextDue(overdue_at=overdue_at)
    due_at, first = min(ahead, key=lambda pair: (pair[0], pair[1].clock))
    warn_at = due_at - timedelta(seconds=book.route_s(kind, state, first.clock))
    if first.limit.measure is not Measure.CLOCK and calendar is not None:
        warn_at = in_working_hours(warn_at, calendar)
    return NextDue(due_at=due_at, clock=first.clock, warn_at=warn_at, overdue_at=overdue_at)


def in_working_hours(at: datetime, calendar: WorkCalendar) -> datetime:
    """The last instant of working hours up to one: nobody is reminded of an answer at midnight or on a holiday."""
    offset_s = _offset_s(at)
    local = np.asarray([int(at.timestamp()) + offset_s]).astype("datetime64[s]")
    gone = calendar.gone_by_s(Measure.WORK_HOURS, local)
    found = calendar.reached(Measure.WORK_HOURS, gone)[0] if gone[0] > 0 else np.datetime64("NaT", "s")
    return _instant(found, offset_s) or at


def opening(order: Case, effects: str, *, book: RuleBook) -> NextDue | None:
    """What :func:`next_due` says of an order that has just come in and whose limits are all by the clock on the wall;
    None where the engine has to be asked. It is what storm hours need: no arrays for one order."""
    started = {clock for clock, verb in effects_of(effects) if verb == "start"}
    limits = [one for one in limits_of(order, book) if one.clock in started]
    if any(one.measure is not Measure.CLOCK for one in limits):
        return None
    due = sorted((order.received_at + timedelta(seconds=one.limit_s), one.clock) for one in limits)
    return NextDue(due_at=due[0][0], clock=due[0][1]) if due else NextDue()


def opened_due(found: NextDue, order: Case, *, state: str, book: RuleBook, at: datetime) -> NextDue | None:
    """The same with the time of the warning; None where the deadline has passed already."""
    if found.due_at is None:
        return found
    if found.due_at.replace(microsecond=0) < at:
        return None
    due_at = found.due_at.replace(microsecond=0)
    warn_at = due_at - timedelta(seconds=book.route_s(order.kind, state, found.clock))
    return replace(found, due_at=due_at, warn_at=warn_at)


def judged_of(shown: Iterable[ClockShown]) -> list[dict[str, Any]]:
    """What clocks showed when an order ended, to be kept with it."""
    return [
        {
            "clock": one.clock,
            "run": one.run,
            "layer": one.limit.layer,
            "measure": one.limit.measure.value,
            "limit_s": one.limit.limit_s,
            "limit_kind": one.limit.limit_kind,
            "basis": one.limit.basis,
            "certainty": one.limit.certainty,
            "from_date": one.limit.from_date.isoformat(),
            "rule_id": one.limit.rule_id,
            "from_event": one.limit.from_event,
            "started_at": one.started_at.isoformat(),
            "stopped_at": one.stopped_at.isoformat() if one.stopped_at else None,
            "shown_s": one.shown_s,
            "due_at": one.due_at.isoformat() if one.due_at else None,
            "late": one.late,
            "unknown": one.unknown,
            **({"dropped": True} if one.dropped else {}),
        }
        for one in shown
    ]


def shown_again(judged: Iterable[Mapping[str, Any]]) -> list[ClockShown]:
    """What :func:`judged_of` kept."""
    return [_again(told) for told in judged]


def limit_of(told: Mapping[str, Any]) -> Limit:
    """The limit of one of the clocks that :func:`judged_of` kept."""
    return Limit(
        clock=told["clock"],
        measure=Measure(told["measure"]),
        limit_s=told["limit_s"],
        limit_kind=told["limit_kind"],
        layer=told["layer"],
        basis=told["basis"],
        certainty=told["certainty"],
        from_event=told["from_event"],
        from_date=date.fromisoformat(told["from_date"]),
        rule_id=told["rule_id"],
    )


def _again(told: Mapping[str, Any]) -> ClockShown:
    return ClockShown(
        clock=told["clock"],
        run=told["run"],
        limit=limit_of(told),
        started_at=datetime.fromisoformat(told["started_at"]),
        stopped_at=_told(told["stopped_at"]),
        suspended=False,
        shown_s=told["shown_s"],
        due_at=_told(told["due_at"]),
        resumed_due_at=None,
        late=told["late"],
        unknown=told["unknown"],
        dropped=told.get("dropped", False),
    )


def _told(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
