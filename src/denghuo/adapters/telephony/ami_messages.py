"""Asterisk's manager protocol cut into messages, however the bytes arrive."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from denghuo.adapters.telephony.assembling import Account
from denghuo.adapters.telephony.findings import Finding
from denghuo.adapters.telephony.records import TelephonyCode
from denghuo.adapters.telephony.streams import LINE_LIMIT, readable

__all__ = ["AmiMessage", "AmiParser"]

_GLUED = re.compile(r"(?<!^User)(?<=.)Event: [A-Za-z]+$")
_BLOCK_LINES = 2_000


class AmiMessage(NamedTuple):
    """One event or response. Keys are in lower case, for Asterisk writes ``Uniqueid`` and ``UniqueID``; of a key that
    comes twice the first counts, which is the exchange's own and not the dial plan's."""

    event: str
    response: str
    fields: Mapping[str, str]
    line: int

    def get(self, key: str) -> str:
        return self.fields.get(key, "")


class AmiParser:
    """Bytes in, whole messages out. What is cut, too long or unreadable is told in the account.

    >>> parser = AmiParser(Account())
    >>> parser.feed(b"Event: Hangup\\r\\nUniq"), [one.event for one in parser.feed(b"ueid: 7\\r\\n\\r\\n")]
    ([], ['Hangup'])
    """

    def __init__(self, account: Account) -> None:
        self.account = account
        self.messages = 0
        self._buffer = b""
        self._skipping = False
        self._fields: dict[str, str] = {}
        self._line = 0
        self._block_lines = 0

    @property
    def pending_bytes(self) -> int:
        return len(self._buffer)

    def feed(self, data: bytes) -> list[AmiMessage]:
        lines = (self._buffer + data).split(b"\n")
        self._buffer = lines.pop()
        found = [message for line in lines for message in self._take(line)]
        if len(self._buffer) > LINE_LIMIT:
            self._skipping, self._buffer = True, b""
        return found

    def close(self) -> list[AmiMessage]:
        """The stream has ended. A message without its empty line counts where its last line is whole."""
        cut = bool(self._buffer.strip())
        if cut:
            self.account.tell(TelephonyCode.CUT_OFF, Finding.ENDS_WITHIN_EVENT, event=self._fields.get("event", ""))
            self._fields = {}
        if self._skipping:
            self.account.tell(TelephonyCode.LINE_TOO_LONG, Finding.LINE_TOO_LONG, told={"limit_bytes": LINE_LIMIT})
        self._buffer, self._skipping = b"", False
        return list(self._flush())

    def _take(self, line: bytes) -> Iterator[AmiMessage]:
        self.account.line += 1
        self.account.lines += 1
        if self._skipping or len(line) > LINE_LIMIT:
            self._skipping = False
            self.account.tell(TelephonyCode.LINE_TOO_LONG, Finding.LINE_TOO_LONG, told={"limit_bytes": LINE_LIMIT})
            return
        if not line.strip(b"\r \t"):
            yield from self._flush()
            return
        text = readable(line, self.account)
        if text is None:
            return
        # What was cut within a line runs into the next message's first: 'Unique' and 'Event: Hangup'.
        if self._fields and (glued := _GLUED.search(text)):
            text = glued[0]
        key, colon, value = text.partition(":")
        key = key.strip().casefold()
        if not colon:
            self._odd(text)
            return
        if key in ("event", "privilege") and key in self._fields:
            self.account.tell(TelephonyCode.CUT_OFF, Finding.EVENT_WITHIN_EVENT, event=self._fields.get("event", ""))
            self._fields, self._block_lines = {}, 0
        if not self._fields:
            self._line = self.account.line
        self._block_lines += 1
        if self._block_lines <= _BLOCK_LINES:
            self._fields.setdefault(key, value.strip())

    def _odd(self, text: str) -> None:
        if text.startswith("Asterisk Call Manager") or "command" in self._fields.get("privilege", "").casefold():
            return
        if self._fields.get("response") == "Follows":
            return
        self.account.tell(TelephonyCode.UNREADABLE_LINE, Finding.NOT_A_PAIR, value=text)

    def _flush(self) -> Iterator[AmiMessage]:
        fields, self._fields, self._block_lines = self._fields, {}, 0
        if not fields:
            return
        event, response = fields.get("event", ""), fields.get("response", "")
        if event or response:
            self.messages += 1
            # OriginateResponse is an event that has a response among its fields.
            yield AmiMessage(event, "" if event else response, fields, self._line)
            return
        self.account.tell(TelephonyCode.CUT_OFF, Finding.BEGINNING_LOST, line=self._line)
