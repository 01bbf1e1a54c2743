"""Two crews are sent for one fault: when one has done it, or it is none, the other need not go."""

from collections.abc import Callable
from typing import Any

import pytest

from denghuo.apps.crews import actions, queries
from denghuo.apps.crews.models import Assignment, Crew, ReportKind, State
from denghuo.apps.ledger import deliveries
from denghuo.apps.network.actions import record_switching
from denghuo.apps.notices.models import Message, Notice
from denghuo.apps.orders.actions import OrderEntry, open_order, take_step
from denghuo.apps.orders.models import Kind, Order, Topic
from denghuo.apps.orders.models import State as OrderState
from denghuo.apps.outages.actions import dismiss_suspicion, send_crew
from denghuo.apps.outages.models import Outage, Suspicion, SuspicionState
from tests.apps.crews.conftest import MINUTE, WHO, Tell, Town, make_order, send
from tests.world import AT

Switch = Callable[..., None]
_NOTHING = {"finding": "nothing", "receipt": "现场未发现停电，已逐户核对"}


@pytest.fixture
def switch(town: Town) -> Switch:
    def move(code: str, *, closes: bool, minutes: float) -> None:
        log: dict[str, Any] = {"network_id": town.world.network.pk, "event_number": "N-1", "note": "", "actor": "lin"}
        at = AT + minutes * MINUTE
        record_switching(device_code=code, closes=closes, operated_at=at, at=at, **log)
        deliveries.drain()

    return move


def report(town: Town, load_code: str, count: int = 1) -> list[Order]:
    told: dict[str, Any] = {"kind": Kind.FAULT, "topic": Topic.NO_SUPPLY, "unit_id": town.world.lamp.pk}
    entries = [
        OrderEntry(**told, load_code=load_code, caller=f"1390000{load_code[1:]}00{number}", received_at=AT)
        for number in range(count)
    ]
    rows = [open_order(entry=entry, **WHO) for entry in entries]
    deliveries.drain()
    return rows


def sent_to(about: str, *crews: Crew) -> list[Assignment]:
    for crew in crews:
        send_crew(about=about, crew_id=crew.pk, note="", skill="", **WHO)
    deliveries.drain()
    return [Assignment.objects.get(crew=crew, about=about) for crew in crews]


@pytest.fixture
def suspected(town: Town) -> tuple[list[Order], Suspicion]:
    """Three households behind a fuse say that supply is gone."""
    return report(town, "T3", 3), Suspicion.objects.get()


def finish(tell: Tell, row: Assignment, **told: Any) -> None:
    tell(row, ReportKind.ACCEPTED, 2)
    tell(row, ReportKind.ARRIVED, 10)
    assert tell(row, ReportKind.FINISHED, 20, **told).status == "taken"
    deliveries.drain()


def state_of(row: Assignment) -> str:
    row.refresh_from_db()
    return row.state


def test_one_crew_finds_nothing_and_the_other_need_not_go(
    town: Town, tell: Tell, suspected: tuple[list[Order], Suspicion]
) -> None:
    orders, suspicion = suspected
    second, first = sent_to(suspicion.about, town.second, town.first)
    actions.climb_ladder(at=AT + MINUTE, actor="rounds")
    finish(tell, first, **_NOTHING)
    assert (state_of(second), second.ended_because) == (State.WITHDRAWN, "已处理完毕，无需再去。")
    assert Notice.objects.get(recipient=town.shen, withdrawn_at=None).kind == "crews.withdrawn"
    assert actions.climb_ladder(at=AT + 60 * MINUTE, actor="rounds") == 0
    assert not Message.objects.filter(about=f"crews.assignment:{second.pk}", state="queued").exists()
    assert queries.loads([town.second.pk]) == {}
    assert {one.state for one in Order.objects.filter(pk__in=[one.pk for one in orders])} == {OrderState.DONE}


