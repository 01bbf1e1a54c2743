"""What people were told of clocks is taken back once it holds no more."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from denghuo.apps.ledger.models import Fact
from denghuo.apps.notices import queries as notices
from denghuo.apps.notices.models import Notice
from denghuo.apps.orders import actions
from denghuo.apps.orders.actions import LimitEntry
from denghuo.apps.orders.models import Kind, Order, Promise, PromiseOf, Sign, SuspensionCause, Topic
from tests.apps.orders.conftest import Open, People
from tests.world import AT

MINUTE = timedelta(minutes=1)


def watch(minutes: float) -> None:
    actions.watch_clocks(at=AT + minutes * MINUTE, actor="rounds")


def step(row: Order, code: str, minutes: float, **told: str) -> None:
    actions.take_step(order_id=row.pk, step=code, at=AT + minutes * MINUTE, actor="he", **told)


def held(username: str = "he") -> list[str]:
    """What somebody still holds of what they were told of clocks."""
    rows = Notice.objects.filter(recipient__username=username, withdrawn_at=None)
    return sorted(rows.filter(kind__in=("orders.near", "orders.late")).values_list("kind", flat=True))


@pytest.fixture
def late(opened: Open) -> Order:
    """A fault in town that he accepted: its 45 minutes were near, and have passed."""
    row = opened(area="city")
    step(row, "accept", 1)
    watch(26)
    assert held() == ["orders.near"]
    watch(46)
    return row


def test_what_is_overdue_is_nearly_due_no_more(late: Order, people: People) -> None:
    assert held() == held("tang") == ["orders.late"]
    assert notices.unread_count(people.agent.pk) == Notice.objects.filter(recipient=people.agent).count() - 1
    assert Fact.objects.filter(kind="notices.NoticeWithdrawn").count() == 1
    watch(47)
    assert held() == ["orders.late", "orders.near"], "the 60 minutes of the law are another deadline, and near"


def test_the_step_takes_both_back_from_everybody(late: Order) -> None:
    watch(47)
    step(late, "arrive", 48)
    assert held() == held("tang") == []


def suspend(row: Order) -> None:
    told = {"cause": SuspensionCause.FORCE_MAJEURE, "reason": "暴雨封路", "at": AT + 48 * MINUTE}
    asked = actions.ask_suspension(order_id=row.pk, actor="he", **told)  # type: ignore[arg-type]
    actions.decide_suspension(suspension_id=asked.pk, granted=True, at=AT + 48 * MINUTE, actor="tang")


def merge(row: Order) -> None:
    actions.merge_orders(order_ids=[row.pk, row.pk - 1], at=AT + 48 * MINUTE, actor="he")


@pytest.mark.parametrize("end", [suspend, merge, lambda row: step(row, "terminate", 48, reason="客户撤诉")])
def test_where_no_clock_runs_nothing_is_urgent(opened: Open, end: object) -> None:
    first, row = opened(area="city", at=AT - MINUTE), opened(area="city")
    for one in (first, row):
        step(one, "accept", 1)
    step(first, "arrive", 2)
    watch(26)
    watch(46)
    watch(47)
    assert held() == ["orders.late", "orders.near"]
    end(row)  # type: ignore[operator]
    assert held() == held("tang") == []


def test_what_is_still_late_stays(opened: Open) -> None:
    row = opened()
    watch(3)
    watch(91)
    assert held() == ["orders.late", "orders.late"], "nobody was sent, and nobody arrived"
    actions.urge_order(order_id=row.pk, at=AT + 92 * MINUTE, actor="he")
    assert held() == ["orders.late", "orders.late"]
    step(row, "accept", 93)
    assert held() == ["orders.late"]
    step(row, "arrive", 94)
    assert held() == []


def test_a_clock_that_runs_on_is_warned_of_again(opened: Open) -> None:
    row = opened(area="city")
    step(row, "accept", 1)
    watch(26)
    told = {"cause": SuspensionCause.FORCE_MAJEURE, "reason": "暴雨封路", "at": AT + 26.2 * MINUTE}
    asked = actions.ask_suspension(order_id=row.pk, actor="he", **told)  # type: ignore[arg-type]
    actions.decide_suspension(suspension_id=asked.pk, granted=True, at=AT + 26.2 * MINUTE, actor="tang")
    assert held() == []
    step(row, "resume", 26.6)
    watch(27)
    assert held() == ["orders.near"]


def test_more_than_a_few_are_one_notice_that_the_next_replaces_and_the_last_step_ends(opened: Open) -> None:
    rows = [opened() for _ in range(4)]
    watch(3)
    later = [opened(at=AT + 5 * MINUTE) for _ in range(4)]
    watch(8)
    assert held() == held("tang") == ["orders.late"]
    notice = Notice.objects.get(kind="orders.late", recipient__username="tang", withdrawn_at=None)
    assert notice.subject.startswith("8"), notice.subject
    for row in [*rows, *later[1:]]:
        step(row, "accept", 9)
    watch(9.5)
    assert held() == ["orders.late"], "one is overdue yet"
    step(later[0], "accept", 10)
    watch(10.5)
    assert held() == held("tang") == []


def test_another_limit_takes_back_what_it_makes_untrue(opened: Open) -> None:
    row = opened(area="city")
    step(row, "accept", 1)
    watch(26)
    assert held() == ["orders.near"]
    told = {
        "kind": Kind.FAULT,
        "area": "city",
        "clock": "arrive",
        "measure": "clock",
        "layer": "promise",
    }
    entry = LimitEntry(limit_s=50 * 60, basis="本所", **told)
    actions.set_limit_rule(entry=entry, from_date=AT.date(), at=AT + 27 * MINUTE, actor="meng")
    row.refresh_from_db()
    assert row.next_due_at == AT + 50 * MINUTE
    assert held() == []


def test_who_was_told_is_not_asked_where_nobody_was_and_once_for_many(opened: Open) -> None:
    rows = [opened(area="city") for _ in range(3)]
    with CaptureQueriesContext(connection) as asked:
        for row in rows:
            step(row, "accept", 1)
    assert not [one for one in asked if "notices_notice" in one["sql"]]
    watch(26)
    with CaptureQueriesContext(connection) as asked:
        watch(46)
    of_pages = [one for one in asked if "notices_notice" in one["sql"] and f"/orders/{rows[0].pk}/" in one["sql"]]
    assert len([one for one in of_pages if one["sql"].startswith("SELECT") and '"path" IN' in one["sql"]]) == 1


def waiting(*kinds: str) -> int:
    """How many notices of some kinds anybody still holds."""
    return Notice.objects.filter(kind__in=kinds, withdrawn_at=None).count()


def promised(row: Order) -> Promise:
    """An arrival that was promised within the hour, and is warned of."""
    due_at = AT + 60 * MINUTE
    told = actions.give_promise(order_id=row.pk, what=PromiseOf.ARRIVE, due_at=due_at, at=AT, actor="he")
    actions.watch_promises(at=AT + 50 * MINUTE, actor="rounds")
    assert waiting("orders.promise")
    return told


def moved(told: Promise) -> None:
    later = {"due_at": AT + 90 * MINUTE, "note": "路上有树，晚半小时"}
    actions.move_promise(promise_id=told.pk, **later, at=AT + 55 * MINUTE, actor="he")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "end",
    [
        moved,
        lambda told: actions.keep_promise(
            promise_id=told.pk, kept_at=AT + 52 * MINUTE, at=AT + 55 * MINUTE, actor="he"
        ),
        lambda told: step(told.order, "arrive", 55),
        lambda told: step(told.order, "terminate", 55, reason="客户撤诉"),
        lambda _told: actions.watch_promises(at=AT + 61 * MINUTE, actor="rounds"),
    ],
)
def test_a_promise_that_is_kept_moved_over_or_broken_is_warned_of_no_more(opened: Open, end: object) -> None:
    told = promised(opened())
    end(told)  # type: ignore[operator]
    assert not waiting("orders.promise")


def test_what_was_promised_of_an_order_that_goes_on_elsewhere_is_still_warned_of(opened: Open) -> None:
    first, later = opened(), opened()
    told = promised(later)
    actions.merge_orders(order_ids=[first.pk, later.pk], at=AT + 52 * MINUTE, actor="he")
    assert waiting("orders.promise")
    step(first, "arrive", 55)
    assert not waiting("orders.promise")
    told.refresh_from_db()
    assert told.kept_at == AT + 55 * MINUTE


@pytest.mark.parametrize("accepts", [True, False])
def test_a_hand_over_that_is_answered_waits_no_more(opened: Open, accepts: bool) -> None:
    row = opened()
    whom = {"to_username": "tang", "to_unit_id": None, "reason": "交班"}
    offer = actions.offer_hand_over(order_id=row.pk, **whom, at=AT, actor="he")  # type: ignore[arg-type]
    actions.watch_hand_overs(at=AT + 40 * MINUTE, actor="rounds")
    assert waiting("orders.stuck")
    assert waiting("orders.offered")
    if accepts:
        actions.accept_hand_over(hand_over_id=offer.pk, at=AT + 41 * MINUTE, actor="tang")
    else:
        actions.refuse_hand_over(hand_over_id=offer.pk, reason="不归我", at=AT + 41 * MINUTE, actor="tang")
    assert not waiting("orders.stuck", "orders.offered")


def test_a_sign_that_is_answered_waits_for_nobody(opened: Open) -> None:
    opened(Kind.FAULT, Topic.DANGER)
    actions.raise_signs(at=AT, actor="rounds")
    actions.watch_signs(at=AT + 120 * MINUTE, actor="rounds")
    assert waiting("orders.sign")
    assert waiting("orders.sign_late")
    actions.see_sign(sign_id=Sign.objects.get().pk, answer="已派人", at=AT + 121 * MINUTE, actor="tang")
    assert not waiting("orders.sign", "orders.sign_late")
