"""What a customer's timeline is told of outages: when their place lost supply, and had it back."""

from datetime import timedelta

from django.utils import translation

from denghuo.apps.continuity.queries import customer_moments
from denghuo.apps.customers.queries import Moment
from tests.apps.continuity.conftest import local
from tests.world import World


def of(world: World, load_code: str, *, limit: int = 40, before: str = "2026-01-01T00:00") -> list[Moment]:
    return customer_moments(1, load_code, world.lamp.pk, limit=limit, before=local(before))


def test_each_loss_of_supply_is_one_moment(world: World) -> None:
    """B-1 ran an hour over its end, which is booked apart: it is one loss all the same."""
    with translation.override("en"):
        told = of(world, "T4", before="2025-06-01T00:00")
    assert [one.at for one in told] == [local("2025-03-05T08:00"), local("2024-03-10T08:00")]
    assert ["until 11:00" in told[0].text, "B-1" in told[0].text, told[0].tone] == [True, True, "done"]
    assert "/outages/" in told[0].path


def test_only_before_an_instant_only_as_many_as_asked_only_of_the_place(world: World) -> None:
    everything = of(world, "T4")
    assert everything[0].at == max(one.at for one in everything)
    assert of(world, "T4", limit=1) == everything[:1]
    earlier = customer_moments(1, "T4", world.lamp.pk, limit=40, before=everything[0].at + timedelta(0))
    assert earlier == everything[1:]
    assert of(world, "") == []
    assert customer_moments(1, "T4", world.wick.pk, limit=40, before=None) == []
