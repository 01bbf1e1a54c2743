"""Templates of tables of calls as data: written by hand, checked as a whole, and read like those that are built in."""

from __future__ import annotations

import gzip
import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from denghuo.adapters.telephony import (
    COMMON,
    CallOutcome,
    Finding,
    TelephonyError,
    TemplateError,
    TemplateFlaw,
    glimpse,
    read_calls,
    read_template,
    template_data,
    template_of,
    template_text,
)
from denghuo.adapters.telephony.call_templates import ANONYMOUS_BANK, FIELDS

BANK = """
name = "bank, by hand"
timezone = "Asia/Jerusalem"
no_time = "0:00:00"
abandoned_unqueued = "lost_in_announcement"

[columns]
queue = "type"
caller = "customer_id"
date = "date"
entered_at = "vru_entry"
announced_until = "vru_exit"
announcement_s = "vru_time"
queued_at = "q_start"
left_at = "q_exit"
wait_s = "q_time"
outcome = "outcome"
connected_at = "ser_start"
ended_at = "ser_exit"
talk_s = "ser_time"
agent = "server"

[joined]
call_id = ["vru+line", "call_id"]

[outcomes]
answered = "AGENT"
abandoned = "HANG"
no_call = "PHANTOM"
"""
OWN = """
name = "Anlage West"
timezone = "Europe/Berlin"
time_formats = ["%d.%m.%Y %H:%M:%S"]
duration_unit = "min"

[columns]
call_id = "Ref"
entered_at = "Beginn"
wait_s = "Wartezeit"
outcome = ["Ergebnis", "Resultat"]

[outcomes]
answered = ["OK", "weitergeleitet"]
abandoned = "aufgelegt"
"""
ROWS = "Ref;Beginn;Wartezeit;Ergebnis\n1;31.05.2026 08:30:00;0.5;OK\n2;01.06.2026 08:30:00;1;aufgelegt\n"


def plain(**told: Any) -> dict[str, Any]:
    return {"name": "x", "columns": {"entered_at": "Start", "outcome": "Result"}, **told}


def flaws(data: dict[str, Any]) -> list[TemplateFlaw]:
    with pytest.raises(TemplateError) as refused:
        template_of(data)
    return [one.flaw for one in refused.value.problems]


@pytest.mark.data
def test_a_real_table_read_by_hand_is_read_as_by_the_built_in_template(reference_data: Path, tmp_path: Path) -> None:
    (tmp_path / "bank.toml").write_text(BANK, encoding="utf-8")
    table = reference_data / "hotline/calls/anonymous_bank_1999_january.csv.gz"
    by_hand = read_calls(table, template=read_template(tmp_path / "bank.toml"))
    built_in = read_calls(table, template=ANONYMOUS_BANK)
    assert len(by_hand.calls) > 31_000
    assert by_hand.calls == built_in.calls
    assert (by_hand.problems, by_hand.unknowable) == (built_in.problems, built_in.unknowable)


@pytest.mark.data
def test_a_real_table_under_foreign_headings_tells_the_same(reference_data: Path, tmp_path: Path) -> None:
    packed = gzip.decompress((reference_data / "hotline/calls/anonymous_bank_1999_january.csv.gz").read_bytes())
    head, *rows = packed.decode().splitlines()[:2_000]
    told = tomllib.loads(BANK)
    foreign = {name: f"Spalte {place}" for place, name in enumerate(head.split(","))}
    for part in ("columns", "joined"):
        told[part] = {
            field: [foreign[one] for one in ([names] if isinstance(names, str) else names)]
            for field, names in told[part].items()
        }
    for name, first in (("foreign.csv", ",".join(foreign.values())), ("own.csv", head)):
        (tmp_path / name).write_text("\n".join([first, *rows]), encoding="utf-8")
    found = read_calls(tmp_path / "foreign.csv", template=template_of(told))
    assert found.calls == read_calls(tmp_path / "own.csv").calls
    with pytest.raises(TelephonyError):
        read_calls(tmp_path / "foreign.csv")


