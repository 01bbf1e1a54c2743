"""The outage of an order, and what its customer was told of it, as evidence of the order."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.notices.models import Channel, How, State
from denghuo.apps.notices.queries import Proof, event_label, proof_of
from denghuo.apps.orders.queries import Exhibit
from denghuo.apps.outages.models import Report


def order_exhibits(order_id: int) -> list[Exhibit]:
    """When its outage began and ended by the switching log, and every message to its customer with its receipt."""
    report = Report.objects.filter(order_id=order_id).select_related("outage", "suspicion").first()
    if report is None:
        return []
    refs = {f"orders.order:{order_id}", f"customers.account:{report.account_id}"}
    subjects = [one for one in (report.outage, report.suspicion) if one is not None]
    proofs = (proof_of(about) for about in (report.about, *(one.about for one in subjects)))
    messages = [proof for found in proofs for ref, of in found.items() if ref in refs for proof in of]
    return [*_supply(report), *map(_message, messages)]


def _supply(report: Report) -> Iterator[Exhibit]:
    outage = report.outage
    if outage is None:
        return
    told: dict[str, Any] = {"source": _("Switching log"), "reference": outage.number}
    if outage.started_at is not None:
        lost = _("Supply was lost: outage %(number)s") % {"number": outage.number}
        yield Exhibit(at=outage.started_at, what=lost, **told)
    back_at = report.back_at or outage.restored_at
    if back_at is not None:
        yield Exhibit(at=back_at, what=_("Supply was back"), **told)


def _message(proof: Proof) -> Exhibit:
    how = dict([*Channel.choices, *How.choices]).get(proof.how, proof.how)
    state = dict(State.choices).get(proof.state, proof.state)
    words = _("message %(number)s") if proof.message_id else _("delivery by hand %(number)s")
    return Exhibit(
        at=proof.delivered_at or proof.sent_at or proof.queued_at,
        source=str(how),
        what=f"{event_label(proof.event)} · {state}" if proof.event else str(state),
        who=proof.by,
        recorded_at=proof.queued_at,
        reference=words % {"number": proof.message_id or proof.delivery_id},
    )
