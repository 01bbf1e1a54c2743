"""Reliability indices of a province's year of interruptions: by feeder, by day, and who was out again and again.

Denghuo works out every index, on exact periods, with distinct users; the peers only user-hours and user interruptions
by feeder and by day, and the users with three or more sustained interruptions by feeder (CEMI-3), from columns that are
already theirs.
"""

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
from bench.common import BenchRow, timed
from numpy.typing import NDArray

from denghuo.engines.reliability import (
    Basis,
    Calendar,
    Interruptions,
    Served,
    Standard,
    build_interruptions,
    calendar_edges,
    compute_indices,
    group_by,
)

FEEDERS, LOADS_OF_FEEDER, LOADS_OF_EVENT = 1_000, 100, 50
LOADS = FEEDERS * LOADS_OF_FEEDER
SUSTAINED_US = 180_000_000
YEAR = calendar_edges("2025-01-01", "2025-12-31", unit=Calendar.YEAR)
DAYS = calendar_edges("2025-01-01", "2025-12-31", unit=Calendar.DAY)

Columns = dict[str, NDArray[Any]]
Figures = tuple[NDArray[np.float64], NDArray[np.float64], float]


def rows() -> list[BenchRow]:
    """Every measurement of this engine."""
    return [_row(100_000), _row(10_000_000)]


def _row(count: int) -> BenchRow:
    interruptions = _year(count)
    columns = _columns(interruptions)
    ours = timed(lambda: _ours(interruptions, columns["feeder"]), repeat=3)
    peers = {}
    for name, peer in _PEERS.items():
        if name == "numpy by hand" or importlib.util.find_spec(name):
            theirs = timed(peer(columns), repeat=3, memory=False)
            for mine, other in zip(ours.result, theirs.result, strict=True):
                np.testing.assert_allclose(mine, other, rtol=1e-9)
            peers[name] = theirs.seconds
    return BenchRow(
        work="indices by feeder, by day, CEMI-3",
        size=f"{count:,} interruptions, {LOADS:,} loads, {FEEDERS:,} feeders, 365 days",
        ours_s=ours.seconds,
        peak_mb=ours.peak_mb,
        peers=peers,
        goal="< 0.5 s" if count == 10_000_000 else "–",
        note="same user-hours and CEMI-3 from all, checked",
    )


