"""Rounded figures that still add up to their rounded total."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.attribution.checks import AttributionCode, AttributionError, find

__all__ = ["round_to_total"]

Floats = NDArray[np.float64]


def round_to_total(values: ArrayLike, *, decimals: int) -> Floats:
    """Round parts up or down so that they add up to their rounded sum (largest remainders).

    Args:
        values: parts, float[n], of any unit and sign.
        decimals: digits after the point.

    Returns:
        float[n], each less than one unit of the last digit from its part.

    Raises:
        AttributionError: parts that are unknown or infinite.

    Source: the method of largest remainders (Hamilton).

    Example:
        Three thirds of 100 would be shown as 33.3 each, 99.9 together.

        >>> round_to_total([100 / 3] * 3, decimals=1).tolist()
        [33.4, 33.3, 33.3]
    """
    parts = np.asarray(values, dtype=np.float64)
    if found := find(AttributionCode.UNKNOWN, "values", ~np.isfinite(parts)):
        raise AttributionError(found)
    scale = 10**decimals
    exact = [Fraction(float(part)) * scale for part in parts.ravel()]
    down = [floor(part) for part in exact]
    raised = round(sum(exact, Fraction())) - sum(down)
    order = sorted(range(len(exact)), key=lambda at: (down[at] - exact[at], at))
    for at in order[:raised]:
        down[at] += 1
    return np.array([part / scale for part in down]).reshape(parts.shape)
