"""Somebody is to be forgotten: that they were told stays, not who they were, where, or in what words."""

from datetime import datetime
from typing import Protocol

from django.urls import reverse

from denghuo.apps.ledger.actions import record
from denghuo.apps.notices.facts import AddressesForgotten
from denghuo.apps.notices.models import HandCall, HandDelivery, Message, Notice


class Forgotten(Protocol):
    """Whose accounts and orders nobody is to know any more."""

    @property
    def account_ids(self) -> tuple[int, ...]: ...
    @property
    def order_ids(self) -> tuple[int, ...]: ...


def follow_forgotten(fact: Forgotten, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: messages and deliveries to them lose address, name and words. What has not left does not leave."""
    del delivery_key  # what is empty stays empty
    refs = [f"customers.account:{one}" for one in fact.account_ids] + [f"orders.order:{one}" for one in fact.order_ids]
    mine = Message.objects.filter(to_ref__in=refs)
    mine.filter(ended_at=None).update(expires_at=at)
    count = mine.update(address="", address_blind=0, address_masked="", name="", text="", values="")
    count += HandDelivery.objects.filter(to_ref__in=refs).update(receiver="", note="")
    HandCall.objects.filter(message__to_ref__in=refs).update(note="")
    # What people were told of their orders, in the words of whoever did something to them.
    paths = [reverse("orders:order", args=[one]) for one in fact.order_ids]
    Notice.objects.filter(path__in=paths).exclude(text="").update(text="")
    record(AddressesForgotten(count=count), at=at, actor=actor)
