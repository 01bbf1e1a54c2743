"""Clocks and orders as people read them."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import forms, template
from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from denghuo.apps.orders.forms.rules import REGIONS
from denghuo.apps.orders.models import (
    Appeal,
    Area,
    CallBackResult,
    Certainty,
    Channel,
    Clock,
    Correction,
    Kind,
    LimitRule,
    Order,
    OrderStep,
    Promise,
    State,
    Suspension,
    SuspensionCause,
    Topic,
)
from denghuo.apps.orders.queries import Moves, changed
from denghuo.apps.orders.queries.words import step_done, step_name
from denghuo.apps.orders.snapshot.clocks import ClockShown, effects_of
from denghuo.apps.orders.snapshot.rules import Limit
from denghuo.apps.orders.snapshot.standard import EVER
from denghuo.apps.sealed import masked_name, masked_phone
from denghuo.engines.worktime import Measure

register = template.Library()
_DAY_S, _H_S = 86_400, 3_600
_MANY_S = 600  # up to ten minutes, seconds tell what was late from what was not
_TONES = {
    State.REGISTERED: "act",
    State.DISPATCHED: "doing",
    State.IN_HAND: "doing",
    State.ON_SITE: "doing",
    State.DONE: "waiting",
    State.SUSPENDED: "waiting",
    State.CLOSED: "done",
    State.TERMINATED: "filed",
    State.MERGED: "filed",
}
_ICONS = {
    Kind.FAULT: "bolt",
    Kind.COMPLAINT: "message-exclamation",
    Kind.MISCONDUCT: "alert-octagon",
    Kind.OPINION: "message-dots",
    Kind.SUGGESTION: "bulb",
    Kind.PRAISE: "heart",
    Kind.ENQUIRY: "help-circle",
    Kind.SERVICE: "clipboard-list",
}


@register.filter
def state_tone(order: Order) -> str:
    """The mark of an order's state."""
    return _TONES[State(order.state)]


@register.filter
def kind_icon(kind: str) -> str:
    """The icon of a kind."""
    return _ICONS[Kind(kind)]


