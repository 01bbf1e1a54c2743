"""A running Asterisk exchange, listened to over its manager interface; nothing is lost or counted twice when it drops.

Events missed while there is no connection never come again. So after every login the exchange is asked who waits and
who works, and its own log, where we may read it, is read on from where it was left: it tells how the calls ended that
ended unseen.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from denghuo.adapters.telephony.ami_calls import CallAssembler
from denghuo.adapters.telephony.ami_messages import AmiMessage, AmiParser
from denghuo.adapters.telephony.findings import Finding
from denghuo.adapters.telephony.log_tail import LogTail
from denghuo.adapters.telephony.queue_log import QueueLogAssembler
from denghuo.adapters.telephony.records import (
    AgentEvent,
    CallRecord,
    LiveSnapshot,
    TelephonyCode,
    TelephonyError,
    TelephonyProblem,
)

__all__ = ["LiveBatch", "listen"]

_CONNECT_WITHIN_S = 10.0
_SAME_EVENT = timedelta(seconds=2)
# The exchange writes its log from another thread; what it was slow to write is read a moment after the login.
_LATE_LINES_S = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveBatch:
    """What has ended since the batch before, and how it is now. ``connected`` is whether we hear the exchange."""

    calls: tuple[CallRecord, ...]
    agent_events: tuple[AgentEvent, ...]
    problems: tuple[TelephonyProblem, ...]
    snapshot: LiveSnapshot
    connected: bool


async def listen(
    host: str,
    port: int = 5038,
    *,
    username: str,
    secret: str,
    queue_log: Path | str | None = None,
    seen_until: datetime | None = None,
    queue_limits_s: Mapping[str, float] | None = None,
    batch_s: float = 0.25,
    retry_s: float = 0.5,
    longest_retry_s: float = 30.0,
    silence_s: float = 30.0,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> AsyncGenerator[LiveBatch, None]:
    """Listen until the iterator is closed, yielding a batch at most every ``batch_s`` when something has changed.

    Args:
        host: the exchange.
        port: of its manager interface.
        username: a manager account with the rights to read ``agent``, ``call`` and ``user`` events and to ask for
            the queues' status.
        secret: its secret.
        queue_log: the exchange's own log, if we can read it.
        seen_until: up to when calls are known already; calls of the log that ended later are told at the first login.
        queue_limits_s: queue -> after how many seconds it sends a caller on.
        batch_s: how often what has changed is told.
        retry_s: how long after a lost connection it is tried again; twice as long after every failure.
        longest_retry_s: but no longer than this.
        silence_s: after how long without a byte the exchange is asked whether it is there, and after twice that long
            the connection counts as lost.
        now: the clock.

    Raises:
        TelephonyError: the exchange does not accept the account.
        ValueError: a user name or secret with a line break in it.
    """
    if any(mark in username + secret for mark in "\r\n"):
        raise ValueError("a user name or secret of a manager account is one line")
    session = _Session(queue_log, seen_until, queue_limits_s, now)
    wait_s, told_connected = retry_s, True
    while True:
        try:
            async with asyncio.timeout(_CONNECT_WITHIN_S):
                reader, writer = await asyncio.open_connection(host, port, limit=1 << 20)
        except OSError:
            if told_connected:
                yield session.batch(connected=False)
            told_connected = False
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, longest_retry_s)
            continue
        wire = _Wire(reader, writer, session, batch_s, silence_s)
        try:
            async with contextlib.aclosing(wire.batches(username, secret)) as batches:
                async for batch in batches:
                    wait_s, told_connected = retry_s, True
                    yield batch
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        if told_connected:
            yield session.batch(connected=False)
        told_connected = False
        await asyncio.sleep(wait_s)
        wait_s = min(2 * wait_s, longest_retry_s)


class _Session:
    """What outlives a connection."""

    def __init__(
        self,
        queue_log: Path | str | None,
        seen_until: datetime | None,
        queue_limits_s: Mapping[str, float] | None,
        now: Callable[[], datetime],
    ) -> None:
        self.now = now
        self.assembler = CallAssembler(queue_limits_s=queue_limits_s)
        self.online = False
        self._seen_until = seen_until
        self._log: LogTail | None = None
        if queue_log is not None:
            lines = QueueLogAssembler(file=Path(queue_log).name)
            self._log = LogTail(Path(queue_log), lines, from_start=seen_until is not None)
        self._told: deque[AgentEvent] = deque(maxlen=5_000)
        self._snapshot = LiveSnapshot(at=None)

    def batch(self, *, connected: bool) -> LiveBatch:
        """Everything that has ended since, handed over once."""
        assembler = self.assembler
        calls, events, problems = assembler.calls[:], assembler.agents.events[:], assembler.account.problems[:]
        assembler.calls.clear()
        assembler.agents.events.clear()
        assembler.account.problems.clear()
        self._told.extend(events)
        self._snapshot = assembler.snapshot()
        return LiveBatch(
            calls=tuple(calls),
            agent_events=tuple(events),
            problems=tuple(problems),
            snapshot=self._snapshot,
            connected=connected,
        )

    def changed(self) -> bool:
        assembler = self.assembler
        if assembler.calls or assembler.agents.events or assembler.account.problems:
            return True
        return replace(assembler.snapshot(), at=self._snapshot.at) != self._snapshot

    def log_out(self) -> None:
        """From here on events are missed."""
        if self.online:
            self._seen_until = self.assembler.at or self.now()
            self.assembler.interrupt()
        self.online = False

    def catch_up(self, *, last: bool) -> None:
        """Take from the exchange's own log what it says of the time nobody listened."""
        if self._log is None:
            self.assembler.give_up_missed()
            return
        lines = self._log.assembler
        lines.rename(self.assembler.agents.names)
        self._log.read()
        since = self._seen_until
        for call in lines.calls:
            if since is None or (call.ended_at or call.entered_at) < since - _SAME_EVENT:
                continue
            ended = self.assembler.take_ended(call)
            if ended is not None:
                self.assembler.calls.append(ended)
        for call in lines.open_records():
            self.assembler.take_open(call)
        self._take_agent_events(lines.agent_events, since)
        # That calls began before we read this log is no news here.
        told = (one for one in lines.account.problems if one.code is not TelephonyCode.UNKNOWN_CALL)
        self.assembler.account.problems.extend(told)
        for kept in (lines.calls, lines.agent_events, lines.account.problems):
            kept.clear()
        if last:
            self.assembler.give_up_missed()

    def _take_agent_events(self, events: Iterable[AgentEvent], since: datetime | None) -> None:
        known = [*self._told, *self.assembler.agents.events]
        for event in events:
            if since is None or event.at < since - _SAME_EVENT:
                continue
            if not any(_same_event(event, other) for other in known):
                self.assembler.agents.events.append(event)


