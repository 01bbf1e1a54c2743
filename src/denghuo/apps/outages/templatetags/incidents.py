"""How incidents and the lights on them are written on pages."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from denghuo.apps.crews.models import OPEN, WAITING, State
from denghuo.apps.crews.queries import Sent
from denghuo.apps.crews.queries import Why as CrewWhy
from denghuo.apps.customers.models import CutReason
from denghuo.apps.notices.queries import reason_of
from denghuo.apps.orders.models import Clock, Topic
from denghuo.apps.outages.models import Method
from denghuo.apps.outages.queries.detail import Reached, ReportShown
from denghuo.apps.outages.queries.incidents import Urgency
from denghuo.apps.outages.queries.plans import Missed
from denghuo.apps.outages.queries.triage import Lamp, Light, Shine, Why
from denghuo.apps.outages.templatetags.durations import spoken

register = template.Library()

_URGENCY: dict[Urgency, tuple[str, str, str | Promise]] = {
    Urgency.DANGER: ("breached", "alert-octagon", gettext_lazy("Danger")),
    Urgency.OVERDUE: ("breached", "square", gettext_lazy("Overdue")),
    Urgency.STILL_OUT: ("breached", "bulb-off", gettext_lazy("Say still out")),
    Urgency.UNHEARD: ("act", "ear-off", gettext_lazy("Crew does not answer")),
    Urgency.MANY: ("act", "users", gettext_lazy("Many out, nobody sent")),
    Urgency.NEAR: ("warning", "alert-triangle", gettext_lazy("Near the deadline")),
    Urgency.CARE: ("act", "heart-handshake", gettext_lazy("Special care, nobody sent")),
    Urgency.NOBODY: ("act", "circle", gettext_lazy("Nobody sent")),
    Urgency.MOVING: ("doing", "player-play", gettext_lazy("Crew sent")),
    Urgency.THERE: ("doing", "map-pin", gettext_lazy("Somebody is there")),
    Urgency.BACK: ("warning", "bulb", gettext_lazy("Supply is back, crew not finished")),
    Urgency.NEEDLESS: ("waiting", "hand-stop", gettext_lazy("No crew needed")),
}
_LIGHTS: dict[Light, tuple[str, str | Promise]] = {
    Light.ARREARS: ("receipt", gettext_lazy("Arrears")),
    Light.PLANNED: ("calendar-event", gettext_lazy("Planned outage")),
    Light.KNOWN: ("bolt-off", gettext_lazy("Known outage")),
    Light.OWN_WIRING: ("plug", gettext_lazy("Own wiring")),
}
_SHINES: dict[Shine, tuple[str, str, str | Promise]] = {
    Shine.CLEAR: ("done", "check", gettext_lazy("clear")),
    Shine.LOOK: ("warning", "eye", gettext_lazy("look first")),
    Shine.STOP: ("breached", "hand-stop", gettext_lazy("no crew needed")),
    Shine.UNKNOWN: ("filed", "question-mark", gettext_lazy("not known")),
}
_REACHED: dict[Reached, tuple[str, str | Promise]] = {
    Reached.ANSWERED: ("done", gettext_lazy("Answered")),
    Reached.DELIVERED: ("doing", gettext_lazy("Message delivered")),
    Reached.ON_ITS_WAY: ("waiting", gettext_lazy("Being called")),
    Reached.UNANSWERED: ("breached", gettext_lazy("Not reached")),
    Reached.UNTOLD: ("act", gettext_lazy("Not told yet")),
}
_LEADS = {
    Why.CUT: "customers:account",
    Why.CONNECTED: "customers:account",
    Why.PLAN: "outages:outage",
    Why.OUTAGE: "outages:outage",
    Why.FOUND_BEFORE: "orders:order",
}


@register.filter
def left(due_at: datetime, now: datetime) -> str:
    """How long until a deadline, or since it passed."""
    minutes = int((due_at - now).total_seconds() // 60) if due_at > now else int((now - due_at).total_seconds() // 60)
    if minutes == 0:
        return _("due now")
    return (_("{time} left") if due_at > now else _("{time} over")).format(time=spoken(minutes))


@register.filter
def urgency_tone(urgency: Urgency) -> str:
    """The tone of why an incident stands where it stands."""
    return _URGENCY[urgency][0]


@register.filter
def urgency_icon(urgency: Urgency) -> str:
    """Its icon."""
    return _URGENCY[urgency][1]


@register.filter
def urgency_word(urgency: Urgency) -> str | Promise:
    """Its word."""
    return _URGENCY[urgency][2]


@register.filter
def assignment_ids(sent: Iterable[Sent]) -> str:
    """The assignments that a page knows of, for the form that sends another crew."""
    return " ".join(str(one.assignment_id) for one in sent)


@register.filter
def whole_percent(share: float) -> str:
    """A share as whole per cent."""
    return f"{100 * share:.0f}%"


_INSTEAD: dict[str, str | Promise] = {
    "above": gettext_lazy("a device further up"),
    "below": gettext_lazy("one or several devices further down"),
    "part": gettext_lazy("no device: a part of the area"),
    "stray": gettext_lazy("no device: each a fault of its own"),
}


@register.filter
def instead_word(way: str) -> str | Promise:
    """What it may be instead of a device that was named."""
    return _INSTEAD.get(way, way)


@register.filter
def when_told(instant: datetime, now: datetime) -> str:
    """An instant as short as it can be understood: with its day where that is another one, and so its year."""
    local, here = timezone.localtime(instant), timezone.localtime(now)
    if local.date() == here.date():
        return f"{local:%H:%M}"
    return f"{local:%m-%d %H:%M}" if local.year == here.year else f"{local:%Y-%m-%d %H:%M}"


@register.filter
def light_icon(lamp: Lamp) -> str:
    """What a light looks at, as an icon."""
    return _LIGHTS[lamp.light][0]


@register.filter
def light_word(lamp: Lamp) -> str | Promise:
    """What a light looks at."""
    return _LIGHTS[lamp.light][1]


@register.filter
def shine_tone(lamp: Lamp) -> str:
    """How a light shines, as a tone."""
    return _SHINES[lamp.shine][0]


@register.filter
def shine_icon(lamp: Lamp) -> str:
    """How it shines, as an icon."""
    return _SHINES[lamp.shine][1]


@register.filter
def shine_word(lamp: Lamp) -> str | Promise:
    """How it shines, as a word."""
    return _SHINES[lamp.shine][2]


@register.filter
def lamp_says(lamp: Lamp) -> str:
    """The record that a light rests on, as a sentence."""
    when = f"{timezone.localtime(lamp.at):%m-%d %H:%M}" if lamp.at else ""
    day = f"{timezone.localtime(lamp.at):%Y-%m-%d}" if lamp.at else ""
    told = {"record": lamp.record or "–", "when": when, "day": day}
    says = {
        Why.CONNECTED: _("Supply of %(record)s is not cut"),
        Why.NO_ACCOUNT: _("No account is known"),
        Why.PLAN: _("Planned outage %(record)s until %(when)s"),
        Why.NO_PLAN: _("No plan takes supply away here now"),
        Why.OUTAGE: _("Outage %(record)s since %(when)s"),
        Why.THIS: _("It belongs to this one, %(record)s"),
        Why.SUPPLIED: _("Supplied by the switching log"),
        Why.NO_LOAD: _("Not placed on the network yet"),
        Why.METER_LIT: _("Meter %(record)s has supply, %(when)s"),
        Why.METER_DARK: _("Meter %(record)s has no supply, %(when)s"),
        Why.FOUND_BEFORE: _("Own wiring was found before, %(day)s, order %(record)s"),
        Why.NEIGHBORS_SILENT: _("Nobody else at this transformer reports"),
    }
    if lamp.why is Why.CUT:
        return _cut(lamp, day)
    if lamp.why is Why.NEIGHBORS_DARK:
        said = ngettext(
            "%(n)d other at this transformer reports too", "%(n)d others at this transformer report too", lamp.count
        )
        return said % {"n": lamp.count}
    if lamp.why is Why.OTHERS_SUSPECTED:
        said = ngettext(
            "%(n)d other behind the suspected device reports too",
            "%(n)d others behind the suspected device report too",
            lamp.count,
        )
        return said % {"n": lamp.count}
    return says[lamp.why] % told


def _cut(lamp: Lamp, day: str) -> str:
    why = str(CutReason(lamp.reason).label) if lamp.reason in CutReason.values else ""
    said = _("Cut: %(why)s, since %(day)s") % {"why": why or "–", "day": day or "–"}
    return f"{said}, {lamp.record}" if lamp.record else said


@register.filter
def lamp_path(lamp: Lamp) -> str:
    """Where the record that a light cites is shown; nothing where it has no page."""
    name = _LEADS.get(lamp.why)
    return path_of(name, lamp.record_id) if name and lamp.record_id else ""


def path_of(name: str, key: int) -> str:
    """The address of a thing; nothing where there is no page for it."""
    try:
        return reverse(name, args=[key])
    except NoReverseMatch:
        return ""


@register.filter
def stops(lamps: tuple[Lamp, ...]) -> list[Lamp]:
    """The lights that say that a crew would go for nothing, or should look first."""
    return [one for one in lamps if one.shine in (Shine.STOP, Shine.LOOK)]


@register.filter
def is_clear(lamp: Lamp) -> bool:
    """Whether nothing stands against sending a crew, as far as this light sees."""
    return lamp.shine is Shine.CLEAR


@register.filter
def clear_ones(lamps: tuple[Lamp, ...]) -> list[Lamp]:
    """The lights that have nothing against it."""
    return [one for one in lamps if one.shine is Shine.CLEAR]


@register.filter
def reached_tone(reached: Reached) -> str:
    """Whether somebody was reached, as a tone."""
    return _REACHED[reached][0]


@register.filter
def reached_word(reached: Reached) -> str | Promise:
    """Whether somebody was reached."""
    return _REACHED[reached][1]


@register.filter
def minutes_word(minutes: float) -> str:
    """Minutes as people say them."""
    return spoken(round(minutes))


@register.filter
def topic_word(topic: str) -> str | Promise:
    """What an order is about."""
    return Topic(topic).label


@register.filter
def crew_tone(state: State) -> str:
    """How far a crew is, as a tone."""
    return "act" if state in WAITING else "doing" if state in OPEN else "done" if state == State.FINISHED else "filed"


@register.filter
def why_not(why: CrewWhy) -> str:
    """Why a crew cannot be sent, or should not."""
    told = {
        CrewWhy.OFF_DUTY: _("off duty"),
        CrewWhy.REFUSED: _("has refused this"),
        CrewWhy.EXPIRED: _("its certificate has expired"),
        CrewWhy.NO_CERTIFICATE: _("no certificate for this work"),
        CrewWhy.NOBODY: _("nobody is in it"),
    }
    return told[why]


@register.filter
def clock_word(clock: str) -> str | Promise:
    """What a clock measures."""
    return Clock(clock).label if clock in Clock.values else clock


@register.filter
def without_lamps(one: ReportShown) -> ReportShown:
    """A report whose lights are shown elsewhere."""
    return replace(one, lamps=())


@register.filter
def method_word(method: str) -> str | Promise:
    """How an expected time was known."""
    return Method(method).label


@register.filter
def in_minutes(seconds: int) -> str:
    """Seconds as minutes, without what is zero."""
    return f"{seconds / 60:g}"


@register.filter
def in_hours(seconds: int) -> str:
    """Seconds as hours, without what is zero."""
    return f"{seconds / 3600:g}"


_MISSED: dict[str, str | Promise] = {
    "never": gettext_lazy("Not told yet"),
    "unreachable": gettext_lazy("No number that may be used"),
    "waiting": gettext_lazy("Message waiting"),
    "sent": gettext_lazy("Sent, no receipt"),
    "undeliverable": gettext_lazy("Could not be delivered"),
    "withheld": gettext_lazy("Not sent: not wished"),
    "late": gettext_lazy("Told too late"),
}


@register.filter
def missed_reason(reason: str) -> str | Promise:
    """Why somebody is not proved to be told."""
    return _MISSED.get(reason, reason)


@register.filter
def missed_word(one: Missed) -> str | Promise:
    """The same of one of them, with what the gateway said."""
    word = missed_reason(one.reason)
    return _("%(word)s: %(why)s") % {"word": word, "why": reason_of(one.code)} if one.code else word
