"""Rostering problems in published text formats.

The format of the staff scheduling instances by T. Curtois and R. Qu: sections HORIZON, SHIFTS (id, minutes, shifts
that cannot follow separated by |), STAFF (id, most shifts of each kind, most and least minutes, most and fewest shifts
in a row, fewest days off in a row, most weekends), DAYS_OFF, SHIFT_ON_REQUESTS, SHIFT_OFF_REQUESTS, COVER (day, shift,
heads, price of one missing and of one too many). Day 0 is a Monday.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from denghuo.adapters.problems import ModelError, Problem, ProblemCode
from denghuo.engines.rostering import (
    OFF,
    Demands,
    RosterProblem,
    Rule,
    RunLimit,
    Successions,
    TotalLimit,
    WeekendLimit,
    Wishes,
    build_shifts,
    check_roster_problem,
)

__all__ = ["RosterFile", "read_staff_instance"]

_WIDTH = {"SHIFTS": 3, "STAFF": 8, "DAYS_OFF": 2, "SHIFT_ON_REQUESTS": 4, "SHIFT_OFF_REQUESTS": 4, "COVER": 5}
_NEEDED = ("HORIZON", "SHIFTS", "STAFF", "COVER")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RosterFile:
    """The problem, and the names of its shifts and people in their order."""

    problem: RosterProblem
    shift_ids: tuple[str, ...]
    people_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: list[str]


class _Sections:
    """The rows of a file by section; what is wrong with them is gathered."""

    def __init__(self, path: Path) -> None:
        self.file, self.problems = path.name, list[Problem]()
        self.rows: dict[str, list[_Row]] = {}
        section = ""
        for number, line in enumerate(_text(path).splitlines(), start=1):
            text = line.strip()
            if text.startswith("SECTION_"):
                section = text.removeprefix("SECTION_")
                self.rows.setdefault(section, [])
            elif text and not text.startswith("#"):
                self._add(section, _Row(number, [cell.strip() for cell in text.split(",")]))
        for name in _NEEDED:
            if not self.rows.get(name):
                self.tell(None, f"SECTION_{name} is missing or empty", ProblemCode.MISSING_COLUMN)
        self.stop()

    def _add(self, section: str, row: _Row) -> None:
        if not section:
            self.tell(row, "the row stands before any SECTION_ line", ProblemCode.NOT_RECOGNIZED)
        elif len(row.cells) < _WIDTH.get(section, 1):
            self.tell(row, f"{len(row.cells)} cells; a row of SECTION_{section} has {_WIDTH[section]}")
        else:
            self.rows.setdefault(section, []).append(row)

    def tell(self, row: _Row | None, detail: str, code: ProblemCode = ProblemCode.BAD_VALUE) -> None:
        """Note a problem."""
        self.problems.append(Problem(code=code, detail=detail, file=self.file, row=row.line if row else None))

    def stop(self) -> None:
        """Raise what was gathered."""
        if self.problems:
            raise ModelError(self.problems)

    def column(self, section: str, at: int, read: Callable[[str], Any]) -> list[Any]:
        """A column read cell by cell."""
        return [self.cell(row, row.cells[at], read) for row in self.rows.get(section, [])]

    def cell(self, row: _Row, text: str, read: Callable[[str], Any]) -> Any:
        """One cell; 0 where it cannot be read."""
        try:
            return read(text)
        except KeyError:
            self.tell(row, f"{text!r} is not defined in this file", ProblemCode.UNKNOWN_REFERENCE)
        except ValueError:
            self.tell(row, f"{text!r} is not a whole number")
        return 0


def _text(path: Path) -> str:
    if not path.is_file():
        raise ModelError(Problem(code=ProblemCode.NOT_FOUND, detail="there is no such file", file=path.name))
    return path.read_text(encoding="utf-8-sig", errors="replace")


def read_staff_instance(path: Path) -> RosterFile:
    """Read an instance in the format of Curtois and Qu.

    The file says how long shifts are, not when they start; they are laid from midnight on, and the rest between them is
    in the forbidden successions.

    Raises:
        ModelError: everything that stands in the way, by line.

    Source: T. Curtois, R. Qu, Computational results on new staff scheduling benchmark instances, 2014.
    """
    sections = _Sections(path)
    days = int(sections.cell(row := sections.rows["HORIZON"][0], row.cells[0], int))
    shift_ids, people_ids = ([row.cells[0] for row in sections.rows[name]] for name in ("SHIFTS", "STAFF"))
    shift_of, person_of = ({name: at for at, name in enumerate(ids)} for ids in (shift_ids, people_ids))
    shifts = len(shift_ids)
    minutes = sections.column("SHIFTS", 1, int)
    allowed = np.ones((len(people_ids), max(days, 1), shifts + 1), np.bool_)
    for row in sections.rows.get("DAYS_OFF", []):
        person = sections.cell(row, row.cells[0], person_of.__getitem__)
        for day in [sections.cell(row, text, int) for text in row.cells[1:]]:
            if 0 <= day < days:
                allowed[person, day, :shifts] = False
            else:
                sections.tell(row, f"day {day} lies outside the {days} days of the horizon")
    rules = _rules(sections, shift_of, minutes)
    demands, wishes = _cover(sections, shift_of), _wishes(sections, shift_of, person_of)
    sections.stop()
    problem = RosterProblem(
        shifts=build_shifts(start_min=[0] * shifts, length_min=minutes, night=[False] * shifts),
        people_count=len(people_ids),
        day_count=days,
        demands=demands,
        rules=rules,
        wishes=wishes,
        allowed=allowed,
        weekend=[day // 7 if day % 7 >= 5 else -1 for day in range(days)],
    )
    for finding in check_roster_problem(problem):
        sections.tell(None, f"{finding.field}: {finding.code.value} at {list(finding.positions)}")
    sections.stop()
    return RosterFile(problem=problem, shift_ids=tuple(shift_ids), people_ids=tuple(people_ids))


def _rules(sections: _Sections, shift_of: dict[str, int], minutes: list[int]) -> tuple[Rule, ...]:
    count = len(shift_of)
    forbidden = np.zeros((count, count), np.bool_)
    for first, row in enumerate(sections.rows["SHIFTS"]):
        for name in filter(None, row.cells[2].split("|")):
            forbidden[first, sections.cell(row, name.strip(), shift_of.__getitem__)] = True
    most_of = np.full((len(sections.rows["STAFF"]), count), 10**6)
    for person, row in enumerate(sections.rows["STAFF"]):
        for part in filter(None, row.cells[1].split("|")):
            name, _, count_text = part.partition("=")
            at = sections.cell(row, name.strip(), shift_of.__getitem__)
            most_of[person, at] = sections.cell(row, count_text, int)
    most, least, longest, shortest, rest, weekends = (sections.column("STAFF", at, int) for at in range(2, 8))
    kinds = tuple(
        TotalLimit(id=f"most_{name}", per_shift=np.eye(count, dtype=np.int64)[at], at_most=most_of[:, at])
        for name, at in shift_of.items()
    )
    return (
        Successions(id="succession", forbidden=forbidden),
        *kinds,
        TotalLimit(id="minutes", per_shift=minutes, at_least=least, at_most=most),
        RunLimit(id="work_days", at_least=shortest, at_most=longest),
        RunLimit(id="days_off", off=True, at_least=rest),
        WeekendLimit(id="weekends", at_most=weekends),
    )


def _cover(sections: _Sections, shift_of: dict[str, int]) -> Demands:
    heads, under, over = (sections.column("COVER", at, int) for at in (2, 3, 4))
    return Demands(
        day=np.array(sections.column("COVER", 0, int), np.int64),
        shift=np.array(sections.column("COVER", 1, shift_of.__getitem__), np.int64),
        wanted=heads,
        under_weight=under,
        over_weight=over,
    )


def _wishes(sections: _Sections, shift_of: dict[str, int], person_of: dict[str, int]) -> Wishes:
    names = ("SHIFT_ON_REQUESTS", "SHIFT_OFF_REQUESTS")
    readers: tuple[Callable[[str], Any], ...] = (
        person_of.__getitem__,
        int,
        lambda name: OFF if name == "" else shift_of[name],
        int,
    )
    person, day, shift, weight = (
        np.array([cell for name in names for cell in sections.column(name, at, read)], np.int64)
        for at, read in enumerate(readers)
    )
    wanted = np.repeat([True, False], [len(sections.rows.get(name, [])) for name in names])
    return Wishes(person=person, day=day, shift=shift, wanted=wanted, weight=weight)
