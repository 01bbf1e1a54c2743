"""The figures of one question as a workbook: the same numbers as on the page, unrounded, down to the interruptions."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any

import numpy as np
import xlsxwriter
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from denghuo.apps.continuity import actions, queries
from denghuo.apps.continuity.forms import Asked
from denghuo.apps.continuity.views.charts import Chart, Year, cumulative, months
from denghuo.apps.continuity.views.figures import Figures, missing
from denghuo.apps.continuity.views.pages import asked_of
from denghuo.apps.organization.access import Permission, permission_required

_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOST_INTERRUPTIONS = 200_000
_AT_ONCE = 2_000


@require_POST
@permission_required(Permission.CONTINUITY_VIEW)
@permission_required(Permission.EXPORT)
def export(request: HttpRequest) -> HttpResponse:
    """Hand the figures out as a workbook, and record that it was done."""
    asked = asked_of(request)
    written = workbook(asked)
    actions.export_figures(
        network_ids=asked.view.network_ids,
        query=asked.query,
        known_until=asked.view.as_of,
        at=timezone.now(),
        actor=request.user.get_username(),
    )
    name = f"reliability-{asked.period.first:%Y%m%d}-{asked.period.last:%Y%m%d}.xlsx"
    return HttpResponse(written, content_type=_TYPE, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def workbook(asked: Asked) -> bytes:
    """Every sheet."""
    target = BytesIO()
    options = {"constant_memory": True, "nan_inf_to_errors": False}
    with xlsxwriter.Workbook(target, options) as book:
        sheets = _Sheets(book)
        figures = Figures(asked)
        sheets.add(_("Figures"), _figure_rows(figures), widths=(44, 18, 16, 16, 12, 60))
        if asked.networks:
            year = Year(asked)
            for name, chart in ((_("Months"), months(year)), (_("Added up"), cumulative(year))):
                sheets.add(name, _chart_rows(chart), widths=(16, 16, 16, 22))
            titles = {"kind": _("By kind"), "cause": _("By cause"), "feeder": _("By line"), "area": _("By area")}
            for by, title in titles.items():
                sheets.add(title, _breakdown_rows(asked, by), widths=(32, *[16] * 6))
            sheets.add(_("Interruptions"), _part_rows(asked), widths=(14, 28, 18, 24, 18, 18, 20, 20, 10, 10, 12, 14))
    return target.getvalue()


class _Sheets:
    """Sheets written row by row: the first row stands out, an undefined number is an empty cell."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})

    def add(self, name: str, rows: Iterable[Sequence[Any]], *, widths: Sequence[int]) -> None:
        sheet = self._book.add_worksheet(name)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, float | np.floating):
                    if not np.isnan(value):
                        sheet.write_number(at, column, float(value))
                elif isinstance(value, int):
                    sheet.write_number(at, column, value)
                else:
                    sheet.write_string(at, column, str(value), *([self._head] if at == 0 else []))
        sheet.freeze_panes(1, 0)


def _figure_rows(figures: Figures) -> Iterable[Sequence[Any]]:
    yield _("Figure"), _("Abbreviation"), _("Value"), _("A year before"), _("Unit"), _("Remark")
    for figure in figures.all():
        name = str(figure.measure.label)
        yield name, figure.abbreviation, figure.value, figure.before, str(figure.measure.unit), figure.reason
    asked = figures.asked
    yield ()
    yield _("Question"), ""
    yield _("Stations"), "", *[one.unit.name for one in asked.networks]
    yield _("Days"), "", asked.period.first.isoformat(), asked.period.last.isoformat()
    yield _("Known up to"), "", timezone.localtime(asked.view.as_of).isoformat(sep=" ", timespec="minutes")
    for name, field in asked.form.fields.items():
        if name in {"basis", "standard", "variant", "major"}:
            choices = dict(field.choices)  # type: ignore[attr-defined]
            yield str(field.label), "", str(choices.get(asked.form.cleaned_data.get(name) or "", ""))
    yield _("Parameters"), "", asked.query


def _chart_rows(chart: Chart) -> Iterable[Sequence[Any]]:
    yield chart.head
    picked = range(len(chart.labels)) if chart.shape == "columns" else _month_ends(chart.labels)
    for row, at in zip(chart.rows, picked, strict=False):
        values = [one.exact[at] for one in chart.series]
        yield row.label, *values


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
                table.users_served[at],
                table.user_hours[at],
                table.hours_per_user[at],
                table.user_interruptions[at],
                table.interruptions_per_user[at],
                table.event_count[at],
            )


def _part_rows(asked: Asked) -> Iterable[Sequence[Any]]:
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
    found = queries.parts(asked.books, [asked.period.start, asked.period.end], filters={})
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
                timezone.localtime(part.started_at).strftime("%Y-%m-%d %H:%M:%S"),
                timezone.localtime(part.ended_at).strftime("%Y-%m-%d %H:%M:%S"),
                part.hours,
                part.users,
                part.user_hours,
                part.user_interruptions,
            )
    if len(found) > _MOST_INTERRUPTIONS:
        told = {"shown": f"{_MOST_INTERRUPTIONS:,}", "all": f"{len(found):,}"}
        yield (_("Only the %(shown)s that weigh most of %(all)s; the sums below are of all.") % told,)
    yield (_("All"), *[""] * 9, found.totals["user_hours"], found.totals["user_interruptions"])
