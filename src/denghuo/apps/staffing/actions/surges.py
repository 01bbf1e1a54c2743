"""Surges: proposed when an outage begins or changes, sent or dismissed by somebody, answered by those called up."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from denghuo.apps.ledger.actions import record
from denghuo.apps.notices.actions import NoticeEntry, queue_notice, withdraw_notice
from denghuo.apps.organization.models import Unit
from denghuo.apps.outages import queries as outages
from denghuo.apps.outages.facts import SupplyChanged
from denghuo.apps.outages.models import Outage
from denghuo.apps.staffing.facts import (
    AgentCalledUp,
    CallUpAnswered,
    SurgeDismissed,
    SurgeOver,
    SurgeProposed,
    SurgeSent,
    SurgeTakenBack,
)
from denghuo.apps.staffing.models import Answer, CallUp, RuleKind, Surge, SurgeState
from denghuo.apps.staffing.queries.offers import Shown, SurgeOffer, changed, offer_of
from denghuo.apps.staffing.queries.rules import rule_book, units_staffed
from denghuo.apps.staffing.queries.sent import sending_now
from denghuo.apps.staffing.queries.surges import surge_inputs, undecided
from denghuo.apps.staffing.snapshot.surges import Measure, proposal

_TIER = {Measure.SECOND.value: 2, Measure.THIRD.value: 3}


class OfferChangedError(ValueError):
    """What is proposed now is not what was shown. ``parts`` says what differs; ``now`` is None where nothing can be
    sent any more."""

    def __init__(self, parts: tuple[str, ...], now: SurgeOffer | None) -> None:
        self.parts, self.now = parts, now
        super().__init__("the proposal has changed")


def follow_supply(fact: SupplyChanged, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Propose surges for outages that began, grew or shrank; close those of outages that are over."""
    del delivery_key
    known = undecided(fact.outage_ids)
    for outage in outages.outages_by_id(fact.outage_ids):
        if outage.lasts:
            unit = _unit_of(outage)
            if unit is not None:
                propose_surge(unit=unit, outage=outage, at=at, actor=actor)
        elif outage.pk in known:
            _close(outage, at=at, actor=actor)


def _unit_of(outage: Outage) -> Unit | None:
    """The unit whose hotline answers for an outage: the nearest above its network that has one."""
    path = str(outage.network.unit.path)
    roots = [f"/{path.strip('/').split('/')[0]}/"]
    above = [one for one in units_staffed(roots) if path.startswith(str(one.path))]
    return max(above, key=lambda one: len(str(one.path)), default=None)


@transaction.atomic
def propose_surge(*, unit: Unit, outage: Outage, at: datetime, actor: str) -> Surge | None:
    """Work out what an outage will do to the hotline and what can be done; None where it is too small. What was worked
    out stays until the outage grows, or shrinks markedly; where it is not large any more and nothing was sent, the
    surge is over. What was decided stays until it has grown by as many customers as make an outage large, and then what
    is still to be done is proposed, on top of what was sent."""
    row = Surge.objects.select_for_update().filter(unit_id=unit.pk, outage_id=outage.pk).first()
    customers = outages.cost(outage, at=at).lv_customers_out
    book, today = rule_book(unit.pk), timezone.localdate(at)
    least = book.value(RuleKind.SURGE_CUSTOMERS, on=today)
    if row is None and customers < least:
        return None
    if row is not None and row.state == SurgeState.PROPOSED and not row.accepted and customers < least:
        _end(row, at=at, actor=actor)
        return row
    fewer_share = book.value(RuleKind.SURGE_FEWER_SHARE, on=today)
    if row is not None and not _is_another(row, customers=customers, least=least, fewer_share=fewer_share):
        return row
    told = proposal(surge_inputs(unit, outage, at=at))
    defaults = {"customers": customers, "proposed_at": at, "told": told, "state": SurgeState.PROPOSED}
    row, _ = Surge.objects.update_or_create(unit_id=unit.pk, outage_id=outage.pk, defaults=defaults)
    fact = SurgeProposed(surge_id=row.pk, unit_id=unit.pk, outage_id=outage.pk, customers=customers)
    record(fact, at=at, actor=actor)
    return row


def _is_another(row: Surge, *, customers: int, least: float, fewer_share: float) -> bool:
    """Whether so many more or fewer are out that what was worked out, or decided, holds no more."""
    grown = customers - row.customers
    if row.state == SurgeState.PROPOSED:
        return grown >= 1 or -grown >= max(fewer_share * row.customers, 1)
    if row.state == SurgeState.OVER and not row.accepted:
        return customers >= least
    return grown >= least


