"""Who hangs behind a plan is told before it happens; who is left stands in a list that is worked off."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from denghuo.apps.customers.facts import CustomersExported, CustomerUnmasked
from denghuo.apps.customers.models import Account
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.notices import queries as notices
from denghuo.apps.notices.actions import MessageEntry, queue_messages, record_delivery
from denghuo.apps.notices.models import Channel, HandDelivery, How, Message, Ring, State
from denghuo.apps.orders.models import Order
from denghuo.apps.outages import queries
from denghuo.apps.outages.actions import (
    NothingToAnnounceError,
    OutageEntry,
    announce_plan,
    cancel_plan,
    move_plan,
    name_devices,
    register_outage,
    remind_of_plans,
)
from denghuo.apps.outages.facts import OutageTold, PlanDevicesNamed, PlanMoved
from denghuo.apps.outages.models import Cause, Outage, TellingRule
from denghuo.apps.outages.queries.detail import rings_of
from denghuo.engines.standards import OutageKind
from tests.apps.network.conftest import Switch, after, signed_in
from tests.apps.outages.conftest import to
from tests.world import AT, World

SYSTEM: dict[str, Any] = {"at": AT, "actor": "lin"}
LOCAL = "%Y-%m-%dT%H:%M"


def planned(world: World, kind: OutageKind = OutageKind.PLANNED_MAINTENANCE_INTERNAL, **changes: Any) -> Outage:
    told: dict[str, Any] = {
        "number": "P-1",
        "kind": kind,
        "cause": Cause.MAINTENANCE,
        "planned_start_at": after(8 * 24),
        "planned_end_at": after(8 * 24 + 4),
        "planned_device_codes": "FU1",
    }
    return register_outage(network_id=world.network.pk, entry=OutageEntry(**told | changes), **SYSTEM)


def test_everybody_behind_a_plan_is_told_once(world: World, people: dict[str, Account]) -> None:
    outage = planned(world)
    assert announce_plan(outage_id=outage.pk, **SYSTEM) == 4
    told = {(one.to_ref, one.channel): one for one in Message.objects.filter(about=outage.about)}
    assert {key: one.ring for key, one in told.items()} == {
        (to(people["care"]), Channel.SMS): Ring.CARE,
        (to(people["care"]), Channel.VOICE): Ring.CARE,
        (to(people["important"]), Channel.SMS): Ring.IMPORTANT,
        (to(people["somebody"]), Channel.SMS): Ring.ALL,
    }
    assert {one.event for one in told.values()} == {"outages.planned"}
    assert all(one.legal and one.expires_at == outage.planned_start_at for one in told.values())
    text = told[to(people["somebody"]), Channel.SMS].text
    assert f"{timezone.localtime(after(8 * 24)):%H:%M}" in text and "{" not in text
    (fact,) = [one.fact for one in ledger.facts(classes=[OutageTold])]
    assert (fact.care_count, fact.important_count, fact.others_count, fact.unreachable_count) == (1, 1, 2, 1)
    assert announce_plan(outage_id=outage.pk, **SYSTEM) == 0
    assert Message.objects.count() == 4


def test_a_temporary_outage_is_told_in_its_own_words(world: World, people: dict[str, Account]) -> None:
    announce_plan(outage_id=planned(world, OutageKind.TEMPORARY_MAINTENANCE).pk, **SYSTEM)
    assert set(Message.objects.values_list("event", flat=True)) == {"outages.temporary"}


@pytest.mark.parametrize("changes", [{"planned_device_codes": ""}, {"kind": OutageKind.LOAD_TRANSFER}])
def test_there_is_nothing_to_announce(world: World, people: dict[str, Account], changes: dict[str, Any]) -> None:
    outage = planned(world, **changes)
    with pytest.raises(NothingToAnnounceError):
        announce_plan(outage_id=outage.pk, **SYSTEM)
    assert not Message.objects.exists()


def test_what_has_begun_is_not_announced(world: World, switch: Switch, people: dict[str, Account]) -> None:
    outage = planned(world, planned_start_at=after(1), planned_end_at=after(5))
    with pytest.raises(NothingToAnnounceError):
        announce_plan(outage_id=outage.pk, at=after(1), actor="lin")


def left(outage: Outage) -> dict[str, str]:
    rows = queries.missed(outage, queries.people_of_plan(outage), proofs=queries.proofs_of_plan(outage))
    return {one.who.ref: one.reason for one in rows}


def test_who_is_left_is_worked_off(world: World, people: dict[str, Account]) -> None:
    outage = planned(world)
    behind = ("care", "important", "somebody", "silent")
    assert list(left(outage)) == [to(people[name]) for name in behind]
    announce_plan(outage_id=outage.pk, **SYSTEM)
    heard = {"state": State.DELIVERED, "sent_at": after(1), "delivered_at": after(1), "ended_at": after(1)}
    Message.objects.filter(to_ref=to(people["important"])).update(**heard)
    lost = {"state": State.UNDELIVERABLE, "reason": "not_delivered", "sent_at": after(1), "ended_at": after(1)}
    Message.objects.filter(to_ref=to(people["somebody"])).update(**lost)
    assert left(outage) == {
        to(people["care"]): "waiting",
        to(people["somebody"]): "undeliverable",
        to(people["silent"]): "unreachable",
    }
    client, page = signed_in(world.zhou), reverse("outages:notice", args=[outage.pk])
    assert b"3 of 4 households" in client.get(page, headers={"accept-language": "en"}).content
    delivered = reverse("outages:notice-delivered", args=[outage.pk])
    when = timezone.localtime().strftime(LOCAL)
    both = [to(people["somebody"]), to(people["silent"])]
    assert client.post(delivered, {"how": How.LEFT, "delivered_at": when}).status_code == 422
    signed = {"how": How.HANDED, "delivered_at": when, "receiver": "张", "who": both}
    assert client.post(delivered, signed).status_code == 422
    stranger = {"how": How.LEFT, "delivered_at": when, "who": [to(people["elsewhere"])]}
    assert client.post(delivered, stranger).status_code == 422
    assert not HandDelivery.objects.exists()
    left_there = {"how": How.LEFT, "delivered_at": when, "who": both}
    assert client.post(delivered, left_there).status_code == 422, "nobody saw it"
    before = timezone.localtime(AT - timedelta(days=365)).strftime(LOCAL)
    early = client.post(delivered, left_there | {"receiver": "邻居张", "delivered_at": before})
    assert early.status_code == 422 and "proves nothing" in early.content.decode()
    assert not HandDelivery.objects.exists()
    assert client.post(delivered, left_there | {"receiver": "邻居张"}).status_code == 302
    assert left(outage) == {to(people["care"]): "waiting"}


def test_everybody_who_is_listed_is_chosen_at_once(world: World, people: dict[str, Account]) -> None:
    outage = planned(world)
    client, delivered = signed_in(world.zhou), reverse("outages:notice-delivered", args=[outage.pk])
    told = {"how": How.BY_PHONE, "delivered_at": timezone.localtime().strftime(LOCAL)}
    assert client.post(delivered, told | {"all": "unreachable"}).status_code == 302
    assert {one.to_ref for one in HandDelivery.objects.all()} == {to(people["silent"])}
    assert client.post(delivered, told | {"all": "every"}).status_code == 302
    assert left(outage) == {}


def test_the_public_is_told_and_the_list_is_handed_out(world: World, people: dict[str, Account]) -> None:
    outage = planned(world)
    client = signed_in(world.zhou)
    posted = reverse("outages:notice-posted", args=[outage.pk])
    ahead = timezone.localtime(after(24 * 365 * 50)).strftime(LOCAL)
    assert client.post(posted, {"delivered_at": ahead, "note": "公告栏"}).status_code == 422
    now = timezone.localtime().strftime(LOCAL)
    assert client.post(posted, {"delivered_at": now, "note": "公告栏"}).status_code == 302
    assert HandDelivery.objects.get().to_ref == "public"
    answer = client.post(reverse("outages:notice-missed", args=[outage.pk]))
    assert answer["Content-Type"].endswith("sheet") and answer.content[:2] == b"PK"
    (fact,) = [one.fact for one in ledger.facts(classes=[CustomersExported])]
    assert (fact.register, fact.row_count) == (outage.about, 4)


def test_a_plan_of_somebody_elses_is_not_there(world: World, people: dict[str, Account]) -> None:
    page = reverse("outages:notice", args=[planned(world).pk])
    assert [signed_in(one).get(page).status_code for one in (world.zhou, world.bai, world.ma)] == [200, 404, 403]


def told(event: str) -> set[tuple[str, str]]:
    return {(one.to_ref, one.state) for one in Message.objects.filter(event=event)}


def test_who_was_told_is_told_of_another_time(world: World, people: dict[str, Account]) -> None:
    outage = planned(world)
    announce_plan(outage_id=outage.pk, **SYSTEM)
    Message.objects.filter(to_ref=to(people["important"])).update(**HEARD)
    times = {"start_at": after(9 * 24), "end_at": after(9 * 24 + 2)}
    with pytest.raises(ValueError, match="reason"):
        move_plan(outage_id=outage.pk, **times, reason=" ", at=after(1), actor="lin")
    with pytest.raises(ValueError, match="ahead"):
        move_plan(outage_id=outage.pk, start_at=AT, end_at=after(1), reason="雨", at=after(1), actor="lin")
    move_plan(outage_id=outage.pk, **times, reason="雨", at=after(1), actor="lin")
    outage.refresh_from_db()
    assert (outage.planned_start_at, outage.planned_end_at) == (after(9 * 24), after(9 * 24 + 2))
    assert (to(people["somebody"]), State.CANCELLED) in told("outages.planned")
    changed = Message.objects.filter(event="outages.plan_changed")
    assert {one.to_ref for one in changed} == {to(people["important"])}, "who never heard of it hears of no change"
    assert {ref for ref, state in told("outages.planned") if state == State.QUEUED} == {
        to(people[name]) for name in ("care", "somebody")
    }
    assert all(f"{timezone.localtime(after(9 * 24)):%H:%M}" in one.text and one.legal for one in changed)
    assert left(outage)[to(people["important"])] == "waiting", "that they knew the old time proves nothing"
    (fact,) = [one.fact for one in ledger.facts(classes=[PlanMoved])]
    assert (fact.was_start_at, fact.planned_start_at, fact.reason) == (after(8 * 24), after(9 * 24), "雨")
    assert announce_plan(outage_id=outage.pk, at=after(1), actor="lin") == 0


def test_a_plan_that_nobody_heard_of_is_moved_in_silence(world: World, people: dict[str, Account]) -> None:
    outage = planned(world)
    move_plan(outage_id=outage.pk, start_at=after(48), end_at=after(50), reason="雨", **SYSTEM)
    assert not Message.objects.exists()


def test_one_household_told_by_hand_announces_a_plan_to_nobody_else(world: World, people: dict[str, Account]) -> None:
    outage = planned(world)
    by_phone = {"about": outage.about, "case": "planned", "to_ref": to(people["somebody"]), "how": How.BY_PHONE}
    record_delivery(unit_id=world.lamp.pk, **by_phone, delivered_at=AT, **SYSTEM)
    move_plan(outage_id=outage.pk, start_at=after(48), end_at=after(50), reason="雨", at=after(1), actor="lin")
    assert {(one.event, one.to_ref) for one in Message.objects.all()} == {
        ("outages.plan_changed", to(people["somebody"]))
    }
    name_devices(outage_id=outage.pk, device_codes=["QF2"], at=after(2), actor="lin")
    assert set(Message.objects.values_list("to_ref", flat=True)) == {to(people["somebody"])}
    outage.refresh_from_db()
    assert outage.plan_told_at is None, "it can still be announced"
    assert announce_plan(outage_id=outage.pk, at=after(3), actor="lin") > 0


def test_who_was_told_is_told_that_it_does_not_take_place(world: World, people: dict[str, Account]) -> None:
    outage = planned(world)
    announce_plan(outage_id=outage.pk, **SYSTEM)
    Message.objects.filter(to_ref=to(people["important"])).update(**HEARD)
    cancel_plan(outage_id=outage.pk, reason="雨", at=after(1), actor="lin")
    assert {state for _, state in told("outages.planned")} == {State.CANCELLED, State.DELIVERED}
    assert {ref for ref, _ in told("outages.plan_cancelled")} == {to(people["important"])}
    assert queries.planned_outages([str(world.city.path)], after=AT) == []
    assert queries.public_outages(at=after(24 * 7)) == ()
    scope = [str(world.city.path)]
    by_state = {state: list(queries.find(scope, wanted={"state": state}, at=after(2))) for state in STATES}
    assert by_state == {"planned": [], "missed": [], "cancelled": [outage]}
    with pytest.raises(NothingToAnnounceError):
        cancel_plan(outage_id=outage.pk, reason="雨", at=after(2), actor="lin")
    with pytest.raises(NothingToAnnounceError):
        announce_plan(outage_id=outage.pk, at=after(2), actor="lin")


STATES = ("planned", "missed", "cancelled")
HEARD = {"state": State.DELIVERED, "sent_at": AT, "delivered_at": AT, "ended_at": AT}


def test_every_move_is_told_also_one_back(world: World, people: dict[str, Account]) -> None:
    outage, to_and_fro = planned(world), (9, 8, 9)
    announce_plan(outage_id=outage.pk, **SYSTEM)
    Message.objects.filter(to_ref=to(people["important"])).update(**HEARD)
    for hour, day in enumerate(to_and_fro, 1):
        times = {"start_at": after(24 * day), "end_at": after(24 * day + 2)}
        move_plan(outage_id=outage.pk, **times, reason="雨", at=after(hour), actor="lin")
    for name, knew in (("important", True), ("somebody", False)):
        mine = Message.objects.filter(to_ref=to(people[name])).order_by("pk")
        again = "outages.plan_changed" if knew else "outages.planned"
        assert [one.event for one in mine] == ["outages.planned", *[again] * 3]
        first = State.DELIVERED if knew else State.CANCELLED
        assert [one.state for one in mine] == [first, *[State.CANCELLED] * 2, State.QUEUED]


def test_what_was_posted_in_public_was_told_to_everybody(world: World, people: dict[str, Account]) -> None:
    outage = planned(world)
    posted = {"about": outage.about, "case": "planned", "to_ref": notices.PUBLIC, "how": How.POSTED, "note": "村口"}
    record_delivery(unit_id=world.lamp.pk, **posted, delivered_at=AT, **SYSTEM)
    cancel_plan(outage_id=outage.pk, reason="雨", at=after(1), actor="lin")
    assert {ref for ref, _ in told("outages.plan_cancelled")} == {
        to(people[name]) for name in ("care", "important", "somebody")
    }


def test_devices_can_be_named_and_changed_while_a_plan_lies_ahead(world: World, people: dict[str, Account]) -> None:
    outage = planned(world, planned_device_codes="")
    with pytest.raises(ValueError, match="network"):
        name_devices(outage_id=outage.pk, device_codes=["FU9"], at=after(1), actor="lin")
    name_devices(outage_id=outage.pk, device_codes=["FU1"], at=after(1), actor="lin")
    assert not Message.objects.exists(), "it was never announced"
    assert announce_plan(outage_id=outage.pk, at=after(2), actor="lin") == 4
    Message.objects.filter(to_ref=to(people["important"])).update(**HEARD)
    name_devices(outage_id=outage.pk, device_codes=["QF2"], at=after(3), actor="lin")
    assert {ref for ref, _ in told("outages.plan_cancelled")} == {to(people["important"])}
    assert to(people["elsewhere"]) in {ref for ref, _ in told("outages.planned")}
    waiting = Message.objects.filter(state=State.QUEUED, event="outages.planned")
    assert to(people["somebody"]) not in set(waiting.values_list("to_ref", flat=True)), "what had not left stays here"
    was = Message.objects.filter(event="outages.planned").earliest("pk").values
    assert [one.values for one in Message.objects.filter(event="outages.plan_cancelled")] == [was], "as the plan was"
    Message.objects.filter(event="outages.plan_cancelled").update(**HEARD | {"queued_at": after(3)})
    name_devices(outage_id=outage.pk, device_codes=["FU1"], at=after(4), actor="lin")
    assert {to(people[name]) for name in ("important", "somebody")} <= set(waiting.values_list("to_ref", flat=True))
    assert to(people["elsewhere"]) not in set(waiting.values_list("to_ref", flat=True))
    named = [one.fact.device_codes for one in ledger.facts(classes=[PlanDevicesNamed])]
    assert named == [("FU1",), ("QF2",), ("FU1",)]


def test_devices_are_named_on_the_page_of_the_plan(world: World, people: dict[str, Account]) -> None:
    start = timezone.now() + timedelta(days=9)
    told = {"planned_start_at": start, "planned_end_at": start + timedelta(hours=2), "planned_device_codes": ""}
    outage = planned(world, **told)
    client, page = signed_in(world.zhou, "en"), reverse("outages:plan", args=[outage.pk])
    notice = client.get(reverse("outages:notice", args=[outage.pk])).content.decode()
    assert f"{page}#h-devices" in notice
    for codes, said in (("FU9", "The network has no FU9."), (" ", "This field is required")):
        refused = client.post(page, {"deed": "devices", "device_codes": codes})
        assert (refused.status_code, said in refused.content.decode()) == (422, True), codes
    assert client.post(page, {"deed": "devices", "device_codes": "fu1、ＱＬ1"}).status_code == 302, "by its letters"
    outage.refresh_from_db()
    assert outage.planned_device_codes == "FU1 QL1"
    assert client.post(page, {"deed": "devices", "device_codes": "FU1 QL1"}).status_code == 422


def test_a_plan_says_what_it_opens_and_whom_it_leaves_without_supply(world: World, people: dict[str, Account]) -> None:
    start = timezone.now() + timedelta(days=9)
    outage = planned(world, planned_start_at=start, planned_end_at=start + timedelta(hours=2))
    client = signed_in(world.zhou, "en")
    shown = client.get(reverse("outages:outage", args=[outage.pk])).content.decode()
    device = reverse("network:device", args=[world.network.pk, "FU1"])
    assert f'<a href="{device}">FU1</a>' in shown and f"<dd>{queries.line_of_plan(outage)}</dd>" in shown
    assert '<span class="dh-quiet">6</span>' in client.get(reverse("outages:home")).content.decode()
    assert queries.planned_customers(outage) == 6
    said = client.post(
        reverse("outages:plan", args=[outage.pk]), {"deed": "cancel", "reason": "雨"}, follow=True
    ).content.decode()
    assert "The plan is cancelled. Nobody had heard of it." in said and "<s>" in said


def test_a_cancelled_plan_is_said_to_be_one(world: World, people: dict[str, Account]) -> None:
    start = timezone.now() + timedelta(days=9)
    outage = planned(world, planned_start_at=start, planned_end_at=start + timedelta(hours=2))
    cancel_plan(outage_id=outage.pk, reason="雨", at=timezone.now(), actor="lin")
    client = signed_in(world.zhou, "en")
    for name in ("plan", "notice"):
        shown = client.get(reverse(f"outages:{name}", args=[outage.pk])).content.decode()
        assert "by 林" in shown and "Nobody had heard of it, and nobody needs to be told." in shown, name
        assert [one for one in ("Move the plan", "not proved to be told", "Print notices") if one in shown] == []
    when = {"delivered_at": timezone.localtime().strftime(LOCAL), "note": "村口", "who": [to(people["somebody"])]}
    for name in ("notice-posted", "notice-delivered", "notice-print"):
        assert client.post(reverse(f"outages:{name}", args=[outage.pk]), when).status_code == 302
    assert not HandDelivery.objects.exists()


def test_why_is_told_in_the_language_of_the_house(world: World) -> None:
    with override("en"):
        assert queries.reason_of_plan(planned(world)) == "检修"
        assert queries.reason_of_plan(planned(world, number="P-2", cause=Cause.UNKNOWN)).isascii() is False


def test_a_plan_moved_before_anything_left_is_told_as_a_plan(world: World, people: dict[str, Account]) -> None:
    outage = planned(world)
    announce_plan(outage_id=outage.pk, **SYSTEM)
    move_plan(outage_id=outage.pk, start_at=after(48), end_at=after(50), reason="雨", at=after(1), actor="lin")
    assert told("outages.plan_changed") == set()
    mine = Message.objects.filter(to_ref=to(people["somebody"])).order_by("pk")
    assert [one.state for one in mine] == [State.CANCELLED, State.QUEUED]
    cancel_plan(outage_id=outage.pk, reason="雨", at=after(1.5), actor="lin")
    assert told("outages.plan_cancelled") == set(), "who heard of nothing is told of nothing"


def test_what_was_brought_by_hand_is_told_of_a_change_as_well(world: World, people: dict[str, Account]) -> None:
    outage = planned(world)
    by_hand = {"about": outage.about, "case": "planned", "to_ref": to(people["somebody"]), "how": How.LEFT}
    record_delivery(unit_id=world.lamp.pk, **by_hand, receiver="邻居张", delivered_at=AT, **SYSTEM)
    move_plan(outage_id=outage.pk, start_at=after(48), end_at=after(50), reason="雨", at=after(1), actor="lin")
    assert to(people["somebody"]) in {ref for ref, _ in told("outages.plan_changed")}


def test_what_is_brought_in_the_minute_of_a_move_is_told_of_the_new_time(
    world: World, people: dict[str, Account]
) -> None:
    """People write down minutes. What was written down before the move told of the old time."""
    outage, minute = planned(world), after(1)
    by_hand = {"about": outage.about, "case": "planned", "how": How.LEFT, "receiver": "邻居张", "actor": "lin"}
    by_hand |= {"unit_id": world.lamp.pk, "delivered_at": minute}
    posted = by_hand | {"how": How.POSTED, "to_ref": "public", "receiver": ""}
    record_delivery(to_ref=to(people["care"]), at=minute + timedelta(seconds=5), **by_hand)
    move_plan(
        outage_id=outage.pk, start_at=after(48), end_at=after(50), reason="雨", at=minute + timedelta(seconds=19),
        actor="lin",
    )  # fmt: skip
    record_delivery(to_ref=to(people["somebody"]), at=minute + timedelta(seconds=40), **by_hand)
    record_delivery(at=minute + timedelta(minutes=3), **posted)
    outage.refresh_from_db()
    assert to(people["care"]) in left(outage)
    assert to(people["somebody"]) not in left(outage)
    assert notices.announced_at(outage.about, since=outage.plan_moved_at) == minute


def test_only_whom_a_plan_concerns_is_proved_to_be_told(world: World, people: dict[str, Account]) -> None:
    outage = planned(world)
    by_hand: dict[str, Any] = {"about": outage.about, "case": "planned", "how": How.LEFT, "receiver": "邻居张"}
    by_hand |= {"unit_id": world.lamp.pk, "delivered_at": AT, **SYSTEM}
    for nobody in (to(people["elsewhere"]), "customers.account:99999999"):
        with pytest.raises(ValueError, match=r"\w"):
            record_delivery(to_ref=nobody, **by_hand)
    record_delivery(to_ref=to(people["somebody"]), **by_hand)
    cancel_plan(outage_id=outage.pk, reason="雨", at=after(1), actor="lin")
    with pytest.raises(ValueError, match="cancelled"):
        record_delivery(to_ref=to(people["silent"]), **by_hand)
    client = signed_in(world.zhou, "en")
    told = client.get(reverse("notices:about"), {"ref": outage.about}).content.decode()
    assert "This was cancelled" in told and "P-1" in told and "0003 演" in told
    assert "customers.account" not in told and reverse("notices:deliver") not in told


def test_who_cannot_be_written_to_is_not_waited_for(world: World, people: dict[str, Account]) -> None:
    start = timezone.now() + timedelta(days=9)
    outage = planned(world, planned_start_at=start, planned_end_at=start + timedelta(hours=2))
    client, page = signed_in(world.zhou, "en"), reverse("outages:notice", args=[outage.pk])
    send = reverse("outages:notice-send", args=[outage.pk])
    before = client.get(page).content.decode()
    assert send in before and "No number that may be used" in before
    client.post(send)
    after_sending = client.get(page).content.decode()
    assert send not in after_sending and "Not told yet" not in after_sending
    assert "No number that may be used" in after_sending


def test_moving_and_cancelling_on_a_page(world: World, people: dict[str, Account]) -> None:
    start = timezone.now() + timedelta(days=9)
    outage = planned(world, planned_start_at=start, planned_end_at=start + timedelta(hours=2))
    client, page = signed_in(world.zhou), reverse("outages:plan", args=[outage.pk])
    whole, notice = (reverse(f"outages:{one}", args=[outage.pk]) for one in ("outage", "notice"))
    assert client.get(page).status_code == 200 and page in client.get(whole).content.decode()
    same = {"start_at": timezone.localtime(start).strftime(LOCAL), "reason": "雨", "deed": "move"}
    same["end_at"] = timezone.localtime(start + timedelta(hours=2)).strftime(LOCAL)
    refused = client.post(page, same, headers={"accept-language": "en"})
    assert refused.status_code == 422 and "Nothing changes" in refused.content.decode()
    later = {name: timezone.localtime(start + timedelta(days=days)).strftime(LOCAL) for name, days in DAYS}
    assert client.post(page, later | {"deed": "move"}).status_code == 422
    assert client.post(page, later | {"deed": "move", "reason": "雨", "end_at": later["start_at"]}).status_code == 422
    assert client.post(page, later | {"deed": "move", "reason": "等吊车"}).status_code == 302
    for one in (whole, notice):
        assert "等吊车" in client.get(one).content.decode(), one
    assert client.post(page, {"deed": "cancel"}).status_code == 422
    assert client.post(page, {"deed": "cancel", "reason": "有雨"}).status_code == 302
    for one in (whole, notice):
        assert "有雨" in client.get(one).content.decode(), one
    outage.refresh_from_db()
    assert outage.plan_moved_at and outage.plan_cancelled_at
    assert page not in client.get(whole).content.decode()
    assert signed_in(world.ma).get(page).status_code == 403


def test_a_plan_without_devices_says_so_where_its_deadlines_stand(world: World) -> None:
    start = timezone.now() + timedelta(days=9)
    outage = planned(world, planned_device_codes="", planned_start_at=start, planned_end_at=start + timedelta(hours=2))
    shown = signed_in(world.zhou, "en").get(reverse("outages:outage", args=[outage.pk])).content.decode()
    assert "The plan names no device yet" in shown
    assert reverse("outages:plan", args=[outage.pk]) + "#h-devices" in shown


DAYS = (("start_at", 1), ("end_at", 2))


def test_a_move_to_less_than_the_legal_notice_is_asked_about(world: World, people: dict[str, Account]) -> None:
    start = timezone.now() + timedelta(days=9)
    outage = planned(world, planned_start_at=start, planned_end_at=start + timedelta(hours=2))
    client, page = signed_in(world.zhou, "en"), reverse("outages:plan", args=[outage.pk])
    soon = timezone.now() + timedelta(days=3)
    told = {"deed": "move", "reason": "雨", "start_at": timezone.localtime(soon).strftime(LOCAL)}
    told["end_at"] = timezone.localtime(soon + timedelta(hours=2)).strftime(LOCAL)
    asked = client.post(page, told)
    assert asked.status_code == 422
    assert "The law asks that it is told by" in asked.content.decode()
    outage.refresh_from_db()
    assert outage.planned_start_at == start
    assert client.post(page, told | {"sure": "on"}).status_code == 302
    outage.refresh_from_db()
    assert outage.planned_start_at is not None and outage.planned_start_at < start


def test_a_plan_of_yesterday_or_of_ten_years_is_asked_about(world: World) -> None:
    client, page = signed_in(world.lin, "en"), reverse("outages:new")
    told = {"network": str(world.network.pk), "number": "P-9", "cause": str(int(Cause.MAINTENANCE))}
    told |= {"kind": str(int(OutageKind.PLANNED_MAINTENANCE_INTERNAL)), "devices_follow": "on"}
    for days, lasts, said in ((-28, 0.2, "has passed"), (30, 3650, "Is that meant?"), (500, 0.2, "a year ahead")):
        start = timezone.localtime(timezone.now() + timedelta(days=days))
        times = {"planned_start_at": start.strftime(LOCAL)}
        times["planned_end_at"] = (start + timedelta(days=lasts)).strftime(LOCAL)
        asked = client.post(page, told | times)
        assert (asked.status_code, said in asked.content.decode()) == (422, True), said
    assert not Outage.objects.exists()
    assert client.post(page, told | times | {"sure": "on"}).status_code == 302


def test_the_words_of_a_change_name_the_old_time(world: World, people: dict[str, Account]) -> None:
    outage = planned(world)
    announce_plan(outage_id=outage.pk, **SYSTEM)
    Message.objects.filter(to_ref=to(people["important"])).update(**HEARD)
    old, new = timezone.localtime(after(8 * 24)), after(9 * 24)
    move_plan(outage_id=outage.pk, start_at=new, end_at=after(9 * 24 + 2), reason="雨", at=after(1), actor="lin")
    text = Message.objects.filter(event="outages.plan_changed")[0].text
    assert f"原定{old.month}月{old.day}日{old:%H:%M}的停电改为{old.month}月{old.day + 1}日" in text
    with pytest.raises(ValueError, match="another time"):
        move_plan(outage_id=outage.pk, start_at=new, end_at=after(9 * 24 + 2), reason="雨", at=after(2), actor="lin")


@pytest.mark.parametrize(
    ("days", "before_h", "waits"), [(9, 12, True), (1, 12, False), (1, 40, False), (9, 230, False)]
)
def test_at_night_only_what_is_near_goes_out(
    world: World, people: dict[str, Account], days: int, before_h: int, waits: bool
) -> None:
    TellingRule.objects.create(
        unit=world.lamp, from_date=date(2026, 1, 1), plan_told_before_s=3600 * before_h, source="所内规定"
    )
    night, morning = after(15.8), after(24)  # 23:48 there, and 8 o'clock
    times = {"planned_start_at": after(24 * days + 10), "planned_end_at": after(24 * days + 12)}
    outage = planned(world, OutageKind.TEMPORARY_MAINTENANCE, **times)
    announce_plan(outage_id=outage.pk, at=night, actor="lin")
    due = {one.due_at for one in Message.objects.filter(about=outage.about)}
    assert due == {morning if waits else night}
    held = notices.held_back(outage.about, at=night)
    assert (held.count, held.until_at) == (4, morning) if held else not waits


def test_every_row_of_who_was_told_adds_up(world: World, people: dict[str, Account]) -> None:
    outage = planned(world)
    announce_plan(outage_id=outage.pk, **SYSTEM)
    Message.objects.filter(to_ref=to(people["important"])).update(**HEARD)
    order = Order.objects.create(
        kind="fault",
        topic="no_supply",
        unit=world.lamp,
        channel="phone",
        received_at=AT,
        opened_at=AT,
        account_id=people["somebody"].pk,
    )
    entry = MessageEntry(
        key="x",
        event="outages.restoration_time",
        about=outage.about,
        channel=Channel.SMS,
        ring=Ring.ALL,
        to_ref=f"orders.order:{order.pk}",
        address="13900000003",
        text="x",
        unit_id=world.lamp.pk,
    )
    queue_messages(entries=[entry], **SYSTEM)
    Message.objects.filter(key="x").update(state=State.CANCELLED, ended_at=AT)
    rings = rings_of([outage.about])
    assert [(one.ring, one.people) for one in rings] == [(Ring.CARE, 1), (Ring.IMPORTANT, 1), (Ring.ALL, 1)]
    for one in rings:
        assert one.people == one.delivered + one.waiting + one.failed + one.unsent, one
    assert rings_of([outage.about], since=after(1)) == []


def test_who_was_told_too_late_is_not_called_untold(world: World, people: dict[str, Account]) -> None:
    start = timezone.now() + timedelta(days=3)
    outage = planned(world, planned_start_at=start, planned_end_at=start + timedelta(hours=2))
    announce_plan(outage_id=outage.pk, **SYSTEM)
    late = timezone.now()
    Message.objects.update(state=State.DELIVERED, sent_at=late, delivered_at=late, ended_at=late)
    page = reverse("outages:notice", args=[outage.pk])
    shown = signed_in(world.zhou, "en").get(page).content.decode()
    assert "1 of 4 households not proved to be told" in shown
    assert "1 not proved to be told · 3 told too late" in shown


def reminded() -> list[str]:
    return sorted(one.key for one in Message.objects.filter(event="outages.before"))


def test_who_is_behind_an_announced_plan_is_reminded_a_day_and_half_an_hour_before(
    world: World, people: dict[str, Account]
) -> None:
    outage, quiet = planned(world), planned(world, number="P-2")
    announce_plan(outage_id=outage.pk, **SYSTEM)
    outage.refresh_from_db()
    assert queries.reminders_of(outage) == [after(7 * 24), after(8 * 24 - 0.5)]
    for at, new in (
        (after(7 * 24 - 0.1), 0),
        (after(7 * 24), 4),
        (after(7 * 24 + 1), 0),
        (after(8 * 24 - 0.5), 4),
        (after(8 * 24 - 0.4), 0),
        (after(8 * 24), 0),
    ):
        assert remind_of_plans(at=at, actor="rounds") == new, at
    assert not Message.objects.filter(about=quiet.about).exists()
    assert all(one.expires_at == outage.planned_start_at for one in Message.objects.filter(event="outages.before"))


def test_a_worker_that_was_down_reminds_once(world: World, people: dict[str, Account]) -> None:
    announce_plan(outage_id=planned(world).pk, **SYSTEM)
    assert remind_of_plans(at=after(8 * 24 - 0.2), actor="rounds") == 4
    assert remind_of_plans(at=after(8 * 24 - 0.1), actor="rounds") == 0


def test_who_was_told_within_a_day_is_not_reminded_of_the_day(world: World, people: dict[str, Account]) -> None:
    outage = planned(world, OutageKind.TEMPORARY_MAINTENANCE)
    announce_plan(outage_id=outage.pk, at=after(8 * 24 - 5), actor="lin")
    assert remind_of_plans(at=after(8 * 24 - 4), actor="rounds") == 0
    assert remind_of_plans(at=after(8 * 24 - 0.5), actor="rounds") == 4


def test_a_plan_that_moved_is_reminded_of_at_its_new_time_and_one_cancelled_is_not(
    world: World, people: dict[str, Account]
) -> None:
    moved, gone = planned(world), planned(world, number="P-2")
    for one in (moved, gone):
        announce_plan(outage_id=one.pk, **SYSTEM)
    move_plan(
        outage_id=moved.pk, start_at=after(9 * 24), end_at=after(9 * 24 + 2), reason="雨", at=after(1), actor="lin"
    )
    cancel_plan(outage_id=gone.pk, reason="雨", at=after(1), actor="lin")
    assert remind_of_plans(at=after(7 * 24 + 1), actor="rounds") == 0
    assert remind_of_plans(at=after(8 * 24), actor="rounds") == 4
    assert {one.about for one in Message.objects.filter(event="outages.before")} == {moved.about}


def test_notices_are_printed_for_the_chosen(world: World, people: dict[str, Account]) -> None:
    outage = planned(world)
    path = reverse("outages:notice-print", args=[outage.pk])
    client = signed_in(world.zhou)
    assert client.post(path, {"who": [to(people["elsewhere"])]}).status_code == 422
    both = [to(people["somebody"]), to(people["silent"])]
    answer = client.post(path, {"who": both})
    assert answer["Content-Type"] == "application/pdf" and answer.content[:4] == b"%PDF"
    shown = [one.fact for one in ledger.facts(classes=[CustomerUnmasked])]
    assert [(one.account_id, one.what) for one in shown] == [
        (people["somebody"].pk, "letter"),
        (people["silent"].pk, "letter"),
    ]
