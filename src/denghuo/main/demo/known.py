"""What the demo county's hotline knows of days: bills, dunning, warnings and the weather, as its calls were drawn from.

The heat is that of the evenings that were drawn as the worst, storms are the days on which the station's own log tells
of several faults by wind, lightning or water. All of it is made up.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby

import numpy as np
from django.db import transaction
from django.utils import timezone

from denghuo.apps.outages import queries as outages
from denghuo.apps.outages.models import Cause
from denghuo.apps.staffing import actions
from denghuo.apps.staffing.models import KnownKind
from denghuo.main.demo.hotline import bills_out, dunned, was_hot
from denghuo.main.demo.station import SEED

ACTOR = "demo"
_BILLS, _DUNNING = "演示：抄表收费计划", "演示：催费短信计划"
_OBSERVED, _FORECAST, _WARNED = "演示气象观测", "演示气象预报", "演示气象预警"
_BILLS_AHEAD_DAYS = 75
_FORECAST_DAYS = 7
_STORM_CAUSES = frozenset({Cause.WIND, Cause.LIGHTNING, Cause.TREES, Cause.FLOOD})
_STORM_FAULTS = 3


@transaction.atomic
def load_known(*, unit_id: int, network_id: int, first: date, now: datetime) -> None:
    """Put in what is known of the days from ``first`` to ten weeks after ``now``, which is local."""
    last = now.date() + timedelta(days=_BILLS_AHEAD_DAYS)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    past = [day for day in days if day < now.date()]
    stormy = _stormy(network_id)
    begins = {day: datetime.combine(day, time(), tzinfo=now.tzinfo) for day in days}
    hot = {day for day in past if was_hot(begins[day], seed=SEED, now=now)}
    known = [
        (KnownKind.BILLING, "电费账单发出", _BILLS, [day for day in days if bills_out(day)]),
        (KnownKind.DUNNING, "年末催费短信", _DUNNING, [day for day in days if dunned(begins[day], now=now)]),
        (KnownKind.HEAT, "高温橙色预警", _WARNED, sorted(hot)),
        (KnownKind.STORM, "雷雨大风预警", _WARNED, [day for day in past if day in stormy]),
    ]
    for kind, note, source, listed in known:
        for begin, end in _spells(listed):
            entry = actions.KnownEntry(kind=kind, first=begin, last=end, note=note, source=source)
            actions.add_known_days(unit_id=unit_id, entry=entry, at=now, actor=ACTOR)
    ahead = [now.date() + timedelta(days=n) for n in range(_FORECAST_DAYS)]
    for source, listed in ((_OBSERVED, past), (_FORECAST, ahead)):
        entries = [_weather(day, hot=day in hot, stormy=day in stormy) for day in listed]
        actions.import_weather(unit_id=unit_id, entries=entries, source=source, at=now, actor=ACTOR)


def _stormy(network_id: int) -> set[date]:
    """Days on which several things failed by the weather."""
    rows = [one for one in outages.outages_of(network_id) if one.started_at is not None and one.cause in _STORM_CAUSES]
    begun = [timezone.localdate(one.started_at) for one in rows]
    return {day for day in begun if begun.count(day) >= _STORM_FAULTS}


def _spells(days: Sequence[date]) -> Iterator[tuple[date, date]]:
    """Days on end as their first and last."""
    for _, group in groupby(enumerate(days), key=lambda pair: pair[1].toordinal() - pair[0]):
        rows = [day for _, day in group]
        yield rows[0], rows[-1]


def _weather(day: date, *, hot: bool, stormy: bool) -> actions.WeatherEntry:
    """A day of a place with hot, wet summers; the worst of the heat in July alone."""
    rng = np.random.default_rng([SEED, 1013, day.toordinal()])
    season = -np.cos(2 * np.pi * (day.timetuple().tm_yday - 20) / 365.25)
    hottest = min(20.0 + 12.5 * season + rng.normal(0, 2.2), 35.5)
    if hot:
        hottest = 38.3 + rng.normal(0, 0.6)
    wet = rng.random() < 0.25 + 0.12 * season and not hot
    rain = float(rng.gamma(1.2, 7.0)) if wet else 0.0
    wind = float(rng.gamma(6.0, 0.6))
    if stormy:
        rain, wind = rain + float(rng.uniform(25, 70)), float(rng.uniform(14, 23))
    return actions.WeatherEntry(
        date=day, hottest_c=round(float(hottest), 1), rain_mm=round(rain, 1), wind_ms=round(wind, 1)
    )
