"""Somebody is to be forgotten: what they signed stays, not who they were."""

from datetime import datetime
from typing import Protocol

from denghuo.apps.crews.facts import SignersForgotten
from denghuo.apps.crews.models import AssignmentOrder, Quote
from denghuo.apps.ledger.actions import record


class Forgotten(Protocol):
    """Orders of which nobody is to know any more whose they were."""

    @property
    def order_ids(self) -> tuple[int, ...]: ...


def follow_forgotten(fact: Forgotten, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: the quotes of their orders lose name and signature. That and when they were accepted stays."""
    del delivery_key  # what is empty stays empty
    served = AssignmentOrder.objects.filter(order_id__in=fact.order_ids).values("assignment")
    count = Quote.objects.filter(assignment__in=served).update(accepted_name="", signature="")
    record(SignersForgotten(quote_count=count), at=at, actor=actor)
