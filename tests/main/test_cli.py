"""The command line: what it finds, what it imports, how it prints, how it fails."""

import enum
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from denghuo.main import cli
from denghuo.main.commands._output import emit, to_plain


def make_command(folder: Path, name: str, body: str) -> None:
    (folder / f"{name}.py").write_text(f'NAME = "{name}"\nHELP = "about {name}"\n{body}\n', encoding="utf-8")


def test_every_command_module_tells_its_name_and_help() -> None:
    commands = cli.find_commands()
    assert {"up", "manage"} <= commands.keys()
    assert all(command.help and command.name for command in commands.values())


def test_overview_reads_commands_without_importing_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cli, "COMMANDS_DIR", tmp_path)
    make_command(tmp_path, "broken", "import a_module_that_does_not_exist")
    make_command(tmp_path, "rows", "NEEDS_DJANGO = True")
    make_command(tmp_path, "_private", "")
    found = cli.find_commands()
    assert list(found) == ["broken", "rows"]
    assert [found[name].needs_django for name in found] == [False, True]


def test_a_command_that_is_not_there_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["no-such-command"])
    assert "no-such-command" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        cli.main(["trce", "network.xlsx"])
    assert "did you mean trace?" in capsys.readouterr().err


def test_an_option_that_is_not_there_shows_those_of_its_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["trace", "network.xlsx", "--opn", "K1"])
    told = capsys.readouterr().err
    assert "--opn" in told
    assert "[--open ID]" in told
    with pytest.raises(SystemExit, match="2"):
        cli.main(["--nothing"])


def test_user_error_is_a_sentence_and_exit_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_command(
        tmp_path,
        "fails",
        "from denghuo.main.commands._output import UserError\n"
        "def add_arguments(parser): pass\n"
        "def run(args): raise UserError('no such folder: x')",
    )
    monkeypatch.setattr(cli, "COMMANDS_DIR", tmp_path)
    monkeypatch.setattr("denghuo.main.commands.__path__", [str(tmp_path)])
    assert cli.main(["fails"]) == 2
    assert capsys.readouterr().err == "denghuo: no such folder: x\n"


def test_a_file_that_may_not_be_read_is_a_sentence_and_exit_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_command(
        tmp_path,
        "locked",
        "def add_arguments(parser): pass\ndef run(args): raise PermissionError(13, 'Permission denied', 'log.csv')",
    )
    monkeypatch.setattr(cli, "COMMANDS_DIR", tmp_path)
    monkeypatch.setattr("denghuo.main.commands.__path__", [str(tmp_path)])
    assert cli.main(["locked"]) == 2
    assert capsys.readouterr().err == "denghuo: log.csv cannot be used (Permission denied)\n"


def test_overview_imports_neither_django_nor_an_engine() -> None:
    code = (
        "import sys; from denghuo.main import cli; cli.main([]); "
        "heavy = {'django', 'numba', 'scipy'} & set(sys.modules); sys.exit(repr(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


class Color(enum.IntEnum):
    WARM = 1


def test_plain_form_of_numbers_that_are_not_defined() -> None:
    value = {"a": np.float64("nan"), "b": np.array([1.5, np.inf]), "c": np.datetime64("NaT"), "d": Color.WARM}
    assert to_plain(value) == {"a": None, "b": [1.5, None], "c": None, "d": "warm"}


def test_json_keeps_chinese_readable(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"线路": [{"名称": "丁家线", "停电时户数": np.float32(24)}]}, as_json=True)
    text = capsys.readouterr().out
    assert "丁家线" in text
    assert json.loads(text) == {"线路": [{"名称": "丁家线", "停电时户数": 24.0}]}


def test_table_aligns_wide_characters_and_puts_numbers_right(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"lines": [{"name": "丁家线", "hours": 240}, {"name": "ab", "hours": None}]}, as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "lines (2)",
        "  name    hours",
        "  丁家线    240",
        "  ab          -",
    ]
