"""Writers of several processes stand in line for SQLite; who is killed is in nobody's way."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionHandler
from pytest_django.plugin import DjangoDbBlocker

from denghuo.main.environment import database

HOLDER = """
import sys
from django.conf import settings
settings.configure()
from django.db.utils import ConnectionHandler
from denghuo.main.environment import database
line = ConnectionHandler({"default": database("sqlite:///" + sys.argv[1], pool=0, busy_s=30)})["default"]
line.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
line.cursor().execute("INSERT INTO words VALUES ('half')")
print("holds", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def lines(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[ConnectionHandler]:
    """Two connections to one file; the second waits for a tenth of a second and no longer."""
    path = f"sqlite:///{tmp_path}/words.sqlite3"
    found = ConnectionHandler(
        {"default": database(path, pool=0, busy_s=30), "hasty": database(path, pool=0, busy_s=30)}
    )
    found.settings["hasty"]["OPTIONS"]["timeout"] = 0.1
    with django_db_blocker.unblock():
        found["default"].cursor().execute("CREATE TABLE words (word text)")
        yield found
        found.close_all()


def begin(lines: ConnectionHandler, name: str) -> None:
    lines[name].set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def end(lines: ConnectionHandler, name: str, *, keep: bool) -> None:
    (lines[name].commit if keep else lines[name].rollback)()
    lines[name].set_autocommit(True)


def write(lines: ConnectionHandler, name: str, word: str) -> None:
    begin(lines, name)
    lines[name].cursor().execute("INSERT INTO words VALUES (%s)", [word])
    end(lines, name, keep=True)


def words(lines: ConnectionHandler) -> list[str]:
    return [row[0] for row in lines["default"].cursor().execute("SELECT word FROM words ORDER BY word").fetchall()]


@pytest.mark.parametrize("how", ["commit", "rollback", "close"])
def test_a_turn_ends_with_its_transaction(lines: ConnectionHandler, how: str) -> None:
    begin(lines, "default")
    if how == "close":
        lines["default"].close()
    else:
        end(lines, "default", keep=how == "commit")
    write(lines, "hasty", "a")
    assert words(lines) == ["a"]


def test_whoever_waits_too_long_is_told_and_has_no_turn(lines: ConnectionHandler) -> None:
    begin(lines, "default")
    with pytest.raises(OperationalError, match="locked"):
        begin(lines, "hasty")
    end(lines, "default", keep=True)
    write(lines, "default", "b")
    write(lines, "hasty", "c")
    assert words(lines) == ["b", "c"]


def test_who_was_killed_in_the_middle_is_in_nobodys_way(lines: ConnectionHandler) -> None:
    path = lines.settings["default"]["NAME"]
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "holds\n"
        with pytest.raises(OperationalError, match="locked"):
            begin(lines, "hasty")
        holder.kill()
        holder.wait()
    write(lines, "default", "whole")
    assert words(lines) == ["whole"]
