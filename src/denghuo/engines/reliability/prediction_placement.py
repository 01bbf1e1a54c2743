"""Where a few disconnects pay most: exact search over the ends of the main sections of a radial system.

A disconnect only changes the zone it cuts, and a fuse or breaker is a border anyway. So the search falls apart into
blocks between fixed devices: each block is enumerated on its own, and the budget is shared out among the blocks
exactly.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.reliability import _prediction_kernels as kernels
from denghuo.engines.reliability.prediction import Prediction, predict_grid
from denghuo.engines.reliability.prediction_lines import Disconnects, RadialLines, RadialLoads, grid_of_lines
from denghuo.engines.reliability.prediction_model import Model
from denghuo.engines.topology import compile_topology

__all__ = ["Placement", "place_disconnects"]

Floats = NDArray[np.float64]
Option = tuple[float, tuple[str, ...]]

MOST_CHOICES = 50_000_000


@dataclass(frozen=True, kw_only=True)
class Placement:
    """The best sets of disconnects for every number of them from 0 to the budget: [number].

    ``chosen`` the ends, as ``line:from`` or ``line:to``; ``unserved_kwh_per_year`` of all loads with them; the set is
    one of the best, the energy is the least possible. ``prediction`` is the full prediction with the last set.
    """

    chosen: tuple[tuple[str, ...], ...]
    unserved_kwh_per_year: Floats
    prediction: Prediction


def place_disconnects(
    lines: RadialLines,
    loads: RadialLoads,
    *,
    budget: int,
    candidates: Collection[str] | None = None,
    fuse_success: float = 1.0,
    transfer_success: float = 1.0,
    **options: Any,
) -> Placement:
    """Find the sets of at most ``budget`` disconnects with the least energy not supplied.

    Args:
        lines: The system; the disconnects it lists are left out, its fuses, breakers and alternate supplies stay.
        loads: Its load points.
        budget: The most disconnects to place.
        candidates: Ends that may get one, as ``line:from`` or ``line:to``; by default both ends of every main section,
            except where a fuse or breaker stands.
        fuse_success: As in :func:`~denghuo.engines.reliability.prediction.predict_grid`.
        transfer_success: As there.
        **options: As in :func:`~denghuo.engines.reliability.prediction_lines.grid_of_lines`.

    Raises:
        ValueError: a negative budget, an unknown candidate, no main section and no candidates, an unknown demand, an
            alternate supply of limited capacity, or a block with more than 50 million sets to look at.
    """
    if np.isfinite(lines.alternate_kva[lines.alternate]).any():
        raise ValueError("placing disconnects takes alternate supplies without a limit of capacity")
    if budget < 0:
        raise ValueError(f"the budget must not be negative, not {budget}")
    if candidates is None and not lines.main.any():
        raise ValueError("no line is a main section, so there is no place for a disconnect")
    unknown = loads.node[np.isnan(loads.kw)]
    if len(unknown):
        raise ValueError(f"placing for the least energy needs the demand of every load, {unknown[0]} has none")
    at = np.array(sorted(_default_candidates(lines) if candidates is None else candidates), dtype=np.str_)
    base_kwh, blocks = _blocks(lines, loads, at, fuse_success, transfer_success, options)
    best: list[Option] = [(base_kwh, ())]
    best += [(math.inf, ())] * budget
    for block in blocks:
        best = _share(best, _enumerate(block, budget))
    for number in range(1, budget + 1):
        best[number] = min(best[number - 1], best[number], key=lambda option: option[0])
    placed = _with_disconnects(lines, best[-1][1])
    grid, failures = grid_of_lines(placed, loads, **{**options, "disconnects": Disconnects.AS_LISTED})
    return Placement(
        chosen=tuple(tuple(sorted(ends)) for _, ends in best),
        unserved_kwh_per_year=np.array([kwh for kwh, _ in best]),
        prediction=predict_grid(
            compile_topology(grid), failures=failures, fuse_success=fuse_success, transfer_success=transfer_success
        ),
    )


@dataclass(frozen=True, kw_only=True)
class _Block:
    """Sections that only candidates separate, parents first; ``end`` names the candidate above each but the first."""

    end: list[str]
    parent: NDArray[np.int64]
    keep: Floats
    moved: Floats
    below: Floats
    fed: Floats


def _default_candidates(lines: RadialLines) -> list[str]:
    ids, main = lines.id.tolist(), lines.main.tolist()
    at_from = [f"{name}:from" for name, yes, device in zip(ids, main, lines.device, strict=True) if yes and not device]
    return at_from + [f"{name}:to" for name, yes in zip(ids, main, strict=True) if yes]


def _with_disconnects(lines: RadialLines, ends: Collection[str]) -> RadialLines:
    known = {f"{name}:{end}" for name in lines.id.tolist() for end in ("from", "to")}
    unknown = sorted(set(ends) - known)
    if unknown:
        raise ValueError(f"no line has the end {', '.join(unknown)}; write line:from or line:to")
    return replace(
        lines,
        disconnect_from=np.array([f"{name}:from" in ends for name in lines.id.tolist()], dtype=np.bool_),
        disconnect_to=np.array([f"{name}:to" in ends for name in lines.id.tolist()], dtype=np.bool_),
    )


def _blocks(
    lines: RadialLines,
    loads: RadialLoads,
    candidates: NDArray[np.str_],
    fuse_success: float,
    transfer_success: float,
    options: dict[str, Any],
) -> tuple[float, list[_Block]]:
    """What no placement changes [kWh a year], and the blocks with what it does."""
    finest = _with_disconnects(lines, set(candidates.tolist()))
    grid, failures = grid_of_lines(finest, loads, **{**options, "disconnects": Disconnects.AS_LISTED})
    topology = compile_topology(grid)
    model = predict_grid(
        topology, failures=failures, fuse_success=fuse_success, transfer_success=transfer_success
    ).model
    parent = model.parent
    below = kernels.subtree_sums(parent, topology.section_kw[model.order])
    expected = kernels.expected_outage(parent, model.success, below)
    _, switched, repaired = kernels.failure_sums(model.start, model.rate, model.repair, model.upstream, model.switch_h)
    # All times come from the failures here, so the transfer times of the switches do not matter.
    everywhere = np.arange(len(parent))
    moved = transfer_success * kernels.hours_saved(
        model.start, model.rate, model.repair, model.tie, everywhere, np.zeros(len(parent))
    )
    transferable = np.zeros(len(parent))
    transferable[model.transfers.section] = below[model.transfers.section]
    switch_id = grid.switch_id
    names = [str(switch_id[s]) if s >= 0 else "" for s in topology.normal_tree.parent_switch[model.order]]
    is_candidate = np.isin(np.array(names, dtype=np.str_), candidates)
    columns = (repaired - switched, moved, below, transferable)
    return float(switched @ expected), _split(model, names, is_candidate, columns)


def _split(
    model: Model, names: list[str], is_candidate: NDArray[np.bool_], columns: tuple[Floats, Floats, Floats, Floats]
) -> list[_Block]:
    keep, moved, below, transferable = columns
    parent = model.parent
    block_of = np.arange(len(parent))
    for section in np.flatnonzero(is_candidate):
        block_of[section] = block_of[parent[section]]
    fixed = ~is_candidate & (parent >= 0)
    fed = np.zeros((len(parent), 2))
    fed[is_candidate, 0] = transferable[is_candidate]
    fed[:, 1] = np.bincount(parent[fixed], weights=transferable[fixed], minlength=len(parent))
    blocks = []
    for members in np.split(np.argsort(block_of, kind="stable"), np.flatnonzero(np.diff(np.sort(block_of))) + 1):
        blocks.append(
            _Block(
                end=[names[section] for section in members],
                parent=np.searchsorted(members, parent[members]),
                keep=keep[members],
                moved=moved[members],
                below=below[members],
                fed=fed[members],
            )
        )
    return blocks


def _enumerate(block: _Block, budget: int) -> list[Option]:
    """The best of every number of disconnects in one block."""
    sites = len(block.parent) - 1
    numbers = range(min(budget, sites) + 1)
    sets = sum(math.comb(sites, number) for number in numbers)
    if sets > MOST_CHOICES:
        raise ValueError(f"{sites} candidates and a budget of {budget} make {sets} sets; name fewer candidates")
    found = []
    for number in numbers:
        cost, chosen = kernels.best_choice(block.parent, block.keep, block.moved, block.below, block.fed, number)
        found.append((float(cost), tuple(block.end[section] for section in chosen)))
    return found


def _share(best: list[Option], block: list[Option]) -> list[Option]:
    """Share every budget between the blocks so far and one more."""
    shared = []
    for number in range(len(best)):
        options = [
            (best[number - here][0] + cost, best[number - here][1] + ends)
            for here, (cost, ends) in enumerate(block[: number + 1])
        ]
        shared.append(min(options, key=lambda option: option[0]))
    return shared
