"""What becomes due by the clock alone: warnings, deadlines passed, stuck hand-overs, promises, signs; and what follows
from the field."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from denghuo.apps.ledger.models import Fact
from denghuo.apps.notices.models import Notice
from denghuo.apps.orders import actions, queries
from denghuo.apps.orders.models import HandOver, Kind, Order, PromiseOf, RouteTime, Sign, SignKind, State, Topic
from tests.apps.orders.conftest import Open, People
from tests.world import AT, World

MINUTE = timedelta(minutes=1)


def round_at(name: str, minutes: float) -> int:
    return getattr(actions, name)(at=AT + minutes * MINUTE, actor="rounds")  # type: ignore[no-any-return]


def test_who_has_it_is_warned_while_the_rest_of_the_way_still_fits(opened: Open) -> None:
    row = opened(area="city")
    actions.take_step(order_id=row.pk, step="accept", at=AT + MINUTE, actor="he")
    assert round_at("watch_clocks", 20) == 0
    assert round_at("watch_clocks", 25.5) == 1  # 45 minutes, of which the way takes 20
    assert round_at("watch_clocks", 26) == 0
    told = Notice.objects.get(kind="orders.near")
    assert told.recipient.username == "he"
    assert told.path == f"/orders/{row.pk}/"


def test_a_deadline_that_passed_is_said_once_to_those_above_and_the_next_one_comes(opened: Open) -> None:
    row = opened(area="city")
    actions.take_step(order_id=row.pk, step="accept", at=AT + MINUTE, actor="he")
    assert round_at("watch_clocks", 46) == 1
    assert round_at("watch_clocks", 47) == 1  # the law's 60 minutes are near by now
    row.refresh_from_db()
    assert row.overdue_at == AT + 45 * MINUTE
    assert row.next_due_at == AT + 60 * MINUTE
    assert {one.recipient.username for one in Notice.objects.filter(kind="orders.late")} >= {"he", "tang"}
    assert Fact.objects.filter(kind="orders.ClockRanOut").count() == 1
    assert row.pk in {one.pk for one in queries.find(("/",), queries.Wanted(due="overdue"), at=AT + 50 * MINUTE)}


def test_many_at_once_are_told_in_one_notice(opened: Open) -> None:
    for _ in range(6):
        opened()
    assert round_at("watch_clocks", 3) == 6
    assert Notice.objects.filter(kind="orders.late", recipient__username="he").count() == 1


def test_a_hand_over_that_nobody_answers_sounds_the_alarm_once(opened: Open) -> None:
    row = opened()
    actions.offer_hand_over(order_id=row.pk, to_username="su", to_unit_id=None, reason="x", at=AT, actor="he")
    assert round_at("watch_hand_overs", 29) == 0
    assert round_at("watch_hand_overs", 31) == 1
    assert round_at("watch_hand_overs", 32) == 0
    assert HandOver.objects.get().stuck_at == AT + 31 * MINUTE
    assert {"he", "su", "tang"} <= {one.recipient.username for one in Notice.objects.filter(kind="orders.stuck")}


def test_a_promise_is_warned_of_in_time_and_its_breaking_becomes_a_sign(opened: Open) -> None:
    row = opened()
    actions.give_promise(order_id=row.pk, what=PromiseOf.ARRIVE, due_at=AT + 60 * MINUTE, at=AT, actor="he")
    assert round_at("watch_promises", 10) == 0
    assert round_at("watch_promises", 35) == 1
    assert round_at("watch_promises", 61) == 1
    assert round_at("watch_promises", 62) == 0
    assert round_at("raise_signs", 63) == 1
    sign = Sign.objects.get()
    assert (sign.kind, sign.order_id) == (SignKind.PROMISE, row.pk)
    assert Fact.objects.filter(kind="orders.PromiseBroken").count() == 1


def test_the_same_caller_three_times_and_many_of_one_place_are_signs(opened: Open) -> None:
    for n in range(3):
        opened(Kind.ENQUIRY, Topic.BILL, text="账单", caller="13800138000", at=AT + n * MINUTE)
    for n in range(5):
        opened(load_code="T1", at=AT + n * MINUTE)
    opened(Kind.FAULT, Topic.DANGER, at=AT + 6 * MINUTE)
    assert round_at("raise_signs", 10) == 3
    assert round_at("raise_signs", 11) == 0
    assert set(Sign.objects.values_list("kind", "order_count")) == {("repeat", 3), ("cluster", 5), ("danger", 1)}
    sign = Sign.objects.get(kind="cluster")
    actions.see_sign(sign_id=sign.pk, answer="已派人查线", at=AT + 12 * MINUTE, actor="tang")
    assert [one.pk for one in queries.signs_within(("/",), reader=None, seen=True)] == [sign.pk]


def test_the_way_is_measured_from_what_was_done(opened: Open) -> None:
    for n in range(20):
        row = opened(at=AT + n * MINUTE)
        at = AT + n * MINUTE
        for code, minutes in (("accept", 1), ("arrive", 13), ("finish", 30), ("close", 31)):
            actions.take_step(order_id=row.pk, step=code, at=at + minutes * MINUTE, actor="he")
    assert round_at("learn_routes", 300) > 0
    assert RouteTime.objects.get(kind=Kind.FAULT, state=State.IN_HAND, clock="arrive").median_s == 12 * 60
    assert queries.rule_book().route_s(Kind.FAULT, State.IN_HAND, "arrive") == 12 * 60


@dataclass(frozen=True, kw_only=True)
class Field:
    """What the field tells."""

    order_ids: tuple[int, ...] = ()
    order_id: int = 0
    sent_at: datetime | None = None
    accepted_at: datetime | None = None
    arrived_at: datetime | None = None
    crew: str = ""
    finding: str = ""
    restored_at: datetime | None = None
    again_date: date | None = None
    what: str = ""
    happened_at: datetime = AT
    is_corrected: bool = False
    said_at: datetime = AT
    about: str = "outages.outage:1"
    to_ref: str = ""
    reason: str = ""
    message_id: int = 1
    ring: int = 1


def react(name: str, minutes: float, fact: Field) -> None:
    getattr(actions, name)(fact, at=AT + minutes * MINUTE, actor="flow", delivery_key="1:x")


def test_an_order_goes_the_way_of_its_crew(opened: Open) -> None:
    row = opened()
    mine = (row.pk,)
    react("follow_assignment", 1, Field(order_ids=mine))
    react("follow_assignment", 1, Field(order_ids=mine))
    react("follow_arrival", 30, Field(order_ids=mine, arrived_at=AT + 25 * MINUTE))
    react("follow_finish", 60, Field(order_ids=mine, finding="our_equipment", restored_at=AT + 55 * MINUTE))
    row.refresh_from_db()
    assert (row.state, row.finding) == (State.DONE, "our_equipment")
    assert list(row.steps.values_list("step", flat=True)) == ["open", "dispatch", "arrive", "restore", "finish"]
    react("follow_still_out", 80, Field(order_id=row.pk))
    row.refresh_from_db()
    assert (row.state, row.reopened_count) == (State.REGISTERED, 1)


def steps_told(row: Order) -> list[tuple[str, datetime]]:
    return list(row.steps.values_list("step", "told_at"))


def test_an_order_takes_over_what_its_crew_has_done(opened: Open) -> None:
    row = opened(area="city")
    did = {"sent_at": AT - 60 * MINUTE, "accepted_at": AT - 59 * MINUTE, "arrived_at": AT - 40 * MINUTE}
    react("follow_added", 0.5, Field(order_ids=(row.pk,), **did))
    row.refresh_from_db()
    assert (row.state, row.handler) == (State.ON_SITE, "he")
    assert steps_told(row) == [(step, AT) for step in ("open", "dispatch", "accept", "arrive")], "not before it came in"
    assert all(row.steps.exclude(step="open").values_list("reason", flat=True)), "whoever reads it sees why"
    shown = queries.clocks_of(row, at=AT + 70 * MINUTE)
    assert {one.clock for one in shown if one.runs} <= {"restore"}
    assert not any(one.late for one in shown)
    assert round_at("watch_clocks", 30) == 0
    react("follow_added", 1, Field(order_ids=(row.pk,), sent_at=AT))
    row.refresh_from_db()
    assert (row.state, row.steps.count()) == (State.ON_SITE, 4), "another crew that serves it too does not set it back"


def test_what_ran_out_before_anybody_was_sent_for_it_stays_so(opened: Open) -> None:
    row = opened(area="city")
    did = {"sent_at": AT - 60 * MINUTE, "accepted_at": AT - 59 * MINUTE, "arrived_at": AT - 40 * MINUTE}
    react("follow_added", 10, Field(order_ids=(row.pk,), crew="抢修一班", **did))
    row.refresh_from_db()
    assert row.state == State.ON_SITE
    assert steps_told(row)[1:] == [(step, AT + 10 * MINUTE) for step in ("dispatch", "accept", "arrive")]
    assert "抢修一班" in row.steps.get(step="arrive").reason, "it was not whoever found that it belongs there"
    late = {one.clock for one in queries.clocks_of(row, at=AT + 11 * MINUTE) if one.late}
    assert late == {"dispatch"}


def test_an_order_that_is_open_again_takes_it_over_from_then_on(opened: Open) -> None:
    row = opened(area="city")
    actions.take_step(order_id=row.pk, step="finish", at=AT + 10 * MINUTE, actor="he")
    actions.take_step(order_id=row.pk, step="reopen", reason="x", at=AT + 50 * MINUTE, actor="he")
    did = {"sent_at": AT, "accepted_at": AT + MINUTE, "arrived_at": AT + 20 * MINUTE}
    react("follow_added", 51, Field(order_ids=(row.pk,), **did))
    row.refresh_from_db()
    assert steps_told(row)[-3:] == [(step, AT + 50 * MINUTE) for step in ("dispatch", "accept", "arrive")]
    assert {one.clock for one in queries.clocks_of(row, at=AT + 51 * MINUTE) if one.runs} <= {"restore"}


def test_a_crew_that_goes_has_accepted_for_its_orders(opened: Open) -> None:
    row = opened(area="city")
    mine = (row.pk,)
    react("follow_added", 1, Field(order_ids=mine, sent_at=AT - 5 * MINUTE))
    row.refresh_from_db()
    assert (row.state, row.next_due_at) == (State.DISPATCHED, AT + 3 * MINUTE)
    react("follow_acceptance", 2, Field(order_ids=mine, accepted_at=AT - MINUTE))
    row.refresh_from_db()
    assert (row.state, row.handler) == (State.IN_HAND, "he")
    assert "accept" not in {one.clock for one in queries.clocks_of(row, at=AT + 9 * MINUTE) if one.runs or one.late}
    react("follow_added", 3, Field(order_ids=mine, sent_at=AT + 2 * MINUTE))
    react("follow_acceptance", 4, Field(order_ids=mine, accepted_at=AT + 4 * MINUTE))
    assert [step for step, _at in steps_told(row)] == ["open", "dispatch", "accept"]


def test_a_telephone_that_is_slow_accepts_no_sooner_than_it_was_sent(opened: Open) -> None:
    row = opened()
    react("follow_assignment", 2, Field(order_ids=(row.pk,)))
    react("follow_acceptance", 3, Field(order_ids=(row.pk,), accepted_at=AT + MINUTE))
    assert steps_told(row)[1:] == [("dispatch", AT + 2 * MINUTE), ("accept", AT + 2 * MINUTE)]


def test_an_acceptance_that_is_heard_of_late_does_not_accept_what_was_sent_anew(opened: Open) -> None:
    row = opened()
    react("follow_assignment", 1, Field(order_ids=(row.pk,)))
    actions.take_step(order_id=row.pk, step="return", reason="x", at=AT + 5 * MINUTE, actor="he")
    react("follow_assignment", 6, Field(order_ids=(row.pk,)))
    react("follow_acceptance", 2, Field(order_ids=(row.pk,), accepted_at=AT + 2 * MINUTE))
    row.refresh_from_db()
    assert row.state == State.DISPATCHED


def test_what_a_customer_answers_while_the_crew_is_there_stands_in_the_order(opened: Open) -> None:
    row = opened()
    react("follow_assignment", 1, Field(order_ids=(row.pk,)))
    react("follow_still_out", 20, Field(order_id=row.pk))
    row.refresh_from_db()
    assert (row.state, row.reopened_count) == (State.DISPATCHED, 0)
    assert [(one.side, one.actor) for one in row.remarks.all()] == [("customer", "flow")]


def test_what_a_crew_could_not_do_waits_to_be_dispatched_anew(opened: Open) -> None:
    row = opened()
    react("follow_assignment", 1, Field(order_ids=(row.pk,)))
    react("follow_arrival", 30, Field(order_ids=(row.pk,), arrived_at=AT + 25 * MINUTE))
    react("follow_finish", 60, Field(order_ids=(row.pk,), finding="needs_more"))
    row.refresh_from_db()
    assert row.state == State.REGISTERED
    react("follow_assignment", 61, Field(order_ids=(row.pk,)))
    react("follow_release", 62, Field(order_ids=(row.pk,), reason="车辆故障"))
    row.refresh_from_db()
    assert row.state == State.REGISTERED
    assert row.steps.last().reason == "班组不再前往：车辆故障"  # type: ignore[union-attr]


def test_who_says_that_supply_is_back_was_called_back(opened: Open) -> None:
    unsent, row = opened(), opened()
    for _again in range(2):
        react("follow_lit", 0.5, Field(order_id=unsent.pk, said_at=AT))
    unsent.refresh_from_db()
    assert (unsent.state, unsent.next_due_at, unsent.remarks.count()) == (State.DONE, None, 0), "nobody has to be sent"
    assert list(unsent.steps.values_list("step", flat=True)) == ["open", "finish", "call_back"]
    actions.take_step(order_id=unsent.pk, step="reopen", reason="又没电", at=AT + MINUTE, actor="he")
    react("follow_lit", 2, Field(order_id=unsent.pk, said_at=AT + 2 * MINUTE))
    assert list(unsent.steps.values_list("step", flat=True))[-2:] == ["finish", "call_back"], "as the first time"
    actions.take_step(order_id=row.pk, step="dispatch", at=AT + MINUTE / 4, actor="he")
    for _again in range(2):
        react("follow_lit", 0.5, Field(order_id=row.pk, said_at=AT))
    assert [one.side for one in row.remarks.all()] == ["customer"], "while it is worked on, it is said"
    actions.take_step(order_id=row.pk, step="finish", at=AT + MINUTE, actor="he")
    react("follow_lit", 5, Field(order_id=row.pk, said_at=AT + 4 * MINUTE))
    react("follow_lit", 6, Field(order_id=row.pk, said_at=AT + 4 * MINUTE))
    assert row.steps.filter(step="call_back").count() == 1


def test_somebody_unknown_who_was_not_reached_is_nobody_to_visit(people: People, world: World) -> None:
    del people, world
    react("follow_unreached", 1, Field(to_ref="customers.account:999999"))
    react("follow_unreached", 1, Field(to_ref="crews.member:1"))
    assert not Order.objects.exists()


def test_a_sign_that_nobody_answers_is_reminded_of_once_and_brought_before_those_above(
    world: World, opened: Open
) -> None:
    opened(Kind.FAULT, Topic.DANGER)
    assert round_at("raise_signs", 1) == 1
    sign = Sign.objects.get()
    assert sign.know_by_at == AT + 61 * MINUTE
    assert round_at("watch_signs", 60) == 0
    assert round_at("watch_signs", 61) == 1
    assert round_at("watch_signs", 62) == 0
    told = list(Notice.objects.filter(kind="orders.sign_late").values_list("recipient__username", "subject"))
    near = {name for name, _ in told if name in ("tang", "zhou")}
    assert near == {"tang", "zhou"}
    above = {one.username for one in queries.supervisors_above(world.lamp)}
    assert above
    assert {name for name, _ in told} >= above
    assert len(told) == len({*told})
    sign.refresh_from_db()
    assert (sign.escalated_at, sign.above_count) == (AT + 61 * MINUTE, len(above))
    fact = Fact.objects.get(kind="orders.SignEscalated")
    assert f'"above_count":{len(above)}' in fact.data.replace(" ", "")


def test_a_sign_that_was_answered_in_time_climbs_nowhere(opened: Open) -> None:
    opened(Kind.FAULT, Topic.DANGER)
    round_at("raise_signs", 1)
    actions.see_sign(sign_id=Sign.objects.get().pk, answer="已派人", at=AT + 5 * MINUTE, actor="tang")
    assert round_at("watch_signs", 600) == 0
    assert not Notice.objects.filter(kind="orders.sign_late").exists()


def test_where_nobody_is_above_the_station_itself_is_reminded(opened: Open, world: World) -> None:
    for one in queries.supervisors_above(world.lamp):
        one.is_active = False
        one.save(update_fields=["is_active"])
    opened(Kind.FAULT, Topic.DANGER)
    round_at("raise_signs", 1)
    assert round_at("watch_signs", 61) == 1
    assert Notice.objects.filter(kind="orders.sign_late", recipient__username="tang").exists()


def test_danger_whose_order_is_done_asks_for_no_answer_any_more(opened: Open) -> None:
    row = opened(Kind.FAULT, Topic.DANGER)
    round_at("raise_signs", 1)
    round_at("watch_signs", 2)
    assert Sign.objects.get().seen_at is None
    actions.take_step(order_id=row.pk, step="finish", at=AT + 30 * MINUTE, actor="he")
    assert round_at("watch_signs", 90) == 0, "nobody is reminded of it"
    sign = Sign.objects.get()
    assert (sign.seen_at, sign.seen_by) == (AT + 90 * MINUTE, "rounds")
    assert not Notice.objects.filter(kind="orders.sign", withdrawn_at=None).exists()


def test_many_of_one_place_are_settled_with_the_last_of_them(opened: Open) -> None:
    rows = [opened(load_code="T1", at=AT + n * MINUTE) for n in range(5)]
    round_at("raise_signs", 6)
    for row in rows[:-1]:
        actions.take_step(order_id=row.pk, step="finish", at=AT + 10 * MINUTE, actor="he")
    round_at("watch_signs", 11)
    assert Sign.objects.get().seen_at is None
    actions.take_step(order_id=rows[-1].pk, step="finish", at=AT + 12 * MINUTE, actor="he")
    round_at("watch_signs", 13)
    assert Sign.objects.get().seen_at == AT + 13 * MINUTE
