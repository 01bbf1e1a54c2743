"""Words of the customer's door."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from denghuo.apps.orders.models import Kind
from denghuo.apps.orders.queries import ABOUT_PEOPLE
from denghuo.apps.portal.queries import Stage, Standing

register = template.Library()

_STAGE_ICONS = {
    Stage.RECEIVED: "inbox",
    Stage.NOT_TOLD: "inbox",
    Stage.ARRANGED: "user-check",
    Stage.IN_HAND: "progress",
    Stage.ON_SITE: "tools",
    Stage.WAITING: "player-pause",
    Stage.DONE: "checks",
    Stage.BACK: "bulb",
    Stage.CLOSED: "circle-check",
    Stage.ENDED: "circle-x",
}
_SAY_ICONS = {"back": "bulb", "still_out": "bulb-off", "urge": "bell-ringing", "withdraw": "arrow-back-up"}


@register.filter
def stage_icon(stage: str) -> str:
    """The sign of a stage."""
    return _STAGE_ICONS[Stage(stage)]


@register.filter
def stage_text(standing: Standing) -> str:
    """How far a report is, in plain words."""
    is_fault = standing.kind == Kind.FAULT
    if standing.stage == Stage.BACK and standing.said_back_at:
        return _("You told us that your supply is back. Thank you.")
    words = {
        Stage.RECEIVED: _("We have it; the station is looking at it."),
        Stage.NOT_TOLD: _("We have it. How far it is is not shown here; call %(unit)s to hear it."),
        Stage.ARRANGED: _("A crew has been given it.") if is_fault else _("Somebody has been given it."),
        Stage.IN_HAND: _("Somebody is working on it."),
        Stage.ON_SITE: _("The crew is on site.") if is_fault else _("Somebody of ours is there."),
        Stage.WAITING: _("It waits for something; the station will tell you what for."),
        Stage.DONE: _("The work is done. We call you back, if you left a number."),
        Stage.BACK: _("Your supply should be back. Is it?"),
        Stage.CLOSED: _("It is settled."),
        Stage.ENDED: _("It was taken back or ended."),
    }
    if standing.kind == Kind.MISCONDUCT:
        words |= {
            Stage.RECEIVED: _("We have it; %(unit)s is looking at it."),
            Stage.WAITING: _("It waits for something; %(unit)s will tell you what for."),
        }
    if standing.kind in ABOUT_PEOPLE and not standing.is_taken_back:
        words[Stage.ENDED] = _("It was looked into and ended. If you want to know more, ask %(unit)s.")
    return words[standing.stage] % {"unit": standing.station}


@register.filter
def say_icon(word: str) -> str:
    """The sign of a button."""
    return _SAY_ICONS[word]


@register.filter
def say_text(standing: Standing, word: str) -> str:
    """What a button says, of a fault or of what is none."""
    is_fault = standing.kind == Kind.FAULT
    urge = _("Please hurry") if is_fault or standing.kind == Kind.SERVICE else _("I am still waiting for an answer")
    words = {
        "back": _("Power is back"),
        "still_out": pgettext("of one's own supply", "Still out"),
        "urge": urge,
        "withdraw": _("Nobody need come: take it back") if is_fault else pgettext("one's own report", "Take it back"),
    }
    return words[word]


@register.simple_tag
def due_text(standing: Standing) -> str:
    """Until when what is to come. What is due at the end of a day is told by the day: nobody reads 00:00 as that."""
    due = standing.promised_at or standing.due_at
    if standing.usual_at and not standing.promised_at:
        return _usual_text(standing.usual_at, due)
    if due is None:
        return ""
    local = timezone.localtime(due)
    last = local - timedelta(minutes=1)
    is_day = (local.hour, local.minute) in ((0, 0), (23, 59))
    told = {"what": standing.promised, "time": f"{local:%m-%d %H:%M}", "day": f"{last:%m-%d}"}
    if standing.promised_at:
        words = _("Promised to you: %(what)s on %(day)s") if is_day else _("Promised to you: %(what)s by %(time)s")
    elif standing.kind == Kind.MISCONDUCT:  # nobody comes to see them, and who does would give them away
        words = (
            _("You will have our answer on %(day)s at the latest.")
            if is_day
            else _("You will have our answer by %(time)s.")
        )
    elif is_day:
        words = _("You will hear from us or see us on %(day)s at the latest.")
    else:
        words = _("You will hear from us or see us by %(time)s.")
    return words % told


def _usual_text(usual_at: datetime, due_at: datetime | None) -> str:
    """What is only usual is not told as if it were sure."""
    told = {"usual": f"{timezone.localtime(usual_at):%m-%d %H:%M}"}
    if due_at is None:
        return _("Usually you hear from us or see us around %(usual)s.") % told
    words = _("Usually you hear from us or see us around %(usual)s, and by %(time)s at the latest.")
    return words % (told | {"time": f"{timezone.localtime(due_at):%m-%d %H:%M}"})


@register.simple_tag
def said_text(word: str) -> str:
    """What follows from what was just said."""
    words = {
        "back": _("Thank you. We note that your supply is back."),
        "still_out": _("We note that you are still without supply. The station has been told."),
        "urge": _("The station has been told that you are waiting for an answer."),
        "withdraw": _("Your report is taken back."),
    }
    return words.get(word, "")
