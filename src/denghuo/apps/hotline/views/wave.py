"""From a trip to the answer rate: the calls that an outage brought, on one page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import numpy as np
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from denghuo.apps.charts import Chart, Floats, Row, Series
from denghuo.apps.hotline import queries
from denghuo.apps.hotline.models import Announcement, Measure
from denghuo.apps.hotline.queries import CallWave
from denghuo.apps.hotline.views.figures import number, percent
from denghuo.apps.network.queries import SupplyStep
from denghuo.apps.organization.access import Permission, permission_required, permissions_of
from denghuo.apps.outages import queries as outages
from denghuo.apps.outages.models import Outage
from denghuo.engines.attribution import round_to_total

_BESIDE_SHOWN = 8


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that happened between the trip and the last call; ``tone`` is dark, lamp or plain."""

    at: datetime
    what: str
    note: str = ""
    href: str = ""
    tone: str = ""


@require_GET
@permission_required(Permission.HOTLINE_VIEW)
def wave(request: HttpRequest, outage_id: int) -> HttpResponse:
    """The calls of one outage, against the usual ones; what was announced; and what it did to the answer rate."""
    scope = request.data_scope  # type: ignore[attr-defined]
    try:
        outage = outages.outage_for(scope=scope, outage_id=outage_id)
    except Outage.DoesNotExist as missing:
        raise Http404 from missing
    exchanges = queries.exchanges_of_outage(outage, scope=scope)
    within = {one.pk for one in exchanges}
    now = timezone.now()
    told = queries.call_wave(outage, exchanges, at=now)
    announcements = [
        one for one in queries.announcements_within(scope).filter(outage=outage) if one.exchange_id in within
    ]
    context: dict[str, Any] = {
        "outage": outage,
        "exchanges": exchanges,
        "customers_out": outages.cost(outage, at=now).lv_customers_out,
        "may_see_outage": Permission.OUTAGES_VIEW in permissions_of(request.user),
    }
    if told is not None:
        paths = [str(one.unit.path) for one in exchanges]
        aim = queries.target_of(paths, measure=Measure.ANSWER_RATE, on=told.begins[0].date())
        context |= {
            "figures": _figures(
                told,
                aim.share if aim else None,
                # The list holds the calls of every exchange within reach: it is offered where these are all of them.
                _calls_of(told, offered=within == {one.pk for one in queries.exchanges_within(scope)}),
                [reverse("hotline:announcement", args=[one.pk]) for one in announcements],
            ),
            "charts": [_calls_chart(told), _customers_chart(told)],
            "steps": _steps(told, announcements),
            "days": _days(told),
            "beside": told.beside[:_BESIDE_SHOWN],
            "beside_more": max(0, len(told.beside) - _BESIDE_SHOWN),
        }
    return render(request, "hotline/wave.html", context)


def _calls_of(told: CallWave, *, offered: bool) -> Callable[[str], str]:
    """Addresses of the calls since the outage began."""
    first, last = told.begins[told.during.start], told.begins[-1]
    query = {"since": f"{first:%Y-%m-%d}", "until": f"{last:%Y-%m-%d}"}
    query |= {"since_at": first.isoformat(), "until_at": told.end.isoformat()}
    return lambda counted: f"{reverse('hotline:calls')}?{urlencode(query | {'counted': counted})}" if offered else ""


def _figures(
    told: CallWave, aim: float | None, calls_of: Callable[[str], str], announced_at: list[str]
) -> list[dict[str, Any]]:
    counted, above = told.total, told.above_usual
    customers = told.outage.lv_customers
    return [
        {
            "label": _("Calls since then"),
            "value": number(counted.calls),
            "unit": _("calls"),
            "href": calls_of("calls"),
            "note": _above(told),
        },
        {
            "label": _("Calls per 100 customers out"),
            "value": number(100 * max(above, 0) / customers, 1) if customers else "–",
            "unit": "",
            "note": _("above usual, of %(count)s customers") % {"count": number(customers)},
        },
        {
            "label": _("Served by the announcement"),
            "value": number(told.announced_calls),
            "unit": _("calls"),
            "href": announced_at[0] if announced_at else "",
            "note": _("%(share)s %% of all calls") % {"share": percent(_share_of_calls(told))},
        },
        *_answers(counted, aim, calls_of),
    ]


