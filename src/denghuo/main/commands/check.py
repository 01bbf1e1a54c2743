"""`denghuo check`: everything that is wrong with a network, at once."""

import argparse
from pathlib import Path
from typing import Any

from denghuo.adapters.models import ModelError, Problem, read_model
from denghuo.engines.grid import Finding, FindingCode, Grid
from denghuo.engines.topology import check_grid
from denghuo.main.commands._output import UserError, add_json_argument, emit

NAME = "check"
HELP = "everything that is wrong with a network, at once"

# Worth a look, but no reason not to use the network.
_REMARKS = frozenset((FindingCode.NOT_SUPPLIED, FindingCode.ISOLATED_NODE))
_MEANING = {
    FindingCode.DUPLICATE_ID: "these identifiers stand more than once; make them unique",
    FindingCode.EMPTY_ID: "an identifier is blank; fill it in",
    FindingCode.UNKNOWN_NODE: "these name a node that does not exist; add it or correct the name",
    FindingCode.UNKNOWN_BRANCH: "these name a branch that does not exist; add it or correct the name",
    FindingCode.BOTH_ENDS_AT_ONE_NODE: "both ends of these are at the same node; correct one of them",
    FindingCode.SWITCH_BRANCH_MISMATCH: "these are switches in one table and something else in another",
    FindingCode.TRANSFORMER_BRANCH_MISMATCH: "these are transformers in one table and something else in another",
    FindingCode.NEGATIVE_NUMBER: "a number is negative or infinite; correct it",
    FindingCode.NO_SOURCE: "the network has no source; add one",
    FindingCode.CLOSED_LOOP: "these close a loop in the normal state; open one of them",
    FindingCode.SUPPLIED_TWICE: "these join two sources in the normal state; open one of them",
    FindingCode.NOT_SUPPLIED: "these loads are not supplied in the normal state",
    FindingCode.ISOLATED_NODE: "nothing is connected to these nodes",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="the network: OpenDSS, CIM, pandapower, SimBench or a Denghuo workbook")
    add_json_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Check and print: 0 nothing wrong, 1 something to put right, 2 no network to check."""
    notes: list[Problem] = []
    try:
        grid = read_model(Path(args.model), notes=notes)
    except ModelError as error:
        if all(problem.row is None for problem in error.problems):
            raise UserError(str(error)) from error
        emit({"findings": [_problem(problem) for problem in error.problems]}, as_json=args.as_json)
        return 1
    findings = check_grid(grid)
    result: dict[str, Any] = {"network": _size(grid), "findings": [_finding(one, args.as_json) for one in findings]}
    if notes:
        result["notes"] = [_problem(note) for note in notes]
    emit(result, as_json=args.as_json)
    return 1 if any(finding.code not in _REMARKS for finding in findings) else 0


def _size(grid: Grid) -> dict[str, int]:
    return {
        "nodes": len(grid.nodes.id),
        "branches": len(grid.branches.id),
        "switches": len(grid.switches.branch),
        "normally_open": int((~grid.switches.normally_closed).sum()),
        "transformers": len(grid.transformers.branch),
        "loads": len(grid.loads.id),
        "mv_users": int(grid.loads.mv_users.sum()),
        "lv_customers": int(grid.loads.lv_customers.sum()),
        "sources": len(grid.sources.id),
        "feeders": len(grid.feeders.id),
    }


def _finding(finding: Finding, as_json: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "code": finding.code.value,
        "component": finding.component,
        "field": finding.field,
        "meaning": _MEANING[finding.code],
    }
    if as_json:
        return row | {"ids": list(finding.ids)}
    shown = ", ".join(finding.ids[:8])
    return row | {"ids": shown + (f" ... ({len(finding.ids)})" if len(finding.ids) > 8 else "")}


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code.value,
        "file": problem.file,
        "sheet": problem.sheet,
        "row": problem.row,
        "column": problem.column,
        "meaning": problem.detail,
    }
