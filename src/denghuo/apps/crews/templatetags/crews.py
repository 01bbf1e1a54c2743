"""How crews and field work are written on pages."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from denghuo.apps.crews.models import Check, Finding, Odd, ReportKind, Side, Skill, State
from denghuo.apps.crews.queries import Why

register = template.Library()

_TONES = {
    State.SENT: "act",
    State.DELIVERED: "act",
    State.READ: "act",
    State.ACCEPTED: "doing",
    State.DEPARTED: "doing",
    State.ARRIVED: "doing",
    State.FINISHED: "done",
    State.REFUSED: "breached",
    State.WITHDRAWN: "filed",
}
_LABELS = {
    "skill": Skill,
    "finding": Finding,
    "odd": Odd,
    "kind": ReportKind,
    "side": Side,
    "check": Check,
    "state": State,
}


@register.filter
def tone(state: str) -> str:
    """The tone of a state."""
    return _TONES[State(state)]


@register.filter
def word(value: str, of: str) -> str:
    """What a code of ours is called."""
    return str(_LABELS[of](value).label) if value else ""


@register.filter
def yuan(fen: int | None) -> str:
    """An amount in yuan."""
    return "–" if fen is None else f"{fen / 100:,.2f}"


@register.filter
def minutes(value: float | None) -> str:
    """Whole minutes; a dash where it is not known."""
    return "–" if value is None else f"{value:.0f}"


@register.filter
def why_not(why: Why) -> str:
    """Why a crew cannot be sent."""
    told = {
        Why.OFF_DUTY: _("Off duty"),
        Why.REFUSED: _("Has refused this"),
        Why.EXPIRED: _("Certificate has expired"),
        Why.NO_CERTIFICATE: _("No certificate for this work"),
        Why.NOBODY: _("Nobody is in it"),
    }
    return told[why]


@register.simple_tag
def strokes(path: str) -> SafeString | str:
    """A signature as it was drawn on the screen."""
    if not path:
        return ""
    return format_html(
        '<svg class="cr-signature" viewBox="0 0 300 120" role="img" aria-label="{}"><path d="{}"/></svg>',
        _("Signature"),
        path,
    )


@register.simple_tag
def shown(state: str, side: str, when: str, on: str = "") -> SafeString:
    """The attributes of a part of a card that stands there in some states, and on one side of the boundary. The page's
    script goes by the same ones while the phone is without a network."""
    fits = state in when.split() and (not on or side == on)
    hidden = "" if fits else "hidden"
    return format_html('data-cr-when="{}" data-cr-side="{}" {}', when, on, hidden)
