"""From a trip to the answer rate: the calls that an outage brought, on one page."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from denghuo.apps.charts import Chart, Row, Series
from denghuo.apps.hotline import queries
from denghuo.apps.hotline.models import Announcement, Measure
from denghuo.apps.hotline.queries import CallWave
from denghuo.apps.hotline.views.figures import number, percent
from denghuo.apps.network.queries import SupplyStep
from denghuo.apps.organization.access import Permission, permission_required, permissions_of
from denghuo.apps.outages import queries as outages
from denghuo.apps.outages.models import Outage


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
        "may_see_outage": Permission.OUTAGES_VIEW in permissions_of(request.user),
    }
    if told is not None:
        paths = [str(one.unit.path) for one in exchanges]
        aim = queries.target_of(paths, measure=Measure.ANSWER_RATE, on=told.begins[0].date())
        context |= {
            "figures": _figures(told, aim.share if aim else None),
            "charts": [_calls_chart(told), _customers_chart(told)],
            "steps": _steps(told, announcements),
            "days": _days(told),
        }
    return render(request, "hotline/wave.html", context)


def _figures(told: CallWave, aim: float | None) -> list[dict[str, Any]]:
    counted, above = told.total, told.above_usual
    customers = told.outage.lv_customers
    missed = aim is not None and counted.answer_rate < aim
    return [
        {
            "label": _("Calls since then"),
            "value": number(counted.calls),
            "unit": _("calls"),
            "note": _above(above),
        },
        {
            "label": _("Calls per 100 customers out"),
            "value": number(100 * max(above, 0) / customers, 1) if customers else "–",
            "unit": "",
            "note": _("above usual, of %(count)s customers") % {"count": number(customers)},
        },
        {
            "label": _("Served by the announcement"),
            "value": number(counted.announced),
            "unit": _("calls"),
            "note": _("%(share)s %% of all calls") % {"share": percent(counted.announced_share)},
        },
        {
            "label": _("Answer rate since then"),
            "value": percent(counted.answer_rate),
            "unit": "%",
            "note": _("target %(share)s %%") % {"share": percent(aim)} if aim is not None else "",
            "tone": "breached" if missed else "",
        },
        {
            "label": _("Not answered"),
            "value": number(counted.requests - counted.answered),
            "unit": _("calls"),
            "note": _("of %(count)s who asked for a person") % {"count": number(counted.requests)},
        },
    ]


def _above(calls: float) -> str:
    if np.isnan(calls):
        return _("nobody knows yet what is usual")
    return _("%(count)s more than usual") % {"count": number(calls)} if calls >= 0 else _("no more than usual")


def _calls_chart(told: CallWave) -> Chart:
    """Calls against the usual, and those not answered."""
    labels = [f"{begin:%H:%M}" for begin in told.begins]
    lost = np.array([one.requests - one.answered for one in told.figures], dtype=float)
    peak, usual = told.peak, told.usual[told.peak]
    title = _("Calls around the outage")
    if usual > 0 and told.calls[peak] > usual:
        words = {"times": number(told.calls[peak] / usual, 1), "time": labels[peak]}
        title = _("At %(time)s %(times)s times as many called as usual") % words
    series = [Series(name=_("Calls"), role="now", exact=told.calls)]
    if np.isfinite(told.usual).any():
        series.insert(0, Series(name=_("Usual"), role="before", exact=told.usual))
    series.append(Series(name=_("Not answered"), role="target", exact=lost))
    return Chart(
        key="wave",
        shape="curve",
        title=title,
        about=_("Per quarter of an hour; usual is the same weekday of the four weeks before"),
        unit=_("calls"),
        labels=labels,
        series=series,
        head=[_("From"), _("Calls"), _("Usual"), _("Announced"), _("Asked"), _("Answered"), _("Answer rate")],
        rows=[
            Row(label=f"{begin:%m-%d %H:%M}", cells=[number(one.calls), number(usual, 1), *_cells(one)])
            for begin, one, usual in zip(told.begins, told.figures, told.usual.tolist(), strict=True)
        ],
        foot=[number(told.total.calls), number(np.sum(told.usual[told.during]), 1), *_cells(told.total)],
        note=_("The last row is the sum since the outage began."),
    )


def _cells(one: queries.Figures) -> list[str]:
    return [number(one.announced), number(one.requests), number(one.answered), percent(one.answer_rate)]


def _customers_chart(told: CallWave) -> Chart:
    """Customers without supply at the same times."""
    return Chart(
        key="customers",
        shape="curve",
        title=_("%(count)s customers without supply at most") % {"count": number(int(told.customers_out.max()))},
        about=_("The most at once in each quarter of an hour, by the switching log"),
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
    started_at = told.outage.started_at
    peak = max(told.begins[told.peak], started_at) if started_at else told.begins[told.peak]
    words = {"calls": number(told.calls[told.peak]), "usual": number(told.usual[told.peak], 1)}
    known = np.isfinite(told.usual[told.peak])
    steps.append(
        Step(
            at=peak,
            what=_("Most calls: %(calls)s in a quarter of an hour") % words,
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
