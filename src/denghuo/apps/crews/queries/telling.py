"""What a report holds by the rules: which of its parts are kept, and why one is not taken. Nothing is written here."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from denghuo.apps.crews.models import Assignment, Check, Finding, PriceItem, Quote, Refusal, ReportKind, Side
from denghuo.apps.crews.queries.receipt import lack_of
from denghuo.apps.crews.queries.rules import prices
from denghuo.apps.crews.queries.supply import Supply

_TEXT = 500
_MINUTE, _MOMENT = timedelta(minutes=1), timedelta(seconds=1)
_REASON = 200
_LINES = 30
_MOST = Decimal(100_000)
_SIGNATURE = 20_000
_STROKES = frozenset("ML0123456789. ")


class NotTakenError(ValueError):
    """Why a report is not taken."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of a quote: what from the price list, how much of it, and what that costs."""

    item: PriceItem
    quantity: Decimal
    amount_fen: int


@dataclass(frozen=True, kw_only=True)
class Held:
    """What an assignment holds so far, as far as rules ask for it."""

    assignment: Assignment
    side: Side | None
    quotes: tuple[Quote, ...]
    begun: bool
    order_ids: tuple[int, ...] = ()
    supply: Supply | None = None


@dataclass(frozen=True, kw_only=True)
class Meant:
    """A report as it is meant. ``payload`` is what is kept openly; names and signatures are not in it."""

    payload: dict[str, Any] = field(default_factory=dict)
    lines: tuple[Line, ...] = ()
    order_id: int | None = None
    total_fen: int = 0
    accepted_name: str = ""
    signature: str = ""
    reason: str = ""
    again_date: date | None = None
    finding: Finding | None = None
    restored_at: datetime | None = None
    restored_told_at: datetime | None = None
    receipt: str = ""
    materials: tuple[tuple[str, Decimal, str], ...] = ()
    corrects: tuple[str, ...] = ()
    corrected_at: datetime | None = None


Told = Mapping[str, Any]


def meant(kind: ReportKind, told: Told, *, held: Held, happened_at: datetime, at: datetime) -> Meant:
    """Read what was told.

    Raises:
        NotTakenError: it cannot be read, or breaks a rule.
    """
    reader = _READERS.get(kind)
    return reader(told, held, happened_at, at) if reader else Meant()


def text_of(told: Told, name: str, most: int = _TEXT) -> str:
    """A text that was told, "" where none was.

    Raises:
        NotTakenError: it is no text.
    """
    value = told.get(name, "")
    if not isinstance(value, str) or "\x00" in value:
        raise NotTakenError(Refusal.MALFORMED)
    return value.strip()[:most]


def _reason(told: Told, name: str = "because") -> str:
    value = text_of(told, name, _REASON)
    if len(value) < 2:
        raise NotTakenError(Refusal.REASON_MISSING)
    return value


def _day_after(told: Told, name: str, at: datetime) -> date:
    """A day from today on that somebody comes instead."""
    try:
        day = parse_date(text_of(told, name))
    except ValueError:
        day = None
    if day is None or not timezone.localdate(at) <= day <= timezone.localdate(at) + timedelta(days=366):
        raise NotTakenError(Refusal.DATE_MISSING)
    return day


def instant_of(told: Told, name: str) -> datetime | None:
    """An instant that was told, with its zone; None where none was.

    Raises:
        NotTakenError: it is no instant.
    """
    value = text_of(told, name, 40)
    if not value:
        return None
    try:
        found = parse_datetime(value)
    except ValueError:
        found = None
    if found is None or found.utcoffset() is None:
        raise NotTakenError(Refusal.MALFORMED)
    return found


def quantity_of(value: object) -> Decimal:
    """How much of something.

    Raises:
        NotTakenError: it is not a number above 0 with at most two places.
    """
    try:
        quantity = Decimal(str(value))
    except InvalidOperation as error:
        raise NotTakenError(Refusal.MALFORMED) from error
    if not quantity.is_finite() or not 0 < quantity < _MOST:
        raise NotTakenError(Refusal.MALFORMED)
    if quantity != quantity.quantize(Decimal("0.01")):
        raise NotTakenError(Refusal.MALFORMED)
    return quantity


