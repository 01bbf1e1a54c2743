"""Topology: which parts of a network are supplied, in any switching state and over time.

Sections between switches, the energized set, feeders, loops and islands, who hangs behind every switch, and the
replay of a switching log into exact intervals without supply. Input: a :class:`denghuo.engines.grid.Grid`; see
``docs/engines/topology.md`` for terms, algorithms and the definition of every edge case.

Sources: R. E. Tarjan, "Efficiency of a good but not linear set union algorithm", J. ACM 22 (1975), for the sections;
R. E. Tarjan, "A note on finding the bridges of a graph", Inf. Process. Lett. 2 (1974), for what a loop protects.
"""

from denghuo.engines.topology.checks import check_grid
from denghuo.engines.topology.feeders import derive_feeders
from denghuo.engines.topology.index import SectionTree, Topology, compile_topology, normal_state
from denghuo.engines.topology.layout import draw
from denghuo.engines.topology.loops import Loop, find_islands, find_loops
from denghuo.engines.topology.replay import (
    CorrectedLog,
    Interruptions,
    Replay,
    ReplayCode,
    ReplayFinding,
    SwitchingLog,
    corrected_log,
    replay,
    state_before,
)
from denghuo.engines.topology.trace import (
    Dead,
    DeadByFeeder,
    DownstreamTotals,
    Trace,
    dead_after_opening,
    downstream_totals,
    energized_sections,
    feeder_of_node,
    feeder_of_section,
    feeders_of,
    normal_feeder_of_node,
    trace,
    upstream_switch,
)

__all__ = [
    "CorrectedLog",
    "Dead",
    "DeadByFeeder",
    "DownstreamTotals",
    "Interruptions",
    "Loop",
    "Replay",
    "ReplayCode",
    "ReplayFinding",
    "SectionTree",
    "SwitchingLog",
    "Topology",
    "Trace",
    "check_grid",
    "compile_topology",
    "corrected_log",
    "dead_after_opening",
    "derive_feeders",
    "downstream_totals",
    "draw",
    "energized_sections",
    "feeder_of_node",
    "feeder_of_section",
    "feeders_of",
    "find_islands",
    "find_loops",
    "normal_feeder_of_node",
    "normal_state",
    "replay",
    "state_before",
    "trace",
    "upstream_switch",
]
