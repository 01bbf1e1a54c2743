"""Lamp station and the people in it."""

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from denghuo.apps.ledger import deliveries
from denghuo.apps.network.actions import record_switching
from denghuo.apps.network.models import SwitchingOperation
from denghuo.apps.organization.models import User
from tests.kept import Kept
from tests.world import AT, World, make_world

Switch = Callable[..., SwitchingOperation]


@pytest.fixture(scope="module")
def built_world(kept: Kept) -> World:
    return kept(make_world)


@pytest.fixture
def world(built_world: World, db: None) -> World:
    return deepcopy(built_world)


@pytest.fixture
def switch(world: World) -> Switch:
    """Move a device some hours after the beginning, and let follow what follows."""

    def move(code: str, deed: str, hours: float, event: str = "", **told: Any) -> SwitchingOperation:
        row = record_switching(
            network_id=world.network.pk,
            device_code=code,
            closes=deed == "close",
            operated_at=after(hours),
            event_number=event,
            note="",
            **({"at": AT, "actor": "lin"} | told),
        )
        deliveries.drain()
        return row

    return move


def after(hours: float) -> datetime:
    """So many hours after the beginning."""
    return AT + timedelta(hours=hours)


def signed_in(user: User, language: str = "en") -> Client:
    """A browser in which this person is signed in."""
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client
