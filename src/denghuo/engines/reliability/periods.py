"""Calendar periods in local time, and what a target allows in them."""

from __future__ import annotations

from datetime import UTC, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Calendar", "calendar_edges", "date_range", "day_starts", "local_day", "user_hours_budget"]


class Calendar(StrEnum):
    """Units of the calendar, in the codes of numpy."""

    DAY = "D"
    MONTH = "M"
    YEAR = "Y"


def day_starts(days: ArrayLike, *, utc_offset_s: int = 0, zone: str | None = None) -> NDArray[np.datetime64]:
    """The UTC instants at which local days begin: datetime64[us].

    Args:
        days: local dates.
        utc_offset_s: local time minus UTC [s], 28800 in China.
        zone: in place of the offset the IANA name of a time zone, where clocks are changed: days of 23 and 25 hours.

    Raises:
        ValueError: an unknown zone, or a zone and an offset.

    Example:
        >>> starts = day_starts(["2024-03-09", "2024-03-10", "2024-03-11"], zone="America/Vancouver")
        >>> (starts[1:] - starts[:-1]).astype("m8[h]").astype(int).tolist()
        [24, 23]
    """
    dates = np.asarray(days, dtype="datetime64[D]")
    if zone is None:
        return np.asarray(dates.astype("datetime64[us]") - np.timedelta64(utc_offset_s, "s"))
    if utc_offset_s:
        raise ValueError("Local time takes a zone or an offset, not both")
    try:
        local = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"'{zone}' is not a time zone; write it like Asia/Shanghai") from error
    # A midnight that is skipped is the instant of the change, one that comes twice is the first: so says PEP 495.
    begun = [datetime.combine(date, time(), local).astimezone(UTC).replace(tzinfo=None) for date in dates.tolist()]
    return np.array(begun, dtype="datetime64[us]")


def calendar_edges(
    first: ArrayLike, last: ArrayLike, *, unit: Calendar, utc_offset_s: int = 0, zone: str | None = None
) -> NDArray[np.datetime64]:
    """UTC edges of the local calendar periods from the one that holds ``first`` to the one that holds ``last``.

    Args:
        first, last: local dates, both included.
        unit: day, month or year; leap years and lengths of months are the calendar's.
        utc_offset_s, zone: local time, as for :func:`day_starts`.

    Returns:
        datetime64[us], one more than there are periods.

    Example:
        >>> edges = calendar_edges("2024-02-01", "2024-03-31", unit=Calendar.MONTH, utc_offset_s=28800)
        >>> edges.astype("M8[h]").tolist()[0].isoformat(), (edges[1:] - edges[:-1]).astype("m8[h]").astype(int).tolist()
        ('2024-01-31T16:00:00', [696, 744])
    """
    start, stop = np.array([first, last], dtype="datetime64[D]").astype(f"datetime64[{unit.value}]")
    return day_starts(np.arange(start, stop + 2), utc_offset_s=utc_offset_s, zone=zone)


def date_range(first: ArrayLike, last: ArrayLike) -> NDArray[np.datetime64]:
    """Every date from ``first`` to ``last``, both included: datetime64[D].

    Example:
        >>> len(date_range("2024-02-01", "2024-02-29"))
        29
    """
    start, stop = np.array([first, last], dtype="datetime64[D]")
    return np.asarray(np.arange(start, stop + 1), dtype="datetime64[D]")


def local_day(instants: ArrayLike, *, utc_offset_s: int = 0, zone: str | None = None) -> NDArray[np.datetime64]:
    """The local date of each UTC instant: datetime64[D], NaT of NaT.

    ``utc_offset_s``, ``zone``: local time, as for :func:`day_starts`.

    Example:
        >>> str(local_day("2026-01-31T20:00", utc_offset_s=28800))
        '2026-02-01'
        >>> local_day(["2026-01-10T07:30", "2026-07-10T07:30"], zone="America/Vancouver").astype(str).tolist()
        ['2026-01-09', '2026-07-10']
    """
    at = np.asarray(instants, dtype="datetime64[us]")
    if zone is None:
        return np.asarray((at + np.timedelta64(utc_offset_s, "s")).astype("datetime64[D]"))
    day = at.astype("datetime64[D]")
    known = ~np.isnat(day)
    if known.any():
        # No zone is a day or more away from UTC.
        dates = date_range(day[known].min() - 1, day[known].max() + 1)
        begun = day_starts(dates, utc_offset_s=utc_offset_s, zone=zone)
        day[known] = dates[np.searchsorted(begun, at[known], side="right") - 1]
    return np.asarray(day)


def user_hours_budget(
    users: ArrayLike,
    period_hours: ArrayLike,
    *,
    availability_share: ArrayLike | None = None,
    hours_per_user: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """User-hours that may be lost before a target is missed: N·T·(1 - ASAI), or N·SAIDI [h].

    Args:
        users: users served.
        period_hours: length of the period [h], 8784 in a leap year.
        availability_share: the target as an availability 0..1.
        hours_per_user: the target as hours per user [h]; one of the two is given.

    Raises:
        ValueError: no target or both, or an availability outside 0..1 (a percentage, for one).

    Example:
        >>> float(user_hours_budget(1000, 8760, availability_share=0.999).round(6))
        8760.0
    """
    if (availability_share is None) == (hours_per_user is None):
        raise ValueError("A budget takes one target: an availability, or hours per user")
    if hours_per_user is not None:
        return np.asarray(np.multiply(users, hours_per_user), dtype=np.float64)
    share = np.asarray(availability_share, dtype=np.float64)
    if np.any((share < 0) | (share > 1)):
        raise ValueError("An availability share lies between 0 and 1")
    return np.asarray(np.multiply(users, period_hours) * (1 - share), dtype=np.float64)
