"""`denghuo predict`: expected interruptions of every load point of a radial system, and of the system."""

import argparse
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from denghuo.adapters.problems import ModelError
from denghuo.adapters.reliability_tables import line_tables_in, read_line_tables
from denghuo.engines.grid import BranchKind, Grid
from denghuo.engines.reliability import (
    Basis,
    Disconnects,
    Failures,
    Prediction,
    RadialLines,
    RadialLoads,
    failures_of,
    place_disconnects,
    predict_grid,
    predict_lines,
)
from denghuo.engines.topology import compile_topology
from denghuo.main.commands._network import load_network
from denghuo.main.commands._output import UserError, add_examples, add_json_argument, emit

NAME = "predict"
HELP = "predict the interruptions of a radial network: LINES.csv LOADS.csv, or MODEL with failure data"

ONLY_LINES = {
    "disconnects": "as-listed",
    "fuses": True,
    "alternate": True,
    "alternate_at": None,
    "place": None,
}
ONLY_MODEL = ("failure_rate_per_km_yr", "repair_h")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("lines", metavar="LINES.csv|MODEL", help="line table, or a folder or file with a network")
    parser.add_argument("loads", metavar="LOADS.csv", nargs="?", help="load points; needed with a line table")
    _add_table_arguments(parser.add_argument_group("line tables"))
    times = parser.add_argument_group("times and probabilities")
    times.add_argument("--upstream-switching-h", type=_hours, metavar="H", help="until restored from the normal side")
    times.add_argument("--tie-switching-h", type=_hours, metavar="H", help="until a tie has taken over")
    times.add_argument(
        "--transformer-repair-h", type=_hours, metavar="H", help="repair or replacement (line tables: 200)"
    )
    times.add_argument(
        "--transformer-failure-rate",
        type=_hours,
        metavar="F",
        help="failures a year of a transformer (line tables: 0.015)",
    )
    times.add_argument("--fuse-success", type=_share, default=1.0, metavar="P", help="a fuse clears what it should")
    times.add_argument("--transfer-success", type=_share, default=1.0, metavar="P", help="a transfer can be made")
    model = parser.add_argument_group("models without failure data of their own")
    model.add_argument("--failure-rate-per-km-yr", type=_hours, metavar="F", help="of lines and cables")
    model.add_argument("--repair-h", type=_hours, metavar="H", help="of lines and cables")
    parser.add_argument(
        "--causes", type=_count, default=0, metavar="N", help="also print the N failures that cost most"
    )
    add_json_argument(parser)
    add_examples(
        parser,
        "denghuo predict lines.csv loads.csv --transformer-repair-h 10",
        "denghuo predict lines.csv loads.csv --disconnects none --no-fuses --no-alternate",
        "denghuo predict lines.csv loads.csv --place 4              where four disconnects save most",
        "denghuo predict network.xlsx --failure-rate-per-km-yr 0.1 --repair-h 4 --causes 10",
    )


def _add_table_arguments(tables: argparse._ArgumentGroup) -> None:
    tables.add_argument(
        "--disconnects",
        default="as-listed",
        metavar="as-listed|none|from|to|both|COLUMN",
        help="as the table lists them, none, at these ends of every main section, or from the named column",
    )
    flag = argparse.BooleanOptionalAction
    tables.add_argument("--fuses", action=flag, default=True, help="fuses on the laterals as listed")
    tables.add_argument("--alternate", action=flag, default=True, help="alternate supplies as listed")
    tables.add_argument(
        "--alternate-at", action="append", metavar="NODE", help="another supply at this node too; may be repeated"
    )
    tables.add_argument(
        "--place", type=int, metavar="K", help="place K disconnects on the main sections for the least ENS"
    )


def run(args: argparse.Namespace) -> int:
    """Predict and print."""
    try:
        tables = line_tables_in(Path(args.lines)) if args.loads is None else (args.lines, args.loads)
        result = _predict_model(args) if tables is None else _predict_tables(args, *tables)
    except ModelError as error:
        raise UserError(str(error)) from error
    emit(result, as_json=args.as_json)
    return 0


