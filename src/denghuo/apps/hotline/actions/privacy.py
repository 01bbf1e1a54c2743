"""Who saw what of a caller, and what left the house."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from denghuo.apps.hotline.facts import CallerUnmasked, CallsExported
from denghuo.apps.hotline.models import Call
from denghuo.apps.ledger.actions import record


@transaction.atomic
def unmask_caller(*, call_id: int, reason: str, at: datetime, actor: str) -> str:
    """Tell a caller's full number to somebody who says why; that it was told is recorded, the number is not.

    Raises:
        ValueError: no reason.
    """
    if not reason.strip():
        raise ValueError("say why the number is needed")
    call = Call.objects.select_related("exchange").get(pk=call_id)
    seen: dict[str, Any] = {"subject": f"hotline.call:{call.pk}", "name": str(call.pk)}
    seen["unit_id"] = call.exchange.unit_id
    record(CallerUnmasked(call_id=call.pk, reason=reason.strip()[:200], **seen), at=at, actor=actor)
    return call.caller


@transaction.atomic
def export_calls(*, unit_paths: Sequence[str], query: str, row_count: int, at: datetime, actor: str) -> None:
    """Note that a list of calls left the house."""
    record(CallsExported(unit_paths=tuple(unit_paths), query=query, row_count=row_count), at=at, actor=actor)
