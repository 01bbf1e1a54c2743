"""Shapley and Owen values of a game whose coalitions are all known: what each player gives, adding up to the whole.

A coalition is a whole number, its bit i telling whether player i takes part. A table of a game of n players holds the
value of coalition c in row c, 2ⁿ rows; what stands behind (days, say) is worked out for all at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.attribution.checks import AttributionCode, AttributionError, AttributionFinding, find

__all__ = [
    "MOST_PLAYERS",
    "check_coalitions",
    "coalition_members",
    "harsanyi_dividends",
    "interacting_coalitions",
    "owen_values",
    "shapley_values",
]

MOST_PLAYERS = 20

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def coalition_members(player_count: int) -> Flags:
    """Who takes part in each coalition: bool[2ⁿ, n], in the order of a table's rows.

    Raises:
        AttributionError: more players than :data:`MOST_PLAYERS`, or fewer than none.

    Example:
        >>> coalition_members(2).astype(int).tolist()
        [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    if not 0 <= player_count <= MOST_PLAYERS:
        raise AttributionError([AttributionFinding(code=AttributionCode.TOO_MANY_PLAYERS, field="player_count")])
    return (np.arange(1 << player_count)[:, None] >> np.arange(player_count) & 1).astype(bool)


def check_coalitions(values: ArrayLike) -> list[AttributionFinding]:
    """Everything wrong with a table of coalitions; empty when nothing is.

    Example:
        >>> [finding.code.value for finding in check_coalitions([0.0, 1.0, 2.0])]
        ['not_a_table_of_coalitions']
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim == 0 or len(table) == 0 or len(table) & (len(table) - 1):
        return [AttributionFinding(code=AttributionCode.NOT_A_TABLE_OF_COALITIONS, field="values")]
    if len(table) > 1 << MOST_PLAYERS:
        return [AttributionFinding(code=AttributionCode.TOO_MANY_PLAYERS, field="values")]
    return find(AttributionCode.UNKNOWN, "values", np.isinf(table))


def shapley_values(values: ArrayLike) -> Floats:
    """What each player gives, averaged over every order in which the players could join.

        φᵢ = Σ_{S without i} |S|! (n - 1 - |S|)! / n! · (v(S ∪ i) - v(S)),   Σ φᵢ = v(all) - v(none)

    Args:
        values: table of coalitions, float[2ⁿ, ...].

    Returns:
        float[n, ...], in the unit of the values; NaN where a value is.

    Raises:
        AttributionError: rows that are not those of a table, infinite values, too many players.

    Source: L. S. Shapley, "A value for n-person games" (1953); A. F. Shorrocks, "Decomposition procedures for
    distributional analysis: a unified framework based on the Shapley value", Journal of Economic Inequality 11 (2013).

    Example:
        Two gloves make a pair worth 1; player 0 has the left one, players 1 and 2 a right one each.

        >>> shapley_values([0, 0, 0, 1, 0, 1, 0, 1]).round(4).tolist()
        [0.6667, 0.1667, 0.1667]
    """
    table = _table(values)
    count = len(table).bit_length() - 1
    members = coalition_members(count).sum(axis=1)
    found = np.empty((count, *table.shape[1:]))
    weights = np.array([factorial(k) * factorial(count - 1 - k) / factorial(count) for k in range(count)])
    for player in range(count):
        without, joined = _halves(table, player)
        found[player] = np.tensordot(weights[_halves(members, player)[0]], joined - without, axes=2)
    return found


def harsanyi_dividends(values: ArrayLike) -> Floats:
    """What a coalition gives beyond everything its parts give: v(S) = Σ_{T ⊆ S} d(T), for each row of a table.

    Each dividend is shared equally: φᵢ = Σ_{S with i} d(S) / |S|.

    Args, raises: as :func:`shapley_values`.

    Source: J. C. Harsanyi, "A simplified bargaining model for the n-person cooperative game" (1963).

    Example:
        >>> harsanyi_dividends([0, 1, 2, 7]).tolist()
        [0.0, 1.0, 2.0, 4.0]
    """
    dividends = _table(values).copy()
    for player in range(len(dividends).bit_length() - 1):
        without, joined = _halves(dividends, player)
        joined -= without
    return dividends


def interacting_coalitions(values: ArrayLike, *, tolerance: float = 0.0) -> Flags:
    """Coalitions of two or more that give more, or less, than their parts; none of them: the shares need no theory.

    Without interaction, what a player gives is the same in every order of joining, v(i) - v(none).

    Args:
        values: table of coalitions, float[2ⁿ, ...].
        tolerance: dividends up to this size, in the unit of the values, count as none.

    Returns:
        bool[2ⁿ, ...]

    Raises:
        AttributionError: as :func:`shapley_values`.

    Example:
        >>> [bool(interacting_coalitions([0, 1, 2, whole]).any()) for whole in (3, 7)]
        [False, True]
    """
    dividends = harsanyi_dividends(values)
    sizes = coalition_members(len(dividends).bit_length() - 1).sum(axis=1)
    several: Flags = (sizes >= 2).reshape(-1, *(1,) * (dividends.ndim - 1))
    return several & (np.abs(dividends) > tolerance)


def owen_values(values: ArrayLike, *, unions: Sequence[Sequence[int]]) -> Floats:
    """Shapley values of players who come in unions: orders in which every union joins without a break.

    The unions' shares are the Shapley values of the game between the unions, and what the players of one get adds up to
    its share. It takes only those coalitions in which at most one union is broken; other rows may be NaN.

    Args:
        values: table of coalitions, float[2ⁿ, ...].
        unions: the players of each union; every player is in one.

    Returns:
        float[n, ...]

    Raises:
        AttributionError: as :func:`shapley_values`, or unions that leave out or repeat a player.

    Source: G. Owen, "Values of games with a priori unions" (1977).

    Example:
        >>> owen_values([0, 0, 0, 1, 0, 1, 0, 1], unions=[[0], [1, 2]]).tolist()
        [0.5, 0.25, 0.25]
    """
    table = _table(values)
    count = len(table).bit_length() - 1
    if sorted(player for union in unions for player in union) != list(range(count)):
        raise AttributionError([AttributionFinding(code=AttributionCode.NOT_A_PARTITION, field="unions")])
    found = np.empty((count, *table.shape[1:]))
    whole = [_rows(union) for union in unions]
    for union, own in zip(unions, whole, strict=True):
        others = np.zeros(1, dtype=np.int64)
        for other in whole:
            if other is not own:
                others = np.concatenate((others, others + other[-1]))
        found[list(union)] = shapley_values(share_of_parts(table[own[:, None] + others]))
    return found


def share_of_parts(values: Floats) -> Floats:
    """What a union would get if only a part of it came: the game within the union, after Owen.

    Args:
        values: float[2ᵐ, 2ᵏ, ...] by the part of the union and by the coalition of the k other unions.

    Returns:
        float[2ᵐ, ...], a table of the union's m players.
    """
    others = values.shape[1].bit_length() - 1
    sizes = coalition_members(others).sum(axis=1)
    weights = np.array([factorial(k) * factorial(others - k) / factorial(others + 1) for k in range(others + 1)])
    gained: Floats = np.tensordot(weights[sizes], np.moveaxis(values - values[:1], 1, 0), axes=1)
    return gained


def _table(values: ArrayLike) -> Floats:
    if found := check_coalitions(values):
        raise AttributionError(found)
    return np.asarray(values, dtype=np.float64)


def _halves(table: NDArray[Any], player: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Views of the rows without and with a player, in one order of the others, which takes two axes."""
    halves = table.reshape(-1, 2, 1 << player, *table.shape[1:])
    return halves[:, 0], halves[:, 1]


def _rows(union: Sequence[int]) -> NDArray[np.int64]:
    """The coalitions within a union, as rows of the whole table, in the order of a table of its own."""
    bits = np.array([1 << player for player in union], dtype=np.int64)
    return coalition_members(len(bits)) @ bits
