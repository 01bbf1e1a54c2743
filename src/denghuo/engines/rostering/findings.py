"""What can be wrong with a rostering problem, all at once and as codes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["RosterCode", "RosterError", "RosterFinding"]


class RosterCode(StrEnum):
    """What is wrong with a field."""

    WRONG_SHAPE = "wrong_shape"
    NEGATIVE = "negative"
    OUT_OF_RANGE = "out_of_range"
    MINIMUM_ABOVE_MAXIMUM = "minimum_above_maximum"
    DUPLICATE_ID = "duplicate_id"
    NOTHING_TO_PLAN = "nothing_to_plan"
    DIFFERS_IN_RING = "differs_in_ring"
    NOT_FOR_RING = "not_for_ring"


@dataclass(frozen=True, kw_only=True, slots=True)
class RosterFinding:
    """One finding: what is wrong, in which field (``demands.day``, ``rules[2].at_most``), at which flat positions."""

    code: RosterCode
    field: str
    positions: tuple[int, ...] = ()


class RosterError(ValueError):
    """The input cannot be planned with; ``findings`` says everything that stands in the way."""

    def __init__(self, findings: Iterable[RosterFinding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(f"{one.field}: {one.code.value} {list(one.positions)}" for one in self.findings))
