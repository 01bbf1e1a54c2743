"""The circuit as far as some switches matter: everything else is joined as it stands, and its dead ends are folded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.switching import _kernels
from denghuo.engines.switching._kernels import Forest, Wires
from denghuo.engines.switching.circuit import Circuit, new_forest, rows_of

__all__ = ["Reduction", "reduce_circuit"]

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Reduction:
    """A circuit of *blocks*, which play the part of sections, between ``switches``, in their order.

    ``ends`` and ``cell_ends`` are the two blocks and the two cells of each switch; ``roots`` the cells with a source;
    ``block_of_section`` is -1 where a section is joined to none of the switches.
    """

    switches: Ints
    wires: Wires
    ends: tuple[Ints, Ints]
    cell_ends: tuple[Ints, Ints]
    roots: Ints
    block_of_section: Ints
    block_count: int

    def empty_forest(self) -> Forest:
        """A forest in which nothing has supply."""
        return new_forest(len(self.wires.section), self.block_count)

    def sum_by_block(self, values: Longs) -> Longs:
        """Sums over the sections of each block; exact, since integers stay integers."""
        total = np.zeros(self.block_count, np.int64)
        inside = self.block_of_section >= 0
        np.add.at(total, self.block_of_section[inside], values[inside])
        return total

    def blocks_with(self, sections: Flags) -> Flags:
        """The blocks that hold one of the sections."""
        found = np.zeros(self.block_count + 1, np.bool_)
        found[self.block_of_section[sections]] = True
        return found[:-1]


def reduce_circuit(circuit: Circuit, *, closed: Flags, switches: Ints) -> Reduction:
    """Keep ``switches`` as they are; all the others stand for good as in ``closed``.

    What hangs on a block and holds neither a source nor an end of one of the switches is fed through the same place
    whenever it is fed: its demand is added there, and is infinite where what leads to it cannot carry it.
    """
    joins = closed.copy()
    joins[switches] = False
    block_of_section, blocks = _blocks(circuit, joins, switches)
    wires = circuit.wires
    block = block_of_section[wires.section]
    pinned = np.zeros(len(block), np.bool_)
    pinned[circuit.roots] = True
    for ends in circuit.cell_ends:
        pinned[ends[switches]] = True
    demand = wires.demand_kva.copy()
    kept = _kernels.fold(wires, joins, block >= 0, pinned, demand)
    cells = np.flatnonzero(kept)
    number = np.full(len(kept), -1, np.int32)
    number[cells] = np.arange(len(cells), dtype=np.int32)
    a, b = (number[np.concatenate(pair)] for pair in zip(circuit.cell_ends, circuit.line_ends, strict=True))
    fixed = np.concatenate([joins, np.ones(len(circuit.line_ends[0]), np.bool_)]) & (a >= 0) & (b >= 0)
    cell_ends = a[switches], b[switches]
    switch_rows = rows_of(*cell_ends, len(cells), first=0)
    line_rows = rows_of(a[fixed], b[fixed], len(cells), first=len(switches))
    return Reduction(
        switches=switches,
        wires=Wires(
            section=block[cells],
            line_start=line_rows[0],
            line_edge=line_rows[1],
            line_cell=line_rows[2],
            switch_start=switch_rows[0],
            switch_edge=switch_rows[1],
            switch_cell=switch_rows[2],
            demand_kva=demand[cells],
            limit_kva=np.concatenate([wires.limit_kva[switches], wires.limit_kva[fixed]]),
            capacity_kva=wires.capacity_kva[cells],
        ),
        ends=(block_of_section[circuit.ends[0][switches]], block_of_section[circuit.ends[1][switches]]),
        cell_ends=cell_ends,
        roots=number[circuit.roots][kept[circuit.roots]],
        block_of_section=block_of_section,
        block_count=blocks,
    )


def _blocks(circuit: Circuit, joins: Flags, switches: Ints) -> tuple[Ints, int]:
    component = circuit.joined(joins)
    touched = np.unique(component[np.concatenate([circuit.ends[0][switches], circuit.ends[1][switches]])])
    number = np.full(len(component), -1, np.int32)
    number[touched] = np.arange(len(touched), dtype=np.int32)
    return number[component], len(touched)
