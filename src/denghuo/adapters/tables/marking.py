"""The same workbook handed back, with what is wrong marked where it stands."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import MergedCell, WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from denghuo.adapters.tables.files import Limits, RawTable, open_tables
from denghuo.adapters.tables.problems import RowProblem, TableError, sentence
from denghuo.adapters.tables.sheets import ERRORS_TITLE, is_errors_heading

__all__ = ["write_marked_workbook", "write_problem_rows"]

_BAD = PatternFill("solid", fgColor="FFFFC7CE")
_NOTE = PatternFill("solid", fgColor="FFFFEB9C")
_BAD_FONT = Font(color="FF9C0006")
# A workbook opened for editing takes 100 to 200 times its size in memory; of a larger one the values are copied.
_EDITABLE_BYTES = 3_000_000
_COMMENT_LENGTH = 900


def write_marked_workbook(
    source: Path | str, problems: Sequence[RowProblem], path: Path | str, *, language: str = "zh", rest: int = 0
) -> None:
    """Write ``source`` again to ``path`` (.xlsx), every problem marked: the cell colored and commented, the sentences
    of each row in a last column ``错误 Errors``, and a first sheet of that name listing them all.

    The rest of the workbook stays as it was, and marks of an earlier return are taken off. A CSV file or a folder of
    them becomes a workbook of one sheet each; of a workbook too large to edit (3 MB), the values are copied. A file
    that cannot be read gives the list alone.
    """
    source = Path(source)
    by_sheet: dict[str, list[RowProblem]] = defaultdict(list)
    for problem in problems:
        by_sheet[_sheet_title(problem.sheet)].append(problem)
    workbook = _editable(source)
    if workbook is None:
        workbook = Workbook(write_only=True)
        _list_problems(workbook.create_sheet(ERRORS_TITLE), problems, rest, language)
        _copy_marked(source, workbook, by_sheet, language)
    else:
        _remove_marks(workbook)
        for worksheet in workbook.worksheets:
            _mark_sheet(worksheet, by_sheet.get(worksheet.title, ()), language)
        _list_problems(workbook.create_sheet(ERRORS_TITLE, 0), problems, rest, language)
    try:
        workbook.save(path)
    except OSError:
        # A sheet that is written row by row complains on the screen if it is dropped half-way.
        for worksheet in workbook.worksheets if workbook.write_only else ():
            worksheet.close()
        raise


def write_problem_rows(
    source: Path, problems: Sequence[RowProblem], path: Path, *, header_row: int, language: str = "zh", rest: int = 0
) -> None:
    """Write the header and the rows to be put right alone, as they stand in ``source``, marked as above: of a table too
    long to be handed back whole. What was only noted stands in the list."""
    workbook = Workbook(write_only=True)
    by_sheet: dict[str, list[RowProblem]] = defaultdict(list)
    for problem in problems:
        by_sheet[_sheet_title(problem.sheet)].append(problem)
    with open_tables(source, limits=Limits()) as tables:
        for table in tables:
            title = _sheet_title(table.title)
            if title in by_sheet and title != ERRORS_TITLE:
                wanted = {header_row, *(problem.row for problem in by_sheet[title] if problem.code.blocks)}
                table.rows = ((number, values) for number, values in table.rows if number in wanted)
                _copy_rows(table, workbook.create_sheet(title), by_sheet[title], header_row, language)
    _list_problems(workbook.create_sheet(ERRORS_TITLE), problems, rest, language)
    workbook.save(path)


def _copy_rows(table: RawTable, worksheet: Any, problems: Sequence[RowProblem], header_row: int, language: str) -> None:
    """Copy rows one below the other. Their cells have other addresses here, which are therefore not told."""
    _, found_at = _by_place(problems, language)
    on_cell = {cell: [replace(problem, cell="") for problem in found] for cell, found in found_at.items()}
    said, _ = _by_place((replace(problem, cell="") for problem in problems), language)
    errors_at = 0
    for number, values in table.rows:
        if number == header_row:
            errors_at = next((place for place, value in enumerate(values) if is_errors_heading(value)), len(values))
        row = [_copied(worksheet, value) for value in values[:errors_at]]
        for place, cell in enumerate(row, start=1):
            if cell.data_type == "s":
                cell.number_format = "@"  # a long number typed over it keeps its digits
            if found := on_cell.get(f"{get_column_letter(place)}{number}"):
                _mark_cell(cell, found, language)
        row += [WriteOnlyCell(worksheet) for _ in range(errors_at - len(row))]
        words = [] if number == header_row else said.get(number, [])
        row.append(_errors_cell(WriteOnlyCell(worksheet), 1 if number == header_row else number, words))
        worksheet.append(row)


def _editable(source: Path) -> Workbook | None:
    """A workbook opened for editing; None where it is none, is broken, or is too large."""
    if not source.is_file() or source.stat().st_size > _EDITABLE_BYTES or not zipfile.is_zipfile(source):
        return None
    try:
        # Opened once with every guard against hostile files, then for editing.
        with open_tables(source, limits=Limits()), source.open("rb") as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load_workbook(stream, keep_links=False)
    except TableError:
        return None


def _copy_marked(source: Path, workbook: Workbook, by_sheet: Mapping[str, list[RowProblem]], language: str) -> None:
    """Copy the values of every table, row by row, with the marks."""
    for file in sorted(source.glob("*.[cC][sS][vV]")) if source.is_dir() else [source]:
        try:
            with open_tables(file, limits=Limits()) as tables:
                for table in tables:
                    title = _sheet_title(table.title)
                    if title != ERRORS_TITLE:
                        _copy_table(table, workbook.create_sheet(title), by_sheet.get(title, ()), language)
        except TableError:
            continue  # cut off or broken from here on: what was read is copied, and the list says why it ends


def _copy_table(table: RawTable, worksheet: Any, problems: Iterable[RowProblem], language: str) -> None:
    said, on_cell = _by_place(problems, language)
    first = list(islice(table.rows, 20))
    marked = {place for _, values in first for place, value in enumerate(values) if is_errors_heading(value)}
    errors_at = min(marked, default=max((len(values) for _, values in first), default=0))
    written = 0
    for number, values in chain(first, table.rows):
        for _ in range(written + 1, number):
            worksheet.append([])
        written = number
        row = [_copied(worksheet, value) for value in (values[:errors_at] if marked else values)]
        for place, cell in enumerate(row, start=1):
            found = on_cell.get(f"{get_column_letter(place)}{number}")
            if found:
                _mark_cell(cell, found, language)
        if number in said or number == 1:
            row += [WriteOnlyCell(worksheet) for _ in range(errors_at - len(row))]
            row.append(_errors_cell(WriteOnlyCell(worksheet), number, said.get(number, [])))
        worksheet.append(row)


def _copied(worksheet: Any, value: Any) -> WriteOnlyCell:
    cell = WriteOnlyCell(worksheet)
    if isinstance(value, str):
        _set_text(cell, value)
    else:
        cell.value = value
    return cell


def _by_place(
    problems: Iterable[RowProblem], language: str
) -> tuple[dict[int, list[str]], dict[str, list[RowProblem]]]:
    """The sentences of each row, and the problems of each cell. What concerns the whole sheet goes to its first row."""
    said: dict[int, list[str]] = defaultdict(list)
    on_cell: dict[str, list[RowProblem]] = defaultdict(list)
    for problem in problems:
        said[problem.row or 1].append(_short(problem, language))
        if problem.cell:
            on_cell[problem.cell].append(problem)
    return said, on_cell


def _mark_cell(cell: Any, found: Sequence[RowProblem], language: str) -> None:
    cell.fill = _BAD if any(problem.code.blocks for problem in found) else _NOTE
    if isinstance(cell, MergedCell):
        return  # takes a color but no comment
    cell.font = _BAD_FONT
    text = "\n".join(_short(problem, language) for problem in found)[:_COMMENT_LENGTH]
    cell.comment = Comment(text, "Denghuo", width=320, height=110)


def _errors_cell(cell: Any, row: int, sentences: Sequence[str]) -> Any:
    _set_text(cell, "\n".join([*([ERRORS_TITLE] if row == 1 else []), *sentences]))
    cell.font, cell.alignment = _BAD_FONT, Alignment(wrap_text=True, vertical="top")
    return cell


def _sheet_title(name: str) -> str:
    """A file's name as Excel allows it for a sheet."""
    return re.sub(r"[\\*?:/\[\]]", "_", name)[:31]


