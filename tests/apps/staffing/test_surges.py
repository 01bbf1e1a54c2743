"""What an outage will do to the hotline, what each measure would do about it, and who is called up."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from django.urls import reverse

from denghuo.apps.hotline.models import Agent
from denghuo.apps.ledger import deliveries
from denghuo.apps.network.actions import record_switching
from denghuo.apps.notices.queries import notices_of
from denghuo.apps.organization.models import User
from denghuo.apps.outages.models import Outage
from denghuo.apps.staffing import actions, queries
from denghuo.apps.staffing.models import Answer, CallUp, RuleKind, Surge, SurgeState
from denghuo.apps.staffing.snapshot.rules import STANDARD
from denghuo.apps.staffing.snapshot.surges import Colleague, SurgeInputs, proposal
from tests.apps.staffing.conftest import NOW, Station
from tests.world import World

WHO = {"at": NOW, "actor": "test"}
DAY = timedelta(days=1)


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
