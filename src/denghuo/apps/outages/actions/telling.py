"""Who is without supply is told: special care first, important users, then everybody; and asked when it is back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from denghuo.apps.customers import queries as customers
from denghuo.apps.customers.models import Purpose
from denghuo.apps.customers.queries import Customer, Reach
from denghuo.apps.customers.queries.reaching import kind_of_number
from denghuo.apps.ledger.actions import record
from denghuo.apps.notices.actions import MessageEntry, cancel_messages, queue_messages
from denghuo.apps.notices.models import Channel, Ring
from denghuo.apps.notices.queries import words
from denghuo.apps.orders.queries.callers import callers_of
from denghuo.apps.outages import queries
from denghuo.apps.outages.actions.estimates import estimate_from_history
from denghuo.apps.outages.facts import (
    CustomersAsked,
    CustomersBack,
    EstimateGiven,
    EstimatesCalledOff,
    EstimateTold,
    MessagesCalledOff,
    OutageClosed,
    OutageTold,
    SupplyChanged,
    SuspicionEnded,
)
from denghuo.apps.outages.models import Outage, Report, Suspicion, TellingRule
from denghuo.apps.outages.queries import LoadOut
from denghuo.engines.standards import OutageKind

_EXPECTED = "outages.restoration_time"


@dataclass(frozen=True, kw_only=True)
class _Telling:
    """One outage and how its people are told of it."""

    outage: Outage
    rule: TellingRule
    values: dict[str, str]
    at: datetime

    def words(self, event: str, channel: str) -> str:
        return words(
            event=event,
            channel=channel,
            unit_path=str(self.outage.network.unit.path),
            on=timezone.localdate(self.at),
            values=self.values,
        )

    def entry(self, event: str, who: Customer, reach: Reach, channel: str, ring: Ring) -> MessageEntry:
        waits = ring is Ring.CARE and channel == Channel.VOICE
        began_at = self.outage.started_at or self.at
        others_at = began_at + timedelta(seconds=self.rule.others_after_s)
        return MessageEntry(
            key=f"{event}:{self.outage.pk}:{who.account_id}:{channel}:{'carer' if reach.carer else 'own'}",
            event=event,
            about=self.outage.about,
            channel=channel,
            ring=ring,
            to_ref=who.ref,
            address=reach.number,
            name=reach.name,
            text=self.words(event, channel),
            values=self.values,
            unit_id=who.unit_id,
            safety=ring is Ring.CARE,
            expects_answer=waits,
            answer_within_s=self.rule.care_answer_within_s if waits else None,
            not_before_at=others_at if ring is Ring.ALL else None,
            quiet_from=reach.quiet_from,
            quiet_until=reach.quiet_until,
        )


def tell_of_outages(fact: SupplyChanged, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction, in the background: everybody behind a fault that lasts is told, once each; latecomers when it is so."""
    del delivery_key  # every message has a key of its own
    named = set(fact.outage_ids)
    rule = queries.judging_for(fact.network_id, on=timezone.localdate(at))
    # What began longer ago was told of by other means, or belongs to a log that is read in afterwards.
    since = at - timedelta(seconds=rule.told_within_s)
    rows = Outage.objects.select_related("network__unit", "feeder").filter(network_id=fact.network_id, restored_at=None)
    for outage in rows.filter(started_at__gt=since).order_by("pk"):
        if outage.pk not in named:
            continue
        if OutageKind(outage.kind).within(OutageKind.FAULT) or outage.kind == OutageKind.UNCLASSIFIED:
            _tell(outage, at=at, actor=actor)


