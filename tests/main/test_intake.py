"""A file goes in whole or not at all, and going in twice changes nothing."""

from pathlib import Path

import pytest

from denghuo.adapters.tables import write_network_workbook
from denghuo.apps.ledger.models import Fact
from denghuo.apps.network.models import Branch, Network, SwitchingOperation
from denghuo.apps.organization.models import Unit
from denghuo.main import cli
from tests.world import small_grid

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = "device,operation,time,event\n"
GOOD = "QL1,open,2026-05-01 08:00,7\nQL1,close,2026-05-01 10:00,7\n"
BAD = "QL1,open,2026-13-01 08:00,7\n"


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    path = tmp_path / "lamp.xlsx"
    write_network_workbook(small_grid(), path)
    return path


def denghuo(*words: object) -> int:
    return cli.main([str(word) for word in words])


def test_a_workbook_becomes_a_stations_network(workbook: Path) -> None:
    assert denghuo("import", workbook, "--unit", "lamp", "--name", "灯山供电所") == 0
    assert Unit.objects.get().name == "灯山供电所"
    assert Branch.objects.filter(switch__isnull=False).count() == 6


def test_the_same_file_twice_changes_and_records_nothing(workbook: Path) -> None:
    denghuo("import", workbook, "--unit", "lamp")
    facts = Fact.objects.count()
    assert denghuo("import", workbook, "--unit", "lamp") == 0
    assert Fact.objects.count() == facts
    assert Network.objects.get().revision == 1


def test_a_log_follows_its_network(workbook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log.csv"
    log.write_text(HEADER + GOOD)
    assert denghuo("import", log, "--kind", "log", "--unit", "lamp") != 0
    assert capsys.readouterr().err
    assert not Unit.objects.exists()
    denghuo("import", workbook, "--unit", "lamp")
    assert denghuo("import", log, "--kind", "log", "--unit", "lamp") == 0
    assert denghuo("import", log, "--kind", "log", "--unit", "lamp") == 0
    assert SwitchingOperation.objects.count() == 2
    assert Network.objects.get().outages.get().lv_customer_hours == pytest.approx(40)


def test_one_bad_row_keeps_the_whole_log_out(
    workbook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    denghuo("import", workbook, "--unit", "lamp")
    log = tmp_path / "log.csv"
    log.write_text(HEADER + GOOD + BAD)
    marked = tmp_path / "marked.xlsx"
    assert denghuo("import", log, "--kind", "log", "--unit", "lamp", "--errors-to", marked, "--language", "en") != 0
    told = capsys.readouterr().err
    assert "row 4" in told
    assert "2026-13-01" in told
    assert marked.exists()
    assert not SwitchingOperation.objects.exists()


def test_rubbish_leaves_no_trace(tmp_path: Path) -> None:
    rubbish = tmp_path / "network.xlsx"
    rubbish.write_bytes(b"PK\x03\x04" + bytes(range(256)) * 40)
    assert denghuo("import", rubbish, "--unit", "lamp") != 0
    assert not Unit.objects.exists()
    assert not Fact.objects.exists()
