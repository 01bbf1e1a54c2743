"""A switching log as people keep it, read for the engine that replays it."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from openpyxl import Workbook, load_workbook

from denghuo.adapters.tables import TableCode, TableError, read_switching_log, write_switching_log_template
from denghuo.engines.grid import BranchKind, build_grid


def log(path: Path, text: str) -> Path:
    (path / "log.csv").write_text(text, encoding="utf-8")
    return path / "log.csv"


@pytest.mark.parametrize(
    "typed",
    [
        "2024-05-01 08:30",
        "2024-05-01T08:30:00",
        "2024/5/1 8:30",
        "2024.5.1 8:30:00",
        "2024年5月1日 8时30分",
        "2024年05月01日08:30",
        "２０２４-０５-０１　０８：３０",
        "2024-05-01 00:30Z",
        "2024-05-01 02:30+02:00",
    ],
)
def test_times_as_people_write_them(typed: str, tmp_path: Path) -> None:
    rows = read_switching_log(log(tmp_path, f"设备编号,操作,时间\nK1,分闸,{typed}\n"), timezone="Asia/Shanghai")

    assert rows.at.tolist() == np.array(["2024-05-01T00:30"], dtype="datetime64[us]").tolist()


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("昨天", TableCode.BAD_INSTANT),
        ("45413.354", TableCode.BAD_INSTANT),
        ("2024-13-01 08:00", TableCode.BAD_INSTANT),
        ("2024-05-01 25:00", TableCode.BAD_INSTANT),
        ("20240501", TableCode.BAD_INSTANT),
        ("5/1/2024 8:30", TableCode.BAD_INSTANT),
        ("2024-11-03 01:30", TableCode.AMBIGUOUS_INSTANT),
        ("2024-03-10 02:30", TableCode.AMBIGUOUS_INSTANT),
    ],
)
def test_times_that_cannot_be_told(typed: str, code: TableCode, tmp_path: Path) -> None:
    rows = read_switching_log(log(tmp_path, f"device,operation,time\nK1,open,{typed}\n"), timezone="America/Vancouver")

    assert [(problem.code, problem.cell) for problem in rows.problems] == [(code, "C2")]
    assert rows.left_out == 1
    assert len(rows.at) == 0


def test_the_good_rows_are_kept_and_the_bad_ones_told(tmp_path: Path) -> None:
    text = (
        "device,operation,time,event,note\n"
        "K1,跳闸,2024-05-01 08:30,E1,雷击\n"
        "K2,合,2024-05-01 09:30,E1,\n"
        "K7,close,2024-05-01 10:00,,\n"
        "K1,摇晃,2024-05-01 10:00,,\n"
        "K1,close,,E1,\n"
        "K1,close,2024-05-01 11:00,E2,\n"
    )
    rows = read_switching_log(log(tmp_path, text), timezone="UTC", devices=["K1", "K2"])

    assert rows.device.tolist() == ["K1", "K2", "K1"]
    assert rows.closes.tolist() == [False, True, True]
    assert rows.row.tolist() == [2, 3, 7]
    assert rows.note.tolist() == ["雷击", "", ""]
    assert rows.left_out == 3
    assert {(problem.code, problem.row) for problem in rows.problems} == {
        (TableCode.UNKNOWN_DEVICE, 4),
        (TableCode.UNKNOWN_CHOICE, 5),
        (TableCode.MISSING_VALUE, 6),
    }


def test_the_log_as_the_engine_replays_it(tmp_path: Path) -> None:
    grid = build_grid(
        nodes={"id": ["a", "b"]},
        branches={"id": ["K1"], "from_node": [0], "to_node": [1], "kind": [BranchKind.SWITCH]},
        switches={"branch": [0]},
    )
    text = "device,operation,time,event\nK1,open,2024-05-01 08:30,E1\n"
    text += "K2,open,2024-05-01 08:31,\nK1,close,2024-05-01 09:00,E1\n"
    found = read_switching_log(log(tmp_path, text), timezone="UTC").switching_log(grid)

    assert found.switch.tolist() == [0, -1, 0]
    assert found.closes.tolist() == [False, False, True]
    assert found.event.tolist() == [0, -1, 0]
    assert found.id.tolist() == [2, 3, 4]


def test_the_template_filled_in_with_dates_of_excel(tmp_path: Path) -> None:
    write_switching_log_template(tmp_path / "log.xlsx")
    workbook = load_workbook(tmp_path / "log.xlsx")
    row = ("K1", "分闸", datetime(2024, 5, 1, 8, 30), "2024-0001")  # noqa: DTZ001 - as Excel keeps it
    for column, value in enumerate(row, start=1):
        workbook["操作记录"].cell(row=3, column=column, value=value)
    workbook.save(tmp_path / "log.xlsx")

    rows = read_switching_log(tmp_path / "log.xlsx", timezone="Asia/Shanghai")

    assert rows.at.astype(str).tolist() == ["2024-05-01T00:30:00.000000"]
    assert rows.event.tolist() == ["2024-0001"]


def test_any_single_sheet_will_do(tmp_path: Path) -> None:
    workbook = Workbook()
    workbook.active.append(["device", "operation", "time"])
    workbook.active.append(["K1", "open", "2024-05-01 08:30"])
    workbook.save(tmp_path / "log.xlsx")

    assert read_switching_log(tmp_path / "log.xlsx", timezone="UTC").device.tolist() == ["K1"]


@pytest.mark.parametrize("text", ["device,time\nK1,2024-05-01 08:30\n", "a,b\n1,2\n", ""])
def test_a_log_without_its_columns_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(TableError):
        read_switching_log(log(tmp_path, text), timezone="UTC")
