"""Words of meters from a file: what is good is heard, what is not is said with its row."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from denghuo.apps.outages.models import MeterWord, Suspicion
from denghuo.main.cli import main
from tests.apps.network.conftest import built_world, world
from tests.world import World

__all__ = ["built_world", "world"]

HEAD = "电表编号,台区编号,事件,时间\n"


def file(folder: Path, text: str, encoding: str = "utf-8") -> str:
    path = folder / "停复电.csv"
    path.write_bytes((HEAD + text).encode(encoding))
    return str(path)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_words_are_heard_and_point_to_a_fault(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], encoding: str
) -> None:
    now = timezone.localtime() - timedelta(minutes=20)  # an old word is no evidence any more
    rows = "".join(f"M-{n},T3,停电,{now + timedelta(minutes=n):%Y-%m-%d %H:%M}\n" for n in range(6))
    assert main(["meters", file(tmp_path, rows + "M-0,T3,上电,2026-05-01 08:00\n", encoding), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["meters"]
    assert told == {"row_count": 7, "heard_count": 6, "refused_count": 0, "unknown_count": 0}
    assert set(MeterWord.objects.values_list("load_code", "lit")) == {("T3", False)}
    assert Suspicion.objects.get().device_code == "FU1"


def test_bad_rows_are_told_and_the_others_heard(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "M-1,T3,上电,2026-05-01 09:00\nM-2,T3,也许,2026-05-01 09:00\nM-3,T99,停电,2026-05-01 09:00\n,T3,停电,昨天\n"
    assert main(["meters", file(tmp_path, rows), "--json", "--language", "zh"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["meters"] == {"row_count": 4, "heard_count": 1, "refused_count": 2, "unknown_count": 1}
    assert "也许" in err and "3" in err
    assert MeterWord.objects.get().lit


def test_what_cannot_be_tried_says_why(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["meters"]) == 2
    assert main(["meters", str(tmp_path / "no.csv")]) == 2
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    assert main(["meters", str(tmp_path / "x.csv")]) == 2
    assert main(["meters", file(tmp_path, ""), "--unit", "nowhere"]) == 2
    assert "lamp" in capsys.readouterr().err
    assert main(["meters", "--template", str(tmp_path / "t.xlsx")]) == 0 and (tmp_path / "t.xlsx").exists()
