"""What was sent, and what came of it: forecast against calls, call-backs put off, waves still to come."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from denghuo.apps.hotline import queries as hotline
from denghuo.apps.hotline.models import Announcement
from denghuo.apps.organization.access import within
from denghuo.apps.organization.models import Unit
from denghuo.apps.staffing.models import Answer, CallUp, Surge, SurgeState
from denghuo.apps.staffing.queries.outlook import Demand
from denghuo.apps.staffing.queries.rules import rule_book
from denghuo.apps.staffing.queries.surges import call_ups_of, measures_sent, open_surges, surge_inputs, unheard_on
from denghuo.apps.staffing.snapshot import INTERVAL_MIN, INTERVALS
from denghuo.apps.staffing.snapshot.requirement import requirement_of
from denghuo.apps.staffing.snapshot.surges import STEP_MIN, Measure, carried_on, sending

Floats = NDArray[np.float64]

FLOWS = ("calls", "absorbed", "answered", "lost")
_STEP = timedelta(minutes=STEP_MIN)
_SETTLED = timedelta(minutes=10)  # until the calls of a step have ended
_TIERS = {2: Measure.SECOND, 3: Measure.THIRD}


@dataclass(frozen=True, kw_only=True)
class Course:
    """How a surge goes on, step by step: ``begins`` of steps; by name of :data:`FLOWS` what was expected when it was
    ``sent`` (``as_sent``; else when it was worked out), what ``came`` in the steps that are over (None: no call is
    known yet), and what is expected ``now`` of all steps, those over as they came (None once supply is back or all
    steps are over). ``settling``: calls of the steps that are over may still be under way."""

    begins: tuple[datetime, ...]
    sent: dict[str, Floats]
    as_sent: bool
    came: dict[str, Floats] | None
    now: dict[str, Floats] | None
    over: int
    settling: bool

    @property
    def until(self) -> datetime:
        """When the steps that are over end."""
        return self.begins[0] + self.over * _STEP

    @property
    def next_at(self) -> datetime:
        """When the next one does."""
        return self.until + _STEP


def sending_of(surge: Surge) -> dict[str, Any] | None:
    """The last sending that was not taken back."""
    return next((one for one in reversed(surge.sent) if "taken_back_at" not in one), None)


def rate_of(told: Mapping[str, Any]) -> float:
    """The answer rate of what a sending, or a part of a course, says by step; NaN where nobody calls."""
    answered, lost = float(np.nansum(told["answered"])), float(np.nansum(told["lost"]))
    return answered / (answered + lost) if answered + lost > 0 else float("nan")


def sending_now(surge: Surge, measures: Sequence[str], *, at: datetime) -> dict[str, Any]:
    """What would be sent of a proposal now, and what would be expected of it.

    Raises:
        ValueError: no measure, one that is not in the proposal, or one that would begin after it ends.
    """
    if not measures or set(measures) - {one["measure"] for one in surge.told["measures"]}:
        raise ValueError("not in the proposal")
    return sending(surge_inputs(surge.unit, surge.outage, at=at), surge.told, measures)


def announcements_of(surge: Surge) -> list[Announcement]:
    """What callers of the unit hear, or heard, of a surge's outage."""
    rows = hotline.announcements_within([str(surge.unit.path)]).filter(outage_id=surge.outage_id)
    return [row for row in rows if row.published_at is not None]


def course_of(surge: Surge, *, at: datetime) -> Course | None:
    """What was expected of the last sending, or of the proposal where nothing is sent, what came of it until an
    instant, and what is still to come; None where that was not kept."""
    told = sending_of(surge)
    expected = surge.told.get("expected") if told is None else told
    if expected is None:
        return None
    sent = {name: np.array([np.nan if one is None else one for one in expected[name]]) for name in FLOWS}
    count, begin = len(sent["calls"]), timezone.localtime(datetime.fromisoformat((told or surge.told)["from"]))
    begins = tuple(begin + n * _STEP for n in range(count))
    over = min(max(int((min(at, surge.outage.restored_at or at) - begin) / _STEP), 0), count)
    came = _came(surge, begins[:over]) if over else None
    now = None
    if surge.outage.lasts and over < count and surge.state != SurgeState.OVER:
        inputs = surge_inputs(surge.unit, surge.outage, at=at)
        known = np.zeros(0) if came is None else came["calls"]
        now = carried_on(inputs, since=begin, count=count, came=known)
        for name, values in (came or {}).items():
            now[name][:over] = values
    settling = at < begin + over * _STEP + _SETTLED
    return Course(begins=begins, sent=sent, as_sent=told is not None, came=came, now=now, over=over, settling=settling)


def window_of(surge: Surge) -> tuple[datetime, datetime]:
    """The time that was worked out: of what was sent, else of the proposal."""
    told = sending_of(surge) or surge.told
    begin = timezone.localtime(datetime.fromisoformat(told["from"]))
    return begin, begin + len(told["wave"]) * _STEP


