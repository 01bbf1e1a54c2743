"""What was sent, and what came of it: forecast against calls, call-backs put off, waves still to come."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from denghuo.apps.hotline import queries as hotline
from denghuo.apps.hotline.models import Announcement
from denghuo.apps.organization.access import within
from denghuo.apps.organization.models import Unit
from denghuo.apps.staffing.models import Surge, SurgeState
from denghuo.apps.staffing.queries.surges import open_surges, surge_inputs
from denghuo.apps.staffing.snapshot.surges import STEP_MIN, Measure, carried_on, sending

Floats = NDArray[np.float64]

FLOWS = ("calls", "absorbed", "answered", "lost")
_STEP = timedelta(minutes=STEP_MIN)


@dataclass(frozen=True, kw_only=True)
class Course:
    """How a sent surge goes on, step by step: ``begins`` of steps; by name of :data:`FLOWS` what was expected when it
    was ``sent``, what ``came`` in the steps that are over (None: no call is known yet), and what is expected ``now`` of
    all steps, those over as they came (None once supply is back, or before anything came)."""

    begins: tuple[datetime, ...]
    sent: dict[str, Floats]
    came: dict[str, Floats] | None
    now: dict[str, Floats] | None
    over: int

    @property
    def until(self) -> datetime:
        """When the steps that are over end."""
        return self.begins[0] + self.over * _STEP


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
    """What was expected of the last sending, what came of it until an instant, and what is still to come; None where
    nothing is sent."""
    told = sending_of(surge)
    if told is None:
        return None
    sent = {name: np.array([np.nan if one is None else one for one in told[name]]) for name in FLOWS}
    count, begin = len(sent["calls"]), timezone.localtime(datetime.fromisoformat(told["from"]))
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
    return Course(begins=begins, sent=sent, came=came, now=now, over=over)


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
    sent, else when it was proposed. Read from rows alone."""
    found: dict[datetime, float] = {}
    for surge in open_surges([str(unit.path)]):
        told = (sending_of(surge) if surge.state == SurgeState.SENT else None) or surge.told
        begin = timezone.localtime(datetime.fromisoformat(told["from"]))
        for n, calls in enumerate(told["wave"]):
            if begin + n * _STEP + _STEP > at:
                found[begin + n * _STEP] = found.get(begin + n * _STEP, 0.0) + (calls or 0.0)
    return sorted(found.items())


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
