"""The storm beside people at the screens and the server's own worker: what is over meanwhile it leaves, and it ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from denghuo.apps.crews.queries import find
from denghuo.apps.ledger import deliveries
from denghuo.apps.network.actions import record_switching
from denghuo.apps.outages.actions import NothingToDoError, send_crew
from denghuo.apps.outages.models import Outage
from denghuo.apps.outages.queries import lasting_outages
from denghuo.main.demo.storm import StormPlan
from denghuo.main.demo.storm_people import Storm
from tests.apps.network.conftest import built_world, world
from tests.apps.outages import desk
from tests.world import AT, World

__all__ = ["built_world", "world"]


class Clock:
    """The time of the storm, which its waiting moves on."""

    at = AT

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


def storm(world: World, clock: Clock, told: list[str], *, trip: str = "FU1") -> Storm:
    plan = StormPlan(network_id=world.network.pk, unit_id=world.lamp.pk, trip=trip, section="", nested=trip, fuses=())
    return Storm(plan=plan, scope=(world.lamp.path,), now=clock.now, tell=lambda what, _told: told.append(what))


def switched(world: World, at: datetime, *, closes: bool, event: str) -> None:
    who: dict[str, Any] = {"network_id": world.network.pk, "device_code": "FU1", "note": "", "actor": "lin"}
    record_switching(closes=closes, operated_at=at, event_number=event, at=at, **who)
    deliveries.drain()


def test_nobody_is_sent_to_what_is_over_since_it_was_looked_at(world: World, clock: Clock) -> None:
    desk.crew(world, "抢修一班", AT, people=[world.ma], x=1, y=1, hours=2)
    switched(world, AT, closes=False, event="N-1")
    (seen,) = lasting_outages((world.lamp.path,))
    switched(world, AT + timedelta(minutes=5), closes=True, event="N-1")
    clock.at += timedelta(minutes=6)
    told: list[str] = []
    storm(world, clock, told)._send(seen)
    assert told == []
    assert find((world.lamp.path,)) == []
    with pytest.raises(NothingToDoError):
        send_crew(about=seen.about, crew_id=1, note="", skill="", at=clock.at, actor="lin")


def test_nobody_is_sent_where_somebody_was_sent_before_the_storm(world: World, clock: Clock) -> None:
    desk.crew(world, "抢修一班", AT, people=[world.ma], x=1, y=1, hours=2)
    sent = desk.crew(world, "抢修二班", AT, people=[world.bai], x=1, y=1, hours=2)
    told: list[str] = []
    played = storm(world, clock, told)
    switched(world, AT, closes=False, event=played.event)
    (seen,) = lasting_outages((world.lamp.path,))
    send_crew(about=seen.about, crew_id=sent.pk, note="", skill="", at=clock.at, actor="lin")
    deliveries.drain()
    played.elsewhere = frozenset(one.assignment_id for one in find((world.lamp.path,), is_open=True))
    for second in (100.0, 160.0, 220.0):
        played._dispatch(second)
        deliveries.drain()
    assert told == []
    assert [one.crew for one in find((world.lamp.path,))] == ["抢修二班"]


def test_the_number_of_what_trips_tells_the_hour_on_the_wall(world: World, clock: Clock) -> None:
    clock.at = datetime(2026, 11, 30, 8, 30, tzinfo=UTC)
    assert storm(world, clock, []).event == "D11301630"


def test_it_ends_where_others_mended_what_it_broke(world: World, clock: Clock) -> None:
    told: list[str] = []
    played = storm(world, clock, told)
    last = 0.0

    def wait(second: float) -> None:
        nonlocal last
        last, clock.at = second, AT + timedelta(seconds=second)
        deliveries.drain()
        if second > 900 and lasting_outages((world.lamp.path,)):
            switched(world, clock.at, closes=True, event=played.event)

    played.play(wait=wait)
    assert told == ["trip", "mended"], "nobody was there to be sent"
    assert played.is_over
    assert last < 3600
    assert Outage.objects.get().restored_at is not None
