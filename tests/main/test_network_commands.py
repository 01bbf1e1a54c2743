"""`denghuo trace`, `check`, `isolate` and `replay`: what they print, and how they refuse."""

import json
from pathlib import Path
from typing import Any

import pytest

from denghuo.main import cli
from denghuo.main.commands._network import Names

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


OWN = {
    "sources.csv": "id,node\nS,bus\n",
    "switches.csv": "id,from_node,to_node,kind,normally_closed\n"
    "K1,bus,a,breaker,closed\nK2,a,b,breaker,closed\nK3,b,bus,breaker,closed\n",
    "lines.csv": "id,from_node,to_node,length_km\nL1,a,c,far\nL1,b,d,1\n",
    "loads.csv": "id,node,lv_customers\nT1,c,10\n",
}


def own_tables(folder: Path, **changed: str) -> str:
    for name, text in OWN.items():
        write(folder, name, changed.get(name.removesuffix(".csv"), text))
    return str(folder)


def test_check_tells_rows_of_our_own_tables_by_their_own_codes_and_loops_with_them(capsys, tmp_path):
    found = run_json(capsys, "check", own_tables(tmp_path), code=1)

    assert found["network"] is None
    assert found["notes"] == []
    told = {(row["severity"], row["code"], row["file"], row["row"]) for row in found["findings"]}
    assert {
        ("error", "not_a_number", "lines.csv", 2),
        ("error", "duplicate_id", "lines.csv", 3),
        ("error", "closed_loop", "switches.csv", 2),
    } <= told


def test_check_exits_1_for_errors_and_0_for_remarks(capsys, tmp_path):
    """A missing sheet is an error of the network like a bad row; only what is no network at all ends with 2."""
    sound = {"switches": "id,from_node,to_node,kind\nK1,bus,a,breaker\n", "lines": "id,from_node,to_node\nL1,a,c\n"}
    folder = own_tables(tmp_path, **sound)
    assert run_json(capsys, "check", folder)["findings"] == []

    write(tmp_path, "loads.csv", "id,node,lv_customers\nT1,c,10\nT2,nowhere,10\n")
    remarks = run_json(capsys, "check", folder)["findings"]
    assert {(one["severity"], one["code"]) for one in remarks} == {
        ("remark", "not_supplied"),
        ("remark", "isolated_node"),
    }

    (tmp_path / "sources.csv").unlink()
    errors = run_json(capsys, "check", folder, code=1)["findings"]
    assert {(one["severity"], one["code"]) for one in errors} == {("error", "missing_sheet")}
    assert {frozenset(one) for one in errors} == {frozenset(one) for one in remarks}


def test_what_nobody_told_is_unknown_and_not_0(capsys, tmp_path):
    sound = {"switches": "id,from_node,to_node,kind\nK1,bus,a,breaker\n", "lines": "id,from_node,to_node\nL1,a,c\n"}
    folder = own_tables(tmp_path, **sound, loads="id,node,lv_customers,kva,kw\nT1,c,10,100,\nT2,bus,1,100,7\n")

    assert run_json(capsys, "trace", folder)["without_supply"] == {
        "loads": 0,
        "mv_users": 0,
        "lv_customers": 0,
        "kva": 0.0,
        "kw": 0.0,
    }
    dead = run_json(capsys, "trace", folder, "--open", "K1")
    assert dead["without_supply"]["kva"] == 100
    assert dead["without_supply"]["kw"] is None
    assert [row["kw"] for row in dead["by_feeder"]] == [None]
    assert dead["loads"] == ["T1"]


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


def test_isolate_tells_each_outage_and_what_ties_carry(capsys):
    """sw4 gives way to a fault at its head; the loads behind it come back over the tie sw7."""
    sheet = run_json(capsys, "isolate", RING, "60", "--fault")

    assert sheet["plan"]["mv_user_hours"] == pytest.approx(
        sum(one["hours"] * one["mv_users"] for one in sheet["outages"])
    )
    assert all(one["hours"] == one["to_h"] - one["from_h"] > 0 for one in sheet["outages"])
    assert len(sheet["loads"]) == sheet["plan"]["loads_out_during_work"]
    assert set(sheet["loads"]) <= {one["load"] for one in sheet["outages"]}
    closed = {step["device"] for step in sheet["steps"] if step["why"] == "restore_by_tie"}
    assert {tie["device"] for tie in sheet["ties"]} == closed == {"sw7"}
    assert all(tie["kva"] > 0 for tie in sheet["ties"])
    assert "sw4" in sheet["plan"]["lock_open"]
    assert sheet["whole_line"]["opened_at"] == ["sw1"]


def test_isolate_lists_outages_for_people_when_asked(capsys):
    assert cli.main(["isolate", RING, "l35"]) == 0
    assert "outages" not in capsys.readouterr().out
    assert cli.main(["isolate", RING, "l35", "--loads"]) == 0
    assert "outages (16)" in capsys.readouterr().out


def test_isolate_refuses_in_a_sentence(capsys):
    assert "sw2" in refusal(capsys, "isolate", MASTER, "sw22")
    with pytest.raises(SystemExit, match="2"):
        cli.main(["isolate", MASTER, "l35", "--hours", "four"])
    assert "four is not a positive number of hours" in capsys.readouterr().err
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
    assert "sw" in found["findings"][0]["meaning"]


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


def test_a_device_in_a_log_is_found_as_on_the_command_line(capsys, tmp_path):
    log = write(
        tmp_path,
        "log.csv",
        "device,operation,time,event\nLine.SW2,open,2026-05-01 08:00,E1\nsw2,close,2026-05-01 09:00,E1\n",
    )
    assert run_json(capsys, "replay", MASTER, log)["summary"]["mv_user_hours"] == 52


def test_a_row_that_opens_an_open_tie_is_told_and_hides_nobody(capsys, tmp_path):
    log = write(
        tmp_path, "log.csv", "device,operation,time,event\nsw4,open,2026-05-01 08:00,E\nsw7,open,2026-05-01 09:00,E\n"
    )
    found = run_json(capsys, "replay", RING, log)
    assert {one["start"] for one in found["interruptions"]} == {"2026-05-01T08:00:00+08:00"}
    assert len(found["interruptions"]) == 38
    assert [(one["code"], one["row"]) for one in found["findings"]] == [("begins_midway", 3), ("already_open", 3)]


def test_what_was_asked_to_be_left_out_is_no_failure(capsys, tmp_path):
    log = write(
        tmp_path, "log.csv", "device,operation,time,event\nsw5,open,2026-05-01 08:00,E\nsw5,close,2026-05-01 09:00,E\n"
    )
    found = run_json(capsys, "replay", MASTER, log, "--until", "2026-05-01T09:00")
    assert [one["code"] for one in found["findings"]] == ["after_end"]
    assert found["summary"]["not_yet_restored"] == 10


def test_a_name_that_letter_case_alone_tells_apart_is_not_guessed():
    names = Names(["K1", "k1", "T-2"])
    assert [names.find(one) for one in ("K1", "k1", "t-2", "Switch.T-2", "K2")] == ["K1", "k1", "T-2", "T-2", None]
    assert names.near("K2") == "K1"
    assert Names([]).near("K2") == "none at all"
