"""`denghuo demo`: from nothing to a station with two years of life, once."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from denghuo.main.demo.load import demo_grid
from denghuo.main.demo_people import PASSWORD, PEOPLE

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 300


@dataclass(frozen=True)
class Demo:
    """A home folder with the demo in it, and what the command said."""

    run: Callable[..., subprocess.CompletedProcess[str]]
    first: subprocess.CompletedProcess[str]
    database: Path

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.database)) as database:
            return database.execute(sql).fetchall()


def runner(home: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("DENGHUO_", "DATABASE_"))}
    env |= {"DENGHUO_HOME": str(home), "DENGHUO_LANGUAGE": "en", "PYTHONPATH": str(ROOT / "src")}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "denghuo", *arguments]
        return subprocess.run(
            command, env=env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )

    return run


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    home = tmp_path_factory.mktemp("demo") / "home"
    run = runner(home)
    return Demo(run=run, first=run("demo", "--without-calls"), database=home / "denghuo.sqlite3")


def test_it_says_what_it_does(demo: Demo) -> None:
    assert demo.first.returncode == 0, demo.first.stderr
    assert "outages" in demo.first.stdout
    assert PASSWORD in demo.first.stdout
    for stage in ("its network", "two years of its life", "its books"):
        assert stage in demo.first.stderr


def test_the_whole_network_is_there(demo: Demo) -> None:
    grid = demo_grid()
    counts = {name: len(getattr(grid, name).id) for name in ("nodes", "branches", "loads", "feeders")}
    tables = {"nodes": "node", "branches": "branch", "loads": "load", "feeders": "feeder"}
    assert {name: demo.ask(f"SELECT count(*) FROM network_{table}")[0][0] for name, table in tables.items()} == counts


def test_two_years_are_booked_and_nothing_is_owed(demo: Demo) -> None:
    ((outages,),) = demo.ask("SELECT count(*) FROM outages_outage WHERE started_at IS NOT NULL")
    ((rows,),) = demo.ask("SELECT count(*) FROM continuity_interruption")
    assert outages > 150
    assert rows > outages
    assert demo.ask("SELECT count(*) FROM ledger_delivery WHERE done_at IS NULL") == [(0,)]
    # Something goes on at this very moment, and something is planned.
    assert demo.ask("SELECT count(*) FROM outages_outage WHERE started_at NOT NULL AND restored_at IS NULL")[0][0] >= 1
    assert demo.ask("SELECT count(*) FROM outages_outage WHERE planned_start_at > datetime('now')")[0][0] >= 3
    ahead = "SELECT count(*) FROM outages_outage WHERE planned_start_at > datetime('now')"
    assert demo.ask(f"{ahead} AND planned_device_codes = ''") == [(0,)], "who is behind them can be told"
    assert demo.run("ledger", "verify").returncode == 0


LASTING = "SELECT id FROM outages_outage WHERE started_at NOT NULL AND restored_at IS NULL"


def test_who_lost_supply_was_told_special_care_first_and_who_did_not_answer_is_visited(demo: Demo) -> None:
    lasting = demo.ask(f"SELECT id, started_at FROM outages_outage WHERE id IN ({LASTING}) ORDER BY started_at")
    assert len(lasting) == 2
    for outage_id, started_at in lasting:
        late = (
            f"SELECT count(*) FROM notices_message WHERE about = 'outages.outage:{outage_id}' "
            f"AND abs(julianday(queued_at) - julianday('{started_at}')) > 3.0 / 1440"
        )
        assert demo.ask(late) == [(0,)], "told when it began, not when the demo was loaded"
    first = f"outages.outage:{lasting[0][0]}"
    told = f"FROM notices_message WHERE about = '{first}'"
    assert demo.ask(f"SELECT count(*) {told} AND ring = 3 AND state IN ('queued', 'delivered')")[0][0] >= 20
    assert demo.ask(f"SELECT min(sent_at) {told} AND ring = 1") < demo.ask(f"SELECT min(due_at) {told} AND ring = 3")
    assert demo.ask(f"SELECT count(*) {told} AND channel = 'voice' AND answered_at NOT NULL")[0][0] >= 1
    assert demo.ask(f"SELECT count(*) {told} AND unanswered_at NOT NULL") == [(1,)]
    visit = "SELECT state, source_ref FROM orders_order WHERE topic = 'care_visit'"
    assert demo.ask(visit) == [("on_site", first)]


def test_nothing_of_the_demo_leaves_this_machine(demo: Demo) -> None:
    endpoints = demo.ask("SELECT endpoint FROM notices_gateway")
    assert len(endpoints) == 3
    assert [one for (one,) in endpoints if not one.startswith("http://127.0.0.1:")] == []
    assert demo.ask("SELECT count(*) FROM notices_message WHERE state = 'sending'") == [(0,)]


def test_who_reports_a_running_outage_lives_behind_it(demo: Demo) -> None:
    reported = demo.ask("SELECT outage_id, count(*) FROM outages_report GROUP BY outage_id")
    assert {outage_id for outage_id, _ in reported} <= set(sum(demo.ask(LASTING), ()))
    assert max(count for _, count in reported) >= 2
    for outage_id, count in reported:
        served = (
            "SELECT count(*) FROM crews_assignment a JOIN crews_assignmentorder o ON o.assignment_id = a.id "
            f"WHERE a.about = 'outages.outage:{outage_id}' AND a.accepted_at NOT NULL"
        )
        assert demo.ask(served) == [(count,)], "one crew was sent for them all"
    alone = (
        "SELECT o.text FROM orders_order o LEFT JOIN outages_report r ON r.order_id = o.id "
        "WHERE o.kind = 'fault' AND o.closed_at IS NULL AND r.id IS NULL AND o.state <> 'done'"
    )
    assert [text for (text,) in demo.ask(alone) if "整片" in text] == [], "one house alone does not speak for all"


def test_everybody_can_sign_in(demo: Demo) -> None:
    names = {name for (name,) in demo.ask("SELECT username FROM organization_user WHERE password LIKE 'pbkdf2%'")}
    assert names == {person.username for person in PEOPLE}


def test_a_second_call_says_that_it_is_there(demo: Demo) -> None:
    before = demo.ask("SELECT count(*), max(id) FROM ledger_fact")
    again = demo.run("demo")
    assert (again.returncode, "there already" in again.stdout) == (0, True)
    assert demo.ask("SELECT count(*), max(id) FROM ledger_fact") == before


@pytest.mark.nightly
def test_a_station_of_ones_own_is_left_alone(tmp_path: Path) -> None:
    run = runner(tmp_path / "home")
    network = ROOT / "tests/adapters/data/ieee123/123Bus/IEEE123Master.dss"
    assert run("import", str(network), "--name", "柳溪供电所").returncode == 0
    refused = run("demo")
    assert refused.returncode == 2
    assert "already holds a station" in refused.stderr