def _predict_tables(args: argparse.Namespace, lines_path: Path | str, loads_path: Path | str) -> dict[str, Any]:
    lines, loads = _read_tables(args, lines_path, loads_path)
    options = {
        "fuses": args.fuses,
        "transformer_repair_h": 200.0 if args.transformer_repair_h is None else args.transformer_repair_h,
        "transformer_failure_rate_per_year": (
            0.015 if args.transformer_failure_rate is None else args.transformer_failure_rate
        ),
        "upstream_switching_h": args.upstream_switching_h,
        "tie_switching_h": args.tie_switching_h,
        "fuse_success": args.fuse_success,
        "transfer_success": args.transfer_success,
    }
    sources = np.setdiff1d(lines.from_node, lines.to_node).tolist()
    # A misspelt node is one that no line leads to: it would feed everything beyond it, and nobody would know.
    notes = [f"no line leads to {', '.join(sources)}: each is taken as a source"] if len(sources) > 1 else []
    if args.place is None:
        chosen = Disconnects(args.disconnects) if _is_choice(args.disconnects) else Disconnects.AS_LISTED
        prediction = predict_lines(lines, loads, disconnects=chosen, **options)
        return _shown(prediction, Basis.LV_CUSTOMERS, causes=args.causes, notes=notes)
    try:
        placed = place_disconnects(lines, loads, budget=args.place, **options)
    except ValueError as error:
        raise UserError(str(error)) from error
    listed = int(lines.disconnect_from.sum() + lines.disconnect_to.sum())
    notes += [f"placed on bare lines: the disconnects of the table ({listed}) are left out"] if listed else []
    steps = [
        {"disconnects": number, "ENS_MWh": kwh / 1000.0, "at": list(ends)}
        for number, (ends, kwh) in enumerate(zip(placed.chosen, placed.unserved_kwh_per_year, strict=True))
    ]
    return {"placement": steps} | _shown(placed.prediction, Basis.LV_CUSTOMERS, causes=args.causes, notes=notes)


def _read_tables(
    args: argparse.Namespace, lines_path: Path | str, loads_path: Path | str
) -> tuple[RadialLines, RadialLoads]:
    """The tables with the disconnects and alternate supplies that were asked for."""
    for name in ONLY_MODEL:
        if getattr(args, name) is not None:
            raise UserError(f"--{name.replace('_', '-')} is for models; a line table carries its own rates and repairs")
    as_listed = args.disconnects == Disconnects.AS_LISTED
    if args.place is not None and not as_listed:
        raise UserError("--place puts the disconnects itself; leave --disconnects out")
    named = _is_choice(args.disconnects)
    column = None if as_listed else "" if named else args.disconnects
    needs_kinds = args.place is not None or args.disconnects in (Disconnects.FROM, Disconnects.TO, Disconnects.BOTH)
    lines, loads = read_line_tables(lines_path, loads_path, disconnect_column=column, kinds=needs_kinds)
    further = np.array(args.alternate_at or [], dtype=np.str_)
    unknown = further[~np.isin(further, lines.to_node)]
    if len(unknown):
        raise UserError(f"--alternate-at {unknown[0]}: no line leads to that node; name a node of the line table")
    listed = lines.alternate & args.alternate
    return replace(lines, alternate=listed | np.isin(lines.to_node, further)), loads


def _is_choice(disconnects: str) -> bool:
    return disconnects in {choice.value for choice in Disconnects}


def _predict_model(args: argparse.Namespace) -> dict[str, Any]:
    path = Path(args.lines)
    if path.suffix.lower() in (".csv", ".tsv") and path.is_file():
        raise UserError(f"{path.name} looks like a line table; give the load table too: denghuo predict LINES LOADS")
    for name, default in ONLY_LINES.items():
        if getattr(args, name) != default:
            option = name.replace("_", "-")
            raise UserError(f"--{option} is for line tables; a model says itself where its devices stand")
    grid = load_network(args.lines)
    failures = _failures(args, grid, path.name)
    prediction = predict_grid(
        compile_topology(grid),
        failures=failures,
        upstream_switching_h=1.0 if args.upstream_switching_h is None else args.upstream_switching_h,
        tie_switching_h=args.tie_switching_h,
        fuse_success=args.fuse_success,
        transfer_success=args.transfer_success,
    )
    basis = Basis.LV_CUSTOMERS if grid.loads.lv_customers.any() else Basis.MV_USERS
    notes = [] if basis is Basis.LV_CUSTOMERS else ["the model counts no LV customers: MV users are counted"]
    kinds = grid.branches.kind
    if (kinds == BranchKind.TRANSFORMER).any() and not (kinds[failures.branch] == BranchKind.TRANSFORMER).any():
        notes.append("transformers never fail here: no rate in the model, no --transformer-failure-rate")
    return _shown(prediction, basis, causes=args.causes, notes=notes)