def _year(count: int) -> Interruptions:
    """Events of 50 neighboring loads in the order of time; a load is back before it is lost again."""
    rng = np.random.default_rng(7)
    events = count // LOADS_OF_EVENT
    begins = np.sort(rng.integers(0, 364 * 86_400_000_000, events))
    event = np.repeat(np.arange(events), LOADS_OF_EVENT)
    first = rng.integers(0, LOADS // LOADS_OF_EVENT, events) * LOADS_OF_EVENT
    load = (first[:, None] + np.arange(LOADS_OF_EVENT)).ravel()
    start = np.repeat(begins, LOADS_OF_EVENT)
    length = (rng.lognormal(0, 1.2, count) * 3.6e9).astype(np.int64)
    order = np.lexsort((start, load))
    until_next = np.append(np.where(np.diff(load[order]) == 0, np.diff(start[order]), 2**40), 2**40)
    length[order] = np.minimum(length[order], until_next)
    # Ends before midnight: the peers would need more than one statement to split a row between two days.
    length = np.minimum(length, 86_400_000_000 - start % 86_400_000_000)
    origin = YEAR[0].astype(np.int64)
    return build_interruptions(
        event=event,
        load=load,
        kind=np.repeat(rng.choice([11, 12, 31, 33, 41], events), LOADS_OF_EVENT),
        start=(origin + start).view("datetime64[us]"),
        end=(origin + start + length).view("datetime64[us]"),
        mv_users=np.ones(count),
        lv_customers=rng.integers(20, 200, LOADS)[load],
        kva=np.full(count, 400.0),
    )


def _columns(interruptions: Interruptions) -> Columns:
    assert interruptions.load is not None
    origin = YEAR[0].astype(np.int64)
    return {
        "load": interruptions.load,
        "feeder": interruptions.load // LOADS_OF_FEEDER,
        "start": interruptions.start.view(np.int64) - origin,
        "stop": interruptions.end.view(np.int64) - origin,
        "users": interruptions.lv_customers,
    }


def _ours(interruptions: Interruptions, feeder: NDArray[Any]) -> Figures:
    served = Served(lv_customers=LOADS * 110, kva=LOADS * 400)
    by = group_by({"feeder": feeder}, sizes={"feeder": FEEDERS})
    table = compute_indices(
        interruptions,
        period=YEAR,
        standard=Standard.DLT836,
        served=served,
        by=by,
        basis=Basis.LV_CUSTOMERS,
        at_least=(3,),
    )
    daily = compute_indices(
        interruptions, period=DAYS, standard=Standard.DLT836, served=served, basis=Basis.LV_CUSTOMERS
    )
    return table.user_hours, daily.user_hours, float(table.repeated_users.sum())


def _numpy(columns: Columns) -> Callable[[], Figures]:
    def work() -> Figures:
        length = columns["stop"] - columns["start"]
        user_hours = columns["users"] * (length / 3.6e9)
        by_feeder = np.bincount(columns["feeder"], user_hours, FEEDERS)
        np.bincount(columns["feeder"], columns["users"], FEEDERS)
        day = columns["start"] // 86_400_000_000
        by_day = np.bincount(day, user_hours, 365)
        np.bincount(day, columns["users"], 365)
        losses = np.bincount(columns["load"], length > SUSTAINED_US, LOADS)
        users = np.zeros(LOADS)
        users[columns["load"]] = columns["users"]
        return by_feeder, by_day, float(users[losses >= 3].sum())

    return work


def _duckdb(columns: Columns) -> Callable[[], Figures]:
    import duckdb
    import pandas as pd

    connection = duckdb.connect()
    connection.register("given", pd.DataFrame(columns))
    connection.execute("create table rows as select * from given")

    def grouped(key: str, count: int) -> NDArray[np.float64]:
        found = connection.execute(
            f"select {key} as k, sum(users * ((stop - start) / 3.6e9)) as h, sum(users) from rows group by k"
        ).fetchnumpy()
        return _dense(found["k"], found["h"], count)

    def work() -> Figures:
        by_feeder, by_day = grouped("feeder", FEEDERS), grouped("start // 86400000000", 365)
        again = connection.execute(
            "select sum(u) from (select load, max(users) as u from rows "
            f"where stop - start > {SUSTAINED_US} group by load having count(*) >= 3)"
        ).fetchone()
        return by_feeder, by_day, float((again and again[0]) or 0)

    return work


def _polars(columns: Columns) -> Callable[[], Figures]:
    import polars as pl

    frame = pl.DataFrame(columns)
    length = pl.col("stop") - pl.col("start")

    def grouped(key: pl.Expr, count: int) -> NDArray[np.float64]:
        hours = (pl.col("users") * (length / 3.6e9)).sum().alias("h")
        found = frame.lazy().group_by(key.alias("k")).agg(hours, pl.col("users").sum()).collect()
        return _dense(found["k"].to_numpy(), found["h"].to_numpy(), count)

    def work() -> Figures:
        by_feeder = grouped(pl.col("feeder"), FEEDERS)
        by_day = grouped(pl.col("start") // 86_400_000_000, 365)
        again = frame.lazy().filter(length > SUSTAINED_US).group_by("load").agg(pl.len(), pl.col("users").max())
        return by_feeder, by_day, float(again.filter(pl.col("len") >= 3).select("users").sum().collect().item() or 0)

    return work


def _pandas(columns: Columns) -> Callable[[], Figures]:
    import pandas as pd

    frame = pd.DataFrame(columns)

    def work() -> Figures:
        length = frame["stop"] - frame["start"]
        measured = frame.assign(user_hours=frame["users"] * (length / 3.6e9), day=frame["start"] // 86_400_000_000)
        by_feeder = measured.groupby("feeder")[["user_hours", "users"]].sum()["user_hours"]
        by_day = measured.groupby("day")[["user_hours", "users"]].sum()["user_hours"]
        again = frame[length > SUSTAINED_US].groupby("load")["users"].agg(["size", "max"])
        return (
            _dense(by_feeder.index.to_numpy(), by_feeder.to_numpy(), FEEDERS),
            _dense(by_day.index.to_numpy(), by_day.to_numpy(), 365),
            float(again.loc[again["size"] >= 3, "max"].sum()),
        )

    return work


def _dense(keys: NDArray[Any], values: NDArray[Any], count: int) -> NDArray[np.float64]:
    filled = np.zeros(count)
    filled[np.asarray(keys, dtype=np.int64)] = values
    return filled


_PEERS = {"numpy by hand": _numpy, "duckdb": _duckdb, "polars": _polars, "pandas": _pandas}
