"""What can be wrong with a month to be explained, all of it at once and as codes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

__all__ = ["AttributionCode", "AttributionError", "AttributionFinding", "find", "find_numbers"]

Floats = NDArray[np.float64]


class AttributionCode(StrEnum):
    """What is wrong with a field."""

    NEGATIVE = "negative"
    NOT_POSITIVE = "not_positive"
    NOT_A_SHARE = "not_a_share"
    UNKNOWN = "unknown"
    SHAPES_DIFFER = "shapes_differ"
    NOT_A_TABLE_OF_COALITIONS = "not_a_table_of_coalitions"
    NOT_A_PARTITION = "not_a_partition"
    TOO_MANY_PLAYERS = "too_many_players"
    NAMED_TWICE = "named_twice"
    MORE_ANSWERED_THAN_OFFERED = "more_answered_than_offered"
    NOBODY_CALLED = "nobody_called"


@dataclass(frozen=True, kw_only=True, slots=True)
class AttributionFinding:
    """One thing wrong: in which ``field``, at which flat ``positions`` of it."""

    code: AttributionCode
    field: str
    positions: tuple[int, ...] = ()


class AttributionError(ValueError):
    """Something that cannot be explained; ``findings`` says everything that stands in the way."""

    def __init__(self, findings: Iterable[AttributionFinding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(f"{one.field}: {one.code.value} {list(one.positions)}" for one in self.findings))


def find(code: AttributionCode, field: str, wrong: NDArray[np.bool_]) -> list[AttributionFinding]:
    """A finding with the positions at which something is wrong; none where nothing is."""
    positions = np.flatnonzero(wrong)
    return [AttributionFinding(code=code, field=field, positions=tuple(positions.tolist()))] if len(positions) else []


def find_numbers(field: str, values: Floats, *, positive: bool = False) -> list[AttributionFinding]:
    """Findings of numbers that are unknown, infinite, or below what they may be."""
    sign = (AttributionCode.NOT_POSITIVE, values <= 0) if positive else (AttributionCode.NEGATIVE, values < 0)
    return find(AttributionCode.UNKNOWN, field, ~np.isfinite(values)) + find(sign[0], field, sign[1])
