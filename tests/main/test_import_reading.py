"""Every kind of bad file is refused with the place and what to do; nothing is raised for what a file holds."""

import gzip
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from denghuo.adapters.recognition import FileKind
from denghuo.adapters.tables import RowProblem, TableCode, write_marked_workbook
from denghuo.engines.reliability import OutageKind
from denghuo.main.imports.reading import Reading, digest_of, read_file
from denghuo.main.imports.register import cause_of
from denghuo.main.imports.words import sentences
from tests.adapters.pandapower_tables import TABLES, as_workbook
from tests.main.import_files import LOG, REGISTER, column, put, text, workbook

NOW = datetime(2026, 5, 10, tzinfo=UTC)
DEVICES = ["QF1", "QL1", "QL9", "QF2", "QL2", "FU1"]


def read(path: Path, **how: Any) -> Reading:
    return read_file(path, **{"timezone": "Asia/Shanghai", "now": NOW, "devices": DEVICES} | how)


def codes(reading: Reading) -> set[object]:
    return {one.code for one in reading.refusals}


def only(reading: Reading) -> RowProblem:
    (problem,) = reading.refusals
    assert isinstance(problem, RowProblem)
    return problem


def heading(sheet: str, old: str, new: str) -> Callable[[Any], None]:
    def change(book: Any) -> None:
        book[sheet].cell(1, column(book[sheet], old)).value = new

    return change


def test_a_good_file_is_read_whole(tmp_path: Path) -> None:
    reading = read(workbook(tmp_path))
    assert (reading.kind, reading.refusals, reading.rest) == (FileKind.NETWORK, (), 0)
    assert reading.grid is not None
    assert len(reading.grid.loads.id) == 7
    assert len(reading.digest) == 64


def test_a_column_that_is_misspelt(tmp_path: Path) -> None:
    problem = only(read(workbook(tmp_path, heading("Lines", "Length", "Lenght"))))
    assert (problem.code, problem.sheet, problem.row) == (TableCode.UNKNOWN_COLUMN, "Lines", 1)
    assert "Length" in problem.hint


def test_a_column_nobody_knows_is_told_and_left_alone(tmp_path: Path) -> None:
    def change(book: Any) -> None:
        book["Loads"].cell(1, book["Loads"].max_column + 1).value = "Favorite color"

    reading = read(workbook(tmp_path, change))
    assert not reading.refusals
    assert TableCode.IGNORED_COLUMN in {one.code for one in reading.notes}


def test_a_unit_that_does_not_fit(tmp_path: Path) -> None:
    reading = read(workbook(tmp_path, heading("Lines", "Length", "Length (kVA)")))
    assert codes(reading) == {TableCode.WRONG_UNIT}
    assert reading.grid is None


def test_a_unit_of_the_same_quantity_is_converted_and_told(tmp_path: Path) -> None:
    def change(book: Any) -> None:
        heading("Lines", "Length", "Length (m)")(book)
        put(book, "Lines", "L1", "Length", 350)

    reading = read(workbook(tmp_path, change))
    assert TableCode.UNIT_CONVERTED in {one.code for one in reading.notes}
    assert reading.grid is not None
    assert reading.grid.branches.length_km[reading.grid.branch_position["L1"]] == pytest.approx(0.35)


def test_a_tie_that_closes_a_loop(tmp_path: Path) -> None:
    problem = only(read(workbook(tmp_path, lambda book: put(book, "Switches", "QL9", "Normal", "closed"))))
    assert problem.code is TableCode.CLOSED_LOOP
    assert "QL9" in problem.hint
    assert "normally open" in str(problem)


def test_a_load_that_is_fed_twice(tmp_path: Path) -> None:
    reading = read(workbook(tmp_path, lambda book: book["Sources"].append(["S2", "", "f", None])))
    assert codes(reading) == {TableCode.SUPPLIED_TWICE}


def test_a_formula(tmp_path: Path) -> None:
    problem = only(read(workbook(tmp_path, lambda book: put(book, "Loads", "T2", "LV customers", "=7+7"))))
    assert (problem.code, problem.sheet, problem.cell) == (TableCode.FORMULA, "Loads", "E3")


def test_every_bad_row_is_told_at_once_and_marked(tmp_path: Path) -> None:
    def change(book: Any) -> None:
        put(book, "Loads", "T1", "LV customers", "twenty")
        put(book, "Loads", "T2", "Node", "nowhere")
        put(book, "Switches", "QL1", "Kind", "brekaer")

    path = workbook(tmp_path, change)
    reading = read(path)
    assert codes(reading) == {TableCode.NOT_A_NUMBER, TableCode.UNKNOWN_NODE, TableCode.UNKNOWN_CHOICE}
    marked = tmp_path / "marked.xlsx"
    write_marked_workbook(path, reading.row_problems, marked, language="en", rest=reading.rest)
    again = read(marked)
    assert codes(again) == codes(reading), "the marks themselves are not read"


