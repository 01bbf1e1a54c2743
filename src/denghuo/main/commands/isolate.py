"""`denghuo isolate`: the switching sheet that takes elements out of service with the fewest customer-hours."""

import argparse
import math
from itertools import chain
from typing import Any

from denghuo.engines.grid import Grid
from denghuo.engines.reliability import Basis
from denghuo.engines.switching import (
    IsolationMode,
    Step,
    SwitchingError,
    SwitchingPlan,
    SwitchingProblem,
    SwitchingRules,
    SwitchingTimes,
    plan_isolation,
)
from denghuo.engines.topology import compile_topology
from denghuo.main.commands._network import (
    Names,
    add_model_argument,
    add_switching_arguments,
    load_network,
    switched_state,
)
from denghuo.main.commands._output import UserError, add_examples, add_json_argument, emit

NAME = "isolate"
HELP = "the switching sheet that isolates elements with the fewest customer-hours"

_MEANING = {
    "unknown_element": "there is no branch, node or load {}; check the spelling",
    "nothing_to_isolate": "nothing to isolate was named",
    "holds_source": "no switch stands between {} and a source; nothing can isolate it",
    "no_sequence": "there is no order in which every device for {} may be operated",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model_argument(parser)
    parser.add_argument("element", nargs="+", metavar="ELEMENT", help="what to isolate: branches, nodes or loads")
    parser.add_argument(
        "--hours", type=_hours, metavar="H", default=4.0, help="how long the outage or the repair takes (default 4)"
    )
    parser.add_argument("--fault", action="store_true", help="a fault that protection has cleared, not planned work")
    times = SwitchingTimes()
    for name, how, default in (("manual", "by hand", times.manual_h), ("remote", "remotely", times.remote_h)):
        told = f"to operate a device {how} (default {default:g})"
        parser.add_argument(f"--{name}-h", type=_hours, metavar="H", default=default, help=told)
    add_switching_arguments(parser)
    parser.add_argument("--loads", action="store_true", help="list each load's outage (JSON always does)")
    add_json_argument(parser)
    add_examples(
        parser,
        "denghuo isolate network.xlsx L17                    planned work on a line, 4 hours",
        "denghuo isolate network.xlsx L17 T-2031 --hours 6   on a line and a transformer together",
        "denghuo isolate feeder/Master.dss l35 --fault --open sw5",
        note="Hour 0 is the fault, or the beginning of the planned outage; a step takes effect at at_h + takes_h.",
    )


def run(args: argparse.Namespace) -> int:
    """Plan and print."""
    grid = load_network(args.model)
    topology = compile_topology(grid)
    has_customers = bool(grid.loads.lv_customers.any())
    try:
        plan = plan_isolation(
            topology,
            ids=_elements(grid, args.element),
            duration_h=args.hours,
            mode=IsolationMode.FAULT if args.fault else IsolationMode.PLANNED,
            closed=switched_state(topology, opened=args.open, closed=args.close),
            times=SwitchingTimes(remote_h=args.remote_h, manual_h=args.manual_h),
            rules=SwitchingRules(basis=Basis.LV_CUSTOMERS if has_customers else Basis.MV_USERS),
        )
    except SwitchingError as error:
        raise UserError("\n".join(map(_sentence, error.problems))) from error
    shown = _shown(grid, plan)
    if args.as_json or args.loads:
        shown["outages"] = _outages(grid, plan)
    if args.as_json:
        shown["loads"] = grid.loads.id[plan.loads_out].tolist()
    emit(shown, as_json=args.as_json)
    return 0


def _elements(grid: Grid, typed: list[str]) -> list[str]:
    """The identifiers as the network writes them.

    Raises:
        UserError: one is not there; with the nearest that are.
    """
    names = Names(chain(grid.branch_position, grid.node_position, grid.load_position))
    found = {name: names.find(name) for name in typed}
    unknown = [
        f"there is no branch, node or load {name}; name one that is there, such as {names.near(name)}"
        for name, identifier in found.items()
        if identifier is None
    ]
    if unknown:
        raise UserError("\n".join(unknown))
    return [identifier for identifier in found.values() if identifier is not None]


def _sentence(problem: SwitchingProblem) -> str:
    return _MEANING.get(problem.code.value, f"{problem.code.value}: {{}}").format(", ".join(problem.ids))


def _shown(grid: Grid, plan: SwitchingPlan) -> dict[str, Any]:
    whole, ties = plan.whole_line, plan.ties
    return {
        "plan": {
            "mode": plan.mode,
            "lv_customer_hours": plan.lv_customer_hours,
            "mv_user_hours": plan.mv_user_hours,
            "lv_customers_out_during_work": plan.lv_customers_out,
            "mv_users_out_during_work": plan.mv_users_out,
            "loads_out_during_work": len(plan.loads_out),
            "isolated_after_h": plan.isolated_h,
            "work_h": plan.work_h,
            "operations": plan.operations,
            "proven_optimal": plan.proven_optimal,
            "lock_open": grid.switch_id[plan.isolating_switches].tolist(),
        },
        "steps": [_step(grid, step) for step in plan.steps],
        "return_steps": [_step(grid, step) for step in plan.return_steps],
        "whole_line": {
            "opened_at": grid.switch_id[whole.switches].tolist(),
            "lv_customer_hours": whole.lv_customer_hours,
            "mv_user_hours": whole.mv_user_hours,
            "lv_customers_out": whole.lv_customers_out,
            "mv_users_out": whole.mv_users_out,
            "loads_out": len(whole.loads_out),
        },
        "ties": [
            {"device": device, "kva": kva, "rating_kva": rating}
            for device, kva, rating in zip(
                grid.switch_id[ties.switch].tolist(), ties.kva.tolist(), ties.rating_kva.tolist(), strict=True
            )
        ],
    }


def _outages(grid: Grid, plan: SwitchingPlan) -> list[dict[str, Any]]:
    """Each interval without supply that the plan causes."""
    out, loads = plan.outages, grid.loads
    return [
        {
            "load": str(loads.id[load]),
            "from_h": start,
            "to_h": end,
            "hours": end - start,
            "mv_users": int(loads.mv_users[load]),
            "lv_customers": int(loads.lv_customers[load]),
        }
        for load, start, end in zip(out.load.tolist(), out.start_h.tolist(), out.end_h.tolist(), strict=True)
    ]


def _step(grid: Grid, step: Step) -> dict[str, Any]:
    return {
        "step": step.number,
        "action": step.action,
        "device": str(grid.switch_id[step.switch]) if step.switch >= 0 else None,
        "node": str(grid.nodes.id[step.node]) if step.node >= 0 else None,
        "why": step.why,
        "at_h": step.start_h,
        "takes_h": step.duration_h,
        "loads_out": len(step.loads_out),
        "mv_users_out": step.mv_users_out,
        "lv_customers_out": step.lv_customers_out,
    }


def _hours(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"{text} is not a positive number of hours, such as 4 or 0.5")
    return value
