"""Line tables under every option, against each failure played through on the rows of the table."""

import itertools
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
import pytest

from denghuo.engines.reliability import Disconnects, EndDevice, RadialLines, RadialLoads, check_lines, predict_lines

DEFAULT_TRANSFORMER_RATE = 0.015


def random_tables(rng: np.random.Generator) -> tuple[RadialLines, RadialLoads]:
    """Up to two trees: any device on any line, nested too; transformers and second supplies at any node."""
    roots, size = int(rng.integers(1, 3)), int(rng.integers(2, 19))
    nodes = np.array([f"n{number}" for number in range(roots + size)])
    upper = np.array([int(rng.integers(0, roots + row)) for row in range(size)])
    shuffled = rng.permutation(size)

    def some(share: float) -> Any:
        return rng.random(size) < share

    def known(values: list[float], share: float) -> Any:
        return np.where(some(share), rng.choice(values, size), np.nan)

    lines = RadialLines(
        id=np.array([f"L{row}" for row in range(size)]),
        from_node=nodes[upper][shuffled],
        to_node=nodes[roots:][shuffled],
        failure_rate_per_year=np.where(some(0.9), rng.uniform(0.05, 0.5, size), 0.0),
        repair_h=rng.choice([0.3, 2.0, 5.0], size),
        switching_h=known([0.5, 1.0, 3.0], 0.8),
        main=some(0.5),
        device=rng.choice([EndDevice.NONE, EndDevice.FUSE, EndDevice.BREAKER], size, p=[0.5, 0.3, 0.2]),
        disconnect_from=some(0.3),
        disconnect_to=some(0.3),
        alternate=some(0.2),
        alternate_kva=np.full(size, np.nan),
        transformer=some(0.4),
        transformer_failure_rate_per_year=known([0.1], 0.3),
        transformer_repair_h=known([8.0], 0.3),
    )
    named = np.unique(np.concatenate([lines.from_node, lines.to_node]))
    at = rng.permutation(named)[: int(rng.integers(1, len(named) + 1))]
    loads = RadialLoads(node=at, kw=rng.uniform(0, 90, len(at)), customers=rng.integers(0, 90, len(at)))
    return lines, loads


@dataclass(frozen=True, kw_only=True)
class Options:
    """One combination of what a person may choose."""

    disconnects: Disconnects
    fuses: bool
    alternate: bool
    transformer_repair_h: float
    fuse_success: float
    transfer_success: float
    upstream_switching_h: float | None
    tie_switching_h: float | None


OPTIONS = [
    Options(
        disconnects=disconnects,
        fuses=fuses,
        alternate=alternate,
        transformer_repair_h=10.0 if fuses else 200.0,
        fuse_success=success,
        transfer_success=0.6 if success < 1 else 1.0,
        upstream_switching_h=0.4 if two_times else None,
        tie_switching_h=1.7 if two_times else None,
    )
    for disconnects, fuses, alternate, success, two_times in itertools.product(
        Disconnects, (True, False), (True, False), (1.0, 0.9), (False, True)
    )
]


