"""The check of a receipt while it is written: what is missing or does not fit, and why that matters."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from denghuo.apps.orders.models import Finding, Kind, Order

HOLDS_NUMBER = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|0\d{2,3}-?\d{7,8})(?!\d)")
SAYS_NOTHING = re.compile(r"^(?:已处理|已解决|处理完毕|正常|无|ok|done|n/?a|\W)*$", re.IGNORECASE)
SHORT_CHARACTERS = 6
FAULT_FINDINGS = (
    Finding.OUR_EQUIPMENT,
    Finding.CUSTOMER_WIRING,
    Finding.ARREARS,
    Finding.PLANNED,
    Finding.NOTHING,
)
# What was said is justified or not; an enquiry, praise, a suggestion and a service have no cause to be found.
WORD_FINDINGS = (Finding.JUSTIFIED, Finding.PARTLY, Finding.UNJUSTIFIED, Finding.NOTHING)


@dataclass(frozen=True, kw_only=True)
class ReceiptEntry:
    """What was found, what was done, what the customer was told, and when supply came back."""

    finding: str = ""
    found: str = ""
    done: str = ""
    told_customer: str = ""
    restored_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ReceiptFinding:
    """One thing the check says: ``forbids`` keeps the receipt from being taken, else it is advice."""

    code: str
    field: str
    forbids: bool


def findings_for(kind: str) -> tuple[Finding, ...]:
    """What can be found of an order of a kind, nothing where it is not asked."""
    if kind == Kind.FAULT:
        return FAULT_FINDINGS
    return WORD_FINDINGS if kind in (Kind.COMPLAINT, Kind.MISCONDUCT, Kind.OPINION) else ()


def check_receipt(order: Order, entry: ReceiptEntry, *, at: datetime) -> list[ReceiptFinding]:
    """Everything that a receipt lacks, what forbids it first."""
    found = [*_words(entry), *_matter(order, entry), *_times(order, entry, at)]
    return sorted(found, key=lambda one: not one.forbids)


def _words(entry: ReceiptEntry) -> Iterator[ReceiptFinding]:
    for field in ("found", "done"):
        text = getattr(entry, field).strip()
        if not text:
            yield ReceiptFinding(code="missing", field=field, forbids=True)
        elif SAYS_NOTHING.match(text) or len(text) == 1:
            yield ReceiptFinding(code="says_nothing", field=field, forbids=True)
        elif len(text) < SHORT_CHARACTERS:
            yield ReceiptFinding(code="short", field=field, forbids=False)
    for field in ("found", "done", "told_customer"):
        if HOLDS_NUMBER.search(getattr(entry, field)):
            yield ReceiptFinding(code="number", field=field, forbids=True)


def _matter(order: Order, entry: ReceiptEntry) -> Iterator[ReceiptFinding]:
    known = findings_for(order.kind)
    if known and not entry.finding:
        yield ReceiptFinding(code="missing", field="finding", forbids=True)
    elif entry.finding and entry.finding not in known:
        yield ReceiptFinding(code="not_of_kind", field="finding", forbids=True)
    if order.kind in (Kind.COMPLAINT, Kind.MISCONDUCT, Kind.OPINION, Kind.SUGGESTION, Kind.ENQUIRY):
        if not entry.told_customer.strip():
            yield ReceiptFinding(code="missing", field="told_customer", forbids=True)
        if not order.steps.filter(step="contact").exists():
            yield ReceiptFinding(code="no_contact", field="told_customer", forbids=order.kind == Kind.COMPLAINT)


def _times(order: Order, entry: ReceiptEntry, at: datetime) -> Iterator[ReceiptFinding]:
    if order.kind != Kind.FAULT:
        return
    # The first that they were there: what the clock stopped at, told to the minute as restored times are.
    arrived_at = order.steps.filter(step="arrive").order_by("told_at", "pk").values_list("told_at", flat=True).first()
    if arrived_at is None and entry.finding == Finding.OUR_EQUIPMENT:
        yield ReceiptFinding(code="no_arrival", field="found", forbids=False)
    if entry.restored_at is None:
        if entry.finding == Finding.OUR_EQUIPMENT:
            yield ReceiptFinding(code="missing", field="restored_at", forbids=True)
    elif entry.restored_at > at:
        yield ReceiptFinding(code="future", field="restored_at", forbids=True)
    elif entry.restored_at < (arrived_at or order.received_at).replace(second=0, microsecond=0):
        yield ReceiptFinding(code="before_arrival", field="restored_at", forbids=True)
