"""The figures of one question as a workbook: the same numbers as on the page, unrounded, down to the interruptions."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from denghuo.apps.continuity import actions, queries
from denghuo.apps.continuity.forms import BASIS_CHOICES, Asked, PartsForm
from denghuo.apps.continuity.views.charts import Chart, Year, before_note, cumulative, months
from denghuo.apps.continuity.views.figures import Figures, few_years, missing, partly
from denghuo.apps.continuity.views.pages import asked_of, narrowed
from denghuo.apps.organization.access import Permission, permission_required
from denghuo.apps.workbooks import Sheets, Shown, file_name_of, handed_out, new_workbook

_MOST_INTERRUPTIONS = 200_000
_AT_ONCE = 2_000


@require_http_methods(["GET", "POST"])
@permission_required(Permission.CONTINUITY_VIEW)
@permission_required(Permission.EXPORT)
def export(request: HttpRequest) -> HttpResponse:
    """Hand the figures out as a workbook, and record that it was done."""
    asked = asked_of(request)
    if request.method == "GET":  # who had to sign in on the way comes back by address: to the figures
        return redirect(asked.home_href)
    narrow = PartsForm(request.GET, asked=asked)
    written = workbook(asked, narrow)
    actions.export_figures(
        network_ids=asked.view.network_ids,
        query=urlencode({**asked.parameters, **narrow.query}),
        known_until=asked.view.as_of,
        at=timezone.now(),
        actor=request.user.get_username(),
    )
    return handed_out(written, file_name=_file_name(asked))


def _file_name(asked: Asked) -> str:
    """Whose figures of which days, counting whom: two workbooks side by side are told apart by their names."""
    whose = asked.networks[0].unit.name if len(asked.networks) == 1 else _("All stations")
    counted = dict(BASIS_CHOICES)[asked.view.basis.value]
    return file_name_of(_("Reliability"), whose, str(counted), f"{asked.period.first:%Y%m%d}", f"{asked.until:%Y%m%d}")


def workbook(asked: Asked, narrow: PartsForm) -> bytes:
    """Every sheet; the interruptions are those of the list it was asked from, and the first sheet says which."""
    short = bool(narrow.query.get("short"))
    found = queries.parts(asked.books, [asked.period.start, asked.period.end], filters=narrow.filters, short=short)
    target = BytesIO()
    with new_workbook(target) as book:
        sheets = Sheets(book)
        sheets.add(_("Question"), _question_rows(asked, narrowed(narrow, found)), widths=(24, 44))
        sheets.add(_("Figures"), _figure_rows(Figures(asked)), widths=(44, 18, 16, 16, 12, 60))
        if asked.networks:
            year = Year(asked)
            for name, chart in ((_("Months"), months(year)), (_("Added up"), cumulative(year))):
                sheets.add(name, _chart_rows(chart), widths=(16, 16, 16, 22))
            titles = {"kind": _("By kind"), "cause": _("By cause"), "feeder": _("By line"), "area": _("By area")}
            for by, title in titles.items():
                sheets.add(title, _breakdown_rows(asked, by), widths=(32, *[16] * 6))
            widths = (14, 28, 18, 24, 18, 18, 20, 20, 10, 10, 12, 14)
            sheets.add(_("Interruptions"), _part_rows(found), widths=widths, foot=_part_foot(found))
    return target.getvalue()


def _question_rows(asked: Asked, only: Sequence[str]) -> Iterable[Sequence[Any]]:
    yield _("Question"), ""
    yield _("Stations"), ", ".join(one.unit.name for one in asked.networks)
    yield _("First day"), asked.period.first
    yield _("Last day"), asked.until
    yield _("Known up to"), asked.view.as_of
    yield from asked.counted
    if only:
        yield _("Interruptions"), _("Only %(what)s") % {"what": " · ".join(only)}
    for remark in (partly(asked, asked.period), few_years(asked), before_note(asked)):
        if remark:
            yield _("Remark"), remark
    yield _("Parameters"), asked.query


def _figure_rows(figures: Figures) -> Iterable[Sequence[Any]]:
    yield _("Figure"), _("Abbreviation"), _("Value"), _("A year before"), _("Unit"), _("Remark")
    unheld = before_note(figures.asked)
    for figure in figures.all():
        digits = figure.measure.digits
        yield (
            str(figure.measure.label),
            figure.abbreviation,
            Shown(figure.value, digits),
            Shown(figure.before, digits),
            str(figure.measure.unit),
            figure.reason or unheld,
        )


def _chart_rows(chart: Chart) -> Iterable[Sequence[Any]]:
    first, *names = chart.head
    yield first, *(f"{name} ({chart.unit})" for name in names)
    picked = range(len(chart.labels)) if chart.shape == "columns" else _month_ends(chart.labels)
    for row, at in zip(chart.rows, picked, strict=False):
        yield row.label, *(Shown(one.exact[at], one.digits) for one in chart.series)


def _month_ends(days: Sequence[str]) -> list[int]:
    return [at for at, day in enumerate(days) if at + 1 == len(days) or days[at + 1][:7] != day[:7]]


def _breakdown_rows(asked: Asked, by: str) -> Iterable[Sequence[Any]]:
    yield (
        _("Group"),
        _("Users served"),
        _("User-hours"),
        _("Hours without supply per user"),
        _("User-interruptions"),
        _("Interruptions per user"),
        _("Outage events"),
    )
    if missing(asked, asked.period):
        return
    found = asked.books.breakdown(asked.edges, by=by)
    count, table = len(found.keys), found.table
    for at in range(asked.now_row * count, (asked.now_row + 1) * count):
        if by in {"feeder", "area"} or table.row_count[at]:
            yield (
                asked.name_in(found.names[at % count] or _("Without an area"), found.network_ids[at % count]),
                Shown(table.users_served[at], 0),
                Shown(table.user_hours[at], 2),
                Shown(table.hours_per_user[at], 2),
                Shown(table.user_interruptions[at], 0),
                Shown(table.interruptions_per_user[at], 2),
                Shown(table.event_count[at], 0),
            )


def _part_rows(found: queries.PartList) -> Iterable[Sequence[Any]]:
    yield (
        _("Load"),
        _("Name"),
        _("Line"),
        _("Kind"),
        _("Cause"),
        _("Outage"),
        _("From"),
        _("To"),
        _("Hours"),
        _("Users"),
        _("User-hours"),
        _("User-interruptions"),
    )
    for first in range(0, min(len(found), _MOST_INTERRUPTIONS), _AT_ONCE):
        for part in found[first : first + _AT_ONCE]:
            row = part.interruption
            yield (
                row.load.code,
                row.load.name,
                str(row.feeder or ""),
                row.get_kind_display(),
                row.get_cause_display(),
                row.outage.number,
                part.started_at,
                part.ended_at,
                Shown(part.hours, 2),
                Shown(part.users, 0),
                Shown(part.user_hours, 2),
                Shown(part.user_interruptions, 0),
            )


def _part_foot(found: queries.PartList) -> Iterable[Sequence[Any]]:
    if len(found) > _MOST_INTERRUPTIONS:
        told = {"shown": f"{_MOST_INTERRUPTIONS:,}", "all": f"{len(found):,}"}
        yield (_("Only the %(shown)s that weigh most of %(all)s; the sums below are of all.") % told,)
    sums = (Shown(found.totals["user_hours"], 2), Shown(found.totals["user_interruptions"], 0))
    yield (_("Together"), *[""] * 9, *sums)
