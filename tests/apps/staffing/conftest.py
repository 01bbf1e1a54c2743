"""Lamp station's hotline with four teams of two and two mobile people, three weeks of calls, and its shifts set up."""

from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from denghuo.apps.hotline.actions import ask_call_back, open_exchange
from denghuo.apps.hotline.models import Agent, DeskRule, Exchange, Queue, Tally
from denghuo.apps.organization.actions import assign_role, register_user
from denghuo.apps.organization.models import Role, Unit, User
from denghuo.apps.staffing import actions
from denghuo.apps.staffing.snapshot import problems
from denghuo.engines.rostering import Limits
from tests.apps.network.conftest import built_world, world
from tests.kept import Kept
from tests.world import AT, PASSWORD, World

__all__ = ["built_world", "world"]

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 5, 25, 10, 0, tzinfo=ZONE)
TEAMS = ("一班", "二班", "三班", "四班")
_COUNTS = [field.name for field in Tally._meta.get_fields() if field.name not in {"id", "queue", "day", "minute"}]


@dataclass(frozen=True, kw_only=True)
class Station:
    """A hotline that can be staffed, who leads it, and who sits there."""

    unit: Unit
    leader: User
    agent_user: User
    agents: tuple[Agent, ...]


@pytest.fixture(autouse=True)
def short_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that ends by its work, not by the clock, so that every machine finds the same roster, and soon."""
    monkeypatch.setattr(problems, "QUICK", Limits(time_limit_s=60.0, work_limit=0.5, workers=1))


@pytest.fixture(scope="module")
def built_station(built_world: World, kept: Kept) -> Station:
    return kept(lambda: _set_up(built_world))


@pytest.fixture
def station(built_station: Station, db: None) -> Station:
    return deepcopy(built_station)


def owe_a_call(*, due_at: datetime) -> None:
    """A call-back that is owed; people may be called at all hours."""
    DeskRule.objects.get_or_create(from_date=date(2000, 1, 1), defaults={"call_from": 0, "call_until": 24})
    told = {"number": "13800000077", "reason": "回访", "due_at": due_at}
    ask_call_back(
        exchange_id=Exchange.objects.get().pk, at=min(NOW, due_at - timedelta(minutes=1)), actor="test", **told
    )


def _set_up(world: World) -> Station:
    people = {}
    for username, name, role in (("jiang", "江月", Role.SHIFT_LEADER), ("he", "何雨", Role.AGENT)):
        people[username] = register_user(username=username, display_name=name, password=PASSWORD, at=AT, actor="test")
        assign_role(user=people[username], unit=world.lamp, role=role, at=AT, actor="test")
    exchange = open_exchange(unit_id=world.lamp.pk, code="lamp", name="灯山总机", at=AT, actor="test")
    queue = Queue.objects.create(exchange=exchange, code="95598")
    named = [(team, f"{team[0]}{n}") for team in TEAMS for n in range(4)] + [("机动班", f"机{n}") for n in range(4)]
    agents = [
        Agent.objects.create(exchange=exchange, code=f"A{n:02d}", name=name, team=team)
        for n, (team, name) in enumerate(named)
    ]
    Agent.objects.filter(pk=agents[0].pk).update(user=people["he"])
    _calls(queue)
    actions.set_up(
        unit_id=world.lamp.pk,
        teams=TEAMS,
        names=["白班", "中班", "夜班"],
        from_date=date(2026, 5, 1),
        source="test",
        at=NOW,
        actor="test",
    )
    for band in ((date(2026, 5, 1), ((0, 480, 1), (480, 1440, 3))),):
        bands = [actions.BandEntry(start_min=a, end_min=b, heads=c) for a, b, c in band[1]]
        actions.set_minimums(unit_id=world.lamp.pk, from_date=band[0], bands=bands, source="test", at=NOW, actor="test")
    return Station(unit=world.lamp, leader=people["jiang"], agent_user=people["he"], agents=tuple(agents))


def _calls(queue: Queue) -> None:
    """Five weeks of half hours: busy by day, quiet by night, eight of ten answered."""
    rng = np.random.default_rng(1)
    rows = []
    for back in range(1, 36):
        for minute in range(0, 1440, 30):
            asked = int(rng.poisson(6.0 if 480 <= minute < 1320 else 1.0))
            told = dict.fromkeys(_COUNTS, 0) | {
                "calls": asked, "requests": asked, "first_requests": asked, "answered": asked, "talk_s": 200.0 * asked,
                "talk_known": asked, "wrap_up_s": 40.0 * asked, "wrap_up_known": asked,
            }  # fmt: skip
            rows.append(Tally(queue=queue, day=NOW.date() - timedelta(days=back), minute=minute, **told))
    Tally.objects.bulk_create(rows, batch_size=200)
