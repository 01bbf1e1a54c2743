"""Who is to be told of a plan before it happens, or that it does not take place, and who was not."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from denghuo.apps.customers import queries as customers
from denghuo.apps.customers.models import Purpose
from denghuo.apps.network import queries as network
from denghuo.apps.notices import queries as notices
from denghuo.apps.notices.models import Channel, NoticeCase, State
from denghuo.apps.notices.queries import PUBLIC, Proof, Sheet, proof_of, unnotified
from denghuo.apps.outages.models import Cause, Outage
from denghuo.apps.outages.queries.desk import weight_of
from denghuo.apps.outages.queries.public import areas_planned
from denghuo.apps.outages.queries.rules import rule_for
from denghuo.engines.standards import OutageKind

_Way = TypeVar("_Way", customers.Reach, customers.Way)
Proofs = Mapping[str, Sequence[Proof]]
CANCELLED = "outages.plan_cancelled"
_TELLS = (State.SENDING, State.SENT, State.DELIVERED)
_CASES = {OutageKind.PLANNED: NoticeCase.PLANNED, OutageKind.TEMPORARY: NoticeCase.TEMPORARY}


@dataclass(frozen=True, kw_only=True)
class Missed:
    """Somebody of whom it is not proved that they were told of a plan, or that it was cancelled: why not, and what the
    gateway said."""

    who: customers.CustomerRef
    reason: str
    code: str


def case_of(outage: Outage) -> NoticeCase | None:
    """Which notice the law asks for before an outage of this kind; None: none."""
    return case_of_kind(outage.kind)


def case_of_kind(kind: int) -> NoticeCase | None:
    """The same by the kind alone."""
    return next((of for family, of in _CASES.items() if OutageKind(kind).within(family)), None)


def people_of_plan(outage: Outage) -> list[customers.CustomerRef]:
    """Everybody whose main supply hangs behind the devices of a plan, as the switches normally stand."""
    codes = outage.planned_device_codes.split()
    loads = network.loads_behind(outage.network_id, device_codes=codes) if codes else []
    return customers.refs_on(outage.network.unit_id, loads)


def planned_customers(outage: Outage) -> int | None:
    """How many customers a plan that is to take place leaves without supply; None: nobody can say, or it began."""
    codes = outage.planned_device_codes.split()
    if not codes or outage.started_at is not None or outage.is_cancelled:
        return None
    return weight_of(outage.network, network.loads_behind(outage.network_id, device_codes=codes))[1]


def is_announced(outage: Outage) -> bool:
    """Whether its people were written to, or it was posted in public: one household that somebody told by hand does not
    announce a plan to the others."""
    return outage.plan_told_at is not None or notices.announced_at(outage.about) is not None


def who_was_told(
    outage: Outage, people: Sequence[customers.CustomerRef], *, before: datetime
) -> list[customers.CustomerRef]:
    """Those who were told of it, by message or by hand, and not since that it does not take place; what was posted in
    public was told to everybody. What was called off or could not be delivered told nobody; what a gateway has in hand
    may have."""
    told = _told_of(outage, before)
    return [one for one in people if PUBLIC in told or one.ref in told]


def _told_of(outage: Outage, before: datetime) -> set[str]:
    return {to_ref for to_ref, proofs in proof_of(outage.about).items() if _knows(proofs, before)}


def _knows(proofs: Sequence[Proof], before: datetime) -> bool:
    heard = [one for one in proofs if one.queued_at < before and one.state in _TELLS]
    return bool(heard) and max(heard, key=lambda one: one.queued_at).event != CANCELLED


def who_knew(outage: Outage) -> list[customers.CustomerRef]:
    """Those behind a plan that was cancelled who knew of it by then: they are to be told so."""
    assert outage.plan_cancelled_at is not None
    return who_was_told(outage, people_of_plan(outage), before=outage.plan_cancelled_at)


def is_public_in(outage: Outage) -> bool:
    """Whether a plan that was cancelled had been announced in public by then."""
    first_at, cancelled_at = notices.announced_at(outage.about), outage.plan_cancelled_at
    return first_at is not None and cancelled_at is not None and first_at < cancelled_at


def people_to_tell(outage: Outage) -> list[customers.CustomerRef]:
    """Who is to be told of a plan as it stands: everybody behind it; where it was cancelled, who knew of it."""
    return who_knew(outage) if outage.is_cancelled else people_of_plan(outage)


def line_of_plan(outage: Outage) -> str:
    """The lines on which the devices of a plan lie, "" not known."""
    codes = outage.planned_device_codes.split()
    spots = (network.spot_of(outage.network_id, code=code) for code in codes)
    return "、".join(dict.fromkeys(spot.line_name for spot in spots if spot and spot.line_name))


def reason_of_plan(outage: Outage) -> str:
    """Why supply is to be cut, as those who are told read it, whoever's page it is printed from."""
    with override(settings.LANGUAGE_CODE):
        return str(Cause(outage.cause).label) if outage.cause != Cause.UNKNOWN else _("work on the network")


