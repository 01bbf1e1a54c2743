"""Shapley values of games with too many coalitions to see them all: orders of joining are drawn, in pairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.attribution.checks import AttributionCode, AttributionError, AttributionFinding, find

__all__ = ["SampledValues", "sampled_shapley_values"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledValues:
    """Shares of the players, float64[n], in the unit of the game.

    ``values`` add up to v(all) - v(none) whatever was drawn; ``standard_error`` of each, from the spread over the
    pairs, NaN with a single pair; ``coalition_count`` how many coalitions were worked out.
    """

    values: Floats
    standard_error: Floats
    coalition_count: int


def sampled_shapley_values(
    value: Callable[[Flags], Floats], *, player_count: int, pair_count: int, rng: np.random.Generator
) -> SampledValues:
    """Means of what players give over drawn orders of joining, each order together with its reverse.

    The reverse meets a player from the other side, so that what pairs of players do to each other cancels: a game with
    interactions of no more than two players is exact after one pair. Each coalition is worked out once.

    Args:
        value: bool[m, n], who takes part in each of m coalitions, to float[m].
        player_count: n, at least 1.
        pair_count: pairs of orders, at least 1.
        rng: where the orders come from.

    Raises:
        AttributionError: no player, no pair, or a value that is unknown.

    Source: J. Castro, D. Gómez, J. Tejada, "Polynomial calculation of the Shapley value based on sampling" (2009); R.
    Mitchell, J. Cooper, E. Frank, G. Holmes, "Sampling permutations for Shapley value estimation" (2022), antithetic.

    Example:
        >>> found = sampled_shapley_values(lambda who: who.sum(axis=1) ** 2.0, player_count=20, pair_count=3,
        ...                                rng=np.random.default_rng(1))
        >>> found.values.round(6).tolist() == [20.0] * 20
        True
    """
    if found := [
        AttributionFinding(code=AttributionCode.NOT_POSITIVE, field=field)
        for field, number in (("player_count", player_count), ("pair_count", pair_count))
        if number < 1
    ]:
        raise AttributionError(found)
    orders = rng.permuted(np.tile(np.arange(player_count), (pair_count, 1)), axis=1)
    orders = np.stack((orders, orders[:, ::-1]), axis=1)
    rank = np.argsort(orders, axis=2)
    members = rank[:, :, None, :] < np.arange(player_count + 1)[:, None]
    coalitions, at = np.unique(members.reshape(-1, player_count), axis=0, return_inverse=True)
    values = np.asarray(value(coalitions), dtype=np.float64)
    if unknown := find(AttributionCode.UNKNOWN, "value", ~np.isfinite(values)):
        raise AttributionError(unknown)
    gains = np.diff(values[at].reshape(pair_count, 2, player_count + 1), axis=2)
    pairs = np.take_along_axis(gains, rank, axis=2).mean(axis=1)
    spread = np.full(player_count, np.nan)
    if pair_count > 1:
        spread = pairs.std(axis=0, ddof=1) / np.sqrt(pair_count)
    return SampledValues(values=pairs.mean(axis=0), standard_error=spread, coalition_count=len(coalitions))
