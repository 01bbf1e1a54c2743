"""Charts of staffing: each answers one question and says it in its title."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.apps.charts import Chart, Floats, Row, Series
from denghuo.apps.staffing import queries
from denghuo.apps.staffing.models import Surge
from denghuo.apps.staffing.snapshot import INTERVAL_MIN, INTERVALS
from denghuo.apps.staffing.snapshot.today import intervals_over
from denghuo.apps.staffing.views.frame import percent

_NEXT_MORNING = 18  # half hours after midnight
_WEEKDAYS = (
    gettext_lazy("Monday"),
    gettext_lazy("Tuesday"),
    gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"),
    gettext_lazy("Friday"),
    gettext_lazy("Saturday"),
    gettext_lazy("Sunday"),
)


def calls(demand: queries.Demand) -> Chart:
    """Calls of each day with the band that holds four of five."""
    ahead, days = demand.ahead, list(demand.requirement.days)
    assert ahead is not None
    mean = ahead.of(days).sum(axis=1)
    bounds = {level: np.full(len(days), np.nan) for level in (0.1, 0.9)}
    for row, day in enumerate(days):
        at = (day - ahead.first_day).days
        for level, values in bounds.items():
            if 0 <= at < len(ahead.mean):
                values[row] = ahead.totals[level][at]
    known = np.isfinite(mean)
    peak = int(np.nanargmax(mean)) if known.any() else 0
    title = _("Most calls come on %(day)s") % {"day": f"{days[peak]:%m-%d}"} if known.any() else _("Calls by day")
    return Chart(
        key="calls",
        shape="curve",
        title=title,
        about=_("Expected calls of each day; four of five days lie between the outer lines"),
        unit=_("calls"),
        labels=[f"{day:%m-%d}" for day in days],
        series=[
            Series(name=_("Expected"), role="now", exact=mean, digits=0),
            Series(name=_("One of ten is above"), role="projection", exact=bounds[0.9], digits=0),
            Series(name=_("One of ten is below"), role="before", exact=bounds[0.1], digits=0),
        ]
        if known.any()
        else [],
        head=[_("Day"), _("Expected"), _("One of ten is below"), _("One of ten is above")],
        rows=[
            Row(label=day.isoformat(), cells=[_n(a), _n(b), _n(c)])
            for day, a, b, c in zip(days, mean, bounds[0.1], bounds[0.9], strict=True)
        ],
        empty=_("Nothing is forecast yet"),
    )


def today(
    demand: queries.Demand, found: queries.Today | None, *, at: datetime, waves: Sequence[tuple[datetime, float]] = ()
) -> Chart:
    """Calls of today and the next morning by half hour: as forecast, as they came, and what is expected of the rest.
    ``demand`` is of both days, ``waves`` calls that outages will bring from an instant on."""
    shown = INTERVALS + _NEXT_MORNING
    days = demand.requirement.days
    known = np.full((2, INTERVALS), np.nan) if demand.ahead is None else demand.ahead.of(days)
    planned: Floats = known.ravel()[:shown]
    over = np.arange(shown) < intervals_over(at)
    came, expected = np.full(shown, np.nan), planned.copy()
    if found is not None:
        came[:INTERVALS], expected[:INTERVALS] = found.counts, found.expected
    came, rest = np.where(over, came, np.nan), np.where(over, np.nan, expected)
    begins = [datetime.combine(days[0], time()) + timedelta(minutes=n * INTERVAL_MIN) for n in range(shown)]
    labels = [f"{begin:%H:%M}" for begin in begins]
    with_waves = _with_waves(rest, waves, first=days[0])
    highest = np.where(np.isfinite(with_waves), with_waves, rest)
    series = [
        Series(name=_("As forecast"), role="before", exact=planned, digits=1),
        Series(name=_("Came"), role="now", exact=came, digits=0),
        Series(name=_("Still to come"), role="projection", exact=rest, digits=1),
    ]
    if np.isfinite(with_waves).any():
        series.append(Series(name=_("With the calls of the outage"), role="target", exact=with_waves, digits=1))
    title = _("Calls of today")
    if np.isfinite(highest).any():
        peak = int(np.nanargmax(highest))
        words = {"time": labels[peak], "calls": _n(highest[peak])}
        title = _("Most of what is still to come: %(calls)s calls at %(time)s") % words
    return Chart(
        key="today",
        shape="curve",
        title=title,
        about=_("First calls of each half hour; the rest of the day follows what came so far"),
        unit=_("calls"),
        labels=labels,
        series=series if np.isfinite(planned).any() else [],
        head=[_("From"), *(one.name for one in series)],
        rows=[
            Row(label=f"{begin:%m-%d %H:%M}", cells=[_n(value) for value in values])
            for begin, values in zip(begins, np.stack([one.exact for one in series], axis=1), strict=True)
        ],
        empty=_("Nothing is forecast yet"),
    )


def _with_waves(rest: Floats, waves: Sequence[tuple[datetime, float]], *, first: date) -> Floats:
    """What is still to come with the calls that outages bring, where they bring any; NaN elsewhere."""
    brought = np.full(len(rest), np.nan)
    for at, calls in waves:
        local = timezone.localtime(at)
        place = (local.date() - first).days * INTERVALS + (local.hour * 60 + local.minute) // INTERVAL_MIN
        if 0 <= place < len(rest):
            brought[place] = np.nan_to_num(brought[place]) + calls
    return rest + brought


def heads(demand: queries.Demand, *, key: str = "heads", without: queries.Demand | None = None) -> Chart:
    """People required and rostered, by half hour of the day: the most that is required on any day, the fewest there.
    ``without``: the same without the calls of outages, where the requirement is with them."""
    need, days = demand.requirement.required, len(demand.requirement.days)
    there = None if demand.heads is None else demand.heads[demand.heads.sum(axis=1) > 0]
    labels = [f"{n * INTERVAL_MIN // 60:02d}:{n * INTERVAL_MIN % 60:02d}" for n in range(INTERVALS)]
    most = need.max(axis=0).astype(np.float64)
    name = _("Required at most") if without is None else _("Required with the calls of the outage")
    series = [Series(name=name, role="target", exact=most)]
    if without is not None:
        usual = without.requirement.required.max(axis=0).astype(np.float64)
        series.append(Series(name=_("Required without them"), role="before", exact=usual))
    fewest = np.full(INTERVALS, np.nan) if there is None or not len(there) else there.min(axis=0).astype(np.float64)
    if np.isfinite(fewest).any():
        series.insert(0, Series(name=_("Rostered at least"), role="now", exact=fewest))
    title = _("People required through the day")
    if np.isfinite(fewest).any() and demand.heads is not None:
        rostered = demand.heads.sum(axis=1) > 0
        short = int((demand.heads < need)[rostered].sum())
        title = _("Enough people in every half hour")
        if short:
            title = _("Too few people in %(count)d half hours") % {"count": short}
    about = _("Over %(days)d days: the highest requirement and the lowest roster of each half hour") % {"days": days}
    return Chart(
        key=key,
        shape="curve",
        title=title,
        about=about if days > 1 else _("What each half hour requires, and who is rostered"),
        unit=_("people"),
        labels=labels,
        series=series,
        head=[_("From"), *(one.name for one in series)],
        rows=[
            Row(label=label, cells=[_n(value) for value in values])
            for label, values in zip(labels, np.stack([one.exact for one in series], axis=1).tolist(), strict=True)
        ],
    )


def held(demand: queries.Demand) -> Chart:
    """The answer rate that the people required give, by half hour of the day: the lowest of all days."""
    needed = demand.requirement
    known = np.isfinite(needed.answered).any(axis=1)
    lowest = 100 * needed.answered[known].min(axis=0) if known.any() else np.full(INTERVALS, np.nan)
    labels = [f"{n * INTERVAL_MIN // 60:02d}:{n * INTERVAL_MIN % 60:02d}" for n in range(INTERVALS)]
    title = _("With the people required, every half hour reaches the target")
    if needed.missed:
        title = _("Too few seats: %(count)d half hours miss the target") % {"count": needed.missed}
    target = np.full(INTERVALS, 100 * needed.target_share)
    about = _("Lowest answer rate of each half hour over %(days)d days; what waits from before is reckoned with")
    return Chart(
        key="held",
        shape="curve",
        title=title,
        about=about % {"days": int(known.sum())},
        unit="%",
        labels=labels,
        series=[
            Series(name=_("Expected answer rate"), role="now", exact=lowest, digits=1),
            Series(name=_("Target"), role="target", exact=target),
        ]
        if known.any()
        else [],
        floor=max(0.0, float(np.floor((np.nanmin(lowest) - 5) / 10) * 10)) if known.any() else 0.0,
        head=[_("From"), _("Expected (%)"), _("Target (%)")],
        rows=[Row(label=label, cells=[_n(a, 1), _n(b, 1)]) for label, a, b in zip(labels, lowest, target, strict=True)],
        empty=_("Nothing is forecast yet"),
    )


def expected(days: list[date], told: dict[str, Any], *, target_share: float) -> Chart:
    """The simulated answer rate of each day, with its confidence."""
    rates = [one["day"] for one in told["by_day"]]
    values = np.array([np.nan if rate is None else 100 * rate for rate in rates])
    below = int((values < 100 * target_share).sum())
    known = np.isfinite(values)
    return Chart(
        key="expected",
        shape="curve",
        title=_("Below the target on %(below)d of %(days)d days") % {"below": below, "days": int(known.sum())},
        about=_("Answer rate of each day, lived through %(times)d times") % {"times": told["replications"]},
        unit="%",
        labels=[f"{day:%m-%d}" for day in days],
        series=[
            Series(name=_("Expected answer rate"), role="now", exact=values, digits=2),
            Series(name=_("Target"), role="target", exact=np.full(len(values), 100 * target_share)),
        ]
        if known.any()
        else [],
        floor=max(0.0, float(np.floor((np.nanmin(values) - 5) / 10) * 10)) if known.any() else 0.0,
        head=[_("Day"), _("Expected (%)"), _("From (%)"), _("To (%)")],
        rows=[
            Row(label=day.isoformat(), cells=[percent(one["day"], 2), percent(one["low"], 2), percent(one["high"], 2)])
            for day, one in zip(days, told["by_day"], strict=True)
        ],
        empty=_("Nothing is forecast for these days"),
    )


def backtest(errors: dict[str, Any]) -> Chart:
    """Days as forecast a week ahead, and as they came."""
    made = np.array([np.nan if one is None else one for one in errors["forecast"]])
    came = np.array([np.nan if one is None else one for one in errors["calls"]])
    return Chart(
        key="backtest",
        shape="curve",
        title=_("Forecast up to a week ahead, and what came"),
        about=f"{errors['first']} – {errors['last']}",
        unit=_("calls"),
        labels=[day[5:] for day in errors["days"]],
        series=[
            Series(name=_("Came"), role="now", exact=came, digits=0),
            Series(name=_("Forecast"), role="target", exact=made, digits=0),
        ],
        head=[_("Day"), _("Forecast"), _("Came")],
        rows=[Row(label=day, cells=[_n(a), _n(b)]) for day, a, b in zip(errors["days"], made, came, strict=True)],
    )


def error_rows(errors: dict[str, Any]) -> list[dict[str, str]]:
    """Errors of the method and of two plain ones, and by weekday."""
    if not errors:
        return []
    told = [
        (_("This forecast"), errors["overall"], 0),
        (_("Mean of the last four weeks"), errors["four_weeks"], 0),
        (_("The week before again"), errors["last_week"], 0),
        *((_WEEKDAYS[int(day)], errors["by_weekday"], at) for at, day in enumerate(errors["by_weekday"]["group"])),
    ]
    return [
        {
            "name": str(name),
            "mape": percent(table["mape_share"][at]),
            "wape": percent(table["wape_share"][at]),
            "bias": percent(table["bias_share"][at]),
            "covered": percent(table["covered_80_share"][at]),
        }
        for name, table, at in told
    ]


def surge_calls(surge: Surge) -> Chart:
    """Calls to come, with and without an announcement."""
    told = surge.told
    usual = np.array([one or 0.0 for one in told["background"]])
    wave, quiet = (np.array([one or 0.0 for one in told[name]]) for name in ("wave", "wave_announced"))
    series = [Series(name=_("Calls while the outage lasts"), role="now", exact=usual + wave, digits=1)]
    if told.get("announced"):
        series[0] = Series(name=_("With the announcement on the line"), role="now", exact=usual + wave, digits=1)
    else:
        series.append(Series(name=_("With an announcement"), role="target", exact=usual + quiet, digits=1))
    series.append(Series(name=_("Usual"), role="before", exact=usual, digits=1))
    return Chart(
        key="surge-calls",
        shape="curve",
        title=_("%(calls)s more calls are coming") % {"calls": _n(told["wave_total"]["mean"])},
        about=_("First calls in each quarter of an hour, the usual ones included"),
        unit=_("calls"),
        labels=told["labels"],
        series=series,
        head=[_("From"), *(one.name for one in series)],
        rows=[
            Row(label=label, cells=[_n(value, 1) for value in values])
            for label, values in zip(
                told["labels"], np.stack([one.exact for one in series], axis=1).tolist(), strict=True
            )
        ],
    )


def surge_rates(surge: Surge) -> Chart:
    """The answer rate as things are, and with what was sent; with what is proposed while nothing is."""
    told, sent = surge.told, queries.sending_of(surge)
    labels, by = told["labels"], _("With the proposal")
    before, after = (
        np.array([np.nan if one is None else 100 * one for one in told[name]]) for name in ("before", "after")
    )
    if sent is not None and "without" in sent:
        labels, by = _quarters(sent), _("With what was sent")
        before, after = _rates(sent["without"]), _rates(sent)
    return Chart(
        key="surge-rates",
        shape="curve",
        title=_("Answer rate through the wave"),
        about=_("Expected in each quarter of an hour, whatever is ticked")
        if sent is None
        else _("Expected in each quarter of an hour when it was sent"),
        unit="%",
        labels=labels,
        series=[
            Series(name=by, role="now", exact=after, digits=1),
            Series(name=_("As things are"), role="before", exact=before, digits=1),
            Series(name=_("Target"), role="target", exact=np.full(len(after), 100 * told["target_share"])),
        ],
        head=[_("From"), _("As things are (%)"), f"{by} (%)"],
        rows=[Row(label=label, cells=[_n(a, 1), _n(b, 1)]) for label, a, b in zip(labels, before, after, strict=True)],
    )


def _quarters(sent: dict[str, Any]) -> list[str]:
    begin, step = timezone.localtime(datetime.fromisoformat(sent["from"])), timedelta(minutes=sent["step_min"])
    return [f"{begin + n * step:%H:%M}" for n in range(len(sent["calls"]))]


def _rates(told: dict[str, Any]) -> Floats:
    """Answer rates in percent by step, NaN where nobody calls."""
    answered, lost = (np.array([one or 0.0 for one in told[name]]) for name in ("answered", "lost"))
    asked = answered + lost
    return np.where(asked > 0, 100 * answered / np.where(asked > 0, asked, 1.0), np.nan)


def _n(value: float, digits: int = 0) -> str:
    return "–" if np.isnan(value) else f"{value:,.{digits}f}"