def _lines_of(told: Told) -> list[Told]:
    lines = told.get("lines")
    if not isinstance(lines, list) or not 0 < len(lines) <= _LINES or not all(isinstance(one, dict) for one in lines):
        raise NotTakenError(Refusal.MALFORMED)
    return lines


def _refused(told: Told, held: Held, happened_at: datetime, at: datetime) -> Meant:
    del held, happened_at, at
    reason = _reason(told)
    return Meant(payload={"because": reason}, reason=reason)


def _boundary(told: Told, held: Held, happened_at: datetime, at: datetime) -> Meant:
    del held, happened_at, at
    if told.get("side") not in Side.values:
        raise NotTakenError(Refusal.MALFORMED)
    return Meant(payload={"side": told["side"], "note": text_of(told, "note", _REASON)})


def _checklist(told: Told, held: Held, happened_at: datetime, at: datetime) -> Meant:
    del held, happened_at, at
    checked = told.get("checked")
    if not isinstance(checked, list) or any(one not in Check.values for one in checked):
        raise NotTakenError(Refusal.MALFORMED)
    return Meant(payload={"checked": [one for one in Check.values if one in checked]})


def _materials(told: Told, held: Held, happened_at: datetime, at: datetime) -> Meant:
    del held, happened_at, at
    found = tuple(
        (text_of(one, "name", 80), quantity_of(one.get("quantity")), text_of(one, "measure", 12))
        for one in _lines_of(told)
    )
    if not all(name for name, *_rest in found):
        raise NotTakenError(Refusal.MALFORMED)
    return Meant(materials=found)


def _note(told: Told, held: Held, happened_at: datetime, at: datetime) -> Meant:
    del held, happened_at, at
    text = text_of(told, "text")
    if not text:
        raise NotTakenError(Refusal.MALFORMED)
    return Meant(payload={"text": text})


def quote_lines(told: Told, *, assignment: Assignment, on: date) -> tuple[Line, ...]:
    """The lines of a quote, each from the price list of a local day at its price there.

    Raises:
        NotTakenError: something is not on the list, or was quoted at another price.
    """
    listed = {row.pk: row for row in prices(assignment.unit, on=on)}
    found = []
    for one in _lines_of(told):
        key = one.get("item")
        item = listed.get(key) if isinstance(key, int) else None
        if item is None or one.get("price_fen") != item.price_fen:
            raise NotTakenError(Refusal.OFF_LIST)
        quantity = quantity_of(one.get("quantity"))
        amount = (quantity * item.price_fen).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        found.append(Line(item=item, quantity=quantity, amount_fen=int(amount)))
    return tuple(found)


def _quote(told: Told, held: Held, happened_at: datetime, at: datetime) -> Meant:
    if held.side is not Side.CUSTOMER:
        raise NotTakenError(Refusal.OURS_IS_FREE)
    lines = quote_lines(told, assignment=held.assignment, on=timezone.localdate(happened_at))
    total, order_id = sum(line.amount_fen for line in lines), _whose(told, held)
    if "because" in told:
        reason, day = _reason(told), _day_after(told, "again_date", at)
        return Meant(
            payload={"accepted": False}, lines=lines, order_id=order_id, total_fen=total, reason=reason, again_date=day
        )
    name, signature = text_of(told, "name", 40), text_of(told, "signature", _SIGNATURE)
    if not name and not signature:
        raise NotTakenError(Refusal.MALFORMED)
    if set(signature) - _STROKES:
        raise NotTakenError(Refusal.MALFORMED)
    return Meant(
        payload={"accepted": True},
        lines=lines,
        order_id=order_id,
        total_fen=total,
        accepted_name=name,
        signature=signature,
    )


def _whose(told: Told, held: Held) -> int | None:
    """The order that a quote is for: where several are served, the one that was said."""
    if len(held.order_ids) < 2:
        return next(iter(held.order_ids), None)
    order_id = told.get("order")
    if order_id not in held.order_ids:
        raise NotTakenError(Refusal.WHICH_ORDER)
    return int(order_id)


def _begun(told: Told, held: Held, happened_at: datetime, at: datetime) -> Meant:
    del at
    free = text_of(told, "free_because", _REASON)
    paid = any(one.is_charged and one.accepted_at <= happened_at for one in held.quotes if one.accepted_at)
    if held.side is Side.CUSTOMER and not paid and len(free) < 2:
        raise NotTakenError(Refusal.QUOTE_FIRST)
    return Meant(payload={"free_because": free} if free else {})


