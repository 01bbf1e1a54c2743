"""What can be wrong with the description of a queue, all of it at once and as codes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["QueueCode", "QueueError", "QueueFinding", "check_queue"]

Floats = NDArray[np.float64]


class QueueCode(StrEnum):
    """What is wrong with a field."""

    NEGATIVE = "negative"
    NOT_POSITIVE = "not_positive"
    NOT_FINITE = "not_finite"
    NOT_WHOLE = "not_whole"
    NOT_A_SHARE = "not_a_share"
    UNKNOWN = "unknown"
    UNREACHABLE = "unreachable"
    NO_TARGET = "no_target"
    ENDLESS_REDIALS = "endless_redials"
    SHAPES_DIFFER = "shapes_differ"


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueFinding:
    """One thing wrong: in which ``field``, at which flat ``positions`` of it."""

    code: QueueCode
    field: str
    positions: tuple[int, ...] = ()


class QueueError(ValueError):
    """A queue that cannot be worked out; ``findings`` says everything that stands in the way."""

    def __init__(self, findings: Iterable[QueueFinding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(f"{one.field}: {one.code.value} {list(one.positions)}" for one in self.findings))


Rule = tuple[QueueCode, Callable[[Floats], NDArray[np.bool_]]]

_NOT_NEGATIVE: Rule = (QueueCode.NEGATIVE, lambda values: values < 0)
_POSITIVE: Rule = (QueueCode.NOT_POSITIVE, lambda values: values <= 0)
_FINITE: Rule = (QueueCode.NOT_FINITE, np.isinf)
_SHARE: Rule = (QueueCode.NOT_A_SHARE, lambda values: (values < 0) | (values > 1))
_BELOW_ONE: Rule = (QueueCode.NOT_A_SHARE, lambda values: (values < 0) | (values >= 1))
_WHOLE: Rule = (QueueCode.NOT_WHOLE, lambda values: np.isfinite(values) & (values != np.floor(values)))
_WITHIN_REACH: Rule = (QueueCode.UNREACHABLE, lambda values: (values <= 0) | (values >= 1))

_RULES: dict[str, tuple[Rule, ...]] = {
    "calls_per_h": (_NOT_NEGATIVE, _FINITE),
    "load_erlang": (_NOT_NEGATIVE, _FINITE),
    "busy_erlang": (_NOT_NEGATIVE, _FINITE),
    "handling_s": (_POSITIVE, _FINITE),
    "patience_s": (_POSITIVE,),
    "seats": (_NOT_NEGATIVE, _FINITE),
    "whole_seats": (_NOT_NEGATIVE, _FINITE, _WHOLE),
    "waiting_places": (_NOT_NEGATIVE, _WHOLE),
    "within_s": (_NOT_NEGATIVE,),
    "interval_s": (_POSITIVE, _FINITE),
    "redial_share": (_SHARE,),
    "redial_blocked_share": (_SHARE,),
    "redial_delay_s": (_NOT_NEGATIVE, _FINITE),
    "most_attempts": (_POSITIVE, _WHOLE),
    "shrinkage_share": (_BELOW_ONE,),
    "start_redials": (_NOT_NEGATIVE, _FINITE),
    "minimum_seats": (_NOT_NEGATIVE, _FINITE, _WHOLE),
    "blocking_share": ((QueueCode.NOT_A_SHARE, lambda values: (values <= 0) | (values >= 1)),),
    "target_answered_share": (_WITHIN_REACH,),
    "target_service_level_share": (_WITHIN_REACH,),
    "target_wait_share": ((QueueCode.UNREACHABLE, lambda values: values <= 0),),
    "target_mean_wait_s": ((QueueCode.UNREACHABLE, lambda values: values <= 0),),
    "target_occupancy_share": ((QueueCode.UNREACHABLE, lambda values: values <= 0),),
}


def check_queue(*, known: bool = False, **fields: ArrayLike) -> list[QueueFinding]:
    """Everything wrong with the fields of a queue; empty when nothing is.

    Args:
        known: whether NaN, an unknown value, is a finding of its own (targets may be NaN always).
        fields: values by the name that the functions here give them (``calls_per_h``, ``handling_s``, ...).

    Raises:
        KeyError: a field that no function here takes.

    Example:
        >>> found = check_queue(calls_per_h=[100, -5, -1], handling_s=180, redial_share=1.2)
        >>> [(finding.code.value, finding.field, finding.positions) for finding in found]
        [('negative', 'calls_per_h', (1, 2)), ('not_a_share', 'redial_share', (0,))]
    """
    found = []
    arrays = {field: np.asarray(values, dtype=np.float64) for field, values in fields.items()}
    for field, values in arrays.items():
        rules = _RULES[field]
        held: Any = values if values.ndim else values.item()  # a plain number is looked at ten times as fast
        if known and not field.startswith("target_"):
            rules = (*rules, (QueueCode.UNKNOWN, np.isnan))
        for code, is_wrong in rules:
            wrong = is_wrong(held)
            if wrong.any() if values.ndim else wrong:
                positions = np.flatnonzero(wrong)
                found.append(QueueFinding(code=code, field=field, positions=tuple(positions.tolist())))
    try:
        np.broadcast_shapes(*{values.shape for values in arrays.values()})
    except ValueError:
        found.append(QueueFinding(code=QueueCode.SHAPES_DIFFER, field=", ".join(fields)))
        return found
    most = arrays.get("most_attempts", np.array(1.0))
    for field in arrays.keys() & {"redial_share", "redial_blocked_share"}:
        endless = np.flatnonzero((arrays[field] >= 1) & np.isinf(most))
        if len(endless):
            code = QueueCode.ENDLESS_REDIALS
            found.append(QueueFinding(code=code, field=field, positions=tuple(endless.tolist())))
    return found
