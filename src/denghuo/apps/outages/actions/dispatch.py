"""A crew is sent: to an outage, to a suspected fault, or to one order."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from denghuo.apps.crews import queries as crews
from denghuo.apps.ledger.actions import record
from denghuo.apps.network import queries as network
from denghuo.apps.orders.models import Order
from denghuo.apps.outages import queries
from denghuo.apps.outages.facts import CrewWanted
from denghuo.apps.outages.models import Outage, ReportState

_NEED_NOBODY = (ReportState.BACK, ReportState.LIT, ReportState.CLOSED)


class NothingToDoError(ValueError):
    """What a crew would be sent to is over, or is not there."""


class CrewCannotGoError(ValueError):
    """The crew drives out no more, nobody is in it, or nobody in it may do such work."""


class SentMeanwhileError(ValueError):
    """Whoever sends does not know yet that somebody was sent; the crews are its arguments."""


@transaction.atomic
def send_crew(
    *, about: str, crew_id: int, note: str, skill: str, seen: Collection[int] | None = None, at: datetime, actor: str
) -> CrewWanted:
    """Send a crew, with every report that belongs to it; the crew's phone has it next.

    ``seen`` are the assignments that whoever sends knew of: two who look at one page do not both send somebody.

    Raises:
        NothingToDoError: it is over, or is not there.
        CrewCannotGoError: nobody of it may go.
        SentMeanwhileError: somebody was sent whom ``seen`` does not name.
    """
    if seen is not None and (unseen := [one.crew for one in _on_it(about) if one.assignment_id not in seen]):
        raise SentMeanwhileError(*unseen)
    _check_crew(crew_id, skill, on=timezone.localdate(at))
    fact = _wanted(about, crew_id=crew_id, note=note.strip(), skill=skill)
    record(fact, at=at, actor=actor)
    return fact


def _on_it(about: str) -> list[crews.Sent]:
    """Who was sent and has something to do there; to an outage also who was sent to the suspected fault that it was."""
    thing, _, key = about.partition(":")
    if thing == "orders.order" and key.isdecimal():
        found = crews.assignments_serving(int(key))
    else:
        subject = queries.subject_of(about)
        was = subject.suspicions.all() if isinstance(subject, Outage) else ()
        by_about = crews.assignments_about([about, *(one.about for one in was)])
        found = [one for listed in by_about.values() for one in listed]
    return [one for one in found if one.is_open]


def _check_crew(crew_id: int, skill: str, *, on: date) -> None:
    members = crews.members_of([crew_id]).get(crew_id, [])
    held = crews.certificates_of(one.user_id for one in members)
    if not members or (skill and not crews.certified(members, held, skill=skill, on=on).may):
        raise CrewCannotGoError(f"crew {crew_id} cannot go")


def _wanted(about: str, *, crew_id: int, note: str, skill: str) -> CrewWanted:
    thing, _, key = about.partition(":")
    if thing == "orders.order" and key.isdecimal():
        return _to_order(int(key), crew_id, note, skill)
    subject = queries.subject_of(about)
    if subject is None or (subject.is_over if hasattr(subject, "is_over") else subject.restored_at is not None):
        raise NothingToDoError(about)
    is_outage = isinstance(subject, Outage)
    device_code = queries.keeps_out(subject) if isinstance(subject, Outage) else subject.device_code
    spot = network.spot_of(subject.network_id, code=device_code)
    reports = queries.reports_of(
        outage_ids=[subject.pk] if is_outage else [], suspicion_ids=[] if is_outage else [subject.pk]
    )
    waiting = reports.exclude(state__in=_NEED_NOBODY).order_by("order_id")
    return CrewWanted(
        about=about,
        crew_id=crew_id,
        order_ids=tuple(waiting.values_list("order_id", flat=True)),
        place=_place(subject.where, spot.name if spot else "", device_code),
        note=note,
        skill=skill,
        x=spot.x if spot else None,
        y=spot.y if spot else None,
        unit_id=subject.network.unit_id,
    )


def _place(where: str, *device: str) -> str:
    """Where a crew goes: the device by its name, as the desk has it, and by its code, as it stands on the pole."""
    return " ".join([where, *(one for one in device if one and one not in where)])[:200]


def _to_order(order_id: int, crew_id: int, note: str, skill: str) -> CrewWanted:
    order = Order.objects.filter(pk=order_id, closed_at=None).first()
    if order is None:
        raise NothingToDoError(f"orders.order:{order_id}")
    report = queries.report_of_order(order_id)
    spot = network.spot_of(report.network_id, code=order.load_code) if report and report.network_id else None
    return CrewWanted(
        about=f"orders.order:{order_id}",
        crew_id=crew_id,
        order_ids=(order_id,),
        place=(order.place or (spot.name if spot else "") or order.number)[:200],
        note=note,
        skill=skill,
        x=spot.x if spot else None,
        y=spot.y if spot else None,
        unit_id=order.unit_id,
    )
