"""Which exchanges `up` listens to is said in a file beside the database; what is wrong with it is said clearly."""

from pathlib import Path

import pytest

from denghuo.main.lines import LinesError, lines_in

GOOD = """
[[line]]
exchange = "95598"
host = "10.0.0.5"
username = "denghuo"
secret_file = "pbx-secret"
queue_log = "/var/log/asterisk/queue_log"

[[line]]
exchange = "west"
kind = "freeswitch"
host = "10.0.0.6"
port = 8021
secret_file = "pbx-secret"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "pbx-secret").write_text("quite secret\n", encoding="utf-8")
    return tmp_path


def test_without_a_file_nobody_listens(home: Path) -> None:
    assert lines_in(home) == []


def test_each_line_is_a_program_and_no_secret_is_seen(home: Path) -> None:
    (home / "exchanges.toml").write_text(GOOD, encoding="utf-8")
    first, second = lines_in(home)
    assert first.command[2:] == [
        *("denghuo", "hotline", "listen", "--exchange", "95598", "--kind", "asterisk", "--host", "10.0.0.5"),
        *("--secret-file", str(home / "pbx-secret"), "--username", "denghuo"),
        *("--queue-log", "/var/log/asterisk/queue_log"),
    ]
    assert second.command[-2:] == ["--port", "8021"]
    assert (first.name, second.name) == ("line 95598", "line west")
    assert not any("quite secret" in text for one in (first, second) for text in one.command)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[line]", "exchanges.toml"),
        ("line = 3", "each exchange is a table"),
        ("secret = 'x'", "nothing else stands in the file"),
        ("[[line]]\nexchange = '1'\nhost = 'h'", "line 1: secret_file is missing"),
        (GOOD.replace('"pbx-secret"\nqueue', '"nowhere"\nqueue'), "line 1: there is no file"),
        (GOOD.replace("freeswitch", "avaya"), "line 2: kind must be one of asterisk, freeswitch"),
        (GOOD.replace("8021", "80210"), "line 2: port must be a number"),
        (GOOD.replace("8021", '"8021"'), "line 2: port must be a number"),
        (GOOD.replace("host =", "hots ="), "line 1: hots is not known"),
        (GOOD.replace('"west"', '"95598"'), "95598 is named twice"),
        (GOOD.replace('"west"', "7"), "line 2: exchange must be a text"),
    ],
)
def test_what_is_wrong_is_said(home: Path, text: str, words: str) -> None:
    (home / "exchanges.toml").write_text(text, encoding="utf-8")
    with pytest.raises(LinesError, match=words):
        lines_in(home)
