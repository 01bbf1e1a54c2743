"""The same call, told twice: by two parts of a log, by a log and a stream of events, or by an import done again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import timedelta

from denghuo.adapters.telephony.records import CallOutcome, CallRecord

__all__ = ["merge_calls", "same_call"]

# A log in whole seconds, and an entry computed back from two rounded durations, may be this far off.
_TOLERANCE = timedelta(seconds=3)
_NAMES = tuple(one.name for one in fields(CallRecord))


def same_call(one: CallRecord, other: CallRecord) -> bool:
    """Whether two records tell of one call: the same id in the same queue, queued at the same instant or nearly."""
    if (one.call_id, one.queue) != (other.call_id, other.queue):
        return False
    if one.caller and other.caller and one.caller != other.caller:
        return False
    return abs((one.queued_at or one.entered_at) - (other.queued_at or other.entered_at)) <= _TOLERANCE


def merge_calls(*parts: Iterable[CallRecord]) -> tuple[CallRecord, ...]:
    """All calls of several readings, each once.

    Of two records of one call the finished one counts, of two finished ones the precise one, else the earlier given;
    what it does not know is taken from the other.

    >>> from datetime import UTC, datetime
    >>> at = datetime(2026, 3, 1, tzinfo=UTC)
    >>> begun = CallRecord(call_id="1", queue="q", entered_at=at, caller="138", outcome=CallOutcome.LASTING)
    >>> ended = CallRecord(call_id="1", queue="q", entered_at=at, outcome=CallOutcome.ANSWERED, agent="A")
    >>> [(call.caller, call.agent) for call in merge_calls([begun], [ended])]
    [('138', 'A')]
    """
    merged: list[CallRecord] = []
    places: dict[tuple[str, str], list[int]] = {}
    for part in parts:
        for call in part:
            known = places.setdefault((call.call_id, call.queue), [])
            place = next((place for place in known if same_call(merged[place], call)), None)
            if place is None:
                known.append(len(merged))
                merged.append(call)
            else:
                merged[place] = merged_call(merged[place], call)
    return tuple(sorted(merged, key=lambda call: (call.entered_at, call.call_id)))


def merged_call(first: CallRecord, second: CallRecord) -> CallRecord:
    """One record of two that tell of the same call."""
    best, other = sorted((first, second), key=lambda call: (call.outcome is CallOutcome.LASTING, not call.precise))
    # An entry that was computed back from durations has no position, and gives way to one that was seen.
    seen = max((best, other), key=lambda call: (call.precise, call.position is not None))
    missing = {name: getattr(other, name) for name in _NAMES if getattr(best, name) in (None, "")}
    times = {"entered_at": seen.entered_at, "queued_at": seen.queued_at or best.queued_at or other.queued_at}
    return replace(best, **{**missing, **times})
