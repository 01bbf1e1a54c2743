"""Programs sign in with a token: in somebody's name, with one role in one unit, until it is revoked."""

import json

import pytest
from django.test import Client

from denghuo.apps.ledger.models import Fact
from denghuo.apps.orders.models import Order
from denghuo.apps.organization.actions import assign_role, give_token
from denghuo.apps.organization.models import Assignment, Role, Token
from tests.apps.network.conftest import built_world, signed_in, world
from tests.world import AT, World

__all__ = ["built_world", "world"]

PATH = "/programs/"
ORDER = {"kind": "fault", "topic": "no_supply", "unit": "lamp", "client_key": "k-1"}


def given(world: World) -> tuple[Token, str]:
    held = Assignment.objects.get(user=world.lin)
    return give_token(name="采集主站", assignment=held, at=AT, actor="gu")


def post(secret: str, **told: str) -> int:
    """What a program sends; CSRF is looked at as on the real site."""
    client = Client(enforce_csrf_checks=True, headers={"authorization": f"Bearer {secret}"})
    return client.post("/api/orders", json.dumps({**ORDER, **told}), content_type="application/json").status_code


def test_a_program_opens_an_order_in_the_name_it_was_given(world: World) -> None:
    row, secret = given(world)
    assert post(secret) == 201
    assert Fact.objects.filter(kind="orders.OrderOpened").get().actor == "lin"
    assert Order.objects.get().first_asked == "zhou"
    row.refresh_from_db()
    assert row.used_at is not None
    assert secret not in json.dumps(list(Token.objects.values()), default=str), "only a digest is kept"


def test_it_reaches_no_further_than_its_role_and_unit(world: World) -> None:
    assign_role(user=world.lin, unit=world.wick, role=Role.ADMINISTRATOR, at=AT, actor="gu")
    held = Assignment.objects.get(user=world.lin, unit=world.lamp)
    _row, secret = give_token(name="x", assignment=held, at=AT, actor="gu")
    assert post(secret, unit="wick") == 404, "the person may there, the program may not"
    client = Client(headers={"authorization": f"Bearer {secret}"})
    assert client.get("/api/hotline/figures").status_code in (403, 404)
    assert client.get("/api/reliability/indices").status_code == 200
    assert client.get("/orders/").status_code == 302, "pages are for people"


@pytest.mark.parametrize("why", ["revoked", "role", "person", "wrong"])
def test_it_is_refused_once_it_holds_no_more(world: World, why: str) -> None:
    row, secret = given(world)
    if why == "revoked":
        assert signed_in(world.gu).post(f"{PATH}{row.pk}/revoke/").status_code == 302
    elif why == "role":
        Assignment.objects.filter(user=world.lin).delete()
    elif why == "person":
        world.lin.is_active = False
        world.lin.save()
    else:
        secret = secret[:-1]
    assert post(secret) == 401
    assert post("") == 401
    assert not Order.objects.exists()


def test_a_session_still_needs_its_mark_against_other_sites(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.lin)
    assert client.post("/api/orders", json.dumps(ORDER), content_type="application/json").status_code == 403


def test_the_administrator_makes_one_and_sees_it_once(world: World) -> None:
    admin = signed_in(world.gu)
    assert "No program yet" in admin.get(PATH).content.decode()
    held = Assignment.objects.get(user=world.lin)
    assert admin.post(PATH, {"name": "", "assignment": held.pk}).status_code == 422
    assert admin.post(PATH, {"name": "采集主站", "assignment": 999_999}).status_code == 422
    answer = admin.post(PATH, {"name": "采集主站", "assignment": held.pk})
    secret = answer.context["secret"]
    assert secret in answer.content.decode() and post(secret) == 201
    page = admin.get(PATH).content.decode()
    assert "采集主站" in page and secret not in page
    assert str(world.gu) in page and f"{world.gu.username}</td>" not in page, "who gave it, by name"
    assert signed_in(world.lin).get(PATH).status_code == 403
    kinds = set(Fact.objects.values_list("kind", flat=True))
    assert "organization.TokenGiven" in kinds


def test_the_form_sent_again_makes_no_second_token(world: World) -> None:
    admin, held = signed_in(world.gu), Assignment.objects.get(user=world.lin)
    told = {"name": "采集主站", "assignment": held.pk}
    assert admin.post(PATH, told).status_code == 200
    again = admin.post(PATH, told)
    assert (again.status_code, again.context["secret"], Token.objects.count()) == (422, "", 1)
    assert "If it is lost, revoke it and make another" in again.content.decode()
    assert admin.post(PATH, told | {"name": "采集主站 2"}).status_code == 200
    admin.post(f"{PATH}{Token.objects.get(name='采集主站').pk}/revoke/")
    assert admin.post(PATH, told).status_code == 200, "what is revoked takes no name"
    assert Token.objects.count() == 3
