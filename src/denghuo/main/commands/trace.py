"""`denghuo trace`: who is without supply when the switches stand as given."""

import argparse
from typing import Any

import numpy as np

from denghuo.engines.topology import Trace, compile_topology, feeders_of, trace
from denghuo.main.commands._network import add_switching_arguments, load_network, switched_state
from denghuo.main.commands._output import add_json_argument, emit

NAME = "trace"
HELP = "who is without supply when these devices are opened or closed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="the network: OpenDSS, CIM, pandapower, SimBench or a Denghuo workbook")
    add_switching_arguments(parser)
    parser.add_argument("--loads", action="store_true", help="list every load without supply")
    add_json_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Trace and print."""
    grid = load_network(args.model)
    topology = compile_topology(grid)
    found = trace(topology, closed=switched_state(topology, opened=args.open, closed=args.close))
    dead = found.dead_by_feeder
    names = feeders_of(topology).id
    result: dict[str, Any] = {
        "without_supply": _total(found),
        "by_feeder": [
            {
                "feeder": str(names[feeder]) if feeder >= 0 else None,
                "loads": int(dead.load_count[row]),
                "mv_users": int(dead.mv_users[row]),
                "lv_customers": int(dead.lv_customers[row]),
                "kva": float(dead.kva[row]),
                "kw": float(dead.kw[row]),
            }
            for row, feeder in enumerate(dead.feeder.tolist())
        ],
        "network": {"loads": len(grid.loads.id), "switches": len(grid.switches.branch)},
    }
    if args.loads:
        result["loads"] = grid.loads.id[~found.load_supplied].tolist()
    emit(result, as_json=args.as_json)
    return 0


def _total(found: Trace) -> dict[str, Any]:
    dead = found.dead_by_feeder
    return {
        "loads": int(np.sum(dead.load_count)),
        "mv_users": int(np.sum(dead.mv_users)),
        "lv_customers": int(np.sum(dead.lv_customers)),
        "kva": float(np.sum(dead.kva)),
        "kw": float(np.sum(dead.kw)),
    }
