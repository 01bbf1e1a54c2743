"""The prediction against published figures, to their printed digits. Cases are data: see tests/cases/prediction."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from denghuo.adapters.reliability_tables import read_line_tables
from denghuo.engines.reliability import (
    place_disconnects,
    predict_lines,
)

CASES = Path(__file__).parents[2] / "cases" / "prediction"
BUS_2 = CASES / "rbts_bus_2" / "input"
PLACEMENT = json.loads((CASES.parent / "prediction_placement/rbts_bus_2/expected.json").read_text())["feeders"]


def test_budget_is_shared_out_among_feeders() -> None:
    lines, loads = read_line_tables(BUS_2 / "lines.csv", BUS_2 / "loads.csv")
    everywhere = place_disconnects(lines, loads, budget=4)
    saved = []
    for feeder in PLACEMENT:
        ens = [best["ENS_MWh"] for best in feeder["best_by_number_of_disconnects"].values()]
        saved.append([ens[0] - value for value in ens])
    best = max(
        saved[0][a] + saved[1][b] + saved[2][c] + saved[3][4 - a - b - c]
        for a in range(5)
        for b in range(min(3, 4 - a) + 1)
        for c in range(4 - a - b + 1)
    )
    unserved = everywhere.unserved_kwh_per_year
    assert (unserved[0] - unserved[-1]) / 1000.0 == pytest.approx(best, abs=1e-5)
    assert (np.diff(unserved) <= 1e-9).all()


def test_placement_refuses_what_it_cannot_place() -> None:
    lines, loads = read_line_tables(BUS_2 / "lines.csv", BUS_2 / "loads.csv")
    with pytest.raises(ValueError, match="L99:to"):
        place_disconnects(lines, loads, budget=1, candidates=["L99:to"])
    with pytest.raises(ValueError, match="budget"):
        place_disconnects(lines, loads, budget=-1)


@pytest.mark.data
def test_cineldi_agrees_with_relrad_at_every_load_point(reference_data: Path) -> None:
    folder = reference_data / "networks/cineldi_mv"
    lines, loads = read_line_tables(folder / "lines.csv", folder / "buses.csv")
    reserve = np.isin(lines.to_node, ("36", "62", "88"))
    prediction = predict_lines(replace(lines, alternate=reserve), loads)
    with (folder / "relrad_result_load_points.csv").open(encoding="utf-8", newline="") as file:
        published = {row["Load Point"]: row for row in csv.DictReader(file)}
    # Bus 1 is the supply side of the only breaker: RELRAD books the first line's failures on it, here it stays on.
    compared = [row for row, node in enumerate(loads.node.tolist()) if node != "1"]
    assert len(compared) == 123
    for row in compared:
        relrad = published[f"LP{loads.node[row]}"]
        assert prediction.interruptions_per_year[row] == pytest.approx(float(relrad["Lambda"]), rel=1e-9)
        assert prediction.hours_per_year[row] == pytest.approx(float(relrad["U"]), rel=1e-9)
        assert prediction.unserved_kwh_per_year[row] == pytest.approx(1000.0 * float(relrad["EENS"]), rel=1e-9)
    assert prediction.system().ens_kwh == pytest.approx(1000.0 * float(published["TOTAL"]["EENS"]), rel=1e-12)
