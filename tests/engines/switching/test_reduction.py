"""A reduced circuit says the same as the whole one: who has supply, what flows, and whether limits hold."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engines.grid import Grid
from denghuo.engines.switching import SwitchingRules
from denghuo.engines.switching._kernels import seed, within_limits
from denghuo.engines.switching.circuit import compile_circuit
from denghuo.engines.switching.reduction import reduce_circuit
from denghuo.engines.topology import compile_topology, normal_state
from tests.engines.switching.small_networks import flow_of, networks


@settings(max_examples=150, deadline=None)
@given(grid=networks(), data=st.data())
def test_supply_flows_and_limits_are_those_of_the_whole(grid: Grid, data: st.DataObject) -> None:
    topology = compile_topology(grid)
    circuit = compile_circuit(topology, present=normal_state(topology), rules=SwitchingRules())
    count = len(grid.switches.branch)
    flags = st.lists(st.booleans(), min_size=count, max_size=count)
    closed = np.array(data.draw(flags), np.bool_)
    chosen = np.flatnonzero(np.array(data.draw(flags), np.bool_)).astype(np.int32)
    reduction = reduce_circuit(circuit, closed=closed, switches=chosen)
    forest = reduction.empty_forest()
    filled = seed(reduction.wires, forest, reduction.roots, closed[chosen])

    whole, whole_filled = circuit.supply(closed)
    block = reduction.block_of_section
    assert (whole.supplied[block >= 0] == forest.supplied[block[block >= 0]]).all()
    if not flow_of(grid, tuple(closed.tolist())).radial:
        return  # in a loop the two may follow different trees
    holds = bool(within_limits(reduction.wires, forest, 0, filled))
    holds_everywhere = bool(within_limits(circuit.wires, whole, 0, whole_filled))
    assert holds or not holds_everywhere
    if (block >= 0).all():
        assert holds == holds_everywhere
    if holds:
        cells, edges = forest.order[:filled], forest.parent_edge[forest.order[:filled]]
        over_switch = (edges >= 0) & (edges < len(chosen))
        flow = np.zeros(len(chosen))
        flow[edges[over_switch]] = forest.through_kva[cells[over_switch]]
        assert np.allclose(flow, circuit.flow_kva(closed)[chosen])
