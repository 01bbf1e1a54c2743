"""What the crew's page sends, as the fields of its forms, becomes what a report tells. The same for a form that is sent
by the browser and for one that waited on the phone."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from denghuo.apps.crews.models import ReportKind


def told_of(kind: ReportKind, data: QueryDict) -> dict[str, Any]:
    """What a form of this kind tells. What cannot be read is handed on as it is: the action refuses it."""
    reader = _READERS.get(kind)
    return reader(data) if reader else {}


def _text(*names: str) -> Callable[[QueryDict], dict[str, Any]]:
    return lambda data: {name: data.get(name, "") for name in names}


def instant(text: str) -> str:
    """A local time as typed, with its zone; as it is where it is none."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return text
    if not isinstance(found, datetime):
        return text
    return (timezone.make_aware(found) if timezone.is_naive(found) else found).isoformat()


def _materials(data: QueryDict) -> dict[str, Any]:
    columns = [data.getlist(name) for name in ("name", "quantity", "measure")]
    longest = max(map(len, columns), default=0)
    rows = zip(*(column + [""] * (longest - len(column)) for column in columns), strict=True)
    told = [{"name": name, "quantity": quantity, "measure": measure} for name, quantity, measure in rows]
    return {"lines": [one for one in told if one["name"].strip() or one["quantity"].strip()]}


def _quote(data: QueryDict) -> dict[str, Any]:
    lines = [
        {"item": int(key), "quantity": value.strip(), "price_fen": _whole(data.get(f"price-{key}", ""))}
        for name, value in data.items()
        if name.startswith("quantity-") and (key := name.removeprefix("quantity-")).isdigit()
        if isinstance(value, str) and value.strip() not in ("", "0")
    ]
    whose = {"order": _whole(data.get("order", ""))}
    if data.get("decision") == "refuse":
        return whose | {"lines": lines, "because": data.get("because", ""), "again_date": data.get("again_date", "")}
    return whose | {"lines": lines, "name": data.get("name", ""), "signature": data.get("signature", "")}


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _finished(data: QueryDict) -> dict[str, Any]:
    told = _text("finding", "receipt", "again_date")(data)
    return told | {"restored_at": instant(data.get("restored_at", ""))}


def _correction(data: QueryDict) -> dict[str, Any]:
    right = data.get("decision") == "right"
    when = "" if right else instant(data.get("at", ""))
    return {"of": data.getlist("of"), "at": when, "because": data.get("because", "")}


_READERS: dict[ReportKind, Callable[[QueryDict], dict[str, Any]]] = {
    ReportKind.REFUSED: _text("because"),
    ReportKind.BOUNDARY: _text("side", "note"),
    ReportKind.CHECKLIST: lambda data: {"checked": data.getlist("checked")},
    ReportKind.MATERIALS: _materials,
    ReportKind.NOTE: _text("text"),
    ReportKind.QUOTE: _quote,
    ReportKind.BEGUN: _text("free_because"),
    ReportKind.FINISHED: _finished,
    ReportKind.CORRECTION: _correction,
}