class Table:
    """The rows as one graph of nodes (texts) and conductors (row numbers): ``whole`` with every device closed,
    ``welded`` with only what no device separates.
    """

    def __init__(self, lines: RadialLines, options: Options) -> None:
        self.lines, self.options = lines, options
        self.row_to = {str(node): row for row, node in enumerate(lines.to_node.tolist())}
        self.whole, self.welded = nx.Graph(), nx.Graph()
        for row in range(len(lines.id)):
            here, there = str(lines.from_node[row]), str(lines.to_node[row])
            cut_from, cut_to = self.disconnects(row)
            self.whole.add_edges_from([(here, row), (row, there)])
            self.welded.add_nodes_from([here, row, there])
            if not cut_from and self.clears(row) is None:
                self.welded.add_edge(here, row)
            if not cut_to:
                self.welded.add_edge(row, there)

    def disconnects(self, row: int) -> tuple[bool, bool]:
        chosen = self.options.disconnects
        if chosen is Disconnects.AS_LISTED:
            return bool(self.lines.disconnect_from[row]), bool(self.lines.disconnect_to[row])
        main = bool(self.lines.main[row])
        return main and chosen in ("from", "both"), main and chosen in ("to", "both")

    def clears(self, row: int) -> float | None:
        """Probability that the device at the from end of a line clears; None where there is none."""
        if self.lines.device[row] == EndDevice.BREAKER:
            return 1.0
        return self.options.fuse_success if self.lines.device[row] == EndDevice.FUSE and self.options.fuses else None

    def way_up(self, row: int | None) -> list[int]:
        way = []
        while row is not None:
            way.append(row)
            row = self.row_to.get(str(self.lines.from_node[row]))
        return way

    def dark(self, row: int) -> list[tuple[set[Any], float]]:
        """What may go dark at a failure on a line or at its far end, and how probable each is."""
        found, reaching, way = [], 1.0, self.way_up(row)
        for device in way:
            success = self.clears(device)
            if success is not None:
                cut = self.whole.copy()
                cut.remove_edge(str(self.lines.from_node[device]), device)
                found.append((nx.node_connected_component(cut, device), reaching * success))
                reaching *= 1.0 - success
        return [*found, (nx.node_connected_component(self.whole, row), reaching)]

    def fed(self, zone: set[Any]) -> tuple[set[Any], set[Any]]:
        """What the normal side feeds while a zone is cut out, and what the second supplies feed."""
        rest = self.whole.subgraph(set(self.whole) - zone)
        roots = set(self.lines.from_node.tolist()) - set(self.lines.to_node.tolist())
        second = set(self.lines.to_node[self.lines.alternate].tolist()) if self.options.alternate else set()
        normal, other = (
            {node for start in starts & set(rest) for node in nx.node_connected_component(rest, start)}
            for starts in (roots, second)
        )
        return normal, other


def failures(lines: RadialLines, options: Options) -> list[tuple[int, Any, float, float]]:
    """Row, where in the graph, rate and repair of everything that fails."""
    found: list[tuple[int, Any, float, float]] = [
        (row, row, float(lines.failure_rate_per_year[row]), float(lines.repair_h[row])) for row in range(len(lines.id))
    ]
    for row in np.flatnonzero(lines.transformer).tolist():
        rate, repair = lines.transformer_failure_rate_per_year[row], lines.transformer_repair_h[row]
        rate = DEFAULT_TRANSFORMER_RATE if np.isnan(rate) else float(rate)
        repair = options.transformer_repair_h if np.isnan(repair) else float(repair)
        found.append((row, str(lines.to_node[row]), rate, repair))
    return found


def play_through(lines: RadialLines, loads: RadialLoads, options: Options) -> tuple[Any, Any]:
    """Interruptions and hours a year of every load."""
    table = Table(lines, options)
    often, hours = np.zeros(len(loads.node)), np.zeros(len(loads.node))
    for row, place, rate, repair in failures(lines, options):
        own_h = 1.0 if np.isnan(lines.switching_h[row]) else float(lines.switching_h[row])
        up_h = own_h if options.upstream_switching_h is None else options.upstream_switching_h
        tie_h = own_h if options.tie_switching_h is None else options.tie_switching_h
        zone = nx.node_connected_component(table.welded, place)
        normal, other = table.fed(zone)
        for dark, probability in table.dark(row):
            for load, node in enumerate(loads.node.tolist()):
                if node not in dark:
                    continue
                out_h = repair
                if node in normal:
                    out_h = min(up_h, repair)
                elif node in other:
                    share = options.transfer_success
                    out_h = share * min(tie_h, repair) + (1.0 - share) * repair
                often[load] += rate * probability
                hours[load] += rate * probability * out_h
    return often, hours


@pytest.mark.parametrize("seed", range(80))
def test_agrees_with_playing_every_failure_through(seed: int) -> None:
    lines, loads = random_tables(np.random.default_rng(seed))
    assert check_lines(lines, loads) == []
    for options in OPTIONS[seed % 8 :: 8]:
        prediction = predict_lines(lines, loads, **vars(options))
        often, hours = play_through(lines, loads, options)
        np.testing.assert_allclose(prediction.interruptions_per_year, often, atol=1e-12, err_msg=str(options))
        np.testing.assert_allclose(prediction.hours_per_year, hours, atol=1e-12, err_msg=str(options))
        np.testing.assert_allclose(prediction.unserved_kwh_per_year, hours * loads.kw, atol=1e-9)