@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_a_workbook_that_is_cut_off(tmp_path: Path, share: float) -> None:
    path = workbook(tmp_path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert codes(read(path)) == {TableCode.CUT_OFF}


def test_a_compressed_file_that_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "log.csv.gz"
    path.write_bytes(gzip.compress((LOG * 50).encode())[:-20])
    assert codes(read(path)) == {TableCode.CUT_OFF}


def test_a_table_that_is_cut_off_in_the_middle_of_a_row(tmp_path: Path) -> None:
    reading = read(text(tmp_path, "log.csv", LOG + "QL2,open,2026-05-0"))
    assert {TableCode.CELL_COUNT, TableCode.BAD_INSTANT} <= codes(reading)
    assert {one.row for one in reading.row_problems} == {4}


def test_an_open_quote_at_the_end(tmp_path: Path) -> None:
    assert codes(read(text(tmp_path, "log.csv", LOG + 'QL2,"open'))) == {TableCode.BROKEN_CSV}


@pytest.mark.parametrize("name", ["empty.xlsx", "empty.csv", "empty.dss", "empty"])
def test_an_empty_file(tmp_path: Path, name: str) -> None:
    assert {str(code) for code in codes(read(text(tmp_path, name, "")))} <= {"empty", "empty_file"} != set()


def test_what_a_file_holds_counts_not_its_name(tmp_path: Path) -> None:
    book = workbook(tmp_path)
    assert read(book.rename(tmp_path / "station.csv")).refusals == ()
    assert read(text(tmp_path, "log.xlsx", LOG)).kind is FileKind.LOG
    assert codes(read(text(tmp_path, "letter.xlsx", "Dear Sir or Madam"))) == {TableCode.MISSING_HEADER}
    assert {str(code) for code in codes(read(text(tmp_path, "letter.bin", "Dear Sir or Madam")))} == {"not_recognized"}


def test_an_old_workbook(tmp_path: Path) -> None:
    path = tmp_path / "old.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512))
    assert {str(code) for code in codes(read(path))} == {"not_recognized"}


def bomb(path: Path, member: str, megabytes: int) -> None:
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open(member, "w") as stream:
        for _ in range(megabytes):
            stream.write(bytes(1 << 20))


def test_a_workbook_that_unpacks_without_end(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    bomb(path, "xl/media/picture.bin", 300)
    assert path.stat().st_size < 1_000_000
    assert codes(read(path)) == {TableCode.EXPANDS_TOO_MUCH}


def test_an_archive_that_unpacks_without_end(tmp_path: Path) -> None:
    path = tmp_path / "network.zip"
    bomb(path, "lines.csv", 300)
    assert path.stat().st_size < 1_000_000
    assert {str(code) for code in codes(read(path))} == {"too_large"}


def test_a_script_reads_nothing_outside_its_folder(tmp_path: Path) -> None:
    text(tmp_path, "secret.dss", "New Line.secret bus1=a bus2=b\n")
    folder = tmp_path / "upload"
    folder.mkdir()
    script = "New Circuit.c bus1=a\nRedirect ../secret.dss\nNew Line.l bus1=a bus2=c\nNew Load.d bus1=c kV=10 kW=5\n"
    path = text(folder, "master.dss", script)
    reading = read(path, root=folder)
    names = [] if reading.grid is None else reading.grid.branches.id.tolist()
    assert "secret" not in names
    assert reading.refusals or reading.notes


def test_texts_the_database_has_no_room_for(tmp_path: Path) -> None:
    problem = only(read(workbook(tmp_path, lambda book: put(book, "Loads", "T2", "Area", "很" * 81))))
    assert (problem.code, problem.hint) == (TableCode.TOO_LONG, "80")


def test_a_log_is_read_with_its_times_and_events(tmp_path: Path) -> None:
    reading = read(text(tmp_path, "log.csv", LOG))
    assert [(row.device_code, row.closes, row.event_number) for row in reading.operations] == [
        ("QL1", False, "TD-1"),
        ("QL1", True, "TD-1"),
    ]
    assert reading.operations[0].operated_at == datetime(2026, 5, 2, 0, 0, tzinfo=UTC)


def test_a_log_that_speaks_of_a_device_nobody_knows(tmp_path: Path) -> None:
    problem = only(read(text(tmp_path, "log.csv", LOG + "QL22,open,2026-05-03 08:00,\n")))
    assert (problem.code, problem.row, problem.value) == (TableCode.UNKNOWN_DEVICE, 4, "QL22")
    assert problem.hint == "QL2"


def test_a_log_that_knows_the_future(tmp_path: Path) -> None:
    problem = only(read(text(tmp_path, "log.csv", LOG + "QL2,open,2026-05-11 08:00,\n")))
    assert (problem.code, problem.row, problem.value) == (TableCode.NOT_YET, 4, "2026-05-11 08:00")
    assert problem.column  # so the returned file marks the cell


def test_a_register_says_what_and_why_and_keeps_the_rest_as_a_note(tmp_path: Path) -> None:
    fault, work = read(text(tmp_path, "register.csv", REGISTER)).entries
    assert (fault.number, fault.kind, fault.cause.name, fault.place) == ("TD-1", OutageKind.FAULT, "TREES", "青禾村")
    assert fault.planned_start_at is None
    assert fault.note.startswith("树障 · 2026-05-02 08:00 – 2026-05-02 10:00")
    assert (work.kind, work.cause.name) == (OutageKind.PLANNED, "MAINTENANCE")
    assert work.planned_start_at == datetime(2026, 6, 1, 1, 0, tzinfo=UTC)


def test_rows_of_one_event_are_one_entry(tmp_path: Path) -> None:
    steps = "TD-1,故障停电,树障,青禾村,2026-05-02 08:00,2026-05-02 09:00,14\n"
    fault, _work = read(text(tmp_path, "register.csv", REGISTER + steps)).entries
    assert "34" in fault.note


def test_rows_without_a_number_are_known_again(tmp_path: Path) -> None:
    nameless, more = REGISTER.replace("TD-1", ""), ",故障停电,雷击,云台村,2026-05-03 08:00,2026-05-03 09:00,14\n"
    for content in (nameless, nameless + more):
        assert "20260502-0800-2" in {one.number for one in read(text(tmp_path, "r.csv", content)).entries}


@pytest.mark.parametrize(
    ("words", "cause"),
    [("雷击跳闸", "LIGHTNING"), ("用户申请", "CUSTOMER_REQUEST"), ("Tree fell", "TREES"), ("?", "UNKNOWN")],
)
def test_causes_by_their_words(words: str, cause: str) -> None:
    assert cause_of(words).name == cause


@pytest.mark.parametrize("kind", list(FileKind))
def test_a_kind_that_was_said_is_believed(tmp_path: Path, kind: FileKind) -> None:
    reading = read(text(tmp_path, "letter.csv", "Dear Sir or Madam\n"), kind=kind)
    assert reading.kind is kind
    assert reading.refusals


def test_a_foreign_network_may_have_a_loop_and_is_told(tmp_path: Path) -> None:
    script = "New Circuit.c bus1=a basekv=10\n" + "".join(
        f"New Line.s{number} bus1={start} bus2={end} switch=y\n"
        for number, (start, end) in enumerate(["ab", "bd", "da"], 1)
    )
    reading = read(text(tmp_path, "ring.dss", script))
    assert reading.grid is not None
    assert [one.code.value for one in reading.notes] == ["closed_loop"]


def test_a_workbook_of_pandapower_is_read_as_one(tmp_path: Path) -> None:
    generators = {"sgen": "id,bus,p_mw\n0,2,0.25\n"}
    reading = read(as_workbook(TABLES | generators, tmp_path / "net.xlsx"))

    assert reading.grid is not None
    assert reading.grid.load_position.keys() == {"Street", "Mill"}
    assert [one.code.value for one in reading.notes] == ["left_out", "left_out", "not_supplied"]


def test_every_sentence_is_there_in_both_languages(tmp_path: Path) -> None:
    files = [
        workbook(tmp_path, lambda book: put(book, "Loads", "T2", "Node", "nowhere")),
        text(tmp_path, "nothing.json", json.dumps({"a": 1})),
        text(tmp_path, "ring.dss", "New Circuit.c bus1=a basekv=10\nNew Line.l bus1=b bus2=d\n"),
    ]
    for path in files:
        reading = read(path)
        told = sentences([*reading.refusals, *reading.notes], rest=3)
        assert told
        assert all(any("一" <= char <= "鿿" for char in one.zh) for one in told)
        assert all(one.en and one.en != one.zh for one in told)


def test_the_digest_is_of_names_and_contents(tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    folder.mkdir()
    text(folder, "a.csv", "1")
    first = digest_of(folder)
    text(folder, "a.csv", "2")
    second = digest_of(folder)
    (folder / "a.csv").rename(folder / "b.csv")
    assert len({first, second, digest_of(folder)}) == 3
    assert np.unique([len(first), len(second)]).tolist() == [64]
