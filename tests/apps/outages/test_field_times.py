"""What a crew says of supply is held against the log, and whoever says that supply is not back stays in sight."""

from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.urls import reverse

from denghuo.apps.crews.actions import ReportEntry, Taken, assign, take_reports
from denghuo.apps.crews.models import Assignment, Refusal, ReportKind
from denghuo.apps.crews.queries.cards import cards
from denghuo.apps.customers.models import Account
from denghuo.apps.ledger import deliveries
from denghuo.apps.network.actions import record_switching
from denghuo.apps.network.models import SwitchingOperation
from denghuo.apps.orders.models import Kind, Order, Topic
from denghuo.apps.orders.models import State as OrderState
from denghuo.apps.outages.actions import say_still_out
from denghuo.apps.outages.models import Outage, Report, ReportState
from denghuo.apps.outages.queries import dark_against, last_there
from tests.apps.network.conftest import Switch, after, signed_in
from tests.apps.outages import desk
from tests.world import AT, World

MINUTE = timedelta(minutes=1)
RECEIPT = "更换熔体后试送成功"


def switched(world: World, closes: bool, hours: float) -> None:
    told: dict[str, Any] = {"network_id": world.network.pk, "event_number": "N-1", "note": "", "actor": "lin"}
    record_switching(device_code="FU1", closes=closes, operated_at=after(hours), at=after(hours), **told)
    deliveries.drain()


@pytest.fixture
def sent(world: World, people: dict[str, Account]) -> Assignment:
    """FU1 opens after an hour; two call, and a crew is there an hour later."""
    switched(world, closes=False, hours=1)
    orders = [
        desk.report(world, after(1.2), load_code="T3", caller=f"1390000200{number}", account_id=people[name].pk)
        for number, name in enumerate(("important", "somebody"))
    ]
    deliveries.drain()
    crew = desk.crew(world, "抢修一班", AT, people=[world.ma], x=1, y=1, hours=2)
    row = assign(
        crew_id=crew.pk,
        about=Outage.objects.get().about,
        order_ids=[one.pk for one in orders],
        place="青禾村",
        x=1.0,
        y=1.0,
        at=after(1.3),
        actor="lin",
    )
    tell(row, world, ReportKind.ARRIVED, after(2))
    return row


def tell(row: Assignment, world: World, kind: ReportKind, at: datetime, **told: Any) -> Taken:
    entry = ReportEntry(client_id=uuid4(), assignment_id=row.pk, kind=kind, told_at=at, told=told)
    (taken,) = take_reports(user_id=world.ma.pk, entries=[entry], at=at, actor="ma")
    deliveries.drain()
    row.refresh_from_db()
    return taken


def finish(row: Assignment, world: World, at: datetime, restored_at: datetime | None = None) -> Taken:
    told = {
        "finding": "our_equipment",
        "receipt": RECEIPT,
        "restored_at": restored_at.isoformat() if restored_at else "",
    }
    return tell(row, world, ReportKind.FINISHED, at, **told)


def test_supply_comes_back_after_it_was_gone_and_not_later_than_now(world: World, sent: Assignment) -> None:
    assert finish(sent, world, after(3), after(0.5)).refusal is Refusal.BACK_BEFORE
    assert finish(sent, world, after(3), after(3.5)).refusal is Refusal.BACK_AHEAD
    assert sent.finished_at is None
    assert finish(sent, world, after(3), after(2.5)).status == "taken"
    assert (sent.restored_at, sent.restored_told_at, sent.was_back_before) == (after(2.5), None, False)
    assert Outage.objects.get().restored_at == after(2.5)


def test_what_the_log_knows_holds_and_the_difference_is_shown(world: World, sent: Assignment) -> None:
    switched(world, closes=True, hours=2.75)
    assert finish(sent, world, after(3), after(1.5)).status == "taken"
    assert (sent.restored_at, sent.restored_told_at) == (after(2.75), after(1.5))
    page = reverse("crews:assignment", args=[sent.pk])
    shown = signed_in(world.lin, "en").get(page).content.decode()
    assert "by the switching log, which holds" in shown and "before it was there" in shown
    step = Order.objects.get(pk=sent.orders.first().order_id).steps.get(step="restore")
    assert step.told_at == after(2.75)


def test_the_same_minute_is_no_difference(world: World, sent: Assignment) -> None:
    switched(world, closes=True, hours=2.75)
    finish(sent, world, after(3), after(2.75) - 40 * timedelta(seconds=1))
    assert (sent.restored_at, sent.restored_told_at) == (after(2.75), None)


