"""The dispatcher's page where something is doubtful: what it asks back, what it proposes, and in which order it puts
what waits."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from denghuo.apps.crews.actions import record_certificate
from denghuo.apps.crews.models import Assignment, Skill, State
from denghuo.apps.crews.queries import suggestions
from denghuo.apps.ledger import deliveries
from denghuo.apps.network import queries as network
from denghuo.apps.network.actions import record_switching
from denghuo.apps.notices.models import Message
from denghuo.apps.orders.models import Kind, Order, Topic
from denghuo.apps.outages import queries
from denghuo.apps.outages.actions import OutageEntry, register_outage, send_crew
from denghuo.apps.outages.models import Estimate, JudgingRule, Method, Outage, Suspicion, SuspicionState
from denghuo.apps.outages.queries import Urgency, Wanted
from denghuo.engines.reliability import OutageKind
from tests.apps.outages.desk import Desk, report
from tests.apps.outages.test_dispatch_pages import NOW, built, desk, lin, text, world
from tests.world import World

__all__ = ["built", "desk", "lin", "world"]
BY: dict[str, Any] = {"at": NOW, "actor": "lin"}


def do(client: Client, deed: str, **told: Any) -> HttpResponse:
    answer: HttpResponse = client.post(reverse(f"outages:dispatch-{deed}"), told, follow=True)  # type: ignore[assignment]
    deliveries.drain()
    return answer


def local(days: float) -> str:
    return timezone.localtime(timezone.now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")


def see(world: World, about: str) -> queries.Incident:
    found = queries.board([str(world.lamp.path)], wanted=Wanted(), username="lin", at=NOW).of(about)
    assert found is not None
    return found


def test_a_crew_reads_the_name_that_the_desk_has(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    spot = network.spot_of(desk.suspicion.network_id, code="FU1")
    assert spot is not None
    monkeypatch.setattr(network, "spot_of", lambda *_, **__: replace(spot, name="3号熔断器"))
    send_crew(about=desk.suspicion.about, crew_id=desk.near.pk, note="", skill="", **BY)
    deliveries.drain()
    assert "3号熔断器" in Assignment.objects.get().place


def test_the_time_of_opening_has_the_seconds_that_matter(world: World, desk: Desk, lin: Client) -> None:
    closed_at = (NOW - timedelta(minutes=10)).replace(second=37, microsecond=0)  # never a full minute
    log: dict[str, Any] = {"network_id": world.network.pk, "event_number": "N-2", "note": ""}
    record_switching(device_code="FU1", closes=False, operated_at=NOW - timedelta(hours=1), **log, **BY)
    record_switching(device_code="FU1", closes=True, operated_at=closed_at, **log, **BY)
    told = f"{timezone.localtime(closed_at):%Y-%m-%dT%H:%M:%S}"
    assert f'value="{told}"' in text(lin, about=desk.suspicion.about)
    answer = do(lin, "confirm", about=desk.suspicion.about, device_code="FU1", opened_at=told[:-3])
    assert answer.status_code == 422
    assert (
        f"The log has it closed at {timezone.localtime(closed_at):%m-%d %H:%M:%S}, after that."
        in answer.content.decode()
    )
    desk.suspicion.refresh_from_db()
    assert desk.suspicion.state != SuspicionState.CONFIRMED


def test_a_fault_that_is_known_already_leads_to_its_outage(desk: Desk, lin: Client) -> None:
    answer = do(lin, "confirm", about=desk.suspicion.about, device_code="QL1", opened_at=local(-0.001))
    page = answer.content.decode()
    assert "By the log it stands open already, in outage N-1: its reports belong there now." in page
    assert see_reports(desk.outage) == 5


def see_reports(outage: Outage) -> int:
    return queries.reports_of(outage_ids=[outage.pk]).count()


@pytest.mark.parametrize(("days", "told"), [(31, "more than 30 days ahead"), (3650, "more than 30 days ahead")])
def test_a_time_years_ahead_is_refused(desk: Desk, lin: Client, days: float, told: str) -> None:
    said = {"about": desk.outage.about, "expected_at": local(days), "method": Method.DISPATCHER, "sure": "on"}
    answer = do(lin, "estimate", **said)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not Estimate.objects.filter(method=Method.DISPATCHER).exists()


def test_a_time_days_ahead_is_asked_about_once(desk: Desk, lin: Client) -> None:
    said = {"about": desk.outage.about, "expected_at": local(5), "method": Method.DISPATCHER}
    assert "It really takes that long" not in text(lin, about=desk.outage.about)
    answer = do(lin, "estimate", **said)
    assert answer.status_code == 422
    assert "That is more than 3 days ahead" in answer.content.decode()
    assert do(lin, "estimate", **said, sure="on").status_code == 200
    assert Estimate.objects.filter(method=Method.DISPATCHER).count() == 1


def test_a_change_wants_its_reason(desk: Desk, lin: Client) -> None:
    said = {"about": desk.outage.about, "method": Method.DISPATCHER}
    assert do(lin, "estimate", **said, expected_at=local(0.1)).status_code == 200
    again = do(lin, "estimate", **said, expected_at=local(0.1))
    assert again.status_code == 422 and "This was said already." in again.content.decode()
    assert Estimate.objects.filter(outage=desk.outage, method=Method.DISPATCHER).count() == 1
    answer = do(lin, "estimate", **said, expected_at=local(0.2))
    assert answer.status_code == 422
    assert "Another time was said before: say why it changes." in answer.content.decode()
    assert do(lin, "estimate", **said, expected_at=local(0.2), reason="备件未到").status_code == 200


def planned(world: World, device_code: str, ends_in_h: float) -> Outage:
    """Work that was planned and has begun."""
    entry = OutageEntry(
        number="P-1",
        kind=OutageKind.PLANNED_MAINTENANCE_INTERNAL,
        planned_start_at=NOW - timedelta(hours=1),
        planned_end_at=NOW + timedelta(hours=ends_in_h),
        planned_device_codes=device_code,
    )
    row = register_outage(network_id=world.network.pk, entry=entry, **BY)
    log: dict[str, Any] = {"network_id": world.network.pk, "event_number": "P-1", "note": "", **BY}
    record_switching(device_code=device_code, closes=False, operated_at=NOW - timedelta(minutes=50), **log)
    deliveries.drain()
    row.refresh_from_db()
    return row


def test_planned_work_needs_no_crew_and_who_reports_it_is_told_when_it_ends(
    world: World, desk: Desk, lin: Client
) -> None:
    outage = planned(world, "QF2", 3)
    report(world, NOW, load_code="T7", caller="13900004001")
    deliveries.drain()
    assert see(world, outage.about).urgency is Urgency.NEEDLESS
    page = text(lin, about=outage.about)
    assert "Who reports it joins this outage: no crew of their own." in page
    assert "No crew needed: tell whoever reported" in page
    do(lin, "as-planned", about=outage.about)
    told = Message.objects.filter(event="outages.restoration_time").get()
    assert "石桥村" in told.text
    page = text(lin, about=outage.about)
    assert "Whoever reported is told when it ends." in page
    assert "No crew needed: tell whoever reported" not in page
    assert "It is over already" in do(lin, "as-planned", about=desk.outage.about).content.decode()


def test_planned_work_beyond_its_end_is_like_any_other(world: World, desk: Desk, lin: Client) -> None:
    outage = planned(world, "QF2", -0.2)
    assert see(world, outage.about).urgency is Urgency.NOBODY
    assert "No crew needed: tell whoever reported" not in text(lin, about=outage.about)


def test_a_visit_with_nearly_all_of_its_time_left_stands_below_many_without_supply(world: World, desk: Desk) -> None:
    Order.objects.update(next_due_at=None, overdue_at=None, next_warn_at=None)
    visit = report(
        world, NOW, kind=Kind.SERVICE, topic=Topic.CARE_VISIT, account_id=desk.care.pk, load_code="T3", place="青禾村"
    )
    about = f"orders.order:{visit.pk}"

    def due(left_min: float, of_min: float = 120) -> queries.Incident:
        due_at = NOW + timedelta(minutes=left_min)
        Order.objects.filter(pk=visit.pk).update(
            received_at=due_at - timedelta(minutes=of_min), next_due_at=due_at, next_warn_at=NOW - timedelta(minutes=1)
        )
        return see(world, about)

    fresh = due(119)
    assert (fresh.is_near, fresh.urgency) == (False, Urgency.NOBODY)
    assert see(world, desk.suspicion.about).urgency is Urgency.CARE
    assert due(50).urgency is Urgency.NEAR
    JudgingRule.objects.create(unit=world.lamp, from_date=date(2026, 1, 1), many_customers=20, source="所内规定")
    assert see(world, desk.outage.about).urgency is Urgency.MANY
    rows = queries.board([str(world.lamp.path)], wanted=Wanted(), username="lin", at=NOW).every
    order = [one.about for one in rows]
    assert order.index(desk.outage.about) < order.index(about)


def test_the_certificate_is_asked_for_by_what_has_opened(world: World, desk: Desk, lin: Client) -> None:
    assert queries.needed_skill(desk.suspicion.about) == "", "nobody keeps certificates here"
    record_certificate(user_id=world.ma.pk, skill=Skill.HV, number="T-1", valid_until=date(2020, 1, 1), **BY)
    assert queries.needed_skill(desk.suspicion.about) == Skill.HV
    assert queries.needed_skill(f"orders.order:{desk.single.pk}") == Skill.LV
    page = text(lin, about=desk.suspicion.about)
    assert "its certificate has expired" in page
    assert "no certificate for this work" in page
    chosen = text(lin, about=desk.suspicion.about, skill="none")
    assert "its certificate has expired" not in chosen
    assert '<option value="none" selected>' in chosen
    refused = do(lin, "send", about=desk.suspicion.about, crew=desk.near.pk)  # dropped on it: no choice was made
    assert "cannot go" in refused.content.decode()
    assert not Assignment.objects.exists()
    do(lin, "send", about=desk.suspicion.about, crew=desk.near.pk, skill="")
    assert Assignment.objects.get().crew == desk.near


def test_a_crew_is_where_it_works_and_being_tired_is_no_way(world: World, desk: Desk, lin: Client) -> None:
    def far(name: str) -> Any:
        return next(one for one in suggestions([str(world.lamp.path)], x=2, y=1, at=NOW) if one.name == name)

    before = far("抢修二班")
    send_crew(about=desk.suspicion.about, crew_id=desk.far.pk, note="", skill="", **BY)
    deliveries.drain()
    assert far("抢修二班").distance_km == before.distance_km
    row = Assignment.objects.get()
    assert row.x is not None and row.y is not None
    Assignment.objects.update(state=State.ARRIVED)
    assert far("抢修二班").distance_km < 2 < before.distance_km
    page = text(lin, about=desk.outage.about)
    assert "on the road" in page
    assert "there in about" not in page


def test_what_else_it_may_be_makes_up_the_whole(desk: Desk, lin: Client) -> None:
    row = Suspicion.objects.get(pk=desk.suspicion.pk)  # as it lies in the database, whatever others did to the object
    row.told["instead"] = {"above": 0.12, "below": 0.0, "part": 0.015, "stray": 0.004}
    row.save()
    page = text(lin, about=row.about)
    shares = [int(one) for one in _shares(page)]
    assert shares == [86, 12, 2]
    assert "no device: a part of the area" in page
    assert "each a fault of its own" not in page, "what is less than a half per cent is not shown"


def _shares(page: str) -> list[str]:
    table = page.partition('class="dp-rivals"')[2].partition("</table>")[0]
    return [one.partition("%")[0] for one in table.split('<td class="dh-num">')[1:]]


def test_one_that_was_confirmed_and_never_came_can_be_ended(desk: Desk, lin: Client) -> None:
    row = desk.suspicion
    row.state, row.decided_at, row.decided_by = SuspicionState.CONFIRMED, NOW, "lin"
    row.save()
    page = text(lin, about=row.about)
    assert "by the switching log nobody lost supply by it" in page
    assert "It is open: confirm" not in page
    assert "Confirmed, nobody out" in page
    do(lin, "dismiss", about=row.about, reason="日志中已合闸")
    row.refresh_from_db()
    assert row.state == SuspicionState.DISMISSED