@register.filter
def span(seconds: float | None) -> str:
    """A time by the clock on the wall, as people say it."""
    if seconds is None or seconds != seconds:
        return "–"
    s = round(abs(seconds))
    if s < 60:
        return _("%(n)d s") % {"n": s}
    if s < _MANY_S and s % 60:
        return _("%(m)d min %(s)d s") % {"m": s // 60, "s": s % 60}
    if s < _H_S:
        return _("%(n)d min") % {"n": s // 60}
    if s < _DAY_S:
        minutes = s % _H_S // 60
        words = _("%(h)d h %(m)d min") if minutes else _("%(h)d h")
        return words % {"h": s // _H_S, "m": minutes}
    hours = s % _DAY_S // _H_S
    words = _("%(d)d d %(h)d h") if hours else _("%(d)d d")
    return words % {"d": s // _DAY_S, "h": hours}


@register.filter
def measured(seconds: float | None, measure: Any) -> str:
    """A time in its own measure: working days are counted as such."""
    if seconds is None or seconds != seconds:
        return "–"
    if Measure(measure) is Measure.WORKING_DAYS:
        days = seconds / _DAY_S
        return _("%(n)s working days") % {"n": f"{days:.0f}" if days == round(days) else f"{days:.1f}"}
    return span(seconds)


@register.filter
def limit_text(limit: Limit | LimitRule) -> str:
    """A limit with its measure."""
    return pgettext("a limit", "lifted") if limit.limit_s is None else measured(limit.limit_s, limit.measure)


@register.filter
def layer_name(layer: str) -> str:
    """Whose limit it is."""
    return str(LimitRule.Layer(layer).label)


@register.filter
def clock_name(clock: str) -> str:
    """What is measured."""
    return str(Clock(clock).label) if clock in Clock.values else clock


@register.filter
def certainty_name(certainty: str) -> str:
    """How sure a number is."""
    return str(Certainty(certainty).label)


@register.filter
def doubtful(certainty: str) -> bool:
    """Whether nobody here has read it in the text itself."""
    return certainty not in (Certainty.SEEN, Certainty.OWN)


@register.filter
def limit_kind_name(limit_kind: str) -> str:
    """What a limit binds."""
    return str(LimitRule.Kind(limit_kind).label)


@register.filter
def region_name(region: str) -> str:
    """Whose promises a limit belongs to."""
    return str(dict(REGIONS).get(region, region))


@register.filter
def effect_words(effects: str) -> str:
    """What a step does to clocks."""
    verbs = {
        "start": _("%(clock)s starts"),
        "again": _("%(clock)s runs on"),
        "stop": _("%(clock)s stops"),
        "drop": _("%(clock)s is not asked for any more"),
        "revive": _("%(clock)s is asked for again"),
        "suspend": _("%(clock)s stands still"),
        "resume": _("%(clock)s runs again"),
    }
    parts = [(_("every clock") if clock == "*" else clock_name(clock), verb) for clock, verb in effects_of(effects)]
    return " · ".join(verbs[verb] % {"clock": clock} for clock, verb in parts)


@register.filter
def since_words(limit: Limit) -> str:
    """From which day on a limit holds; of what is shipped without a day, nothing."""
    return "" if limit.from_date == EVER else _("from %(date)s") % {"date": f"{limit.from_date:%Y-%m-%d}"}


@register.filter
def appeal_about(one: Appeal) -> str:
    """What is appealed against."""
    return clock_name(one.clock) if one.clock else _("the whole order")


@register.filter
def appeal_answer(one: Appeal) -> str:
    """What became of an appeal."""
    if one.decided_at is None:
        return _("to be decided")
    return _("upheld") if one.upheld else _("rejected")


@register.filter
def spares(appeals: list[Appeal], clock: str) -> bool:
    """Whether an appeal was upheld, so that a clock counts for nothing."""
    return any(one.upheld and one.clock in ("", clock) for one in appeals)


@register.filter
def moment(at: datetime, now: datetime) -> str:
    """An instant without its year, unless that is another one."""
    told, today = timezone.localtime(at), timezone.localtime(now)
    return f"{told:%m-%d %H:%M}" if told.year == today.year else f"{told:%Y-%m-%d %H:%M}"


@register.filter
def reason_words(step: OrderStep) -> str:
    """Why a step was taken. The cause of a suspension is written in the language of the house, read in one's own."""
    if step.step != "suspend":
        return str(step.reason)
    cause, dot, rest = str(step.reason).partition(" · ")
    with translation.override(settings.LANGUAGE_CODE):
        written = {str(one.label): one for one in SuspensionCause}
    return f"{written[cause].label}{dot}{rest}" if cause in written else str(step.reason)


@register.filter
def source_words(ref: str) -> str:
    """What an order came from, where the context that knows it shows nothing: no code of the program."""
    if ref.startswith("portal."):
        return _("the public pages")
    return "" if _CODE.match(ref) else ref


_CODE = re.compile(r"[a-z]+\.[a-z.]+(?::|$)")


@register.filter
def late_words(one: ClockShown) -> str:
    """Whether an order was too late; a limit of the mean is none of a single order."""
    if one.limit.is_mean:
        return "–"
    return _("yes") if one.late else _("no")


@register.filter
def clock_tone(one: ClockShown) -> str:
    """The mark of what a clock shows."""
    if one.late:
        return "warning" if one.limit.is_mean else "breached"
    if one.suspended:
        return "waiting"
    if one.unknown:
        return "warning"
    if one.dropped:
        return "filed"
    return "doing" if one.runs else "done"


@register.filter
def due_of(one: ClockShown) -> datetime | None:
    """When a limit is reached, or would have been: of a clock that stopped in time and never stood still, which shows
    as much as passed on the wall, that is told from its start."""
    if one.due_at is not None or one.stopped_at is None or one.shown_s is None:
        return one.due_at
    stood_s = (one.stopped_at - one.started_at).total_seconds() - one.shown_s
    runs_on = one.limit.measure is Measure.CLOCK and abs(stood_s) < 1
    return one.started_at + timedelta(seconds=one.limit.limit_s) if runs_on else None


@register.simple_tag
def clock_words(one: ClockShown, at: datetime) -> str:
    """What a clock says, in a few words."""
    if one.unknown:
        return _("not known: the holidays until then have not been told")
    if one.suspended:
        return _("stands still")
    if one.dropped:
        return _("not asked for any more")
    if not one.runs:
        if one.limit.is_mean:
            return _("longer than the mean may be") if one.late else _("within the mean")
        return _("too late") if one.late else _("in time")
    left = one.left_s(at)
    if left is None:
        return "–"
    return (_("%(time)s over") if left < 0 else _("%(time)s left")) % {"time": span(left)}


@register.filter
def used_share(one: ClockShown) -> int:
    """How much of a limit is used, in whole percent up to 100."""
    if one.shown_s is None or not one.limit.limit_s:
        return 0
    return min(100, round(100 * one.shown_s / one.limit.limit_s))


@register.simple_tag
def due_words(order: Order, at: datetime) -> dict[str, Any]:
    """What an order's next deadline says: words and a mark; ``next``: whether the deadline that comes next is to be
    named beside them, which is not the one that has passed already."""
    return {"next": _names_next(order, at)} | _due_words(order, at)


def _names_next(order: Order, at: datetime) -> bool:
    if order.is_over or order.next_due_at is None:
        return False
    return order.overdue_at is None or order.next_due_at > at


def _due_words(order: Order, at: datetime) -> dict[str, str]:
    if order.is_over:
        return {"tone": "", "text": "–"}
    if order.state == State.SUSPENDED:
        return {"tone": "waiting", "text": _("stands still")}
    passed = order.overdue_at or (order.next_due_at if order.next_due_at and order.next_due_at < at else None)
    if passed is not None:
        return {"tone": "breached", "text": _("%(time)s over") % {"time": span((at - passed).total_seconds())}}
    if order.next_due_at is None:
        return {"tone": "", "text": "–"}
    left = span((order.next_due_at - at).total_seconds())
    near = order.next_warn_at is not None and order.next_warn_at <= at
    return {"tone": "warning" if near else "", "text": _("%(time)s left") % {"time": left}}


@register.simple_tag
def promise_state(one: Promise, at: datetime) -> dict[str, str]:
    """Where a promise stands: words and a mark."""
    if one.kept_at:
        if one.kept_at <= one.due_at:
            return {"tone": "done", "label": _("kept")}
        return {"tone": "breached", "label": _("kept too late")}
    if one.moved_at and one.moved_at <= one.due_at:
        return {"tone": "filed", "label": _("moved in time")}
    if one.due_at < at:
        return {"tone": "breached", "label": _("broken")}
    if one.warned_at:
        return {"tone": "warning", "label": _("keep it now, or tell the customer")}
    return {"tone": "doing", "label": _("to be kept")}


@register.filter
def suspension_answer(one: Suspension) -> str:
    """What became of asking that the clocks stand still."""
    if one.decided_at is None:
        return _("to be decided")
    return _("granted") if one.granted else _("refused")


@register.filter
def phone_masked(number: str) -> str:
    """A number that can be told apart and not called."""
    return masked_phone(number) if number else ""


@register.filter
def name_masked(name: str) -> str:
    """A name, masked."""
    return masked_name(name) if name else ""


@register.filter
def named(names: dict[str, str], username: str) -> str:
    """What somebody is called; who has no account is told by the name that is recorded."""
    if username in names or not username:
        return names.get(username, "–")
    # No person is called so: whoever speaks for themselves on the public pages.
    return _("The customer") if username == "customer" else username


@register.filter
def differ(step: Any) -> str:
    """How much later a step was recorded than it happened, where that is more than a minute."""
    late_s = (step.at - step.told_at).total_seconds()
    return span(late_s) if late_s > 60 else ""


@register.filter
def times(count: int) -> str:
    """So many times."""
    return ngettext("%(n)d time", "%(n)d times", count) % {"n": count}


@register.filter
def local(at: datetime | None) -> str:
    """An instant on the clock of the place."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else "–"


register.filter(step_name)
register.filter(step_done)


@register.filter
def step_words(step: OrderStep) -> str:
    """What was done, and what came of it where the customer was asked."""
    if not step.result:
        return step_done(step.step)
    return _("%(step)s: %(result)s") % {"step": step_done(step.step), "result": result_name(step.result)}


@register.filter
def result_name(result: str) -> str:
    """What came of calling a customer back."""
    return str(CallBackResult(result).label) if result in CallBackResult.values else _("No answer")


@register.filter
def sent_to(refused: Mapping[str, forms.Form], path: str) -> forms.Form | None:
    """The form that was sent to an address and refused."""
    return refused.get(path)


@register.filter
def of_step(sent: forms.Form | None, step: str) -> forms.Form | None:
    """The form that was sent, if it is of a step: the forms of all steps are sent to one address."""
    return sent if sent is not None and sent["step"].value() == step else None


@register.filter
def of_account(found: dict[int, Any], account_id: int) -> Any:
    """The customer of an account, among those found."""
    return found.get(account_id)


@register.filter
def kind_name(kind: str) -> str:
    """What a kind is called."""
    return str(Kind(kind).label)


@register.filter
def topic_name(topic: str) -> str:
    """What a topic is called."""
    return str(Topic(topic).label)


@register.filter
def channel_name(channel: str) -> str:
    """What a way in is called."""
    return str(Channel(channel).label)


@register.filter
def state_name(state: str) -> str:
    """What a state is called."""
    return str(State(state).label)


@register.filter
def percent(share: float) -> str:
    """A share in percent; a dash where nothing is settled."""
    return "–" if share != share else f"{100 * share:.1f}"


@register.filter
def clock_names(clocks: list[str]) -> str:
    """Clocks by name, a dash where there is none."""
    return _(", ").join(map(clock_name, clocks)) or "–"


_PARTS: dict[str, Any] = {
    "kind": (lambda: _("Kind"), kind_name),
    "topic": (lambda: _("About"), topic_name),
    "area": (lambda: _("Area"), lambda area: str(Area(area).label)),
    "account_id": (lambda: _("The customer"), None),
    "load_code": (lambda: _("Transformer area"), str),
    "place": (lambda: _("Place"), str),
    "caller": (lambda: pgettext("of a telephone", "Number"), masked_phone),
    "contact_name": (lambda: _("Contact person"), masked_name),
}


@register.filter
def changed_parts(one: Correction, accounts: dict[int, Any]) -> list[dict[str, str]]:
    """What a correction put right, in words, masked."""

    def account(key: int | None) -> str:
        found = accounts.get(key) if key else None
        return f"{found.name} {found.number}" if found else ""

    told = []
    for part in changed(one):
        label, words = _PARTS[part.field]
        was, now = ((words or account)(value) or "–" for value in (part.was, part.now))
        told.append({"label": label(), "was": was, "now": now})
    return told


@register.inclusion_tag("orders/moves.html")
def moved_orders(preview: Moves) -> dict[str, Moves]:
    """What a rule that nobody has set yet would do to open orders, on any page."""
    return {"preview": preview}
