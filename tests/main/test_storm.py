"""A storm over the demo station, from the first call to the books: it has passed, and everything has its own time."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 1800

pytestmark = pytest.mark.nightly


@pytest.fixture(scope="module")
def stormed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("storm") / "home"
    env = {key: value for key, value in os.environ.items() if not key.startswith(("DENGHUO_", "DATABASE_"))}
    env |= {"DENGHUO_HOME": str(home), "DENGHUO_LANGUAGE": "en", "PYTHONPATH": str(ROOT / "src")}
    for words in (["demo", "--without-calls"], ["demo", "storm", "--passed"]):
        command = [sys.executable, "-m", "denghuo", *words]
        told = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
        assert told.returncode == 0, told.stderr[-2000:]
    return home / "denghuo.sqlite3"


def ask(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(database)) as opened:
        return opened.execute(sql).fetchall()


OF_STORM = "select id from outages_outage where number glob '[DG]*'"  # the trip, and the faults that were found


def test_every_lamp_is_lit_again_and_its_hours_are_booked(stormed: Path) -> None:
    rows = ask(stormed, f"select restored_at, lv_customer_hours from outages_outage where id in ({OF_STORM})")
    assert len(rows) >= 5
    assert [restored_at for restored_at, _ in rows if restored_at is None] == []
    booked = ask(
        stormed,
        "select sum(lv_customers * (julianday(ended_at) - julianday(started_at)) * 24) from continuity_interruption "
        f"where outage_id in ({OF_STORM})",
    )
    assert sum(hours for _, hours in rows) == pytest.approx(booked[0][0], rel=1e-5)
    assert booked[0][0] > 300, "a storm of hours costs hours"


def test_whatever_follows_has_followed(stormed: Path) -> None:
    assert ask(stormed, "select reaction, error from ledger_delivery where error != ''") == []


def test_nobody_who_called_is_left(stormed: Path) -> None:
    left = ask(
        stormed,
        "select o.state, r.state, count(*) from outages_report r join orders_order o on o.id = r.order_id "
        f"where r.outage_id in ({OF_STORM}) and r.state not in ('lit', 'closed', 'back') group by 1, 2",
    )
    assert left == []
    late = ask(
        stormed,
        "select count(*) from outages_report r join orders_order o on o.id = r.order_id "
        "where r.state = 'lit' and o.state in ('registered', 'in_hand')",
    )
    assert late == [(0,)], "whoever reported while a crew was on its way is served by it"


def test_what_went_on_before_is_left_as_it_is(stormed: Path) -> None:
    sent = ask(
        stormed,
        "select a.about, count(*) from crews_assignment a join outages_outage o on a.about = 'outages.outage:' || o.id "
        "where o.restored_at is null group by a.about",
    )
    assert [count for _, count in sent] == [1, 1], "the crews that were there already, and nobody else"
    told = "select number from outages_outage where number glob 'D*' and substr(number, 6, 2) <> "
    assert ask(stormed, f"{told} strftime('%H', started_at, '+8 hours')") == [], "by the clock on the wall"


def test_still_out_finds_the_fault_behind_the_fault(stormed: Path) -> None:
    (asked,) = ask(stormed, "select count(*) from outages_report where still_out_count > 0")
    assert asked[0] > 0
    nested = ask(
        stormed,
        "select count(*) from outages_suspicion where state = 'confirmed' and device_code in "
        f"(select device_code from outages_outage where id in ({OF_STORM}))",
    )
    assert nested[0][0] >= 1


def test_special_care_was_told_first(stormed: Path) -> None:
    first = ask(
        stormed,
        "select ring, min(due_at) from notices_message where event in ('outages.fault', 'outages.fault_care') "
        f"and about in (select 'outages.outage:' || id from ({OF_STORM})) group by ring order by ring",
    )
    assert len(first) >= 2
    assert first[0][1] == min(due_at for _, due_at in first)
