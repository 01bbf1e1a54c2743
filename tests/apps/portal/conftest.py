"""Lamp station with an open door, and somebody in front of it."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from denghuo.apps.ledger import deliveries
from denghuo.apps.orders.models import Order
from tests.apps.network.conftest import built_world, switch, world

__all__ = ["built_world", "switch", "world"]

PHONE = "13800138000"


@pytest.fixture(autouse=True)
def door(settings: Settings) -> Iterator[None]:
    """The door stands open, and nobody has come yet."""
    settings.PUBLIC_REPORTS = settings.PUBLIC_OUTAGES = True
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def stranger() -> Client:
    """Somebody with a telephone, who reads English."""
    return Client(headers={"accept-language": "en"})


def key() -> str:
    """What a page makes for one report."""
    return uuid4().hex


def send(stranger: Client, matter: str = "no-power", **told: str) -> HttpResponse:
    """Send a report in, and let follow what follows."""
    usual = {"client_key": key(), "caller": PHONE, "place": "青禾村3组12号"}
    answer = stranger.post(f"/report/{matter}/", {**usual, **told})
    deliveries.drain()
    return answer  # type: ignore[return-value]


def sent(stranger: Client, matter: str = "no-power", **told: str) -> tuple[Order, str]:
    """The order that a report became, and where it can be followed."""
    answer = send(stranger, matter, **told)
    assert answer.status_code == 302, answer.content.decode()
    return Order.objects.latest("pk"), answer.headers["Location"]
