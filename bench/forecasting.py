"""Forecasts for a hotline. Real calls of a bank (half hours, weekdays 7:00 to 21:05): each of the last four weeks of
the file forecast from everything before it, everything learned anew each time; the peers do the same in the same run.
The notes say how far off each was: MAPE, and MASE by the mean change from one week to the next within the history. Of
our distribution the median is judged, the number that absolute errors ask for; the peers, who forecast logarithms,
come to the same.

The real calls are in the reference data, which `DENGHUO_DATA` names; without it the rows about them are left out.
"""

import gzip
import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from bench.common import BenchRow, timed
from numpy.typing import NDArray

from denghuo.engines.forecasting import (
    WaveRecord,
    backtest_volume,
    build_days,
    build_outage,
    counts_by_day,
    fit_volume,
    learn_wave,
    outage_wave,
    seasonal_scale,
    update_today,
)

BANK = "hotline/calls/bank_calls_5min_first144days.csv.gz"
WEEKS = 4
WEEKDAYS = 5

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]


def rows() -> list[BenchRow]:
    """Every measurement of this engine."""
    named = os.environ.get("DENGHUO_DATA", "")
    real = [_bank(Path(named) / BANK)] if named and (Path(named) / BANK).is_file() else []
    return [*real, _two_years(), _today(), _wave(), _learn_wave()]


def _bank(path: Path) -> BenchRow:
    day, counts = _read(path)
    week = (day.astype(np.int64) + 3) // 7
    origins = [int(np.flatnonzero(week == one)[0]) for one in np.unique(week)[-WEEKS:]]
    ours = timed(lambda: backtest_volume(counts, days=build_days(day), origins=origins, relearn=True), repeat=3)
    overall = ours.result.overall
    notes = [f"MAPE {overall.mape_share[0]:.2%}, MASE {overall.mase[0]:.3f}"]
    peers = {}
    for name, (package, peer) in _PEERS.items():
        if importlib.util.find_spec(package):
            theirs = timed(
                lambda peer=peer: [_week(peer, day, counts, origin) for origin in origins], repeat=1, memory=False
            )
            peers[name] = theirs.seconds
            notes.append(f"{name} {_errors(theirs.result, day, counts, origins)}")
    return BenchRow(
        work="four weeks, each forecast from its past",
        size=f"{len(day)} days of {counts.shape[1]} half hours",
        ours_s=ours.seconds,
        peak_mb=ours.peak_mb,
        peers=peers,
        goal="< 30 s, MAPE < 6.5 %, MASE < 0.68",
        note="; ".join(notes),
    )


def _read(path: Path) -> tuple[Days, Floats]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        next(lines)
        cells = [line.rstrip().split(",") for line in lines]
    at = np.array([cell[0].removesuffix("Z") for cell in cells], dtype="datetime64[s]")
    day, counts = counts_by_day(at, [float(cell[1]) for cell in cells], interval_s=1_800)
    return day, counts[:, counts.any(axis=0)]


def _week(peer: Callable[[Days, Floats, Days], Floats], day: Days, counts: Floats, origin: int) -> Floats:
    ahead = day[origin:][day[origin:] < day[origin] + 7]
    return peer(day[:origin], counts[:origin], ahead)


def _errors(made: list[Floats], day: Days, counts: Floats, origins: list[int]) -> str:
    relative, scaled = [], []
    for forecast, origin in zip(made, origins, strict=True):
        error = np.abs(forecast - counts[origin : origin + len(forecast)])
        relative.append(error / counts[origin : origin + len(forecast)])
        scaled.append(error / seasonal_scale(counts[:origin], days=build_days(day[:origin])))
    return f"{np.concatenate(relative).mean():.2%}, {np.concatenate(scaled).mean():.3f}"


def _weekday(day: Days) -> NDArray[np.int64]:
    return (day.astype(np.int64) + 3) % 7


def _four_weeks(day: Days, counts: Floats, ahead: Days) -> Floats:
    """Mean of the last four same weekdays."""
    return np.array([counts[_weekday(day) == one][-4:].mean(axis=0) for one in _weekday(ahead)])


def _lightgbm(day: Days, counts: Floats, ahead: Days) -> Floats:
    """Boosted trees on calendar, lags of one to four weeks and levels of the last weeks, against the four-week mean."""
    import lightgbm

    features, target = [], []
    for row in range(4 * WEEKDAYS + 1, len(day)):
        # As from the last day of the week before: what is known a week ahead.
        known = day <= day[row] - 1 - _weekday(day[row : row + 1])[0]
        if (known & (_weekday(day) == _weekday(day[row : row + 1])[0])).sum() >= 1:
            made, base = _features(day[known], counts[known], day[row], day[:row])
            features.append(made)
            target.append(np.log(counts[row] / base))
    model = lightgbm.LGBMRegressor(
        n_estimators=400,
        learning_rate=0.03,
        num_leaves=15,
        min_child_samples=30,
        subsample=0.8,
        subsample_freq=1,
        colsample_bytree=0.8,
        random_state=1,
        verbose=-1,
        n_jobs=2,
    )
    model.fit(np.concatenate(features), np.concatenate(target))
    forecast = []
    for one in ahead:
        made, base = _features(day, counts, one, np.concatenate([day, ahead[ahead < one]]))
        forecast.append(base * np.exp(np.asarray(model.predict(made))))
    return np.array(forecast)


