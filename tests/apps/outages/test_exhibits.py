"""What a customer was told of an outage, and when it was, stands in the evidence of their order."""

from denghuo.apps.customers.models import Account
from denghuo.apps.notices.models import Message, State
from denghuo.apps.outages import queries
from denghuo.apps.outages.models import Outage
from tests.apps.network.conftest import Switch, after
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
    told = queries.order_exhibits(row.order_id)
    assert {(one.at, one.reference) for one in told[:2]} == {(after(0), outage.number), (after(1), outage.number)}
    own = Message.objects.filter(to_ref=f"customers.account:{people['somebody'].pk}")
    assert {one.reference for one in told[2:]} == {
        f"notices.message:{one.pk}" for one in own.exclude(state="cancelled")
    }
    (asked,) = [one for one in told[2:] if one.at == after(3)]
    assert asked.reference == f"notices.message:{own.get(event='outages.call_back').pk}"
    assert not any("13900000003" in f"{vars(one)}" for one in told)
    assert queries.order_exhibits(row.order_id + 1) == []
