"""Bytes of a log or trace as lines, plain or gzipped, in bounded memory whatever the file holds."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from denghuo.adapters.telephony.assembling import Account
from denghuo.adapters.telephony.findings import Finding
from denghuo.adapters.telephony.records import TelephonyCode, TelephonyError, TelephonyProblem
from denghuo.adapters.texts import decoded

__all__ = ["LINE_LIMIT", "chunks", "open_log", "raw_lines", "readable"]

LINE_LIMIT = 65_536
_CHUNK_BYTES = 1 << 18


@contextmanager
def open_log(path: Path) -> Iterator[IO[bytes]]:
    """Open a file by what it holds, not by its name.

    Raises:
        TelephonyError: no such file.
    """
    if not path.is_file():
        raise TelephonyError(TelephonyProblem(code=TelephonyCode.NOT_FOUND, finding=Finding.NO_FILE, file=path.name))
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
        stream.seek(0)
        if packed:
            with gzip.open(stream) as unpacked:
                yield cast(IO[bytes], unpacked)
        else:
            yield stream


def raw_lines(stream: IO[bytes], account: Account) -> Iterator[bytes]:
    """Every line with its end; the last one without, where the stream ends within it. A line that is too long is told
    and passed over, and so is what follows the place where a compressed file is damaged."""
    try:
        while line := stream.readline(LINE_LIMIT):
            account.line += 1
            account.lines += 1
            if len(line) == LINE_LIMIT and not line.endswith(b"\n"):
                while (rest := stream.readline(LINE_LIMIT)) and not rest.endswith(b"\n"):
                    pass
                account.tell(TelephonyCode.LINE_TOO_LONG, Finding.LINE_TOO_LONG, told={"limit_bytes": LINE_LIMIT})
                continue
            yield line
    except (EOFError, zlib.error, gzip.BadGzipFile):
        account.tell(TelephonyCode.CUT_OFF, Finding.ARCHIVE_DAMAGED)


def chunks(stream: IO[bytes], account: Account) -> Iterator[bytes]:
    """The bytes of a stream, up to where a compressed file is damaged."""
    try:
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk
    except (EOFError, zlib.error, gzip.BadGzipFile):
        account.tell(TelephonyCode.CUT_OFF, Finding.ARCHIVE_DAMAGED)


def readable(line: bytes, account: Account) -> str | None:
    """The text of a line; ``None`` where it holds what no text holds."""
    if b"\0" in line:
        account.tell(TelephonyCode.UNREADABLE_LINE, Finding.NUL_BYTES, value=line[:40].decode("latin-1"))
        return None
    return decoded(line).rstrip("\r\n")