def _tell(outage: Outage, *, at: datetime, actor: str) -> None:
    loads = queries.loads_out(outage, at=at)
    people = customers.customers_on(outage.network.unit_id, [one.code for one in loads if one.ended_at is None])
    if not people:
        return
    if not queries.estimates_of_outage(outage):
        estimate_from_history(subject=outage, at=at, actor=actor)
    telling = _telling(outage, loads, at=at)
    reach = customers.reach_of([one.account_id for one in people], purpose=Purpose.OUTAGE)
    rings = {Ring.CARE: 0, Ring.IMPORTANT: 0, Ring.ALL: 0}
    entries: list[MessageEntry] = []
    unreachable = 0
    for who in people:
        ring = Ring.CARE if who.care_kind else Ring.IMPORTANT if who.important else Ring.ALL
        own = _to(telling, who, reach.get(who.account_id, []), ring)
        rings[ring] += 1
        unreachable += not own
        entries += own
    if queue_messages(entries=entries, at=at, actor=actor):
        told = OutageTold(
            outage_id=outage.pk,
            event="outages.fault",
            care_count=rings[Ring.CARE],
            important_count=rings[Ring.IMPORTANT],
            others_count=rings[Ring.ALL],
            unreachable_count=unreachable,
        )
        record(told, at=at, actor=actor)


def _to(telling: _Telling, who: Customer, reach: Sequence[Reach], ring: Ring) -> list[MessageEntry]:
    """Special care is called, and written to, as are their carers; everybody else gets one message."""
    if ring is not Ring.CARE:
        mobile = next((one for one in reach if one.kind == "mobile" and one.consented and not one.carer), None)
        return [telling.entry("outages.fault", who, mobile, Channel.SMS, ring)] if mobile else []
    event = "outages.fault_care"
    called = next((one for one in reach if not one.carer), None) or next(iter(reach), None)
    found = [telling.entry(event, who, called, Channel.VOICE, ring)] if called else []
    written: dict[bool, Reach] = {}
    for one in reach:
        if one.kind == "mobile":
            written.setdefault(one.carer, one)
    return found + [telling.entry(event, who, one, Channel.SMS, ring) for one in written.values()]


def _telling(outage: Outage, loads: Sequence[LoadOut], *, at: datetime) -> _Telling:
    rule = queries.rule_for(str(outage.network.unit.path), on=timezone.localdate(at))
    return _Telling(outage=outage, rule=rule, values=_values(outage, loads, rule, at=at), at=at)


def _values(outage: Outage, loads: Sequence[LoadOut], rule: TellingRule, *, at: datetime) -> dict[str, str]:
    """What the words of messages may name, as those who get them read it."""
    told = queries.estimates_of_outage(outage)
    with override(settings.LANGUAGE_CODE):
        return {
            "area": queries.area_told(load.area for load in loads) or outage.place or str(outage.feeder),
            "line": str(outage.feeder or outage.device_code),
            "start": queries.clock_told(outage.started_at or at, at=at),
            "end": queries.clock_told(outage.restored_at or at, at=at),
            "restoration": (
                _("supply is expected back at %(time)s") % {"time": queries.clock_told(told[-1].expected_at, at=at)}
                if told and told[-1].expected_at > at
                else _("when supply is back is still being found out")
            ),
            "phone": rule.phone,
        }