def sheet_of_plan(outage: Outage, *, on: date) -> Sheet | None:
    """What a notice on paper says of a plan; None: the law asks for none."""
    case, start_at = case_of(outage), outage.planned_start_at
    if case is None or start_at is None:
        return None
    unit = outage.network.unit
    return Sheet(
        case=case,
        number=outage.number,
        area="、".join(areas_planned(outage)) or outage.place,
        line=line_of_plan(outage),
        start_at=start_at,
        end_at=outage.planned_end_at,
        reason=reason_of_plan(outage),
        phone=rule_for(str(unit.path), on=on).phone,
        issuer=unit.name,
        issued_on=on,
    )


def reminders_of(outage: Outage) -> list[datetime]:
    """When whoever is behind a plan that was announced is reminded: what lies after they were last told."""
    start_at, told_at = outage.planned_start_at, outage.plan_told_at
    if start_at is None or told_at is None:
        return []
    rule = rule_for(str(outage.network.unit.path), on=timezone.localdate(start_at))
    leads = {rule.remind_before_s, rule.remind_again_s} - {0}
    return sorted(due for lead in leads if (due := start_at - timedelta(seconds=lead)) > told_at)


def ways_to(reach: Sequence[_Way], who: customers.CustomerRef) -> Iterator[tuple[Channel, _Way]]:
    """How somebody can be told of a plan: everybody by one short message to a number that may be used for it; special
    care is called as well, and their first carer is written to."""
    mobiles = [one for one in reach if one.kind == "mobile"]
    own = next((one for one in mobiles if not one.carer and (one.consented or who.care_kind)), None)
    if own is not None:
        yield Channel.SMS, own
    if who.care_kind:
        called = next((one for one in reach if not one.carer), None) or next(iter(reach), None)
        if called is not None:
            yield Channel.VOICE, called
        carer = next((one for one in mobiles if one.carer), None)
        if carer is not None:
            yield Channel.SMS, carer


def proofs_of_plan(outage: Outage) -> dict[str, list[Proof]]:
    """Every proof that somebody was told of a plan, by whom it is of."""
    case = case_of(outage)
    return proof_of(outage.about, case=case.value if case else "")


def missed(outage: Outage, people: Sequence[customers.CustomerRef], *, proofs: Proofs) -> list[Missed]:
    """Those of whom it is not proved that they were told of it as it stands: special care first, then important users,
    then by place. Who was not written to and cannot be is `unreachable`."""
    of = {who.ref: who for who in people}
    left = unnotified(outage.about, _to_prove(outage, of), proofs=proofs, since=outage.told_since)
    never = [of[one.to_ref] for one in left if one.reason == "never"]
    ways = customers.ways_of([who.account_id for who in never], purpose=Purpose.OUTAGE)
    silent = {who.ref for who in never if not any(ways_to(ways.get(who.account_id, []), who))}
    found = [
        Missed(who=of[one.to_ref], reason="unreachable" if one.to_ref in silent else one.reason, code=one.code)
        for one in left
    ]
    return sorted(found, key=lambda one: (not one.who.care_kind, not one.who.important))


def _to_prove(outage: Outage, refs: Collection[str]) -> Collection[str]:
    """Whom a proof of their own is wanted of: who knew only by what was posted in public hears that way that it does
    not take place."""
    cancelled_at = outage.plan_cancelled_at if outage.is_cancelled else None
    if cancelled_at is None or notices.announced_at(outage.about, since=cancelled_at) is None:
        return refs
    told = _told_of(outage, cancelled_at)
    return [ref for ref in refs if ref in told]


def count_by_reason(rows: Sequence[Missed]) -> dict[str, int]:
    """How many were missed for each reason, the most first."""
    return dict(Counter(one.reason for one in rows).most_common())
