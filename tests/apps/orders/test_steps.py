"""What may happen to an order, who has it, what was promised, and what is written when it is done."""

from datetime import timedelta

import pytest

from denghuo.apps.ledger.models import Fact
from denghuo.apps.orders import actions, queries
from denghuo.apps.orders.actions import ReceiptEntry, StepEntry, StepRefusedError
from denghuo.apps.orders.models import HandOver, Kind, Order, OrderStep, PromiseOf, Remark, State, Topic
from tests.apps.orders.conftest import Open, People
from tests.world import AT, World

MINUTE = timedelta(minutes=1)


def step(order: Order, code: str, minutes: float = 1, *, actor: str = "he", **told: object) -> Order:
    return actions.take_step(order_id=order.pk, step=code, at=AT + minutes * MINUTE, actor=actor, **told)  # type: ignore[arg-type]


def test_an_order_goes_its_way_and_every_step_is_told(opened: Open) -> None:
    row = opened()
    for code, minutes in (("dispatch", 1), ("accept", 2), ("arrive", 20), ("restore", 50), ("finish", 55)):
        step(row, code, minutes)
    step(row, "call_back", 90)
    closed = step(row, "close", 91)
    assert (closed.state, closed.closed_at, closed.next_due_at) == (State.CLOSED, AT + 91 * MINUTE, None)
    assert closed.judged
    taken = list(row.steps.values_list("step", flat=True))
    assert taken == ["open", "dispatch", "accept", "arrive", "restore", "finish", "call_back", "close"]
    assert Fact.objects.filter(kind="orders.StepTaken").count() == 7
    assert Fact.objects.filter(kind="orders.OrderClosed").count() == 1


@pytest.mark.parametrize(
    ("code", "told", "why"),
    [
        ("close", {}, "state"),
        ("dance", {}, "unknown"),
        ("open", {}, "unknown"),
        ("terminate", {}, "reason"),
        ("arrive", {"told_at": AT + 60 * MINUTE}, "future"),
        ("arrive", {"told_at": AT - MINUTE}, "before"),
    ],
)
def test_a_step_that_cannot_be_says_why(opened: Open, code: str, told: dict[str, object], why: str) -> None:
    row = opened()
    with pytest.raises(StepRefusedError) as refused:
        step(row, code, **told)
    assert refused.value.code == why
    assert OrderStep.objects.count() == 1


def test_a_step_told_late_by_a_telephone_counts_when_it_happened(opened: Open) -> None:
    row = opened()
    step(row, "arrive", 200, told_at=AT + 40 * MINUTE, place="青禾村")
    told = row.steps.get(step="arrive")
    assert (told.told_at, told.at, told.place) == (AT + 40 * MINUTE, AT + 200 * MINUTE, "青禾村")
    arrive = next(
        one for one in queries.clocks_of(Order.objects.get(pk=row.pk), at=AT + 300 * MINUTE) if one.clock == "arrive"
    )
    assert arrive.shown_s == 40 * 60


def test_resuming_leads_back_to_the_state_before(opened: Open) -> None:
    row = opened()
    step(row, "arrive", 5)
    step(row, "suspend", 6, reason="塌方")
    assert step(row, "resume", 9).state == State.ON_SITE


def test_whom_the_customer_asked_first_stays_whoever_has_it(opened: Open, people: People) -> None:
    row = opened()
    offer = actions.offer_hand_over(
        order_id=row.pk, to_username="su", to_unit_id=None, reason="营业厅办理", at=AT + MINUTE, actor="he"
    )
    assert Order.objects.get(pk=row.pk).handler == "he"
    with pytest.raises(ValueError, match="somebody else"):
        actions.accept_hand_over(hand_over_id=offer.pk, at=AT + 2 * MINUTE, actor="tang")
    actions.accept_hand_over(hand_over_id=offer.pk, at=AT + 3 * MINUTE, actor="su")
    row.refresh_from_db()
    assert (row.first_asked, row.handler) == ("he", "su")
    told = HandOver.objects.get()
    assert (told.from_username, told.to_username, told.offered_by, told.accepted_by) == ("he", "su", "he", "su")


def test_a_hand_over_is_refused_with_a_reason_and_waits_only_once(opened: Open) -> None:
    row = opened()
    told = {"order_id": row.pk, "to_unit_id": None, "reason": "x", "at": AT, "actor": "he"}
    offer = actions.offer_hand_over(to_username="su", **told)
    with pytest.raises(ValueError, match="already"):
        actions.offer_hand_over(to_username="tang", **told)
    with pytest.raises(ValueError, match="reason"):
        actions.refuse_hand_over(hand_over_id=offer.pk, reason=" ", at=AT, actor="su")
    actions.refuse_hand_over(hand_over_id=offer.pk, reason="不属于本岗", at=AT, actor="su")
    assert Order.objects.get(pk=row.pk).handler == "he"
    actions.offer_hand_over(to_username="tang", **told)


