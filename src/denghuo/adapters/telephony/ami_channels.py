"""Callers' channels in an Asterisk exchange: when they came, what they chose and heard, how a queue let them go."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from datetime import datetime

from denghuo.adapters.telephony.ami_messages import AmiMessage
from denghuo.adapters.telephony.assembling import caller_number, seconds_between, whole_number
from denghuo.adapters.telephony.records import CallOutcome, CallRecord

__all__ = ["Channel", "Channels", "queue_status"]

_REMEMBERED = 50_000
# What the dial plan's variable QUEUESTATUS may hold.
_STATUSES = frozenset(
    {
        "TIMEOUT",
        "FULL",
        "JOINEMPTY",
        "LEAVEEMPTY",
        "JOINUNAVAIL",
        "LEAVEUNAVAIL",
        "CONTINUE",
        "WITHDRAW",
    }
)


def queue_status(message: AmiMessage) -> str | None:
    """The QUEUESTATUS a dial plan reports: by the variable itself, or in any field of an event of its own."""
    if message.event == "VarSet":
        is_status = message.get("variable").upper() == "QUEUESTATUS"
        return message.get("value").upper() if is_status and message.get("value") else None
    if message.event != "UserEvent":
        return None
    for key, value in message.fields.items():
        if key.endswith(("status", "result", "reason", "outcome")) and value.upper() in _STATUSES:
            return value.upper()
    return None


class Channel:
    """One caller's channel, before, between and after its queues."""

    def __init__(self, call_id: str, entered_at: datetime | None) -> None:
        self.call_id, self.entered_at = call_id, entered_at
        self.caller = self.menu = self.announcement = self.queue = ""
        self.asked_at: datetime | None = None
        self.queue_at: datetime | None = None
        self.announced_at: datetime | None = None
        self.announced_until: datetime | None = None
        self.hung_up_at: datetime | None = None
        self.busy_at: datetime | None = None
        self.limit_s: float | None = None
        self.full_queue: str | None = None
        self.joined = self.heard = False
        self.told: set[str] = set()

    @property
    def asked(self) -> bool:
        """Whether it did anything that makes it a caller and not an agent's leg of a call."""
        return self.asked_at is not None or self.announced_at is not None

    def announced_s(self, at: datetime) -> float | None:
        return seconds_between(self.announced_at, self.announced_until or at)

    def read(self, message: AmiMessage, at: datetime) -> None:
        """Take from an event what it says of the menu, the announcement, and the queue asked for."""
        self.caller = self.caller or caller_number(message.get("caller") or message.get("calleridnum"))
        if message.event == "UserEvent":
            if menu := message.get("menu") or message.get("menuchoice"):
                self.asked_at = self.asked_at or at
                self.menu = menu[:100]
            if announcement := message.get("announcement"):
                self._announce(message, announcement, at)
        elif message.get("application") == "Queue" and message.get("eventname") != "APP_END":
            # Queue(name,options,url,announcement,timeout,...)
            parts = [part.strip() for part in message.get("appdata").split(",")]
            self.asked_at = self.asked_at or at
            self.queue_at, self.queue = at, parts[0]
            limit_s = whole_number(parts[4]) if len(parts) > 4 else None
            self.limit_s = float(limit_s) if limit_s else None

    def _announce(self, message: AmiMessage, announcement: str, at: datetime) -> None:
        if self.announced_at is None or self.announcement != announcement[:100]:
            self.announcement, self.announced_at = announcement[:100], at
        if "end" in message.get("userevent").casefold() or message.get("state").casefold() in ("ended", "heard"):
            self.announced_until, self.heard = at, True

    def record(self, outcome: CallOutcome, at: datetime, *, because: str) -> CallRecord:
        """The call of a channel that no queue took."""
        entered_at = self.entered_at or self.asked_at or self.announced_at or at
        in_queue = outcome not in (CallOutcome.ANNOUNCED, CallOutcome.LOST_IN_ANNOUNCEMENT)
        queued_at = (self.queue_at or self.asked_at or at) if in_queue else None
        return CallRecord(
            call_id=self.call_id,
            queue=self.queue,
            entered_at=entered_at,
            outcome=outcome,
            caller=self.caller,
            queued_at=queued_at,
            ended_at=at,
            wait_s=0.0 if in_queue else None,
            menu=self.menu,
            announcement=self.announcement,
            announcement_s=self.announced_s(at),
            left_because=because,
            precise=bool(at.microsecond),
        )


class Channels:
    """The channels that are up, at most so many; and which kinds of their events the source carries at all."""

    def __init__(self) -> None:
        self.seen = self.hang_ups = self.hang_up_requested = False
        self._by_id: OrderedDict[str, Channel] = OrderedDict()

    def __iter__(self) -> Iterator[Channel]:
        return iter(self._by_id.values())

    def get(self, call_id: str) -> Channel | None:
        return self._by_id.get(call_id)

    def open(self, call_id: str, entered_at: datetime | None) -> Channel:
        self.seen = self.seen or entered_at is not None
        channel = self._by_id[call_id] = Channel(call_id, entered_at)
        if len(self._by_id) > _REMEMBERED:
            self._by_id.popitem(last=False)
        return channel

    def close(self, call_id: str) -> Channel | None:
        return self._by_id.pop(call_id, None)
