"""A report of misconduct is read by whoever took it, whoever was given it, and those above: not by everybody."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from denghuo.apps.customers.actions import review_unmasking
from denghuo.apps.customers.models import UnmaskFinding
from denghuo.apps.customers.queries import unmaskings
from denghuo.apps.orders import queries
from denghuo.apps.orders.actions import OrderEntry, offer_hand_over, open_order, show_caller
from denghuo.apps.orders.models import Kind, Order, Topic
from denghuo.apps.organization.models import User
from tests.world import AT, World, make_world

pytestmark = pytest.mark.django_db(transaction=True)
WHO: dict[str, Any] = {"at": AT, "actor": "zhou"}


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def order(world: World) -> Order:
    entry = OrderEntry(
        kind=Kind.MISCONDUCT,
        topic=Topic.ATTITUDE,
        unit_id=world.lamp.pk,
        caller="13900001234",
        text="抢修人员收礼",
        first_asked="zhou",
        received_at=AT,
    )
    return open_order(entry=entry, **WHO)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_who_is_not_above_does_not_find_it(world: World, order: Order) -> None:
    page, listed = reverse("orders:order", args=[order.pk]), reverse("orders:home")
    assert client_of(world.zhou).get(page).status_code == 200
    assert order.number in client_of(world.zhou).get(listed).content.decode()
    crew = client_of(world.ma)
    assert crew.get(page).status_code == 404
    assert order.number not in crew.get(listed, {"state": "all", "kind": "misconduct"}).content.decode()
    assert crew.post(reverse("orders:take-step", args=[order.pk]), {"step": "accept"}).status_code == 404
    assert crew.post(reverse("orders:show-number", args=[order.pk]), {"reason": "看看是谁"}).status_code == 404
    assert crew.post(reverse("orders:evidence", args=[order.pk])).status_code == 404
    assert crew.get(reverse("api:orders-order", args=[order.pk])).status_code == 404


def test_who_is_given_it_reads_it(world: World, order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(handler="ma")
    assert client_of(world.ma).get(reverse("orders:order", args=[order.pk])).status_code == 200


def test_it_is_counted_for_those_who_may_read_it(world: World, order: Order) -> None:
    offer_hand_over(order_id=order.pk, to_username="lin", to_unit_id=None, reason="请督办", **WHO)
    span: dict[str, Any] = {"since": AT, "until": AT.replace(hour=1), "at": AT.replace(hour=2)}
    head = queries.Reader(username="zhou", above=(str(world.lamp.path),))
    assert len(queries.shift_of([str(world.lamp.path)], **span, reader=head).hand_overs) == 1
    nobody = queries.shift_of([str(world.lamp.path)], **span)
    assert (nobody.received, nobody.hand_overs) == (1, ())


def test_a_number_is_shown_for_a_reason_that_says_something(world: World, order: Order) -> None:
    for reason in ("", "x", "  "):
        with pytest.raises(ValueError, match="reason"):
            show_caller(order_id=order.pk, reason=reason, **WHO)
    assert show_caller(order_id=order.pk, reason="回访", **WHO) == "13900001234"
    shown = client_of(world.zhou).post(reverse("orders:show-number", args=[order.pk]), {"reason": "回访"})
    assert shown["Refresh"].startswith("60;")


def test_who_saw_the_number_of_somebody_unknown_is_reviewed_by_somebody_else(world: World, order: Order) -> None:
    show_caller(order_id=order.pk, reason="回访", **WHO)
    entry = OrderEntry(
        kind=Kind.MISCONDUCT, topic=Topic.ATTITUDE, unit_id=world.wick.pk, received_at=AT, caller="13900001235"
    )
    elsewhere = open_order(entry=entry, **WHO)
    show_caller(order_id=elsewhere.pk, reason="问路", **WHO)
    span: dict[str, Any] = {"since": AT, "until": AT.replace(hour=AT.hour + 1)}
    assert unmaskings([str(world.lamp.path)], **span) == [], "the station that it accuses reviews nobody"
    looks = unmaskings([str(world.city.path)], **span)
    (look,) = (one for one in looks if one.subject == f"orders.order:{order.pk}")
    assert (look.subject, look.subject_name, look.reason) == (f"orders.order:{order.pk}", order.number, "回访")
    assert len(looks) == 2
    review_unmasking(unmasking_id=look.id, finding=UnmaskFinding.NEEDED, at=AT, actor="lin")
    assert len(unmaskings([str(world.city.path)], **span, unreviewed_only=True)) == 1
