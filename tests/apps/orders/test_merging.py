"""Orders that are the same matter: the one that came in first goes on, with what hung on the others."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from denghuo.apps.ledger import deliveries
from denghuo.apps.ledger.models import Fact
from denghuo.apps.notices.models import Notice
from denghuo.apps.orders import actions, queries
from denghuo.apps.orders.actions import StepRefusedError
from denghuo.apps.orders.models import Kind, Order, PromiseOf, Sign, State, Topic
from denghuo.apps.outages.facts import OrdersFoundSame
from tests.apps.orders.conftest import Open, client_of
from tests.apps.orders.test_about_people import do, told_to
from tests.world import AT

pytestmark = pytest.mark.usefixtures("english")

MINUTE = timedelta(minutes=1)
NUMBER = "13900001234"


def merged(*rows: Order, minutes: int = 40, actor: str = "he") -> Order:
    row = actions.merge_orders(order_ids=[one.pk for one in rows], at=AT + minutes * MINUTE, actor=actor)
    deliveries.drain()
    return Order.objects.get(pk=row.pk)


def complaint(opened: Open, minutes: int, **told: Any) -> Order:
    text = told.pop("text", "抢修人员骂人")
    return opened(Kind.COMPLAINT, Topic.ATTITUDE, at=AT + minutes * MINUTE, caller=NUMBER, text=text, **told)


def test_the_one_that_came_in_first_goes_on_and_no_deadline_starts_anew(opened: Open) -> None:
    first, later = opened(load_code="T1"), opened(load_code="T1", at=AT + 20 * MINUTE)
    due_at = first.next_due_at
    said = client_of("he").post(reverse("orders:merge", args=[later.pk]), {"order": [str(first.pk)]}, follow=True)
    page = said.content.decode()
    assert f"Merged into {first.number}, which came in first" in page
    assert said.redirect_chain[-1][0] == reverse("orders:order", args=[first.pk]), "on the page of the one that goes on"
    for row in (first, later):
        row.refresh_from_db()
    assert (first.closed_at, first.overdue_at) == (None, due_at)
    assert (later.state, later.merged_into_id) == (State.MERGED, first.pk)
    told = json.loads(Fact.objects.get(kind="orders.OrdersMerged").data)
    assert (told["into_id"], told["order_ids"]) == (first.pk, [later.pk])


def test_urges_parts_and_what_was_merged_before_go_along(opened: Open) -> None:
    first, later, last = (opened(load_code="T1", at=AT + minutes * MINUTE) for minutes in (0, 5, 10))
    part = opened(parent_id=last.pk, at=AT + 11 * MINUTE)
    for row, minutes in ((first, 12), (last, 13)):
        actions.urge_order(order_id=row.pk, at=AT + minutes * MINUTE, actor="he")
    Order.objects.filter(pk=last.pk).update(upstream_due_at=AT + 30 * MINUTE)
    actions.escalate_order(order_id=last.pk, reason="x", at=AT + 14 * MINUTE, actor="he")
    assert merged(last, later).pk == later.pk
    row = merged(later, first)
    assert (row.pk, row.urged_count, row.urged_at) == (first.pk, 2, AT + 13 * MINUTE)
    assert (row.escalated_at, row.upstream_due_at) == (AT + 14 * MINUTE, AT + 30 * MINUTE)
    course = queries.course_of(row, at=AT)
    assert [one.pk for one in course.children] == [part.pk]
    assert [one.pk for one in course.merged] == [later.pk, last.pk]


def test_a_part_that_came_in_before_its_whole_is_not_its_own_part(opened: Open) -> None:
    whole = opened(at=AT + 5 * MINUTE)
    part = opened(parent_id=whole.pk)
    row = merged(whole, part)
    assert (row.pk, row.parent_id) == (part.pk, None)


def test_whoever_has_them_in_hand_hears_of_it(opened: Open) -> None:
    first, later = opened(first_asked="tang"), opened(first_asked="su", at=AT + MINUTE)
    merged(first, later)
    assert (told_to("tang")[-1], told_to("su")[-1]) == ("orders.joined", "orders.merged")
    notice = Notice.objects.get(kind="orders.merged")
    assert later.number in notice.subject
    assert notice.text == first.number
    assert "orders.joined" not in told_to("he"), "whoever merged them knows"


def test_what_was_promised_binds_until_the_whole_is_over(opened: Open) -> None:
    first, later = opened(first_asked="tang"), opened(at=AT + MINUTE)
    by: dict[str, Any] = {"at": AT + MINUTE, "actor": "he"}
    arrive, call = (
        actions.give_promise(order_id=later.pk, what=what, due_at=AT + minutes * MINUTE, **by)
        for what, minutes in ((PromiseOf.ARRIVE, 60), (PromiseOf.CALL, 300))
    )
    merged(later, first, minutes=2)
    page = client_of("tang").get(reverse("orders:order", args=[first.pk])).content.decode()
    assert reverse("orders:answer-promise", args=[first.pk, arrive.pk]) in page
    assert actions.watch_promises(at=AT + 50 * MINUTE, actor="test") == 1
    assert f"/{first.pk}/" in Notice.objects.get(kind="orders.promise", recipient__username="tang").path
    actions.watch_promises(at=AT + 61 * MINUTE, actor="test")
    actions.raise_signs(at=AT + 62 * MINUTE, actor="test")
    assert Sign.objects.filter(key=f"promise:{arrive.pk}").exists()
    actions.take_step(order_id=first.pk, step="arrive", at=AT + 63 * MINUTE, actor="tang")
    arrive.refresh_from_db()
    assert arrive.kept_at == AT + 63 * MINUTE
    moved = actions.move_promise(
        promise_id=call.pk, due_at=AT + 400 * MINUTE, note="已告知", at=AT + 70 * MINUTE, actor="tang"
    )
    assert moved.order_id == first.pk, "what is promised anew is promised of what goes on"
    for step in ("finish", "close"):
        actions.take_step(order_id=first.pk, step=step, at=AT + 80 * MINUTE, actor="tang")
    assert actions.watch_promises(at=AT + 999 * MINUTE, actor="test") == 0


def test_nobody_merges_away_a_complaint_that_they_do_not_deal_with(opened: Open) -> None:
    about = complaint(opened, 0)
    decoy = actions.open_order(
        entry=actions.OrderEntry(
            kind=Kind.COMPLAINT,
            topic=Topic.ATTITUDE,
            unit_id=about.unit_id,
            caller=NUMBER,
            text="无事",
            first_asked="ma",
            received_at=AT + MINUTE,
        ),
        at=AT + MINUTE,
        actor="ma",
    )
    page = client_of("ma").get(reverse("orders:order", args=[decoy.pk])).content.decode()
    assert about.number in page
    assert 'name="order"' not in page and "Merging ends the later one" in page
    for came_in in (AT + MINUTE, AT - MINUTE):  # whichever of them would go on
        Order.objects.filter(pk=decoy.pk).update(received_at=came_in)
        answer = do("ma", "merge", decoy, order=str(about.pk))
        assert "who supervises and did not work on it" in answer.content.decode()
    assert not Order.objects.filter(state=State.MERGED).exists()


def test_a_complaint_is_merged_by_who_supervises_and_did_not_work_on_it_and_others_hear_of_it(opened: Open) -> None:
    first, later = complaint(opened, 0, first_asked="tang"), complaint(opened, 5)
    with pytest.raises(StepRefusedError, match="own"):
        merged(first, later)  # the agent has the later one in hand
    do("he", "merge", first, order=str(later.pk))
    assert Order.objects.get(pk=later.pk).closed_at is None
    page = client_of("tang").get(reverse("orders:order", args=[first.pk])).content.decode()
    assert f'name="order" value="{later.pk}"' in page, "to take in what others have, also into one's own"
    do("tang", "merge", first, order=str(later.pk))
    assert Order.objects.get(pk=later.pk).merged_into_id == first.pk
    assert told_to("he")[-1] == "orders.merged"
    assert told_to("zhou")[-1] == "orders.joined", "somebody else who supervises hears of it"


def test_reports_of_misconduct_are_never_merged(opened: Open) -> None:
    rows = [opened(Kind.MISCONDUCT, Topic.BRIBERY, caller=NUMBER, text="收礼") for _ in range(2)]
    with pytest.raises(ValueError, match="misconduct"):
        merged(*rows, actor="chen")


def test_what_is_not_done_goes_on_with_nothing_that_is(opened: Open) -> None:
    first, later = opened(load_code="T1"), opened(load_code="T1", at=AT + 20 * MINUTE)
    actions.take_step(order_id=first.pk, step="finish", at=AT + 30 * MINUTE, actor="he")
    page = client_of("he").get(reverse("orders:order", args=[later.pk])).content.decode()
    assert "What is done already goes on no more" in page
    assert "Merge into the one" not in page
    sent = client_of("he").post(reverse("orders:merge", args=[later.pk]), {"order": [str(first.pk)]})
    assert "What is done already goes on no more" in next(str(one) for one in get_messages(sent.wsgi_request))
    with pytest.raises(ValueError, match="still worked on"):
        merged(first, later)
    assert Order.objects.get(pk=later.pk).merged_into is None
    actions.take_step(order_id=later.pk, step="finish", at=AT + 50 * MINUTE, actor="he")
    assert merged(first, later, minutes=60).pk == first.pk, "both are done: one call back is enough"


def test_what_is_done_goes_on_with_what_is_not(opened: Open) -> None:
    first, later = opened(load_code="T1"), opened(load_code="T1", at=AT + 20 * MINUTE)
    actions.take_step(order_id=later.pk, step="finish", at=AT + 30 * MINUTE, actor="he")
    assert merged(first, later).state != State.DONE


@pytest.mark.parametrize(("done", "state"), [((0, 1), State.MERGED), ((0,), State.REGISTERED), ((1,), State.MERGED)])
def test_what_a_desk_found_to_be_the_same_goes_on_the_same_way(opened: Open, done: tuple[int, ...], state: str) -> None:
    rows = [opened(load_code="T1", at=AT + minutes * MINUTE) for minutes in (0, 20)]
    for place in done:
        actions.take_step(order_id=rows[place].pk, step="finish", at=AT + 30 * MINUTE, actor="he")
    fact = OrdersFoundSame(into_id=rows[0].pk, order_ids=(rows[1].pk,))
    actions.follow_same(fact, at=AT + 40 * MINUTE, actor="he", delivery_key="1:x")
    assert Order.objects.get(pk=rows[1].pk).state == state