def partly_back(world: World) -> tuple[Assignment, Order, Order]:
    """The whole line opens; QL1 is opened below it, and the line is closed: T4 stays dark, T1 is back."""
    log: dict[str, Any] = {"network_id": world.network.pk, "event_number": "N-1", "note": "", "actor": "lin"}
    steps = (("QF1", False, 1.0), ("QL1", False, 1.5), ("QF1", True, 2.5))
    for number, (code, closes, hours) in enumerate(steps):
        record_switching(device_code=code, closes=closes, operated_at=after(hours), at=after(hours), **log)
        deliveries.drain()
        if number == 0:
            dark, lit = (
                desk.report(world, after(1.2), load_code=code, caller=f"1390000{code}") for code in ("T4", "T1")
            )
            deliveries.drain()
            told: dict[str, Any] = {"about": Outage.objects.get().about, "place": "青禾村", "x": 1.0, "y": 1.0}
            crew = desk.crew(world, "抢修一班", AT, people=[world.ma], x=1, y=1, hours=2)
            row = assign(crew_id=crew.pk, order_ids=[dark.pk, lit.pk], **told, at=after(1.3), actor="lin")
            tell(row, world, ReportKind.ARRIVED, after(1.4))
    return row, dark, lit


def test_who_is_dark_by_the_log_stays_open_and_the_crew_is_told_before(world: World) -> None:
    row, dark, lit = partly_back(world)
    (card,) = cards([row])
    assert card.supply is not None and len(card.supply.left_dark) == 3 and card.supply.left_customers > 0
    with patch("django.utils.timezone.now", return_value=after(2.9)):
        mine = signed_in(world.ma, "en").get(reverse("crews:mine")).content.decode()
    assert "stay without supply" in mine and "Says: not back" not in mine
    log = SwitchingOperation.objects.count()
    assert finish(row, world, after(3)).status == "taken"
    dark.refresh_from_db()
    lit.refresh_from_db()
    assert (dark.state, lit.state) == (OrderState.REGISTERED, OrderState.DONE)
    assert "restore" not in dark.steps.values_list("step", flat=True)
    assert SwitchingOperation.objects.count() == log, "QF1 was closed already: nothing was switched"
    outage = Outage.objects.get()
    assert outage.lasts
    with patch("django.utils.timezone.now", return_value=after(3.1)):
        desk_page = (
            signed_in(world.lin, "en").get(reverse("outages:dispatch"), {"about": outage.about}).content.decode()
        )
    assert "says that supply is back since" in desk_page, "what contradicts the log is not lost to the desk"


def test_the_log_outweighs_that_they_said_so_before(world: World) -> None:
    row, dark, _lit = partly_back(world)
    report = Report.objects.get(order=dark)
    Report.objects.filter(pk=report.pk).update(still_out_count=1, reported_at=after(1.5), answered_at=after(1.5))
    finish(row, world, after(3))
    assert Order.objects.get(pk=dark.pk).state == OrderState.REGISTERED


@pytest.mark.parametrize("about", ["", "orders.order"])
def test_who_is_dark_by_the_log_stays_open_whatever_the_crew_was_sent_for(world: World, about: str) -> None:
    row, dark, _lit = partly_back(world)
    Assignment.objects.filter(pk=row.pk).update(about=f"{about}:{dark.pk}" if about else "")
    row.refresh_from_db()
    (card,) = cards([row])
    assert card.supply is not None and card.supply.left_customers > 0
    finish(row, world, after(3))
    assert Order.objects.get(pk=dark.pk).state == OrderState.REGISTERED


def test_what_comes_back_with_the_device_is_not_left(world: World, sent: Assignment) -> None:
    (card,) = cards([sent])
    assert card.supply is not None and card.supply.left_dark == ()
    assert finish(sent, world, after(3)).status == "taken"
    assert {one.state for one in Order.objects.all()} == {OrderState.DONE}
    assert Outage.objects.get().restored_at == after(3)


def test_who_says_still_out_after_the_restoration_stays_open_and_is_named(world: World, sent: Assignment) -> None:
    switched(world, closes=True, hours=2.5)
    left, done = (Order.objects.get(pk=one.order_id) for one in sent.orders.all())
    say_still_out(report_id=Report.objects.get(order=left).pk, said_at=after(2.6), at=after(2.6), actor="gateway")
    deliveries.drain()
    assert [one.side for one in left.remarks.all()] == ["customer"], "what they said stands in the order"
    (card,) = cards([sent])
    assert [one.order_id for one in card.saying_out] == [left.pk]
    finish(sent, world, after(3))
    for row in (left, done):
        row.refresh_from_db()
    assert (left.state, done.state) == (OrderState.REGISTERED, OrderState.DONE)
    assert list(left.steps.values_list("step", flat=True))[-1] == "return"
    assert Report.objects.get(order=left).state != ReportState.BACK
    page = signed_in(world.lin, "en").get(reverse("crews:assignment", args=[sent.pk])).content.decode()
    assert "1 order stays open" in page and left.number in page
    client = signed_in(world.ma, "en")
    with patch("django.utils.timezone.now", return_value=after(3.1)):
        mine = client.get(reverse("crews:mine")).content.decode()
    assert "1 order stays open" in mine and left.number in mine


