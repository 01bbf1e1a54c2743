"""Public feeders: nobody is left out who has another way to a source."""

from __future__ import annotations

import tarfile
from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from denghuo.adapters.opendss import read_opendss
from denghuo.engines.grid import Grid
from denghuo.engines.switching import IsolationMode, plan_isolation
from denghuo.engines.topology import compile_topology

pytestmark = pytest.mark.data

FEEDERS = {
    "ieee123_dss.tar.gz": "IEEE123Master.dss",
    "ieee9500_dss.tar.gz": "ieee9500_base.dss",
}


@pytest.fixture(scope="module", params=FEEDERS)
def feeder(request: pytest.FixtureRequest, reference_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Grid:
    """The feeder, with one customer at each load so that all count alike."""
    folder = tmp_path_factory.mktemp("feeder")
    with tarfile.open(reference_data / "networks" / request.param) as archive:
        # Python before 3.11.4 knows no filter.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(folder)
    grid = read_opendss(next(folder.rglob(FEEDERS[request.param])))
    return replace(grid, loads=replace(grid.loads, lv_customers=np.ones(len(grid.loads.id), np.int64)))


def least_out(grid: Grid, node: int) -> int:
    """Loads that have no way to a source but through what is joined to ``node`` without a switch."""
    ends = np.stack([grid.branches.from_node, grid.branches.to_node], axis=1)
    is_switch = grid.switch_of_branch >= 0
    lines = nx.Graph(ends[~is_switch].tolist())
    lines.add_node(node)
    network = nx.Graph(ends.tolist())
    network.add_nodes_from(grid.sources.node.tolist())
    network.remove_nodes_from(list(nx.node_connected_component(lines, node)))
    live = set().union(*(nx.node_connected_component(network, source) for source in grid.sources.node.tolist()))
    return sum(at not in live for at in grid.loads.node.tolist())


def places(grid: Grid, count: int) -> list[int]:
    """Nodes of as many different sections, spread over the network, none of them with a source."""
    topology = compile_topology(grid)
    first = np.unique(topology.section_of_node, return_index=True)[1]
    chosen = [int(node) for node in first if topology.section_of_node[node] not in topology.source_section]
    return chosen[:: max(1, len(chosen) // count)]


@pytest.mark.parametrize("mode", IsolationMode)
def test_without_limits_the_least_are_out(feeder: Grid, mode: IsolationMode) -> None:
    unlimited = np.full(len(feeder.branches.id), np.nan)
    grid = replace(feeder, branches=replace(feeder.branches, rating_kva=unlimited))
    topology = compile_topology(grid)
    chosen = places(grid, 25)
    assert len(chosen) >= 5
    for node in chosen:
        plan = plan_isolation(topology, nodes=[node], duration_h=1000.0, mode=mode)
        assert plan.lv_customers_out == least_out(grid, node)
        assert plan.proven_optimal


def test_within_limits_it_is_never_worse_than_the_whole_line(feeder: Grid) -> None:
    topology = compile_topology(feeder)
    for node in places(feeder, 25):
        plan = plan_isolation(topology, nodes=[node], duration_h=4.0)
        assert least_out(feeder, node) <= plan.lv_customers_out <= plan.whole_line.lv_customers_out
        assert plan.lv_customer_hours <= plan.whole_line.lv_customer_hours
        assert (plan.closed_after == feeder.switches.normally_closed).all()
