"""What was merged by mistake goes on by itself, from where it stood, as if it had never ended."""

from datetime import timedelta

import pytest
from django.urls import reverse

from denghuo.apps.ledger.models import Fact
from denghuo.apps.notices.models import Notice
from denghuo.apps.orders import actions, queries
from denghuo.apps.orders.actions import StepRefusedError
from denghuo.apps.orders.models import Kind, Order, State, Topic
from tests.apps.orders.conftest import Open, client_of
from tests.apps.orders.test_merging import MINUTE, complaint, merged
from tests.world import AT

pytestmark = pytest.mark.usefixtures("english")
LATER = AT + 2 * timedelta(hours=1)


def taken_out(row: Order, minutes: int = 60, reason: str = "another house") -> Order:
    actions.unmerge_order(order_id=row.pk, reason=reason, at=AT + minutes * MINUTE, actor="he")
    return Order.objects.get(pk=row.pk)


def clocks(row: Order) -> dict[tuple[str, int], tuple[object, ...]]:
    shown = queries.clocks_of(Order.objects.get(pk=row.pk), at=LATER)
    return {
        (one.clock, one.limit.limit_s): (one.started_at, one.stopped_at, one.shown_s, one.due_at, one.dropped)
        for one in shown
    }


def test_its_clocks_run_as_if_it_had_never_been_merged(opened: Open) -> None:
    first, later, alone = opened(load_code="T1"), opened(at=AT + 5 * MINUTE), opened(at=AT + 5 * MINUTE)
    merged(first, later, minutes=6)
    assert all(one[-1] for one in clocks(later).values()), "nothing is asked of it any more"
    row = taken_out(later)
    assert (row.state, row.merged_into_id, row.closed_at, row.judged) == (State.REGISTERED, None, None, [])
    assert clocks(row) == clocks(alone)
    assert row.overdue_at == alone.next_due_at
    assert row.steps.get(step="unmerge").reason == "another house"
    assert [one.pk for one in queries.course_of(first, at=LATER).merged] == []
    assert Fact.objects.filter(kind="orders.OrderUnmerged").count() == 1


def test_what_stood_still_stands_still_again(opened: Open) -> None:
    first, later = opened(), opened(Kind.COMPLAINT, Topic.ATTITUDE, at=AT + 5 * MINUTE)
    first = opened(Kind.COMPLAINT, Topic.ATTITUDE)
    actions.take_step(order_id=later.pk, step="suspend", reason="客户要求", at=AT + 10 * MINUTE, actor="zhao")
    before = clocks(later)
    merged(first, later, actor="zhao")
    row = taken_out(later)
    assert row.state == State.SUSPENDED
    assert clocks(row) == before
    actions.take_step(order_id=row.pk, step="resume", at=AT + 70 * MINUTE, actor="zhao")
    assert Order.objects.get(pk=row.pk).state == State.REGISTERED
    shown = [one for one in queries.clocks_of(Order.objects.get(pk=row.pk), at=LATER) if one.limit.measure == "clock"]
    assert all(one.shown_s == 5 * 60 + 50 * 60 for one in shown), "an hour of it stood still"


def test_a_clock_that_was_kept_stays_kept_and_who_was_there_is_there(opened: Open) -> None:
    first, later = opened(), opened(at=AT + 5 * MINUTE)
    actions.take_step(order_id=later.pk, step="dispatch", at=AT + 10 * MINUTE, actor="he")
    actions.take_step(order_id=later.pk, step="arrive", at=AT + 20 * MINUTE, actor="he")
    merged(first, later)
    row = taken_out(later)
    assert row.state == State.ON_SITE
    arrive = next(one for one in queries.clocks_of(row, at=LATER) if one.clock == "arrive")
    assert (arrive.stopped_at, arrive.dropped) == (AT + 20 * MINUTE, False)


def test_what_went_along_goes_back(opened: Open) -> None:
    first, later = opened(), opened(at=AT + 5 * MINUTE)
    actions.urge_order(order_id=first.pk, at=AT + 6 * MINUTE, actor="he")
    actions.urge_order(order_id=later.pk, at=AT + 7 * MINUTE, actor="he")
    actions.escalate_order(order_id=later.pk, reason="x", at=AT + 8 * MINUTE, actor="he")
    assert merged(first, later).urged_count == 2
    row = taken_out(later)
    first.refresh_from_db()
    assert (first.urged_count, first.urged_at, first.escalated_at) == (1, AT + 6 * MINUTE, None)
    assert (row.urged_count, row.urged_at, row.escalated_at) == (1, AT + 7 * MINUTE, AT + 8 * MINUTE)


def test_on_its_page_with_a_reason_and_whoever_has_it_in_hand_hears_of_it(opened: Open) -> None:
    first, later = opened(), opened(at=AT + 5 * MINUTE, first_asked="tang")
    merged(first, later)
    he, page = client_of("he"), reverse("orders:order", args=[later.pk])
    assert "Not the same matter?" in he.get(page).content.decode()
    refused = he.post(reverse("orders:unmerge", args=[later.pk]), {"reason": " "})
    assert refused.status_code == 422
    assert '<details class="od-why dh-noprint" open>' in refused.content.decode()
    told = he.post(reverse("orders:unmerge", args=[later.pk]), {"reason": "another house"}, follow=True)
    assert "It goes on by itself" in told.content.decode()
    assert "Taken out of the merge" in he.get(page).content.decode()
    assert Notice.objects.get(kind="orders.parted", recipient__username="tang").text == "another house"
    again = he.post(reverse("orders:unmerge", args=[later.pk]), {"reason": "again"})
    assert again.status_code == 422
    assert "Not the same matter?" not in he.get(page).content.decode()


def test_not_out_of_what_is_over_nor_without_a_reason(opened: Open) -> None:
    first, later = opened(), opened(at=AT + 5 * MINUTE)
    with pytest.raises(ValueError, match="merged into"):
        taken_out(later)
    merged(first, later)
    with pytest.raises(StepRefusedError):
        taken_out(later, reason="  ")
    actions.take_step(order_id=first.pk, step="terminate", reason="误报", at=AT + 50 * MINUTE, actor="zhao")
    with pytest.raises(ValueError, match="is open"):
        taken_out(later)
    assert "Not the same matter?" not in client_of("he").get(reverse("orders:order", args=[later.pk])).content.decode()


def test_only_who_deals_with_a_complaint_takes_it_out(opened: Open) -> None:
    first, later = complaint(opened, 0, first_asked="tang"), complaint(opened, 5, first_asked="tang")
    merged(first, later, actor="zhao")
    client_of("he").post(reverse("orders:unmerge", args=[later.pk]), {"reason": "x"})
    assert Order.objects.get(pk=later.pk).state == State.MERGED
