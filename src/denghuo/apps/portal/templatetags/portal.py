"""Words of the customer's door."""

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from denghuo.apps.orders.models import Kind
from denghuo.apps.portal.queries import Stage, Standing

register = template.Library()

_STAGE_ICONS = {
    Stage.RECEIVED: "inbox",
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
        Stage.ARRANGED: _("A crew has been given it.") if is_fault else _("Somebody has been given it."),
        Stage.IN_HAND: _("Somebody is working on it."),
        Stage.ON_SITE: _("The crew is on site.") if is_fault else _("Somebody of ours is there."),
        Stage.WAITING: _("It waits for something; the station will tell you what for."),
        Stage.DONE: _("The work is done. We call you back, if you left a number."),
        Stage.BACK: _("Your supply should be back. Is it?"),
        Stage.CLOSED: _("It is settled."),
        Stage.ENDED: _("It was taken back or ended."),
    }
    return words[standing.stage]


@register.filter
def say_icon(word: str) -> str:
    """The sign of a button."""
    return _SAY_ICONS[word]


@register.filter
def say_text(word: str) -> str:
    """What a button says."""
    words = {
        "back": _("Power is back"),
        "still_out": pgettext("of one's own supply", "Still out"),
        "urge": _("Please hurry"),
        "withdraw": _("It is settled, take it back"),
    }
    return words[word]


@register.simple_tag
def said_text(word: str) -> str:
    """What follows from what was just said."""
    words = {
        "back": _("Thank you. We note that your supply is back."),
        "still_out": _("We note that you are still without supply. The station hears of it now."),
        "urge": _("The station hears now that you wait for an answer."),
        "withdraw": _("Your report is taken back."),
    }
    return words.get(word, "")