def test_who_said_so_before_the_crew_brought_it_back_is_done(world: World, switch: Switch, sent: Assignment) -> None:
    switched(world, closes=True, hours=2.2)
    order = Order.objects.get(pk=sent.orders.first().order_id)
    report = Report.objects.get(order=order)
    say_still_out(report_id=report.pk, said_at=after(2.3), at=after(2.3), actor="gateway")
    deliveries.drain()
    again = assign(
        crew_id=sent.crew_id,
        about=report.about,
        order_ids=[order.pk],
        place="青禾村",
        x=1.0,
        y=1.0,
        at=after(2.4),
        actor="lin",
    )
    tell(again, world, ReportKind.ARRIVED, after(2.5))
    finish(again, world, after(3), after(2.9))
    order.refresh_from_db()
    assert order.state == OrderState.DONE, "this crew was sent for it, and supply came after the call"


def test_who_is_left_and_was_sent_somebody_else_stays_with_them(world: World, sent: Assignment) -> None:
    switched(world, closes=True, hours=2.2)
    order = Order.objects.get(pk=sent.orders.first().order_id)
    report = Report.objects.get(order=order)
    say_still_out(report_id=report.pk, said_at=after(2.3), at=after(2.3), actor="gateway")
    deliveries.drain()
    others = desk.crew(world, "抢修二班", AT, people=[desk.person(world, "tian", "田野", AT)], x=1, y=1, hours=2)
    told: dict[str, Any] = {"about": report.about, "order_ids": [order.pk], "place": "青禾村", "x": 1.0, "y": 1.0}
    assign(crew_id=others.pk, **told, at=after(2.4), actor="lin")
    deliveries.drain()
    finish(sent, world, after(3))
    order.refresh_from_db()
    assert order.state == OrderState.DISPATCHED
    assert "return" not in order.steps.values_list("step", flat=True)


def test_an_order_without_a_report_is_finished_as_ever(world: World, sent: Assignment) -> None:
    other = desk.report(world, after(1.5), load_code="", topic=Topic.DANGER, kind=Kind.FAULT)
    row = assign(
        crew_id=sent.crew_id,
        about=f"orders.order:{other.pk}",
        order_ids=[other.pk],
        place="村口",
        x=1.0,
        y=1.0,
        at=after(2.1),
        actor="lin",
    )
    tell(row, world, ReportKind.ARRIVED, after(2.2))
    finish(row, world, after(2.5), after(2.4))
    other.refresh_from_db()
    assert (other.state, row.restored_at) == (OrderState.DONE, after(2.4))


def test_a_finding_that_closed_nothing_is_held_against_the_log(world: World, sent: Assignment) -> None:
    """FU1 is open by the log; the crew says that it is the customer's own wiring."""
    with patch("django.utils.timezone.now", return_value=after(2.5)):
        mine = signed_in(world.ma, "en").get(reverse("crews:mine")).content.decode()
    (card,) = cards([sent])
    assert card.supply is not None and card.supply.dark_customers > 0
    assert f"By the switching log {card.supply.dark_customers} customers here are without supply" in mine
    told = {"finding": "customer_wiring", "receipt": "户内漏电保护器损坏，已告知用户"}
    assert tell(sent, world, ReportKind.FINISHED, after(3), **told).status == "taken"
    assert {one.state for one in Order.objects.all()} == {OrderState.REGISTERED}, "the log has both still dark"
    outage = Outage.objects.get()
    pages = [reverse("outages:dispatch") + f"?about={outage.about}", reverse("outages:outage", args=[outage.pk])]
    says = f"Without supply by the switching log: {card.supply.dark_customers} customers, though 抢修一班 was there"
    for page in pages:
        with patch("django.utils.timezone.now", return_value=after(3.1)):
            shown = signed_in(world.lin, "en").get(page).content.decode()
        assert says in shown
        assert "<b>The customer&#x27;s own wiring</b>" in shown and told["receipt"] in shown
        assert reverse("crews:assignment", args=[sent.pk]) in shown


def test_who_was_there_last_is_named_after_it_was_mended_too(world: World, sent: Assignment) -> None:
    outage = Outage.objects.get()
    assert last_there(outage.about) is None and dark_against(outage, None) == 0
    finish(sent, world, after(3))
    outage.refresh_from_db()
    last = last_there(outage.about)
    assert last is not None and (last.assignment_id, last.receipt) == (sent.pk, RECEIPT)
    assert last_there(f"orders.order:{sent.orders.first().order_id}") == last
    assert dark_against(outage, last) == 0
