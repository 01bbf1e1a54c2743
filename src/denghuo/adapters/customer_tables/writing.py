"""The template of a customer file, and the rows of one that could not be taken in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from denghuo.adapters.customer_tables.schema import CUSTOMERS
from denghuo.adapters.tables.marking import write_problem_rows
from denghuo.adapters.tables.problems import RowProblem
from denghuo.adapters.tables.writing import write_template

__all__ = ["write_customers_template", "write_refused_customers"]


def write_customers_template(path: Path | str, *, language: str = "zh") -> None:
    """Write the empty workbook a customer file is typed into. ``language`` is ``zh`` or ``en``."""
    write_template(path, (CUSTOMERS,), language=language)


def write_refused_customers(
    source: Path,
    problems: Sequence[RowProblem],
    path: Path,
    *,
    header_row: int,
    language: str = "zh",
    rest: int = 0,
) -> None:
    """Write a workbook of the rows with problems, as they were typed, each with what is wrong and what to do: put right
    and imported again it adds what was missing and leaves all else alone."""
    write_problem_rows(source, problems, path, header_row=header_row, language=language, rest=rest)
