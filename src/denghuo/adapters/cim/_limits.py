"""What equipment may carry for good, from the operational limits of a CIM model."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator

from denghuo.adapters.cim._stream import Objects, to_number

__all__ = ["permanent_limits"]

# A limit that holds for a day holds for good; shorter ones are for emergencies [s].
_PERMANENT_FROM_S = 86_400.0


def permanent_limits(objects: Objects, limit_class: str) -> dict[str, float]:
    """Equipment -> its permanent limit as the file has it, the lowest of its terminals.

    Args:
        objects: the model.
        limit_class: ``CurrentLimit`` [A] or ``ApparentPowerLimit``.
    """
    of_set: dict[str, float] = defaultdict(lambda: math.inf)
    types = objects.get("OperationalLimitType", {})
    for limit in objects.get(limit_class, {}).values():
        value = to_number(limit.get("value") or limit.get("normalValue"))
        if value > 0 and _is_permanent(types.get(limit.get("OperationalLimitType", ""), {})):
            which = limit.get("OperationalLimitSet", "")
            of_set[which] = min(of_set[which], value)
    found: dict[str, float] = {}
    for which, equipment in _sets(objects):
        if which in of_set:
            found[equipment] = min(of_set[which], found.get(equipment, math.inf))
    return found


def _is_permanent(kind: dict[str, str]) -> bool:
    said = f"{kind.get('limitType', '')} {kind.get('kind', '')}".lower()
    if "patl" in said or kind.get("isInfiniteDuration", "").lower() == "true":
        return True
    if "tatl" in said:
        return False
    return to_number(kind.get("acceptableDuration"), math.inf) >= _PERMANENT_FROM_S


def _sets(objects: Objects) -> Iterator[tuple[str, str]]:
    """Pairs of a set and equipment: a set names its terminal or equipment, or a terminal names its set."""
    terminals = objects.get("Terminal", {})
    for terminal in terminals.values():
        yield terminal.get("OperationalLimitSet", ""), terminal.get("ConductingEquipment", "")
    for mrid, one in objects.get("OperationalLimitSet", {}).items():
        yield mrid, one.get("Equipment") or terminals.get(one.get("Terminal", ""), {}).get("ConductingEquipment", "")
