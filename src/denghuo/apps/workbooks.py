"""Workbooks that pages hand out, whichever context writes them."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np
from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

if TYPE_CHECKING:
    from xlsxwriter import Workbook

_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_OPTIONS = {"constant_memory": True, "nan_inf_to_errors": False}


def file_name_of(*parts: str) -> str:
    """The name of a workbook from what it tells, without what no file system takes.

    >>> file_name_of("Calls", "a/b", "20260701")
    'Calls-a_b-20260701.xlsx'
    """
    return "-".join(re.sub(r'[\\/:*?"<>|\s]+', "_", part) for part in parts) + ".xlsx"


def new_workbook(target: BinaryIO) -> "Workbook":
    """A workbook that is written row by row, each row once, into memory or a file."""
    from xlsxwriter import Workbook  # not at every start, for the few processes that write one

    return Workbook(target, _OPTIONS)


def handed_out(written: bytes, *, file_name: str) -> HttpResponse:
    """A workbook as an answer."""
    disposition = content_disposition_header(True, file_name) or "attachment"
    return HttpResponse(written, content_type=_TYPE, headers={"Content-Disposition": disposition})


class Shown(NamedTuple):
    """A number, and with how many digits it is shown; the cell holds all of them."""

    value: float
    digits: int


class Sheets:
    """Sheets written row by row: the first row stands out, an undefined number is an empty cell.

    The foot stands apart, below an empty row, so that sums and pivots of the table do not count it a second time.
    """

    def __init__(self, book: Any) -> None:
        self._book = book
        self._head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self._formats: dict[tuple[str, bool], Any] = {}

    def add(
        self,
        name: str,
        rows: Iterable[Sequence[Any]],
        *,
        widths: Sequence[int],
        foot: Iterable[Sequence[Any]] = (),
    ) -> None:
        sheet = self._book.add_worksheet(name)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        at = -1
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                if at == 0:
                    sheet.write_string(at, column, str(value), self._head)
                else:
                    self._write(sheet, at, column, value)
        for below, row in enumerate(foot, at + 2):
            for column, value in enumerate(row):
                self._write(sheet, below, column, value, bold=True)
        sheet.freeze_panes(1, 0)

    def _write(self, sheet: Any, at: int, column: int, value: Any, *, bold: bool = False) -> None:
        shown = "General"
        if isinstance(value, Shown):
            value, shown = float(value.value), f"#,##0.{'0' * value.digits}".rstrip(".")
        if isinstance(value, datetime):
            # A workbook knows no zones: the local time, as people in the station write it.
            local = timezone.localtime(value).replace(tzinfo=None)
            sheet.write_datetime(at, column, local, self._format("yyyy-mm-dd hh:mm:ss", bold))
        elif isinstance(value, date):
            sheet.write_datetime(at, column, value, self._format("yyyy-mm-dd", bold))
        elif isinstance(value, int | float):
            if not np.isnan(value):
                sheet.write_number(at, column, value, self._format(shown, bold))
        elif value:
            sheet.write_string(at, column, str(value), self._format("General", bold))

    def _format(self, shown: str, bold: bool) -> Any:
        key = (shown, bold)
        if key not in self._formats:
            # Dates are as wide as their column; left, so that they do not stick to the number after them.
            told = {"num_format": shown, "bold": bold} | ({"align": "left"} if shown.startswith("yyyy") else {})
            self._formats[key] = self._book.add_format(told)
        return self._formats[key]
