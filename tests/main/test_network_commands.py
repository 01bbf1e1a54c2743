"""`denghuo trace`, `check`, `isolate` and `replay`: what they print, and how they refuse."""

import json
from pathlib import Path
from typing import Any

import pytest

from denghuo.main import cli

FOLDER = Path(__file__).parents[1] / "adapters" / "data" / "ieee123" / "123Bus"
MASTER = str(FOLDER / "IEEE123Master.dss")
RING = str(FOLDER / "IEEE123Switches.dss")


def run_json(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    assert cli.main([*arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out, parse_constant=pytest.fail)


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("denghuo: ")
    assert "Traceback" not in captured.err
    return captured.err


def write(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def test_trace_counts_by_feeder_and_in_all(capsys):
    found = run_json(capsys, "trace", MASTER, "--open", "sw2", "--open", "SW3")

    assert found["without_supply"]["loads"] == 68
    assert sum(row["loads"] for row in found["by_feeder"]) == 68
    assert found["without_supply"]["mv_users"] == 68
    assert run_json(capsys, "trace", MASTER)["without_supply"]["loads"] == 0


def test_trace_over_a_tie(capsys):
    """sw4 feeds 38 loads, 10 of them through sw5; the tie sw7 ends behind sw5."""
    assert run_json(capsys, "trace", RING, "--open", "sw4")["without_supply"]["loads"] == 38
    assert run_json(capsys, "trace", RING, "--open", "sw4", "--close", "sw7")["without_supply"]["loads"] == 0
    parted = run_json(capsys, "trace", RING, "--open", "sw4", "--open", "sw5", "--close", "sw7", "--loads")
    assert parted["without_supply"]["loads"] == len(parted["loads"]) == 28


def test_trace_prints_a_table_for_people(capsys):
    assert cli.main(["trace", MASTER, "--open", "sw2"]) == 0
    assert "mv_users" in capsys.readouterr().out


def test_a_device_that_is_not_there_is_told_with_one_that_is(capsys):
    assert "sw2" in refusal(capsys, "trace", MASTER, "--open", "sw22")
    assert "no switching device" in refusal(capsys, "trace", MASTER, "--open", "l115")
    assert "opened and closed at once" in refusal(capsys, "trace", MASTER, "--open", "sw1", "--close", "sw1")


@pytest.mark.parametrize("command", [["trace"], ["check"], ["isolate", "sw1"], ["replay", "log.csv"]])
def test_a_model_that_cannot_be_read_is_a_sentence(capsys, tmp_path, command):
    missing = str(tmp_path / "nowhere.dss")
    rubbish = write(tmp_path, "rubbish.bin", "lorem ipsum")

    assert "nowhere.dss" in refusal(capsys, command[0], missing, *command[1:])
    assert "no network file that is known here" in refusal(capsys, command[0], rubbish, *command[1:])


def test_check_finds_nothing_wrong_with_the_published_feeder(capsys):
    found = run_json(capsys, "check", MASTER)

    assert found["findings"] == []
    assert (found["network"]["loads"], found["network"]["switches"]) == (91, 8)


def test_check_tells_everything_at_once(capsys, tmp_path):
    model = write(
        tmp_path,
        "loop.dss",
        "New Circuit.c bus1=a basekv=10\nRedirect missing.dss\n"
        "New Line.s1 bus1=a bus2=b switch=y\nNew Line.s2 bus1=b bus2=d switch=y\nNew Line.s3 bus1=d bus2=a switch=y\n"
        "New Line.same bus1=d bus2=d length=1\nNew Load.lost bus1=z kV=10 kW=5\n",
    )

    found = run_json(capsys, "check", model, code=1)

    codes = {row["code"]: row["ids"] for row in found["findings"]}
    assert sorted(codes["closed_loop"]) == ["s1", "s2", "s3"]
    assert codes["both_ends_at_one_node"] == ["same"]
    assert codes["not_supplied"] == ["lost"]
    assert [(note["code"], note["row"]) for note in found["notes"]] == [("missing_file", 2)]


def test_check_passes_over_what_is_only_worth_a_look(capsys, tmp_path):
    model = write(
        tmp_path, "m.dss", "New Circuit.c bus1=a\nNew Line.l bus1=a bus2=b\nNew Load.lost bus1=z kV=10 kW=5\n"
    )

    assert {row["code"] for row in run_json(capsys, "check", model)["findings"]} == {"not_supplied", "isolated_node"}


def test_check_tells_every_bad_row_of_a_table(capsys, tmp_path):
    write(tmp_path, "bus.csv", "id,vn_kv\n0,ten\n1,10\n")
    write(tmp_path, "line.csv", "id,from_bus,to_bus,length_km\n0,0,1,x\n1,0,7,1\n")

    found = run_json(capsys, "check", str(tmp_path), code=1)

    assert [(row["file"], row["row"], row["column"]) for row in found["findings"]] == [
        ("bus.csv", 2, "vn_kv"),
        ("line.csv", 2, "length_km"),
        ("line.csv", 3, "to_bus"),
    ]


def test_isolate_is_never_worse_than_opening_the_whole_line(capsys):
    sheet = run_json(capsys, "isolate", RING, "l10", "--hours", "4")

    assert sheet["plan"]["mv_user_hours"] <= sheet["whole_line"]["mv_user_hours"]
    assert sheet["plan"]["proven_optimal"] is True
    assert [step["step"] for step in sheet["steps"]] == list(range(1, len(sheet["steps"]) + 1))
    operated = {step["device"] for step in sheet["steps"] if step["action"] == "open"}
    assert operated


def test_isolating_a_part_behind_a_switch_leaves_the_rest_on(capsys):
    sheet = run_json(capsys, "isolate", MASTER, "61s", "--hours", "2")

    assert sheet["plan"]["mv_user_hours"] == 0
    assert sheet["whole_line"]["mv_user_hours"] == 2 * 91


def test_isolate_refuses_in_a_sentence(capsys):
    assert "zzz" in refusal(capsys, "isolate", MASTER, "zzz")
    assert "source" in refusal(capsys, "isolate", MASTER, "150")


def test_replay_gives_each_load_its_interruption_and_loses_no_row(capsys, tmp_path):
    log = write(
        tmp_path,
        "log.csv",
        "device,operation,time,event\n"
        "sw2,open,2024-05-01 08:00,E1\n"
        "SW3,分,2024-05-01T08:30+08:00,E2\n"
        "nosuch,open,2024-05-01 08:45,E3\n"
        "sw2,close,2024-05-01 10:00,E1\n"
        "sw3,合,2024-05-01T02:30Z,E2\n",
    )

    found = run_json(capsys, "replay", MASTER, log, code=1)

    rows = found["interruptions"]
    assert found["summary"]["interruptions"] == len(rows) == 68
    assert found["summary"]["mv_user_hours"] == 52 * 2.0 + 16 * 2.0
    assert {(row["event"], row["start"], row["hours"], row["opened_by_row"], row["closed_by_row"]) for row in rows} == {
        ("E1", "2024-05-01T08:00:00+08:00", 2.0, 2, 5),
        ("E2", "2024-05-01T08:30:00+08:00", 2.0, 3, 6),
    }
    assert [(one["code"], one["row"], one["device"]) for one in found["findings"]] == [("unknown_device", 4, "nosuch")]


def test_replay_of_an_outage_that_is_not_over(capsys, tmp_path):
    log = write(tmp_path, "log.csv", "device,operation,time,event\nsw5,open,2024-05-01 08:00,E1\n")

    found = run_json(capsys, "replay", MASTER, log)

    assert found["summary"]["not_yet_restored"] == 10
    assert {(row["end"], row["hours"], row["closed_by_row"]) for row in found["interruptions"]} == {(None, None, None)}


def test_replay_tells_bad_rows_with_their_place(capsys, tmp_path):
    log = write(tmp_path, "log.csv", "device,operation,time,event\nsw5,open,yesterday,E1\n")

    found = run_json(capsys, "replay", MASTER, log, code=1)

    assert found["summary"]["rows_left_out"] == 1
    assert found["findings"][0]["row"] == 2
    assert "yesterday" in found["findings"][0]["meaning"]


def test_replay_refuses_in_a_sentence(capsys, tmp_path):
    log = write(tmp_path, "log.csv", "device,operation,time,event\n")
    headless = write(tmp_path, "headless.csv", "a,b\n1,2\n")

    assert "Atlantis" in refusal(capsys, "replay", MASTER, log, "--timezone", "Atlantis/Capital")
    assert "--until" in refusal(capsys, "replay", MASTER, log, "--until", "soon")
    assert "headless.csv" in refusal(capsys, "replay", MASTER, headless)
    assert "nolog.csv" in refusal(capsys, "replay", MASTER, str(tmp_path / "nolog.csv"))


def test_a_device_is_found_by_the_name_opendss_gives_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["trace", MASTER, "--open", "Line.SW2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["without_supply"]["loads"] == 52


def test_open_and_closed_at_once_is_refused_however_it_is_spelled(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["trace", MASTER, "--open", "SW2", "--close", "sw2"]) == 2
    assert "cannot be opened and closed at once" in capsys.readouterr().err


def test_a_log_that_begins_in_an_outage_tells_it_without_a_beginning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log.csv"
    log.write_text("device,operation,time,event\nsw2,close,2026-05-01 08:00,E1\n")
    cli.main(["replay", MASTER, str(log), "--json"])
    told = json.loads(capsys.readouterr().out)["interruptions"]
    assert len(told) == 52
    assert {one["start"] for one in told} == {None}
    assert {one["event"] for one in told} == {"E1"}
