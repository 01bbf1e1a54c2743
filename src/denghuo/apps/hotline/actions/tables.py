"""Templates of tables of calls: kept under a name, so that the next table of that exchange needs no explaining."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from denghuo.adapters.telephony import template_data, template_of, template_text
from denghuo.apps.hotline.facts import TableTemplateKept, TableTemplateRemoved
from denghuo.apps.hotline.models import TableTemplate
from denghuo.apps.ledger.actions import record


class NameTakenError(ValueError):
    """Another template of the exchange has this name already."""


@transaction.atomic
def keep_table_template(*, exchange_id: int, told: Mapping[str, Any], at: datetime, actor: str) -> TableTemplate:
    """Keep a template for an exchange under its own name; the same one again changes nothing.

    Raises:
        TemplateError: something in it is wrong.
        NameTakenError: there is another one of this name.
    """
    template = template_of(told)
    plain = template_data(template)
    row = TableTemplate.objects.select_for_update().filter(exchange_id=exchange_id, name=template.name).first()
    if row is not None:
        if row.told != plain:
            raise NameTakenError(template.name)
        return row
    row = TableTemplate.objects.create(
        exchange_id=exchange_id, name=template.name, told=plain, kept_at=at, kept_by=actor
    )
    told_as = template_text(template)
    fact = TableTemplateKept(template_id=row.pk, exchange_id=exchange_id, name=row.name, told=told_as)
    record(fact, at=at, actor=actor)
    return row


@transaction.atomic
def remove_table_template(*, template_id: int, at: datetime, actor: str) -> None:
    """Keep a template no longer; what was read by it stays."""
    row = TableTemplate.objects.select_for_update().get(pk=template_id)
    fact = TableTemplateRemoved(template_id=row.pk, exchange_id=row.exchange_id, name=row.name)
    row.delete()
    record(fact, at=at, actor=actor)
