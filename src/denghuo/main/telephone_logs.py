"""Logs, traces and tables of telephone exchanges: which kind a file is, and into the hotline with it."""

import gzip
import hashlib
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from django.utils import timezone

from denghuo.adapters.telephony import (
    CallTemplate,
    Finding,
    TelephonyCode,
    TelephonyError,
    TelephonyLog,
    TelephonyProblem,
    believable,
    merge_calls,
    read_ami_trace,
    read_calls,
    read_freeswitch_events,
    read_queue_log,
)
from denghuo.apps.hotline.actions import Source, record_calls
from denghuo.apps.hotline.facts import CallsRecorded
from denghuo.apps.hotline.queries import first_day, known_elsewhere
from denghuo.main.call_logs.sentences import in_both

_LOOKED_AT_BYTES = 65_536
_RECORDED_AT_ONCE = 20_000
_LOOKED_AT_CALLS = 500
_NAME_CHARS = 180
_LONG_BEFORE = timedelta(days=366)
_TABLES = {".csv", ".xlsx", ".xlsm", ".tsv", ".txt"}


class LogFormat(StrEnum):
    """How an exchange writes down its calls."""

    QUEUE_LOG = "queue_log"
    AMI = "ami"
    FREESWITCH = "freeswitch"
    TABLE = "table"


# When a log was begun, by the first line that tells.
_BEGUN = {
    LogFormat.QUEUE_LOG: re.compile(rb"^(\d{9,11}(?:\.\d+)?)\|[^|\n]*\|[^|\n]*\|[^|\n]*\|", re.MULTILINE),
    LogFormat.AMI: re.compile(rb"^Timestamp: (\d{9,11}(?:\.\d+)?)", re.MULTILINE),
    LogFormat.FREESWITCH: re.compile(rb"^Event-Date-Timestamp: (\d{9,17})", re.MULTILINE),
}


def recognize(path: Path) -> LogFormat:
    """Which kind a file is, by its beginning.

    Raises:
        OSError: it cannot be read.
    """
    beginning, name = _beginning(path), path.name.removesuffix(".gz")
    if b"Event-Name: " in beginning:
        return LogFormat.FREESWITCH
    if b"Event: " in beginning or b"Response: " in beginning:
        return LogFormat.AMI
    if Path(name).suffix.lower() in _TABLES and beginning.split(b"\n", 1)[0].count(b"|") < 4:
        return LogFormat.TABLE
    return LogFormat.QUEUE_LOG