def _features(day: Days, counts: Floats, one: np.datetime64, before: Days) -> tuple[Floats, Floats]:
    alike = counts[_weekday(day) == _weekday(np.array([one]))[0]][-4:]
    base = alike.mean(axis=0)
    month = one.astype("datetime64[M]")
    gap = (one - before[-1]).astype(np.int64)
    calendar = [
        _weekday(np.array([one]))[0],
        (one - month.astype("datetime64[D]")).astype(np.int64),
        ((month + 1).astype("datetime64[D]") - one).astype(np.int64),
        gap,
        (before[-1] - before[-2]).astype(np.int64),
        np.log(counts[-WEEKDAYS:].sum() / counts[-4 * WEEKDAYS :].sum() * 4),
        np.log(counts[-1].sum() / counts[-WEEKDAYS:].mean(axis=0).sum()),
    ]
    interval = np.arange(counts.shape[1], dtype=np.float64)
    lags = [np.log(alike[-min(lag, len(alike))] / base) for lag in (1, 2, 3, 4)]
    recent = np.log(counts[-WEEKDAYS:].mean(axis=0) / base)
    columns = [np.full(len(interval), float(value)) for value in calendar] + [interval, *lags, recent]
    return np.stack(columns, axis=1), base


def _mstl(day: Days, counts: Floats, ahead: Days) -> Floats:
    """Two seasons taken off, exponential smoothing on the rest; weekdays off filled with the week before."""
    from statsforecast.models import MSTL, AutoETS

    every = np.arange(day[0], ahead[-1] + 1)
    every = every[_weekday(every) < WEEKDAYS]
    known = every[every < ahead[0]]
    filled = np.empty((len(known), counts.shape[1]))
    for place, one in enumerate(known):
        found = np.flatnonzero(day == one)
        filled[place] = counts[found[0]] if len(found) else filled[max(place - WEEKDAYS, 0)]
    season = counts.shape[1]
    model = MSTL(season_length=[season, season * WEEKDAYS], trend_forecaster=AutoETS(model="ZZN"))
    horizon = (len(every) - len(known)) * season
    made = model.forecast(y=np.log(filled.ravel()), h=horizon)["mean"].reshape(-1, season)
    return np.exp(made[np.isin(every[len(known) :], ahead)])


_PEERS: dict[str, tuple[str, Callable[[Days, Floats, Days], Floats]]] = {
    "four-week mean": ("numpy", _four_weeks),
    "LightGBM": ("lightgbm", _lightgbm),
    "MSTL and AutoETS": ("statsforecast", _mstl),
}


def _hotline(day_count: int) -> tuple[Any, Floats]:
    rng = np.random.default_rng(7)
    days = build_days(np.datetime64("2024-01-01") + np.arange(day_count))
    hour = np.arange(96) / 4
    profile = 0.1 + np.exp(-0.5 * ((hour - 10) / 2) ** 2) + 0.8 * np.exp(-0.5 * ((hour - 20) / 2) ** 2)
    busy = rng.lognormal(0, 0.1, day_count) * np.where(days.pattern < 5, 1.0, 0.7)
    return days, rng.poisson(600 * busy[:, None] * profile / profile.sum()).astype(np.float64)


def _two_years() -> BenchRow:
    days, counts = _hotline(730)
    ahead = build_days(days.day[-1] + 1 + np.arange(14))
    done = timed(lambda: fit_volume(counts, days=days).forecast(ahead).quantile([0.5, 0.9]), repeat=1)
    return _own("two years learned, two weeks ahead, P50 and P90", "730 days of 96 quarter hours", done)


def _today() -> BenchRow:
    days, counts = _hotline(120)
    forecast = fit_volume(counts, days=days).forecast(build_days(days.day[-1:] + 1))
    part = (np.arange(96) < 48).astype(np.float64)
    done = timed(lambda: update_today(forecast, counts[-1], part=part).quantile(0.9), repeat=20)
    return _own("the rest of today at noon, P90", "96 quarter hours", done)


def _wave() -> BenchRow:
    model = learn_wave([])
    outage = build_outage([0, 1_800, 3_600, 7_200], [4_000, 2_500, 900, 0], start_hour=18.5, announced_from_s=600)
    done = timed(
        lambda: outage_wave(model, outage, interval_s=300, interval_count=48).quantile([0.1, 0.5, 0.9]), repeat=20
    )
    return _own("the wave of one outage, P10, P50, P90", "4 steps, 48 intervals of 5 min", done, goal="< 50 ms")


def _learn_wave() -> BenchRow:
    rng = np.random.default_rng(3)
    model, records = learn_wave([]), []
    for _ in range(200):
        outage = build_outage([0, 5_400, 9_000], rng.integers(300, 5_000) * np.array([1, 0.4, 0]), start_hour=8)
        calls = outage_wave(model, outage, interval_s=300, interval_count=48).sample(rng, 1)[0]
        records.append(WaveRecord(outage=outage, calls=calls, background=np.zeros(48), interval_s=300))
    done = timed(lambda: learn_wave(records), repeat=3)
    return _own("waves learned from outages", "200 outages, 48 intervals each", done)


def _own(work: str, size: str, done: Any, *, goal: str = "–") -> BenchRow:
    return BenchRow(
        work=work, size=size, ours_s=done.seconds, peak_mb=done.peak_mb, peers={}, goal=goal, note="no peer does this"
    )