def _answers(counted: queries.Figures, aim: float | None, calls_of: Callable[[str], str]) -> list[dict[str, Any]]:
    missed = aim is not None and counted.answer_rate < aim
    return [
        {
            "label": _("Answer rate since then"),
            "value": percent(counted.answer_rate),
            "unit": "%",
            "href": calls_of("requests"),
            "note": _("target %(share)s %%") % {"share": percent(aim)} if aim is not None else "",
            "tone": "breached" if missed else "",
        },
        {
            "label": _("Not answered"),
            "value": number(counted.requests - counted.answered),
            "unit": _("calls"),
            "href": calls_of("not_answered"),
            "note": _("of %(count)s who asked for a person") % {"count": number(counted.requests)},
        },
    ]


def _share_of_calls(told: CallWave) -> float:
    over = told.total.calls - told.total.lasting
    return told.announced_calls / over if over else float("nan")


def _above(told: CallWave) -> str:
    calls, of_all = told.above_usual, told.above_usual_of_all
    if np.isnan(calls):
        return _("nobody knows yet what is usual")
    if of_all < 0:
        return _("no more than usual")
    words = {"count": number(of_all), "here": number(calls)}
    if words["here"] != words["count"]:
        return _("%(count)s more than usual, %(here)s counted here") % words
    return _("%(count)s more than usual") % words


def _calls_chart(told: CallWave) -> Chart:
    """Calls against the usual, and those not answered: drawn by whole quarters of an hour, told with the one in which
    the outage began divided there."""
    whole = [n for n, begin in enumerate(told.begins) if not _is_divided(told, begin)]
    lost = np.array([one.requests - one.answered for one in told.figures], dtype=float)
    peak, usual = told.peak, told.usual[told.peak]
    title = _("Calls around the outage")
    if usual > 0 and told.calls[peak] > usual:
        words = {"times": number(told.calls[peak] / usual, 1), "time": f"{told.begins[peak]:%H:%M}"}
        title = _("At %(time)s %(times)s times as many called as usual") % words
    series = [Series(name=_("Calls"), role="now", exact=np.add.reduceat(told.calls, whole))]
    if np.isfinite(told.usual).any():
        series.insert(0, Series(name=_("Usual"), role="before", exact=np.add.reduceat(told.usual, whole)))
    series.append(Series(name=_("Not answered"), role="target", exact=np.add.reduceat(lost, whole)))
    return Chart(
        key="wave",
        shape="curve",
        title=title,
        about=_("Per quarter of an hour; usual is the same weekday of the four weeks before"),
        unit=_("calls"),
        labels=[f"{told.begins[n]:%H:%M}" for n in whole],
        series=series,
        head=[
            _("From"),
            _("Calls"),
            _("Usual"),
            _("Above usual, counted here"),
            _("Announced, counted here"),
            _("Asked"),
            _("Answered"),
            _("Answer rate"),
        ],
        rows=_rows(told),
        foot=_cells(told.total, *_sums(told), told.announced_calls),
        note=_chart_note(told),
    )


def _is_divided(told: CallWave, begin: datetime) -> bool:
    """Whether an interval is the later part of the quarter of an hour in which the outage began."""
    began = told.begins[told.during.start]
    return begin == began and (began.minute % queries.INTERVAL_MIN, began.second, began.microsecond) != (0, 0, 0)


def _chart_note(told: CallWave) -> str:
    began = told.begins[told.during.start]
    if not _is_divided(told, began):
        return _("The last row is the sum since the outage began.")
    return _(
        "The last row is the sum since the outage began at %(time)s. That quarter of an hour is drawn whole and stands "
        "in two rows, before and since: calls one by one, usual calls by the minutes."
    ) % {"time": f"{began:%H:%M:%S}"}


