"""What everybody may read of outages, without signing in: where, since when, until when, and nothing else."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from denghuo.apps.outages import queries
from denghuo.apps.outages.actions import give_estimate
from denghuo.apps.outages.models import Method, Outage
from tests.apps.network.conftest import Switch, after, signed_in
from tests.apps.outages.test_pages import plan
from tests.world import World

ADDRESS = "/outages/public/"


@pytest.fixture(autouse=True)
def nothing_seen_before() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def test_it_is_there_only_where_a_site_wants_it(world: World, settings: Settings) -> None:
    assert reverse("outages:public") == ADDRESS
    settings.PUBLIC_OUTAGES = False
    assert Client().get(ADDRESS).status_code == 404
    settings.PUBLIC_OUTAGES = True
    told = Client(headers={"accept-language": "en"}).get(ADDRESS).content.decode()
    assert "No outage is known at present" in told and "No outage is planned" in told


@pytest.fixture
def told(world: World, switch: Switch, settings: Settings) -> str:
    """One outage with an expected time, of which one part is back, and one that is planned; as a stranger reads it."""
    settings.PUBLIC_OUTAGES = True
    switch("QF1", "open", 1, "N-1")
    outage = Outage.objects.get()
    by: dict[str, Any] = {"at": after(1.5), "actor": "lin"}
    said: dict[str, Any] = {"method": Method.DISPATCHER, "team": "", "reason": ""}
    give_estimate(about=outage.about, expected_at=after(6), **said, **by)
    answer = signed_in(world.lin).post(
        reverse("outages:new"), plan(network=str(world.network.pk), planned_device_codes="QF2")
    )
    assert answer.status_code == 302
    with patch("django.utils.timezone.now", return_value=after(2)):
        return Client(headers={"accept-language": "en"}).get(ADDRESS).content.decode()


def test_where_since_when_until_when(told: str) -> None:
    out, ahead = told.split("Planned for the days ahead")
    assert "青禾村" in out and "Out since" in out and "Supply is expected back at" in out
    assert f"{timezone.localtime(after(6)):%m-%d %H:%M}" in out
    assert "石桥村" in ahead and f" – {timezone.localtime(after(28)):%H:%M}<" in ahead


def test_nobody_is_named_and_no_device(told: str) -> None:
    for word in ("N-1", "P-1", "QF1", "QF2", "Customers", "林晓岚"):
        assert word not in told, word


def test_a_crowd_asks_the_database_once(told: str) -> None:
    with CaptureQueriesContext(connection) as asked:
        for _ in range(5):
            assert Client().get(ADDRESS).status_code == 200
    assert len(asked) == 0


def test_a_plan_that_is_over_or_far_off_is_not_ahead(world: World, settings: Settings) -> None:
    answer = signed_in(world.lin).post(reverse("outages:new"), plan(network=str(world.network.pk)))
    assert answer.status_code == 302
    assert len(queries.public_outages(at=after(0))) == 1
    assert queries.public_outages(at=after(24 - 24 * 8 - 1)) == ()
    assert queries.public_outages(at=after(29)) == ()
