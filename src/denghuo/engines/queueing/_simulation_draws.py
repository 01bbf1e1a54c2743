"""Random numbers of the simulation, compiled.

Every number is a function of a key and of what it is drawn for (SplitMix64 as a counter-based generator: Steele, Lea
and Flood 2014). A caller has a key; service, patience and redials of each attempt are drawn from it, whenever they
happen to be needed. So the same caller talks as long and waits as patiently however many agents there are, which is
what makes differences between two simulations precise. Exponential and normal numbers come from ziggurats of 256 layers
(Marsaglia and Tsang 2000), gamma numbers from Marsaglia and Tsang's squeeze (2000).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Functions that only compiled code calls. They hand over many arrays at every call: counting references to these would
# take ten times as long as the simulation, and wrappers for callers from Python most of the compilation. What they take
# from and give to the outside is kept alive by `run_days`, which alone is an ordinary compiled function.
_INNER: Any = {"error_model": "numpy", "_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
inner = njit(**_INNER)
here = njit(forceinline=True, **_INNER)

# Kinds of distribution: how the two parameters are read is said at `draw`.
FIXED = 0
EXPONENTIAL = 1
LOGNORMAL = 2
GAMMA = 3
QUANTILES = 4
NEVER = 5

DISTRIBUTION = np.dtype(
    [
        ("kind", np.int64),
        ("first", np.float64),
        ("second", np.float64),
        ("zero_share", np.float64),
        ("begin", np.int64),
        ("end", np.int64),
    ]
)

# What a number is drawn for.
SERVICE = 1
PATIENCE = 2
WRAP_UP = 3
REDIALS = 4
DELAY = 5
ABSORBED = 6
_PURPOSES = 8

_STEP = np.uint64(0x9E3779B97F4A7C15)
_PURPOSE_STEP = np.uint64(0xD1342543DE82EF95)
_FIRST_MULTIPLIER = np.uint64(0xBF58476D1CE4E5B9)
_SECOND_MULTIPLIER = np.uint64(0x94D049BB133111EB)
_LAYER = np.uint64(255)
_SIGN = np.uint64(256)
_TO_UNIT = 2.0**-53

_LAYERS = 256
_EXPONENTIAL_EDGE, _EXPONENTIAL_AREA = 7.69711747013104972, 0.0039496598225815571993
_NORMAL_EDGE, _NORMAL_AREA = 3.6541528853610088, 0.00492867323399


def _exponential_layers() -> tuple[Floats, Floats]:
    """Edges of the layers under exp(-x), and the height at each."""
    edges = np.zeros(_LAYERS + 1)
    edges[0], edges[1] = _EXPONENTIAL_AREA * math.exp(_EXPONENTIAL_EDGE), _EXPONENTIAL_EDGE
    for layer in range(1, _LAYERS - 1):
        edges[layer + 1] = -math.log(_EXPONENTIAL_AREA / edges[layer] + math.exp(-edges[layer]))
    return edges, np.exp(-edges)


def _normal_layers() -> tuple[Floats, Floats]:
    """Edges of the layers under exp(-x²/2), and the height at each."""
    edges = np.zeros(_LAYERS + 1)
    edges[0], edges[1] = _NORMAL_AREA * math.exp(_NORMAL_EDGE**2 / 2), _NORMAL_EDGE
    for layer in range(1, _LAYERS - 1):
        height = _NORMAL_AREA / edges[layer] + math.exp(-(edges[layer] ** 2) / 2)
        edges[layer + 1] = math.sqrt(-2 * math.log(height))
    return edges, np.exp(-(edges**2) / 2)


_EXPONENTIAL_EDGES, _EXPONENTIAL_HEIGHTS = _exponential_layers()
_NORMAL_EDGES, _NORMAL_HEIGHTS = _normal_layers()


@inner
def mix(bits: Any) -> Any:
    """Scatter 64 bits."""
    bits = (bits ^ (bits >> np.uint64(30))) * _FIRST_MULTIPLIER
    bits = (bits ^ (bits >> np.uint64(27))) * _SECOND_MULTIPLIER
    return bits ^ (bits >> np.uint64(31))


@inner
def stream(seed: Any, number: int) -> Any:
    """The key of the ``number``-th of many independent streams of one seed."""
    return mix(seed + np.uint64(number + 1) * _STEP)


@inner
def for_purpose(key: Any, attempt: int, purpose: int) -> Any:
    """Where the numbers begin that a caller with this key needs for one purpose of one attempt."""
    return key + np.uint64(attempt * _PURPOSES + purpose) * _PURPOSE_STEP


@inner
def uniform(state: Any) -> tuple[float, Any]:
    """A number in (0, 1), and the state for the next."""
    state += _STEP
    return (float(mix(state) >> np.uint64(11)) + 0.5) * _TO_UNIT, state


@inner
def exponential(state: Any) -> tuple[float, Any]:
    """A number of mean 1, and the state for the next."""
    shift = 0.0
    while True:
        state += _STEP
        bits = mix(state)
        layer = np.int64(bits & _LAYER)
        value = float(bits >> np.uint64(11)) * _TO_UNIT * _EXPONENTIAL_EDGES[layer]
        if value < _EXPONENTIAL_EDGES[layer + 1]:
            return shift + value, state
        if layer == 0:
            shift += _EXPONENTIAL_EDGE  # beyond the last layer it begins again: no memory
            continue
        low, high = _EXPONENTIAL_HEIGHTS[layer], _EXPONENTIAL_HEIGHTS[layer + 1]
        share, state = uniform(state)
        if low + share * (high - low) < math.exp(-value):
            return shift + value, state


@inner
def normal(state: Any) -> tuple[float, Any]:
    """A number of mean 0 and variance 1, and the state for the next."""
    while True:
        state += _STEP
        bits = mix(state)
        layer = np.int64(bits & _LAYER)
        sign = 1.0 if bits & _SIGN else -1.0
        value = float(bits >> np.uint64(11)) * _TO_UNIT * _NORMAL_EDGES[layer]
        if value < _NORMAL_EDGES[layer + 1]:
            return sign * value, state
        if layer == 0:
            value, state = _normal_tail(state)
            return sign * value, state
        low, high = _NORMAL_HEIGHTS[layer], _NORMAL_HEIGHTS[layer + 1]
        share, state = uniform(state)
        if low + share * (high - low) < math.exp(-value * value / 2):
            return sign * value, state


@inner
def _normal_tail(state: Any) -> tuple[float, Any]:
    while True:
        along, state = exponential(state)
        above, state = exponential(state)
        along /= _NORMAL_EDGE
        if 2 * above > along * along:
            return _NORMAL_EDGE + along, state


@inner
def gamma(shape: float, state: Any) -> tuple[float, Any]:
    """A number of mean and variance ``shape``, and the state for the next."""
    boost = 1.0
    if shape < 1:
        share, state = uniform(state)
        boost = share ** (1 / shape)
        shape += 1
    third = shape - 1 / 3
    spread = 1 / math.sqrt(9 * third)
    while True:
        value, state = normal(state)
        cube = (1 + spread * value) ** 3
        share, state = uniform(state)
        if cube > 0 and math.log(share) < value * value / 2 + third * (1 - cube + math.log(cube)):
            return boost * third * cube, state


@inner
def draw(distributions: Any, quantiles: Floats, which: int, state: Any) -> Any:
    """A number from the distribution at position ``which``.

    ``first`` and ``second`` are the value; the mean; mean and deviation of the logarithm; shape and scale. A table
    holds quantiles at equal steps of the share, and between them it is a straight line.
    """
    law = distributions[which]
    if law.zero_share > 0:
        share, state = uniform(state)
        if share < law.zero_share:
            return 0.0
    if law.kind == EXPONENTIAL:
        return law.first * exponential(state)[0]
    return _other(law, quantiles, state)


@inner
def _other(law: Any, quantiles: Floats, state: Any) -> Any:
    if law.kind == FIXED:
        return law.first
    if law.kind == LOGNORMAL:
        return math.exp(law.first + law.second * normal(state)[0])
    if law.kind == GAMMA:
        return law.second * gamma(law.first, state)[0]
    if law.kind == NEVER:
        return np.inf
    place = uniform(state)[0] * (law.end - law.begin - 1)
    below = law.begin + int(place)
    return quantiles[below] + (place - int(place)) * (quantiles[below + 1] - quantiles[below])
