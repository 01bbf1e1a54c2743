"""Logs, traces and tables of telephone exchanges: which kind a file is, and into the hotline with it."""

import gzip
import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from denghuo.adapters.telephony import (
    TelephonyLog,
    merge_calls,
    read_ami_trace,
    read_calls,
    read_freeswitch_events,
    read_queue_log,
)
from denghuo.apps.hotline.actions import Source, record_calls
from denghuo.apps.hotline.facts import CallsRecorded

_LOOKED_AT_BYTES = 65_536
_TABLES = {".csv", ".xlsx", ".xlsm", ".tsv", ".txt"}


class LogFormat(StrEnum):
    """How an exchange writes down its calls."""

    QUEUE_LOG = "queue_log"
    AMI = "ami"
    FREESWITCH = "freeswitch"
    TABLE = "table"


def recognize(path: Path) -> LogFormat:
    """Which kind a file is, by its beginning.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path) if packed else path.open("rb") as stream:
            beginning = stream.read(_LOOKED_AT_BYTES)
    except (EOFError, gzip.BadGzipFile):
        beginning = b""
    name = path.name.removesuffix(".gz")
    if b"Event-Name: " in beginning:
        return LogFormat.FREESWITCH
    if b"Event: " in beginning or b"Response: " in beginning:
        return LogFormat.AMI
    if Path(name).suffix.lower() in _TABLES and beginning.split(b"\n", 1)[0].count(b"|") < 4:
        return LogFormat.TABLE
    return LogFormat.QUEUE_LOG


def read_logs(paths: Sequence[Path], *, kind: LogFormat | None = None) -> TelephonyLog:
    """Read the files of one log, in the order in which they were written.

    Raises:
        TelephonyError: one of them is not of this kind.
        OSError: one of them cannot be read.
    """
    told = kind or recognize(paths[0])
    if told is LogFormat.TABLE:
        return _together([read_calls(path) for path in paths])
    readers: dict[LogFormat, Callable[..., TelephonyLog]] = {
        LogFormat.QUEUE_LOG: read_queue_log,
        LogFormat.AMI: read_ami_trace,
        LogFormat.FREESWITCH: read_freeswitch_events,
    }
    return readers[told](*paths)


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
    """Record what a log tells."""
    source = Source(
        name=name,
        digest=digest,
        line_count=log.lines,
        problems=[str(problem) for problem in log.problems],
        problem_count=len(log.problems) + log.problems_left_out,
        unknowable=[code.value for code in log.unknowable],
    )
    return record_calls(
        exchange_id=exchange_id, calls=log.calls, entries=log.agent_events, source=source, at=at, actor=actor
    )


def digest_of(paths: Sequence[Path]) -> str:
    """What tells these files from any others."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()
