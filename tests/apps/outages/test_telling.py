"""Who is without supply is told in rings, and asked when it is back; what a crew mends is booked."""

from datetime import date
from typing import Any

import pytest

from denghuo.apps.continuity.models import Interruption
from denghuo.apps.crews.facts import WorkFinished
from denghuo.apps.crews.models import Finding
from denghuo.apps.customers.actions import (
    set_supply_state,
)
from denghuo.apps.customers.models import Account, CutReason, SupplyState
from denghuo.apps.ledger import deliveries
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.notices.actions import answer_message, follow_unanswered
from denghuo.apps.notices.models import Channel, Message, Ring, State
from denghuo.apps.orders.actions import OrderEntry, open_order
from denghuo.apps.orders.models import Kind, Order, Topic
from denghuo.apps.orders.models import State as OrderState
from denghuo.apps.outages import queries
from denghuo.apps.outages.actions import (
    OutageEntry,
    follow_finish,
    give_estimate,
    register_outage,
    set_judging_rule,
)
from denghuo.apps.outages.facts import OutageTold
from denghuo.apps.outages.models import Method, Outage, Report, ReportState, Suspicion, SuspicionState
from denghuo.apps.outages.queries.detail import Reached, reports_shown, told_first
from denghuo.apps.outages.queries.triage import Light, Shine, Why, triage
from denghuo.engines.reliability import OutageKind
from tests.apps.network.conftest import Switch, after
from tests.apps.outages.conftest import to
from tests.world import AT, World

SYSTEM: dict[str, Any] = {"at": AT, "actor": "lin"}


def test_everybody_behind_a_fault_is_told_once_in_three_rings(
    world: World, switch: Switch, people: dict[str, Account]
) -> None:
    switch("FU1", "open", 0.1, "N-1", at=after(0.1))
    outage = Outage.objects.get()
    rings = {(one.to_ref, one.channel): one for one in Message.objects.filter(about=outage.about)}
    assert {key: one.ring for key, one in rings.items()} == {
        (to(people["care"]), Channel.VOICE): Ring.CARE,
        (to(people["care"]), Channel.SMS): Ring.CARE,
        (to(people["important"]), Channel.SMS): Ring.IMPORTANT,
        (to(people["somebody"]), Channel.SMS): Ring.ALL,
    }
    care, other = rings[to(people["care"]), Channel.VOICE], rings[to(people["somebody"]), Channel.SMS]
    assert care.safety and care.expects_answer and care.due_at < other.due_at
    (fact,) = [one.fact for one in ledger.facts(classes=[OutageTold])]
    assert (fact.care_count, fact.important_count, fact.others_count, fact.unreachable_count) == (1, 1, 2, 1)
    switch("FU1", "close", 1, "N-1", at=after(1))
    switch("FU1", "open", 2, "N-1", at=after(2))
    assert Message.objects.filter(about=outage.about).count() == 4


def test_what_has_not_gone_out_is_called_off_when_supply_is_back(
    world: World, switch: Switch, people: dict[str, Account]
) -> None:
    switch("FU1", "open", 0.1, "N-1", at=after(0.1))
    switch("FU1", "close", 0.2, "N-1", at=after(0.2))
    assert set(Message.objects.values_list("state", flat=True)) == {State.CANCELLED}


def test_a_log_that_is_read_in_afterwards_tells_nobody(
    world: World, switch: Switch, people: dict[str, Account]
) -> None:
    switch("FU1", "open", -48, "N-1", at=AT)
    assert not Message.objects.exists()


@pytest.mark.parametrize(("told_within_s", "told"), [(7_200, False), (14_400, True)])
def test_the_rule_says_of_how_old_a_fault_people_are_told(
    world: World, switch: Switch, people: dict[str, Account], told_within_s: int, told: bool
) -> None:
    set_judging_rule(
        unit_id=world.lamp.pk,
        from_date=date(2026, 1, 1),
        meter_word_holds_s=43_200,
        shut_for_s=43_200,
        several_reports=3,
        around_plan_s=1_800,
        found_before_days=90,
        told_within_s=told_within_s,
        many_customers=100,
        care_weighs=100,
        near_share=0.5,
        source="所内规定",
        **SYSTEM,
    )
    deliveries.drain()  # what was there before the switching followed it
    switch("FU1", "open", 0, "N-1", at=after(3))
    assert Message.objects.exists() == told


def test_who_is_not_reached_by_a_call_is_visited(world: World, switch: Switch, people: dict[str, Account]) -> None:
    switch("FU1", "open", 0.1, "N-1", at=after(0.1))
    follow_unanswered(at=after(1), actor="rounds")
    deliveries.drain()
    visit = Order.objects.get(topic=Topic.CARE_VISIT)
    assert (visit.account_id, visit.kind) == (people["care"].pk, Kind.SERVICE)