@transaction.atomic
def _close(outage: Outage, *, at: datetime, actor: str) -> None:
    """Supply is back: the surges of an outage are over, and who is still called up is let go."""
    for row in Surge.objects.select_for_update().filter(outage_id=outage.pk).exclude(state=SurgeState.OVER):
        _end(row, at=at, actor=actor)


def _end(row: Surge, *, at: datetime, actor: str) -> None:
    row.state = SurgeState.OVER
    row.save(update_fields=["state"])
    freed = _let_go(row, at=at, actor=actor, until_after=at)
    record(SurgeOver(surge_id=row.pk, outage_id=row.outage_id, call_up_ids=freed), at=at, actor=actor)


def _let_go(surge: Surge, *, at: datetime, actor: str, until_after: datetime | None = None) -> tuple[int, ...]:
    """Tell everybody who is called up, or whose time ends after an instant, that they need not come or may go."""
    rows = surge.call_ups.select_for_update().filter(cancelled_at=None)
    found = list(rows if until_after is None else rows.filter(until_at__gt=until_after))
    for row in found:
        row.cancelled_at = at
        row.save(update_fields=["cancelled_at"])
        _tell_cancelled(row, at=at, actor=actor)
    return tuple(row.pk for row in found)


@transaction.atomic
def send_surge(
    *, surge_id: int, measures: Sequence[str], worded_at: datetime | None = None, at: datetime, actor: str
) -> Surge:
    """Accept measures of a proposal: who is called up is asked, and what else follows is told by the fact. Callers hear
    the words that were the latest when the proposal was looked at, ``worded_at``.

    Raises:
        ValueError: it was decided already, a measure is not in it, or would begin after it ends.
    """
    surge = Surge.objects.select_for_update().get(pk=surge_id)
    if surge.state != SurgeState.PROPOSED:
        raise ValueError("decided already")
    told = sending_now(surge, measures, at=at)
    chosen = [one["measure"] for one in told["measures"]]
    surge.state, surge.decided_at, surge.decided_by = SurgeState.SENT, at, actor
    surge.accepted = [*surge.accepted, *(one for one in chosen if one not in surge.accepted)]
    surge.sent = [*surge.sent, {"by": actor} | told]
    surge.save(update_fields=["state", "decided_at", "decided_by", "accepted", "sent"])
    for measure in told["measures"]:
        for agent_id in measure["agent_ids"]:
            _call_up(surge, agent_id, measure, at=at, actor=actor)
    fact = SurgeSent(
        surge_id=surge.pk,
        unit_id=surge.unit_id,
        outage_id=surge.outage_id,
        measures=tuple(chosen),
        announced=Measure.ANNOUNCEMENT.value in chosen,
        cost_fen=told["cost_fen"],
        worded_at=worded_at,
    )
    record(fact, at=at, actor=actor)
    return surge


@transaction.atomic
def send_offer(*, surge_id: int, shown: Shown, at: datetime, actor: str) -> Surge:
    """Send what an alert showed, all of it and nothing else. What was sent already stays as it is.

    Raises:
        OfferChangedError: something else is proposed by now, or nothing.
    """
    surge = Surge.objects.select_for_update().select_related("outage__network__unit", "unit").get(pk=surge_id)
    if surge.state == SurgeState.SENT:
        return surge
    now = offer_of(surge, at=at)
    parts = changed(shown, now.shown) if now is not None else ()
    if now is None or parts:
        raise OfferChangedError(parts, now)
    return send_surge(surge_id=surge_id, measures=now.shown.measures, worded_at=at, at=at, actor=actor)


@transaction.atomic
def take_back_surge(*, surge_id: int, at: datetime, actor: str) -> Surge:
    """Take back what was sent: nobody who was called up need come, and call-backs are made again. The proposal is
    worked out anew and waits for a decision. What callers hear stays: its own page takes it off.

    Raises:
        ValueError: nothing is sent, or its outage is over.
    """
    surge = Surge.objects.select_for_update().get(pk=surge_id)
    if surge.state != SurgeState.SENT or not surge.outage.lasts:
        raise ValueError("nothing to take back")
    fact = SurgeTakenBack(
        surge_id=surge.pk,
        outage_id=surge.outage_id,
        measures=tuple(surge.accepted),
        call_up_ids=_let_go(surge, at=at, actor=actor),
    )
    back = {"taken_back_at": at.isoformat(), "taken_back_by": actor}
    surge.sent = [one if "taken_back_at" in one else one | back for one in surge.sent]
    surge.accepted, surge.state, surge.proposed_at = [], SurgeState.PROPOSED, at
    surge.customers = outages.cost(surge.outage, at=at).lv_customers_out
    surge.save(update_fields=["sent", "accepted", "state", "proposed_at", "customers"])
    surge.told = proposal(surge_inputs(surge.unit, surge.outage, at=at))
    surge.save(update_fields=["told"])
    record(fact, at=at, actor=actor)
    return surge


