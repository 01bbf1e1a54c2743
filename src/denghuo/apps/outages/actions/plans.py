"""Who hangs behind the devices of a plan is told before it happens, and when it is moved or cancelled: special care
first, important users, everybody."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from denghuo.apps.customers import queries as customers
from denghuo.apps.customers.models import Purpose
from denghuo.apps.customers.queries import CustomerRef, Reach
from denghuo.apps.ledger.actions import record
from denghuo.apps.network import queries as network
from denghuo.apps.notices.actions import MessageEntry, cancel_messages, queue_messages
from denghuo.apps.notices.models import Channel, NoticeCase, Ring
from denghuo.apps.notices.queries import EVENTS, after_quiet, words
from denghuo.apps.outages import queries
from denghuo.apps.outages.facts import OutageTold, PlanCancelled, PlanDevicesNamed, PlanMoved
from denghuo.apps.outages.models import Outage

_EVENTS = {NoticeCase.PLANNED: "outages.planned", NoticeCase.TEMPORARY: "outages.temporary"}
_CHANGED, _CANCELLED, _SOON = "outages.plan_changed", queries.CANCELLED, "outages.before"
_MOVED = (
    *("planned_start_at", "planned_end_at", "plan_was_start_at", "plan_was_end_at", "plan_moved_at"),
    *("plan_told_at", "plan_changed_because", "plan_changed_by"),
)
_CHANNELS = (Channel.SMS, Channel.VOICE)


class NothingToAnnounceError(ValueError):
    """It has begun, is over or cancelled, nobody planned it, or it names no device: nobody can be told before."""


@transaction.atomic
def announce_plan(*, outage_id: int, at: datetime, actor: str) -> int:
    """Tell everybody behind the devices of a plan, each once however often it is asked; returns the new messages.

    Raises:
        NothingToAnnounceError: there is no plan that lies ahead.
    """
    return _announce(_held(outage_id, at), at=at, actor=actor)


@transaction.atomic
def move_plan(*, outage_id: int, start_at: datetime, end_at: datetime, reason: str, at: datetime, actor: str) -> Outage:
    """Give a plan another time. Who was told hears of the change; where it was announced, everybody else hears of the
    plan as it is now. What was to be sent of the old time stays here.

    Raises:
        NothingToAnnounceError: there is no plan that lies ahead.
        ValueError: no reason, the new time does not lie ahead in order, or it is the time that holds already.
    """
    outage = _held(outage_id, at)
    if not reason.strip() or not at < start_at < end_at:
        raise ValueError("a plan is moved for a reason, to a time that lies ahead")
    if (start_at, end_at) == (outage.planned_start_at, outage.planned_end_at):
        raise ValueError("a plan is moved to another time")
    was_announced = queries.is_announced(outage)
    cancel_messages(about=outage.about, reason="moved", at=at, actor=actor)
    assert outage.planned_start_at is not None
    fact = PlanMoved(
        outage_id=outage.pk,
        network_id=outage.network_id,
        number=outage.number,
        was_start_at=outage.planned_start_at,
        was_end_at=outage.planned_end_at,
        planned_start_at=start_at,
        planned_end_at=end_at,
        reason=reason.strip(),
    )
    outage.plan_was_start_at, outage.plan_was_end_at = outage.planned_start_at, outage.planned_end_at
    outage.plan_told_at = None
    outage.planned_start_at, outage.planned_end_at, outage.plan_moved_at = start_at, end_at, at
    outage.plan_changed_because, outage.plan_changed_by = fact.reason, actor
    outage.save(update_fields=_MOVED)
    if queries.case_of(outage) is not None:
        if was_announced:
            _announce(outage, at=at, actor=actor)
        else:
            _tell_change(outage, queries.people_of_plan(outage), at=at, actor=actor)
    record(fact, at=at, actor=actor)
    return outage


@transaction.atomic
def cancel_plan(*, outage_id: int, reason: str, at: datetime, actor: str) -> Outage:
    """Say that a plan does not take place. Whoever was told is told so by message; whom none reaches is left to be told
    by hand.

    Raises:
        NothingToAnnounceError: there is no plan that lies ahead.
        ValueError: no reason.
    """
    outage = _held(outage_id, at)
    if not reason.strip():
        raise ValueError("a plan is cancelled for a reason")
    cancel_messages(about=outage.about, reason="plan_cancelled", at=at, actor=actor)
    outage.plan_cancelled_at, outage.plan_changed_because, outage.plan_changed_by = at, reason.strip(), actor
    outage.save(update_fields=["plan_cancelled_at", "plan_changed_because", "plan_changed_by"])
    _tell(outage, _CANCELLED, queries.who_knew(outage), at=at, actor=actor)
    fact = PlanCancelled(outage_id=outage.pk, network_id=outage.network_id, number=outage.number, reason=reason.strip())
    record(fact, at=at, actor=actor)
    return outage


@transaction.atomic
def name_devices(*, outage_id: int, device_codes: Sequence[str], at: datetime, actor: str) -> Outage:
    """Say which devices a plan that lies ahead opens. Where it was announced, what has not left stays here; who was
    told and is behind them no more is told, in the words of the plan as it was, that it does not take place for them;
    whoever is behind them and does not know of it is told.

    Raises:
        NothingToAnnounceError: there is no plan that lies ahead.
        ValueError: no device, or the network has none of the name.
    """
    outage = _held(outage_id, at)
    codes = list(dict.fromkeys(device_codes))
    if not codes or not all(network.is_device(outage.network_id, code=one) for one in codes):
        raise ValueError("a plan opens devices of its network")
    knew, values = queries.who_was_told(outage, queries.people_of_plan(outage), before=at), _values(outage, at=at)
    was_announced = queries.is_announced(outage)
    cancel_messages(about=outage.about, reason="devices", at=at, actor=actor)
    outage.planned_device_codes = " ".join(codes)
    outage.save(update_fields=["planned_device_codes"])
    people, revision = queries.people_of_plan(outage), f":{at:%Y%m%d%H%M%S%f}"
    behind = {one.ref for one in people}
    spared = [one for one in knew if one.ref not in behind]
    _tell(outage, _CANCELLED, spared, values=values, revision=revision, at=at, actor=actor)
    if was_announced and (case := queries.case_of(outage)) is not None:
        know = {one.ref for one in queries.who_was_told(outage, people, before=at)}
        new = [one for one in people if one.ref not in know]
        _tell(outage, _EVENTS[case], new, revision=revision, at=at, actor=actor)
    fact = PlanDevicesNamed(
        outage_id=outage.pk, network_id=outage.network_id, number=outage.number, device_codes=tuple(codes)
    )
    record(fact, at=at, actor=actor)
    return outage


@transaction.atomic
def remind_of_plans(*, at: datetime, actor: str) -> int:
    """Round: whoever is behind a plan that was announced is told again before it begins; returns the messages."""
    rows = Outage.objects.select_for_update(of=("self",)).select_related("network__unit")
    ahead = rows.filter(plan_told_at__isnull=False, planned_start_at__gt=at, started_at=None, plan_cancelled_at=None)
    return sum(_remind(outage, at=at, actor=actor) for outage in ahead.order_by("pk"))


def _remind(outage: Outage, *, at: datetime, actor: str) -> int:
    due = [one for one in queries.reminders_of(outage) if one <= at]
    if not due:
        return 0
    outage.plan_told_at = at
    outage.save(update_fields=["plan_told_at"])
    people, revision = queries.people_of_plan(outage), f":{due[-1]:%Y%m%d%H%M}"
    return _tell(outage, _SOON, people, revision=revision, at=at, actor=actor)


def _held(outage_id: int, at: datetime) -> Outage:
    outage = Outage.objects.select_for_update(of=("self",)).select_related("network__unit").get(pk=outage_id)
    if not outage.is_plan_ahead(at):
        raise NothingToAnnounceError(outage.number)
    return outage


def _announce(outage: Outage, *, at: datetime, actor: str) -> int:
    """In the words of a change to whoever was told of another time, to others in those for a plan. Each move has
    messages of its own, also one back to a time that was told before."""
    case, people = queries.case_of(outage), queries.people_of_plan(outage)
    if case is None or not people:
        raise NothingToAnnounceError(outage.number)
    if outage.plan_told_at is None:
        outage.plan_told_at = at
        outage.save(update_fields=["plan_told_at"])
    new = _tell_change(outage, people, at=at, actor=actor)
    told = {one.ref for one in _told_before(outage, people)}
    others = [one for one in people if one.ref not in told]
    return new + _tell(outage, _EVENTS[case], others, revision=_revision(outage), at=at, actor=actor)


def _tell_change(outage: Outage, people: Sequence[CustomerRef], *, at: datetime, actor: str) -> int:
    told = _told_before(outage, people)
    return _tell(outage, _CHANGED, told, revision=_revision(outage), at=at, actor=actor)


def _told_before(outage: Outage, people: Sequence[CustomerRef]) -> list[CustomerRef]:
    """Who was told of another time than holds now."""
    moved_at = outage.plan_moved_at
    return queries.who_was_told(outage, people, before=moved_at) if moved_at else []


def _revision(outage: Outage) -> str:
    return f":{outage.plan_moved_at:%Y%m%d%H%M%S%f}" if outage.plan_moved_at else ""


def _tell(
    outage: Outage,
    event: str,
    people: Sequence[CustomerRef],
    *,
    at: datetime,
    actor: str,
    revision: str = "",
    values: dict[str, str] | None = None,
) -> int:
    values, path, on = values or _values(outage, at=at), str(outage.network.unit.path), timezone.localdate(at)
    said = {
        one: words(event=event, channel=one, unit_path=path, on=on, values=values)
        for one in _CHANNELS
        if one in EVENTS[event].words
    }
    reach = customers.reach_of([one.account_id for one in people], purpose=Purpose.OUTAGE)
    legal_by, house = queries.legal_by(outage, at=at), queries.quiet_of(outage.network, on=at)
    if not EVENTS[event].legal and after_quiet(at, house) > legal_by:
        house = (None, None)  # what comes too late in the morning is told at night
    rings: Counter[Ring] = Counter()
    entries: list[MessageEntry] = []
    unreachable = 0
    for who in people:
        ring = Ring.CARE if who.care_kind else Ring.IMPORTANT if who.important else Ring.ALL
        own = [
            MessageEntry(
                key=f"{event}:{outage.pk}:{who.account_id}:{channel}:{'carer' if one.carer else 'own'}{revision}",
                event=event,
                about=outage.about,
                channel=channel,
                ring=ring,
                to_ref=who.ref,
                address=one.number,
                name=one.name,
                text=said[channel],
                values=values,
                unit_id=who.unit_id,
                legal=EVENTS[event].legal,
                legal_by_at=legal_by,
                expires_at=outage.planned_start_at,
                **_quiet(one, house),
            )
            for channel, one in queries.ways_to(reach.get(who.account_id, []), who)
            if channel in said
        ]
        rings[ring] += 1
        unreachable += not own
        entries += own
    return _told(outage, event, entries, rings, unreachable, at=at, actor=actor)


def _quiet(who: Reach, house: tuple[time | None, time | None]) -> dict[str, Any]:
    """When somebody is not to be disturbed: as they said, else as the station has it."""
    own = (who.quiet_from, who.quiet_until)
    quiet_from, quiet_until = house if None in own else own
    return {"quiet_from": quiet_from, "quiet_until": quiet_until}


def _told(
    outage: Outage,
    event: str,
    entries: Sequence[MessageEntry],
    rings: Counter[Ring],
    unreachable: int,
    *,
    at: datetime,
    actor: str,
) -> int:
    new = queue_messages(entries=entries, at=at, actor=actor)
    if new:
        fact = OutageTold(
            outage_id=outage.pk,
            event=event,
            care_count=rings[Ring.CARE],
            important_count=rings[Ring.IMPORTANT],
            others_count=rings[Ring.ALL],
            unreachable_count=unreachable,
        )
        record(fact, at=at, actor=actor)
    return new


def _values(outage: Outage, *, at: datetime) -> dict[str, str]:
    """What the words may name, as those who get them read it."""
    rule = queries.rule_for(str(outage.network.unit.path), on=timezone.localdate(at))
    assert outage.planned_start_at is not None
    with override(settings.LANGUAGE_CODE):
        areas = queries.area_told(queries.areas_planned(outage))
        return {
            "area": areas or outage.place,
            "line": queries.line_of_plan(outage) or outage.place or outage.planned_device_codes,
            "was_start": queries.clock_told(outage.plan_was_start_at or outage.planned_start_at),
            "start": queries.clock_told(outage.planned_start_at),
            "end": queries.clock_told(outage.planned_end_at) if outage.planned_end_at else _("when the work is done"),
            "reason": queries.reason_of_plan(outage),
            "phone": rule.phone,
        }
