"""Expected calls of one outage by interval, for many sets of quantities at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]

PARAMETERS = (
    "caller_share",
    "delay_min",
    "delay_spread",
    "lasting_per_h",
    "onset_h",
    "night",
    "morning",
    "afternoon",
    "evening",
    "absorbed_share",
    "notice_saves_share",
)
_FIRST_HOUR_COLUMN = 5
_STEP_S = 120.0
_LEAST_DELAY_MIN = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True)
class Outage:
    """One outage as its callers see it. Build it with :func:`build_outage`."""

    at_s: Floats
    customers: Floats
    start_hour: float
    announced_from_s: float
    noticed_share: float

    def __post_init__(self) -> None:
        self.at_s.flags.writeable = False
        self.customers.flags.writeable = False


def build_outage(
    at_s: ArrayLike,
    customers: ArrayLike,
    *,
    start_hour: float,
    announced_from_s: float = np.inf,
    noticed_share: float = 0.0,
) -> Outage:
    """Build an :class:`Outage`; it is checked where it is used.

    Args:
        at_s: when the number of customers out changes [s after the loss], ascending from 0.
        customers: how many are out from then on; the last number holds for good.
        start_hour: local time of the loss [h], 0 to 24.
        announced_from_s: from when the hotline announces it to its callers [s after the loss]; infinite for never.
        noticed_share: part of the customers who had notice beforehand.

    Example:
        >>> build_outage([0, 1800], [500, 0], start_hour=9.5).customers.tolist()
        [500.0, 0.0]
    """
    return Outage(
        at_s=np.array(at_s, dtype=np.float64),
        customers=np.array(customers, dtype=np.float64),
        start_hour=float(start_hour),
        announced_from_s=float(announced_from_s),
        noticed_share=float(noticed_share),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class WaveRecord:
    """An outage that was, with the fresh calls that came.

    ``calls`` float64[intervals] calls in all, NaN unknown; ``background`` what would have come without it, from the
    volume forecast; ``interval_s`` length of an interval and ``first_s`` start of the first [s after the loss].
    """

    outage: Outage
    calls: Floats
    background: Floats
    interval_s: float
    first_s: float = 0.0

    def __post_init__(self) -> None:
        for name in ("calls", "background"):
            column = np.array(getattr(self, name), dtype=np.float64)
            column.flags.writeable = False
            object.__setattr__(self, name, column)


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """Intervals about an outage."""

    outage: Outage
    first_s: float
    interval_s: float
    count: int

    @staticmethod
    def of_record(record: WaveRecord) -> Window:
        return Window(
            outage=record.outage, first_s=record.first_s, interval_s=record.interval_s, count=len(record.calls)
        )

    def calls(self, natural: Floats) -> Floats:
        """Expected calls, float64[sets, intervals], for sets of quantities in the order of :data:`PARAMETERS`."""
        per = max(int(np.ceil(self.interval_s / _STEP_S)), 1)
        edges_s = self.first_s + np.arange(self.count * per + 1) * (self.interval_s / per)
        middle_s = (edges_s[:-1] + edges_s[1:]) / 2
        lost_s, left = _cohorts(self.outage, middle_s)
        told = self._told(natural, middle_s)
        rate = np.zeros((len(natural), len(middle_s)))
        for begin_s, customers in zip(lost_s.tolist(), left, strict=True):
            rate += customers * _per_customer(natural, (edges_s - begin_s) / 60)
        by_interval: Floats = (rate * told).reshape(len(natural), self.count, per).sum(axis=2)
        return by_interval

    def _told(self, natural: Floats, middle_s: Floats) -> Floats:
        """Factors of the time of day, of the announcement and of the notice."""
        quarter = np.floor((self.outage.start_hour + middle_s / 3600) % 24 / 6).astype(np.int64)
        absorbed = natural[:, 9:10] * (middle_s >= self.outage.announced_from_s)
        saved = natural[:, 10:11] * self.outage.noticed_share
        factor: Floats = natural[:, _FIRST_HOUR_COLUMN + quarter] * (1 - absorbed) * (1 - saved)
        return factor


def _per_customer(natural: Floats, edges_min: Floats) -> Floats:
    """Calls of a customer who stays out, in each step between edges [min after the loss]."""
    share, delay, spread, lasting, onset = (natural[:, column : column + 1] for column in range(5))
    since = np.maximum(edges_min, _LEAST_DELAY_MIN)
    reached = ndtr((np.log(since) - np.log(delay)) / spread)
    middle_h = np.maximum((edges_min[:-1] + edges_min[1:]) / 120, 0.0)
    ramp = -np.expm1(-((middle_h / onset) ** 2))
    calls: Floats = share * np.diff(reached, axis=1) + lasting * ramp * np.diff(edges_min) / 60
    return calls


def _cohorts(outage: Outage, middle_s: Floats) -> tuple[Floats, Floats]:
    """When groups of customers were lost [s], and how many of each are still out in each step. A restoration takes from
    all groups in proportion."""
    change = np.diff(outage.customers, prepend=0.0)
    place = np.searchsorted(outage.at_s, middle_s, side="right") - 1
    lost_s, columns = [], []
    for step in np.flatnonzero(change > 0).tolist():
        out = np.zeros(len(outage.at_s))
        out[step] = change[step]
        for later in range(step + 1, len(out)):
            before, now = outage.customers[later - 1], outage.customers[later]
            out[later] = out[later - 1] * (now / before if now < before else 1.0)
        lost_s.append(float(outage.at_s[step]))
        columns.append(np.where(place >= 0, out[np.maximum(place, 0)], 0.0))
    return np.array(lost_s), np.array(columns).reshape(len(lost_s), len(middle_s))