def _call_up(surge: Surge, agent_id: int, told: dict[str, Any], *, at: datetime, actor: str) -> None:
    row = CallUp.objects.create(
        surge=surge,
        agent_id=agent_id,
        tier=_TIER[told["measure"]],
        from_at=datetime.fromisoformat(told["from_at"]),
        until_at=datetime.fromisoformat(told["until_at"]),
        asked_at=at,
    )
    fact = AgentCalledUp(
        call_up_id=row.pk,
        surge_id=surge.pk,
        agent_id=agent_id,
        tier=row.tier,
        from_at=row.from_at,
        until_at=row.until_at,
    )
    record(fact, at=at, actor=actor)
    _tell(row, at=at, actor=actor)


def _tell(row: CallUp, *, at: datetime, actor: str) -> None:
    """Put it into the notices of who is called up, if they have an account."""
    if row.agent.user_id is None:
        return
    times = {"from": f"{timezone.localtime(row.from_at):%H:%M}", "until": f"{timezone.localtime(row.until_at):%H:%M}"}
    outage = row.surge.outage
    customers = outages.cost(outage, at=at).lv_customers_out
    with translation.override(settings.LANGUAGE_CODE):
        entry = NoticeEntry(
            kind="staffing.call_up",
            subject=_("You are called up from %(from)s to %(until)s") % times,
            text=_("Outage %(number)s: %(customers)s customers without supply. Say whether you can come.")
            % {"number": outage.number, "customers": f"{customers:,}"},
            path=reverse("staffing:person"),
            urgent=True,
        )
    queue_notice(recipient_id=row.agent.user_id, key=_notice_key(row), entry=entry, at=at, actor=actor)


def _tell_cancelled(row: CallUp, *, at: datetime, actor: str) -> None:
    """Put it into the notices of who need not come, unless they have said that they cannot."""
    if row.agent.user_id is None:
        return
    withdraw_notice(recipient_id=row.agent.user_id, key=_notice_key(row), at=at, actor=actor)
    if row.answer == Answer.DECLINED:
        return
    times = {"from": f"{timezone.localtime(row.from_at):%H:%M}", "until": f"{timezone.localtime(row.until_at):%H:%M}"}
    outage = row.surge.outage
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("You need not come from %(from)s to %(until)s") % times
        if row.answer == Answer.ACCEPTED and row.from_at <= at:
            subject = _("You may go: your call-up ended at %(at)s") % {"at": f"{timezone.localtime(at):%H:%M}"}
        why = _("Outage %(number)s: the call-up was taken back.")
        if not outage.lasts:
            why = _("Outage %(number)s: supply is back.")
        entry = NoticeEntry(
            kind="staffing.call_up_cancelled",
            subject=subject,
            text=why % {"number": outage.number},
            path=reverse("staffing:person"),
            urgent=True,
        )
    queue_notice(recipient_id=row.agent.user_id, key=f"{_notice_key(row)}-cancelled", entry=entry, at=at, actor=actor)


def _notice_key(row: CallUp) -> str:
    return f"call-up-{row.pk}"


@transaction.atomic
def dismiss_surge(*, surge_id: int, at: datetime, actor: str) -> None:
    """Say that nothing needs to be done."""
    surge = Surge.objects.select_for_update().get(pk=surge_id, state=SurgeState.PROPOSED)
    surge.state, surge.decided_at, surge.decided_by = SurgeState.DISMISSED, at, actor
    surge.save(update_fields=["state", "decided_at", "decided_by"])
    record(SurgeDismissed(surge_id=surge.pk, outage_id=surge.outage_id), at=at, actor=actor)


@transaction.atomic
def answer_call_up(*, call_up_id: int, answer: Answer, at: datetime, actor: str) -> CallUp:
    """Say that somebody comes or cannot; what was said before is replaced."""
    row = CallUp.objects.select_for_update().get(pk=call_up_id)
    row.answer, row.answered_at, row.answered_by = answer, at, actor
    row.save(update_fields=["answer", "answered_at", "answered_by"])
    if row.agent.user_id is not None:
        withdraw_notice(recipient_id=row.agent.user_id, key=_notice_key(row), at=at, actor=actor)
    fact = CallUpAnswered(call_up_id=row.pk, surge_id=row.surge_id, agent_id=row.agent_id, answer=answer.value)
    record(fact, at=at, actor=actor)
    return row
