"""Words that come in at the same moment are written down together, and each is answered for itself."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from denghuo.apps.ledger import queries as ledger
from denghuo.apps.ledger.chain import verify
from denghuo.apps.ledger.models import Fact
from denghuo.apps.orders import intake
from denghuo.apps.orders.actions import OrderEntry, open_orders
from denghuo.apps.orders.models import Kind, Order, OrderStep, Topic
from denghuo.apps.organization.actions import open_unit
from denghuo.apps.organization.models import Unit, UnitKind
from tests.world import AT

pytestmark = pytest.mark.django_db(transaction=True)  # several threads write

MANY = 12


@pytest.fixture
def lamp() -> Unit:
    return open_unit(code="lamp", name="灯山供电所", kind=UnitKind.STATION, parent=None, at=AT, actor="test")


def entry(lamp: Unit, key: str = "", topic: Topic = Topic.NO_SUPPLY, **said: object) -> OrderEntry:
    told = {"kind": Kind.FAULT, "topic": topic, "unit_id": lamp.pk, "received_at": AT, "client_key": key}
    return OrderEntry(**{**told, **said})  # type: ignore[arg-type]


def gathered(entries: list[OrderEntry]) -> list[tuple[Order, bool] | ValueError]:
    """What each hears when all of them come in while another is being written down."""
    heard: dict[int, tuple[Order, bool] | ValueError] = {}

    def say(place: int) -> None:
        try:
            heard[place] = intake.take_in(entries[place], actor="he")
        except ValueError as error:
            heard[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=say, args=[place]) for place in range(len(entries))]
    with intake._turn:
        for place, thread in enumerate(threads):
            thread.start()
            while len(intake._waiting) <= place:
                pass
    for thread in threads:
        thread.join()
    return [heard[place] for place in range(len(entries))]


def test_words_that_wait_are_written_in_one_transaction(lamp: Unit) -> None:
    heard = gathered([entry(lamp, f"k{place}", caller=f"1990000{place:04d}") for place in range(MANY)])
    rows = [found[0] for found in heard if isinstance(found, tuple)]
    assert [row.caller for row in rows] == [f"1990000{place:04d}" for place in range(MANY)]
    assert {row.opened_at for row in rows} == {rows[0].opened_at}
    assert all(is_new for found in heard if isinstance(found, tuple) for is_new in found[1:])
    assert OrderStep.objects.values("order").distinct().count() == MANY
    facts = Fact.objects.filter(kind="orders.OrderOpened")
    assert [ledger.load(fact).order_id for fact in facts] == [row.pk for row in rows]
    assert verify().breaks == ()


def test_one_that_is_refused_hears_why_and_harms_nobody(lamp: Unit) -> None:
    words = [entry(lamp, "a"), entry(lamp, "b", topic=Topic.BILL), entry(lamp, "c"), entry(lamp)]
    heard = gathered(words)
    assert [isinstance(found, ValueError) for found in heard] == [False, True, False, False]
    assert "no topic" in str(heard[1])
    assert Order.objects.count() == 3


def test_a_key_that_is_sent_twice_at_once_is_one_order(lamp: Unit) -> None:
    known, _ = intake.take_in(entry(lamp, "k"), actor="he")
    heard = gathered([entry(lamp, "k"), entry(lamp, "n"), entry(lamp, "n")])
    rows = [found[0].pk for found in heard if isinstance(found, tuple)]
    assert rows[0] == known.pk
    assert rows[1] == rows[2] != known.pk
    assert isinstance(heard[0], tuple) and heard[0][1] is False
    assert Order.objects.count() == 2


def test_a_word_alone_is_written_at_once(lamp: Unit) -> None:
    row, is_new = intake.take_in(entry(lamp), actor="he")
    assert is_new and timezone.now() - row.opened_at < timedelta(minutes=5)
    assert intake._waiting == []


def test_a_key_of_two_units_is_refused_in_one_go(lamp: Unit) -> None:
    with pytest.raises(ValueError, match="another unit"):
        open_orders(entries=[entry(lamp, "k"), entry(lamp, "k", unit_id=lamp.pk + 1)], at=AT, actor="he")
    assert not Order.objects.exists()
