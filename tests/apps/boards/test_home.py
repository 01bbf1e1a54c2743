"""The first page shows what needs its reader now, and nothing that is somebody else's."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from denghuo.apps.continuity.actions import set_target
from denghuo.apps.continuity.queries import books
from denghuo.apps.network.actions import record_switching
from denghuo.apps.organization.actions import assign_role
from denghuo.apps.organization.models import Role, User
from denghuo.engines.reliability import Basis, compute_indices
from tests.world import AT, World, make_world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return make_world()


def open_device(world: World, code: str, *, hours_ago: float) -> None:
    operate(world, code, closes=False, at=timezone.now() - timedelta(hours=hours_ago))


def operate(world: World, code: str, *, closes: bool, at: datetime) -> None:
    told: dict[str, Any] = {"operated_at": at, "event_number": "TD-77", "note": "", "at": timezone.now()}
    record_switching(network_id=world.network.pk, device_code=code, closes=closes, actor="lin", **told)


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


def test_a_unit_without_a_network_is_told_to_import_one(world: World) -> None:
    shown = str(home(world.bai)["text"])
    assert "No network yet" in shown
    assert "Every lamp is lit" not in shown
    assert reverse("imports:home") not in shown, "a manager imports nothing"
    assign_role(user=world.bai, unit=world.wick, role=Role.ADMINISTRATOR, at=AT, actor="test")
    assert f'<a class="dh-btn dh-btn--primary" href="{reverse("imports:home")}">' in str(home(world.bai)["text"])


def test_where_there_is_no_network_no_lamp_is_called_lit(world: World) -> None:
    """A hotline agent sees no drawings, and still must not hear that all is well."""
    assign_role(user=world.wen, unit=world.wick, role=Role.AGENT, at=AT, actor="test")
    shown = str(home(world.wen)["text"])
    assert "No network yet" in shown
    assert "Every lamp is lit" not in shown
    assert "Nobody is without supply" not in shown


def test_a_year_that_is_not_all_recorded_is_not_compared_with(world: World) -> None:
    last_year = timezone.now() - timedelta(days=366)
    operate(world, "QL1", closes=False, at=last_year)
    operate(world, "QL1", closes=True, at=last_year + timedelta(hours=1))
    shown = home(world.lin)
    assert shown["standing"].last_year is None  # type: ignore[attr-defined]
    assert f"no records before {timezone.localdate(last_year):%Y-%m-%d}" in str(shown["text"])


def test_the_board_is_looked_at_again(world: World) -> None:
    """What the page's script replaces is named, and holds what changes."""
    open_device(world, "QL1", hours_ago=2)
    text = str(home(world.lin)["text"])
    assert "js/live.js" in text
    board = text[text.index('id="board" data-live') :]
    assert "TD-77" in board


def test_an_opened_switch_is_on_the_board_at_once(world: World) -> None:
    open_device(world, "QL1", hours_ago=2)
    shown = home(world.lin)
    assert shown["customers_out"] == 20
    (outage, cost), *rest = shown["lasting"]  # type: ignore[misc]
    assert not rest
    assert outage.number == "TD-77"
    assert cost.lv_customer_hours == pytest.approx(40, rel=1e-3)
    assert shown["unclassified"] == 1
    minute = 3 / 60 / 7  # known up to the full minute, as on the page of figures
    assert shown["standing"].hours_per_user == pytest.approx(3 * 2 / 7, abs=minute)  # type: ignore[attr-defined]


def test_the_year_stands_as_on_the_page_of_figures(world: World) -> None:
    now = timezone.now()
    operate(world, "QL1", closes=False, at=now - timedelta(minutes=90))
    operate(world, "QL1", closes=True, at=now - timedelta(minutes=30))
    standing: Any = home(world.lin)["standing"]
    client = Client()
    client.force_login(world.lin)
    told = client.get("/api/reliability/indices").json()["figures"]
    assert standing.hours_per_user == told["hours_per_user"] == pytest.approx(3 / 7)
    assert standing.availability_percent == 100 * told["availability_share"]
    assert standing.last_year is None, "there are no records of last year: that is not 0"


def test_the_target_is_that_of_the_page_of_figures(world: World) -> None:
    """A station without a target of its own goes by the one of its city, here as there."""
    year = timezone.localtime().year
    told: dict[str, Any] = {"basis": Basis.MV_USERS, "source": "x", "at": AT, "actor": "test"}
    set_target(unit_id=world.city.pk, year=year, hours_per_user=5.0, **told)
    standing: Any = home(world.lin)["standing"]
    assert standing.target == 5.0


def test_what_was_worked_out_once_is_remembered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    worked_out: list[Any] = []

    def watched(*rows: Any, **question: Any) -> Any:
        worked_out.append(question["period"])
        return compute_indices(*rows, **question)

    monkeypatch.setattr(books, "compute_indices", watched)
    now = timezone.now()
    operate(world, "QL1", closes=False, at=now - timedelta(minutes=90))
    operate(world, "QL1", closes=True, at=now - timedelta(minutes=30))
    home(world.lin)
    assert worked_out
    worked_out.clear()
    home(world.lin)
    assert worked_out == []


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
