"""A queue log that the exchange is still writing, read on from where it was left."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

from denghuo.adapters.telephony.queue_log import QueueLogAssembler
from denghuo.adapters.telephony.streams import raw_lines, readable

__all__ = ["LogTail"]


class LogTail:
    """What was appended to a log since it was last looked at, also where it was rotated in between."""

    def __init__(self, path: Path, assembler: QueueLogAssembler, *, from_start: bool) -> None:
        self.path, self.assembler = path, assembler
        self._file: int | None = None
        self._offset = 0
        if not from_start and path.is_file():
            with path.open("rb") as stream:
                self._file = os.fstat(stream.fileno()).st_ino
                self._offset = _last_line_start(stream)

    def read(self) -> None:
        """Feed the assembler every whole line that is new. A log that is not there yet has none."""
        try:
            with self.path.open("rb") as stream:
                status = os.fstat(stream.fileno())
                if self._file not in (None, status.st_ino):
                    self._read_rotated()
                    self._offset = 0
                elif status.st_size < self._offset:
                    self._offset = 0
                self._file = status.st_ino
                self._offset = self._feed(stream, self._offset)
        except FileNotFoundError:
            return

    def _read_rotated(self) -> None:
        """The rest of the file that was the log before, wherever it was moved in its folder."""
        for path in self.path.parent.glob(f"{self.path.name}?*"):
            with path.open("rb") as stream:
                if os.fstat(stream.fileno()).st_ino == self._file:
                    self._feed(stream, self._offset)
                    return

    def _feed(self, stream: IO[bytes], offset: int) -> int:
        stream.seek(offset)
        for line in raw_lines(stream, self.assembler.account):
            if not line.endswith(b"\n"):
                return stream.tell() - len(line)
            text = readable(line, self.assembler.account)
            if text is not None:
                self.assembler.feed(text)
        return stream.tell()


def _last_line_start(stream: IO[bytes]) -> int:
    """Where the line begins that is not yet whole: the end of the file but for half a line."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - 65_536))
    tail = stream.read()
    return size - (len(tail) - tail.rfind(b"\n") - 1)
