"""Who hangs behind a plan is told before it happens; who is left stands in a list that is worked off."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from denghuo.apps.customers.facts import CustomersExported
from denghuo.apps.customers.models import Account
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.notices.models import Channel, HandDelivery, How, Message, Ring, State
from denghuo.apps.outages import queries
from denghuo.apps.outages.actions import NothingToAnnounceError, OutageEntry, announce_plan, register_outage
from denghuo.apps.outages.facts import OutageTold
from denghuo.apps.outages.models import Cause, Outage
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
    return {one.customer.ref: one.reason for one in queries.missed(outage, queries.people_of_plan(outage))}


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
        to(people["silent"]): "never",
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
    assert client.post(delivered, {"how": How.LEFT, "delivered_at": when, "who": both}).status_code == 302
    assert left(outage) == {to(people["care"]): "waiting"}


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