def test_who_answers_after_all_need_not_be_visited(world: World, switch: Switch, people: dict[str, Account]) -> None:
    switch("FU1", "open", 0.1, "N-1", at=after(0.1))
    follow_unanswered(at=after(1), actor="rounds")
    deliveries.drain()
    visit = Order.objects.get(topic=Topic.CARE_VISIT)
    call = Message.objects.get(event="outages.fault_care", channel="voice")
    outage = Outage.objects.get()
    told = told_first(world.lamp.pk, ["T3"], abouts=[outage.about])
    assert [one.visit_id for one in told] == [visit.pk]
    answer_message(message_id=call.pk, answer="1", at=after(1.1), actor="gateway")
    deliveries.drain()
    visit.refresh_from_db()
    assert visit.state == OrderState.TERMINATED
    assert "Safe" in visit.steps.last().reason or "平安" in visit.steps.last().reason
    (now,) = told_first(world.lamp.pk, ["T3"], abouts=[outage.about])
    assert (now.reached, now.visit_id) == (Reached.ANSWERED, None)


def test_who_answers_that_they_need_help_is_still_visited(
    world: World, switch: Switch, people: dict[str, Account]
) -> None:
    switch("FU1", "open", 0.1, "N-1", at=after(0.1))
    follow_unanswered(at=after(1), actor="rounds")
    deliveries.drain()
    call = Message.objects.get(event="outages.fault_care", channel="voice")
    answer_message(message_id=call.pk, answer="2", at=after(1.1), actor="gateway")
    deliveries.drain()
    visit = Order.objects.get(topic=Topic.CARE_VISIT)
    assert visit.closed_at is None
    assert [one.side for one in visit.remarks.all()] == ["customer"]


def test_a_plan_is_told_by_its_own_notices(world: World, switch: Switch, people: dict[str, Account]) -> None:
    plan = OutageEntry(
        number="P-1",
        kind=OutageKind.PLANNED_MAINTENANCE_INTERNAL,
        planned_start_at=after(0),
        planned_end_at=after(4),
        planned_device_codes="FU1",
    )
    register_outage(network_id=world.network.pk, entry=plan, **SYSTEM)
    switch("FU1", "open", 0.1, "P-1", at=after(0.1))
    assert not Message.objects.exists()


def report(world: World, load_code: str, who: Account | None, phone: str, hours: float = 0.2) -> Report:
    entry = OrderEntry(
        kind=Kind.FAULT,
        topic=Topic.NO_SUPPLY,
        unit_id=world.lamp.pk,
        account_id=who.pk if who else None,
        load_code=load_code,
        caller=phone,
        received_at=after(hours),
    )
    order = open_order(entry=entry, at=after(hours), actor="lin")
    deliveries.drain()
    return Report.objects.get(order=order)


def test_who_reported_is_asked_and_no_is_an_answer(world: World, switch: Switch, people: dict[str, Account]) -> None:
    switch("QF1", "open", 0.1, "N-1", at=after(0.1))
    told = report(world, "T3", people["somebody"], "13900000003")
    switch("QF1", "close", 1, "N-1", at=after(1))
    asked = Message.objects.get(event="outages.call_back")
    assert (asked.about, asked.channel, asked.expects_answer) == (told.about, Channel.SMS, True)
    answer_message(message_id=asked.pk, answer="2", at=after(1.1), actor="gateway")
    deliveries.drain()
    told.refresh_from_db()
    assert told.state in (ReportState.ALONE, ReportState.SUSPECTED)
    assert (told.outage, told.still_out_count, told.reported_at) == (None, 1, after(1.1))


def test_an_answer_that_says_nothing_is_left_to_people(
    world: World, switch: Switch, people: dict[str, Account]
) -> None:
    switch("QF1", "open", 0.1, "N-1", at=after(0.1))
    told = report(world, "T3", people["somebody"], "13900000003")
    switch("QF1", "close", 1, "N-1", at=after(1))
    asked = Message.objects.get(event="outages.call_back")
    answer_message(message_id=asked.pk, answer="谢谢", at=after(1.1), actor="gateway")
    deliveries.drain()
    told.refresh_from_db()
    assert told.state == ReportState.BACK


def lamps(told: Report, hours: float = 0.3) -> dict[Light, tuple[Shine, Why]]:
    return {lamp.light: (lamp.shine, lamp.why) for lamp in triage(told, at=after(hours))}


def test_the_lights_cite_what_they_rest_on(world: World, people: dict[str, Account]) -> None:
    told = report(world, "T3", people["somebody"], "13900000003")
    assert lamps(told) == {
        Light.ARREARS: (Shine.CLEAR, Why.CONNECTED),
        Light.PLANNED: (Shine.CLEAR, Why.NO_PLAN),
        Light.KNOWN: (Shine.CLEAR, Why.SUPPLIED),
        Light.OWN_WIRING: (Shine.LOOK, Why.NEIGHBORS_SILENT),
    }
    set_supply_state(
        account_id=people["somebody"].pk,
        state=SupplyState.CUT,
        reason=CutReason.ARREARS,
        since_date=date(2026, 4, 20),
        record_number="停通-0420",
        **SYSTEM,
    )
    cut = next(lamp for lamp in triage(told, at=after(0.3)) if lamp.light is Light.ARREARS)
    assert (cut.shine, cut.record) == (Shine.STOP, "停通-0420")


