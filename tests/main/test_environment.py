"""Settings are read from the environment, and a value that cannot be understood is named."""

import os
import stat
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from denghuo.main import environment as env


@pytest.fixture
def give(monkeypatch):
    return lambda value: monkeypatch.setenv("DENGHUO_SAMPLE", value)


def test_what_is_not_given_or_blank_takes_the_default(give):
    assert env.text("DENGHUO_SAMPLE", "a") == "a"
    assert env.words("DENGHUO_SAMPLE", "a, b,") == ["a", "b"]
    give("  ")
    assert env.flag("DENGHUO_SAMPLE", default=True) is True
    assert env.whole("DENGHUO_SAMPLE", 8) == 8


@pytest.mark.parametrize(("value", "meant"), [("1", True), ("Yes", True), ("on", True), ("0", False), ("FALSE", False)])
def test_yes_and_no(give, value, meant):
    give(value)
    assert env.flag("DENGHUO_SAMPLE", default=not meant) is meant


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("maybe", lambda: env.flag("DENGHUO_SAMPLE", default=True)),
        ("eight", lambda: env.whole("DENGHUO_SAMPLE", 8)),
        ("-1", lambda: env.whole("DENGHUO_SAMPLE", 8)),
        ("fr", lambda: env.choice("DENGHUO_SAMPLE", "en", {"en", "zh-hans"})),
        ("short", lambda: env.secret_key("DENGHUO_SAMPLE", Path())),
    ],
)
def test_what_cannot_be_understood_stops_the_start_with_its_name(give, value, read):
    give(value)
    with pytest.raises(ImproperlyConfigured, match=r"^DENGHUO_SAMPLE"):
        read()


def test_the_secret_key_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    home = tmp_path / "new"
    key = env.secret_key("DENGHUO_SAMPLE", home)
    assert len(key) >= 50
    assert env.secret_key("DENGHUO_SAMPLE", home) == key
    assert stat.S_IMODE((home / "secret-key").stat().st_mode) == 0o600
    assert os.listdir(home) == ["secret-key"]  # noqa: PTH208


def test_a_given_secret_key_is_used_and_nothing_is_written(give, tmp_path):
    give("x" * 40)
    assert env.secret_key("DENGHUO_SAMPLE", tmp_path) == "x" * 40
    assert list(tmp_path.iterdir()) == []


def test_sqlite_never_fails_half_way_for_want_of_a_lock():
    found = env.database("sqlite:////srv/den%20huo/base.sqlite3", pool=8, busy_s=30)
    assert found["NAME"] == "/srv/den huo/base.sqlite3"
    assert found["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert found["OPTIONS"]["timeout"] == 30
    assert env.database("sqlite:///var/base.sqlite3", pool=0, busy_s=1)["NAME"] == "var/base.sqlite3"


def test_postgresql_by_address_and_by_socket():
    found = env.database("postgresql://li:p%40ss@db.example.cn:5433/town?sslmode=require", pool=4, busy_s=30)
    assert [found[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == [
        "li",
        "p@ss",
        "db.example.cn",
        "5433",
        "town",
    ]
    assert found["OPTIONS"]["sslmode"] == "require"
    assert found["OPTIONS"]["pool"]["max_size"] == 4
    local = env.database("postgresql://li@/town?host=%2Frun%2Fpg", pool=0, busy_s=30)
    assert (local["HOST"], local["PORT"], local["OPTIONS"]) == ("/run/pg", "", {})


@pytest.mark.parametrize(
    "url",
    ["mysql://a/b", "postgresql://db.example.cn/", "sqlite://", "postgresql://h/db?sslmode", "postgresql://h:x/db"],
)
def test_a_wrong_address_of_the_database_is_named(url):
    with pytest.raises(ImproperlyConfigured, match=r"^DATABASE_URL"):
        env.database(url, pool=0, busy_s=30)
