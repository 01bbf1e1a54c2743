"""`denghuo trace`: who is without supply when the switches stand as given."""

import argparse
from typing import Any

from denghuo.engines.topology import DeadByFeeder, compile_topology, feeders_of, trace
from denghuo.main.commands._network import (
    add_model_argument,
    add_switching_arguments,
    load_network,
    switched_state,
)
from denghuo.main.commands._output import add_examples, add_json_argument, emit

NAME = "trace"
HELP = "who is without supply when these devices are opened or closed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model_argument(parser)
    add_switching_arguments(parser)
    parser.add_argument("--loads", action="store_true", help="list every load without supply (JSON always does)")
    add_json_argument(parser)
    add_examples(
        parser,
        "denghuo trace network.xlsx                          who is without supply in the normal state",
        "denghuo trace network.xlsx --open QF12",
        "denghuo trace feeder/Master.dss --open sw4 --close sw7 --loads",
    )


def run(args: argparse.Namespace) -> int:
    """Trace and print."""
    grid = load_network(args.model)
    topology = compile_topology(grid)
    found = trace(topology, closed=switched_state(topology, opened=args.open, closed=args.close))
    dead = found.dead_by_feeder
    names = feeders_of(topology).id
    result: dict[str, Any] = {
        "without_supply": _sums(dead, slice(None)),
        "by_feeder": [
            {"feeder": str(names[feeder]) if feeder >= 0 else None, **_sums(dead, slice(row, row + 1))}
            for row, feeder in enumerate(dead.feeder.tolist())
        ],
        "network": {"loads": len(grid.loads.id), "switches": len(grid.switches.branch)},
    }
    if args.loads or args.as_json:
        result["loads"] = grid.loads.id[~found.load_supplied].tolist()
    emit(result, as_json=args.as_json)
    return 0


def _sums(dead: DeadByFeeder, rows: slice) -> dict[str, Any]:
    return {
        "loads": int(dead.load_count[rows].sum()),
        "mv_users": int(dead.mv_users[rows].sum()),
        "lv_customers": int(dead.lv_customers[rows].sum()),
        "kva": float(dead.kva[rows].sum()),
        "kw": float(dead.kw[rows].sum()),
    }
