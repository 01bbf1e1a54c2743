"""Lamp station, and messages to the people it supplies."""

from collections.abc import Callable, Collection, Iterator
from typing import Any

import pytest

from denghuo.apps.notices.actions import MessageEntry, queue_messages
from denghuo.apps.notices.models import Message
from denghuo.apps.notices.queries.matters import NAMES, NUMBERED
from tests.apps.network.conftest import built_world, world
from tests.world import AT, World

__all__ = ["built_world", "world"]
SYSTEM: dict[str, Any] = {"at": AT, "actor": "test"}

Queue = Callable[..., Message]


def entry(unit_id: int, key: str = "k", **told: Any) -> MessageEntry:
    """A text message to everybody about outage 12."""
    plain: dict[str, Any] = {
        "event": "outages.fault",
        "about": "outages.outage:12",
        "channel": "sms",
        "ring": 3,
        "to_ref": f"customers.account:{key}",
        "address": "138 0013 8000",
        "text": f"停电了 {key}",
        "name": "张三",
    }
    return MessageEntry(key=key, unit_id=unit_id, **{**plain, **told})


@pytest.fixture
def known() -> Iterator[dict[str, str]]:
    """Who is known to the contexts above, by reference: what they are called, which begins with their number."""
    names: dict[str, str] = {}

    def named(refs: Collection[str]) -> dict[str, str]:
        return {ref: names[ref] for ref in refs if ref in names}

    def numbered(number: str, unit_path: str) -> list[str]:
        return [ref for ref, name in names.items() if name.split()[0] == number and unit_path]

    NAMES.ask([named]), NUMBERED.ask([numbered])
    yield names
    NAMES.ask_no_more(named), NUMBERED.ask_no_more(numbered)


@pytest.fixture
def queue(world: World) -> Queue:
    """Queue one message, and hand back its row."""

    def put(key: str = "k", **told: Any) -> Message:
        told = {"at": AT, **told}
        at = told.pop("at")
        queue_messages(entries=[entry(world.lamp.pk, key, **told)], at=at, actor="test")
        return Message.objects.get(key=key)

    return put
