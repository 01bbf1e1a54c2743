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
    assert [(step["disconnects"], step["at"]) for step in placement] == [(0, []), (1, ["L4:to"])]


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
        (
            BUS_2[::-1],
            "loads.csv: has no columns line, from, to, failure_rate_per_km_yr or failure_rate_per_yr, repair_h; it",
        ),
        ([*BUS_2, "--repair-h", "4"], "a line table carries its own"),
        ([*BUS_2, "--disconnects", "my_ends"], "has no column my_ends"),
        ([*BUS_2, "--place", "-1"], "budget"),
        ([*BUS_2, "--place", "1", "--disconnects", "none"], "leave --disconnects out"),
        ([*BUS_2, "--alternate-at", "N99"], "--alternate-at N99: no line leads to that node"),
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


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--transformer-repair-h", "soon", "soon is not a number from 0 up"),
        ("--fuse-success", "often", "often is not a probability"),
        ("--causes", "-3", "-3 is not a whole number from 0 up"),
    ],
)
def test_an_option_that_is_no_number_is_said_in_words(
    option: str, value: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["predict", *BUS_2, option, value])
    assert words in capsys.readouterr().err


def test_a_node_that_no_line_leads_to_is_said_to_be_a_source(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    lines = tmp_path / "lines.csv"
    lines.write_text(Path(BUS_2[0]).read_text(encoding="utf-8").replace("L4,N25,N26", "L4,N25,N62"), encoding="utf-8")

    (note,) = answer(capsys, str(lines), BUS_2[1])["notes"]  # type: ignore[misc, attr-defined]
    assert "N26" in note
    assert "source" in note


def test_says_that_placing_starts_from_bare_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(capsys, *BUS_2, "--place", "1")["notes"] == [
        "placed on bare lines: the disconnects of the table (10) are left out"
    ]
    assert "notes" not in answer(capsys, *BUS_2)


def test_a_folder_of_line_tables_is_a_model_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(capsys, str(Path(BUS_2[0]).parent)) == answer(capsys, *BUS_2)


def test_an_alternate_supply_may_stand_at_further_nodes(capsys: pytest.CaptureFixture[str]) -> None:
    listed = answer(capsys, *FEEDER)
    assert answer(capsys, *FEEDER, "--no-alternate", "--alternate-at", "n4") == listed
    # The supply at n2 is of no use while S2 is out, which n2 hangs on; nor to D while S3 is.
    hours = {
        point["load_point"]: point["U_h_per_yr"]
        for point in answer(capsys, *FEEDER, "--no-alternate", "--alternate-at", "n2")["load_points"]  # type: ignore[attr-defined]
    }
    assert hours == pytest.approx({"A": 1.5, "B": 1.95, "C": 2.25 + 0.1 * 3.5, "D": 1.5 + 0.4 * 3.5})


def test_what_nobody_told_is_unknown_and_not_zero(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    loads = tmp_path / "loads.csv"
    loads.write_text("load_point,avg_load_kw,customers\nA,5000,1000\nB,,800\n", encoding="utf-8")
    result = answer(capsys, FEEDER[0], str(loads), "--causes", "99")
    system, causes = result["system"], result["causes"]
    assert isinstance(system, dict)
    assert isinstance(causes, list)
    assert system["ENS_MWh"] is system["AENS_kWh"] is None
    assert system["SAIDI_h"] == pytest.approx((1000 * 1.5 + 800 * 1.95) / 1800)
    # Fuses keep the failures of A's own lateral from B; those of C's and D's take out neither.
    unknown = {cause["element"] for cause in causes if cause["ENS_MWh_per_yr"] is None}
    assert unknown == {"S1", "S2", "S3", "S4", "b"}
    assert result["notes"] == ["load points of unknown demand: 1; their energy, and so the system's, is not known"]


def own_model(folder: Path) -> str:
    """A breaker, a line of our own tables with and one without failure data, a transformer."""
    tables = {
        "sources": "id,node\nS,bus\n",
        "switches": "id,from_node,to_node,kind\nQF1,bus,a,breaker\n",
        "lines": "id,from_node,to_node,length_km,failure_rate_per_year,repair_h\nL1,a,b,2,0.3,4\nL2,b,c,5,,\n",
        "transformers": "id,from_node,to_node,rated_kva\nT1,c,d,400\n",
        "loads": "id,node,mv_users,kw\nU1,b,1,50\nU2,d,1,\n",
    }
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return str(folder)


def test_a_model_takes_defaults_only_where_it_says_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    model = own_model(tmp_path)
    own = answer(capsys, model)
    assert own["system"]["SAIDI_h"] == pytest.approx(0.3 * 4)  # type: ignore[index]
    every = ["--failure-rate-per-km-yr", "0.1", "--repair-h", "6", "--transformer-failure-rate", "0.02"]
    filled = answer(capsys, model, *every, "--transformer-repair-h", "10")
    assert filled["system"]["SAIDI_h"] == pytest.approx(0.3 * 4 + 0.5 * 6 + 0.02 * 10)  # type: ignore[index]
    assert cli.main(["predict", model, *every]) == 2
    assert "first transformer T1; give --repair-h for lines, --transformer-repair-h" in capsys.readouterr().err


def test_figures_of_a_model_say_what_they_leave_out(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    result = answer(capsys, own_model(tmp_path))
    assert result["system"]["basis"] == "mv_users"  # type: ignore[index]
    assert result["notes"] == [
        "the model counts no LV customers: MV users are counted",
        "transformers never fail here: no rate in the model, no --transformer-failure-rate",
        "load points of unknown demand: 1; their energy, and so the system's, is not known",
    ]


def test_a_model_has_its_devices_where_they_stand(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.main(["predict", own_model(tmp_path), "--alternate-at", "b"]) == 2
    assert "--alternate-at is for line tables" in capsys.readouterr().err
