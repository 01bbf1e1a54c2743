"""Walks over rosters from one start, several at once, until one costs no more than can be."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.rostering._solver import Budget
from denghuo.engines.rostering._walk_kernels import Rows, Walk, walk
from denghuo.engines.rostering.problem import OFF

__all__ = ["walked"]

Ints = NDArray[np.int64]

_WALKS = 2  # not as many as there are threads, so that the answer does not depend on these
_ROUNDS, _PATIENCE = 60, 12
_TENURE, _MOST_WEIGHT = 3, 10
_STEP_WORK = 1e-4


def walked(rows: Rows, start: Ints, *, target: int, budget: Budget, better: Callable[[Ints], None]) -> None:
    """Walk until a roster costs no more than the target, the budget is spent or walks no longer get on.

    ``better`` is told every roster that keeps all that must hold and costs less than those before.
    """
    seeds = np.random.default_rng(budget.limits.seed).integers(1, 2**63, _WALKS, dtype=np.uint64)
    walks = [_begun(rows, start, seed) for seed in seeds]
    best, waited, steps = -1, 0, start.size
    with ThreadPoolExecutor(max(1, min(_WALKS, budget.limits.workers))) as pool:
        for _ in range(_ROUNDS):
            list(pool.map(lambda one: walk(rows, one, steps, target, _TENURE), walks))
            budget.work += _WALKS * steps * _STEP_WORK
            waited += 1
            for one in walks:
                cost = int(one.cost[2])
                if cost >= 0 and (best < 0 or cost < best):
                    best, waited = cost, 0
                    better(_roster(one.best, start.shape, rows.allowed.shape[1] - 1))
            if budget.over or 0 <= best <= target or waited > _PATIENCE:
                return


def _begun(rows: Rows, start: Ints, seed: np.uint64) -> Walk:
    """A walk at its start; cells that are not allowed are given what is."""
    off = rows.allowed.shape[1] - 1
    value = np.where(start == OFF, off, start).ravel().astype(np.int64)
    bad = np.flatnonzero(~rows.allowed[np.arange(value.size), value])
    value[bad] = off - np.argmax(rows.allowed[bad, ::-1], axis=1)
    cell = np.repeat(np.arange(value.size), np.diff(rows.cell_start))
    total = np.zeros(len(rows.low), np.int64)
    np.add.at(total, rows.entry_row, rows.entry_coef[np.arange(len(cell)), value[cell]])
    holds = ((value[rows.flag_cells] != off) & (rows.flag_cells >= 0)).any(axis=1)
    np.add.at(total, rows.flag_row, rows.flag_coef * holds[np.repeat(np.arange(len(holds)), np.diff(rows.flag_start))])
    outside = np.maximum(np.maximum(rows.low - total, total - rows.high), 0)
    broken, place = np.zeros_like(total), np.full_like(total, -1)
    listed = np.flatnonzero(outside)
    broken[: len(listed)], place[listed] = listed, np.arange(len(listed))
    cost = [int((rows.price[listed] == 0).sum()), int((rows.price * outside).sum()), -1]
    return Walk(
        value=value,
        total=total,
        weight=np.where(rows.price > 0, np.minimum(rows.price, _MOST_WEIGHT), _MOST_WEIGHT),
        broken=broken,
        place=place,
        last=np.zeros_like(value),
        best=value.copy(),
        state=np.array([seed, len(listed)], np.uint64),
        cost=np.array(cost, np.int64),
    )


def _roster(value: Ints, shape: tuple[int, ...], off: int) -> Ints:
    return np.asarray(np.where(value == off, OFF, value).reshape(shape))