def _set_text(cell: Any, value: str) -> None:
    """Put text into a cell as text: what looks like a formula must not become one."""
    cell.value = value
    cell.data_type = "s"
    cell.quotePrefix = value[:1] in "=+-@"


def _remove_marks(workbook: Workbook) -> None:
    if ERRORS_TITLE in workbook.sheetnames:
        del workbook[ERRORS_TITLE]
    for worksheet in workbook.worksheets:
        for cell in next(worksheet.iter_rows(min_row=1, max_row=1), ()):
            if is_errors_heading(cell.value):
                _clear(worksheet, cell.column)
                break


def _clear(worksheet: Any, column: int) -> None:
    """Take off the marks of an earlier return: its column of errors, and the colors and comments it put on cells."""
    worksheet.delete_cols(column)
    for row in worksheet.iter_rows():
        for cell in row:
            if cell.fill.fgColor.rgb in (_BAD.fgColor.rgb, _NOTE.fgColor.rgb):
                cell.fill = PatternFill()
                if not isinstance(cell, MergedCell):
                    cell.font, cell.comment = Font(), None


def _mark_sheet(worksheet: Any, problems: Iterable[RowProblem], language: str) -> None:
    said, on_cell = _by_place(problems, language)
    if not said:
        return
    column = worksheet.max_column + 1
    for address, found in on_cell.items():
        _mark_cell(worksheet[address], found, language)
    for row in {1, *said}:
        _errors_cell(worksheet.cell(row=row, column=column), row, said.get(row, []))


def _short(problem: RowProblem, language: str) -> str:
    """The sentence without the place, which the mark itself shows; the column stays, for the column of errors."""
    bare = RowProblem(
        code=problem.code, file="", column=problem.column, cell=problem.cell, value=problem.value, hint=problem.hint
    )
    return sentence(bare, language=language)


def _list_problems(worksheet: Any, problems: Sequence[RowProblem], rest: int, language: str) -> None:
    for letter, width in zip("ABCDE", (20, 16, 8, 24, 110), strict=True):
        worksheet.column_dimensions[letter].width = width
    worksheet.freeze_panes = "A2"
    zh = language == "zh"
    worksheet.append(
        ("文件", "工作表", "行", "列", "问题和改法") if zh else ("file", "sheet", "row", "column", "problem")
    )
    for problem in problems:
        bare = RowProblem(code=problem.code, file="", value=problem.value, hint=problem.hint)
        texts = (problem.file, problem.sheet, problem.row or None, problem.column, sentence(bare, language=language))
        worksheet.append([_copied(worksheet, text) for text in texts])
    if rest:
        worksheet.append([None, None, None, None, TableError((), rest=rest).sentences(language=language)[0]])
