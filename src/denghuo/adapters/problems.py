"""What can be wrong with a file somebody hands us, said so that they can put it right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["ModelError", "Problem", "ProblemCode", "generation_left_out"]


class ProblemCode(StrEnum):
    """What is wrong. Codes for programs; :attr:`Problem.detail` is the sentence for people."""

    NOT_FOUND = "not_found"
    EMPTY = "empty"
    NOT_RECOGNIZED = "not_recognized"
    TOO_LARGE = "too_large"
    CUT_OFF = "cut_off"
    UNREADABLE = "unreadable"
    REFUSED = "refused"
    MISSING_FILE = "missing_file"
    MISSING_COLUMN = "missing_column"
    BAD_VALUE = "bad_value"
    UNKNOWN_REFERENCE = "unknown_reference"
    NO_NETWORK = "no_network"
    CHOICE_NEEDED = "choice_needed"
    ENGINE_FAILED = "engine_failed"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One problem: where it is and, in one English sentence, what it is and what to do about it.

    ``row`` counts as a text editor or spreadsheet does: the first line of the file is 1.
    """

    code: ProblemCode
    detail: str
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""

    def __str__(self) -> str:
        place = [self.file] if self.file else []
        if self.sheet:
            place.append(f"sheet {self.sheet}")
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column:
            place.append(f"column {self.column}")
        return f"{', '.join(place)}: {self.detail}" if place else self.detail


class ModelError(ValueError):
    """A file could not be read as a network; ``problems`` says everything that stood in the way."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def generation_left_out(counts: Mapping[str, int], *, file: str) -> Iterable[Problem]:
    """The note that generation is no source of the network; none where there is no generation.

    >>> [str(one) for one in generation_left_out({"storage": 0, "pvsystem": 2}, file="town.dss")]
    ['town.dss: Generation is not read (pvsystem 2): what it alone feeds counts as without supply.']
    """
    told = ", ".join(f"{name} {count:,}" for name, count in counts.items() if count)
    if told:
        detail = f"Generation is not read ({told}): what it alone feeds counts as without supply."
        yield Problem(code=ProblemCode.LEFT_OUT, detail=detail, file=file)
