"""Who is made anonymous is nobody anywhere: their orders, messages, notes of calls, and the table of numbers."""

from datetime import timedelta
from typing import Any

import pytest

from denghuo.apps.customers.actions import anonymize, close_account
from denghuo.apps.hotline.actions import open_exchange
from denghuo.apps.hotline.models import CallBack, CallerNumber, CallNote, NoteKind
from denghuo.apps.ledger import deliveries
from denghuo.apps.notices.actions import MessageEntry, queue_messages
from denghuo.apps.notices.models import Channel, Message, Ring
from denghuo.apps.orders.actions import (
    OrderEntry,
    give_promise,
    make_remark,
    offer_hand_over,
    open_order,
    take_step,
)
from denghuo.apps.orders.models import Kind, Order, PromiseOf, Remark, Topic
from denghuo.apps.orders.queries.callers import callers_of
from tests.apps.customers.conftest import DAY, SYSTEM, account, built_world, town, world
from tests.world import AT, World

__all__ = ["built_world", "town", "world"]
NUMBER = "13800138000"


@pytest.fixture
def theirs(town: World) -> Order:
    """An order of a customer, with a message, the note of a call, a call that is owed, and their number in the book."""
    pk = account().pk
    told = {"account_id": pk, "caller": NUMBER, "contact_name": "张小灯", "text": "我家没电", "place": "青禾村3组12号"}
    entry = OrderEntry(kind=Kind.FAULT, topic=Topic.NO_SUPPLY, unit_id=town.lamp.pk, received_at=AT, **told)
    row = open_order(entry=entry, **SYSTEM)
    message = MessageEntry(
        key="m1",
        unit_id=town.lamp.pk,
        event="fault",
        about="outages.outage:1",
        channel=Channel.SMS,
        ring=Ring.ALL,
        to_ref=f"customers.account:{pk}",
        address=NUMBER,
        name="张小灯",
        text="张小灯，您好",
    )
    queue_messages(entries=[message], **SYSTEM)
    exchange = open_exchange(code="95598", name="95598", unit_id=town.lamp.pk, **SYSTEM)
    wrote = {"number": NUMBER, "text": "张小灯说停电", "place": "青禾村", "written_by": "he"}
    note = CallNote.objects.create(
        exchange=exchange, account_id=pk, kind=NoteKind.ENQUIRY, drafted_at=AT, saved_at=AT, kept_at=AT, **wrote
    )
    CallBack.objects.create(
        exchange=exchange, note=note, number=NUMBER, reason="张小灯等电话", asked_at=AT, asked_by="he", due_at=AT
    )
    CallerNumber.objects.create(unit=town.lamp, number=NUMBER, name="张小灯", account="1001")
    return row


def test_who_is_made_anonymous_is_nobody_anywhere(town: World, theirs: Order) -> None:
    close_account(account_id=theirs.account_id, closed_date=DAY, **SYSTEM)
    with pytest.raises(ValueError, match="still open"):
        anonymize(person_id=account().person_id, reason="本人要求", **SYSTEM)
    told: dict[str, Any] = {"order_id": theirs.pk, **SYSTEM}
    make_remark(side=Remark.Side.CUSTOMER, text="张小灯家又停了", **told)
    give_promise(what=PromiseOf.CALL, due_at=AT + timedelta(hours=3), note="回张小灯电话", **told)
    offer_hand_over(to_username="lin", to_unit_id=None, reason="张小灯认识她", **told)
    take_step(step="terminate", reason="张小灯已知", **told)
    anonymize(person_id=account().person_id, reason="本人要求", **SYSTEM)
    deliveries.drain()
    row = Order.objects.get(pk=theirs.pk)
    assert (row.caller, row.caller_index, row.contact_name, row.text, row.place) == ("", None, "", "", "")
    assert (row.topic, row.received_at) == (Topic.NO_SUPPLY, AT)
    page = str([*row.remarks.values(), *row.promises.values(), *row.steps.values(), *row.hand_overs.values()])
    assert "张小灯" not in page and page.count("客户匿名处理时已删除") == 4
    assert not callers_of([row.pk]).get(row.pk)
    message = Message.objects.get()
    assert (message.address, message.address_masked, message.name, message.text) == ("", "", "", "")
    assert message.expires_at is not None
    assert message.expires_at <= AT + timedelta(0)
    note, owed = CallNote.objects.get(), CallBack.objects.get()
    assert (note.number, note.text, note.place, owed.number, owed.reason) == ("", "", "", "", "")
    assert not CallerNumber.objects.exists()


def test_whoever_else_there_is_stays_known(town: World, theirs: Order) -> None:
    other = account("1002")
    close_account(account_id=other.pk, closed_date=DAY, **SYSTEM)
    anonymize(person_id=other.person_id, reason="本人要求", **SYSTEM)
    deliveries.drain()
    assert Order.objects.get().caller == NUMBER
    assert Message.objects.get().name == "张小灯"
    assert CallerNumber.objects.exists()
