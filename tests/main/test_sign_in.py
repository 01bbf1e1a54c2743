"""Coming in: guessing is slowed down, a sign-in lasts a shift, a password can be changed."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from denghuo.apps.ledger.queries import facts
from denghuo.apps.organization.actions import assign_role, register_user
from denghuo.apps.organization.facts import PasswordChanged
from denghuo.apps.organization.models import Role
from denghuo.main.sign_in import TRIES, TRIES_OF_ADDRESS
from tests.world import AT, PASSWORD, World, make_world

NEXT = "灯火通明-2026"


@pytest.fixture
def world(db: None) -> Iterator[World]:
    cache.clear()
    yield make_world()
    cache.clear()


def sign_in(username: str, password: str, *, address: str = "10.0.0.7", **headers: str) -> Any:
    told = {"username": username, "password": password}
    return Client(REMOTE_ADDR=address, headers=headers).post(reverse("login"), told)


def test_after_too_many_tries_even_the_right_password_waits(world: World) -> None:
    assert {sign_in("lin", f"guess-{n}").status_code for n in range(TRIES)} == {200}
    answer = sign_in("lin", PASSWORD)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "分钟后再试" in answer.content.decode()
    assert sign_in("LIN", PASSWORD).status_code == 429
    assert sign_in("zhou", PASSWORD).status_code == 302, "a colleague at the same desk comes in"
    assert sign_in("lin", PASSWORD, address="10.0.0.8").status_code == 302, "nobody is locked out from elsewhere"


def test_coming_in_forgets_the_failures(world: World) -> None:
    for _ in range(3):
        assert {sign_in("lin", "guess").status_code for _ in range(TRIES - 1)} == {200}
        assert sign_in("lin", PASSWORD).status_code == 302


def test_one_address_does_not_try_everybody(world: World) -> None:
    assert {sign_in(f"somebody-{n}", "guess").status_code for n in range(TRIES_OF_ADDRESS)} == {200}
    assert sign_in("lin", PASSWORD).status_code == 429
    assert sign_in("lin", PASSWORD, address="10.0.0.8").status_code == 302


def test_behind_a_proxy_the_address_is_what_the_proxy_saw(world: World, settings: Settings) -> None:
    settings.HTTPS = True
    for n in range(TRIES):  # what the client claims stands before it
        sign_in("lin", "guess", x_forwarded_for=f"192.0.2.{n}, 198.51.100.1")
    assert sign_in("lin", PASSWORD, x_forwarded_for="192.0.2.99, 198.51.100.1").status_code == 429
    assert sign_in("lin", PASSWORD, x_forwarded_for="198.51.100.2").status_code == 302


def test_without_a_proxy_nobody_names_his_address(world: World) -> None:
    for n in range(TRIES):
        sign_in("lin", "guess", x_forwarded_for=f"198.51.100.{n}")
    assert sign_in("lin", PASSWORD, x_forwarded_for="198.51.100.99").status_code == 429


def test_a_sign_in_lasts_for_a_shift(world: World, settings: Settings) -> None:
    client = Client()
    client.post(reverse("login"), {"username": "lin", "password": PASSWORD})
    assert client.cookies["sessionid"]["max-age"] == settings.SESSION_COOKIE_AGE == 12 * 3600
    assert client.cookies["sessionid"]["httponly"]


@pytest.fixture
def inside(world: World) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(world.lin)
    return client


def change(client: Client, old: str, new: str) -> Any:
    return client.post(reverse("password"), {"old_password": old, "new_password1": new, "new_password2": new})


def test_a_password_is_changed_and_signs_out_elsewhere(world: World, inside: Client) -> None:
    elsewhere = Client()
    elsewhere.force_login(world.lin)
    assert change(inside, PASSWORD, NEXT).status_code == 302
    assert inside.get(reverse("password")).status_code == 200
    assert elsewhere.get(reverse("password")).status_code == 302
    assert (sign_in("lin", PASSWORD).status_code, sign_in("lin", NEXT).status_code) == (200, 302)
    (told,) = facts(classes=[PasswordChanged])
    assert (told.actor, told.fact.user_id) == ("lin", world.lin.pk)


@pytest.mark.parametrize(("old", "new"), [("wrong", NEXT), (PASSWORD, "12345678"), (PASSWORD, "")])
def test_a_password_that_will_not_do_stays(world: World, inside: Client, old: str, new: str) -> None:
    assert change(inside, old, new).status_code == 422
    assert sign_in("lin", PASSWORD).status_code == 302
    assert facts(classes=[PasswordChanged]) == []


def test_the_people_of_the_demo_keep_their_password(world: World, settings: Settings) -> None:
    settings.DEMO = True
    world.lin.username = "dispatcher"
    world.lin.save()
    client = Client(headers={"accept-language": "en"})
    client.force_login(world.lin)
    answer = change(client, PASSWORD, NEXT)
    assert answer.status_code == 422
    assert "keep their password" in answer.content.decode()


def test_a_crew_comes_in_where_its_work_is(world: World) -> None:
    crew = register_user(username="liu", display_name="刘铁塔", password=PASSWORD, at=AT, actor="test")
    assign_role(user=crew, unit=world.lamp, role=Role.CREW, at=AT, actor="test")
    assert sign_in("liu", PASSWORD).headers["Location"] == reverse("crews:mine")
    assert sign_in("lin", PASSWORD).headers["Location"] == "/"
    assign_role(user=crew, unit=world.lamp, role=Role.STATION_HEAD, at=AT, actor="test")
    assert sign_in("liu", PASSWORD).headers["Location"] == "/"
