"""Work out the golden cases: every figure that is expected, beside the one that comes out."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from denghuo.adapters.reliability_tables import read_line_tables
from denghuo.engines import queueing
from denghuo.engines.queueing import Targets
from denghuo.engines.reliability import (
    Basis,
    Disconnects,
    IndexTable,
    RadialLines,
    RadialLoads,
    Served,
    Standard,
    Variant,
    build_interruptions,
    compute_indices,
    place_disconnects,
    predict_lines,
)

CASES = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One expected figure and what came out; they agree within ``tolerance``."""

    case: str
    source: str
    name: str
    expected: str
    tolerance: float
    found: float

    @property
    def agrees(self) -> bool:
        return abs(self.found - float(self.expected)) <= self.tolerance


def every_figure() -> Iterator[Figure]:
    """All figures of all cases."""
    for engine, work_out in _ENGINES.items():
        for folder in sorted(path.parent for path in (CASES / engine).glob("*/README.md")):
            yield from work_out(folder)


def _reliability(folder: Path) -> Iterator[Figure]:
    given, expected = (_read(folder / name) for name in ("input.json", "expected.json"))

    @cache
    def table(variant: str) -> IndexTable:
        return compute_indices(
            build_interruptions(**given["rows"]),
            period=given["period"],
            standard=Standard(given["standard"]),
            basis=Basis(given["basis"]),
            served=Served(**given["served"]),
            distinct_users=given.get("distinct_users"),
            variant=Variant(variant),
        )

    for figure in expected["figures"]:
        column = getattr(table(figure.get("variant", "1")), figure["column"])
        found = float(column[figure.get("row", 0)]) * figure.get("times", 1)
        for text in (figure[key] for key in ("printed", "exact") if key in figure):
            yield Figure(
                case=f"reliability/{folder.name}",
                source=expected["source"],
                name=figure["name"],
                expected=text,
                tolerance=half_a_digit(text),
                found=found,
            )


def _prediction(folder: Path) -> Iterator[Figure]:
    source = (folder / "README.md").read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
    for path in sorted(folder.glob("expected/*.json")):
        case = _read(path)
        options: dict[str, Any] = case["options"]
        if "disconnects" in options:
            options["disconnects"] = Disconnects(options["disconnects"])
        lines, loads = _line_tables(folder)
        prediction = predict_lines(lines, loads, **options)
        system = prediction.system()
        found = {
            "SAIFI": system.saifi,
            "SAIDI_h": system.saidi_h,
            "CAIDI_h": system.caidi_h,
            "ASAI": system.asai,
            "ENS_MWh": system.ens_kwh / 1000,
            "AENS_kWh": system.aens_kwh,
        }
        name = f"prediction/{folder.name}/{path.stem}"
        for figure, text in case["system"].items():
            tolerance = half_a_digit(text)
            yield Figure(case=name, source=source, name=figure, expected=text, tolerance=tolerance, found=found[figure])
        columns = {
            "failures [1/y]": prediction.interruptions_per_year,
            "hours per failure [h]": prediction.hours_per_interruption,
            "hours [h/y]": prediction.hours_per_year,
            "energy [MWh/y]": prediction.unserved_kwh_per_year / 1000,
        }
        for row, load in enumerate(loads.node.tolist()):
            for (figure, column), text in zip(columns.items(), case["load_points"][load], strict=True):
                if text is not None:
                    yield Figure(
                        case=name,
                        source=source,
                        name=f"{load}: {figure}",
                        expected=text,
                        tolerance=2 * half_a_digit(text),  # these tables sometimes cut instead of rounding
                        found=float(column[row]),
                    )


def _placement(folder: Path) -> Iterator[Figure]:
    expected = _read(folder / "expected.json")
    lines, loads = _line_tables(CASES / expected["system"])
    for feeder in expected["feeders"]:
        candidates = [f"{line}:{end}" for line in feeder["main_lines"] for end in ("from", "to")]
        candidates.remove(f"{feeder['feeder_breaker_line']}:from")
        here = np.isin(loads.node, feeder["load_points"])
        for number, best in feeder["best_by_number_of_disconnects"].items():
            placed = place_disconnects(lines, loads, budget=int(number), candidates=candidates)
            text = f"{best['ENS_MWh']:.6f}"
            yield Figure(
                case=f"prediction_placement/{folder.name}",
                source=expected["source"],
                name=f"{feeder['feeder_breaker_line']}, {number} disconnects: ENS [MWh/y]",
                expected=text,
                tolerance=2 * half_a_digit(text),
                found=placed.prediction.system(loads=here).ens_kwh / 1000,
            )


def _line_tables(folder: Path) -> tuple[RadialLines, RadialLoads]:
    return read_line_tables(folder / "input/lines.csv", folder / "input/loads.csv")


def half_a_digit(printed: str) -> float:
    """Half a unit of the last digit that a table prints, and a little for halves.

    >>> half_a_digit("1.61")
    0.005000005
    """
    return round(0.5 * 10.0 ** -len(printed.partition(".")[2]) * (1 + 1e-6), 15)


def _read(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def _queueing(folder: Path) -> Iterator[Figure]:
    expected = _read(folder / "expected.json")
    for figure in expected["figures"]:
        given = dict(figure["given"])
        if figure["function"] == "size_seats":
            wanted = {name: given.pop(name) for name in list(given) if name in Targets.__dataclass_fields__}
            given["targets"] = Targets(**wanted)
        found = getattr(queueing, figure["function"])(**given)
        for name in filter(None, figure["column"].split(".")):
            found = getattr(found, name)
        yield Figure(
            case=f"queueing/{folder.name}",
            source=expected["source"],
            name=figure["name"],
            expected=figure["printed"],
            tolerance=figure.get("tolerance", half_a_digit(figure["printed"])),
            found=float(found() if callable(found) else found) * figure.get("times", 1),
        )


_ENGINES: dict[str, Callable[[Path], Iterator[Figure]]] = {
    "reliability": _reliability,
    "prediction": _prediction,
    "prediction_placement": _placement,
    "queueing": _queueing,
}