def test_times_zones_units_and_words_are_the_templates(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8-sig")
    (tmp_path / "calls.csv").write_text(ROWS, encoding="utf-8")
    template = read_template(tmp_path / "own.toml")
    first, second = read_calls(tmp_path / "calls.csv", template=template).calls
    assert first.entered_at == datetime(2026, 5, 31, 6, 30, tzinfo=UTC)
    assert second.entered_at == datetime(2026, 6, 1, 6, 30, tzinfo=UTC)
    assert (first.wait_s, second.wait_s) == (30.0, 60.0)
    assert (first.outcome, second.outcome) == (CallOutcome.ANSWERED, CallOutcome.ABANDONED)


def test_a_day_in_a_column_of_its_own_is_written_as_the_template_says(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text("Tag,Zeit\n03/04/2026,08:30:00\n", encoding="utf-8")
    data = plain(columns={"date": "Tag", "entered_at": "Zeit"}, time_formats=["%d/%m/%Y"], timezone="UTC")
    [call] = read_calls(tmp_path / "calls.csv", template=template_of(data)).calls
    assert call.entered_at == datetime(2026, 4, 3, 8, 30, tzinfo=UTC)


def test_a_heading_may_be_written_with_its_unit(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text("Start,Wait (min)\n2026-05-01 08:00:00,2\n", encoding="utf-8")
    for heading in ("Wait (min)", "wait"):
        data = plain(columns={"entered_at": "Start", "wait_s": heading})
        [call] = read_calls(tmp_path / "calls.csv", template=template_of(data)).calls
        assert call.wait_s == 120.0


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(ROWS.replace("Wartezeit", "Dauer"), encoding="utf-8")
    with pytest.raises(TelephonyError) as refused:
        read_calls(tmp_path / "calls.csv", template=template_of(tomllib.loads(OWN)))
    [problem] = refused.value.problems
    assert (problem.finding, problem.told["columns"]) == (Finding.NO_TEMPLATE_COLUMNS, "Wartezeit")


def test_a_wrong_time_format_is_told_row_by_row_and_nothing_is_guessed(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(ROWS, encoding="utf-8")
    told = tomllib.loads(OWN) | {"time_formats": ["%m/%d/%Y %H:%M:%S"]}
    log = read_calls(tmp_path / "calls.csv", template=template_of(told))
    assert log.calls == ()
    found = {(one.finding, one.value) for one in log.problems}
    assert (Finding.NO_INSTANT, "31.05.2026 08:30:00") in found


@pytest.mark.parametrize(
    ("told", "flaw"),
    [
        (plain(name=" "), TemplateFlaw.NO_NAME),
        (plain(colums={}), TemplateFlaw.UNKNOWN_KEY),
        (plain(columns={"entered_at": "Start", "duration": "x"}), TemplateFlaw.UNKNOWN_FIELD),
        (plain(columns={"outcome": "Result"}), TemplateFlaw.NO_TIME),
        (plain(columns="Start"), TemplateFlaw.WRONG_VALUE),
        (plain(columns={"entered_at": "Start", "ended_at": " st_art "}), TemplateFlaw.HEADING_TWICE),
        (plain(columns={"entered_at": "Start", "talk_s": 7}), TemplateFlaw.WRONG_VALUE),
        (plain(timezone="Asia/Nowhere"), TemplateFlaw.UNKNOWN_ZONE),
        (plain(timezone=8), TemplateFlaw.UNKNOWN_ZONE),
        (plain(timezone="../etc/passwd"), TemplateFlaw.UNKNOWN_ZONE),
        (plain(time_formats=["dd.mm.yyyy"]), TemplateFlaw.BAD_FORMAT),
        (plain(time_formats=["%Q"]), TemplateFlaw.BAD_FORMAT),
        (plain(duration_unit="days"), TemplateFlaw.UNKNOWN_UNIT),
        (plain(outcomes={"picked_up": "OK"}), TemplateFlaw.UNKNOWN_OUTCOME),
        (plain(outcomes={"answered": "OK", "abandoned": ["hang", "ok"]}), TemplateFlaw.WORD_TWICE),
        (plain(wait_excludes_ring="yes"), TemplateFlaw.WRONG_VALUE),
    ],
)
def test_what_is_wrong_with_a_template_is_said(told: dict[str, Any], flaw: TemplateFlaw) -> None:
    assert flaw in flaws(told)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    told = plain(name="", timezone="x/y", columns={"outcome": "Result", "talk_s": "Result"})
    assert set(flaws(told)) == {
        TemplateFlaw.NO_NAME, TemplateFlaw.UNKNOWN_ZONE, TemplateFlaw.NO_TIME, TemplateFlaw.HEADING_TWICE,
    }  # fmt: skip


@pytest.mark.parametrize("raw", [b"", b"name = ", b"{", b"[1]", b"\xff\xfe", b"\x00" * 9, b"a = 1\n" * 40_000])
def test_rubbish_is_no_template(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "t.toml").write_bytes(raw)
    with pytest.raises(TemplateError):
        read_template(tmp_path / "t.toml")


def test_a_template_survives_toml_and_json(tmp_path: Path) -> None:
    for template in (ANONYMOUS_BANK, COMMON, template_of(tomllib.loads(OWN))):
        (tmp_path / "t.toml").write_text(template_text(template), encoding="utf-8")
        (tmp_path / "t.json").write_text(json.dumps(template_data(template)), encoding="utf-8")
        for name in ("t.toml", "t.json"):
            again = read_template(tmp_path / name)
            assert (again.columns, again.joined, again.time_formats) == (
                template.columns, template.joined, template.time_formats,
            )  # fmt: skip
            assert {word.casefold(): one for word, one in again.outcomes.items()} == {
                word.casefold(): one for word, one in template.outcomes.items()
            }


texts = st.text(min_size=1, max_size=12).map(str.strip).filter(bool)


@given(columns=st.dictionaries(st.sampled_from(FIELDS), texts, min_size=1), words=st.lists(texts, unique=True))
def test_whatever_people_write_is_a_template_or_says_why(columns: dict[str, str], words: list[str]) -> None:
    data = plain(columns=columns, outcomes={"answered": words} if words else {"answered": "x"})
    try:
        template = template_of(data)
    except TemplateError as error:
        assert error.problems
        return
    assert template_of(tomllib.loads(template_text(template))) == template


def test_a_glimpse_shows_headings_rows_guesses_and_words(tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text("Bericht der Anlage;;;\n\nRef;Result;Start Time;Foo\n1;OK;31.05.2026;a\n2;OK;;b\n3;weg;;c\n")
    found = glimpse(path)
    assert found is not None
    assert (found.line, found.headings) == (3, ("Ref", "Result", "Start Time", "Foo"))
    assert found.guesses == {1: "outcome", 2: "entered_at"}
    assert found.words[1] == ("OK", "weg")
    assert found.rows[0] == ("1", "OK", "31.05.2026", "a")


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04rubbish", b"<html>", b"\n\n"])
def test_a_glimpse_of_nothing_is_none(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "calls.csv").write_bytes(raw)
    assert glimpse(tmp_path / "calls.csv") is None
    assert glimpse(tmp_path / "missing.csv") is None