def _beginning(path: Path) -> bytes:
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path) if packed else path.open("rb") as stream:
            return stream.read(_LOOKED_AT_BYTES)
    except (EOFError, OSError, zlib.error):
        return b""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Files that are read together: the parts of one log, in the order in which they were written."""

    kind: LogFormat
    paths: tuple[Path, ...]
    is_certain: bool  # whether anything in them shows this kind


def parts_of(paths: Sequence[Path]) -> list[Part]:
    """Several files by kind. A table, and a file that shows nothing of its kind, stands alone: it may be refused alone.

    Raises:
        OSError: one of them cannot be read.
    """
    logs: dict[LogFormat, list[tuple[float, Path]]] = {}
    alone = []
    for path in paths:
        kind = recognize(path)
        begun = _BEGUN[kind].search(_beginning(path)) if kind in _BEGUN else None
        if begun:
            logs.setdefault(kind, []).append((float(begun[1]), path))
        else:
            alone.append(Part(kind=kind, paths=(path,), is_certain=kind is not LogFormat.QUEUE_LOG))
    together = [
        Part(kind=kind, paths=tuple(path for _begun, path in sorted(found)), is_certain=True)
        for kind, found in logs.items()
    ]
    return together + alone


def read_logs(
    paths: Sequence[Path], *, now: datetime, kind: LogFormat | None = None, template: CallTemplate | None = None
) -> TelephonyLog:
    """Read the files of one log, in the order in which they were written; tables as the ``template`` says they are.
    What nobody can have called at is left out.

    Raises:
        TelephonyError: one of them is not of this kind.
        OSError: one of them cannot be read.
    """
    told = kind or (LogFormat.TABLE if template is not None else recognize(paths[0]))
    if told is LogFormat.TABLE:
        return _together([read_calls(path, template=template, now=now) for path in paths])
    readers: dict[LogFormat, Callable[..., TelephonyLog]] = {
        LogFormat.QUEUE_LOG: read_queue_log,
        LogFormat.AMI: read_ami_trace,
        LogFormat.FREESWITCH: read_freeswitch_events,
    }
    return believable(readers[told](*paths), now=now, zone=timezone.get_default_timezone())


def refuse_known_elsewhere(log: TelephonyLog, *, exchange_id: int) -> None:
    """Calls that another exchange of the unit has told already would count twice: the wrong exchange was chosen.

    Raises:
        TelephonyError: most of the calls are such.
    """
    looked_at = log.calls[:: max(len(log.calls) // _LOOKED_AT_CALLS, 1)]
    exchange, count = known_elsewhere(exchange_id, [(call.call_id, call.entered_at) for call in looked_at])
    if exchange is not None and 2 * count > len(looked_at):
        told: dict[str, str | int] = {"count": count, "looked_at": len(looked_at), "exchange": str(exchange)}
        raise TelephonyError(TelephonyProblem(code=TelephonyCode.SAME_ID, finding=Finding.KNOWN_ELSEWHERE, told=told))


def years_before_told(log: TelephonyLog, *, exchange_id: int) -> TelephonyLog:
    """The log, with a word among its problems where all of it is long before what is known of its exchange: such calls
    are believed, but are more often a wrong clock or a wrong year than history."""
    known = first_day([exchange_id])
    days = [timezone.localdate(call.entered_at) for call in log.calls]
    if known is None or not days or max(days) >= known - _LONG_BEFORE:
        return log
    told: dict[str, str | int] = {"first": str(min(days)), "last": str(max(days)), "known": str(known)}
    problem = TelephonyProblem(code=TelephonyCode.BAD_TIME, finding=Finding.YEARS_BEFORE, told=told)
    return replace(log, problems=(problem, *log.problems))


def _together(logs: list[TelephonyLog]) -> TelephonyLog:
    """Several tables as one."""
    if len(logs) == 1:
        return logs[0]
    calls = merge_calls(*(log.calls for log in logs))
    return TelephonyLog(
        calls=calls,
        agent_events=tuple(event for log in logs for event in log.agent_events),
        problems=tuple(problem for log in logs for problem in log.problems),
        problems_left_out=sum(log.problems_left_out for log in logs),
        first_at=min((log.first_at for log in logs if log.first_at), default=None),
        last_at=max((log.last_at for log in logs if log.last_at), default=None),
        unknowable=tuple(dict.fromkeys(code for log in logs for code in log.unknowable)),
        lines=sum(log.lines for log in logs),
    )


def take_in(
    log: TelephonyLog, *, exchange_id: int, name: str, digest: str = "", at: datetime, actor: str
) -> CallsRecorded:
    """Record what a log tells, a large one in parts, so that others can write meanwhile.

    Returns the facts of all parts as one.
    """
    parts = [log.calls[start : start + _RECORDED_AT_ONCE] for start in range(0, len(log.calls), _RECORDED_AT_ONCE)]
    facts = []
    for place, calls in enumerate(parts or [()]):
        is_first = place == 0
        source = Source(
            name=name if len(parts) < 2 else f"{name[:_NAME_CHARS]} ({place + 1}/{len(parts)})",
            digest=digest,
            line_count=log.lines if is_first else 0,
            problems=[in_both(problem) for problem in log.problems] if is_first else [],
            problem_count=len(log.problems) + log.problems_left_out if is_first else 0,
            unknowable=[code.value for code in log.unknowable],
        )
        entries = log.agent_events if is_first else ()
        facts.append(
            record_calls(exchange_id=exchange_id, calls=calls, entries=entries, source=source, at=at, actor=actor)
        )
    counts = ("call_count", "new_count", "completed_count", "entry_count", "problem_count")
    return replace(
        facts[0],
        source_name=name,
        first_at=min((fact.first_at for fact in facts if fact.first_at), default=None),
        last_at=max((fact.last_at for fact in facts if fact.last_at), default=None),
        **{count: sum(getattr(fact, count) for fact in facts) for count in counts},
    )


def digest_of(paths: Sequence[Path]) -> str:
    """What tells these files from any others."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()
