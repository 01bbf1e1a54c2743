"""Major event days: the few days whose interruptions would hide what the rest of the years say.

Source: IEEE Std 1366-2012, clause 3.5 (2.5 beta method); DL/T 836.1-2016 takes the same idea.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.reliability.groups import Groups
from denghuo.engines.reliability.indices import Served, compute_indices
from denghuo.engines.reliability.interruptions import Interruptions
from denghuo.engines.reliability.periods import date_range, day_starts, local_day
from denghuo.engines.standards import Basis, Standard, Variant

__all__ = [
    "MajorEventDays",
    "MajorEventThreshold",
    "begins_on",
    "daily_hours_per_user",
    "find_major_event_days",
    "major_event_threshold",
]

Days = NDArray[np.datetime64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class MajorEventThreshold:
    """``minutes_per_user`` T_MED [min]; ``alpha`` mean and ``beta`` deviation of ln(min per user and day); NaN
    undefined.

    ``day_count`` days with interruptions that it rests on.
    """

    minutes_per_user: float
    alpha: float
    beta: float
    day_count: int


@dataclass(frozen=True, kw_only=True)
class MajorEventDays:
    """The days set apart: ``day`` datetime64[D] local, ``hours_per_user`` of each [h], and the ``threshold`` they
    pass."""

    day: Days
    hours_per_user: Floats
    threshold: MajorEventThreshold


def major_event_threshold(
    hours_per_user: ArrayLike, *, multiplier: float = 2.5, least_days: int = 2
) -> MajorEventThreshold:
    """T_MED = exp(alpha + multiplier·beta) over the days with interruptions; days without any are dropped.

    Args:
        hours_per_user: SAIDI of each day of the window [h].
        multiplier: of beta, 2.5 in the standard.
        least_days: with fewer days than this the threshold is NaN; two are needed for a deviation at all.

    Example:
        >>> found = major_event_threshold([0.0, 1 / 60, np.e / 60, np.e**2 / 60])
        >>> round(found.alpha, 6), round(found.beta, 6), round(np.log(found.minutes_per_user).item(), 6)
        (1.0, 1.0, 3.5)
    """
    minutes = np.asarray(hours_per_user, dtype=np.float64) * 60
    logs = np.log(minutes[minutes > 0])
    if len(logs) < max(least_days, 2):
        return MajorEventThreshold(minutes_per_user=np.nan, alpha=np.nan, beta=np.nan, day_count=len(logs))
    alpha, beta = float(logs.mean()), float(logs.std(ddof=1))
    return MajorEventThreshold(
        minutes_per_user=float(np.exp(alpha + multiplier * beta)), alpha=alpha, beta=beta, day_count=len(logs)
    )


def daily_hours_per_user(
    interruptions: Interruptions,
    *,
    days: Days,
    standard: Standard,
    served: Served,
    basis: Basis = Basis.MV_USERS,
    variant: Variant = Variant.ALL,
    as_of: np.datetime64 | None = None,
    utc_offset_s: int = 0,
    zone: str | None = None,
) -> Floats:
    """SAIDI of each of the adjoining local ``days`` [h]; all of an interruption goes to the day on which it begins.

    ``utc_offset_s``, ``zone``: local time, as for :func:`~denghuo.engines.reliability.day_starts`; the rest as for
    :func:`~denghuo.engines.reliability.compute_indices`.

    Example:
        >>> from denghuo.engines.reliability import build_interruptions
        >>> rows = build_interruptions(start=["2026-01-01T23:00"], end=["2026-01-02T03:00"], mv_users=[5])
        >>> days = np.array(["2026-01-01", "2026-01-02"], dtype="datetime64[D]")
        >>> daily_hours_per_user(rows, days=days, standard=Standard.DLT836, served=Served(mv_users=10)).tolist()
        [2.0, 0.0]
    """
    opens, closes = day_starts([days[0], days[-1] + 1], utc_offset_s=utc_offset_s, zone=zone)
    end = interruptions.end if as_of is None else np.fmin(interruptions.end, as_of)
    end = np.where(np.isnat(end), np.maximum(interruptions.start, closes), end)
    day = (local_day(interruptions.start, utc_offset_s=utc_offset_s, zone=zone) - days[0]).astype(np.int64)
    begun = (day >= 0) & (day < len(days)) & (True if as_of is None else interruptions.start < as_of)
    groups = Groups(code=np.where(begun, day, -1).astype(np.int32), count=len(days), keys={})
    table = compute_indices(
        interruptions.replace(end=end),
        period=[opens, max(closes, end.max(initial=closes)) + np.timedelta64(1, "s")],
        standard=standard,
        served=served,
        by=groups,
        basis=basis,
        variant=variant,
    )
    return table.hours_per_user


def find_major_event_days(
    interruptions: Interruptions,
    *,
    window: tuple[ArrayLike, ArrayLike],
    period: tuple[ArrayLike, ArrayLike],
    standard: Standard,
    served: Served,
    basis: Basis = Basis.MV_USERS,
    variant: Variant = Variant.ALL,
    as_of: np.datetime64 | None = None,
    utc_offset_s: int = 0,
    zone: str | None = None,
    multiplier: float = 2.5,
    least_days: int = 2,
) -> MajorEventDays:
    """The days of ``period`` whose SAIDI is above the threshold that the days of ``window`` give.

    Args:
        interruptions: what happened in both.
        window, period: first and last local date, both included. The standard's window is the five years before the
            period; DL/T 836 as far as known takes three.
        standard, served, basis, variant, as_of: as for :func:`compute_indices`; one number served, the average of both.
        utc_offset_s, zone: local time, as for :func:`~denghuo.engines.reliability.day_starts`.
        multiplier, least_days: see :func:`major_event_threshold`.

    Returns:
        The days, none where the threshold is undefined. Report figures with and without them: :func:`begins_on` picks
        the rows.

    Example:
        >>> from denghuo.engines.reliability import build_interruptions
        >>> start = np.datetime64("2025-01-01T08:00") + np.arange(400) * np.timedelta64(1, "D")
        >>> users = np.where(np.arange(400) == 380, 900, 10 + np.arange(400) % 5)
        >>> rows = build_interruptions(start=start, end=start + np.timedelta64(2, "h"), mv_users=users)
        >>> found = find_major_event_days(
        ...     rows,
        ...     window=("2025-01-01", "2025-12-31"),
        ...     period=("2026-01-01", "2026-02-04"),
        ...     standard=Standard.DLT836,
        ...     served=Served(mv_users=1000),
        ... )
        >>> found.day.tolist(), found.hours_per_user.tolist(), int(begins_on(rows, found.day).sum())
        ([datetime.date(2026, 1, 16)], [1.8], 1)
    """
    dates = [date_range(*window), date_range(*period)]
    before, hours = (
        daily_hours_per_user(
            interruptions,
            days=days,
            standard=standard,
            served=served,
            basis=basis,
            variant=variant,
            as_of=as_of,
            utc_offset_s=utc_offset_s,
            zone=zone,
        )
        for days in dates
    )
    threshold = major_event_threshold(before, multiplier=multiplier, least_days=least_days)
    major = hours * 60 > threshold.minutes_per_user
    return MajorEventDays(day=dates[1][major], hours_per_user=hours[major], threshold=threshold)


def begins_on(
    interruptions: Interruptions, days: Days, *, utc_offset_s: int = 0, zone: str | None = None
) -> NDArray[np.bool_]:
    """Which rows begin on one of the local ``days``: bool[rows]. The rest are the figures without major event days."""
    return np.isin(local_day(interruptions.start, utc_offset_s=utc_offset_s, zone=zone), days)
