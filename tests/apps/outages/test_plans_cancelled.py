"""A plan that does not take place: who knew of it is told so, by message or by hand, and who is left is worked off."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from denghuo.apps.customers.facts import CustomersExported
from denghuo.apps.customers.models import Account
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.notices import queries as notices
from denghuo.apps.notices.actions import record_delivery
from denghuo.apps.notices.models import HandDelivery, How, Message, State
from denghuo.apps.outages import queries
from denghuo.apps.outages.actions import announce_plan, cancel_plan
from denghuo.apps.outages.models import Outage
from tests.apps.network.conftest import after, signed_in
from tests.apps.outages.conftest import to
from tests.apps.outages.test_plans import HEARD, LOCAL, SYSTEM, planned
from tests.world import AT, World


def by_hand(world: World, outage: Outage, to_ref: str, **told: Any) -> None:
    usual = {"case": "planned", "how": How.BY_PHONE, "delivered_at": AT} | SYSTEM
    record_delivery(unit_id=world.lamp.pk, about=outage.about, to_ref=to_ref, **usual | told)


def left(outage: Outage) -> dict[str, str]:
    rows = queries.missed(outage, queries.people_to_tell(outage), proofs=queries.proofs_of_plan(outage))
    return {one.who.ref: one.reason for one in rows}


def test_who_knew_and_is_not_reached_is_left_to_be_told(world: World, people: dict[str, Account]) -> None:
    outage = planned(world)
    announce_plan(outage_id=outage.pk, **SYSTEM)
    Message.objects.filter(to_ref__in=[to(people["important"]), to(people["care"])]).update(**HEARD)
    by_hand(world, outage, to(people["silent"]))
    outage = cancel_plan(outage_id=outage.pk, reason="雨", at=after(1), actor="lin")
    assert left(outage) == {
        to(people["care"]): "waiting",
        to(people["important"]): "waiting",
        to(people["silent"]): "unreachable",
    }, "somebody never heard of it"
    gone = Message.objects.filter(event="outages.plan_cancelled")
    gone.filter(to_ref=to(people["care"])).update(**HEARD)
    lost = {"state": State.UNDELIVERABLE, "reason": "not_delivered", "sent_at": after(1), "ended_at": after(1)}
    gone.filter(to_ref=to(people["important"])).update(**lost)
    assert left(outage) == {to(people["important"]): "undeliverable", to(people["silent"]): "unreachable"}
    by_hand(world, outage, to(people["silent"]), delivered_at=after(2), at=after(2.5))
    assert list(left(outage)) == [to(people["important"])]


def test_only_who_knew_is_told_by_hand_and_only_since_then(world: World, people: dict[str, Account]) -> None:
    outage = planned(world)
    by_hand(world, outage, to(people["silent"]))
    cancel_plan(outage_id=outage.pk, reason="雨", at=after(1), actor="lin")
    with override("en"), pytest.raises(ValueError, match="cancelled"):
        by_hand(world, outage, to(people["somebody"]), delivered_at=after(2), at=after(2))
    with override("en"), pytest.raises(ValueError, match="cancelled"):
        by_hand(world, outage, notices.PUBLIC, how=How.POSTED, delivered_at=after(2), at=after(2))
    with pytest.raises(ValueError, match="nothing to tell"):
        by_hand(world, outage, to(people["silent"]), delivered_at=after(0.5), at=after(2))
    assert HandDelivery.objects.count() == 1


def test_what_was_posted_is_taken_back_where_it_was_posted(world: World, people: dict[str, Account]) -> None:
    outage = planned(world)
    by_hand(world, outage, notices.PUBLIC, how=How.POSTED, note="村口")
    by_hand(world, outage, to(people["somebody"]))
    outage = cancel_plan(outage_id=outage.pk, reason="雨", at=after(1), actor="lin")
    assert set(left(outage)) == {to(people[name]) for name in ("care", "important", "somebody", "silent")}
    by_hand(world, outage, notices.PUBLIC, how=How.POSTED, note="村口", delivered_at=after(2), at=after(2))
    assert list(left(outage)) == [to(people["somebody"])], "the others knew by what was posted alone"


def test_the_page_of_a_cancelled_plan_is_worked_off(world: World, people: dict[str, Account]) -> None:
    start, now = timezone.now() + timedelta(days=9), timezone.now()
    times = {"planned_start_at": start, "planned_end_at": start + timedelta(hours=2)}
    outage = planned(world, **times)
    announce_plan(outage_id=outage.pk, **SYSTEM)
    Message.objects.filter(to_ref=to(people["important"])).update(**HEARD)
    for name in ("silent", "somebody"):
        by_hand(world, outage, to(people[name]))
    client, page = signed_in(world.zhou, "en"), reverse("outages:notice", args=[outage.pk])
    client.post(reverse("outages:plan", args=[outage.pk]), {"deed": "cancel", "reason": "雨"})
    shown = client.get(page).content.decode()
    assert "3 of 3 households that knew of it not proved to be told that it was cancelled" in shown
    assert "Only what tells that the plan does not take place." in shown
    assert "Only what tells of the time that holds now." not in shown
    whole = client.get(reverse("outages:outage", args=[outage.pk])).content.decode()
    assert "3 households knew of it" in whole and page in whole
    client.post(reverse("outages:notice-missed", args=[outage.pk]))
    assert [one.fact.row_count for one in ledger.facts(classes=[CustomersExported])] == [3]
    told = {"how": How.BY_PHONE, "delivered_at": timezone.localtime().strftime(LOCAL), "who": [to(people["silent"])]}
    early = told | {"delivered_at": timezone.localtime(now - timedelta(days=2)).strftime(LOCAL)}
    assert client.post(reverse("outages:notice-delivered", args=[outage.pk]), early).status_code == 422
    assert client.post(reverse("outages:notice-delivered", args=[outage.pk]), told).status_code == 302
    shown = client.get(page).content.decode()
    assert "2 of 3 households that knew" in shown and to(people["silent"]) not in shown


def test_a_plan_that_nobody_knew_of_leaves_nobody_to_be_told(world: World, people: dict[str, Account]) -> None:
    outage = planned(world)
    announce_plan(outage_id=outage.pk, **SYSTEM)
    outage = cancel_plan(outage_id=outage.pk, reason="雨", at=after(1), actor="lin")
    assert left(outage) == {}
    shown = signed_in(world.zhou, "en").get(reverse("outages:notice", args=[outage.pk])).content.decode()
    assert "Nobody had heard of the plan" in shown and reverse("outages:notice-posted", args=[outage.pk]) not in shown
