"""Charts of the hotline: each answers one question and says it in its title."""

from datetime import timedelta

import numpy as np
from django.utils.translation import gettext as _

from denghuo.apps.charts import Chart, Row, Series
from denghuo.apps.hotline import queries
from denghuo.apps.hotline.forms import Asked
from denghuo.apps.hotline.queries import Figures, Span
from denghuo.apps.hotline.snapshot import INTERVAL_MIN
from denghuo.apps.hotline.views.figures import adding_up, number, percent

_MONTHS_SHOWN = 13
_NOTHING = Figures()


def days(asked: Asked) -> Chart:
    """The answer rate of each day against the target."""
    span = asked.span
    told = [span.first + timedelta(days=n) for n in range(span.days)]
    told = [day for day in told if day <= asked.today] or told[:1]
    figures = [asked.by_day.get(day, _NOTHING) for day in told]
    rate = np.array([100 * one.answer_rate for one in figures])
    aim = 100 * asked.target.share if asked.target else np.nan
    known, below = int(np.isfinite(rate).sum()), int((rate < aim).sum())
    title = _("Answer rate by day")
    if known and asked.target:
        title = _("Below the target on %(below)d of %(days)d days") % {"below": below, "days": known}
    series = [Series(name=_("Answer rate"), role="now", exact=rate)]
    if asked.target:
        series.append(Series(name=_("Target"), role="target", exact=np.full(len(rate), aim)))
    hrefs = [asked.address("home", since=day, until=day) for day in told]
    return Chart(
        key="days",
        shape="columns",
        title=title,
        about=_("Answered over requests for a person, each day"),
        unit="%",
        labels=[f"{day:%m-%d}" for day in told],
        series=series if known else [],
        hrefs=hrefs,
        head=[_("Day"), _("Answer rate"), _("Asked"), _("Answered"), _("Callers served")],
        rows=[
            Row(label=day.isoformat(), href=href, cells=_cells(one))
            for day, href, one in zip(told, hrefs, figures, strict=True)
        ],
        foot=_cells(asked.figures),
        empty=_("No call on these days"),
    )


def _cells(told: Figures) -> list[str]:
    return [
        percent(told.answer_rate),
        number(told.requests),
        number(told.answered),
        percent(told.callers_solved_share),
    ]


def months(asked: Asked) -> Chart:
    """The answer rate of the last thirteen months."""
    last = asked.span.last.replace(day=1)
    told = [asked.months_back(back) for back in reversed(range(_MONTHS_SHOWN))]
    span = Span(queue_ids=asked.span.queue_ids, first=told[0], last=queries.month_days(last)[1])
    found = queries.by_month(span)
    figures = [found.get(month, _NOTHING) for month in told]
    rate = np.array([100 * one.answer_rate for one in figures])
    aims = np.array(
        [100 * aim.share if (aim := asked.targets.on(queries.month_days(month)[1])) else np.nan for month in told]
    )
    below = int((rate < aims).sum())
    series = [Series(name=_("Answer rate"), role="now", exact=rate)]
    if np.isfinite(aims).any():
        series.append(Series(name=_("Target"), role="target", exact=aims))
    hrefs = [asked.address("home", month=f"{month:%Y-%m}") for month in told]
    known = int((np.isfinite(rate) & np.isfinite(aims)).sum())
    words = {"below": below, "months": known}
    return Chart(
        key="months",
        shape="columns",
        title=_("%(below)d of %(months)d months below the target") % words if known else _("Answer rate by month"),
        about=_("Thirteen months up to %(month)s") % {"month": f"{last:%Y-%m}"},
        unit="%",
        labels=[f"{month:%y-%m}" for month in told],
        series=series if np.isfinite(rate).any() else [],
        hrefs=hrefs,
        head=[_("Month"), _("Answer rate"), _("Target"), _("Asked"), _("Answered")],
        rows=[
            Row(
                label=f"{month:%Y-%m}",
                href=href,
                cells=[percent(one.answer_rate), number(aim, 1), number(one.requests), number(one.answered)],
            )
            for month, href, one, aim in zip(told, hrefs, figures, aims.tolist(), strict=True)
        ],
        empty=_("No call in these months"),
    )


def profile(asked: Asked) -> Chart:
    """Requests and answers through the day, as a mean of the days."""
    found = queries.by_minute(asked.span)
    count = max(len(asked.by_day), 1)
    minutes = list(range(0, 1440, 2 * INTERVAL_MIN))
    pairs = [[found.get(minute + add, _NOTHING) for add in (0, INTERVAL_MIN)] for minute in minutes]
    asked_for = np.array([sum(one.requests for one in pair) / count for pair in pairs])
    answered = np.array([sum(one.answered for one in pair) / count for pair in pairs])
    labels = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in minutes]
    lost = asked_for - answered
    peak = int(np.argmax(lost)) if len(lost) else 0
    title = _("Calls through the day")
    if asked_for.sum() and lost[peak] > 0:
        title = _("Most calls are lost at %(time)s") % {"time": labels[peak]}
    return Chart(
        key="profile",
        shape="curve",
        title=title,
        about=_("Mean of %(days)d days, per half hour") % {"days": len(asked.by_day)},
        unit=_("calls"),
        labels=labels,
        series=[
            Series(name=_("Asked for a person"), role="before", exact=asked_for),
            Series(name=_("Answered"), role="now", exact=answered),
        ]
        if asked_for.any()
        else [],
        head=[_("From"), _("Asked"), _("Answered"), _("Not answered")],
        rows=[
            Row(label=label, cells=[number(a, 2), number(b, 2), number(a - b, 2)])
            for label, a, b in zip(labels, asked_for.tolist(), answered.tolist(), strict=True)
        ],
        empty=_("No call on these days"),
    )


def fates(asked: Asked) -> Chart:
    """How the calls ended."""
    told = asked.figures
    parts = [
        (_("Answered"), "answered", told.answered),
        (_("Gave up waiting"), "abandoned", told.abandoned),
        (_("Served by the announcement"), "announced", told.announced),
        (_("Hung up in the menu"), "lost_before", told.lost_before),
        (_("Sent away from the queue"), "sent_away", told.sent_away),
        (_("Refused: queue full"), "refused", told.refused),
        (_("Technical failure"), "failed", told.failed),
        (_("Not finished in the log"), "lasting", told.lasting),
    ]
    kept = sorted((one for one in parts if one[2]), key=lambda one: -one[2])
    shares = adding_up([100 * count / told.calls for _name, _counted, count in kept], total=100 * bool(kept), digits=1)
    hrefs = [asked.address("calls", counted=counted) for _name, counted, _count in kept]
    return Chart(
        key="fates",
        shape="bars",
        title=_("How %(count)s calls ended") % {"count": number(told.calls)},
        about=_("Every call of the time, by how it ended"),
        unit=_("calls"),
        labels=[name for name, _counted, _count in kept],
        series=[Series(name=_("Calls"), role="now", exact=np.array([float(count) for *_rest, count in kept]))]
        if kept
        else [],
        hrefs=hrefs,
        head=[_("Ended"), _("Calls"), "%"],
        rows=[
            Row(label=name, href=href, cells=[number(count), number(share, 1)])
            for (name, _counted, count), href, share in zip(kept, hrefs, shares, strict=True)
        ],
        foot=[number(told.calls), percent(1.0 if told.calls else np.nan)],
        empty=_("No call on these days"),
    )
