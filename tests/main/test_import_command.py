"""`denghuo import`: what it takes in, what it says, how it refuses."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from denghuo.apps.ledger import queries as ledger
from denghuo.apps.network.models import Load, Network, SwitchingOperation
from denghuo.apps.organization.models import Unit, UnitKind
from denghuo.apps.outages.models import Cause, Outage
from denghuo.engines.reliability import OutageKind
from denghuo.main import cli
from tests.main.import_files import LOG, REGISTER, put, text, workbook
from tests.world import World, make_world

pytestmark = pytest.mark.django_db(transaction=True)

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: object) -> tuple[int, str, str]:
        code = cli.main(["import", "--language", "en", *map(str, arguments)])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return code, captured.out, captured.err

    return call


@pytest.fixture
def station(tmp_path: Path, run: Run) -> Path:
    """Lamp station's network, taken into an empty database."""
    path = workbook(tmp_path)
    assert run(path)[0] == 0
    return path


def test_an_empty_database_gets_a_station_named_after_the_file(tmp_path: Path, run: Run) -> None:
    code, out, err = run(workbook(tmp_path, name="Lamp Station.xlsx"))
    assert code == 0
    unit = Unit.objects.get()
    assert (unit.code, unit.name, unit.kind) == ("lamp-station", "Lamp Station", UnitKind.STATION)
    assert "new station: Lamp Station (code lamp-station)" in err
    assert "rows taken in" in out
    assert Network.objects.get().unit == unit
    assert Load.objects.count() == 7


def test_a_file_called_in_chinese_gets_a_code_all_the_same(tmp_path: Path, run: Run) -> None:
    assert run(workbook(tmp_path, name="灯山供电所.xlsx"))[0] == 0
    assert list(Unit.objects.values_list("code", "name")) == [("station", "灯山供电所")]


def test_the_unit_may_be_named(tmp_path: Path, run: Run) -> None:
    assert run(workbook(tmp_path), "--unit", "wick", "--name", "柳溪供电所")[0] == 0
    assert list(Unit.objects.values_list("code", "name")) == [("wick", "柳溪供电所")]
    code, _out, err = run(workbook(tmp_path), "--unit", "no code!")
    assert (code, "no code! is no code" in err) == (2, True)


def test_of_several_stations_one_must_be_named(tmp_path: Path, run: Run) -> None:
    make_world()
    Network.objects.all().delete()
    code, _out, err = run(workbook(tmp_path))
    assert code == 2
    assert "lamp (灯山供电所), wick (柳溪供电所)" in err
    assert run(workbook(tmp_path), "--unit", "wick")[0] == 0
    assert Network.objects.get().unit.code == "wick"


def test_the_same_file_again_records_nothing_and_says_so(station: Path, run: Run) -> None:
    before = ledger.facts()
    code, out, _err = run(station)
    assert code == 0
    assert "all there already" in out
    assert ledger.facts() == before


def test_what_would_change_is_told_and_nothing_done(tmp_path: Path, station: Path, run: Run) -> None:
    before = ledger.facts()
    changed = workbook(tmp_path, lambda book: put(book, "Loads", "T2", "LV customers", 15))
    code, out, _err = run(changed, "--check", "--json")
    told = {row["table"]: row for row in json.loads(out)["changes"]}
    assert code == 0
    assert (told["loads"]["changed"], told["loads"]["changed_codes"], told["loads"]["same"]) == (1, ["T2"], 6)
    assert all(row["changed"] == 0 for name, row in told.items() if name != "loads")
    assert ledger.facts() == before
    assert run(changed)[0] == 0
    assert Load.objects.get(code="T2").lv_customers == 15