def test_a_unit_that_takes_an_order_over_has_it_in_its_scope(opened: Open, world: World) -> None:
    row = opened()
    offer = actions.offer_hand_over(
        order_id=row.pk, to_username="", to_unit_id=world.wick.pk, reason="辖区在北站", at=AT, actor="he"
    )
    actions.accept_hand_over(hand_over_id=offer.pk, at=AT, actor="bai")
    row.refresh_from_db()
    assert (row.unit_id, row.handler, row.first_asked) == (world.wick.pk, "bai", "he")


def test_merged_orders_keep_what_they_hold_and_are_read_with_the_one_they_went_into(opened: Open) -> None:
    one, other = opened(load_code="T1"), opened(load_code="T1")
    actions.make_remark(order_id=other.pk, side="customer", text="全楼都停了", at=AT, actor="he")
    assert [row.pk for row in queries.alike(one)] == [other.pk]
    actions.merge_orders(order_ids=[one.pk, other.pk], at=AT + MINUTE, actor="he")
    other.refresh_from_db()
    assert (other.state, other.merged_into_id) == (State.MERGED, one.pk)
    assert Remark.objects.get().order_id == other.pk
    course = queries.course_of(Order.objects.get(pk=one.pk), at=AT + MINUTE)
    assert [remark.text for remark in course.remarks] == ["全楼都停了"]
    with pytest.raises(actions.StepRefusedError, match="state"):
        actions.merge_orders(order_ids=[other.pk, one.pk], at=AT, actor="he")


def test_pressing_counts_once_within_the_gap(opened: Open) -> None:
    row = opened()
    for minutes in (10, 20, 200):
        actions.urge_order(order_id=row.pk, at=AT + minutes * MINUTE, actor="he")
    assert Order.objects.get(pk=row.pk).urged_count == 2


def test_children_stay_open_when_their_parent_is_closed(opened: Open) -> None:
    parent = opened()
    child = opened(parent_id=parent.pk)
    for code in ("finish", "close"):
        step(parent, code, 5)
    child.refresh_from_db()
    assert child.closed_at is None
    assert [row.pk for row in queries.course_of(parent, at=AT).children] == [child.pk]


def test_a_promise_is_kept_by_the_step_it_was_about(opened: Open) -> None:
    row = opened()
    told = actions.give_promise(order_id=row.pk, what=PromiseOf.ARRIVE, due_at=AT + 60 * MINUTE, at=AT, actor="he")
    step(row, "arrive", 30)
    told.refresh_from_db()
    assert told.kept_at == AT + 30 * MINUTE
    words = queries.promises_kept(("/",), since=AT, until=AT + timedelta(days=1), at=AT + timedelta(hours=3))
    assert {one.name: one.kept_share for one in words} == {f"unit:{row.unit.name}": 1.0, "user:he": 1.0}


def test_a_promise_moved_before_it_passes_is_not_broken_and_afterwards_it_stays_so(opened: Open) -> None:
    row = opened()
    give = {"order_id": row.pk, "what": PromiseOf.VISIT, "at": AT, "actor": "he"}
    early = actions.give_promise(due_at=AT + 60 * MINUTE, **give)
    late = actions.give_promise(due_at=AT + 61 * MINUTE, **give)
    move = {"due_at": AT + 300 * MINUTE, "note": "已电话说明", "actor": "he"}
    actions.move_promise(promise_id=early.pk, at=AT + 50 * MINUTE, **move)
    actions.watch_promises(at=AT + 70 * MINUTE, actor="rounds")
    actions.move_promise(promise_id=late.pk, at=AT + 75 * MINUTE, **move)
    words = queries.promises_kept(("/",), since=AT, until=AT + 120 * MINUTE, at=AT + 80 * MINUTE)[0]
    assert (words.given, words.moved, words.broken) == (2, 1, 1)


GOOD = ReceiptEntry(finding="our_equipment", found="低压引线烧断", done="更换引线并测试", restored_at=AT + 40 * MINUTE)


