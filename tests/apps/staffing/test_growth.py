"""An outage that grows after it was decided on, announcements that go on the line, and a day that is busier."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from denghuo.apps.hotline.actions import announce_at_once
from denghuo.apps.hotline.facts import CallsRecorded
from denghuo.apps.hotline.models import Announcement, Tally
from denghuo.apps.network.actions import record_switching
from denghuo.apps.organization.models import Unit
from denghuo.apps.outages.models import Outage
from denghuo.apps.staffing import actions, queries
from denghuo.apps.staffing.facts import SurgeSent
from denghuo.apps.staffing.models import CallUp, RuleKind, Surge, SurgeState
from denghuo.apps.staffing.queries.surges import wording_of
from denghuo.apps.staffing.snapshot.surges import Measure, proposal
from denghuo.apps.staffing.snapshot.today import intervals_over
from denghuo.apps.staffing.views import charts
from tests.apps.staffing.conftest import NOW, Station
from tests.apps.staffing.test_surges import inputs, outage
from tests.world import World

__all__ = ["outage"]

WHO: dict[str, Any] = {"at": NOW, "actor": "test"}
MINUTE = timedelta(minutes=1)


COUNTS = [one.name for one in Tally._meta.get_fields() if one.name not in {"id", "queue", "day", "minute"}]


def proposed(unit: Unit, found: Outage, *, after: int) -> Surge:
    row = actions.propose_surge(unit=unit, outage=found, at=NOW + after * MINUTE, actor="system")
    assert row is not None
    return row


def test_who_was_asked_is_on_duty_in_the_next_proposal_and_not_asked_again() -> None:
    base = inputs()
    mobile = [one for one in base.colleagues if one.mobile]
    coming = [
        type(one)(agent_id=one.agent_id, mobile=True, duties=((NOW, NOW + timedelta(hours=5)),), asked=True)
        for one in mobile[:2]
    ]
    others = tuple(one for one in base.colleagues if one.agent_id not in {one.agent_id for one in coming})
    again = proposal(inputs(colleagues=(*others, *coming)))
    assert again["rates"][""] > proposal(base)["rates"][""]
    asked = {agent_id for one in again["measures"] for agent_id in one["agent_ids"]}
    assert asked.isdisjoint(one.agent_id for one in coming)
    assert again["called_up"] == 2


def test_what_is_announced_or_put_off_already_is_not_proposed_again() -> None:
    first = proposal(inputs())
    told = proposal(inputs(announced_at=NOW, call_backs_off=(NOW, NOW + 240 * MINUTE)))
    assert {one["measure"] for one in told["measures"]}.isdisjoint({Measure.ANNOUNCEMENT, Measure.CALL_BACKS})
    assert told["rates"][""] > first["rates"]["announcement"]


def test_a_day_busier_than_forecast_makes_the_surge_worse(station: Station) -> None:
    actions.make_forecast(unit=station.unit, **WHO)
    ahead = queries.ahead_of_unit(station.unit.pk)
    assert ahead is not None
    usual = ahead.of([NOW.date()])[0]
    plain, busy = (proposal(inputs(ahead=ahead, today=level * usual)) for level in (1.0, 2.0))
    assert busy["lost"][""] > plain["lost"][""]
    assert np.allclose(busy["background"], [2 * one for one in plain["background"]], rtol=0.01)


def test_what_came_so_far_says_how_the_day_goes_on(station: Station) -> None:
    actions.make_forecast(unit=station.unit, **WHO)
    queue = Tally.objects.first()
    assert queue is not None
    for minute in range(0, 600, 30):
        told = dict.fromkeys(COUNTS, 0) | {"requests": 14, "first_requests": 14}
        Tally.objects.create(queue_id=queue.queue_id, day=NOW.date(), minute=minute, **told)
    found = queries.today_followed(station.unit, at=NOW)
    ahead = queries.ahead_of_unit(station.unit.pk)
    assert found is not None
    assert ahead is not None
    assert found.came == 20 * 14
    assert found.expected[21:].sum() > 1.2 * ahead.of([NOW.date()])[0][21:].sum()
    both = queries.demand_of(station.unit, days=[NOW.date(), NOW.date() + timedelta(days=1)])
    planned, came, rest = (one.exact for one in charts.today(both, found, at=NOW).series)
    known = intervals_over(NOW)
    assert len(planned) > 48, "the next morning is ahead as well"
    assert came[:known].sum() == found.came
    assert np.isnan(came[known:]).all()
    assert np.isnan(rest[:known]).all()
    np.testing.assert_allclose(rest[known:48], found.expected[known:])
    np.testing.assert_allclose(rest[48:], planned[48:])
    before = queries.today_followed(station.unit, at=NOW, until=NOW - timedelta(hours=10))
    assert before is None, "nothing of the day is known at midnight"


def test_who_is_called_up_for_one_outage_is_not_offered_for_another(station: Station, outage: Outage) -> None:
    first = proposed(station.unit, outage, after=1)
    agent = station.agents[-1]
    told = {"tier": 2, "from_at": NOW, "until_at": NOW + timedelta(hours=4), "asked_at": NOW}
    CallUp.objects.create(surge=first, agent=agent, **told)
    Surge.objects.filter(pk=first.pk).update(
        accepted=["call_backs"],
        sent=[{"at": NOW.isoformat(), "measures": [
            {"measure": "call_backs", "from_at": NOW.isoformat(), "until_at": (NOW + timedelta(hours=4)).isoformat()}
        ]}],
    )  # fmt: skip
    another = Outage.objects.create(network_id=outage.network_id, number="T-10", started_at=NOW)
    found = queries.surge_inputs(station.unit, another, at=NOW + 2 * MINUTE)
    asked = [one for one in found.colleagues if one.asked]
    assert [one.agent_id for one in asked] == [agent.pk]
    assert found.call_backs_off == (NOW, NOW + timedelta(hours=4))
    Outage.objects.filter(pk=outage.pk).update(restored_at=NOW + MINUTE)
    after = queries.surge_inputs(station.unit, another, at=NOW + 2 * MINUTE)
    assert not any(one.asked for one in after.colleagues)
    assert after.call_backs_off is None


def test_the_calls_of_an_outage_make_no_busy_day(station: Station, outage: Outage) -> None:
    actions.make_forecast(unit=station.unit, **WHO)
    queue, ahead = Tally.objects.first(), queries.ahead_of_unit(station.unit.pk)
    assert queue is not None
    assert ahead is not None
    usual = ahead.of([NOW.date()])[0]
    for place in range(20):
        asked = 200 if place >= 18 else round(usual[place])
        told = dict.fromkeys(COUNTS, 0) | {"requests": asked, "first_requests": asked}
        Tally.objects.create(queue_id=queue.queue_id, day=NOW.date(), minute=30 * place, **told)
    Outage.objects.filter(pk=outage.pk).update(started_at=NOW - timedelta(hours=1))
    rule = {"kind": RuleKind.SURGE_CUSTOMERS, "from_date": NOW.date(), "source": "test"}
    actions.set_rule(unit_id=station.unit.pk, value=100_000, **rule, **WHO)
    busy = queries.today_followed(station.unit, at=NOW)
    assert busy is not None
    assert busy.expected[21:].sum() > 1.3 * usual[21:].sum()
    actions.set_rule(unit_id=station.unit.pk, value=1, **rule, **WHO)
    assert not Surge.objects.exists(), "whether a surge is worked out or not"
    found = queries.today_followed(station.unit, at=NOW)
    assert found is not None
    assert found.came > 400
    np.testing.assert_allclose(found.expected[21:].sum(), usual[21:].sum(), rtol=0.1)


def test_a_surge_that_was_decided_on_is_proposed_again_when_another_large_part_is_lost(
    world: World, station: Station, outage: Outage
) -> None:
    first = proposed(station.unit, outage, after=1)
    actions.send_surge(surge_id=first.pk, measures=["announcement"], **WHO)
    assert proposed(station.unit, outage, after=2).state == SurgeState.SENT
    Surge.objects.filter(pk=first.pk).update(customers=first.customers - 1)
    again = proposed(station.unit, outage, after=3)
    assert (again.pk, again.state, again.accepted) == (first.pk, SurgeState.PROPOSED, ["announcement"])
    assert "announcement" not in {one["measure"] for one in again.told["measures"]}


def test_growth_that_is_no_large_outage_of_its_own_asks_for_nothing(station: Station, outage: Outage) -> None:
    first = proposed(station.unit, outage, after=1)
    actions.send_surge(surge_id=first.pk, measures=["announcement"], **WHO)
    Surge.objects.filter(pk=first.pk).update(customers=1)
    actions.set_rule(
        unit_id=station.unit.pk, from_date=NOW.date(), kind=RuleKind.SURGE_CUSTOMERS, value=first.customers,
        source="test", **WHO,
    )  # fmt: skip
    assert proposed(station.unit, outage, after=2).state == SurgeState.SENT


def sent(surge: Surge, **told: Any) -> SurgeSent:
    fields: dict[str, Any] = {"announced": True, "worded_at": NOW + 2 * MINUTE, "measures": ("announcement",)}
    return SurgeSent(
        surge_id=surge.pk, unit_id=surge.unit_id, outage_id=surge.outage_id, cost_fen=0, **{**fields, **told}
    )


def test_the_words_that_were_read_go_on_the_line(station: Station, outage: Outage) -> None:
    surge = proposed(station.unit, outage, after=1)
    text, _key = wording_of(queries.surge_for(scope=["/"], surge_id=surge.pk), at=NOW + MINUTE)
    assert "停电" in text
    announce_at_once(sent(surge), at=NOW + 3 * MINUTE, actor="jiang", delivery_key="k")
    row = Announcement.objects.get(outage=outage)
    assert (row.published, row.published_by) == (row.latest, "jiang")
    announce_at_once(sent(surge), at=NOW + 4 * MINUTE, actor="jiang", delivery_key="k2")
    assert Announcement.objects.get(outage=outage).published_at == row.published_at


def test_words_that_nobody_read_wait_for_approval(station: Station, outage: Outage) -> None:
    surge = proposed(station.unit, outage, after=1)
    announce_at_once(sent(surge, announced=False), at=NOW, actor="jiang", delivery_key="k")
    assert not Announcement.objects.filter(published__isnull=False).exists()
    announce_at_once(sent(surge), at=NOW + 3 * MINUTE, actor="jiang", delivery_key="k")
    row = Announcement.objects.get(outage=outage)
    row.versions.update(written_at=NOW + 9 * MINUTE)
    Announcement.objects.filter(pk=row.pk).update(published=None, approved=None)
    announce_at_once(sent(surge), at=NOW + 10 * MINUTE, actor="jiang", delivery_key="k")
    assert Announcement.objects.get(outage=outage).published is None


def test_it_is_not_announced_once_it_is_over(world: World, station: Station, outage: Outage) -> None:
    surge = proposed(station.unit, outage, after=1)
    record_switching(
        network_id=world.network.pk, device_code="QF1", closes=True, operated_at=NOW + 5 * MINUTE, event_number="T-9",
        note="", at=NOW + 5 * MINUTE, actor="test",
    )  # fmt: skip
    Outage.objects.filter(pk=outage.pk).update(restored_at=NOW + 5 * MINUTE)
    announce_at_once(sent(surge), at=NOW + 6 * MINUTE, actor="jiang", delivery_key="k")
    assert not Announcement.objects.filter(expired_at=None, published__isnull=False).exists()


@pytest.mark.parametrize("day", [0, 1])
def test_a_forecast_is_made_anew_with_the_first_calls_of_a_day(station: Station, day: int) -> None:
    actions.make_forecast(unit=station.unit, **WHO)
    exchange = station.agents[0].exchange
    later = NOW + timedelta(days=day)
    told = {"source_name": "", "digest": "", "first_at": None, "last_at": None}
    counts = dict.fromkeys(("call_count", "new_count", "completed_count", "entry_count", "problem_count"), 0)
    fact = CallsRecorded(exchange_id=exchange.pk, **told, **counts)
    actions.follow_calls(fact, at=later, actor="system", delivery_key="k")
    row = queries.forecast_of(station.unit.pk)
    assert row is not None
    assert row.made_at == later if day else row.made_at == NOW
