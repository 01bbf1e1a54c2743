"""Figures of the hotline as people read them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from denghuo.apps.hotline.forms import Asked

DASH = "–"
WHY = ("answer_rate", "answer_rate_all", "service_level", "callers_solved_share", "mean_wait_s", "mean_handling_s")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure on a page."""

    label: str | Promise
    value: str
    unit: str | Promise = ""
    href: str = ""
    why: str = ""
    note: str = ""
    tone: str = ""


def number(value: float, digits: int = 0) -> str:
    """A number with thousands apart; a dash where there is none."""
    return DASH if np.isnan(value) else f"{value:,.{digits}f}"


def percent(share: float, digits: int = 1) -> str:
    """A share in percent."""
    return number(100 * share, digits)


def adding_up(parts: Sequence[float], *, total: float, digits: int = 0) -> list[float]:
    """Parts as they are shown: rounded up or down (largest remainders) so that they add up to the total shown, which is
    their sum rounded up or down.
    """
    exact = np.asarray(parts, dtype=np.float64) * 10**digits
    shown = np.floor(exact)
    raised = round(total * 10**digits - shown.sum())
    shown[np.argsort(shown - exact, kind="stable")[: max(raised, 0)]] += 1
    return [one / 10**digits for one in shown.tolist()]


def headline(asked: Asked) -> tuple[list[Figure], list[Figure]]:
    """The figures of the question: those that count first, and the rest."""
    return [_answer_rate(asked), *_first(asked)], _more(asked)


def _answer_rate(asked: Asked) -> Figure:
    rate, aim = asked.figures.answer_rate, asked.target
    return Figure(
        label=_("Answer rate"),
        value=percent(rate),
        unit="%",
        href=asked.address("why"),
        why=asked.address("figure", column="answer_rate"),
        note=_("target %(share)s %%") % {"share": percent(aim.share)} if aim else _("no target set"),
        tone="" if aim is None or np.isnan(rate) else "done" if rate >= aim.share else "breached",
    )


def _first(asked: Asked) -> list[Figure]:
    told, counted, why = asked.figures, _calls(asked), _why(asked)
    in_time = _("Answered within %(seconds)d s") % {"seconds": asked.definition.in_time_s}
    return [
        Figure(label=in_time, value=percent(told.service_level), unit="%", why=why("service_level")),
        Figure(
            label=_("Callers served"),
            value=percent(told.callers_solved_share),
            unit="%",
            href=counted("unserved"),
            why=why("callers_solved_share"),
            note=_("at whichever attempt"),
        ),
        _count(_("Asked for a person"), told.requests, counted("requests")),
        _count(_("Not answered"), told.requests - told.answered, counted("not_answered")),
        Figure(label=_("Mean wait"), value=number(told.mean_wait_s), unit=_("s"), why=why("mean_wait_s")),
    ]


def _more(asked: Asked) -> list[Figure]:
    told, counted, why = asked.figures, _calls(asked), _why(asked)
    soon = {"count": number(told.abandoned_soon), "seconds": asked.definition.soon_s}
    over_all = percent(told.answer_rate_all)
    return [
        _count(_("All calls"), told.calls, counted("calls")),
        Figure(label=_("Answered ÷ all calls"), value=over_all, unit="%", why=why("answer_rate_all")),
        _count(_("Gave up waiting"), told.abandoned, counted("abandoned")),
        Figure(
            label=_("Mean wait of those who gave up"),
            value=number(told.mean_lost_wait_s),
            unit=_("s"),
            note=_("%(count)s within %(seconds)d s") % soon,
        ),
        _count(_("Sent away"), told.sent_away, counted("sent_away")),
        _count(_("Served by announcements"), told.announced, counted("announced")),
        _count(_("Redials"), told.redials, counted("redials")),
        Figure(label=_("Handling time"), value=number(told.mean_handling_s), unit=_("s"), why=why("mean_handling_s")),
    ]


def _count(label: str, count: int, href: str) -> Figure:
    return Figure(label=label, value=number(count), unit=_("calls"), href=href)


def _calls(asked: Asked) -> Callable[[str], str]:
    return lambda counted: asked.address("calls", counted=counted)


def _why(asked: Asked) -> Callable[[str], str]:
    return lambda column: asked.address("figure", column=column)
