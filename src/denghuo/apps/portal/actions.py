"""What who reported may do with their report."""

from datetime import datetime

from django.db import transaction

from denghuo.apps.ledger.actions import record
from denghuo.apps.orders import actions as orders
from denghuo.apps.orders.models import Order, Remark
from denghuo.apps.outages import actions as outages
from denghuo.apps.outages.models import ReportState
from denghuo.apps.outages.queries.faults import report_of_order
from denghuo.apps.portal.facts import CustomerSaid
from denghuo.apps.portal.queries import whole_of

# They stay in the rows, in the language of the house.
WITHDRAWN = "客户自行撤回。"
FROM_MERGED = "并入的工单 %s 的客户：仍未来电，或在等答复。"
_SETTLED = (ReportState.BACK, ReportState.LIT, ReportState.CLOSED)


@transaction.atomic
def say(*, order_id: int, says: str, at: datetime, actor: str) -> None:
    """Somebody says how it stands with what they reported: their supply is back, they are still without, they press for
    an answer, or they take it back. Of what was merged into another it is said of that one.

    Raises:
        StepRefusedError: the order has gone on meanwhile, and this cannot be said of it any more.
        ValueError: nobody can say this.
    """
    if says == "withdraw":
        orders.take_step(order_id=order_id, step="terminate", reason=WITHDRAWN, at=at, actor=actor)
    elif says in ("back", "still_out", "urge"):
        row = Order.objects.select_related("merged_into").get(pk=order_id)
        whole = whole_of(row)
        if says == "back":
            _say_back(whole.pk, at=at, actor=actor)
        else:
            _say_still_out(whole.pk, at=at, actor=actor)
            if whole.pk != order_id:  # else nobody would know which of them waits
                told = {"side": Remark.Side.CUSTOMER, "text": FROM_MERGED % row.number}
                orders.make_remark(order_id=whole.pk, at=at, actor=actor, **told)
    else:
        raise ValueError(f"nobody says {says!r}")
    record(CustomerSaid(order_id=order_id, says=says), at=at, actor=actor)


def _say_back(order_id: int, *, at: datetime, actor: str) -> None:
    report = report_of_order(order_id)
    if report is not None:
        outages.say_back(report_id=report.pk, said_at=at, at=at, actor=actor)


def _say_still_out(order_id: int, *, at: datetime, actor: str) -> None:
    """Where supply was said to be back, or the order was closed, it is a fault behind the one that was mended; else
    they press for an answer."""
    report = report_of_order(order_id)
    if report is not None and report.state in _SETTLED:
        outages.say_still_out(report_id=report.pk, said_at=at, at=at, actor=actor)
    else:
        orders.urge_order(order_id=order_id, at=at, actor=actor)