def _rows(told: CallWave) -> list[Row]:
    columns = (_adding_up(told.usual, told.during), _adding_up(told.above, told.during), told.announced.tolist())
    return [
        Row(label=f"{begin:%m-%d %H:%M}", cells=_cells(one, usual, above, announced))
        for begin, one, usual, above, announced in zip(told.begins, told.figures, *columns, strict=True)
    ]


def _sums(told: CallWave) -> tuple[float, float]:
    return float(np.sum(told.usual[told.during])), told.above_usual


def _adding_up(values: Floats, during: slice) -> list[float]:
    """Values as they are shown, those of the outage so that they add up to their sum."""
    if not np.isfinite(values[during]).all():
        return values.tolist()
    return [*values[: during.start].tolist(), *round_to_total(values[during], decimals=1).tolist()]


def _cells(one: queries.Figures, usual: float, above: float, announced: float) -> list[str]:
    counts = [number(announced), number(one.requests), number(one.answered)]
    return [number(one.calls), number(usual, 1), number(above, 1), *counts, percent(one.answer_rate)]


def _customers_chart(told: CallWave) -> Chart:
    """Customers without supply at the same times."""
    return Chart(
        key="customers",
        shape="curve",
        title=_("%(count)s customers without supply at most") % {"count": number(int(told.customers_out.max()))},
        about=_("The most at once in each interval, by the switching log"),
        unit=_("customers"),
        labels=[f"{begin:%H:%M}" for begin in told.begins],
        series=[Series(name=_("Customers without supply"), role="now", exact=told.customers_out.astype(float))],
        head=[_("From"), _("Customers without supply")],
        rows=[
            Row(label=f"{begin:%m-%d %H:%M}", cells=[number(int(count))])
            for begin, count in zip(told.begins, told.customers_out.tolist(), strict=True)
        ],
    )


def _steps(told: CallWave, announcements: list[Announcement]) -> list[Step]:
    """Everything from the trip on, in order."""
    steps = [
        Step(at=one.at, what=_switched(one), tone="dark" if one.lost.lv_customers else "lamp")
        for one in told.steps
        if one.lost.lv_customers or one.restored.lv_customers
    ]
    until = [*told.begins, told.end][told.peak + 1]
    words = {
        "calls": number(told.calls[told.peak]),
        "until": f"{until:%H:%M}",
        "usual": number(told.usual[told.peak], 1),
    }
    known = np.isfinite(told.usual[told.peak])
    steps.append(
        Step(
            at=told.begins[told.peak],
            what=_("Most calls: %(calls)s until %(until)s") % words,
            note=_("usually %(usual)s") % words if known else "",
        )
    )
    for one in announcements:
        href = reverse("hotline:announcement", args=[one.pk])
        steps.append(Step(at=one.drafted_at, what=_("Announcement drafted"), href=href))
        if one.published_at:
            steps.append(Step(at=one.published_at, what=_("Announcement published"), href=href, tone="lamp"))
        if one.expired_at:
            steps.append(Step(at=one.expired_at, what=_("Announcement ended"), href=href))
    return sorted(steps, key=lambda step: step.at)


def _switched(step: SupplyStep) -> str:
    words = {
        "device": step.device_name,
        "lost": number(step.lost.lv_customers),
        "back": number(step.restored.lv_customers),
    }
    if step.lost.lv_customers:
        return _("%(device)s: %(lost)s customers lost supply") % words
    return _("%(device)s: %(back)s customers have it back") % words


def _days(told: CallWave) -> list[dict[str, str]]:
    """The days that the wave touched, with the address of their figures and of their calls."""
    first, last = told.begins[told.during.start].date(), told.begins[-1].date()
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [
        {
            "day": day.isoformat(),
            "figures": f"{reverse('hotline:home')}?since={day}&until={day}",
            "calls": f"{reverse('hotline:calls')}?since={day}&until={day}",
            "why": f"{reverse('hotline:why')}?month={day:%Y-%m}",
            "month": f"{day:%Y-%m}",
        }
        for day in days
    ]
