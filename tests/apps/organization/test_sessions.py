"""A session stands until it ends, and is read by one question."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from tests.apps.network.conftest import built_world, world
from tests.world import World

__all__ = ["built_world", "world"]


def test_a_session_is_nobodys_once_it_has_ended(world: World) -> None:
    client = Client()
    client.force_login(world.gu)
    assert client.get("/").wsgi_request.user == world.gu  # type: ignore[attr-defined]
    Session.objects.update(expire_date=timezone.now() + timedelta(minutes=1))
    assert client.get("/").wsgi_request.user == world.gu  # type: ignore[attr-defined]
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert not client.get("/").wsgi_request.user.is_authenticated  # type: ignore[attr-defined]


@pytest.mark.parametrize("key", ["", "x", "a" * 32, "'; --" + "b" * 32])
def test_a_cookie_that_names_no_session_is_nobodys(world: World, key: str) -> None:
    client = Client()
    client.cookies["sessionid"] = key
    assert not client.get("/").wsgi_request.user.is_authenticated  # type: ignore[attr-defined]
