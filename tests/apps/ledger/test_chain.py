"""Whoever gets past the guards still cannot change a byte unseen."""

import pytest
from django.db import connection

from denghuo.apps.ledger import chain, guards
from denghuo.apps.ledger.chain import BreakCode, ChainBreak
from denghuo.apps.ledger.models import Delivery, Fact

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(light):
    for number in (1, 2, 3):
        light(number, name="lamp")
    guards.remove(connection)


def _tamper(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_an_untouched_ledger_holds(light):
    assert chain.verify() == chain.ChainReport(count=0, head=chain.START, breaks=())
    for number in range(5):
        light(number)
    report = chain.verify()
    assert (report.count, report.breaks) == (5, ())
    assert report.head == Fact.objects.get(id=5).hash


def test_a_walk_in_chunks_is_the_same_walk(light, monkeypatch):
    monkeypatch.setattr(chain, "_CHUNK", 2)
    for number in range(5):
        light(number)
    assert chain.verify().count == 5
    assert chain.verify().breaks == ()


@pytest.mark.parametrize("column", ["kind", "actor", "data", "previous_hash", "hash"])
def test_every_changed_character_is_found(three, column):
    text = Fact.objects.values_list(column, flat=True).get(id=2)
    for place, letter in enumerate(text):
        _tamper(
            f"UPDATE ledger_fact SET {column} = %s WHERE id = 2",
            text[:place] + chr(ord(letter) ^ 1) + text[place + 1 :],
        )
        assert ChainBreak(fact_id=2, code=BreakCode.CONTENT) in chain.verify().breaks, (place, letter)
    _tamper(f"UPDATE ledger_fact SET {column} = %s WHERE id = 2", text)
    assert chain.verify().breaks == ()


def test_another_instant_is_found(three):
    _tamper("UPDATE ledger_fact SET at = %s WHERE id = 1", "2026-07-01 08:30:00.000001")
    assert chain.verify().breaks == (ChainBreak(fact_id=1, code=BreakCode.CONTENT),)


def test_a_forged_digest_breaks_the_link_to_the_next(three):
    fact = Fact.objects.get(id=2)
    forged = chain.digest(
        fact_id=2, previous_hash=fact.previous_hash, kind=fact.kind, at=fact.at, actor="wang", data=fact.data
    )
    _tamper("UPDATE ledger_fact SET actor = 'wang', hash = %s WHERE id = 2", forged)
    assert chain.verify().breaks == (ChainBreak(fact_id=3, code=BreakCode.LINK),)


def test_a_fact_taken_out_is_found(three):
    _tamper("DELETE FROM ledger_fact WHERE id = 2")
    assert chain.verify().breaks == (ChainBreak(fact_id=3, code=BreakCode.MISSING),)


def test_two_facts_exchanged_are_found(three):
    _tamper("UPDATE ledger_fact SET id = 9 WHERE id = 1")
    _tamper("UPDATE ledger_fact SET id = 1 WHERE id = 2")
    _tamper("UPDATE ledger_fact SET id = 2 WHERE id = 9")
    assert {found.fact_id for found in chain.verify().breaks} >= {1, 2}


def test_a_tail_cut_off_is_found_by_a_digest_noted_elsewhere(three):
    noted = chain.verify().head
    assert chain.verify(head=noted).breaks == ()
    _tamper("DELETE FROM ledger_fact WHERE id = 3")
    assert chain.verify().breaks == ()
    assert chain.verify(head=noted).breaks == (ChainBreak(fact_id=2, code=BreakCode.HEAD),)


def test_a_noted_digest_that_has_since_grown_a_tail_still_holds(light):
    light(1)
    noted = chain.verify().head
    light(2)
    assert chain.verify(head=noted).breaks == ()


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="PostgreSQL itself refuses what is not text or not an instant"
)
@pytest.mark.parametrize(
    "damage", ["data = CAST(x'ff7b7d' AS TEXT)", "at = 'yesterday'", "at = '2026-13-01 00:00:00'", "actor = x'00ff'"]
)
def test_a_row_that_cannot_be_read_is_found_and_the_rest_is_still_checked(three, damage):
    _tamper(f"UPDATE ledger_fact SET {damage} WHERE id = 2")
    breaks = chain.verify().breaks
    assert breaks[0] == ChainBreak(fact_id=2, code=BreakCode.CONTENT)
    assert chain.verify().count == 3


def test_deliveries_are_no_part_of_the_chain(light):
    light(1)
    Delivery.objects.create(fact_id=1, reaction="town.late")
    assert chain.verify().breaks == ()
