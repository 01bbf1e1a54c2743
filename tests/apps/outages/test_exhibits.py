"""What a customer was told of an outage, and when it was, stands in the evidence of their order."""

from django.urls import reverse
from django.utils import timezone, translation

from denghuo.apps.customers.models import Account
from denghuo.apps.notices.models import Message, State
from denghuo.apps.outages import queries
from denghuo.apps.outages.models import Outage, Suspicion
from tests.apps.network.conftest import Switch, after, signed_in
from tests.apps.outages.test_telling import report
from tests.world import World


def test_an_outage_and_the_messages_of_it_are_evidence_of_the_order(
    world: World, switch: Switch, people: dict[str, Account]
) -> None:
    switch("FU1", "open", 0)
    row = report(world, "T3", people["somebody"], "13900000003")
    switch("FU1", "close", 1)
    outage = Outage.objects.get()
    Message.objects.filter(event="outages.call_back").update(
        state=State.DELIVERED, sent_at=after(2), delivered_at=after(3), ended_at=after(3)
    )
    with translation.override("en"):
        told = queries.order_exhibits(row.order_id)
    assert {(one.at, one.reference) for one in told[:2]} == {(after(0), outage.number), (after(1), outage.number)}
    own = Message.objects.filter(to_ref=f"customers.account:{people['somebody'].pk}")
    assert {one.reference for one in told[2:]} == {f"message {one.pk}" for one in own.exclude(state="cancelled")}
    (asked,) = [one for one in told[2:] if one.at == after(3)]
    assert asked.reference == f"message {own.get(event='outages.call_back').pk}"
    assert not any("13900000003" in f"{vars(one)}" for one in told)
    assert queries.order_exhibits(row.order_id + 1) == []


def test_an_order_leads_to_its_outage_and_says_how_it_stands(
    world: World, switch: Switch, people: dict[str, Account]
) -> None:
    switch("FU1", "open", 0)
    row = report(world, "T3", people["somebody"], "13900000003")
    outage = Outage.objects.get()
    (tie,) = queries.order_ties(row.order_id)
    assert (tie.path, tie.tone) == (reverse("outages:outage", args=[outage.pk]), "act")
    client, page = signed_in(world.zhou), reverse("orders:order", args=[row.order_id])
    assert f'href="{tie.path}"' in client.get(page).content.decode()
    switch("FU1", "close", 1)
    (tie,) = queries.order_ties(row.order_id)
    assert tie.tone == "done" and f"{timezone.localtime(after(1)):%H:%M}" in tie.note


def test_an_order_leads_to_the_fault_that_is_suspected(world: World, people: dict[str, Account]) -> None:
    row = report(world, "T3", people["somebody"], "13900000003")
    for number in range(3):
        report(world, "T3", None, f"1390000010{number}")
    suspicion = Suspicion.objects.get()
    (tie,) = queries.order_ties(row.order_id)
    assert suspicion.device_code in tie.text and f"{round(100 * suspicion.probability)}" in tie.note
    page = signed_in(world.lin).get(tie.path)
    assert page.status_code == 200 and suspicion.number in page.content.decode()
