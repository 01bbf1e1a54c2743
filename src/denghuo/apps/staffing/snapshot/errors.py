"""How good the method of the forecast would have been: in the last weeks, on known days, with what is known of them and
without."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.apps.organization.models import CalendarDay
from denghuo.apps.staffing.snapshot.history import History
from denghuo.apps.staffing.snapshot.known import Known, days_known
from denghuo.engines.forecasting import FEWEST_DAYS, Backtest, ErrorTable, ForecastError, backtest_volume

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_WEEK = 7
_LAST_WEEKS = 4
_BACK_WEEKS = 57  # known days are looked for in a year before the last weeks: what comes once a year came then
_WEEKS_OF_A_KIND = 2
_LEAST_BEFORE = 4 * FEWEST_DAYS


def errors_told(history: History, calendar: Sequence[CalendarDay], known: Known) -> dict[str, Any]:
    """How the same method would have done, a week ahead, in the last four weeks; {} where there is too little.

    Where something is known of days, ``without`` is the same method knowing the calendar alone, judged by the same half
    hours, and ``known`` compares both on the days of each kind, in these weeks and in up to two of each kind in the
    year before. The weather goes in as it was, which is better than anybody knew it a week before.
    """
    size = len(history.days)
    last = [size - _WEEK * week for week in range(_LAST_WEEKS, 0, -1)]
    latest = [origin for origin in last if origin >= _LEAST_BEFORE]
    if not latest:
        return {}
    plain = Known()
    knowing = bool(known.names or known.weather_names)
    origins = sorted({*_known_weeks(history, known), *latest}) if knowing else latest
    made = _backtest(history, calendar, known, origins, history.unexplained)
    if made is None:
        return {}
    rows = np.arange(latest[0], size)
    done = made.of_rows(rows)
    told = _told(history, done)
    if knowing and (other := _backtest(history, calendar, plain, origins, history.incident)) is not None:
        told["without"] = _table(other.of_rows(rows).overall)
        told["known"] = _by_kind(history, known, made, other)
    return told


def _backtest(
    history: History, calendar: Sequence[CalendarDay], known: Known, origins: Sequence[int], incident: NDArray[np.bool_]
) -> Backtest | None:
    try:
        return backtest_volume(
            history.fresh,
            days=days_known(history.days, calendar, known),
            origins=origins,
            incident=incident,
            unjudged=history.unexplained,
        )
    except ForecastError:
        return None


def _known_weeks(history: History, known: Known) -> set[int]:
    """Beginnings of the last weeks before the last four that hold days of each kind."""
    size = len(history.days)
    found: set[int] = set()
    for name in known.names:
        there = known.sizes(name, history.days) > 0
        weeks = [
            origin
            for week in range(_LAST_WEEKS + 1, _BACK_WEEKS)
            if (origin := size - _WEEK * week) >= _LEAST_BEFORE and there[origin : origin + _WEEK].any()
        ]
        found |= set(weeks[:_WEEKS_OF_A_KIND])
    return found


def _by_kind(history: History, known: Known, made: Backtest, other: Backtest) -> list[dict[str, Any]]:
    """Errors on the days of each kind, and on all others, with what is known and without."""
    events = {name: np.flatnonzero(known.sizes(name, history.days) > 0) for name in known.names}
    every = np.concatenate([*events.values(), np.array([], np.int64)])
    events[""] = np.setdiff1d(made.rows, every)
    told = []
    for name, rows in events.items():
        judged = np.intersect1d(rows, made.rows)
        mine, plain = made.of_rows(judged), other.of_rows(judged)
        if len(judged) and mine.overall.count.sum():
            told.append({
                "name": name,
                "days": len(judged),
                "wape_share": _first(mine.overall.wape_share),
                "bias_share": _first(mine.overall.bias_share),
                "without_wape_share": _first(plain.overall.wape_share),
                "without_bias_share": _first(plain.overall.bias_share),
            })  # fmt: skip
    return told


def _first(values: Floats) -> float | None:
    return None if not len(values) or np.isnan(values[0]) else round(float(values[0]), 5)


def _told(history: History, done: Backtest) -> dict[str, Any]:
    return {
        "first": history.days[int(done.rows[0])].isoformat(),
        "last": history.days[int(done.rows[-1])].isoformat(),
        "overall": _table(done.overall),
        "last_week": _table(done.last_week),
        "four_weeks": _table(done.four_weeks),
        "by_weekday": _table(done.by_weekday),
        "by_days_ahead": _table(done.by_days_ahead),
        "days": [history.days[row].isoformat() for row in done.rows.tolist()],
        "forecast": _sums(done.forecast),
        "calls": _sums(done.calls),
    }


def _sums(table: Floats) -> list[float | None]:
    return [None if np.isnan(value) else round(value, 2) for value in table.sum(axis=1).tolist()]


def _table(errors: ErrorTable) -> dict[str, list[float | None]]:
    names = ("group", "mape_share", "wape_share", "mase", "bias_share", "covered_80_share")
    columns = {name: np.asarray(getattr(errors, name), dtype=np.float64).tolist() for name in names}
    return {
        name: [None if np.isnan(value) else round(value, 5) for value in values] for name, values in columns.items()
    }
