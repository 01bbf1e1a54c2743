"""What can be wrong with the input of a forecast, all of it at once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["ForecastCode", "ForecastError", "ForecastFinding"]


class ForecastCode(StrEnum):
    """What can be wrong."""

    WRONG_SHAPE = "wrong_shape"
    NEGATIVE = "negative"
    INFINITE = "infinite"
    NO_DAY = "no_day"
    DAY_TWICE = "day_twice"
    NOT_ASCENDING = "not_ascending"
    TOO_SHORT = "too_short"
    NO_CALLS = "no_calls"
    OTHER_COLUMNS = "other_columns"
    NOT_AFTER_HISTORY = "not_after_history"
    OUT_OF_RANGE = "out_of_range"


@dataclass(frozen=True, kw_only=True, slots=True)
class ForecastFinding:
    """One thing wrong: what, in which field, and at which positions along its first axis (empty: as a whole)."""

    code: ForecastCode
    field: str
    positions: NDArray[np.int64]


class ForecastError(ValueError):
    """The input cannot be worked with; ``findings`` say everything that is wrong with it."""

    def __init__(self, findings: list[ForecastFinding]) -> None:
        super().__init__("; ".join(f"{one.field}: {one.code}" for one in findings))
        self.findings = findings


def found(code: ForecastCode, field: str, positions: ArrayLike = ()) -> ForecastFinding:
    """A finding with its positions made read-only."""
    rows = np.array(positions, dtype=np.int64)
    rows.flags.writeable = False
    return ForecastFinding(code=code, field=field, positions=rows)


def refuse(findings: list[ForecastFinding]) -> None:
    """Raise :class:`ForecastError` if there is anything to say."""
    if findings:
        raise ForecastError(findings)
