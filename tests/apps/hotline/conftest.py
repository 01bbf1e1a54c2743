"""The exchange of Lamp station, a leader and an agent of its hotline, and a hand that lets telephones ring."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from denghuo.adapters.telephony.records import CallOutcome, CallRecord
from denghuo.apps.hotline.actions import open_exchange, record_calls
from denghuo.apps.hotline.actions.calls import Source
from denghuo.apps.hotline.facts import CallsRecorded
from denghuo.apps.hotline.models import Exchange
from denghuo.apps.ledger import deliveries
from denghuo.apps.organization.actions import assign_role, register_user
from denghuo.apps.organization.models import Role, User
from tests.apps.network.conftest import built_world, world
from tests.kept import Kept
from tests.world import AT, PASSWORD, World

__all__ = ["built_world", "world"]


@dataclass(frozen=True, kw_only=True)
class Hotline:
    """The exchange and who works there."""

    exchange: Exchange
    leader: User
    agent: User


@pytest.fixture(scope="module")
def built_hotline(built_world: World, kept: Kept) -> Hotline:
    return kept(lambda: _open(built_world))


@pytest.fixture
def hotline(built_hotline: Hotline, db: None) -> Hotline:
    return deepcopy(built_hotline)


def _open(world: World) -> Hotline:
    people = {}
    for username, name, role in (("jiang", "江月", Role.SHIFT_LEADER), ("he", "何雨", Role.AGENT)):
        people[username] = register_user(username=username, display_name=name, password=PASSWORD, at=AT, actor="test")
        assign_role(user=people[username], unit=world.lamp, role=role, at=AT, actor="test")
    exchange = open_exchange(unit_id=world.lamp.pk, code="lamp", name="灯山总机", at=AT, actor="test")
    return Hotline(exchange=exchange, leader=people["jiang"], agent=people["he"])


def call(number: str, minutes: float, outcome: CallOutcome = CallOutcome.ANSWERED, **told: Any) -> CallRecord:
    """A call so many minutes after the beginning: waits 10 s, is answered by A001 and talked to for 3 minutes."""
    entered_at = AT + timedelta(minutes=minutes)
    answered = outcome == CallOutcome.ANSWERED
    plain = {
        "call_id": f"{number[-2:]}-{minutes:g}",
        "queue": "95598",
        "caller": number,
        "entered_at": entered_at,
        "queued_at": entered_at,
        "outcome": outcome,
        "wait_s": 10.0,
        "agent": "A001" if answered else "",
        "talk_s": 180.0 if answered else None,
        "connected_at": entered_at + timedelta(seconds=10) if answered else None,
        "ended_at": entered_at + timedelta(seconds=190 if answered else 10),
    }
    return CallRecord(**{**plain, **told})


Ring = Callable[..., CallsRecorded]


@pytest.fixture
def ring(hotline: Hotline) -> Ring:
    """Record calls, and let follow what follows."""

    def take(*calls: CallRecord, at: datetime = AT, **told: Any) -> CallsRecorded:
        source = told.pop("source", Source(name="test"))
        exchange_id = told.pop("exchange_id", hotline.exchange.pk)
        fact = record_calls(exchange_id=exchange_id, calls=calls, source=source, at=at, actor="test", **told)
        deliveries.drain()
        return fact

    return take