def test_a_bad_file_is_refused_whole_and_handed_back_marked(tmp_path: Path, run: Run) -> None:
    def change(book: Any) -> None:
        put(book, "Loads", "T1", "LV customers", "=2*10")
        put(book, "Loads", "T2", "Node", "nowhere")

    marked = tmp_path / "marked.xlsx"
    code, out, err = run(workbook(tmp_path, change), "--errors-to", marked)
    assert (code, out) == (1, "")
    assert "sheet 'Loads', row 2" in err
    assert "sheet 'Loads', row 3" in err
    assert not Unit.objects.exists()
    assert not ledger.facts()
    book = load_workbook(marked)
    assert book["Loads"]["E2"].comment is not None
    assert book.sheetnames[0] == "错误 Errors"


def test_of_many_problems_the_first_are_told_and_the_rest_counted(tmp_path: Path, run: Run) -> None:
    def change(book: Any) -> None:
        for number in range(120):
            book["Loads"].append([f"X{number}", "", "a", 1, "many", None, None, ""])

    code, _out, err = run(workbook(tmp_path, change))
    assert code == 1
    assert err.count("is not a number") == 50
    assert "70 more problems" in err


def test_a_log_and_a_register_follow_the_network(tmp_path: Path, station: Path, run: Run) -> None:
    assert run(text(tmp_path, "log.csv", LOG))[0] == 0
    outage = Outage.objects.get(number="TD-1")
    assert (outage.kind, outage.lv_customers, outage.lv_customer_hours) == (OutageKind.UNCLASSIFIED, 20, 40.0)

    code, out, _err = run(text(tmp_path, "register.csv", REGISTER))

    assert code == 0
    assert "2 rows taken in" in out
    outage.refresh_from_db()
    assert (outage.kind, outage.cause, outage.lv_customer_hours) == (OutageKind.FAULT, Cause.TREES, 40.0)
    assert Outage.objects.get(number="TD-2").planned_end_at is not None
    before = ledger.facts()
    for name in ("log.csv", "register.csv"):
        code, out, _err = run(tmp_path / name)
        assert (code, "all there already" in out) == (0, True)
    assert ledger.facts() == before


def test_what_somebody_has_classified_stays(tmp_path: Path, station: Path, run: Run) -> None:
    assert run(text(tmp_path, "register.csv", REGISTER))[0] == 0
    again = REGISTER.replace("故障停电,树障", "故障停电,雷击")
    assert "all there already" in run(text(tmp_path, "again.csv", again))[1]
    assert Outage.objects.get(number="TD-1").cause == Cause.TREES


@pytest.mark.parametrize(("name", "content"), [("log.csv", LOG), ("register.csv", REGISTER)])
def test_a_log_or_register_needs_a_network(tmp_path: Path, run: Run, name: str, content: str) -> None:
    code, _out, err = run(text(tmp_path, name, content))
    assert code == 2
    assert "import the network first" in err
    assert not Unit.objects.exists()


def test_one_bad_row_keeps_the_whole_log_out(tmp_path: Path, station: Path, run: Run) -> None:
    code, _out, err = run(text(tmp_path, "log.csv", LOG + "QL3,open,2026-05-03 08:00,\n"))
    assert code == 1
    assert "there is no switching device 'QL3'" in err
    assert not SwitchingOperation.objects.exists()


@pytest.mark.parametrize("kind", ["network", "log", "outages"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_templates_are_written_and_recognized(tmp_path: Path, run: Run, kind: str, language: str) -> None:
    path = tmp_path / "template.xlsx"
    assert run("--template", path, "--kind", kind, "--language", language)[0] == 0
    make_world()
    assert run(path, "--check", "--json")[0] in (0, 1)
    assert load_workbook(path).sheetnames


def test_what_is_not_there_or_not_said(tmp_path: Path, run: Run) -> None:
    code, _out, err = run(tmp_path / "nowhere.xlsx")
    assert (code, "no file" in err) == (2, True)
    code, _out, err = run()
    assert (code, "name a file" in err) == (2, True)


def test_the_world_and_its_own_workbook_are_the_same(tmp_path: Path, run: Run) -> None:
    """What is written out and read back changes nothing."""
    world: World = make_world()
    before = ledger.facts()
    code, out, _err = run(workbook(tmp_path), "--unit", world.lamp.code)
    assert (code, "all there already" in out) == (0, True)
    assert ledger.facts() == before
