"""The first page shows what needs its reader now, and nothing that is somebody else's."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from denghuo.apps.network.actions import record_switching
from denghuo.apps.organization.models import User
from tests.world import World, make_world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return make_world()


def open_device(world: World, code: str, *, hours_ago: float) -> None:
    now = timezone.now()
    record_switching(
        network_id=world.network.pk,
        device_code=code,
        closes=False,
        operated_at=now - timedelta(hours=hours_ago),
        event_number="TD-77",
        note="",
        at=now,
        actor="lin",
    )


def home(user: User, language: str = "en") -> dict[str, object]:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    response = client.get(reverse("boards:home"))
    assert response.status_code == 200
    shown = {name: value for part in response.context for layer in part for name, value in layer.items()}
    return shown | {"text": response.content.decode()}


def test_every_lamp_is_lit_when_nobody_is_out(world: World) -> None:
    shown = home(world.lin)
    assert shown["customers_out"] == 0
    assert "Every lamp is lit" in str(shown["text"])


def test_an_opened_switch_is_on_the_board_at_once(world: World) -> None:
    open_device(world, "QL1", hours_ago=2)
    shown = home(world.lin)
    assert shown["customers_out"] == 20
    (outage, cost), *rest = shown["lasting"]  # type: ignore[misc]
    assert not rest
    assert outage.number == "TD-77"
    assert cost.lv_customer_hours == pytest.approx(40, rel=1e-3)
    assert shown["unclassified"] == 1
    assert shown["standing"].hours_per_user == pytest.approx(3 * 2 / 7, rel=1e-3)  # type: ignore[attr-defined]


def test_another_station_sees_nothing_of_it(world: World) -> None:
    open_device(world, "QL1", hours_ago=2)
    shown = home(world.bai)
    assert shown["lasting"] == []
    assert shown["standing"] is None
    assert "TD-77" not in str(shown["text"])


def test_the_city_sees_every_station(world: World) -> None:
    open_device(world, "QF1", hours_ago=1)
    assert home(world.chen)["customers_out"] == 60


def test_somebody_without_a_role_gets_a_page_without_figures(world: World) -> None:
    shown = home(world.wen)
    assert "sees_outages" not in shown
    assert "standing" not in shown


def test_the_board_speaks_chinese(world: World) -> None:
    assert "万家灯火，全部在供" in str(home(world.lin, "zh-hans")["text"])
