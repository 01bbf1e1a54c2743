"""The Asterisk Manager Interface on the wire: lines ``Key: value``, an empty line after each event or response."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from denghuo.adapters.telephony.ami_calls import CallAssembler
from denghuo.adapters.telephony.ami_messages import AmiMessage, AmiParser
from denghuo.adapters.telephony.findings import Finding
from denghuo.adapters.telephony.records import TelephonyCode, TelephonyError, TelephonyLog, TelephonyProblem
from denghuo.adapters.telephony.streams import chunks, open_log

__all__ = ["AmiMessage", "AmiParser", "CallAssembler", "read_ami_trace"]

_RECOGNIZED_WITHIN_BYTES = 1 << 20


def read_ami_trace(
    *paths: Path | str,
    queue_limits_s: Mapping[str, float] | None = None,
) -> TelephonyLog:
    """Read what a manager connection received and somebody wrote down: one file, or the files of one trace in order.

    Args:
        paths: plain or gzipped files.
        queue_limits_s: queue -> after how many seconds it sends a caller on, where the trace does not show it.

    Raises:
        TelephonyError: no such file, or no such trace.
    """
    assembler = CallAssembler(queue_limits_s=queue_limits_s)
    parser = AmiParser(assembler.account)
    read_bytes = sum(_read_file(path, parser, assembler) for path in map(Path, paths))
    unread = parser.pending_bytes
    for message in parser.close():
        assembler.feed(message)
    if read_bytes and not parser.messages:
        file = assembler.account.file
        raise TelephonyError(
            TelephonyProblem(code=TelephonyCode.NOT_RECOGNIZED, finding=Finding.NO_AMI_TRACE, file=file)
        )
    assembler.finish()
    return assembler.log(unread=unread)


def _read_file(path: Path, parser: AmiParser, assembler: CallAssembler) -> int:
    """Feed one file; what its last message lacks may stand in the next. Returns how many bytes were read."""
    account = assembler.account
    account.file, account.line = path.name, 0
    read_bytes = 0
    with open_log(path) as stream:
        for chunk in chunks(stream, account):
            read_bytes += len(chunk)
            for message in parser.feed(chunk):
                assembler.feed(message)
            if read_bytes > _RECOGNIZED_WITHIN_BYTES and not parser.messages:
                break
    return read_bytes
