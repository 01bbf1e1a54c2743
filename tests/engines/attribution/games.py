"""Games with known answers, and the theory written down word by word, order by order."""

from collections.abc import Iterator, Sequence
from itertools import pairwise, permutations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def table_of(player_count: int, value) -> Floats:  # type: ignore[no-untyped-def]
    """A table from a function of the set of players."""
    members = [{i for i in range(player_count) if c >> i & 1} for c in range(1 << player_count)]
    return np.array([value(who) for who in members], dtype=np.float64)


def mean_over_orders(values: Floats, orders: Iterator[Sequence[int]]) -> Floats:
    """What players give, averaged over orders of joining."""
    count = len(values).bit_length() - 1
    total, number = np.zeros(count), 0
    for order in orders:
        coalition, number = 0, number + 1
        for player in order:
            total[player] += values[coalition | 1 << player] - values[coalition]
            coalition |= 1 << player
    return total / number


def every_order(player_count: int) -> Iterator[Sequence[int]]:
    return permutations(range(player_count))


def orders_of_unions(unions: Sequence[Sequence[int]]) -> Iterator[Sequence[int]]:
    """Orders in which no union is interrupted."""
    for order in permutations(range(sum(len(union) for union in unions))):
        seen = [next(at for at, union in enumerate(unions) if player in union) for player in order]
        changes = 1 + sum(a != b for a, b in pairwise(seen))
        if changes == len(unions):
            yield order


def airport(costs: Sequence[float]) -> Floats:
    """A runway costs as much as its largest airplane needs."""
    return table_of(len(costs), lambda who: max((costs[i] for i in who), default=0.0))


def majority(votes: Sequence[int], quota: int) -> Floats:
    """A coalition wins with enough votes."""
    return table_of(len(votes), lambda who: float(sum(votes[i] for i in who) >= quota))