def _failures(args: argparse.Namespace, grid: Grid, name: str) -> Failures:
    """What fails in a model, with the options where it does not say so itself."""
    try:
        failures = failures_of(
            grid,
            line_failure_rate_per_km_year=_or_nan(args.failure_rate_per_km_yr),
            line_repair_h=_or_nan(args.repair_h),
            transformer_failure_rate_per_year=_or_nan(args.transformer_failure_rate),
            transformer_repair_h=_or_nan(args.transformer_repair_h),
        )
    except ValueError as error:
        raise UserError(
            f"{name}: {error}; give --repair-h for lines, --transformer-repair-h for transformers"
        ) from error
    if not len(failures.branch):
        raise UserError(f"{name} carries no failure rates; give --failure-rate-per-km-yr and --repair-h")
    return failures


def _shown(prediction: Prediction, basis: Basis, *, causes: int, notes: Sequence[str] = ()) -> dict[str, Any]:
    loads = prediction.topology.grid.loads
    served = loads.lv_customers if basis is Basis.LV_CUSTOMERS else loads.mv_users
    system = prediction.system(basis=basis)
    told = [*notes, *_notes(prediction)]
    shown: dict[str, Any] = {"notes": told} if told else {}
    shown["system"] = {
        "basis": basis,
        "customers": system.customers,
        "SAIFI": system.saifi,
        "SAIDI_h": system.saidi_h,
        "CAIDI_h": system.caidi_h,
        "ASAI": system.asai,
        "ASUI": system.asui,
        "ENS_MWh": system.ens_kwh / 1000.0,
        "AENS_kWh": system.aens_kwh,
    }
    shown["load_points"] = [
        {
            "load_point": str(loads.id[row]),
            "customers": int(served[row]),
            "lambda_per_yr": float(prediction.interruptions_per_year[row]),
            "r_h": float(prediction.hours_per_interruption[row]),
            "U_h_per_yr": float(prediction.hours_per_year[row]),
            "ENS_MWh_per_yr": float(prediction.unserved_kwh_per_year[row]) / 1000.0,
        }
        for row in range(len(loads.id))
    ]
    if causes > 0:
        shown["causes"] = _causes(prediction, basis, causes)
    if prediction.findings:
        shown["taken_as_open"] = [{"switch": finding.ids[0], "why": finding.code} for finding in prediction.findings]
    return shown


def _notes(prediction: Prediction) -> list[str]:
    """What a reader must know to judge the figures."""
    supplied = np.isfinite(prediction.hours_per_year)
    found = {
        "load points without supply in the normal state: {}; they have no figures and are not counted": ~supplied,
        "load points of unknown demand: {}; their energy, and so the system's, is not known": (
            supplied & np.isnan(prediction.topology.grid.loads.kw)
        ),
    }
    notes = [sentence.format(rows.sum()) for sentence, rows in found.items() if rows.any()]
    if not prediction.model.clears_anything:
        notes.append("no breaker, recloser or fuse in the model: every failure takes down all that its source feeds")
    return notes


def _causes(prediction: Prediction, basis: Basis, count: int) -> list[dict[str, Any]]:
    split = prediction.by_failure(basis=basis)
    ids = prediction.topology.grid.branches.id[prediction.failures.branch]
    worst = np.lexsort((-split.interruptions, -split.hours, -split.kwh))[:count]
    return [
        {
            "element": str(ids[row]),
            "customer_interruptions_per_yr": float(split.interruptions[row]),
            "customer_hours_per_yr": float(split.hours[row]),
            "ENS_MWh_per_yr": float(split.kwh[row]) / 1000.0,
        }
        for row in worst
    ]


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 0 up")
    return int(text)


def _number(text: str) -> float:
    """NaN where it is none, which every caller refuses in its own words."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _hours(text: str) -> float:
    value = _number(text)
    if not (math.isfinite(value) and value >= 0.0):
        raise argparse.ArgumentTypeError(f"{text} is not a number from 0 up")
    return value


def _share(text: str) -> float:
    value = _number(text)
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"{text} is not a probability from 0 to 1")
    return value
