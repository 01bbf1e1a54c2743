"""Real call counts from the reference data."""

import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.forecasting import counts_by_day


def read_counts(path: Path, *, interval_s: int) -> tuple[NDArray[np.datetime64], NDArray[np.float64]]:
    """Days and counts of a file of two columns, local start and calls."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        next(lines)
        rows = [line.rstrip().split(",") for line in lines]
    at = np.array([row[0].removesuffix("Z") for row in rows], dtype="datetime64[s]")
    day, counts = counts_by_day(at, [float(row[1]) for row in rows], interval_s=interval_s)
    return day, counts[:, np.flatnonzero(counts.any(axis=0))]


def week_starts(day: NDArray[np.datetime64], count: int) -> list[int]:
    """Positions at which each of the last calendar weeks begins."""
    week = (day.astype(np.int64) + 3) // 7
    return [int(np.flatnonzero(week == one)[0]) for one in np.unique(week)[-count:]]
