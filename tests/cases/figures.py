"""Work out the golden cases: every figure that is expected, beside the one that comes out."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from denghuo.adapters.reliability_tables import read_line_tables
from denghuo.engines.reliability import (
    Basis,
    Disconnects,
    IndexTable,
    Served,
    Standard,
    Variant,
    build_interruptions,
    compute_indices,
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
        lines, loads = read_line_tables(folder / "input/lines.csv", folder / "input/loads.csv")
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
        for name, text in case["system"].items():
            yield Figure(
                case=f"prediction/{folder.name}/{path.stem}",
                source=source,
                name=name,
                expected=text,
                tolerance=half_a_digit(text),
                found=found[name],
            )


def half_a_digit(printed: str) -> float:
    """Half a unit of the last digit that a table prints, and a little for halves.

    >>> half_a_digit("1.61")
    0.005000005
    """
    return round(0.5 * 10.0 ** -len(printed.partition(".")[2]) * (1 + 1e-6), 15)


def _read(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


_ENGINES: dict[str, Callable[[Path], Iterator[Figure]]] = {"reliability": _reliability, "prediction": _prediction}
