"""A sent surge as it was expected and as it goes on: figures side by side, and a chart."""

from datetime import datetime
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from denghuo.apps.charts import Chart, Floats, Row, Series
from denghuo.apps.staffing import queries
from denghuo.apps.staffing.views.frame import percent


def table(course: queries.Course) -> dict[str, Any]:
    """What was expected when it was sent, of all steps and of those that are over; what came in these; what is expected
    now of all. Columns of which nothing can be known are left out."""
    over, until = slice(0, course.over), {"until": _clock(course.until)}
    parts: list[tuple[str, dict[str, Floats] | None, int]] = [(_then(course), course.sent, 1)]
    if course.over:
        expected = {name: values[over] for name, values in course.sent.items()}
        parts += [
            (_("Of it up to %(until)s") % until, expected, 1),
            (_came(course), course.came, 0),
        ]
    if course.now is not None:
        head = _("Expected now, with what came up to %(until)s") % until if course.over else _("Expected now")
        parts.append((head, course.now, 1))
    words = {
        "calls": _("First calls of people who asked for a person"),
        "answered": _("Answered"),
        "lost": _("Not answered"),
        "absorbed": _("Hung up content after an announcement"),
    }
    rows = [
        {"name": text, "cells": [(head, _sum(part, name, digits)) for head, part, digits in parts]}
        for name, text in words.items()
    ]
    rates = {"name": _("Answer rate (%)"), "cells": [(head, _rate(part)) for head, part, _digits in parts]}
    told = {"head": [head for head, _part, _digits in parts], "rows": [*rows[:3], rates, rows[3]]}
    return told | {"notes": _notes(course), "as_sent": course.as_sent}


def _then(course: queries.Course) -> str:
    return _("Expected when it was sent") if course.as_sent else _("Expected when it was worked out")


def _came(course: queries.Course) -> str:
    until = {"until": _clock(course.until)}
    return (_("Came up to %(until)s, so far") if course.settling else _("Came up to %(until)s")) % until


def _notes(course: queries.Course) -> list[str]:
    """How what came is counted, and when it is counted next."""
    told = [_("Answered and not answered are attempts: who was not answered and calls again is counted each time.")]
    if course.over and course.settling:
        told.append(_("Provisional: calls that are still under way are counted once they end."))
    if course.now is not None:
        text = _("Each quarter of an hour is counted when it is over, the next one at %(at)s.")
        told.append(text % {"at": _clock(course.next_at)})
    return told


def _sum(part: dict[str, Floats] | None, name: str, digits: int) -> str:
    return "–" if part is None else _n(float(part[name].sum()), digits)


def _rate(part: dict[str, Floats] | None) -> str:
    return percent(None if part is None else queries.rate_of(part))


def chart(course: queries.Course) -> Chart:
    """Calls in each quarter of an hour: as expected when it was sent, as they came, as expected now."""
    size, none = len(course.begins), np.full(len(course.begins), np.nan)
    came, now = none.copy(), none.copy()
    if course.came is not None:
        came[: course.over] = course.came["calls"]
    if course.now is not None:
        now[course.over :] = course.now["calls"][course.over :]
    series = [Series(name=_then(course), role="before", exact=course.sent["calls"], digits=1)]
    if np.isfinite(came).any():
        series.append(Series(name=_("Came"), role="now", exact=came, digits=0))
    if np.isfinite(now).any():
        series.append(Series(name=_("Expected now"), role="projection", exact=now, digits=1))
    columns = np.stack([course.sent["calls"], came, now], axis=1)
    return Chart(
        key="surge-course",
        shape="curve",
        title=_title(course),
        about=_("First calls of people who asked for a person, in each quarter of an hour"),
        unit=_("calls"),
        labels=[_clock(at) for at in course.begins],
        series=series,
        head=[_("From"), _then(course), _("Came"), _("Expected now")],
        rows=[
            Row(label=_clock(course.begins[n]), cells=[_n(a, 1), _n(b), _n(c, 1)])
            for n, (a, b, c) in zip(range(size), columns.tolist(), strict=True)
        ],
    )


def _title(course: queries.Course) -> str:
    if course.came is None:
        return _("Calls expected when it was sent") if course.as_sent else _("Calls expected when it was worked out")
    words = {
        "came": _n(float(course.came["calls"].sum())),
        "sent": _n(float(course.sent["calls"][: course.over].sum())),
        "until": _clock(course.until),
    }
    return _("Up to %(until)s %(came)s calls came where %(sent)s were expected") % words


def _clock(at: datetime) -> str:
    return f"{at:%H:%M}"


def _n(value: float, digits: int = 0) -> str:
    return "–" if np.isnan(value) else f"{value:,.{digits}f}"