def test_the_other_has_no_orders_of_its_own_left_when_all_are_closed(
    town: Town, tell: Tell, suspected: tuple[list[Order], Suspicion]
) -> None:
    orders, suspicion = suspected
    (row,) = sent_to(suspicion.about, town.second)
    tell(row, ReportKind.ACCEPTED, 2, user=town.shen)
    for order in orders:
        assert state_of(row) == State.ACCEPTED, "there is still somebody to go to"
        take_step(order_id=order.pk, step="finish", finding="customer_wiring", **WHO)
        take_step(order_id=order.pk, step="close", **WHO)
        deliveries.drain()
    assert Suspicion.objects.get().state == SuspicionState.GONE
    assert state_of(row) == State.WITHDRAWN


def test_what_was_suspected_is_mended_as_an_outage_and_the_other_need_not_go(
    town: Town, tell: Tell, suspected: tuple[list[Order], Suspicion]
) -> None:
    first, second = sent_to(suspected[1].about, town.first, town.second)
    told = {"finding": "our_equipment", "receipt": "更换熔体后试送成功", "restored_at": (AT + 15 * MINUTE).isoformat()}
    finish(tell, first, **told)
    assert not Outage.objects.get().lasts
    assert state_of(second) == State.WITHDRAWN


def test_who_is_on_site_as_well_finishes(town: Town, tell: Tell, suspected: tuple[list[Order], Suspicion]) -> None:
    first, second = sent_to(suspected[1].about, town.first, town.second)
    tell(second, ReportKind.ARRIVED, 5, user=town.shen)
    finish(tell, first, **_NOTHING)
    assert state_of(second) == State.ARRIVED


def test_while_a_part_is_dark_the_other_goes_on(town: Town, tell: Tell, switch: Switch) -> None:
    switch("QF1", closes=False, minutes=-30)
    report(town, "T1")
    first, second = sent_to(Outage.objects.get().about, town.first, town.second)
    switch("QL1", closes=False, minutes=-20)
    switch("QF1", closes=True, minutes=-10)
    assert Outage.objects.get().lasts
    finish(tell, first, finding="done", receipt="已隔离故障段，前段已送电")
    assert Order.objects.get(pk=first.orders.get().order_id).state == OrderState.DONE
    assert state_of(second) == State.SENT
    switch("QL1", closes=True, minutes=60)
    assert state_of(second) == State.WITHDRAWN


def test_what_is_fed_another_way_has_yet_to_be_mended(town: Town, switch: Switch) -> None:
    switch("QL1", closes=False, minutes=-30)
    (row,) = sent_to(Outage.objects.get().about, town.first)
    switch("QL9", closes=True, minutes=-20)
    assert not Outage.objects.get().lasts
    assert state_of(row) == State.SENT


def test_a_suspicion_is_dismissed_and_who_reported_is_still_gone_to(
    town: Town, suspected: tuple[list[Order], Suspicion]
) -> None:
    _orders, suspicion = suspected
    (row,) = sent_to(suspicion.about, town.first)
    at_fuse: dict[str, Any] = {"about": suspicion.about, "place": "FU1", "x": None, "y": None}
    bare = actions.assign(crew_id=town.second.pk, order_ids=[], **at_fuse, **WHO)
    dismiss_suspicion(suspicion_id=suspicion.pk, reason="现场熔断器在合位", **WHO)
    deliveries.drain()
    assert state_of(row) == State.SENT
    assert state_of(bare) == State.WITHDRAWN, "it has nobody to go to"


def test_two_are_sent_for_one_order_and_one_does_it(town: Town, tell: Tell) -> None:
    first, second = send(town), send(town, town.second)
    other = make_order(town.world)
    longer = actions.assign(
        crew_id=town.second.pk, about="", order_ids=[town.order.pk, other.pk], place="青禾村", x=None, y=None, **WHO
    )
    deliveries.drain()
    finish(tell, first, **_NOTHING)
    assert (state_of(second), state_of(longer)) == (State.WITHDRAWN, State.SENT)


def test_an_order_that_the_desk_finishes_frees_who_is_on_the_way(town: Town) -> None:
    row = send(town)
    take_step(order_id=town.order.pk, step="finish", finding="customer_wiring", **WHO)
    deliveries.drain()
    assert state_of(row) == State.WITHDRAWN
