"""Orders over the API: told once, however often they are sent."""

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from denghuo.apps.orders.models import Order
from denghuo.apps.organization.models import CalendarDay, User
from tests.apps.orders.conftest import Open, People

PATH = "/api/orders"
PLAIN = {"kind": "fault", "topic": "no_supply", "unit": "lamp", "client_key": "k-1", "caller": "13800138000"}


@pytest.fixture
def client(people: People) -> Client:
    client = Client()
    client.force_login(people.agent)
    return client


def post(client: Client, **told: Any) -> HttpResponse:
    return client.post(PATH, json.dumps({**PLAIN, **told}), content_type="application/json")  # type: ignore[return-value]


def test_an_order_is_created_once_and_found_again(client: Client) -> None:
    first, again = post(client), post(client)
    assert (first.status_code, again.status_code) == (201, 200)
    assert json.loads(first.content) == json.loads(again.content)
    row = Order.objects.get()
    assert json.loads(first.content)["number"] == row.number
    assert row.first_asked == row.handler == "zhou", "nobody was named, nobody answers by name: the head of the station"


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"unit": "nowhere"}, 404),
        ({"unit": "wick"}, 404),
        ({"topic": "praise"}, 422),
        ({"kind": "praise", "topic": "danger"}, 422),
        ({"account": "404"}, 422),
        ({"first_asked": "nobody"}, 422),
        ({"first_asked": "bai"}, 422),
        ({"received_at": "2026-05-01T08:00:00"}, 422),
    ],
)
def test_what_cannot_be_an_order_is_refused(client: Client, told: dict[str, Any], status: int) -> None:
    assert post(client, **told).status_code == status
    assert not Order.objects.exists()


def test_orders_are_listed_with_their_clocks(client: Client, opened: Open) -> None:
    row = opened()
    listed = client.get(PATH).json()
    assert [one["order_id"] for one in listed] == [row.pk]
    told = client.get(f"{PATH}/{row.pk}").json()
    assert {one["clock"] for one in told["clocks"]} == {"dispatch", "arrive"}
    assert client.get(f"{PATH}/999999").status_code == 404


def test_who_only_looks_opens_nothing(people: People) -> None:
    client = Client()
    client.force_login(User.objects.get(username="yan"))
    assert post(client).status_code == 403


def test_whoever_watches_the_server_hears_of_a_year_without_holidays(client: Client, opened: Open) -> None:
    assert Client().get("/health/").json() == {"status": "ok"}
    opened()
    CalendarDay.objects.all().delete()
    assert Client().get("/health/").json()["holidays_unknown"]