def call_off_messages(fact: OutageClosed, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: what has not gone out yet of an outage that is over need not, nor when it was expected to be over."""
    del delivery_key
    outage = Outage.objects.get(pk=fact.outage_id)
    count = cancel_messages(about=outage.about, reason="restored", at=at, actor=actor)
    for about in outage.formerly:
        count += cancel_messages(about=about, reason="restored", events=(_EXPECTED,), at=at, actor=actor)
    if count:
        record(MessagesCalledOff(outage_id=fact.outage_id, message_count=count), at=at, actor=actor)


def call_off_expected(fact: SuspicionEnded, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: when a suspected fault was expected to be over is told no more where it is over, or was none."""
    del delivery_key
    about = f"outages.suspicion:{fact.suspicion_id}"
    count = cancel_messages(about=about, reason="suspicion_over", events=(_EXPECTED,), at=at, actor=actor)
    if count:
        record(EstimatesCalledOff(suspicion_id=fact.suspicion_id, message_count=count), at=at, actor=actor)


def ask_whether_back(fact: CustomersBack, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction, in the background: those who had reported are asked whether their supply is back."""
    del delivery_key
    outage = Outage.objects.select_related("network__unit", "feeder").get(pk=fact.outage_id)
    reports = list(Report.objects.filter(pk__in=fact.report_ids, asked_at=None).order_by("pk"))
    numbers = callers_of([one.order_id for one in reports])
    telling = _telling(outage, queries.loads_out(outage, at=at), at=at)
    entries = [_question(telling, one, numbers[one.order_id]) for one in reports if numbers.get(one.order_id)]
    queue_messages(entries=entries, at=at, actor=actor)
    Report.objects.filter(pk__in=[one.pk for one in reports]).update(asked_at=at)
    if reports:
        record(CustomersAsked(outage_id=outage.pk, report_ids=tuple(one.pk for one in reports)), at=at, actor=actor)


def _question(telling: _Telling, report: Report, number: str) -> MessageEntry:
    event = "outages.call_back"
    channel = Channel.SMS if kind_of_number(number) == "mobile" else Channel.VOICE
    told = telling.values | {"end": _local(report.back_at or telling.at)}
    text = words(
        event=event,
        channel=channel,
        unit_path=str(telling.outage.network.unit.path),
        on=timezone.localdate(telling.at),
        values=told,
    )
    account = f"customers.account:{report.account_id}" if report.account_id else f"orders.order:{report.order_id}"
    return MessageEntry(
        key=f"{event}:{report.pk}:{report.still_out_count}",
        event=event,
        about=report.about,
        channel=channel,
        ring=Ring.ALL,
        to_ref=account,
        address=number,
        text=text,
        values=told,
        unit_id=telling.outage.network.unit_id,
        expects_answer=True,
        answer_within_s=telling.rule.ask_within_s,
    )


def _local(instant: datetime) -> str:
    with override(settings.LANGUAGE_CODE):
        return queries.clock_told(instant)


def _area_of(subject: Outage | Suspicion, *, at: datetime) -> str:
    """Where supply is out, or probably is, by the names that people live by: no device tells them anything."""
    if isinstance(subject, Outage):
        areas = [one.area for one in queries.loads_out(subject, at=at) if one.ended_at is None]
    else:
        areas = queries.areas_behind(subject.network_id, device_code=subject.device_code)
    return queries.area_told(areas) or subject.place or str(subject.feeder or subject.network.unit.name)


def tell_estimate(fact: EstimateGiven, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction, in the background: whoever reported is told when supply is expected back, unless history says so."""
    del delivery_key
    subject = queries.subject_of(fact.about)
    if subject is None or fact.method == "history" or not fact.order_ids:
        return
    unit = subject.network.unit
    rule = queries.rule_for(str(unit.path), on=timezone.localdate(at))
    numbers = callers_of(fact.order_ids)
    with override(settings.LANGUAGE_CODE):
        back = queries.clock_told(fact.expected_at, at=at)
        told = {
            "area": _area_of(subject, at=at),
            "line": str(subject.feeder or unit.name),
            "restoration": _("supply is expected back at %(time)s") % {"time": back},
            "phone": rule.phone,
        }
    event = _EXPECTED
    text = words(event=event, channel=Channel.SMS, unit_path=str(unit.path), on=timezone.localdate(at), values=told)
    entries = [
        MessageEntry(
            key=f"{event}:{fact.about}:{order_id}:{fact.expected_at:%Y%m%d%H%M}",
            event=event,
            about=fact.about,
            channel=Channel.SMS,
            ring=Ring.ALL,
            to_ref=f"orders.order:{order_id}",
            address=number,
            text=text,
            values=told,
            unit_id=unit.pk,
            expires_at=fact.expected_at,
        )
        for order_id, number in sorted(numbers.items())
        if kind_of_number(number) == "mobile"
    ]
    if queue_messages(entries=entries, at=at, actor=actor):
        record(EstimateTold(about=fact.about, order_count=len(entries)), at=at, actor=actor)
