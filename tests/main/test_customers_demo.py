"""The demo's customers: as many as the network counts, found by the numbers that the demo's callers call from."""

from zoneinfo import ZoneInfo

import pytest

from denghuo.apps.customers import queries
from denghuo.apps.customers.models import Account, Care, Person
from denghuo.apps.network.queries import network_snapshot
from denghuo.main.demo.customers import demo_rows, load_customers
from denghuo.main.demo.load_hotline import callers_of
from tests.apps.network.conftest import built_world, world
from tests.world import AT, World

__all__ = ["built_world", "world"]

NOW = AT.astimezone(ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def loaded(world: World) -> World:
    load_customers(network_id=world.network.pk, unit_id=world.lamp.pk, now=NOW)
    return world


def test_every_load_has_as_many_as_the_network_counts(loaded: World) -> None:
    loads = network_snapshot(loaded.network.pk).grid.loads
    counted = dict(zip(loads.id.tolist(), loads.lv_customers.tolist(), strict=True))
    assert queries.counts_on(loaded.lamp.pk) == counted


def test_whoever_calls_is_found(loaded: World) -> None:
    for code, people in callers_of(loaded.network.pk).items():
        first = people[0]
        (found,) = queries.by_phone([loaded.lamp.path], first.number)
        assert (found.number, found.load_code) == (first.account, code)


def test_the_same_demo_every_time(world: World) -> None:
    first, second = (list(demo_rows(world.network.pk, today=NOW.date())) for _ in range(2))
    assert first == second
    assert len({one.number for one in first}) == len(first)
    phones = [phone for one in first for phone in one.phones]
    assert {phone[:4] for phone in phones} <= {"1991", "1200", "0199"}


def test_some_need_care_and_nothing_is_refused(loaded: World) -> None:
    assert Care.objects.count() == min(
        96, Account.objects.filter(category="residential", supply_state="connected").count()
    )
    assert Person.objects.filter(kind="company").exists()
