"""What docs/commands.md shows can be typed, and what its tables name is what the commands print."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from denghuo.main import cli

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
MODEL = re.findall(r"^M=(\S+)$", PAGE, flags=re.MULTILINE)[0]
LOG = re.findall(r"^device,operation,time,event\n(?:\S.*\n)+?(?=```)", PAGE, flags=re.MULTILINE)[0]


@pytest.mark.parametrize("line", re.findall(r"^denghuo (.+)$", PAGE, flags=re.MULTILINE))
def test_every_line_runs(line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert cli.main(shlex.split(line.replace("$M", MODEL))) == 0
    assert capsys.readouterr().out


@pytest.mark.parametrize("command", [["trace", "--open", "sw4"], ["isolate", "60", "--fault"], ["replay"], ["check"]])
def test_the_tables_name_every_key(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = ROOT / MODEL
    if command[0] == "check":  # something to find, and something to note
        model = tmp_path / "loop.dss"
        model.write_text("New Circuit.c bus1=a\nRedirect missing.dss\nNew Line.l bus1=a bus2=a\n", encoding="utf-8")
    if command[0] == "replay":
        (tmp_path / "log.csv").write_text(f"{LOG}nosuch,open,2026-05-02 08:00,E2\n", encoding="utf-8")
        command = ["replay", str(tmp_path / "log.csv")]
    cli.main([command[0], str(model), *command[1:], "--json"])
    section = re.findall(rf"^### {command[0]}\n(.*?)(?=^#|\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)[0]
    assert keys(json.loads(capsys.readouterr().out)) - set(re.findall(r"`(\w+)`", section)) == set()


def keys(value: Any) -> set[str]:
    """Every key in a piece of JSON; what is never empty here cannot hide one."""
    if isinstance(value, dict):
        return set(value).union(*map(keys, value.values()))
    return set().union(*map(keys, value)) if isinstance(value, list) else set()
