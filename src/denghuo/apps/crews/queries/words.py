"""What people of the field and their superiors are told, in the language of the installation."""

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from denghuo.apps.crews.models import Assignment, Channel
from denghuo.apps.notices.queries.words import words


@dataclass(frozen=True, kw_only=True)
class Told:
    """A notice: what it is, says, and where it leads."""

    kind: str
    subject: str
    text: str
    path: str
    urgent: bool = True


def assigned_key(assignment_id: int, rung: int = 0) -> str:
    """The key of the notice that somebody is sent, and of its repetition on a rung."""
    return f"assignment-{assignment_id}-{rung}" if rung else f"assignment-{assignment_id}"


def silent_key(assignment_id: int) -> str:
    """The key of the notice that nobody has accepted."""
    return f"assignment-{assignment_id}-silent"


def assigned_notice(row: Assignment) -> Told:
    """You are sent somewhere."""
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("Go to %(place)s") % {"place": row.place}
        text = row.note or _("Accept it on the crew's page, or say why you cannot go.")
    return Told(kind="crews.assignment", subject=subject[:200], text=text, path=reverse("crews:mine"))


def withdrawn_notice(row: Assignment) -> Told:
    """You need not go."""
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("You need not go to %(place)s") % {"place": row.place}
    return Told(
        kind="crews.withdrawn",
        subject=subject[:200],
        text=row.ended_because,
        path=reverse("crews:mine"),
    )


def cannot_go_notice(crew_id: int, place: str) -> Told:
    """The crew that was chosen cannot go."""
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("The crew could not be sent to %(place)s") % {"place": place}
        text = _("It is closed, nobody is in it, or no certificate is in force. Choose another.")
    path = reverse("crews:crew", args=[crew_id])
    return Told(kind="crews.cannot_go", subject=subject[:200], text=text, path=path)


def silent_notice(row: Assignment) -> Told:
    """Nobody has accepted."""
    since = f"{timezone.localtime(row.sent_at):%H:%M}"
    with translation.override(settings.LANGUAGE_CODE):
        told = {"crew": str(row.crew), "at": since}
        subject = _("%(crew)s has not accepted what was sent at %(at)s") % told
    return Told(
        kind="crews.unacknowledged",
        subject=subject[:200],
        text=row.place,
        path=reverse("crews:assignment", args=[row.pk]),
    )


def refused_key(assignment_id: int) -> str:
    """The key of the notice that a crew cannot go."""
    return f"assignment-{assignment_id}-refused"


def refused_notice(row: Assignment) -> Told:
    """The crew that was sent cannot go, and why."""
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("%(crew)s cannot go to %(place)s") % {"crew": row.crew, "place": row.place}
        text = _("%(reason)s. Send somebody else.") % {"reason": row.ended_because.rstrip("。. ")}
    path = reverse("crews:assignment", args=[row.pk])
    return Told(kind="crews.refused", subject=subject[:200], text=text, path=path)


def answered_no() -> str:
    """Why a crew does not go that answered "2"."""
    with translation.override(settings.LANGUAGE_CODE):
        return _("They answered the message that they cannot come.")


def over_reason() -> str:
    """Why a crew need not go where nothing is left to be done."""
    with translation.override(settings.LANGUAGE_CODE):
        return _("It is over: nothing is left to do there.")


def closed_reason(number: str) -> str:
    """Why a crew need not go for an order that is over."""
    with translation.override(settings.LANGUAGE_CODE):
        return _("Order %(number)s is over.") % {"number": number}


def message_words(row: Assignment, *, event: str, channel: Channel, on: date) -> str:
    """The words of a message about an assignment, by the templates of its unit."""
    with translation.override(settings.LANGUAGE_CODE):
        task = row.note or (str(row.get_skill_display()) if row.skill else _("Field work"))
        promise = _("as soon as you can")
    values = {"task": task, "place": row.place, "promise": promise, "crew": str(row.crew)}
    return words(event=event, channel=channel.value, unit_path=str(row.unit.path), on=on, values=values)
