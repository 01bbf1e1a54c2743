"""Calls as a program tells them: each row is looked at by itself, and what is wrong with one is said of that one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints
from pydantic import ValidationError as RowError

from denghuo.adapters.telephony.assembling import caller_number
from denghuo.adapters.telephony.records import CallOutcome, CallRecord

_FIRST_YEAR = 1990
_CLOCKS_DIFFER = timedelta(days=1)
_LINE = r"^[^\x00-\x1f]*$"
_Id = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=_LINE, strip_whitespace=True)]
_QueueCode = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=_LINE, strip_whitespace=True)]
_Text = Annotated[str, StringConstraints(max_length=80, pattern=_LINE, strip_whitespace=True)]
_Short = Annotated[str, StringConstraints(max_length=40, pattern=_LINE, strip_whitespace=True)]
_Seconds = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
_OUTCOMES = tuple(one.name.lower() for one in CallOutcome)
Outcome = Literal[
    "lasting",
    "answered",
    "abandoned",
    "timed_out",
    "left_empty",
    "left_by_key",
    "refused",
    "announced",
    "lost_in_announcement",
    "failed",
]


class CallIn(Schema):
    """One call in one queue, as the exchange tells it; what it does not tell is left out. Times carry their offset."""

    model_config = ConfigDict(extra="forbid")

    call_id: _Id
    queue: _QueueCode
    entered_at: AwareDatetime
    outcome: Outcome
    caller: _Short = ""
    queued_at: AwareDatetime | None = None
    position: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    agent: _Text = ""
    connected_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    wait_s: _Seconds | None = None
    ring_s: _Seconds | None = None
    talk_s: _Seconds | None = None
    wrap_up_s: _Seconds | None = None
    hold_s: _Seconds | None = None
    announcement: _Text = ""
    announcement_s: _Seconds | None = None
    transferred_to: _Text = ""
    menu: _Text = ""
    left_because: _Short = ""
    precise: bool = False


@dataclass(frozen=True, kw_only=True)
class RowProblem:
    """What is wrong with a row: its position in the batch, counted from 0, the field, and what to do about it."""

    position: int
    call_id: str
    field: str
    problem: str
    advice: str

    def __str__(self) -> str:
        name = f"call {self.call_id}" if self.call_id else "a call without an id"
        return f"row {self.position}, {name}: {self.field or 'row'}: {self.problem}. {self.advice}"


_OFFSET = "Write the time with its offset, such as 2026-07-01T08:15:00+08:00."
_ADVICE = {
    "missing": "Give it.",
    "extra_forbidden": f"Leave it out, or spell it as one of: {', '.join(CallIn.model_fields)}.",
    "literal_error": f"Say one of: {', '.join(_OUTCOMES)}.",
    "string_too_long": "Shorten it.",
    "string_too_short": "Give it.",
    "string_pattern_mismatch": "Leave line breaks and control characters out.",
    "string_type": "Write it as a text, in quotes.",
    "model_type": "Write the row as an object with names and values.",
    "greater_than_equal": "Look at the exchange's clock; leave the field out where it is not known.",
    "less_than_equal": "Durations are in seconds.",
}
_INSTANTS = ("entered_at", "queued_at", "connected_at", "ended_at")


def read_rows(rows: Sequence[Any], *, at: datetime) -> tuple[list[CallRecord], list[RowProblem]]:
    """The calls of a batch that can be recorded, and what is wrong with the others; ``at`` is now."""
    calls, problems = [], []
    for position, row in enumerate(rows):
        try:
            told = CallIn.model_validate(row)
        except RowError as error:
            problems += [_problem(position, row, one) for one in error.errors()]
            continue
        wrong = _out_of_order(told, at)
        if wrong:
            problems.append(RowProblem(position=position, call_id=told.call_id, **wrong))
        else:
            calls.append(_record(told))
    return calls, problems


def _problem(position: int, row: Any, error: Mapping[str, Any]) -> RowProblem:
    kind, field = error["type"], ".".join(map(str, error["loc"]))
    advice = _OFFSET if kind.startswith(("datetime", "timezone")) else _ADVICE.get(kind, "Put it right.")
    call_id = row.get("call_id", "") if isinstance(row, Mapping) else ""
    return RowProblem(
        position=position,
        call_id=call_id[:120] if isinstance(call_id, str) else "",
        field=field,
        problem=error["msg"],
        advice=advice,
    )


def _out_of_order(told: CallIn, at: datetime) -> dict[str, str] | None:
    """The first instant that cannot be, with why and what to do."""
    before = ""
    for field in _INSTANTS:
        instant = getattr(told, field)
        if instant is None:
            continue
        if instant.year < _FIRST_YEAR or instant > at + _CLOCKS_DIFFER:
            why = "lies in the future" if instant > at else f"lies before {_FIRST_YEAR}"
            return {"field": field, "problem": why, "advice": f"Look at the exchange's clock. {_OFFSET}"}
        if before and instant < getattr(told, before):
            return {"field": field, "problem": f"lies before {before}", "advice": "Put the times in their order."}
        before = field
    return None


def _record(told: CallIn) -> CallRecord:
    values = told.model_dump()
    values |= {name: values[name].astimezone(UTC) for name in _INSTANTS if values[name] is not None}
    values |= {"outcome": CallOutcome[told.outcome.upper()], "caller": caller_number(told.caller)}
    return CallRecord(**values)
