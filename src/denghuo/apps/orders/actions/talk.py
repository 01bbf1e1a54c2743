"""What is said and written of an order: remarks, receipts, appeals, drafts, and what leaves or is shown in full."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from denghuo.apps.customers.actions import unmask
from denghuo.apps.customers.models import Unmasked
from denghuo.apps.ledger.actions import record
from denghuo.apps.orders.actions.steps import take_step
from denghuo.apps.orders.actions.telling import Telling
from denghuo.apps.orders.facts import (
    AppealDecided,
    AppealFiled,
    CallerShown,
    DraftBegun,
    EvidenceHandedOut,
    OrdersExported,
    ReceiptWritten,
    RemarkMade,
)
from denghuo.apps.orders.models import Appeal, Draft, Order, Receipt, Remark
from denghuo.apps.orders.queries.people import answering_for, people_by_username, unit_answering
from denghuo.apps.orders.queries.readers import CONFIDENTIAL
from denghuo.apps.orders.queries.receipts import ReceiptEntry, check_receipt

_TWICE = timedelta(seconds=30)
_SHORTEST_REASON = 2


@transaction.atomic
def make_remark(*, order_id: int, side: str, text: str, at: datetime, actor: str) -> Remark:
    """Write down what was said; a key that is hit twice says it once. The conversation holds nothing else.

    Raises:
        ValueError: nothing was said.
    """
    if not text.strip():
        raise ValueError("a remark says something")
    order = Order.objects.select_for_update().get(pk=order_id)
    told = {"side": Remark.Side(side).value, "text": text.strip(), "actor": actor}
    same = order.remarks.filter(**told, at__gt=at - _TWICE).first()
    if same is not None:
        return same
    row = Remark.objects.create(order=order, at=at, **told)
    record(RemarkMade(remark_id=row.pk, order_id=order_id, side=row.side), at=at, actor=actor)
    return row


@transaction.atomic
def write_receipt(*, order_id: int, entry: ReceiptEntry, at: datetime, actor: str) -> Receipt:
    """Say what was found and done, which finishes the work. What the check only advises is kept with the receipt.

    Raises:
        ValueError: the check forbids it; what it found says why.
        StepRefusedError: the work cannot be finished in this state.
    """
    order = Order.objects.select_for_update().get(pk=order_id)
    findings = check_receipt(order, entry, at=at)
    if wrong := [one.code for one in findings if one.forbids]:
        raise ValueError(f"the receipt cannot be taken: {', '.join(wrong)}")
    noted = [one.code for one in findings]
    row = Receipt.objects.create(order=order, noted=noted, at=at, actor=actor, **vars(entry))
    if entry.restored_at is not None and order.kind == "fault":
        _restore(order, entry.restored_at, at, actor)
    take_step(order_id=order_id, step="finish", finding=entry.finding, at=at, actor=actor)
    fact = ReceiptWritten(receipt_id=row.pk, order_id=order_id, finding=row.finding, noted=tuple(noted))
    record(fact, at=at, actor=actor)
    return row


def _restore(order: Order, restored_at: datetime, at: datetime, actor: str) -> None:
    """The receipt tells when supply came back, where nobody had told it before."""
    told = order.steps.filter(step="restore").exists()
    if not told and order.steps.filter(step="arrive").exists():
        take_step(order_id=order.pk, step="restore", told_at=restored_at, at=at, actor=actor)


@transaction.atomic
def file_appeal(*, order_id: int, clock: str, text: str, at: datetime, actor: str) -> Appeal:
    """Say that what a clock of an order counts is not theirs.

    Raises:
        ValueError: nobody says why, or it is appealed against already.
    """
    if not text.strip():
        raise ValueError("an appeal says why")
    if Appeal.objects.filter(order_id=order_id, clock=clock, decided_at=None).exists():
        raise ValueError("this is appealed against already")
    order = Order.objects.select_related("unit").get(pk=order_id)
    row = Appeal.objects.create(order=order, clock=clock, text=text.strip(), filed_at=at, filed_by=actor)
    whom = answering_for(order, but=actor)
    Telling(order=order, at=at, actor=actor).tell("appeal", whom, key=str(row.pk), why=row.text)
    record(AppealFiled(appeal_id=row.pk, order_id=order_id, clock=clock), at=at, actor=actor)
    return row


@transaction.atomic
def decide_appeal(*, appeal_id: int, upheld: bool, decision: str, at: datetime, actor: str) -> Appeal:
    """Decide upon an appeal. Figures leave out what is upheld; what the clocks showed stays as it was.

    Raises:
        ValueError: it is decided already, one's own, or nobody says why.
    """
    row = Appeal.objects.select_for_update(of=("self",)).select_related("order").get(pk=appeal_id)
    if row.decided_at is not None or row.filed_by == actor or not decision.strip():
        raise ValueError("somebody else decides, once, and says why")
    row.decided_at, row.decided_by, row.upheld, row.decision = at, actor, upheld, decision.strip()
    row.save(update_fields=["decided_at", "decided_by", "upheld", "decision"])
    what, whom = "upheld" if upheld else "rejected", people_by_username([row.filed_by]).values()
    Telling(order=row.order, at=at, actor=actor).tell(what, whom, key=str(row.pk), why=row.decision)
    record(AppealDecided(appeal_id=row.pk, order_id=row.order_id, upheld=upheld), at=at, actor=actor)
    return row


@transaction.atomic
def hand_out_evidence(*, order_id: int, at: datetime, actor: str) -> None:
    """Record that the evidence of an order left this product."""
    record(EvidenceHandedOut(order_id=order_id), at=at, actor=actor)


@transaction.atomic
def show_caller(*, order_id: int, reason: str, at: datetime, actor: str) -> str:
    """The caller's full number, for a reason that is recorded.

    Raises:
        ValueError: nobody says why, in two letters at least.
    """
    if len(reason.strip()) < _SHORTEST_REASON:
        raise ValueError("a number is shown for a reason")
    row = Order.objects.get(pk=order_id)
    seen: dict[str, Any] = {}  # a look at a customer, or at nobody whom we know: somebody else reviews it
    if row.account_id is not None and row.kind not in CONFIDENTIAL:
        unmask(account_id=row.account_id, what=Unmasked.PHONES, reason=f"{row.number} {reason}", at=at, actor=actor)
    else:  # and of misconduct nobody whom it may be about: those who judge it do
        seen = {"subject": f"orders.order:{row.pk}", "name": row.number, "unit_id": unit_answering(row).pk}
    record(CallerShown(order_id=order_id, reason=reason.strip(), **seen), at=at, actor=actor)
    return str(row.caller)


@transaction.atomic
def save_draft(*, content: str, at: datetime, actor: str) -> Draft:
    """Keep what somebody is writing. That they began is a fact; what they typed is none yet."""
    row, begun = Draft.objects.update_or_create(username=actor, defaults={"content": content, "saved_at": at})
    if begun:
        record(DraftBegun(draft_id=row.pk), at=at, actor=actor)
    return row


@dataclass(frozen=True, kw_only=True)
class Handed:
    """What a list was asked for, and how long it is."""

    unit_paths: tuple[str, ...]
    query: str
    row_count: int


@transaction.atomic
def export_orders(*, handed: Handed, at: datetime, actor: str) -> None:
    """Record that a list of orders was handed out."""
    told: dict[str, Any] = vars(handed)
    record(OrdersExported(**told), at=at, actor=actor)
