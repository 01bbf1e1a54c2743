"""What the page of an outage tells of people: who reported it, who was sent, who was told, and by when they must be."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db.models import prefetch_related_objects
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from denghuo.apps.crews import queries as crews
from denghuo.apps.customers import queries as customers
from denghuo.apps.customers.models import Category
from denghuo.apps.notices import queries as notices
from denghuo.apps.notices.models import Audience
from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import Permission, may
from denghuo.apps.outages import queries
from denghuo.apps.outages.models import REPORT_OVER, Outage, Report, Suspicion
from denghuo.apps.outages.queries.detail import (
    REPORTS_SHOWN,
    orders_of,
    out_if_opened,
    reports_shown,
    rings_of,
    told_first,
)


def in_the_field(
    request: HttpRequest,
    outage: Outage,
    loads: Sequence[queries.LoadOut],
    *,
    allowed: Collection[Permission],
    at: datetime,
) -> dict[str, Any]:
    """Reports, estimates, crews, messages and legal deadlines, as far as the person may see them."""
    prefetch_related_objects([outage], "suspicions")
    path = outage.network.unit.path
    abouts = [outage.about, *(one.about for one in outage.suspicions.all())]
    order_ids = orders_of(outage) if Permission.ORDERS_VIEW in allowed else []
    sent = [one for listed in crews.assignments_about(abouts).values() for one in listed]
    last = queries.last_of(sent)
    codes = [load.code for load in loads if load.ended_at is None]
    still_out = Report.objects.filter(order_id__in=order_ids, still_out_count__gt=0).exclude(state__in=REPORT_OVER)
    devices = outage.planned_device_codes.split()
    is_ahead = bool(devices) and outage.started_at is None and outage.plan_cancelled_at is None
    out_if = out_if_opened(outage.network_id, outage.network.unit_id, device_codes=devices) if is_ahead else None
    sees_people = Permission.CUSTOMERS_VIEW in allowed
    return {
        "estimates": queries.estimates_of_outage(outage),
        "reports": reports_shown(order_ids[:REPORTS_SHOWN], at=at, number=outage.number),
        "report_count": len(order_ids),
        "reports_more": max(len(order_ids) - REPORTS_SHOWN, 0),
        "still_out": still_out.count() if order_ids else 0,
        "sent": sorted(sent, key=lambda one: one.sent_at, reverse=True),
        "last_there": last,
        "dark": queries.dark_against(outage, last),
        "told_rings": rings_of([outage.about], since=outage.told_since),
        "cancel_left": _cancel_left(outage),
        **plan_changed(outage),
        "care": told_first(outage.network.unit_id, codes, abouts=[outage.about]) if sees_people else (),
        "out_if": out_if,
        "names_no_device": not devices and outage.is_plan_ahead(at),
        "deadlines": deadlines(outage, queries.people_of_plan(outage) if is_ahead else [], at=at),
        "may_dispatch": may(request.user, Permission.CREWS_DISPATCH, path=path),
        "may_see_orders": Permission.ORDERS_VIEW in allowed,
        "may_see_customers": sees_people,
        "may_see_crews": Permission.CREWS_VIEW in allowed,
        "may_see_messages": Permission.NOTICES_VIEW in allowed,
        "may_notify": may(request.user, Permission.NOTICES_SEND, path=path),
    }


def plan_changed(outage: Outage) -> dict[str, Any]:
    """Who moved or cancelled a plan, and how many knew of one that was cancelled."""
    by = outage.plan_changed_by
    return {
        "changed_by": organization.names_of([by]).get(by, by) if by else "",
        "cancel_knew": len(queries.who_knew(outage)) if outage.is_cancelled else 0,
    }


def _cancel_left(outage: Outage) -> int:
    """How many knew of a plan that was cancelled and are not proved to be told so."""
    if not outage.is_cancelled:
        return 0
    return len(queries.missed(outage, queries.who_knew(outage), proofs=queries.proofs_of_plan(outage)))


def found_there(subject: Outage | Suspicion | None, about: str) -> dict[str, Any]:
    """Who was there last, and how many the log has without supply though they found nothing to be closed."""
    last = queries.last_there(about)
    return {"last_there": last, "dark": queries.dark_against(subject, last) if isinstance(subject, Outage) else 0}


def deadlines(
    outage: Outage,
    people: Sequence[customers.CustomerRef],
    *,
    at: datetime,
    proofs: queries.Proofs | None = None,
) -> list[dict[str, Any]]:
    """By when whom the law wants told, and whether it was done: users one by one, the public by a posted notice."""
    case = queries.case_of(outage)
    if case is None or outage.planned_start_at is None or outage.plan_cancelled_at is not None:
        return []
    told = notices.deadlines_for(
        case,
        outage.planned_start_at,
        unit_path=str(outage.network.unit.path),
        on=timezone.localdate(outage.planned_start_at),
    )
    proofs = queries.proofs_of_plan(outage) if proofs is None else proofs
    found = []
    for one in told:
        wanted = [who.ref for who in people if _is_meant(who, one.duty.audience)]
        tone, says = _kept(outage, one, wanted, proofs, at)
        audience, basis = Audience(one.duty.audience).label, one.duty.basis
        found.append({"audience": audience, "basis": basis, "due_at": one.due_at, "tone": tone, "says": says})
    return found


def _is_meant(who: customers.CustomerRef, audience: str) -> bool:
    is_resident = who.category == Category.RESIDENTIAL
    meant = {
        Audience.IMPORTANT: bool(who.important),
        Audience.RESIDENTS: is_resident,
        Audience.OTHERS: not is_resident,
    }
    return meant.get(Audience(audience), True)


def _said_of(
    outage: Outage, proofs: queries.Proofs, wanted: Sequence[str], missing: Sequence[notices.Unnotified]
) -> str:
    """Who was not told as the law wants it: not at all, too late, or otherwise; each household once."""
    left = notices.unnotified(outage.about, wanted, proofs=proofs, since=outage.plan_moved_at)
    unproved = {one.to_ref for one in left}
    late = sum(one.reason == "late" and one.to_ref not in unproved for one in missing)
    otherwise = len(missing) - len(unproved) - late
    parts = (
        (len(unproved), ngettext("%(n)d not proved to be told", "%(n)d not proved to be told", len(unproved))),
        (late, ngettext("%(n)d told too late", "%(n)d told too late", late)),
        (
            otherwise,
            ngettext("%(n)d told in a way that does not count", "%(n)d told in a way that does not count", otherwise),
        ),
    )
    return " · ".join(said % {"n": count} for count, said in parts if count)


def _kept(
    outage: Outage, deadline: notices.Deadline, wanted: list[str], proofs: queries.Proofs, at: datetime
) -> tuple[str, str]:
    late = deadline.is_over(at)
    if deadline.duty.audience not in (Audience.PUBLIC, Audience.AUTHORITY):
        missing = notices.unnotified(
            outage.about,
            wanted,
            proofs=proofs,
            channels=deadline.duty.channels,
            by=deadline.due_at,
            since=outage.plan_moved_at,
        )
        if wanted and not missing:
            return "done", _("All proved to be told")
        if not wanted and not outage.planned_device_codes.strip():
            return ("breached" if late else "act"), _("The plan names no device yet")
        if not wanted:
            return ("breached", _("Too late")) if late else ("waiting", _("Nobody is known yet"))
        return ("breached" if late else "act"), _said_of(outage, proofs, wanted, missing)
    case = queries.case_of(outage)
    announced_at = notices.announced_at(outage.about, case=case.value if case else "", since=outage.plan_moved_at)
    if announced_at is not None and announced_at <= deadline.due_at:
        return "done", _("Posted in time")
    if announced_at is not None:
        return "breached", _("Posted too late")
    return ("breached", _("Not posted in time")) if late else ("act", _("Not posted yet"))
