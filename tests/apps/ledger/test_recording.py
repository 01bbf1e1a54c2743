"""A fact is recorded with its action or not at all, and then stays as it is."""

from datetime import datetime

import pytest
from django.db import DatabaseError, connection, transaction

from denghuo.apps.ledger import queries
from denghuo.apps.ledger.actions import record
from denghuo.apps.ledger.models import Delivery, Fact, ImmutableFactError
from tests.apps.ledger.town import AT, LampCounted, LampLit

pytestmark = pytest.mark.django_db


def test_a_fact_reads_back_with_who_and_when(light):
    light(7, name="东街")
    light(8)
    (first, second) = queries.facts()
    assert (first.id, first.kind, first.at, first.actor) == (1, "town.LampLit", AT, "li")
    assert first.fact == LampLit(number=7, name="东街")
    assert second.fact == LampLit(number=8)


def test_facts_are_found_by_class_place_and_time(light):
    light(1)
    with transaction.atomic():
        record(LampCounted(number=1), at=AT.replace(year=2027), actor="wang")
    light(2)
    assert [found.fact.number for found in queries.facts(classes=[LampLit])] == [1, 2]
    assert [found.id for found in queries.facts(after_id=1)] == [2, 3]
    assert [found.id for found in queries.facts(since=AT.replace(month=12))] == [2]
    assert [found.id for found in queries.facts(limit=1)] == [1]


def test_each_subscribed_line_is_owed_once(light, follow):
    follow(LampLit, "town.count", print)
    follow(LampLit, "town.tell", print, background=True)
    follow(LampCounted, "town.forget", print)
    light()
    owed = Delivery.objects.values_list("fact_id", "reaction", "background", "attempts")
    assert list(owed) == [(1, "town.count", False, 0), (1, "town.tell", True, 0)]


def test_an_action_that_fails_leaves_neither_fact_nor_delivery_nor_gap(light, follow):
    follow(LampLit, "town.count", print)
    light(1)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record(LampLit(number=2), at=AT, actor="li")
        1 / 0  # noqa: B018
    light(3)
    assert [(found.id, found.fact.number) for found in queries.facts()] == [(1, 1), (2, 3)]
    assert Delivery.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_recorded():
    with pytest.raises(transaction.TransactionManagementError):
        record(LampLit(number=1), at=AT, actor="li")
    assert not Fact.objects.exists()


def test_a_class_that_no_context_declares_is_refused():
    class Stray:
        pass

    with pytest.raises(LookupError, match="Stray is not registered"):
        record(Stray(), at=AT, actor="li")


def test_an_instant_without_zone_and_nobody_as_actor_are_refused():
    with pytest.raises(ValueError, match="no time zone"):
        record(LampLit(number=1), at=datetime(2026, 7, 1), actor="li")  # noqa: DTZ001
    with pytest.raises(DatabaseError, match="fact_has_actor"), transaction.atomic():
        record(LampLit(number=1), at=AT, actor="")


def test_the_models_refuse_to_change_a_fact(light):
    fact = light()
    for change in (
        fact.save,
        fact.delete,
        Fact.objects.all().delete,
        lambda: Fact.objects.update(actor="nobody"),
        lambda: Fact.objects.bulk_update([fact], ["actor"]),
        lambda: Fact._base_manager.update(actor="nobody"),
    ):
        with pytest.raises(ImmutableFactError):
            change()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_fact SET actor = 'nobody'",
        "UPDATE ledger_fact SET id = 9",
        "DELETE FROM ledger_fact",
        pytest.param("INSERT OR REPLACE INTO ledger_fact SELECT * FROM ledger_fact", id="replace (SQLite)"),
        pytest.param("TRUNCATE ledger_fact CASCADE", id="truncate (PostgreSQL)"),
    ],
)
def test_the_database_refuses_to_change_a_fact(light, statement):
    light()
    before = list(Fact.objects.values())
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert list(Fact.objects.values()) == before
