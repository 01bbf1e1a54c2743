"""What an outage will do to the hotline, what each measure would do about it, and who is called up."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from denghuo.apps.hotline.models import Agent, Queue, Tally
from denghuo.apps.ledger import deliveries
from denghuo.apps.ledger.models import Fact
from denghuo.apps.network.actions import record_switching
from denghuo.apps.notices.queries import notices_of
from denghuo.apps.organization.models import User
from denghuo.apps.outages.models import Outage
from denghuo.apps.staffing import actions, queries
from denghuo.apps.staffing.models import Answer, CallUp, RuleKind, Surge, SurgeState
from denghuo.apps.staffing.queries.outlook import outages_large
from denghuo.apps.staffing.snapshot.rules import STANDARD
from denghuo.apps.staffing.snapshot.surges import Colleague, SurgeInputs, carried_on, proposal, sending
from denghuo.apps.staffing.views import charts
from tests.apps.staffing.conftest import NOW, Station, owe_a_call
from tests.world import World

WHO: dict[str, Any] = {"at": NOW, "actor": "test"}
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
SHOWN = '{"customers":60,"calls":1,"measures":["second"],"people":[],"words":"","cost_fen":0,"after":null}'


def inputs(**told: object) -> SurgeInputs:
    """3000 customers out for ten minutes, four on duty, four mobile and four resting colleagues."""
    on = tuple(Colleague(agent_id=n, mobile=False, duties=((NOW - 2 * DAY / 24, NOW + DAY / 4),)) for n in range(4))
    mobile = tuple(Colleague(agent_id=10 + n, mobile=True, duties=()) for n in range(4))
    resting = tuple(Colleague(agent_id=20 + n, mobile=False, duties=((NOW - 2 * DAY, NOW - DAY),)) for n in range(4))
    plain = SurgeInputs(
        at=NOW,
        started_at=NOW - DAY / 144,
        steps=((NOW - DAY / 144, 3000),),
        restored_at=NOW + DAY / 12,
        noticed_share=0.0,
        ahead=None,
        target_share=0.9,
        rules={kind: value for kind, (value, _source) in STANDARD.items()},
        minimum=np.full((2, 48), 3),
        has_plan=True,
        colleagues=on + mobile + resting,
        call_backs=(NOW,) * 40,
    )
    return replace(plain, **told)


def test_every_measure_helps_and_all_together_most() -> None:
    told = proposal(inputs())
    rates = told["rates"]
    assert [one["measure"] for one in told["measures"]] == ["announcement", "call_backs", "second", "third"]
    assert all(rates[one["measure"]] > rates[""] for one in told["measures"])
    lost = told["lost"]
    assert min(lost, key=lost.__getitem__).count("+") == 3
    assert lost[told["recommended"]] < lost[""]
    assert told["worse"]["before"] < rates[""]


def test_whom_no_call_back_keeps_busy_answers_already() -> None:
    """Nobody is freed whom nothing keeps busy: none owed, none due yet, or nobody may be called then."""
    for told in ({"call_backs": ()}, {"call_backs": (NOW + DAY,)}, {"call_hours": (15, 20)}):
        found = proposal(inputs(**told))
        assert "call_backs" not in {one["measure"] for one in found["measures"]}
        assert set(found["heads"]) == {4}
    busy, one = proposal(inputs()), proposal(inputs(call_backs=(NOW + 61 * MINUTE,)))
    assert set(busy["heads"][:8]) == {3}, "one of the four calls back"
    assert one["heads"] == [4, 4, 4, 4, 3, *[4] * 11]
    assert one["lost"][""] < busy["lost"][""]
    assert busy["lost"]["call_backs"] == one["lost"]["call_backs"], "then all four answer, and no more than four"
    assert set(proposal(inputs(call_backs_off=(NOW, NOW + DAY)))["heads"]) == {4}


def test_where_the_target_is_reached_anyway_nothing_is_proposed() -> None:
    assert proposal(inputs(steps=((NOW - DAY / 144, 5),)))["recommended"] == ""


def test_nobody_is_called_up_out_of_rest_or_out_of_duty() -> None:
    rest = timedelta(hours=STANDARD[RuleKind.REST_H][0])
    tired = Colleague(agent_id=99, mobile=True, duties=((NOW - DAY, NOW - rest / 2),))
    soon = Colleague(agent_id=98, mobile=True, duties=((NOW + DAY / 3, NOW + DAY / 2),))
    base = inputs()
    on_duty = tuple(one for one in base.colleagues if one.agent_id < 10)
    told = proposal(replace(base, colleagues=(*on_duty, tired, soon)))
    assert "second" not in {one["measure"] for one in told["measures"]}


def test_without_a_plan_nobody_is_called_up() -> None:
    measures = {one["measure"] for one in proposal(inputs(has_plan=False))["measures"]}
    assert measures == {"announcement", "call_backs"}


@pytest.fixture
def outage(world: World, station: Station) -> Outage:
    owe_a_call(due_at=NOW)
    actions.set_rule(
        unit_id=station.unit.pk, from_date=NOW.date(), kind=RuleKind.SURGE_CUSTOMERS, value=1, source="test", **WHO
    )
    record_switching(
        network_id=world.network.pk, device_code="QF1", closes=False, operated_at=NOW, event_number="T-9", note="",
        at=NOW, actor="test",
    )  # fmt: skip
    deliveries.drain()
    return Outage.objects.get(number="T-9")


def test_an_outage_is_proposed_for_sent_and_answered(station: Station, outage: Outage) -> None:
    surge = actions.propose_surge(unit=station.unit, outage=outage, at=NOW + DAY / 1440, actor="system")
    assert surge is not None
    assert surge.customers == queries.surge_inputs(station.unit, outage, at=NOW + DAY / 1440).customers > 0
    surge.told["measures"].append(
        {
            "measure": "second", "heads": 1, "agent_ids": [station.agents[0].pk], "cost_fen": 100, "rate_alone": 0.5,
            "from_at": NOW.isoformat(), "until_at": (NOW + DAY / 6).isoformat(),
        }
    )  # fmt: skip
    surge.told["costs_fen"]["second"] = 100
    surge.save()
    person = User.objects.create_user(username="zhi", display_name="支援")
    Agent.objects.filter(pk=station.agents[0].pk).update(user=person)
    actions.send_surge(surge_id=surge.pk, measures=["second"], **WHO)
    asked = CallUp.objects.get(surge=surge)
    assert asked.answer == Answer.ASKED
    told = notices_of(person.pk).get()
    assert (told.urgent, told.path) == (True, reverse("staffing:person"))
    actions.answer_call_up(call_up_id=asked.pk, answer=Answer.ACCEPTED, at=NOW + DAY / 720, actor="he")
    assert not notices_of(person.pk).exists()
    asked.refresh_from_db()
    assert (asked.answer, asked.answered_by) == (Answer.ACCEPTED, "he")
    with pytest.raises(ValueError, match="decided"):
        actions.send_surge(surge_id=surge.pk, measures=["second"], **WHO)


def test_a_proposal_is_made_anew_only_while_it_grows(station: Station, outage: Outage) -> None:
    first = actions.propose_surge(unit=station.unit, outage=outage, at=NOW + DAY / 1440, actor="system")
    again = actions.propose_surge(unit=station.unit, outage=outage, at=NOW + DAY / 720, actor="system")
    assert first is not None
    assert again is not None
    assert again.proposed_at == first.proposed_at


def part_back(world: World, *, at: datetime) -> None:
    """40 of the 60 customers have supply again."""
    for code, closes in (("QL1", False), ("QF1", True)):
        record_switching(
            network_id=world.network.pk, device_code=code, closes=closes, operated_at=at, event_number="T-9", note="",
            at=at, actor="test",
        )  # fmt: skip
    deliveries.drain()


def test_a_proposal_is_made_anew_when_many_have_supply_again(world: World, station: Station, outage: Outage) -> None:
    first = propose_now(station, outage)
    assert first.customers == 60
    now = timezone.now()
    rule = {"kind": RuleKind.SURGE_FEWER_SHARE, "from_date": NOW.date(), "source": "test"}
    actions.set_rule(unit_id=station.unit.pk, value=0.7, **rule, **WHO)
    part_back(world, at=now)
    same = actions.propose_surge(unit=station.unit, outage=outage, at=now, actor="system")
    assert same is not None
    assert same.customers == 60, "two thirds are too few for that"
    actions.set_rule(unit_id=station.unit.pk, value=0.2, **rule, **WHO)
    again = actions.propose_surge(unit=station.unit, outage=outage, at=now, actor="system")
    assert again is not None
    assert (again.state, again.customers, again.proposed_at) == (SurgeState.PROPOSED, 20, now)
    assert again.told["wave_total"]["mean"] < first.told["wave_total"]["mean"]


def test_a_proposal_is_over_when_too_few_are_out_and_back_with_enough(
    world: World, station: Station, outage: Outage
) -> None:
    rule = {"kind": RuleKind.SURGE_CUSTOMERS, "from_date": NOW.date(), "source": "test"}
    actions.set_rule(unit_id=station.unit.pk, value=30, **rule, **WHO)
    first, now = propose_now(station, outage), timezone.now()
    part_back(world, at=now)
    fact = actions.surges.SupplyChanged(network_id=world.network.pk, outage_ids=(outage.pk,))
    actions.follow_supply(fact, at=now, actor="system", delivery_key="k")
    assert Surge.objects.get().state == SurgeState.OVER
    leader = Client(headers={"accept-language": "en"})
    leader.force_login(station.leader)
    url = reverse("staffing:surge", args=[first.pk])
    assert "20 customers without supply, 60 when this was worked out" in seen(leader, url)
    answer = leader.post(reverse("staffing:send-offer", args=[first.pk]), {"shown": SHOWN}, follow=True)
    assert "Most customers have supply again" in answer.content.decode()
    actions.set_rule(unit_id=station.unit.pk, value=20, **rule, **WHO)
    actions.follow_supply(fact, at=now, actor="system", delivery_key="k2")
    again = Surge.objects.get()
    assert (again.state, again.customers) == (SurgeState.PROPOSED, 20)


def test_who_is_called_up_hears_how_many_are_out_now(world: World, station: Station, outage: Outage) -> None:
    surge, person = propose_now(station, outage), User.objects.create_user(username="zhi", display_name="支援")
    Agent.objects.filter(pk=station.agents[0].pk).update(user=person)
    told = surge.told
    part_back(world, at=timezone.now())
    Surge.objects.update(told=told, customers=60, state=SurgeState.PROPOSED)
    actions.send_surge(surge_id=surge.pk, measures=["second"], at=timezone.now(), actor="test")
    assert "20户无电" in notices_of(person.pk).get().text


def test_it_is_over_when_supply_is_back(world: World, station: Station, outage: Outage) -> None:
    actions.propose_surge(unit=station.unit, outage=outage, at=NOW + DAY / 1440, actor="system")
    record_switching(
        network_id=world.network.pk, device_code="QF1", closes=True, operated_at=NOW + DAY / 24, event_number="T-9",
        note="", at=NOW + DAY / 24, actor="test",
    )  # fmt: skip
    deliveries.drain()
    fact = actions.surges.SupplyChanged(network_id=world.network.pk, outage_ids=(outage.pk,))
    actions.follow_supply(fact, at=NOW + DAY / 24, actor="system", delivery_key="k")
    assert Surge.objects.get(outage=outage).state == SurgeState.OVER


def test_measures_count_the_same_before_and_after_they_are_sent() -> None:
    told = proposal(inputs())
    chosen = ["announcement", "call_backs", "second"]
    sent = sending(inputs(at=NOW + 4 * MINUTE), told, chosen)
    spans = {
        one["measure"]: (datetime.fromisoformat(one["from_at"]), datetime.fromisoformat(one["until_at"]))
        for one in sent["measures"]
    }
    asked = {agent_id for one in sent["measures"] for agent_id in one["agent_ids"]}
    colleagues = tuple(
        replace(one, duties=(*one.duties, spans["second"]), asked=True) if one.agent_id in asked else one
        for one in inputs().colleagues
    )
    after = inputs(
        at=NOW + 9 * MINUTE, announced_at=spans["announcement"][0], call_backs_off=spans["call_backs"],
        colleagues=colleagues,
    )  # fmt: skip
    now = carried_on(after, since=datetime.fromisoformat(sent["from"]), count=len(sent["calls"]), came=np.zeros(0))
    for name in queries.FLOWS:
        np.testing.assert_allclose(now[name], sent[name], atol=1e-4, err_msg=name)
    silent = carried_on(replace(after, unheard=True), since=NOW, count=16, came=np.zeros(0))
    assert silent["absorbed"].sum() == 0 < now["absorbed"].sum()
    assert silent["calls"].sum() > now["calls"].sum()


def test_a_cost_is_people_by_minutes_by_the_price_of_an_hour() -> None:
    told = proposal(inputs())
    second, third = told["measures"][2:]
    assert second["minutes"] == (datetime.fromisoformat(second["until_at"]) - NOW).total_seconds() / 60 - 30
    assert second["cost_fen"] == second["heads"] * second["minutes"] * 6_000 / 60
    assert told["costs_fen"]["second+third"] == second["cost_fen"] + third["cost_fen"]


def test_what_is_still_to_come_follows_the_calls_that_came() -> None:
    since = NOW - DAY / 144
    few, many = (carried_on(inputs(), since=since, count=16, came=np.array([calls])) for calls in (20.0, 300.0))
    assert (few["calls"][0], many["calls"][0]) == (20.0, 300.0)
    assert many["calls"][1:].sum() > 2 * few["calls"][1:].sum()
    told = carried_on(inputs(announced_at=since), since=since, count=16, came=np.array([20.0]))
    assert told["absorbed"].sum() > 0 == few["absorbed"].sum()


def propose_now(station: Station, outage: Outage) -> Surge:
    """A proposal made this minute, with somebody to call up."""
    now = timezone.now()
    surge = actions.propose_surge(unit=station.unit, outage=outage, at=now, actor="system")
    assert surge is not None
    second = {
        "measure": "second", "heads": 1, "agent_ids": [station.agents[0].pk], "cost_fen": 12_000, "rate_alone": 0.5,
        "from_at": now.isoformat(), "until_at": (now + DAY / 12).isoformat(),
    }  # fmt: skip
    surge.told["measures"].append(second)
    surge.save()
    return surge


def seen(client: Client, url: str, told: dict[str, Any] | None = None) -> str:
    with translation.override("en"):
        answer = client.get(url) if told is None else client.post(url, told, follow=True)
        assert answer.status_code == 200
        return " ".join(answer.content.decode().split())


def test_it_is_asked_for_once_sent_shown_and_taken_back(station: Station, outage: Outage) -> None:
    surge = propose_now(station, outage)
    person = User.objects.create_user(username="zhi", display_name="支援")
    Agent.objects.filter(pk=station.agents[0].pk).update(user=person)
    leader, agent = (Client(headers={"accept-language": "en"}) for _ in range(2))
    leader.force_login(station.leader)
    agent.force_login(station.agent_user)
    url, call_backs = reverse("staffing:surge", args=[surge.pk]), reverse("staffing:put-off")
    chosen = {"measure": ["announcement", "call_backs", "second"], "worded_at": timezone.now().isoformat()}

    question = seen(leader, url, chosen)
    assert "60.00 yuan/h ÷ 60 = " in question
    assert not CallUp.objects.exists()
    assert "put off" not in seen(agent, call_backs)

    seen(leader, url, chosen | {"send": "1"})
    deliveries.drain()
    told = seen(leader, url)
    assert f"by {station.leader.display_name}" in told
    assert reverse("hotline:announcement", args=[outage.announcements.get().pk]) in told
    assert "1 have not answered yet" in told
    put_off = seen(agent, call_backs)
    assert (outage.number in put_off, url in put_off) == (True, False), "an agent may not see surges"

    assert "Take back what was sent" in seen(leader, url, {"ask_back": "1"})
    chinese = Client(headers={"accept-language": "zh-hans"})
    chinese.force_login(station.leader)
    assert ">保持不变</a>" in chinese.post(url, {"ask_back": "1"}).content.decode()
    assert not CallUp.objects.exclude(cancelled_at=None).exists()
    assert "taken back" in seen(leader, url, {"take_back": "1"})
    assert CallUp.objects.get().cancelled_at is not None
    assert [one.kind for one in notices_of(person.pk)] == ["staffing.call_up_cancelled"]
    assert "put off" not in seen(agent, call_backs)
    assert "stays there; the figures count on it" in seen(leader, url)
    surge.refresh_from_db()
    assert (surge.state, surge.accepted) == (SurgeState.PROPOSED, [])
    assert Fact.objects.filter(kind="staffing.SurgeTakenBack").count() == 1


def test_what_was_expected_stands_beside_what_came(station: Station, outage: Outage) -> None:
    surge = actions.propose_surge(unit=station.unit, outage=outage, at=NOW, actor="system")
    assert surge is not None
    surge = actions.send_surge(surge_id=surge.pk, measures=["announcement"], **WHO)
    counts = [field.name for field in Tally._meta.get_fields() if field.name not in {"id", "queue", "day", "minute"}]
    minute = timezone.localtime(NOW).hour * 60
    told = dict.fromkeys(counts, 0) | {"requests": 9, "first_requests": 8, "answered": 6, "announced": 5}
    Tally.objects.create(queue=Queue.objects.get(), day=NOW.date(), minute=minute, **told)

    later = NOW + DAY / 48
    course = queries.course_of(surge, at=later)
    assert course is not None
    assert course.came is not None
    assert course.now is not None
    assert {name: values.sum() for name, values in course.came.items()} == {
        "calls": 8, "absorbed": 5, "answered": 6, "lost": 3,
    }  # fmt: skip
    assert course.now["calls"].sum() == pytest.approx(8 + course.now["calls"][course.over :].sum())
    waves = queries.waves_ahead(station.unit, at=later)
    assert sum(calls for _at, calls in waves) == pytest.approx(sum(surge.sent[0]["wave"][course.over :]))
    days = [NOW.date(), NOW.date() + DAY]
    actions.make_forecast(unit=station.unit, **WHO)
    chart = charts.today(queries.demand_of(station.unit, days=days), None, at=later, waves=waves)
    rest, with_waves = (one.exact for one in chart.series[2:])
    assert np.nansum(with_waves - rest) == pytest.approx(sum(calls for _at, calls in waves))

    Outage.objects.filter(pk=outage.pk).update(restored_at=later)
    done = queries.course_of(queries.surge_for(scope=["/"], surge_id=surge.pk), at=NOW + DAY)
    assert done is not None
    assert (done.now, done.over) == (None, course.over)


def test_who_was_called_up_is_let_go_when_supply_is_back(station: Station, outage: Outage) -> None:
    surge = propose_now(station, outage)
    person = User.objects.create_user(username="zhi", display_name="支援")
    Agent.objects.filter(pk=station.agents[0].pk).update(user=person)
    now = timezone.now()
    actions.send_surge(surge_id=surge.pk, measures=["second"], at=now, actor="test")
    asked = CallUp.objects.get()
    actions.answer_call_up(call_up_id=asked.pk, answer=Answer.ACCEPTED, at=now, actor="he")
    CallUp.objects.update(from_at=now - 40 * MINUTE)
    Outage.objects.filter(pk=outage.pk).update(restored_at=now)
    fact = actions.surges.SupplyChanged(network_id=outage.network_id, outage_ids=(outage.pk,))
    actions.follow_supply(fact, at=now, actor="system", delivery_key="k")

    asked.refresh_from_db()
    assert asked.cancelled_at == now
    assert [one.kind for one in notices_of(person.pk)] == ["staffing.call_up_cancelled"]
    over = queries.surge_for(scope=["/"], surge_id=surge.pk)
    assert [(one.people, one.minutes, one.cost_fen) for one in queries.used_of(over)] == [(1, 40, 4_000)]
    leader = Client(headers={"accept-language": "en"})
    leader.force_login(station.leader)
    page = seen(leader, reverse("staffing:surge", args=[surge.pk]))
    assert "were without supply" in page
    assert "1 person, together 40 min × 60.00 yuan/h ÷ 60 = 40.00 yuan" in page
    assert "supply is back since" in seen(leader, reverse("staffing:alerts"))


def test_an_alert_whose_window_is_over_says_so(station: Station, outage: Outage) -> None:
    surge = actions.propose_surge(unit=station.unit, outage=outage, at=NOW, actor="system")
    assert surge is not None
    leader = Client(headers={"accept-language": "en"})
    leader.force_login(station.leader)
    alerts = seen(leader, reverse("staffing:alerts"))
    assert "supply not back yet; what was worked out reached until" in alerts
    assert "more calls" not in alerts
    assert "As it was expected without measures" in seen(leader, reverse("staffing:surge", args=[surge.pk]))


def test_the_figures_follow_what_is_ticked(station: Station, outage: Outage) -> None:
    surge = propose_now(station, outage)
    leader = Client(headers={"accept-language": "en"})
    leader.force_login(station.leader)
    url = reverse("staffing:surge", args=[surge.pk])
    asked = seen(leader, f"{url}?chosen=1&measure=announcement")
    assert ("With what is ticked" in asked) == (surge.told["recommended"] != "announcement")
    assert f"{surge.told['lost']['announcement']:,.0f}" in asked


def test_where_no_measure_is_advised_the_page_says_so(station: Station, outage: Outage) -> None:
    surge = propose_now(station, outage)
    Surge.objects.filter(pk=surge.pk).update(told=surge.told | {"recommended": ""})
    leader = Client(headers={"accept-language": "en"})
    leader.force_login(station.leader)
    page = seen(leader, reverse("staffing:surge", args=[surge.pk]))
    assert "Advised: do nothing." in page
    assert "With what is proposed" not in page, "nothing beside what there is"
    assert 'class="dh-btn dh-btn--primary" name="dismiss"' in page


def test_what_is_required_counts_the_calls_of_an_outage(station: Station) -> None:
    actions.make_forecast(unit=station.unit, **WHO)
    usual = queries.demand_of(station.unit, days=[NOW.date()])
    hit = queries.with_waves(station.unit, usual, [(NOW, 60.0)])
    place = NOW.hour * 2
    assert hit.requirement.sized[0, place] > usual.requirement.sized[0, place]
    with translation.override("en"):
        chart = charts.heads(hit, without=usual)
    assert {"Required with the calls of the outage", "Required without them"} <= {str(one.name) for one in chart.series}


def test_a_large_outage_makes_no_busy_day_whether_a_surge_was_worked_out_or_not(
    station: Station, outage: Outage
) -> None:
    later = NOW + DAY / 24
    assert not Surge.objects.exists()
    assert outages_large(station.unit, NOW.date(), at=later) == [(outage.started_at, later)]
    rule = {"kind": RuleKind.SURGE_CUSTOMERS, "value": 100_000, "source": "test"}
    actions.set_rule(unit_id=station.unit.pk, from_date=NOW.date(), **rule, **WHO)
    assert outages_large(station.unit, NOW.date(), at=later) == []
