"""Groups of interruptions, by one or several keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Groups", "group_by"]


@dataclass(frozen=True, kw_only=True)
class Groups:
    """Which group each interruption row belongs to.

    ``code`` int32 per row, -1 for none; ``count`` groups; ``keys`` for each key by name the code it has in each group.
    """

    code: NDArray[np.int32]
    count: int
    keys: Mapping[str, NDArray[np.int32]]

    def take(self, rows: NDArray[Any]) -> Groups:
        """The groups of the rows given by position or by a mask."""
        return replace(self, code=self.code[rows])


def group_by(codes: Mapping[str, ArrayLike], *, sizes: Mapping[str, int] | None = None) -> Groups:
    """Group rows by one or more keys, each given as a code 0, 1, 2 ... per row (-1: in no group).

    Every combination is a group, also where nothing happened: a feeder without interruptions has a figure too, 0. The
    last key varies fastest.

    Args:
        codes: key name -> int per row.
        sizes: key name -> number of codes; left out, the highest code seen + 1.

    Raises:
        ValueError: no key, keys of different lengths, or a code beyond its size.

    Example:
        >>> groups = group_by({"feeder": [0, 2, 2], "cause": [1, 0, 1]}, sizes={"feeder": 3})
        >>> groups.code.tolist(), groups.count, groups.keys["feeder"].tolist()
        ([1, 4, 5], 6, [0, 0, 1, 1, 2, 2])
    """
    columns = {name: np.asarray(values) for name, values in codes.items()}
    if len({len(values) for values in columns.values()}) != 1:
        raise ValueError("Grouping takes one or more keys of one length")
    shape = tuple((sizes or {}).get(name, int(values.max(initial=-1)) + 1) for name, values in columns.items())
    for size, (name, values) in zip(shape, columns.items(), strict=True):
        if values.max(initial=-1) >= size:
            raise ValueError(f"Key {name} has a code beyond its size {size}")
    code, *others = columns.values()
    for size, values in zip(shape[1:], others, strict=True):
        code = np.where((code < 0) | (values < 0), -1, code.astype(np.int64) * size + values)
    count = int(np.prod(shape))
    unraveled = np.unravel_index(np.arange(count), shape) if count else tuple(np.zeros(0) for _ in shape)
    keys = {name: part.astype(np.int32) for name, part in zip(columns, unraveled, strict=True)}
    return Groups(code=np.maximum(code, -1).astype(np.int32), count=count, keys=MappingProxyType(keys))
