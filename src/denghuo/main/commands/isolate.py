"""`denghuo isolate`: the switching sheet that takes elements out of service with the fewest customer-hours."""

import argparse
import math
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
from denghuo.main.commands._network import add_switching_arguments, load_network, switched_state
from denghuo.main.commands._output import UserError, add_json_argument, emit

NAME = "isolate"
HELP = "the switching sheet that isolates elements with the fewest customer-hours"

_MEANING = {
    "unknown_element": "there is no branch, node or load {}; check the spelling",
    "nothing_to_isolate": "nothing to isolate was named",
    "holds_source": "no switch stands between {} and a source; nothing can isolate it",
    "no_sequence": "there is no order in which every device for {} may be operated",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="the network: OpenDSS, CIM, pandapower, SimBench or a Denghuo workbook")
    parser.add_argument("element", nargs="+", help="what to isolate: branches, nodes or loads")
    parser.add_argument("--hours", type=_hours, default=4.0, help="how long the outage or repair takes (default 4)")
    parser.add_argument("--fault", action="store_true", help="a fault that protection has cleared, not planned work")
    parser.add_argument("--manual-h", type=_hours, default=SwitchingTimes().manual_h, help="to operate by hand")
    parser.add_argument("--remote-h", type=_hours, default=SwitchingTimes().remote_h, help="to operate remotely")
    add_switching_arguments(parser)
    add_json_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Plan and print."""
    grid = load_network(args.model)
    topology = compile_topology(grid)
    has_customers = bool(grid.loads.lv_customers.any())
    try:
        plan = plan_isolation(
            topology,
            ids=[_element(grid, name) for name in args.element],
            duration_h=args.hours,
            mode=IsolationMode.FAULT if args.fault else IsolationMode.PLANNED,
            closed=switched_state(topology, opened=args.open, closed=args.close),
            times=SwitchingTimes(remote_h=args.remote_h, manual_h=args.manual_h),
            rules=SwitchingRules(basis=Basis.LV_CUSTOMERS if has_customers else Basis.MV_USERS),
        )
    except SwitchingError as error:
        raise UserError("\n".join(map(_sentence, error.problems))) from error
    emit(_shown(grid, plan), as_json=args.as_json)
    return 0


def _element(grid: Grid, name: str) -> str:
    """The identifier as the network writes it, whatever the letter case that was typed."""
    tables = (grid.branch_position, grid.node_position, grid.load_position)
    if any(name in table for table in tables):
        return name
    folded = [known for table in tables for known in table if known.casefold() == name.casefold()]
    return folded[0] if folded else name


def _sentence(problem: SwitchingProblem) -> str:
    return _MEANING.get(problem.code.value, f"{problem.code.value}: {{}}").format(", ".join(problem.ids))


def _shown(grid: Grid, plan: SwitchingPlan) -> dict[str, Any]:
    whole = plan.whole_line
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
            "lock_open": ", ".join(grid.switch_id[plan.isolating_switches].tolist()),
        },
        "steps": [_step(grid, step) for step in plan.steps],
        "return_steps": [_step(grid, step) for step in plan.return_steps],
        "whole_line": {
            "opened_at": ", ".join(grid.switch_id[whole.switches].tolist()),
            "lv_customer_hours": whole.lv_customer_hours,
            "mv_user_hours": whole.mv_user_hours,
            "lv_customers_out": whole.lv_customers_out,
            "mv_users_out": whole.mv_users_out,
            "loads_out": len(whole.loads_out),
        },
    }


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
    value = float(text)
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"{text} is not a positive number of hours")
    return value
