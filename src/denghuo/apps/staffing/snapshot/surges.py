"""An outage as the hotline will feel it, and what each measure would do about it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from denghuo.apps.staffing.models import RuleKind
from denghuo.apps.staffing.snapshot import INTERVAL_MIN
from denghuo.apps.staffing.snapshot.forecasts import Ahead, wave_of
from denghuo.apps.staffing.snapshot.history import HANDLING_S, PATIENCE_S, REDIAL_DELAY_S
from denghuo.apps.staffing.snapshot.requirement import at_telephones
from denghuo.engines.forecasting import WaveForecast, build_outage, outage_wave
from denghuo.engines.queueing import DayPerformance, day_performance

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STEP_MIN = 15
_WARM_STEPS = 4  # before the window, so that the line is there when it begins
_LEAST_GAIN = 0.01  # of the calls lost anyway, below which a measure is not worth its while
Span = tuple[datetime, datetime]


class Measure(StrEnum):
    """What can be done, the cheapest first."""

    ANNOUNCEMENT = "announcement"
    CALL_BACKS = "call_backs"
    SECOND = "second"
    THIRD = "third"


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """Somebody on the telephones with the duties of yesterday, today and tomorrow, and, ``asked``, the time for which
    they have been called up already and have not said no."""

    agent_id: int
    mobile: bool
    duties: tuple[Span, ...]
    asked: bool = False


@dataclass(frozen=True, kw_only=True)
class SurgeInputs:
    """What a proposal is made from. ``steps`` are customers without supply from an instant on; ``restored_at`` when
    supply is taken to be back; ``minimum`` int64[2 days, intervals] stands in where no plan says who is there;
    ``announced_at`` since when callers hear of it, or should, where it is ``unheard``; ``call_backs_off`` from when
    until when call-backs are put off already, ``call_backs`` by when each that is owed is due, ``call_hours`` between
    which hours of the day people are called;
    ``today`` calls by interval of today, float64[intervals], where what came says more than the forecast."""

    at: datetime
    started_at: datetime
    steps: tuple[tuple[datetime, int], ...]
    restored_at: datetime
    noticed_share: float
    ahead: Ahead | None
    target_share: float
    rules: dict[RuleKind, float]
    minimum: Ints
    has_plan: bool
    colleagues: tuple[Colleague, ...]
    announced_at: datetime | None = None
    unheard: bool = False
    call_backs_off: Span | None = None
    call_backs: tuple[datetime, ...] = ()
    call_hours: tuple[int, int] = (0, 24)
    today: Floats | None = None

    @property
    def customers(self) -> int:
        """How many are without supply now."""
        return self.steps[-1][1] if self.steps else 0


@dataclass(frozen=True, kw_only=True)
class _Step:
    """A measure that can be taken: how many heads it adds from when on, who they are, what they cost."""

    measure: Measure
    from_at: datetime
    until_at: datetime
    agent_ids: tuple[int, ...] = ()
    heads: int = 0
    yuan_per_h: Decimal = Decimal(0)

    @property
    def minutes(self) -> int:
        return int((self.until_at - self.from_at) / timedelta(minutes=1))

    @property
    def cost_fen(self) -> int:
        """People by whole minutes by the price of an hour, rounded half up."""
        fen = 100 * self.heads * self.minutes * self.yuan_per_h / 60
        return int(fen.quantize(Decimal(1), ROUND_HALF_UP))


def proposal(inputs: SurgeInputs) -> dict[str, Any]:
    """What will happen with the people there are, and with each choice of measures, as a row holds it."""
    return _Work(inputs).told()


def sending(inputs: SurgeInputs, told: dict[str, Any], chosen: Sequence[str]) -> dict[str, Any]:
    """What is sent of a proposal ``told``, and what is expected of it, counted from now, as a row holds it.

    Raises:
        ValueError: a measure would begin after it ends.
    """
    work, late = _Work(inputs), _minute(inputs.at) - _minute(datetime.fromisoformat(told["at"]))
    steps = [_sent_step(one, late, inputs.rules) for one in told["measures"] if one["measure"] in chosen]
    back = int(work.calling_back[_WARM_STEPS:].max())
    steps = [replace(one, heads=back) if one.measure is Measure.CALL_BACKS else one for one in steps]
    if any(one.minutes <= 0 for one in steps):
        raise ValueError("too late")
    return {
        "at": inputs.at.isoformat(),
        "from": work.begin.isoformat(),
        "step_min": STEP_MIN,
        "restored_at": inputs.restored_at.isoformat(),
        "measures": [_measure_told(one) for one in steps],
        "cost_fen": sum(one.cost_fen for one in steps),
        "without": {name: _list(values) for name, values in work.flow([]).items() if name in ("answered", "lost")},
        **{name: _list(values) for name, values in work.flow(steps).items()},
    }


def carried_on(inputs: SurgeInputs, *, since: datetime, count: int, came: Floats) -> dict[str, Floats]:
    """What is expected now of ``count`` steps from ``since`` on; the first of them are over and brought ``came``."""
    return _Work(inputs, since=since, count=count).flow([], came=came)


class _Work:
    """One proposal being worked out. Steps of a quarter of an hour from one hour before the window on; the window
    begins now, unless it is told."""

    def __init__(self, inputs: SurgeInputs, *, since: datetime | None = None, count: int | None = None) -> None:
        self.inputs = inputs
        local = timezone.localtime(since or inputs.at)
        self.begin = local.replace(minute=local.minute // STEP_MIN * STEP_MIN, second=0, microsecond=0)
        self.size = count or max(round(inputs.rules[RuleKind.SURGE_H] * 60 / STEP_MIN), 1)
        self.times = [self.begin + timedelta(minutes=STEP_MIN) * n for n in range(-_WARM_STEPS, self.size)]
        self.end = self.begin + timedelta(minutes=STEP_MIN) * self.size

    @cached_property
    def background(self) -> Floats:
        """Calls per hour without the outage; 0 where nothing is forecast."""
        ahead = self.inputs.ahead
        if ahead is None:
            return np.zeros(len(self.times))
        day_rows = {day: ahead.of([day])[0] for day in {at.date() for at in self.times}}
        if self.inputs.today is not None:
            day_rows[timezone.localdate(self.inputs.at)] = self.inputs.today
        calls = [day_rows[at.date()][(at.hour * 60 + at.minute) // INTERVAL_MIN] for at in self.times]
        return np.nan_to_num(np.array(calls)) * 60 / INTERVAL_MIN

    @cached_property
    def heads(self) -> Ints:
        """People who answer: those on duty but for those who call back, unless that is put off."""
        return self.on_duty - self.calling_back * (1 - self.during(self.inputs.call_backs_off))

    @cached_property
    def calling_back(self) -> Ints:
        """People on duty whom the call-backs keep busy that are owed from now on: as many as the rule has at most, a
        call after the other, within the hours at which people are called."""
        handling_s = HANDLING_S if self.inputs.ahead is None else self.inputs.ahead.handling_s
        most, (first, last) = int(self.inputs.rules[RuleKind.CALL_BACK_HEADS]), self.inputs.call_hours
        step, found, done = timedelta(minutes=STEP_MIN), np.zeros(len(self.times), np.int64), 0.0
        for place, at in enumerate(self.times):
            if at + step > self.inputs.at and first <= at.hour < last:
                left = handling_s * sum(due < at + step for due in self.inputs.call_backs) - done
                found[place] = min(most, max(int(np.ceil(left / step.total_seconds())), 0))
                done += min(found[place] * step.total_seconds(), max(left, 0.0))
        return np.minimum(found, self.on_duty)

    @cached_property
    def on_duty(self) -> Ints:
        """People on duty, or the fewest that must be there where no plan says who is."""
        if self.inputs.has_plan:
            spans = [span for one in self.inputs.colleagues for span in one.duties]
            return sum((self.during(span) for span in spans), self.during(None))
        today = timezone.localdate(self.inputs.at)
        rows = [
            self.inputs.minimum[int(at.date() > today), (at.hour * 60 + at.minute) // INTERVAL_MIN] for at in self.times
        ]
        return np.array(rows, np.int64)

    def during(self, span: Span | None) -> Ints:
        """1 in the steps whose middle lies in a time, 0 in the others."""
        middle = [at + timedelta(minutes=STEP_MIN / 2) for at in self.times]
        return np.array([span is not None and span[0] <= at < span[1] for at in middle], np.int64)

    def wave(self, *, told_at: datetime | None) -> WaveForecast:
        """Calls the outage brings, by step, where callers hear of it from an instant on, or never."""
        inputs = self.inputs
        points = {0.0: float(inputs.steps[0][1] if inputs.steps else 0)}
        for at, customers in inputs.steps:
            points[max((at - inputs.started_at).total_seconds(), 0.0)] = float(customers)
        back_s = (inputs.restored_at - inputs.started_at).total_seconds()
        points = {second: customers for second, customers in points.items() if second < back_s} | {back_s: 0.0}
        local = timezone.localtime(inputs.started_at)
        told_s = np.inf if told_at is None else max((told_at - inputs.started_at).total_seconds(), 0.0)
        outage = build_outage(
            sorted(points),
            [points[second] for second in sorted(points)],
            start_hour=local.hour + local.minute / 60,
            announced_from_s=told_s,
            noticed_share=inputs.noticed_share,
        )
        return outage_wave(
            wave_of(None) if inputs.ahead is None else inputs.ahead.wave,
            outage,
            interval_s=STEP_MIN * 60.0,
            interval_count=len(self.times),
            first_s=(self.times[0] - inputs.started_at).total_seconds(),
        )

    @cached_property
    def waves(self) -> dict[bool, WaveForecast]:
        """Without and with an announcement, where there is none already."""
        told_at = _minute(self.inputs.at) + timedelta(minutes=self.inputs.rules[RuleKind.ANNOUNCE_MIN])
        there = self.inputs.announced_at
        if there is not None:
            return dict.fromkeys((False, True), self.wave(told_at=None if self.inputs.unheard else there))
        return {False: self.wave(told_at=None), True: self.wave(told_at=told_at)}

    def performance(self, steps: Sequence[_Step], *, worse: float = 1.0) -> DayPerformance:
        """What callers meet; ``worse`` times as large a wave."""
        return self.met(steps, self.background + self.waves[_announces(steps)].mean * worse * 60 / STEP_MIN)

    def met(self, steps: Sequence[_Step], calls_per_h: Floats) -> DayPerformance:
        """What so many callers meet."""
        ahead, rules = self.inputs.ahead, self.inputs.rules
        heads = self.heads.copy()
        for one in steps:
            back = one.measure is Measure.CALL_BACKS
            heads += (self.calling_back if back else one.heads) * self.during((one.from_at, one.until_at))
        seats = at_telephones(
            np.minimum(heads, int(rules[RuleKind.SEATS])), shrinkage_share=rules[RuleKind.SHRINKAGE_SHARE]
        )
        return day_performance(
            calls_per_h,
            seats=np.maximum(seats, 1),
            interval_s=STEP_MIN * 60.0,
            handling_s=HANDLING_S if ahead is None else ahead.handling_s,
            patience_s=PATIENCE_S if ahead is None else ahead.patience_s,
            redial_share=0.0 if ahead is None else ahead.redial_share,
            redial_delay_s=REDIAL_DELAY_S,
        )

    def flow(self, steps: Sequence[_Step], *, came: Floats | None = None) -> dict[str, Floats]:
        """By step of the window: calls, of them the wave; those absorbed by the announcement; attempts answered and
        lost. Of the calls that ``came`` in the first steps follows how large the wave is."""
        known = np.zeros(0) if came is None else came
        over = slice(_WARM_STEPS, _WARM_STEPS + len(known))
        wave, silent = self.waves[_announces(steps)], self.wave(told_at=None)
        usual = self.background * STEP_MIN / 60
        weight = _weight(wave, over, known.sum() - usual[over].sum())
        brought = weight @ wave.rates
        calls = usual + brought
        calls[over] = known
        found = self.met(steps, calls * 60 / STEP_MIN)
        told = {
            "wave": brought,
            "calls": calls,
            "absorbed": weight @ (silent.rates - wave.rates),
            "answered": found.answered_calls,
            "lost": found.abandoned_calls + found.blocked_calls,
        }
        return {name: values[_WARM_STEPS:].copy() for name, values in told.items()}

    def rate(self, steps: Sequence[_Step], *, worse: float = 1.0) -> float:
        """Answer rate of the window."""
        return self.outcome(steps, worse=worse)[0]

    def outcome(self, steps: Sequence[_Step], *, worse: float = 1.0) -> tuple[float, float]:
        """Answer rate of the window, and attempts that are lost in it."""
        found = self.performance(steps, worse=worse)
        answered = found.answered_calls[_WARM_STEPS:].sum()
        lost = float(found.abandoned_calls[_WARM_STEPS:].sum() + found.blocked_calls[_WARM_STEPS:].sum())
        return (float(answered / (answered + lost)) if answered + lost > 0 else float("nan")), lost

    def available(self) -> list[_Step]:
        """Measures that can be taken now, heads as few as reach the target after those before."""
        inputs, rules = self.inputs, self.inputs.rules
        now = _minute(inputs.at)
        told_at = now + timedelta(minutes=rules[RuleKind.ANNOUNCE_MIN])
        found = []
        if inputs.announced_at is None:
            found.append(_Step(measure=Measure.ANNOUNCEMENT, from_at=told_at, until_at=self.end))
        back = 0 if inputs.call_backs_off else int(self.calling_back[_WARM_STEPS:].max())
        if back:
            found.append(_Step(measure=Measure.CALL_BACKS, from_at=now, until_at=self.end, heads=back))
        for measure, delay, most, price in _TIERS:
            from_at = now + timedelta(minutes=rules[delay])
            ids = self._off_duty(mobile=measure is Measure.SECOND, from_at=from_at)[: int(rules[most])]
            if not ids or from_at >= self.end:
                continue
            for count in range(1, len(ids) + 1):
                step = _Step(
                    measure=measure, from_at=from_at, until_at=self.end, agent_ids=tuple(ids[:count]), heads=count,
                    yuan_per_h=_yuan(rules[price]),
                )  # fmt: skip
                if self.rate([*found, step]) >= inputs.target_share:
                    break
            found.append(step)
        return found

    def _off_duty(self, *, mobile: bool, from_at: datetime) -> list[int]:
        """Who is off, rested by then, and rested again before the next duty; who has been off longest first."""
        if not self.inputs.has_plan:
            return []
        rest = timedelta(hours=self.inputs.rules[RuleKind.REST_H])
        free = []
        for one in self.inputs.colleagues:
            ready = all(end + rest <= from_at or start >= self.end + rest for start, end in one.duties)
            if one.mobile == mobile and ready and not one.asked:
                last = max((end for _, end in one.duties if end <= from_at), default=from_at - timedelta(days=9))
                free.append((last, one.agent_id))
        return [agent_id for _, agent_id in sorted(free)]

    def told(self) -> dict[str, Any]:
        """As a row holds it."""
        steps = self.available()
        wave = self.waves[False]
        total = float(wave.mean[_WARM_STEPS:].sum())
        low, high = self._totals(wave)
        worse = high / total if total > 0 else 1.0
        outcomes = {_key(chosen): self.outcome(chosen) for chosen in _choices(steps)}
        subsets, lost = ({key: one[at] for key, one in outcomes.items()} for at in (0, 1))
        costs = {_key(chosen): sum(one.cost_fen for one in chosen) for chosen in _choices(steps)}
        best = _recommended(subsets, lost, costs, target=self.inputs.target_share)
        after = [one for one in steps if one.measure in best.split("+")]
        return {
            "at": self.inputs.at.isoformat(),
            "from": self.begin.isoformat(),
            "step_min": STEP_MIN,
            "labels": [f"{at:%H:%M}" for at in self.times[_WARM_STEPS:]],
            "background": _list(self.background[_WARM_STEPS:] * STEP_MIN / 60),
            "wave": _list(wave.mean[_WARM_STEPS:]),
            "wave_announced": _list(self.waves[True].mean[_WARM_STEPS:]),
            "wave_total": {"mean": total, "low": low, "high": high},
            "heads": self.heads[_WARM_STEPS:].tolist(),
            "before": _list(self.performance([]).answered_share[_WARM_STEPS:]),
            "after": _list(self.performance(after).answered_share[_WARM_STEPS:]),
            "expected": {name: _list(values) for name, values in self.flow([]).items()},
            "rates": {key: _plain(rate) for key, rate in subsets.items()},
            "lost": {key: _plain(calls) for key, calls in lost.items()},
            "costs_fen": costs,
            "recommended": best,
            "worse": {"before": _plain(self.rate([], worse=worse)), "after": _plain(self.rate(after, worse=worse))},
            "measures": [_measure_told(one) | {"rate_alone": _plain(self.rate([one]))} for one in steps],
            "target_share": self.inputs.target_share,
            "restored_at": self.inputs.restored_at.isoformat(),
            "announced": self.inputs.announced_at is not None,
            "unheard": self.inputs.unheard,
            "called_up": sum(one.asked for one in self.inputs.colleagues),
            "followed_today": self.inputs.today is not None,
            "has_plan": self.inputs.has_plan,
            "has_forecast": self.inputs.ahead is not None,
            "learned_from": 0 if self.inputs.ahead is None else self.inputs.ahead.wave.event_count,
        }

    def _totals(self, wave: WaveForecast) -> tuple[float, float]:
        """Calls in the window that are exceeded in nine and in one of ten cases."""
        inside = WaveForecast(
            mean=wave.mean[_WARM_STEPS:].copy(),
            rates=wave.rates[:, _WARM_STEPS:].copy(),
            levels=wave.levels.copy(),
            dispersion=wave.dispersion,
        )
        low, high = inside.total_quantile([0.1, 0.9])
        return float(low), float(high)


_TIERS = (
    (Measure.SECOND, RuleKind.SECOND_MIN, RuleKind.SECOND_HEADS, RuleKind.SECOND_YUAN_PER_H),
    (Measure.THIRD, RuleKind.THIRD_MIN, RuleKind.THIRD_HEADS, RuleKind.THIRD_YUAN_PER_H),
)


def _choices(steps: Sequence[_Step]) -> list[list[_Step]]:
    return [list(chosen) for count in range(len(steps) + 1) for chosen in combinations(steps, count)]


def _key(steps: Sequence[_Step]) -> str:
    return "+".join(one.measure.value for one in steps)


def _recommended(rates: dict[str, float], lost: dict[str, float], costs: dict[str, int], *, target: float) -> str:
    """The cheapest choice that reaches the target, of as few measures as can be. Where none does, the cheapest of those
    that lose fewest calls: the rate alone would hold against an announcement that whom it serves asks for nobody."""
    reaching = [key for key, rate in rates.items() if rate >= target or np.isnan(rate)]
    if reaching:
        return min(reaching, key=lambda key: (costs[key], key.count("+") + bool(key), -rates[key]))
    fewest = min(lost.values())
    near = [key for key, calls in lost.items() if calls <= fewest + _LEAST_GAIN * max(lost[""], 1.0)]
    return min(near, key=lambda key: (costs[key], key.count("+")))


def _announces(steps: Sequence[_Step]) -> bool:
    return any(one.measure is Measure.ANNOUNCEMENT for one in steps)


def _weight(wave: WaveForecast, over: slice, above: float) -> Floats:
    """How likely each of the waves that could be is, after so many calls above the usual in the steps that are over."""
    expected = wave.rates[:, over].sum(axis=1)
    spread = np.maximum(wave.dispersion * expected, 1.0)
    fit = -0.5 * ((above - expected) ** 2 / spread + np.log(spread))
    weight: Floats = np.exp(fit - fit.max())
    return weight / weight.sum()


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _yuan(price: float) -> Decimal:
    return Decimal(str(price))


def _sent_step(told: dict[str, Any], late: timedelta, rules: dict[RuleKind, float]) -> _Step:
    """A measure of a proposal, begun later by as much as it is sent later."""
    measure = Measure(told["measure"])
    price = next((price for one, _delay, _most, price in _TIERS if one is measure), None)
    return _Step(
        measure=measure,
        from_at=datetime.fromisoformat(told["from_at"]) + late,
        until_at=datetime.fromisoformat(told["until_at"]),
        agent_ids=tuple(told["agent_ids"]),
        heads=told["heads"],
        yuan_per_h=Decimal(0) if price is None else _yuan(rules[price]),
    )


def _measure_told(step: _Step) -> dict[str, Any]:
    return {
        "measure": step.measure.value,
        "heads": step.heads,
        "agent_ids": list(step.agent_ids),
        "from_at": step.from_at.isoformat(),
        "until_at": step.until_at.isoformat(),
        "minutes": step.minutes,
        "yuan_per_h": str(step.yuan_per_h),
        "cost_fen": step.cost_fen,
    }


def _list(values: Floats) -> list[float | None]:
    return [_plain(value) for value in values.tolist()]


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 5)
