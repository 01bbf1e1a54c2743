"""`denghuo predict` as a person types it."""

import json
from pathlib import Path

import pytest

from denghuo.main import cli

CASES = Path(__file__).parents[1] / "cases" / "prediction"
BUS_2 = [str(CASES / "rbts_bus_2/input/lines.csv"), str(CASES / "rbts_bus_2/input/loads.csv")]
FEEDER = [str(CASES / "billinton_allan_ch7/input/lines.csv"), str(CASES / "billinton_allan_ch7/input/loads.csv")]


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert cli.main(["predict", *arguments, "--json"]) == 0
    parsed: dict[str, object] = json.loads(capsys.readouterr().out)
    return parsed


@pytest.mark.parametrize(
    ("arguments", "ens_mwh"),
    [
        (BUS_2, 37.745679),
        ([*BUS_2, "--disconnects", "none", "--no-fuses", "--no-alternate"], 231.2633525),
        ([*BUS_2, "--disconnects", "none", "--no-alternate"], 43.82444),
        ([*FEEDER, "--no-alternate", "--fuse-success", "0.9"], 35.93),
        ([*FEEDER, "--transfer-success", "0.6"], 29.11),
        # Transfers half an hour later: hours with supply from the far end grow by the failures upstream of B, C and D.
        ([*FEEDER, "--tie-switching-h", "1.0"], 25.05 + 0.5 * (0.2 * 4.0 + 0.3 * 3.0 + 0.6 * 2.0)),
    ],
)
def test_options_are_the_cases_of_the_books(
    capsys: pytest.CaptureFixture[str], arguments: list[str], ens_mwh: float
) -> None:
    system = answer(capsys, *arguments)["system"]
    assert isinstance(system, dict)
    assert system["ENS_MWh"] == pytest.approx(ens_mwh)


def test_replacing_a_transformer_takes_ten_hours_not_two_hundred(capsys: pytest.CaptureFixture[str]) -> None:
    points = {
        hours: {
            point["load_point"]: point["U_h_per_yr"]
            for point in answer(capsys, *BUS_2, "--transformer-repair-h", hours)["load_points"]  # type: ignore[attr-defined]
        }
        for hours in ("200", "10")
    }
    saved = {name: points["200"][name] - points["10"][name] for name in points["10"]}
    assert saved.pop("LP8") == saved.pop("LP9") == 0.0
    assert list(saved.values()) == pytest.approx([0.015 * 190.0] * 20)


def test_places_disconnects(capsys: pytest.CaptureFixture[str]) -> None:
    placement = answer(capsys, *BUS_2, "--place", "1")["placement"]
    assert isinstance(placement, list)
    assert [(step["disconnects"], step["at"]) for step in placement] == [(0, ""), (1, "L4:to")]


def test_says_what_costs_most(capsys: pytest.CaptureFixture[str]) -> None:
    result = answer(capsys, *FEEDER, "--causes", "99")
    causes, system = result["causes"], result["system"]
    assert isinstance(causes, list)
    assert isinstance(system, dict)
    assert len(causes) == 8
    # S3 keeps C waiting for the repair and S1 keeps A: 3 km with 3 MW against 2 km with 5 MW.
    assert [cause["element"] for cause in causes[:2]] == ["S3", "S1"]
    assert sum(cause["ENS_MWh_per_yr"] for cause in causes) == pytest.approx(system["ENS_MWh"])


def test_prints_tables_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["predict", *FEEDER]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "system"
    assert lines[-1].split() == ["D", "500", "1", "1.5", "1.5", "3"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (BUS_2[:1], "give the load table too"),
        ([BUS_2[0], "nowhere.csv"], "nowhere.csv: there is no such file"),
        (BUS_2[::-1], "has no column repair_h"),
        ([*BUS_2, "--repair-h", "4"], "a line table carries its own"),
        ([*BUS_2, "--disconnects", "my_ends"], "has no column my_ends"),
        ([*BUS_2, "--place", "-1"], "budget"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert cli.main(["predict", *arguments]) == 2
    printed = capsys.readouterr()
    assert sentence in printed.err
    assert printed.out == ""


def test_a_probability_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["predict", *BUS_2, "--fuse-success", "1.5"])
    assert "not a probability" in capsys.readouterr().err
