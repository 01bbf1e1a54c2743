"""The dispatcher's board: what waits, why it stands where it stands, and what a dispatcher does with it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from denghuo.apps.crews.actions import assign, withdraw_assignment
from denghuo.apps.crews.actions.steps import StepEntry, take_step
from denghuo.apps.crews.models import Assignment, ReportKind
from denghuo.apps.ledger import deliveries
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.network.actions import record_switching
from denghuo.apps.notices.models import Message
from denghuo.apps.orders.actions import unmerge_order
from denghuo.apps.orders.models import Kind, Order, State
from denghuo.apps.outages import actions, queries
from denghuo.apps.outages.facts import IncidentLeft, IncidentTaken, ReportsAttached
from denghuo.apps.outages.models import Method, Outage, Report, ReportState, Suspicion, SuspicionState, Watch
from denghuo.apps.outages.queries import Board, Incident, Shine, Urgency, Wanted
from denghuo.apps.outages.queries.detail import Reached, detail, out_if_opened, rings_of
from denghuo.engines.standards import OutageKind
from tests.apps.network.conftest import signed_in
from tests.apps.outages.desk import Desk, furnish, report
from tests.kept import Kept
from tests.world import World, make_world

NOW = timezone.now().replace(microsecond=0)
BY: dict[str, Any] = {"at": NOW, "actor": "lin"}
See = Callable[..., Board]


@pytest.fixture(scope="module")
def built(kept: Kept) -> tuple[World, Desk]:
    def make() -> tuple[World, Desk]:
        world = make_world()
        return world, furnish(world, at=NOW)

    return kept(make)


@pytest.fixture
def world(built: tuple[World, Desk], db: None) -> World:
    return built[0]


@pytest.fixture
def desk(built: tuple[World, Desk], db: None) -> Desk:
    return built[1]


@pytest.fixture
def see(world: World) -> See:
    def look(*, limit: int = 100, after_min: float = 0, **wanted: Any) -> Board:
        at = NOW + timedelta(minutes=after_min)
        return queries.board([str(world.lamp.path)], wanted=Wanted(**wanted), username="lin", at=at, limit=limit)

    return look


def one(board: Board, about: str) -> Incident:
    found = board.of(about)
    assert found is not None
    return found


def about(order: Order) -> str:
    return f"orders.order:{order.pk}"


def test_what_belongs_together_is_one_incident(desk: Desk, see: See) -> None:
    board = see()
    assert {incident.about for incident in board.every} == {
        desk.outage.about,
        desk.suspicion.about,
        about(desk.single),
        about(desk.arrears),
        about(desk.danger),
    }
    assert board.counts.incidents == 5


def test_an_outage_and_a_suspected_fault_say_who_is_out(desk: Desk, see: See) -> None:
    outage, suspected = one(see(), desk.outage.about), one(see(), desk.suspicion.about)
    assert (outage.lv_customers, outage.mv_users, outage.report_count, outage.probability) == (20, 3, 1, None)
    assert (suspected.lv_customers, suspected.mv_users, suspected.report_count) == (6, 1, 4)
    assert (suspected.care_count, suspected.important_count, suspected.probability) == (1, 1, 0.86)
    assert suspected.is_suspected
    assert not outage.is_suspected
    assert outage.line == suspected.line == "10kV灯山线"


def test_danger_comes_first(desk: Desk, see: See) -> None:
    board = see()
    assert board.every[0].about == about(desk.danger)
    assert board.every[0].urgency is Urgency.DANGER
    assert [incident.urgency for incident in board.every] == sorted(incident.urgency for incident in board.every)


def test_a_crew_is_not_sent_to_who_is_cut(desk: Desk, see: See) -> None:
    Order.objects.update(next_due_at=None, overdue_at=None, next_warn_at=None)
    board = see()
    assert one(board, about(desk.arrears)).urgency is Urgency.NEEDLESS
    assert board.every[-1].about == about(desk.arrears)
    assert one(board, about(desk.arrears)).needless_count == 1
    assert one(board, about(desk.single)).needless_count == 0
    assert one(board, desk.outage.about).needless_count == 0, "that it is known speaks for sending one to the outage"


def test_clocks_near_and_past(desk: Desk, see: See) -> None:
    Order.objects.update(next_due_at=None, overdue_at=None, next_warn_at=None)
    told = {"next_due_at": NOW + timedelta(minutes=10), "next_warn_at": NOW - timedelta(minutes=1)}
    Order.objects.filter(pk=desk.single.pk).update(**told)
    board = see()
    assert (board.counts.near, board.counts.overdue) == (1, 0)
    assert one(board, about(desk.single)).urgency is Urgency.NEAR
    later = see(after_min=11)
    assert (later.counts.near, later.counts.overdue) == (0, 1)
    assert one(later, about(desk.single)).urgency is Urgency.OVERDUE


def test_how_near_a_deadline_is_and_what_care_weighs_are_rules(world: World, desk: Desk, see: See) -> None:
    Order.objects.update(next_due_at=None, overdue_at=None, next_warn_at=None)
    told = {"next_due_at": NOW + timedelta(minutes=10), "next_warn_at": NOW - timedelta(minutes=1)}
    Order.objects.filter(pk=desk.single.pk).update(**told)
    judge(world, near_share=0.01)
    assert (see().counts.near, one(see(), about(desk.single)).urgency) == (0, Urgency.NOBODY)
    judge(world, near_share=1, many_customers=1)
    assert see().counts.near == 1
    assert {incident.urgency for incident in see().every if incident.kind == "outage"} == {Urgency.MANY}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"state": "outage"}, {"outage"}),
        ({"state": "suspicion"}, {"suspicion"}),
        ({"state": "order"}, {"order"}),
        ({"state": "needless"}, {"order"}),
        ({"state": "unheard"}, set()),
        ({"text": "fu1"}, {"suspicion"}),
        ({"text": "N-1"}, {"outage"}),
        ({"text": "村口"}, {"order"}),
        ({"line": "10kV柳溪线"}, set()),
        ({"mine": True}, set()),
    ],
)
def test_what_is_asked_for(see: See, wanted: dict[str, Any], expected: set[str]) -> None:
    assert {incident.kind for incident in see(**wanted).incidents} == expected


def test_an_order_is_found_by_its_number_within_its_fault(desk: Desk, see: See) -> None:
    order_id = one(see(), desk.suspicion.about).order_ids[0]
    (found,) = see(text=Order.objects.get(pk=order_id).number).incidents
    assert found.about == desk.suspicion.about


def test_more_than_is_shown_is_told(see: See) -> None:
    board = see(limit=2)
    assert (len(board.incidents), board.more, board.found_count) == (2, 3, 5)


def test_another_station_sees_nothing(world: World) -> None:
    board = queries.board([str(world.wick.path)], wanted=Wanted(), username="bai", at=NOW)
    assert board.every == ()


def test_questions_do_not_grow_with_orders(world: World, see: See) -> None:
    see()
    with CaptureQueriesContext(connection) as before:
        see()
    for number in range(20):
        report(world, NOW, load_code="T1", caller=f"1380000{number:04d}")
        report(world, NOW, place=f"某处{number}", caller=f"1370000{number:04d}")
    deliveries.drain()
    with CaptureQueriesContext(connection) as after:
        see()
    assert len(after) <= len(before) + 2, "\n".join(query["sql"][:150] for query in after)


def test_i_have_it(desk: Desk, see: See) -> None:
    actions.take_incident(about=desk.outage.about, **BY)
    taken = one(see(mine=True), desk.outage.about)
    assert (taken.watcher, taken.watcher_name) == ("lin", "林晓岚")
    assert [incident.about for incident in see(mine=True).incidents] == [desk.outage.about]
    assert not actions.leave_incident(about=desk.outage.about, at=NOW, actor="zhou")
    assert actions.leave_incident(about=desk.outage.about, **BY)
    assert not Watch.objects.exists()
    facts = [told.fact for told in ledger.facts(classes=[IncidentTaken, IncidentLeft])]
    assert facts == [IncidentTaken(about=desk.outage.about), IncidentLeft(about=desk.outage.about)]
    for gone in ("outages.outage:0", "outages.suspicion:0", "orders.order:0", "rubbish", "orders.order:x"):
        with pytest.raises(actions.NothingToDoError):
            actions.take_incident(about=gone, **BY)


def test_a_crew_that_was_sent_is_followed(desk: Desk, see: See) -> None:
    Order.objects.update(next_due_at=None, overdue_at=None, next_warn_at=None)
    actions.send_crew(about=desk.suspicion.about, crew_id=desk.near.pk, note="", skill="", **BY)
    deliveries.drain()
    sent = one(see(), desk.suspicion.about)
    assert sent.is_unheard
    assert sent.urgency is Urgency.MOVING
    assert (see().counts.unheard, see().counts.crews_free) == (1, 1)
    assert [incident.about for incident in see(state="unheard").incidents] == [desk.suspicion.about]
    Assignment.objects.update(rung=1)
    assert one(see(), desk.suspicion.about).urgency is Urgency.UNHEARD
    row = Assignment.objects.get()
    take_step(assignment_id=row.pk, entry=StepEntry(kind=ReportKind.ACCEPTED, happened_at=NOW), **BY)
    assert not one(see(), desk.suspicion.about).is_unheard


def test_what_is_over_stays_while_a_crew_holds_it(world: World, desk: Desk, see: See) -> None:
    Order.objects.update(next_due_at=None, overdue_at=None, next_warn_at=None)
    alone = Report.objects.get(outage=desk.outage).order
    for about, crew in ((desk.outage.about, desk.near), (f"orders.order:{alone.pk}", desk.far)):
        told: dict[str, Any] = {"place": "柳溪", "x": None, "y": None, "order_ids": [alone.pk]}
        row = assign(crew_id=crew.pk, about=about, **told, **BY)
        take_step(assignment_id=row.pk, entry=StepEntry(kind=ReportKind.ARRIVED, happened_at=NOW), **BY)
    Order.objects.update(next_due_at=None, overdue_at=None, next_warn_at=None)
    log: dict[str, Any] = {"network_id": world.network.pk, "event_number": "N-1", "note": "", **BY}
    record_switching(device_code="QL1", closes=True, operated_at=NOW - timedelta(minutes=5), **log)
    deliveries.drain()
    back = one(see(), desk.outage.about)
    assert (back.urgency, back.back_at, back.lv_customers) == (Urgency.BACK, NOW - timedelta(minutes=5), 0)
    assert desk.outage.about in see().abouts
    page = signed_in(world.lin, "en").get(reverse("outages:dispatch"), {"about": desk.outage.about}).content.decode()
    assert "By the switching log supply is back since" in page and "data-dp-withdraw" in page
    assert "data-dp-take" not in page and 'class="dp-suggestions"' not in page
    for row in Assignment.objects.all():
        withdraw_assignment(assignment_id=row.pk, reason="来电了", **BY)
    assert desk.outage.about not in see().abouts


def test_switching_is_recorded_where_it_stands_open(world: World, desk: Desk) -> None:
    assert queries.keeps_out(desk.outage) == "QL1"
    log: dict[str, Any] = {"network_id": world.network.pk, "event_number": "N-1", "note": "", **BY}
    for minutes, code, closes in ((3, "QL2", False), (2, "QL1", True)):
        record_switching(device_code=code, closes=closes, operated_at=NOW - timedelta(minutes=minutes), **log)
    deliveries.drain()
    desk.outage.refresh_from_db()
    assert desk.outage.lasts and queries.keeps_out(desk.outage) == "QL2"


def test_special_care_goes_before_others_while_nobody_is_sent(desk: Desk, see: See) -> None:
    Order.objects.update(next_due_at=None, overdue_at=None, next_warn_at=None)
    assert one(see(), desk.suspicion.about).urgency is Urgency.CARE
    assert one(see(), desk.outage.about).urgency is Urgency.NOBODY


def test_the_last_word_on_when_supply_is_back(desk: Desk, see: See) -> None:
    for minutes in (60, 90):
        actions.give_estimate(
            about=desk.outage.about,
            expected_at=NOW + timedelta(minutes=minutes),
            method=Method.DISPATCHER,
            team="",
            reason="备件未到",
            **BY,
        )
    told = one(see(), desk.outage.about)
    assert told.expected is not None
    assert (told.expected.expected_at, told.revisions) == (NOW + timedelta(minutes=90), 1)


def test_a_confirmed_fault_keeps_its_crew_its_estimate_and_whoever_has_it(world: World, desk: Desk, see: See) -> None:
    actions.take_incident(about=desk.suspicion.about, **BY)
    actions.send_crew(about=desk.suspicion.about, crew_id=desk.near.pk, note="", skill="", **BY)
    opened_at = NOW - timedelta(minutes=30)
    actions.confirm_fault(suspicion_id=desk.suspicion.pk, device_code="FU1", opened_at=opened_at, **BY)
    deliveries.drain()
    outage = Outage.objects.get(device_code="FU1")
    found = one(see(), outage.about)
    assert see().of(desk.suspicion.about) is None
    assert (found.watcher, len(found.crews), found.report_count, found.lv_customers) == ("lin", 1, 4, 6)


def test_still_out_stands_high(desk: Desk, see: See) -> None:
    Order.objects.update(next_due_at=None, overdue_at=None, next_warn_at=None)
    Report.objects.filter(order=desk.single).update(still_out_count=1)
    assert one(see(), about(desk.single)).urgency is Urgency.STILL_OUT
    assert see().counts.still_out == 1


def test_a_report_put_to_an_outage_stays_until_that_is_over(world: World, desk: Desk, see: See) -> None:
    actions.join_report(order_id=desk.danger.pk, about=desk.outage.about, **BY)
    deliveries.drain()
    assert see().of(about(desk.danger)) is None
    assert desk.danger.pk in one(see(), desk.outage.about).order_ids
    report(world, NOW, load_code="T5", caller="13600000001")  # reports are placed anew, and it stays
    deliveries.drain()
    told = Report.objects.get(order=desk.danger)
    assert (told.state, told.outage) == (ReportState.JOINED, desk.outage)
    log: dict[str, Any] = {"network_id": world.network.pk, "event_number": "N-1", "note": ""}
    record_switching(device_code="QL1", closes=True, operated_at=NOW, **log, **BY)
    deliveries.drain()
    told.refresh_from_db()
    assert (told.state, told.back_at) == (ReportState.BACK, NOW)


def test_a_report_put_to_a_suspected_fault_goes_with_it(desk: Desk) -> None:
    actions.join_report(order_id=desk.danger.pk, about=desk.suspicion.about, **BY)
    opened_at = NOW - timedelta(minutes=30)
    actions.confirm_fault(suspicion_id=desk.suspicion.pk, device_code="FU1", opened_at=opened_at, **BY)
    deliveries.drain()
    told, outage = Report.objects.get(order=desk.danger), Outage.objects.get(device_code="FU1")
    assert (told.state, told.outage, told.suspicion) == (ReportState.JOINED, outage, None)
    attached = [fact.fact for fact in ledger.facts(classes=[ReportsAttached]) if desk.danger.pk in fact.fact.order_ids]
    assert [fact.about for fact in attached] == [desk.suspicion.about, outage.about]


def test_what_was_put_to_a_fault_that_was_none_is_let_go(desk: Desk) -> None:
    actions.join_report(order_id=desk.danger.pk, about=desk.suspicion.about, **BY)
    actions.dismiss_suspicion(suspicion_id=desk.suspicion.pk, reason="现场查看，熔断器完好", **BY)
    deliveries.drain()
    told = Report.objects.get(order=desk.danger)
    assert (told.state, told.suspicion) == (ReportState.UNPLACED, None)


def test_a_report_is_taken_away_from_where_it_was_put(desk: Desk) -> None:
    actions.join_report(order_id=desk.single.pk, about=desk.outage.about, **BY)
    actions.part_report(order_id=desk.single.pk, **BY)
    assert Report.objects.get(order=desk.single).outage is None
    with pytest.raises(actions.NothingToDoError):
        actions.part_report(order_id=desk.single.pk, **BY)


def test_what_cannot_be_put_to_a_fault(world: World, desk: Desk) -> None:
    over = Outage.objects.create(network=world.network, number="X", started_at=NOW, restored_at=NOW)
    for order_id, where in ((desk.single.pk, over.about), (desk.single.pk, "outages.outage:0"), (0, desk.outage.about)):
        with pytest.raises(actions.NothingToDoError):
            actions.join_report(order_id=order_id, about=where, **BY)
    Report.objects.filter(order=desk.single).update(state=ReportState.BACK)
    with pytest.raises(actions.NothingToDoError):
        actions.join_report(order_id=desk.single.pk, about=desk.outage.about, **BY)


def test_orders_that_are_the_same_are_merged(desk: Desk, see: See) -> None:
    found = actions.find_same(order_ids=[desk.arrears.pk, desk.single.pk], **BY)
    assert (found.into_id, found.order_ids) == (desk.single.pk, (desk.arrears.pk,)), "the one that came in first stays"
    deliveries.drain()
    desk.arrears.refresh_from_db()
    assert (desk.arrears.state, desk.arrears.merged_into) == (State.MERGED, desk.single)
    assert see().of(about(desk.arrears)) is None
    for keys in ([desk.single.pk], [], [desk.single.pk, desk.arrears.pk], [desk.single.pk, 0]):
        with pytest.raises(ValueError, match="merged"):
            actions.find_same(order_ids=keys, **BY)


def test_complaints_are_not_merged_at_the_desk(desk: Desk) -> None:
    keys = [desk.single.pk, desk.danger.pk]
    Order.objects.filter(pk__in=keys).update(kind=Kind.COMPLAINT)
    with pytest.raises(ValueError, match="people of ours"):
        actions.find_same(order_ids=keys, **BY)


def test_the_crew_of_what_was_merged_goes_for_the_order_that_goes_on(desk: Desk) -> None:
    told: dict[str, Any] = {"crew_id": desk.near.pk, "order_ids": (desk.arrears.pk,), "x": None, "y": None, **BY}
    row = assign(about=about(desk.arrears), place="", **told)
    deliveries.drain()
    actions.find_same(order_ids=[desk.arrears.pk, desk.single.pk], **BY)
    deliveries.drain()
    row.refresh_from_db()
    assert row.is_open
    assert set(row.orders.values_list("order_id", flat=True)) == {desk.arrears.pk, desk.single.pk}
    assert Order.objects.get(pk=desk.single.pk).state == State.DISPATCHED


def test_taken_out_of_the_merge_it_is_a_report_again_and_its_crew_serves_it_still(desk: Desk) -> None:
    told: dict[str, Any] = {"crew_id": desk.near.pk, "order_ids": (desk.arrears.pk,), "x": None, "y": None, **BY}
    row = assign(about=about(desk.arrears), place="", **told)
    deliveries.drain()
    actions.find_same(order_ids=[desk.arrears.pk, desk.single.pk], **BY)
    deliveries.drain()
    assert Report.objects.get(order=desk.arrears).state == ReportState.CLOSED
    unmerge_order(order_id=desk.arrears.pk, reason="隔壁一户", **BY)
    deliveries.drain()
    assert Order.objects.get(pk=desk.arrears.pk).state == State.DISPATCHED, "its crew was sent before"
    assert Report.objects.get(order=desk.arrears).state == ReportState.SUSPECTED, "it is evidence again"
    free = Order.objects.get(pk=desk.single.pk)
    assert free.state == State.DISPATCHED
    assert row.orders.filter(order_id=free.pk).exists(), "who was taken along is served until somebody says otherwise"
    actions.find_same(order_ids=[desk.arrears.pk, desk.single.pk], **BY)
    deliveries.drain()
    withdraw_assignment(assignment_id=row.pk, reason="另派", **BY)
    deliveries.drain()
    unmerge_order(order_id=desk.arrears.pk, reason="隔壁一户", **BY)
    deliveries.drain()
    assert Order.objects.get(pk=desk.arrears.pk).state == State.REGISTERED, "whoever was sent has gone meanwhile"


def test_an_incident_in_full(world: World, desk: Desk, see: See) -> None:
    full = detail([str(world.lamp.path)], one(see(), desk.suspicion.about), at=NOW)
    assert full.evidence is not None
    assert [(rival.code, rival.probability) for rival in full.evidence.rivals] == [("QF1", 0.12)]
    assert [(load.code, load.report_count, load.care_count) for load in full.below] == [("T3", 4, 1)]
    assert [told.reached for told in full.care] == [Reached.UNTOLD]
    assert [crew.name for crew in full.suggestions] == ["抢修一班", "抢修二班"]
    assert [len(told.lamps) for told in full.reports] == [4] * 4
    assert "演示" not in str(full.reports[0].brief)


def test_who_was_reached(desk: Desk, world: World, see: See) -> None:
    opened_at = NOW - timedelta(minutes=30)
    actions.confirm_fault(suspicion_id=desk.suspicion.pk, device_code="FU1", opened_at=opened_at, **BY)
    deliveries.drain()
    outage = Outage.objects.get(device_code="FU1")
    full = detail([str(world.lamp.path)], one(see(), outage.about), at=NOW)
    assert [told.customer.account_id for told in full.care] == [desk.care.pk]
    rings = {told.ring: told.people for told in rings_of([outage.about])}
    assert sum(rings.values()) == Message.objects.filter(about=outage.about).values("to_ref").distinct().count()


def test_who_would_be_out(world: World, desk: Desk) -> None:
    out = out_if_opened(world.network.pk, world.lamp.pk, device_codes=["FU1", "QX"])
    assert (out.lv_customers, out.care_count, out.important_count, out.unknown_codes) == (6, 1, 1, ("QX",))
    assert out.loads == ("T3",)


def test_a_suspected_fault_that_is_confirmed_but_not_in_the_log_yet_stays_in_sight(desk: Desk, see: See) -> None:
    Suspicion.objects.filter(pk=desk.suspicion.pk).update(state=SuspicionState.CONFIRMED)
    assert see().of(desk.suspicion.about) is not None


def test_who_is_there_was_sent_by_somebody(desk: Desk, see: See) -> None:
    Order.objects.filter(pk=desk.single.pk).update(
        state=State.ON_SITE, overdue_at=None, next_due_at=None, next_warn_at=None
    )
    assert one(see(), f"orders.order:{desk.single.pk}").urgency is Urgency.THERE
    assert f"orders.order:{desk.single.pk}" not in {found.about for found in see(state="new").incidents}


def test_the_strip_counts_what_its_lists_show(desk: Desk, see: See) -> None:
    Order.objects.filter(kind=Kind.FAULT).update(overdue_at=NOW - timedelta(minutes=1))
    board = see()
    assert board.counts.overdue == len(see(state="overdue").incidents) < len(Order.objects.filter(closed_at=None))


def test_an_outage_without_a_place_is_known_by_its_device(desk: Desk, see: See) -> None:
    assert one(see(), desk.outage.about).where.endswith("QL1")


def test_what_the_queue_does_not_show_has_its_lights_on_its_own_page(world: World, desk: Desk, see: See) -> None:
    about = f"orders.order:{desk.arrears.pk}"
    found = one(see(limit=0), about)
    assert (found.lamps, found.needless_count) == ((), 1)
    full = detail([str(world.lamp.path)], found, at=NOW)
    assert Shine.STOP in {lamp.shine for lamp in full.reports[0].lamps}


@pytest.mark.parametrize(
    ("told", "suspected"), [({"shut_for_s": 3600}, True), ({"shut_for_s": 7200}, False), ({}, False)]
)
def test_for_how_long_a_device_seen_closed_is_not_suspected(
    world: World, desk: Desk, told: dict[str, int], suspected: bool
) -> None:
    if told:
        judge(world, **told)
    seen_at = NOW - timedelta(minutes=90)
    Suspicion.objects.filter(pk=desk.suspicion.pk).update(state="dismissed", decided_at=seen_at)
    assert ("FU1" not in queries.seen_closed(world.network.pk, [], at=NOW)) == suspected


def judge(world: World, **told: float) -> None:
    """A rule of judging for Lamp station, of today."""
    usual = {
        "meter_word_holds_s": 43_200,
        "shut_for_s": 43_200,
        "several_reports": 3,
        "around_plan_s": 1800,
        "found_before_days": 90,
        "told_within_s": 21_600,
        "many_customers": 100,
        "care_weighs": 100,
        "near_share": 0.5,
    }
    actions.set_judging_rule(
        unit_id=world.lamp.pk,
        from_date=NOW.date() - timedelta(days=1),
        source="所内规定",
        at=NOW,
        actor="gu",
        **usual | told,
    )


def test_a_rule_of_judging_says_where_it_comes_from(world: World) -> None:
    with pytest.raises(ValueError, match="where it comes from"):
        actions.set_judging_rule(
            unit_id=world.lamp.pk,
            from_date=NOW.date(),
            meter_word_holds_s=1,
            shut_for_s=1,
            several_reports=2,
            around_plan_s=1,
            found_before_days=1,
            told_within_s=1,
            many_customers=1,
            care_weighs=1,
            near_share=1,
            source=" ",
            at=NOW,
            actor="gu",
        )


@pytest.mark.parametrize(("around_s", "stops"), [(1800, False), (3600, True)])
def test_how_far_around_its_time_a_plan_is_the_reason(
    world: World, desk: Desk, see: See, around_s: int, stops: bool
) -> None:
    judge(world, around_plan_s=around_s)
    entry = actions.OutageEntry(
        number="P-9",
        kind=OutageKind.PLANNED_MAINTENANCE_INTERNAL,
        planned_start_at=NOW + timedelta(minutes=45),
        planned_end_at=NOW + timedelta(hours=3),
        planned_device_codes="QF1",
    )
    actions.register_outage(network_id=world.network.pk, entry=entry, at=NOW, actor="lin")
    found = one(see(), f"orders.order:{desk.single.pk}")
    assert bool(found.needless_count) == stops
