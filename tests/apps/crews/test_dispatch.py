"""Who may be sent, who is told, and what happens while nobody says that they go."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from denghuo.apps.crews import actions, queries
from denghuo.apps.crews.facts import (
    AssignmentRefused,
    AssignmentUnacknowledged,
    AssignmentWithdrawn,
    CrewAccepted,
    CrewAssigned,
    OrdersAdded,
)
from denghuo.apps.crews.models import Channel, CrewMember, ReportKind, RuleKind, Skill, State, Whom
from denghuo.apps.crews.queries import Why
from denghuo.apps.ledger import deliveries
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.notices.models import Message, Notice
from denghuo.apps.notices.queries import unread_count
from denghuo.apps.orders.models import Order
from tests.apps.crews.conftest import MINUTE, TODAY, WHO, Tell, Town, make_order, send
from tests.world import AT


def facts(kind: type) -> list[object]:
    return [one.fact for one in ledger.facts(classes=[kind])]


def climb(minutes: float) -> int:
    return actions.climb_ladder(at=AT + minutes * MINUTE, actor="rounds")


def test_the_crew_is_told_and_the_fact_says_for_whom(town: Town) -> None:
    row = send(town)
    (fact,) = facts(CrewAssigned)
    assert fact == CrewAssigned(
        assignment_id=row.pk,
        crew_id=town.first.pk,
        about=f"orders.order:{town.order.pk}",
        order_ids=(town.order.pk,),
        unit_id=town.world.lamp.pk,
    )
    assert unread_count(town.world.ma.pk) == unread_count(town.hu.pk) == 1
    assert [one.assignment_id for one in queries.assignments_of(row.about)] == [row.pk]
    assert queries.loads([town.first.pk])[town.first.pk][0].order_ids == (town.order.pk,)


def test_sent_twice_it_is_there_once_and_serves_what_is_new(town: Town) -> None:
    row, other = send(town), make_order(town.world)
    again = send(town, order_ids=[town.order.pk, other.pk], minutes=1)
    assert again == row
    (added,) = facts(OrdersAdded)
    assert (added.order_ids, added.sent_at, added.accepted_at, added.arrived_at) == ((other.pk,), AT, None, None)
    assert len(facts(CrewAssigned)) == 1
    assert queries.assignments_serving(other.pk)[0].assignment_id == row.pk


def test_who_reports_what_a_crew_is_there_for_waits_for_nobody(town: Town, tell: Tell) -> None:
    outage = {"about": "outages.outage:1"}
    row = send(town, **outage)
    tell(row, ReportKind.ACCEPTED, 1)
    tell(row, ReportKind.ARRIVED, 20)
    deliveries.drain()
    town.order.refresh_from_db()
    assert (town.order.state, town.order.handler) == ("on_site", "")
    late = make_order(town.world)
    Order.objects.filter(pk=late.pk).update(received_at=AT + 61 * MINUTE, opened_at=AT + 61 * MINUTE)
    send(town, order_ids=[late.pk], minutes=62, **outage)
    deliveries.drain()
    late.refresh_from_db()
    told = list(late.steps.values_list("step", "told_at"))
    assert told == [(step, AT + 61 * MINUTE) for step in ("dispatch", "accept", "arrive")]
    assert late.state == "on_site"


def test_an_order_that_is_not_there_is_not_served(town: Town) -> None:
    with pytest.raises(ValueError, match="is there"):
        send(town, order_ids=[10**9])


def test_an_expired_certificate_blocks_that_skill_and_no_other(town: Town) -> None:
    with pytest.raises(actions.CertificateMissingError):
        send(town, town.second, skill=Skill.LV)
    assert send(town, town.second).skill == ""
    assert send(town, skill=Skill.LV).crew == town.first
    actions.record_certificate(
        user_id=town.shen.pk, skill=Skill.LV, number="DG-2", valid_until=TODAY + timedelta(days=1), **WHO
    )
    assert send(town, town.second, about="", skill=Skill.LV).crew == town.second


def test_a_certificate_holds_through_its_last_day(town: Town) -> None:
    actions.record_certificate(user_id=town.shen.pk, skill=Skill.LV, number="DG-2", valid_until=TODAY, **WHO)
    assert send(town, town.second, skill=Skill.LV)
    with pytest.raises(actions.CertificateMissingError):
        send(town, town.second, about="", skill=Skill.LV, minutes=24 * 60)


def test_a_crew_without_people_or_closed_is_not_sent(town: Town) -> None:
    empty = actions.open_crew(unit_id=town.world.lamp.pk, entry=actions.CrewEntry(name="三班"), **WHO)
    with pytest.raises(ValueError, match="has people"):
        send(town, empty)
    actions.close_crew(crew_id=town.second.pk, **WHO)
    with pytest.raises(ValueError, match="drives out"):
        send(town, town.second)


def test_suggestions_say_their_reasons(town: Town) -> None:
    scope = [town.world.lamp.path]
    first, second = queries.suggestions(scope, x=3.0, y=2.0, skill="", at=AT)
    assert (first.name, first.distance_km, first.travel_min) == ("抢修二班", 1.0, 2.0)
    assert first.minutes == pytest.approx(2.0)
    assert (second.worked_h, second.tired_min) == (8.0, 0.0)
    send(town, town.second)
    first, second = queries.suggestions(scope, x=3.0, y=2.0, skill="", at=AT + 2 * 60 * MINUTE)
    assert first.name == "抢修一班"
    assert (second.open_count, second.open_min, second.tired_min) == (1, 45.0, 30.0)
    assert second.minutes == pytest.approx(2.0 + 45.0 + 30.0)


def test_suggestions_say_who_cannot_go_and_why(town: Town) -> None:
    scope = [town.world.lamp.path]
    first, second = queries.suggestions(scope, x=None, y=None, skill=Skill.LV, at=AT)
    assert (first.name, first.certified, first.why_not, first.distance_km) == ("抢修一班", ("马立军",), (), None)
    assert second.why_not == (Why.EXPIRED,)
    assert second.expired == (("沈长河", TODAY - timedelta(days=1)),)
    late = queries.suggestions(scope, x=None, y=None, skill=Skill.HV, at=AT + 5 * 60 * MINUTE)
    assert [one.why_not for one in late] == [(Why.NO_CERTIFICATE, Why.OFF_DUTY)] * 2
    assert queries.suggestions([town.world.wick.path], x=None, y=None, skill="", at=AT) == []


def test_silence_climbs_from_message_to_call_to_the_next_to_the_head(town: Town) -> None:
    row = send(town)
    assert climb(0.5) == 0
    assert climb(1) == 1
    (message,) = Message.objects.all()
    assert (message.channel, message.to_ref.partition(":")[0], message.expects_answer) == ("sms", "crews.member", True)
    assert message.address == "19900000001"
    assert climb(1.5) == 0
    assert climb(3) == 2
    assert [one.channel for one in Message.objects.order_by("pk")] == ["sms", "voice", "voice"]
    assert Message.objects.latest("pk").address == "19900000002"
    assert climb(5) == 1
    assert Notice.objects.filter(recipient=town.world.zhou, withdrawn_at=None).count() == 1
    assert climb(60) == 0
    row.refresh_from_db()
    assert row.rung == 4
    assert [one.rung for one in facts(AssignmentUnacknowledged)] == [1, 2, 3, 4]


def test_who_accepts_ends_it_and_nobody_is_told_any_more(town: Town, tell: Tell) -> None:
    row = send(town)
    climb(5)
    tell(row, ReportKind.ACCEPTED, 6)
    assert row.state == State.ACCEPTED
    assert climb(60) == 0
    assert not Notice.objects.filter(withdrawn_at=None).exists()
    assert set(Message.objects.values_list("state", flat=True)) == {"cancelled"}


def test_a_ladder_of_the_station_holds_from_its_day(town: Town) -> None:
    rungs = [actions.RungEntry(after_s=30, channel=Channel.NOTICE, whom=Whom.SUPERVISOR)]
    actions.set_ladder(unit_id=town.world.city.pk, from_date=TODAY, rungs=rungs, source="通知", **WHO)
    send(town)
    assert climb(0.5) == 1
    assert climb(60) == 0
    unit = town.world.lamp
    assert queries.ladder(unit, on=TODAY - timedelta(days=1))[0].from_date is None
    with pytest.raises(ValueError, match="later"):
        actions.set_ladder(unit_id=unit.pk, from_date=TODAY, rungs=rungs * 2, source="x", **WHO)


@dataclass(frozen=True, kw_only=True)
class Answer:
    about: str
    to_ref: str
    answer: str


def test_who_answers_1_has_accepted(town: Town) -> None:
    row = send(town)
    member = town.first.members.get(user=town.hu)
    about = f"crews.assignment:{row.pk}"
    told = {"at": AT + 2 * MINUTE, "actor": "gateway", "delivery_key": "1:x"}
    others = [
        Answer(about=about, to_ref=f"crews.member:{member.pk}", answer="3"),
        Answer(about="outages.outage:1", to_ref=f"crews.member:{member.pk}", answer="1"),
        Answer(about="crews.assignment:x", to_ref="crews.member:y", answer="1"),
        Answer(about="crews.assignment:999999", to_ref="crews.member:999999", answer="1"),
    ]
    for answer in others:
        actions.follow_answer(answer, **told)
        row.refresh_from_db()
        assert row.state == State.SENT
    actions.follow_answer(Answer(about=about, to_ref=f"crews.member:{member.pk}", answer=" 1 "), **told)
    row.refresh_from_db()
    assert (row.state, row.accepted_by, row.accepted_at) == (State.ACCEPTED, "hu", AT + 2 * MINUTE)
    assert [(one.order_ids, one.accepted_at) for one in facts(CrewAccepted)] == [((town.order.pk,), row.accepted_at)]


def test_who_answers_2_cannot_go_unless_somebody_goes(town: Town, tell: Tell) -> None:
    told = {"at": AT + 2 * MINUTE, "actor": "gateway", "delivery_key": "1:x"}
    member = town.first.members.get(user=town.hu)
    row = send(town)
    no = Answer(about=f"crews.assignment:{row.pk}", to_ref=f"crews.member:{member.pk}", answer="2")
    climb(1)
    actions.follow_answer(no, **told)
    row.refresh_from_db()
    assert (row.state, bool(row.ended_because)) == (State.REFUSED, True)
    assert facts(AssignmentRefused)[-1].reason == row.ended_because
    assert climb(60) == 0
    other = send(town, about="outages.outage:3")
    tell(other, ReportKind.ACCEPTED, 1)
    actions.follow_answer(Answer(**vars(no) | {"about": f"crews.assignment:{other.pk}"}), **told)
    other.refresh_from_db()
    assert other.state == State.ACCEPTED


def test_who_has_no_telephone_does_not_hold_up_the_ladder(town: Town) -> None:
    CrewMember.objects.filter(crew=town.first, is_leader=True).update(phone="")
    send(town)
    assert climb(1) == 1
    assert Message.objects.get().address == "19900000002", "the next of the crew, at once"
    send(town, town.second)  # Shen is alone and has none
    assert not Notice.objects.filter(recipient=town.world.zhou).exists()
    assert climb(1) == 1
    assert Notice.objects.filter(recipient=town.world.zhou, withdrawn_at=None).count() == 1
    climb(5)
    silent = Notice.objects.filter(recipient=town.world.zhou, withdrawn_at=None, kind="crews.unacknowledged")
    assert silent.count() == 2, "of each assignment once"


def test_withdrawn_it_is_told_and_climbs_no_further(town: Town) -> None:
    row = send(town)
    climb(1)
    actions.withdraw_assignment(assignment_id=row.pk, reason="误报", at=AT + 2 * MINUTE, actor="lin")
    assert climb(60) == 0
    assert facts(AssignmentWithdrawn)[0].reason == "误报"
    subjects = list(Notice.objects.filter(recipient=town.hu, withdrawn_at=None).values_list("kind", flat=True))
    assert subjects == ["crews.withdrawn"]
    with pytest.raises(ValueError, match="open"):
        actions.withdraw_assignment(assignment_id=row.pk, reason="again", **WHO)
    assert send(town, minutes=3) != row


def test_who_refuses_says_why(town: Town, tell: Tell) -> None:
    row = send(town)
    assert tell(row, ReportKind.REFUSED, 1, because="").refusal == "reason_missing"
    tell(row, ReportKind.REFUSED, 2, because="车辆故障")
    assert (row.state, row.ended_because) == (State.REFUSED, "车辆故障")
    assert facts(AssignmentRefused)[0].order_ids == (town.order.pk,)
    (said,) = Notice.objects.filter(recipient__username=row.sent_by, kind="crews.refused")
    assert "车辆故障" in said.text and str(row.crew) in said.subject and said.urgent
    scope = [str(town.world.lamp.path)]
    first = {"x": row.x, "y": row.y, "at": AT}
    assert queries.suggestions(scope, **first)[0].crew_id == row.crew_id
    refused = {one.crew_id for one in queries.refused_about([row.about])[row.about]}
    last = queries.suggestions(scope, **first, refused=refused)[-1]
    assert (last.crew_id, last.why_not, last.cannot_go) == (row.crew_id, (Why.REFUSED,), ())
    assert send(town, minutes=3) and queries.refused_about([row.about]) == {}, "it was asked again"


def test_an_order_stays_with_the_crew_that_goes_while_another_cannot(town: Town, tell: Tell) -> None:
    first, second = send(town), send(town, town.second)
    tell(second, ReportKind.REFUSED, 2, because="车辆故障", user=town.shen)
    assert facts(AssignmentRefused)[0].order_ids == ()
    actions.withdraw_assignment(assignment_id=first.pk, reason="误报", at=AT + 3 * MINUTE, actor="lin")
    assert facts(AssignmentWithdrawn)[0].order_ids == (town.order.pk,)


@dataclass(frozen=True, kw_only=True)
class Closed:
    order_id: int
    number: str


def test_on_the_way_for_nothing_any_more(town: Town, tell: Tell) -> None:
    row, other = send(town), make_order(town.world)
    actions.add_orders(assignment_id=row.pk, order_ids=[other.pk], **WHO)
    fact = Closed(order_id=town.order.pk, number="260501-000001")
    for order in (town.order, other):
        type(order).objects.filter(pk=order.pk).update(state="closed", closed_at=AT)
        actions.follow_order_closed(fact, **WHO, delivery_key="1:x")
        row.refresh_from_db()
    assert (row.state, row.ended_because) == (State.WITHDRAWN, "工单260501-000001已结束。")


def test_who_is_on_site_finishes(town: Town, tell: Tell) -> None:
    row = send(town)
    tell(row, ReportKind.ARRIVED, 5)
    type(town.order).objects.filter(pk=town.order.pk).update(state="closed", closed_at=AT)
    actions.follow_order_closed(Closed(order_id=town.order.pk, number="1"), **WHO, delivery_key="1:x")
    row.refresh_from_db()
    assert row.state == State.ARRIVED


@dataclass(frozen=True, kw_only=True)
class Wanted:
    crew_id: int
    order_ids: tuple[int, ...]
    about: str = "outages.outage:7"
    formerly: tuple[str, ...] = ()
    place: str = "QL1"
    note: str = ""
    skill: str = ""
    x: float | None = None
    y: float | None = None


def test_a_crew_that_is_wanted_elsewhere_is_sent_and_serves_what_comes_later(town: Town) -> None:
    fact = Wanted(crew_id=town.first.pk, order_ids=(town.order.pk,))
    actions.follow_wanted(fact, **WHO, delivery_key="1:x")
    other = make_order(town.world)
    actions.follow_attached(Wanted(crew_id=0, order_ids=(other.pk,)), **WHO, delivery_key="2:x")
    (sent,) = queries.assignments_of("outages.outage:7")
    assert sent.order_ids == (town.order.pk, other.pk)


def test_who_was_sent_to_what_was_only_suspected_serves_what_comes_once_it_is_known(town: Town) -> None:
    suspected = Wanted(crew_id=town.first.pk, order_ids=(town.order.pk,), about="outages.suspicion:3")
    actions.follow_wanted(suspected, **WHO, delivery_key="1:x")
    other = make_order(town.world)
    late = Wanted(crew_id=0, order_ids=(other.pk,), formerly=("outages.suspicion:3",))
    actions.follow_attached(late, **WHO, delivery_key="2:x")
    (sent,) = queries.assignments_of("outages.suspicion:3")
    assert sent.order_ids == (town.order.pk, other.pk)


def test_who_chose_a_crew_that_cannot_go_is_told(town: Town) -> None:
    fact = Wanted(crew_id=town.second.pk, order_ids=(), skill=Skill.LV)
    actions.follow_wanted(fact, **WHO, delivery_key="1:x")
    assert not queries.assignments_of(fact.about)
    assert Notice.objects.get(recipient=town.world.lin).kind == "crews.cannot_go"


def test_numbers_are_of_the_nearest_unit(town: Town) -> None:
    lamp, city = town.world.lamp, town.world.city
    assert queries.number(lamp, RuleKind.OPEN_MIN, on=TODAY) == 45.0
    actions.set_rule(unit_id=city.pk, kind=RuleKind.OPEN_MIN, value=30, from_date=TODAY, source="市", **WHO)
    assert queries.number(lamp, RuleKind.OPEN_MIN, on=TODAY) == 30.0
    later = TODAY + timedelta(days=1)
    actions.set_rule(unit_id=lamp.pk, kind=RuleKind.OPEN_MIN, value=20, from_date=later, source="所", **WHO)
    assert queries.number(lamp, RuleKind.OPEN_MIN, on=TODAY) == 30.0
    assert queries.numbers(lamp, on=later)[RuleKind.OPEN_MIN].source == "所"