@dataclass(frozen=True, kw_only=True)
class Used:
    """What people of a tier were really there for: ``minutes`` of all ``people`` who said that they come."""

    people: int
    minutes: int
    yuan_per_h: Decimal

    @property
    def cost_fen(self) -> int:
        """Minutes by the price of an hour, rounded half up."""
        return int((100 * self.minutes * self.yuan_per_h / 60).quantize(Decimal(1), ROUND_HALF_UP))


def used_of(surge: Surge) -> list[Used]:
    """The time of those who said that they come, by tier, from when they were called up for until they were let go."""
    found = []
    for tier, measure in _TIERS.items():
        price = next((one["yuan_per_h"] for one in reversed(measures_sent(surge)) if one["measure"] == measure), None)
        rows = [one for one in call_ups_of(surge) if one.tier == tier and one.answer == Answer.ACCEPTED]
        if price is not None and rows:
            minutes = sum(minutes_of(one) for one in rows)
            found.append(Used(people=len(rows), minutes=minutes, yuan_per_h=Decimal(price)))
    return found


def minutes_of(row: CallUp) -> int:
    """Whole minutes of a call-up, until it ended."""
    end = min(row.until_at, row.cancelled_at or row.until_at)
    return max(int((end - row.from_at) / timedelta(minutes=1)), 0)


def _came(surge: Surge, begins: tuple[datetime, ...]) -> dict[str, Floats] | None:
    """Calls as they were told; None where there is none since the first of these steps began."""
    exchanges = [one.pk for one in hotline.exchanges_within([str(surge.unit.path)]) if one.unit_id == surge.unit_id]
    queues = tuple(one.pk for one in hotline.queues_of(exchanges))
    found = hotline.by_interval(hotline.Span(queue_ids=queues, first=begins[0].date(), last=begins[-1].date()))
    figures = [found.get((one.date(), one.hour * 60 + one.minute)) for one in begins]
    if not any(figures):
        return None
    known = [hotline.Figures() if one is None else one for one in figures]
    told = {
        "calls": [one.first_requests for one in known],
        "absorbed": [one.announced for one in known],
        "answered": [one.answered for one in known],
        "lost": [one.requests - one.answered for one in known],
    }
    return {name: np.array(values, dtype=np.float64) for name, values in told.items()}


def waves_ahead(unit: Unit, *, at: datetime) -> list[tuple[datetime, float]]:
    """Calls that outages which last will bring, by the beginning of each step still to come: as worked out when it was
    sent, else when it was proposed; an announcement that nobody hears keeps nobody away. Read from rows alone."""
    found: dict[datetime, float] = {}
    for surge in open_surges([str(unit.path)]):
        told = (sending_of(surge) if surge.state == SurgeState.SENT else None) or surge.told
        begin = timezone.localtime(datetime.fromisoformat(told["from"]))
        absorbed = told.get("absorbed") if unheard_on(surge.unit, surge.outage, at=at) else None
        for n, brought in enumerate(told["wave"]):
            calls = (brought or 0.0) + ((absorbed[n] or 0.0) if absorbed else 0.0)
            if begin + n * _STEP + _STEP > at:
                found[begin + n * _STEP] = found.get(begin + n * _STEP, 0.0) + calls
    return sorted(found.items())


def with_waves(unit: Unit, demand: Demand, waves: Sequence[tuple[datetime, float]]) -> Demand:
    """What days look like with the calls that outages bring on top."""
    needed = demand.requirement
    if demand.ahead is None or not waves:
        return demand
    brought = np.zeros((len(demand.ahead.mean), INTERVALS))
    for at, calls in waves:
        local = timezone.localtime(at)
        row = (local.date() - demand.ahead.first_day).days
        if 0 <= row < len(brought):
            brought[row, (local.hour * 60 + local.minute) // INTERVAL_MIN] += calls
    quantiles = {level: calls + brought for level, calls in demand.ahead.quantiles.items()}
    ahead = replace(demand.ahead, mean=demand.ahead.mean + brought, quantiles=quantiles)
    requirement = requirement_of(
        ahead, days=needed.days, book=rule_book(unit.pk), target_share=needed.target_share, level=needed.level
    )
    return replace(demand, requirement=requirement)


def call_backs_put_off(scope: Iterable[str], *, at: datetime) -> list[tuple[Surge, datetime]]:
    """Surges for which call-backs are put off, and until when."""
    states = (SurgeState.PROPOSED, SurgeState.SENT)
    rows = Surge.objects.filter(within(scope, field="unit__path"), state__in=states, outage__restored_at=None)
    found = [(row, put_off_until(row)) for row in rows.select_related("outage", "unit")]
    return [(row, until) for row, until in found if until is not None and until > at]


def put_off_until(surge: Surge) -> datetime | None:
    """Until when a surge puts call-backs off: the end of what was sent, or when supply is back; None where it does
    not."""
    if Measure.CALL_BACKS.value not in surge.accepted:
        return None
    measures = [*surge.told["measures"], *(one for told in surge.sent for one in told["measures"])]
    ends = [datetime.fromisoformat(one["until_at"]) for one in measures if one["measure"] == Measure.CALL_BACKS]
    until = max(ends, default=None)
    return until and min(until, surge.outage.restored_at or until)
