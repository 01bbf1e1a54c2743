"""What is wrong with a table somebody filled in: typed, with the file, sheet, row and column of each problem."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from denghuo.adapters.tables.messages import MESSAGES, PLACES

__all__ = ["PROBLEM_LIMIT", "ProblemList", "RowProblem", "TableCode", "TableError", "at_place", "sentence"]

PROBLEM_LIMIT = 10_000


class TableCode(StrEnum):
    """What can be wrong. The words for each code, in both languages, are in :mod:`denghuo.adapters.tables.messages`."""

    NOT_FOUND = "not_found"
    EMPTY_FILE = "empty_file"
    TOO_LARGE = "too_large"
    EXPANDS_TOO_MUCH = "expands_too_much"
    CUT_OFF = "cut_off"
    NOT_A_TABLE = "not_a_table"
    OLD_WORKBOOK = "old_workbook"
    UNKNOWN_ENCODING = "unknown_encoding"
    BROKEN_CSV = "broken_csv"

    MISSING_SHEET = "missing_sheet"
    IGNORED_SHEET = "ignored_sheet"
    UNKNOWN_SHEET = "unknown_sheet"
    REPEATED_SHEET = "repeated_sheet"
    MISSING_HEADER = "missing_header"
    MISSING_COLUMN = "missing_column"
    UNKNOWN_COLUMN = "unknown_column"
    IGNORED_COLUMN = "ignored_column"
    REPEATED_COLUMN = "repeated_column"
    WRONG_UNIT = "wrong_unit"
    UNIT_CONVERTED = "unit_converted"
    TOO_MANY_ROWS = "too_many_rows"
    MERGED_CELLS = "merged_cells"
    EXAMPLE_SKIPPED = "example_skipped"

    CELL_COUNT = "cell_count"
    MISSING_VALUE = "missing_value"
    FORMULA = "formula"
    ERROR_VALUE = "error_value"
    NOT_A_NUMBER = "not_a_number"
    NOT_WHOLE = "not_whole"
    NEGATIVE = "negative"
    OUT_OF_RANGE = "out_of_range"
    NOT_TEXT = "not_text"
    TOO_LONG = "too_long"
    LOST_DIGITS = "lost_digits"
    UNKNOWN_CHOICE = "unknown_choice"
    BAD_INSTANT = "bad_instant"
    BAD_DATE = "bad_date"
    BAD_YEAR = "bad_year"
    AMBIGUOUS_INSTANT = "ambiguous_instant"
    NOT_YET = "not_yet"
    END_BEFORE_START = "end_before_start"
    ZERO_CUSTOMERS = "zero_customers"
    NO_DURATION = "no_duration"
    REISSUED = "reissued"
    REPEATED = "repeated"
    REPEATED_ACCOUNT = "repeated_account"
    SHORT_NUMBER = "short_number"
    NOT_A_PHONE = "not_a_phone"
    UNKNOWN_LOAD = "unknown_load"
    NO_CUT_REASON = "no_cut_reason"

    DUPLICATE_ID = "duplicate_id"
    UNKNOWN_NODE = "unknown_node"
    UNKNOWN_BRANCH = "unknown_branch"
    UNKNOWN_DEVICE = "unknown_device"
    SAME_NODE = "same_node"
    NO_SOURCE = "no_source"
    CLOSED_LOOP = "closed_loop"
    SUPPLIED_TWICE = "supplied_twice"
    NOT_SUPPLIED = "not_supplied"
    ISOLATED_NODE = "isolated_node"

    @property
    def blocks(self) -> bool:
        """Whether the file must be put right first; otherwise the reader is only told."""
        return self not in _NOTES


# What the reader did or saw, told so that nothing happens silently, but no reason to send the file back.
_NOTES = frozenset(
    {
        TableCode.IGNORED_SHEET,
        TableCode.IGNORED_COLUMN,
        TableCode.UNIT_CONVERTED,
        TableCode.EXAMPLE_SKIPPED,
        TableCode.NOT_SUPPLIED,
        TableCode.ISOLATED_NODE,
        TableCode.REISSUED,
        TableCode.REPEATED,
        TableCode.SHORT_NUMBER,
        TableCode.UNKNOWN_LOAD,
    }
)


@dataclass(frozen=True, kw_only=True)
class RowProblem:
    """One problem: where it stands and what stood there.

    ``row`` counts as the spreadsheet does, the first row being 1; 0 where the problem is the sheet's or the file's.
    ``column`` is the heading as the file has it, ``cell`` its address (``C7``) where there is one, ``value`` what was
    typed, and ``hint`` what the sentence needs besides: the nearest name, the other row, the unit, the limit.
    """

    code: TableCode
    file: str
    sheet: str = ""
    row: int = 0
    column: str = ""
    cell: str = ""
    value: str = ""
    hint: str = ""

    def __str__(self) -> str:
        return sentence(self, language="en")


def sentence(problem: RowProblem, *, language: str) -> str:
    """Where the problem is, what it is and what to do, in ``language`` (``zh`` or ``en``).

    >>> sentence(RowProblem(code=TableCode.NOT_WHOLE, file="a.xlsx", sheet="loads", row=4, column="users", cell="D4",
    ...                     value="2.5"), language="en")
    "a.xlsx, sheet 'loads', row 4, column 'users' (D4): '2.5' is not a whole number. Enter a whole number."
    """
    near = PLACES[language]["near"].format(problem.hint) if problem.hint else ""
    what = MESSAGES[problem.code.value][language].format(value=problem.value, hint=problem.hint, near=near)
    # A CSV file is one sheet of its own name, which need not be said twice.
    sheet = "" if _is_csv(problem) else problem.sheet
    return at_place(what, problem.file, sheet, problem.row, problem.column, problem.cell, language=language)


def at_place(
    what: str, file: str = "", sheet: str = "", row: int = 0, column: str = "", cell: str = "", *, language: str
) -> str:
    """A sentence with its place before it.

    >>> at_place("长度不对。", "a.xlsx", row=4, language="zh")
    'a.xlsx，第 4 行：长度不对。'
    """
    words = PLACES[language]
    named = (("sheet", sheet), ("row", row), ("column", column))
    parts = [file] * bool(file) + [words[name].format(value) for name, value in named if value]
    where = words["comma"].join(parts) + (words["cell"].format(cell) if cell else "")
    return f"{where}{words['colon']}{what}" if where else what


def _is_csv(problem: RowProblem) -> bool:
    return not problem.file.lower().endswith((".xlsx", ".xlsm")) and problem.file.startswith(problem.sheet)


@dataclass
class ProblemList:
    """Collects problems: keeps the first ``limit``, counts them all."""

    limit: int = PROBLEM_LIMIT
    kept: list[RowProblem] = field(default_factory=list)
    counts: Counter[TableCode] = field(default_factory=Counter)

    def add(self, problem: RowProblem) -> None:
        self.counts[problem.code] += 1
        if len(self.kept) < self.limit:
            self.kept.append(problem)

    def extend(self, problems: Iterable[RowProblem]) -> None:
        for problem in problems:
            self.add(problem)

    def drop(self, *codes: TableCode) -> None:
        """Forget the problems of these codes."""
        self.kept = [problem for problem in self.kept if problem.code not in codes]
        for code in codes:
            self.counts.pop(code, None)

    @property
    def total(self) -> int:
        """How many problems there are, kept or not."""
        return self.counts.total()

    @property
    def rest(self) -> int:
        """How many problems were counted but not kept."""
        return self.total - len(self.kept)

    @property
    def blocks(self) -> bool:
        """Whether any problem must be put right before the file can be used."""
        return any(code.blocks for code in self.counts)


class TableError(ValueError):
    """A table cannot be used as it is; ``problems`` says everything that stands in the way, ``rest`` how many more."""

    def __init__(self, problems: Sequence[RowProblem], *, rest: int = 0) -> None:
        self.problems = tuple(problems)
        self.rest = rest
        super().__init__("\n".join(self.sentences(language="en")))

    def sentences(self, *, language: str) -> list[str]:
        """One sentence per problem, and one for the problems beyond the limit."""
        told = [sentence(problem, language=language) for problem in self.problems]
        return [*told, PLACES[language]["rest"].format(self.rest)] if self.rest else told