def _finished(told: Told, held: Held, happened_at: datetime, at: datetime) -> Meant:
    if held.assignment.arrived_at is None:
        raise NotTakenError(Refusal.ARRIVE_FIRST)
    if told.get("finding") not in Finding.values:
        raise NotTakenError(Refusal.MALFORMED)
    finding = Finding(told["finding"])
    receipt = text_of(told, "receipt")
    lack = lack_of(receipt)
    if lack is not None:
        raise NotTakenError(lack)
    if finding is Finding.FAULT_CLEARED and held.side is Side.CUSTOMER:
        raise NotTakenError(Refusal.THEIRS)  # else an order would say that it was ours, and what the customer paid
    worked = finding in (Finding.FAULT_CLEARED, Finding.DONE)
    if worked and held.side is Side.CUSTOMER and not held.begun:
        raise NotTakenError(Refusal.QUOTE_FIRST)
    day = _day_after(told, "again_date", at) if finding is Finding.PUT_OFF else None
    restored, differs = None, None
    if finding is Finding.FAULT_CLEARED:
        restored, differs = _back(instant_of(told, "restored_at"), held.supply, happened_at, at)
    payload = {"finding": finding.value, "receipt": receipt}
    return Meant(
        payload=payload,
        finding=finding,
        restored_at=restored,
        restored_told_at=differs,
        again_date=day,
        receipt=receipt,
    )


def _back(
    told: datetime | None, supply: Supply | None, happened_at: datetime, at: datetime
) -> tuple[datetime, datetime | None]:
    """Since when supply is back, and what the crew says where that is something else: what the switching log knows
    holds. People tell times to the minute."""
    gone_at = supply.gone_at if supply else None
    if told is not None and told >= at + _MINUTE:
        raise NotTakenError(Refusal.BACK_AHEAD)
    if told is not None and gone_at is not None and told + _MINUTE <= gone_at:
        raise NotTakenError(Refusal.BACK_BEFORE)
    if supply is not None and supply.back_at is not None:
        differs = told is not None and abs(told - supply.back_at) >= _MINUTE
        return supply.back_at, told if differs else None
    back_at = min(told or happened_at, at)
    return (back_at if gone_at is None else min(max(back_at, gone_at + _MOMENT), at)), None


def _correction(told: Told, held: Held, happened_at: datetime, at: datetime) -> Meant:
    del held, happened_at
    of, when = told.get("of"), instant_of(told, "at")
    if not isinstance(of, list) or not 0 < len(of) <= _LINES or not all(isinstance(one, str) for one in of):
        raise NotTakenError(Refusal.MALFORMED)
    if when is not None and when > at + timedelta(minutes=1):
        raise NotTakenError(Refusal.AHEAD)
    reason = _reason(told) if when is not None else text_of(told, "because", _REASON)
    payload = {"of": of, "at": when.isoformat() if when else None}
    return Meant(payload=payload, corrects=tuple(of), corrected_at=when, reason=reason)


_READERS: dict[ReportKind, Callable[[Told, Held, datetime, datetime], Meant]] = {
    ReportKind.REFUSED: _refused,
    ReportKind.BOUNDARY: _boundary,
    ReportKind.CHECKLIST: _checklist,
    ReportKind.MATERIALS: _materials,
    ReportKind.NOTE: _note,
    ReportKind.QUOTE: _quote,
    ReportKind.BEGUN: _begun,
    ReportKind.FINISHED: _finished,
    ReportKind.CORRECTION: _correction,
}


def position(told: Told) -> dict[str, float | None]:
    """Latitude, longitude and accuracy in meters as told, or none of them where they cannot be."""
    nowhere = dict.fromkeys(("latitude", "longitude", "accuracy_m"))
    values = {name: told.get(name) for name in nowhere}
    found = {name: float(one) for name, one in values.items() if isinstance(one, int | float) and _is_real(one)}
    if len(found) < len(nowhere):
        return nowhere
    fits = abs(found["latitude"]) <= 90 and abs(found["longitude"]) <= 180 and found["accuracy_m"] >= 0
    return dict(found) if fits else nowhere


def _is_real(value: float) -> bool:
    return not isinstance(value, bool) and math.isfinite(value)