def test_a_receipt_finishes_the_work_and_tells_when_supply_came_back(opened: Open) -> None:
    row = opened()
    step(row, "arrive", 20)
    actions.write_receipt(order_id=row.pk, entry=GOOD, at=AT + 50 * MINUTE, actor="he")
    row.refresh_from_db()
    assert (row.state, row.finding) == (State.DONE, "our_equipment")
    assert row.steps.get(step="restore").told_at == AT + 40 * MINUTE
    assert [one.finding for one in queries.findings_of_account(0, reader=None)] == []


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"found": ""}, "missing"),
        ({"done": "已处理"}, "says_nothing"),
        ({"done": "联系13800138000"}, "number"),
        ({"finding": "justified"}, "not_of_kind"),
        ({"restored_at": None}, "missing"),
        ({"restored_at": AT + 500 * MINUTE}, "future"),
        ({"restored_at": AT + 10 * MINUTE}, "before_arrival"),
    ],
)
def test_a_receipt_that_lacks_something_is_not_taken_and_says_why(
    opened: Open, told: dict[str, object], code: str
) -> None:
    row = opened()
    step(row, "arrive", 20)
    entry = ReceiptEntry(**{**vars(GOOD), **told})  # type: ignore[arg-type]
    found = queries.check_receipt(row, entry, at=AT + 50 * MINUTE)
    assert code in {one.code for one in found if one.forbids}
    with pytest.raises(ValueError, match=code):
        actions.write_receipt(order_id=row.pk, entry=entry, at=AT + 50 * MINUTE, actor="he")
    assert Order.objects.get(pk=row.pk).state == State.ON_SITE


def test_a_complaint_is_answered_only_once_the_customer_was_contacted(opened: Open) -> None:
    row = opened(Kind.COMPLAINT, Topic.ATTITUDE, text="怠慢")
    entry = ReceiptEntry(finding="justified", found="当班人员用语不当", done="已约谈并致歉", told_customer="已当面致歉")
    assert {one.code for one in queries.check_receipt(row, entry, at=AT)} == {"no_contact"}
    step(row, "contact", 3)
    actions.write_receipt(order_id=row.pk, entry=entry, at=AT + 5 * MINUTE, actor="he")


def test_an_appeal_that_is_upheld_is_left_out_of_the_month_and_changes_no_clock(opened: Open) -> None:
    row = opened(area="city")
    step(row, "arrive", 70)
    at = AT + timedelta(hours=9)

    def late() -> list[tuple[int, int]]:
        kept = queries.month_of_limits(("/",), since=AT - timedelta(days=1), until=at, at=at)
        return [
            (one.late_count, one.appealed_count)
            for one in kept
            if (one.limit.clock, one.limit.layer) == ("arrive", "law")
        ]

    assert late() == [(1, 0)]
    filed = actions.file_appeal(order_id=row.pk, clock="arrive", text="道路塌方", at=at, actor="he")
    with pytest.raises(ValueError, match="somebody else"):
        actions.decide_appeal(appeal_id=filed.pk, upheld=True, decision="属实", at=at, actor="he")
    actions.decide_appeal(appeal_id=filed.pk, upheld=True, decision="属实", at=at, actor="tang")
    assert late() == [(0, 1)]
    shown = queries.clocks_of(Order.objects.get(pk=row.pk), at=at)
    assert any(one.late for one in shown if one.clock == "arrive" and one.limit.layer == "law")


def test_steps_are_data_and_hold_from_their_day(opened: Open) -> None:
    row = opened()
    entry = StepEntry(kind=Kind.FAULT, step="accept", from_states=["registered"], withdrawn=True)
    actions.set_step_rule(entry=entry, from_date=(AT + timedelta(days=1)).date(), source="本所", at=AT, actor="meng")
    assert "accept" in queries.steps_open(row, username="he", supervises=False, at=AT)
    assert "accept" not in queries.steps_open(row, username="he", supervises=False, at=AT + timedelta(days=2))
    wrong = StepEntry(kind="", step="x", from_states=["nowhere"])
    with pytest.raises(ValueError, match="state"):
        actions.set_step_rule(entry=wrong, from_date=AT.date(), source="x", at=AT, actor="meng")


def test_what_somebody_may_do_hangs_on_who_they_are(opened: Open) -> None:
    row = opened()
    step(row, "accept", actor="he")
    row.refresh_from_db()
    mine = queries.steps_open(row, username="he", supervises=False, at=AT)
    others = queries.steps_open(row, username="su", supervises=False, at=AT)
    above = queries.steps_open(row, username="tang", supervises=True, at=AT)
    assert "return" in mine
    assert "return" not in others
    assert "contact" in others
    assert {"terminate", "reassign"} <= set(above)
    assert not {"terminate", "reassign"} & set(mine)