def test_where_supply_is_known_to_be_gone_silent_neighbors_say_nothing(
    world: World, switch: Switch, people: dict[str, Account]
) -> None:
    switch("QF1", "open", 0.1, "N-1", at=after(0.1))
    told = report(world, "T3", people["somebody"], "13900000003")
    assert lamps(told)[Light.KNOWN] == (Shine.STOP, Why.OUTAGE)
    assert lamps(told)[Light.OWN_WIRING] == (Shine.CLEAR, Why.OUTAGE)


def test_lights_stand_at_what_still_waits(world: World, switch: Switch, people: dict[str, Account]) -> None:
    switch("QF1", "open", 0.1, "N-1", at=after(0.1))
    told = report(world, "T3", people["somebody"], "13900000003")
    (waiting,) = reports_shown([told.order_id], at=after(0.3))
    assert len(waiting.lamps) == 4
    switch("QF1", "close", 1, "N-1", at=after(1))
    (back,) = reports_shown([told.order_id], at=after(1.1))
    assert (back.state, back.lamps) == (ReportState.BACK, ())


def test_a_street_that_was_told_is_seen_before_a_crew_is_sent(world: World, people: dict[str, Account]) -> None:
    plan = OutageEntry(
        number="P-1",
        kind=OutageKind.PLANNED_MAINTENANCE_INTERNAL,
        planned_start_at=after(0),
        planned_end_at=after(4),
        planned_device_codes="FU1",
    )
    register_outage(network_id=world.network.pk, entry=plan, **SYSTEM)
    told = report(world, "T3", people["somebody"], "13900000003")
    assert lamps(told)[Light.PLANNED] == (Shine.STOP, Why.PLAN)
    assert lamps(report(world, "T1", None, "13900000009"))[Light.PLANNED] == (Shine.CLEAR, Why.NO_PLAN)


def test_expected_times_are_judged_by_when_supply_came(
    world: World, switch: Switch, people: dict[str, Account]
) -> None:
    switch("FU1", "open", 0.1, "N-1", at=after(0.1))
    outage = Outage.objects.get()
    for hours, team in ((1.0, "抢修一班"), (2.0, "抢修一班")):
        give_estimate(
            about=outage.about,
            expected_at=after(hours),
            method=Method.CREW,
            team=team,
            reason="到场后判断",
            at=after(0.2),
            actor="ma",
        )
    with pytest.raises(ValueError, match="time to come"):
        give_estimate(
            about=outage.about, expected_at=AT, method=Method.CREW, team="", reason="", at=after(0.2), actor="ma"
        )
    switch("FU1", "close", 1.5, "N-1", at=after(1.5))
    (score,) = queries.scores([str(world.lamp.path)], since=AT, until=after(9))
    assert (score.team, score.outages, score.changed, score.late_share, score.close_share) == ("抢修一班", 1, 1, 0, 1)
    assert score.mean_error_min == pytest.approx(-30)


def mended(suspicion: Suspicion) -> None:
    """A crew says that it cleared what was suspected."""
    done = WorkFinished(
        assignment_id=1,
        about=suspicion.about,
        order_ids=(),
        finding=Finding.FAULT_CLEARED,
        restored_at=after(1.2),
    )
    follow_finish(done, at=after(1.3), actor="ma", delivery_key="1:x")
    deliveries.drain()


def test_a_crew_that_mends_what_was_only_suspected_books_it_from_the_first_report(
    world: World, people: dict[str, Account]
) -> None:
    for number in range(8):
        report(world, ("T1", "T2", "T3", "T5")[number % 4], None, f"1390000010{number}")
    suspicion = Suspicion.objects.get()
    assert (suspicion.device_code, suspicion.told["part"]) == ("QF1", False)
    mended(suspicion)
    outage = Outage.objects.get()
    assert (outage.number, outage.started_at, outage.restored_at) == (suspicion.number, after(0.2), after(1.2))
    assert Interruption.objects.count() == 6
    assert set(Report.objects.values_list("state", flat=True)) == {ReportState.BACK}


def test_what_was_no_device_is_mended_without_an_outage(world: World, people: dict[str, Account]) -> None:
    for number in range(3):
        report(world, "T1", None, f"1390000010{number}")
    suspicion = Suspicion.objects.get()
    assert suspicion.told["part"]
    mended(suspicion)
    suspicion.refresh_from_db()
    assert suspicion.state == SuspicionState.MENDED
    assert not Outage.objects.exists()
    assert set(Report.objects.values_list("state", "back_at")) == {(ReportState.BACK, after(1.2))}
