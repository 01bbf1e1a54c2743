"""`denghuo ledger`: what it prints and how it ends."""

import json

import pytest
from django.db import connection, transaction

from denghuo.apps.ledger import deliveries, guards, registry
from denghuo.apps.ledger.actions import record
from denghuo.apps.ledger.models import Delivery
from denghuo.main import cli
from tests.apps.ledger.town import AT, LampLit

pytestmark = pytest.mark.django_db


@pytest.fixture
def broken_lamp():
    """A fact whose only reaction has failed for the last time."""
    failing = {"yes": True}

    def react(fact, **_):
        assert not failing, "the lamp is broken"

    registry.subscribe(LampLit, reaction="town.react", target=react)
    with transaction.atomic():
        record(LampLit(number=1), at=AT, actor="li")
    Delivery.objects.update(attempts=deliveries.MAX_ATTEMPTS - 1)
    deliveries.drain()
    yield failing
    registry.unsubscribe(LampLit, reaction="town.react")


def _json(capsys, *arguments, code):
    assert cli.main(["ledger", *arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_verify_tells_a_whole_ledger_from_a_changed_one(capsys, broken_lamp):
    whole = _json(capsys, "verify", code=0)
    assert (whole["facts"], whole["breaks"]) == (1, [])
    assert _json(capsys, "verify", "--head", whole["head"], code=0)["head"] == whole["head"]
    assert _json(capsys, "verify", "--head", "f" * 64, code=1)["breaks"] == [{"fact_id": 1, "code": "head"}]
    guards.remove(connection)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_fact SET actor = 'wang'")
    assert _json(capsys, "verify", code=1)["breaks"] == [{"fact_id": 1, "code": "content"}]


def test_status_shows_what_was_given_up_and_retry_tries_it_again(capsys, broken_lamp):
    status = _json(capsys, "status", code=1)
    (parked,) = status["parked"]
    assert status["backlog"]["parked"] == 1
    assert (parked["kind"], parked["reaction"]) == ("town.LampLit", "town.react")
    assert "the lamp is broken" in parked["error"]

    broken_lamp.clear()
    assert _json(capsys, "retry", str(parked["id"]), code=0)["backlog"]["parked"] == 0
    assert deliveries.drain() == 1
    assert _json(capsys, "status", code=0)["backlog"]["open"] == 0


def test_retry_of_what_is_not_parked_is_refused_with_a_hint(capsys):
    assert cli.main(["ledger", "retry", "7"]) == 2
    assert "delivery 7 is not parked" in capsys.readouterr().err
