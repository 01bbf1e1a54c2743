"""`denghuo check`: everything that is wrong with a network, at once."""

import argparse
from pathlib import Path
from typing import Any

from denghuo.adapters.models import ModelError, Problem, ProblemCode, read_model
from denghuo.adapters.tables import TableError
from denghuo.engines.grid import Finding, FindingCode, Grid
from denghuo.engines.topology import check_grid
from denghuo.main.commands._network import add_model_argument
from denghuo.main.commands._output import UserError, add_examples, add_json_argument, emit

NAME = "check"
HELP = "everything that is wrong with a network, at once"

# Worth a look, but no reason not to use the network.
_REMARKS = frozenset((FindingCode.NOT_SUPPLIED, FindingCode.ISOLATED_NODE))
# A network with something wrong in it; what has any other code holds no network that could be looked at.
_OF_A_NETWORK = frozenset(
    (ProblemCode.BAD_VALUE, ProblemCode.MISSING_COLUMN, ProblemCode.MISSING_FILE, ProblemCode.UNKNOWN_REFERENCE)
)
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
_SHOWN_IDS = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model_argument(parser)
    add_json_argument(parser)
    add_examples(
        parser,
        "denghuo check network.xlsx",
        "denghuo check network.xlsx --json                             for a program",
        "denghuo import network.xlsx --check --errors-to marked.xlsx   the workbook back, every problem marked in it",
        note="Exit code: 0 nothing wrong, or remarks only; 1 there are errors; 2 there is no network to check.",
    )


def run(args: argparse.Namespace) -> int:
    """Check and print: 0 nothing wrong or remarks only, 1 an error to put right, 2 no network to check."""
    notes: list[Problem] = []
    try:
        grid = read_model(Path(args.model), notes=notes)
    except ModelError as error:
        if not all(problem.code in _OF_A_NETWORK for problem in error.problems):
            raise UserError(str(error)) from error
        size, findings = None, _refused(error)
    else:
        size, findings = _size(grid), [_finding(one) for one in check_grid(grid)]
    told = [_problem(note, note.code.value, severity="remark") for note in notes]
    _emit({"network": size, "findings": findings, "notes": told}, as_json=args.as_json)
    return 1 if any(one["severity"] == "error" for one in findings) else 0


def _emit(result: dict[str, Any], *, as_json: bool) -> None:
    """For people without what says nothing: empty sections, empty columns, the ninth identifier."""
    if not as_json:
        lists = {name: _for_people(rows) for name, rows in result.items() if isinstance(rows, list)}
        result = {name: section for name, section in {**result, **lists}.items() if section or name == "findings"}
    emit(result, as_json=as_json)


def _for_people(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    filled = {name for row in rows for name, value in row.items() if value not in (None, "", [])}
    return [{name: _shortened(value) for name, value in row.items() if name in filled} for row in rows]


def _shortened(value: Any) -> Any:
    long = isinstance(value, list) and len(value) > _SHOWN_IDS
    return [*value[:_SHOWN_IDS], f"... ({len(value)})"] if long else value


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


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "severity": "remark" if finding.code in _REMARKS else "error",
        "code": finding.code.value,
        "component": finding.component,
        "field": finding.field,
        "ids": list(finding.ids),
        "file": None,
        "sheet": None,
        "row": None,
        "column": None,
        "meaning": _MEANING[finding.code],
    }


def _problem(problem: Problem, code: str, *, severity: str) -> dict[str, Any]:
    return {
        "severity": severity,
        "code": code,
        "component": None,
        "field": None,
        "ids": [],
        "file": problem.file or None,
        "sheet": problem.sheet or None,
        "row": problem.row,
        "column": problem.column or None,
        "meaning": problem.detail,
    }


def _refused(error: ModelError) -> list[dict[str, Any]]:
    """What stands in the way of reading; rows of our own tables by the finer code that their reader gave them."""
    codes = [problem.code.value for problem in error.problems]
    cause = error.__cause__
    while isinstance(cause, ModelError):  # an archive tells it once more, under its own name
        cause = cause.__cause__
    if isinstance(cause, TableError):
        finer = [problem.code.value for problem in cause.problems]
        codes = finer + codes[len(finer) :]
    return [_problem(problem, code, severity="error") for problem, code in zip(error.problems, codes, strict=True)]
