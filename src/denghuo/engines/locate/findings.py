"""What can be wrong with evidence and with chances, all at once and as codes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["LocateCode", "LocateError", "LocateFinding"]


class LocateCode(StrEnum):
    """What is wrong with a field."""

    WRONG_SHAPE = "wrong_shape"
    NEGATIVE = "negative"
    NOT_FINITE = "not_finite"
    NOT_A_SHARE = "not_a_share"
    NOT_POSITIVE = "not_positive"
    UNKNOWN_LOAD = "unknown_load"
    UNKNOWN_BRANCH = "unknown_branch"
    NOT_A_CANDIDATE = "not_a_candidate"
    OPEN_AND_SHUT = "open_and_shut"


@dataclass(frozen=True, kw_only=True, slots=True)
class LocateFinding:
    """One finding: what is wrong, in which field, at which positions of it."""

    code: LocateCode
    field: str
    positions: tuple[int, ...] = ()


class LocateError(ValueError):
    """Nothing can be located from this; ``findings`` says everything that stands in the way."""

    def __init__(self, findings: Iterable[LocateFinding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(f"{one.field}: {one.code.value} {list(one.positions)}" for one in self.findings))