def _same_event(one: AgentEvent, other: AgentEvent) -> bool:
    same = (one.agent, one.kind, one.queue, one.call_id) == (other.agent, other.kind, other.queue, other.call_id)
    return same and abs(one.at - other.at) <= _SAME_EVENT


class _Wire:
    """One connection."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        session: _Session,
        batch_s: float,
        silence_s: float,
    ) -> None:
        self.reader, self.writer, self.session = reader, writer, session
        self.batch_s, self.silence_s = batch_s, silence_s
        self.parser = AmiParser(session.assembler.account)
        self._late_at: float | None = None
        self._heard_at = self._asked_at = asyncio.get_running_loop().time()

    async def batches(self, username: str, secret: str) -> AsyncGenerator[LiveBatch, None]:
        """Batches until the connection is lost."""
        loop = asyncio.get_running_loop()
        self._send("Login", ActionID="login", Username=username, Secret=secret, Events="on")
        due_at, was_online = loop.time() + self.batch_s, False
        try:
            while await self._hear(due_at):
                if loop.time() < due_at:
                    continue
                due_at = loop.time() + self.batch_s
                self._rest(loop.time())
                if self.session.online and (self.session.changed() or not was_online):
                    was_online = True
                    yield self.session.batch(connected=True)
        finally:
            # A message that was cut off is lost: the exchange does not send it again.
            self.parser.close()
            self.session.log_out()

    def _send(self, action: str, **fields: str) -> None:
        lines = [f"Action: {action}", *(f"{key}: {value}" for key, value in fields.items())]
        self.writer.write("\r\n".join([*lines, "", ""]).encode())

    async def _hear(self, due_at: float) -> bool:
        """Take what comes until then; whether the exchange is still there."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(due_at):
                data = await self.reader.read(1 << 16)
        except TimeoutError:
            return loop.time() - self._heard_at < 2 * self.silence_s
        except OSError:
            return False
        if not data:
            return False
        self._heard_at = loop.time()
        for message in self.parser.feed(data):
            self._take(message)
        return True

    def _take(self, message: AmiMessage) -> None:
        if message.get("actionid") == "login" and message.response:
            self._logged_in(message)
            return
        self.session.assembler.feed(message, received_at=self.session.now())
        if message.event == "QueueStatusComplete" and self._late_at is None:
            self.session.catch_up(last=False)
            self._late_at = asyncio.get_running_loop().time() + _LATE_LINES_S

    def _logged_in(self, message: AmiMessage) -> None:
        if message.response != "Success":
            told = {"reply": message.get("message")[:100]}
            raise TelephonyError(
                TelephonyProblem(code=TelephonyCode.ACCESS_DENIED, finding=Finding.ACCOUNT_REFUSED, told=told)
            )
        self.session.online = True
        self._send("QueueStatus", ActionID="status")

    def _rest(self, at: float) -> None:
        """What is to be done while nothing comes."""
        assembler = self.session.assembler
        if self._late_at is not None and at >= self._late_at:
            self._late_at = float("inf")
            self.session.catch_up(last=True)
        if assembler.at is not None:
            assembler.tick(assembler.at + timedelta(seconds=at - self._heard_at))
        if at - max(self._heard_at, self._asked_at) > self.silence_s:
            self._asked_at = at
            self._send("Ping", ActionID="ping")
