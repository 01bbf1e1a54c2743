"""A customer was made anonymous: what their orders say of who they are goes as well."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from django.conf import settings
from django.db.models import Model, Q
from django.utils import translation
from django.utils.translation import gettext as _

from denghuo.apps.ledger.actions import record
from denghuo.apps.orders.facts import CallersForgotten
from denghuo.apps.orders.models import (
    Appeal,
    Correction,
    HandOver,
    Order,
    OrderStep,
    Promise,
    Receipt,
    Remark,
    Sign,
    Suspension,
)
from denghuo.apps.orders.queries.corrections import PERSONAL, changed

# What people write in an order, where nothing keeps them from naming somebody.
_TEXTS: dict[type[Model], tuple[str, ...]] = {
    OrderStep: ("reason",),
    Correction: ("reason",),
    Remark: ("text",),
    Receipt: ("found", "done", "told_customer"),
    Promise: ("note",),
    HandOver: ("reason", "refused_because"),
    Suspension: ("reason", "decision"),
    Appeal: ("text", "decision"),
    Sign: ("answer",),
}


class Anonymized(Protocol):
    """Accounts of which nobody is to know any more whose they were."""

    @property
    def account_ids(self) -> tuple[int, ...]: ...


def follow_anonymized(fact: Anonymized, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: number, name and place leave their orders, and every text that somebody wrote in them, for it may name
    them; kinds, findings, clocks and what was judged stay."""
    del delivery_key  # what is gone stays gone
    mine = Order.objects.filter(account_id__in=fact.account_ids)
    order_ids = tuple(mine.order_by("pk").values_list("pk", flat=True))
    _forget_corrections(order_ids, fact.account_ids)
    with translation.override(settings.LANGUAGE_CODE):
        gone = _("Removed when the customer was made anonymous.")
    for model, names in _TEXTS.items():
        for name in names:
            rows = model._default_manager.filter(order_id__in=order_ids).exclude(**{name: ""})
            rows.update(**{name: gone})
    OrderStep.objects.filter(order_id__in=order_ids).update(place="")
    mine.update(caller="", caller_index=None, contact_name="", text="", place="")
    record(CallersForgotten(account_ids=fact.account_ids, order_ids=order_ids), at=at, actor=actor)


def _forget_corrections(order_ids: Collection[int], account_ids: Collection[int]) -> None:
    """What corrections hold of them goes as well, also of orders that were theirs once; what was changed stays told."""
    for one in Correction.objects.filter(Q(order_id__in=order_ids) | Q(was_account_id__in=account_ids)):
        kept = [[part.field, *(("", "") if part.field in PERSONAL else (part.was, part.now))] for part in changed(one)]
        one.changes = json.dumps(kept, ensure_ascii=False)
        one.save(update_fields=["changes"])
