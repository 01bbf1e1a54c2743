"""An order is opened once, with its number, its first step, its first deadline, and one fact."""

from datetime import timedelta

import pytest

from denghuo.apps.ledger.models import Fact
from denghuo.apps.orders.actions import OrderEntry, open_order
from denghuo.apps.orders.models import Kind, Order, OrderStep, State, Topic
from tests.apps.orders.conftest import Open
from tests.world import AT, World


def test_a_fault_has_a_number_a_step_a_deadline_and_a_fact(opened: Open) -> None:
    row = opened(caller="138 0013 8000", contact_name="周安")
    assert row.number == f"260501-{row.pk:06d}"
    assert row.state == State.REGISTERED
    assert row.caller == "13800138000"
    assert row.contact_name == "周安"
    assert row.next_due_clock == "dispatch"
    assert row.next_due_at == AT + timedelta(minutes=2)
    assert list(OrderStep.objects.values_list("step", "to_state")) == [("open", State.REGISTERED)]
    fact = Fact.objects.get(kind="orders.OrderOpened")
    assert "138" not in fact.data
    assert "周安" not in fact.data


def test_the_same_key_opens_one_order(opened: Open, world: World) -> None:
    first, again = opened(client_key="k1"), opened(client_key="k1", at=AT + timedelta(minutes=1))
    assert first.pk == again.pk
    assert Order.objects.count() == 1
    entry = OrderEntry(kind=Kind.FAULT, topic=Topic.NO_SUPPLY, unit_id=world.wick.pk, received_at=AT, client_key="k1")
    with pytest.raises(ValueError, match="another unit"):
        open_order(entry=entry, at=AT, actor="he")


def test_a_topic_is_of_its_kind(opened: Open) -> None:
    with pytest.raises(ValueError, match="no topic"):
        opened(Kind.PRAISE, Topic.DANGER)


@pytest.mark.parametrize(
    "typed", ["+86 138-0013 8000", "１３８００１３８０００", "13800138000 (儿子)", "0086 13800138000"]
)
def test_a_number_is_the_same_however_it_is_written(opened: Open, typed: str) -> None:
    row = opened(caller=typed)
    assert row.caller == "13800138000"
    assert row.caller_index == opened(caller="13800138000").caller_index
