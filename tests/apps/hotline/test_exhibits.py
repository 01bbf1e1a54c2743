"""The calls of an order stand in its evidence: how long they waited and spoke, and nobody's number."""

from django.urls import reverse

from denghuo.apps.customers.models import Account
from denghuo.apps.hotline import queries
from denghuo.apps.hotline.models import Call
from tests.apps.hotline.conftest import Hotline, Ring, call
from tests.apps.hotline.test_intake import NUMBER, account, keep, order_of
from tests.apps.network.conftest import after

__all__ = ["account"]


def test_a_call_and_its_note_are_evidence_of_the_order(hotline: Hotline, account: Account, ring: Ring) -> None:
    ring(call(NUMBER, 5, call_id="c-1"))
    row = order_of(note := keep(hotline, at=after(1)))
    told = queries.order_exhibits(row.pk)
    assert [(one.at, one.who, one.reference) for one in told] == [
        (row.received_at, "he", "c-1"),
        (note.kept_at, "he", "c-1"),
    ]
    assert ("10" in told[0].what, "180" in told[0].what) == (True, True)
    assert not any(NUMBER in f"{vars(one)}" for one in told)
    assert queries.order_exhibits(row.pk + 1) == []
    (tie,) = queries.order_ties(row.pk)
    assert tie.path == reverse("hotline:call", args=[Call.objects.get(call_id="c-1").pk])
