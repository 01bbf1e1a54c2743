"""Who hangs behind the devices of a plan is told before it happens: special care first, important users, everybody."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from denghuo.apps.customers import queries as customers
from denghuo.apps.customers.models import Purpose
from denghuo.apps.customers.queries import Reach
from denghuo.apps.ledger.actions import record
from denghuo.apps.notices.actions import MessageEntry, queue_messages
from denghuo.apps.notices.models import Channel, NoticeCase, Ring
from denghuo.apps.notices.queries import words
from denghuo.apps.outages import queries
from denghuo.apps.outages.facts import OutageTold
from denghuo.apps.outages.models import Outage

_EVENTS = {NoticeCase.PLANNED: "outages.planned", NoticeCase.TEMPORARY: "outages.temporary"}
_CHANNELS = (Channel.SMS, Channel.VOICE)


class NothingToAnnounceError(ValueError):
    """It has begun or is over, nobody planned it, or it names no device: nobody can be told before."""


@transaction.atomic
def announce_plan(*, outage_id: int, at: datetime, actor: str) -> int:
    """Tell everybody behind the devices of a plan, each once however often it is asked; returns the new messages.

    Raises:
        NothingToAnnounceError: there is no plan that lies ahead.
    """
    outage = Outage.objects.select_for_update(of=("self",)).select_related("network__unit").get(pk=outage_id)
    case, start_at = queries.case_of(outage), outage.planned_start_at
    people = queries.people_of_plan(outage)
    if case is None or start_at is None or start_at <= at or outage.started_at or not people:
        raise NothingToAnnounceError(outage.number)
    event, values = _EVENTS[case], _values(outage, at=at)
    path, on = str(outage.network.unit.path), timezone.localdate(at)
    said = {one: words(event=event, channel=one, unit_path=path, on=on, values=values) for one in _CHANNELS}
    reach = customers.reach_of([one.account_id for one in people], purpose=Purpose.OUTAGE)
    rings: Counter[Ring] = Counter()
    entries: list[MessageEntry] = []
    unreachable = 0
    for who in people:
        ring = Ring.CARE if who.care_kind else Ring.IMPORTANT if who.important else Ring.ALL
        own = [
            MessageEntry(
                key=f"{event}:{outage.pk}:{who.account_id}:{channel}:{'carer' if one.carer else 'own'}",
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
                legal=True,
                expires_at=start_at,
                quiet_from=one.quiet_from,
                quiet_until=one.quiet_until,
            )
            for channel, one in _ways(reach.get(who.account_id, []), ring)
        ]
        rings[ring] += 1
        unreachable += not own
        entries += own
    return _told(outage, event, entries, rings, unreachable, at=at, actor=actor)


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


def _ways(reach: Sequence[Reach], ring: Ring) -> Iterator[tuple[Channel, Reach]]:
    """Everybody gets one short message; special care is called as well, and their first carer is written to."""
    mobiles = [one for one in reach if one.kind == "mobile"]
    own = next((one for one in mobiles if not one.carer and (one.consented or ring is Ring.CARE)), None)
    if own is not None:
        yield Channel.SMS, own
    if ring is Ring.CARE:
        called = next((one for one in reach if not one.carer), None) or next(iter(reach), None)
        if called is not None:
            yield Channel.VOICE, called
        carer = next((one for one in mobiles if one.carer), None)
        if carer is not None:
            yield Channel.SMS, carer


def _values(outage: Outage, *, at: datetime) -> dict[str, str]:
    """What the words may name, as those who get them read it."""
    rule = queries.rule_for(str(outage.network.unit.path), on=timezone.localdate(at))
    assert outage.planned_start_at is not None
    with override(settings.LANGUAGE_CODE):
        areas = queries.area_told(queries.areas_planned(outage))
        return {
            "area": areas or outage.place,
            "line": queries.line_of_plan(outage) or outage.place or outage.planned_device_codes,
            "start": queries.clock_told(outage.planned_start_at),
            "end": queries.clock_told(outage.planned_end_at) if outage.planned_end_at else _("when the work is done"),
            "reason": queries.reason_of_plan(outage),
            "phone": rule.phone,
        }
