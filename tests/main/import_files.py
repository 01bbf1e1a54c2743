"""Files to import: Lamp station as a workbook, and everything that can be wrong with one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from denghuo.adapters.tables import write_network_workbook
from tests.world import small_grid

LOG = "device,operation,time,event\nQL1,open,2026-05-02 08:00,TD-1\nQL1,close,2026-05-02 10:00,TD-1\n"
REGISTER = (
    "事件编号,停电性质,停电原因,区域,停电时间,复电时间,停电户数\n"
    "TD-1,故障停电,树障,青禾村,2026-05-02 08:00,2026-05-02 10:00,20\n"
    "TD-2,计划停电,配变检修,柳溪村,2026-06-01 09:00,2026-06-01 15:00,6\n"
)


def workbook(folder: Path, change: Callable[[Any], None] | None = None, name: str = "station.xlsx") -> Path:
    """Lamp station's network, with something changed in it."""
    path = folder / name
    write_network_workbook(small_grid(), path, language="en")
    if change:
        book = load_workbook(path)
        change(book)
        book.save(path)
    return path


def text(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def column(sheet: Any, heading: str) -> int:
    """Where a column stands, by the beginning of its heading."""
    return next(cell.column for cell in sheet[1] if str(cell.value).startswith(heading))


def put(book: Any, sheet: str, row: str, heading: str, value: Any) -> None:
    """Type something into the row of a code."""
    cells = next(cells for cells in book[sheet].iter_rows(min_row=2) if cells[0].value == row)
    cells[column(book[sheet], heading) - 1].value = value
