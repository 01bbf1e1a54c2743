"""What is known in advance of days, as columns that a forecast takes, and what it does to the calls."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.apps.hotline.models import CauseKind
from denghuo.apps.organization.models import CalendarDay, DayKind
from denghuo.apps.staffing.models import KnownDays, KnownKind, WeatherDay
from denghuo.engines.forecasting import Days, VolumeModel, build_days

Floats = NDArray[np.float64]

OUTAGES, WEATHER = "outages", "weather"
# How many days an effect can last, its own day included: who gets a message calls today or tomorrow.
_REACH_DAYS = {KnownKind.BILLING: 2, KnownKind.DUNNING: 2, KnownKind.CAMPAIGN: 7, KnownKind.STORM: 2}
# A named cause of the past masks the calls that it hit, unless known days of this kind let its effect be learned.
EXPLAINS = {
    CauseKind.HEAT: KnownKind.HEAT,
    CauseKind.STORM: KnownKind.STORM,
    CauseKind.DUNNING: KnownKind.DUNNING,
    CauseKind.CAMPAIGN: KnownKind.CAMPAIGN,
}
_WEATHER = ("hottest_c", "rain_mm", "wind_ms")
_FEWEST_WEATHER_DAYS = 60
_MOSTLY = 0.8  # of the days of which any weather is known
_HARDLY = 0.005


@dataclass(frozen=True, kw_only=True)
class Known:
    """Known days, weather and customers of planned outages by day."""

    rows: tuple[KnownDays, ...] = ()
    weather: tuple[WeatherDay, ...] = ()
    planned: Mapping[date, float] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the events there are, in a fixed order."""
        kinds = {row.kind for row in self.rows}
        return (*(kind.value for kind in KnownKind if kind in kinds), *((OUTAGES,) if self.planned else ()))

    @property
    def weather_names(self) -> tuple[str, ...]:
        """The weather that is known of enough days; what is missing on many of them would make all unknown."""
        counts = {name: sum(getattr(row, name) is not None for row in self.weather) for name in _WEATHER}
        most = max(counts.values(), default=0)
        return tuple(name for name, count in counts.items() if count >= max(_FEWEST_WEATHER_DAYS, _MOSTLY * most))

    def sizes(self, name: str, days: Sequence[date]) -> Floats:
        """How large an event is on each of these days, 0 where there is none."""
        if name == OUTAGES:
            return np.array([self.planned.get(day, 0.0) for day in days])
        rows = [row for row in self.rows if row.kind == name]
        return np.array([sum(row.size for row in rows if row.first <= day <= row.last) for day in days], np.float64)

    def explains(self, cause_kind: str, days: Sequence[date]) -> NDArray[np.bool_]:
        """On which of these days known days tell what a named cause did, bool[days]."""
        kind = EXPLAINS.get(CauseKind(cause_kind)) if cause_kind in CauseKind.values else None
        return np.zeros(len(days), np.bool_) if kind is None else self.sizes(kind.value, days) > 0


def days_known(days: Sequence[date], calendar: Iterable[CalendarDay], known: Known) -> Days:
    """These days as the forecast knows them: weekday, holidays and make-up workdays, known days, planned outages and
    the weather. The columns are those of all that is known, so that past and coming days have the same."""
    kinds = {row.date: row.kind for row in calendar}
    weather = {row.date: row for row in known.weather}
    return build_days(
        [np.datetime64(day) for day in days],
        holiday=[kinds.get(day) == DayKind.HOLIDAY for day in days],
        makeup_workday=[kinds.get(day) == DayKind.MAKEUP for day in days],
        events={name: known.sizes(name, days) for name in known.names},
        reach_days={kind.value: reach for kind, reach in _REACH_DAYS.items()},
        weather={name: [_reading(weather.get(day), name) for day in days] for name in known.weather_names},
    )


def _reading(row: WeatherDay | None, name: str) -> float:
    """What is known of a day's weather as a number; of rain its logarithm, for the first drops matter most."""
    value = None if row is None else getattr(row, name)
    if value is None:
        return float("nan")
    return float(np.log1p(value)) if name == "rain_mm" else float(value)


def moves_told(
    model: VolumeModel, mean: Floats, days: Sequence[date], calendar: Iterable[CalendarDay], known: Known
) -> list[dict[str, Any]]:
    """What each known thing does to coming days, as a row holds it: ``factor`` of the calls between ``low`` and
    ``high``, ``calls`` that it brings of the day's; ``new`` where nothing like it was seen before."""
    table = days_known(days, calendar, known)
    seen = dict(zip(model.days.event_names, (model.days.events != 0).any(axis=0).tolist(), strict=True))
    told = []
    for effect in model.effects(table):
        if effect.name == WEATHER:
            there = np.isfinite(table.weather).all(axis=1) & (np.abs(effect.factor - 1) > _HARDLY)
        else:
            there = _reached(known.sizes(effect.name, days), model, effect.name)
        for at in np.flatnonzero(there).tolist():
            factor = float(effect.factor[at])
            told.append({
                "name": effect.name,
                "day": days[at].isoformat(),
                "factor": round(factor, 4),
                "low": round(float(effect.low[at]), 4),
                "high": round(float(effect.high[at]), 4),
                "calls": round(float(mean[at].sum()) * (1 - 1 / factor), 1),
                "new": not seen.get(effect.name, True),
            })  # fmt: skip
    return told


def _reached(sizes: Floats, model: VolumeModel, name: str) -> NDArray[np.bool_]:
    """Days that an event of these days can still reach."""
    reach = int(model.days.reach_days[model.days.event_names.index(name)])
    there = sizes > 0
    for lag in range(1, reach):
        there[lag:] |= sizes[:-lag] > 0
    return there
