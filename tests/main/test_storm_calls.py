"""The storm rings: who calls waits for a seat, is heard, and becomes an order that leads back to the call."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from denghuo.adapters.telephony import AgentState, CallOutcome
from denghuo.apps.customers import queries as customers
from denghuo.apps.customers.actions import AccountEntry, open_account
from denghuo.apps.hotline.models import Agent, Call, CallNote
from denghuo.apps.hotline.queries import number_of_call
from denghuo.apps.orders.models import Channel, Order
from denghuo.apps.orders.queries import ties_of
from denghuo.apps.organization.models import User
from denghuo.main.demo.hotline import CallHistory, duty
from denghuo.main.demo.line import demo_line
from denghuo.main.demo.storm import Caller
from denghuo.main.demo.storm_calls import Telephones, overheard
from tests.apps.hotline.conftest import Hotline, built_hotline, hotline
from tests.apps.network.conftest import built_world, world
from tests.world import AT, World

__all__ = ["built_hotline", "built_world", "hotline", "world"]
SYSTEM: dict[str, Any] = {"at": AT, "actor": "test"}


@pytest.fixture
def line(hotline: Hotline, settings: Any, tmp_path: Path) -> Telephones:
    settings.HOME = tmp_path
    return Telephones(exchange=hotline.exchange, now=lambda: AT, rng=np.random.default_rng(1))


def caller(world: World, number: str = "12000000001") -> Caller:
    entry = AccountEntry(number=f"8{number[-3:]}", name="王小五", address="青禾村3组12号", load_code="T1")
    row = open_account(unit_id=world.lamp.pk, entry=entry, **SYSTEM)
    known = customers.customers_by_id([row.pk])[row.pk]
    return Caller(after_s=0.0, customer=known, number=number, channel=Channel.HOTLINE, said="停电了")


def test_what_is_said_is_noted_as_an_order_of_the_call(line: Telephones, world: World) -> None:
    one = caller(world)
    ring = line.ring(one, 0.0)
    assert ring.is_answered and ring.call.agent in {person.code for person in duty(AT.date(), local(AT).hour)}
    line.record(ring.call)
    assert line.note(one, ring.call)
    call, note, row = Call.objects.get(), CallNote.objects.get(), Order.objects.get()
    assert (call.caller, call.call_id) == (one.number, note.call_id)
    assert (note.order_id, row.source_ref, row.received_at) == (row.pk, f"hotline.call:{call.pk}", call.entered_at)
    assert (row.account_id, row.load_code, row.channel) == (one.customer.account_id, "T1", "hotline")
    assert f"/hotline/calls/{call.pk}/" in {tie.path for tie in ties_of(row.pk)}
    assert User.objects.get(username=note.written_by).has_usable_password() is False


def test_supply_that_is_back_is_no_report(line: Telephones, world: World) -> None:
    one = caller(world)
    ring = line.ring(one, 0.0)
    line.record(ring.call)
    assert line.note(one, ring.call, is_back=True)
    assert CallNote.objects.get().order is None and not Order.objects.exists()


def test_who_finds_no_seat_gives_up_and_calls_again(line: Telephones, world: World) -> None:
    one = caller(world)
    rings = [line.ring(one, 0.0) for _ in range(80)]
    seats = len(duty(AT.date(), local(AT).hour))
    assert all(ring.is_answered for ring in rings[:seats])
    lost = [ring for ring in rings if ring.call.outcome is CallOutcome.ABANDONED]
    assert lost and all(ring.call.agent == "" and ring.call.connected_at is None for ring in lost)
    again = [ring.again_s for ring in lost if ring.again_s is not None]
    assert 0 < len(again) <= 3, "nobody tries for ever"
    assert min(again) > 0


def test_the_visitor_is_waited_for(line: Telephones, world: World, hotline: Hotline) -> None:
    one = caller(world)
    ring = line.ring(one, 0.0)
    assert line.is_written(ring.call, 0) is False
    draft = CallNote.objects.create(
        exchange=hotline.exchange, call_id=ring.call.call_id, number=one.number, written_by="agent", drafted_at=AT,
        saved_at=AT, text="家里",
    )  # fmt: skip
    assert line.is_written(ring.call, 0) is None
    assert line.is_written(ring.call, 99) is False, "not for ever"
    CallNote.objects.filter(pk=draft.pk).update(kept_at=AT, kind="fault_report")
    assert line.is_written(ring.call, 0) is True


def test_at_the_visitors_seat_a_call_takes_its_time(hotline: Hotline, world: World, line: Telephones) -> None:
    User.objects.filter(pk=hotline.agent.pk).update(username="agent")
    on = duty(AT.date(), local(AT).hour)
    Agent.objects.create(exchange=hotline.exchange, code=on[0].code, user=hotline.agent)
    fast = Telephones(exchange=hotline.exchange, now=lambda: AT, rng=np.random.default_rng(1), pace=1 / 60)
    rings = [fast.ring(caller(world, f"1200000{n:04d}"), 0.0) for n in range(len(on))]
    talks = {ring.call.agent: ring.call.talk_s or 0.0 for ring in rings}
    assert talks[on[0].code] == pytest.approx(45.0)
    assert max(talk for seat, talk in talks.items() if seat != on[0].code) < 30


def test_the_line_tells_of_it_while_it_lasts(line: Telephones, world: World) -> None:
    ring = line.ring(caller(world), 0.0)
    (heard,) = overheard()()
    assert heard == ring.call
    assert ring.call.connected_at is not None and ring.call.ended_at is not None
    clock = [ring.call.entered_at, ring.call.connected_at, ring.call.ended_at + timedelta(seconds=1)]
    told = asyncio.run(_batches(clock))
    assert [one.call_id for one in told[0].snapshot.waiting] == [heard.call_id]
    state = {one.agent: one.state for one in told[1].snapshot.agents}
    assert state[heard.agent] is AgentState.TALKING
    assert [batch.calls for batch in told] == [(), (), (heard,)]
    assert number_of_call(line.exchange.pk, heard.call_id) == "", "nothing is recorded before it is over"


async def _batches(clock: list[datetime]) -> list[Any]:
    left = [local(one) for one in clock]
    lines = demo_line(
        now=lambda: left.pop(0), day_of=lambda _at: CallHistory(), overheard=overheard(), since=clock[0], tick_s=0.0
    )
    found = [await anext(lines) for _ in clock]
    await lines.aclose()  # type: ignore[attr-defined]
    return found


def local(at: datetime) -> datetime:
    return timezone.localtime(at)
