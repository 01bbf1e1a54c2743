"""Listening to an exchange: a local server sends the recorded events, drops connections, and writes its log."""

from __future__ import annotations

import asyncio
import csv
import gzip
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from denghuo.adapters.telephony import (
    AgentEvent,
    CallOutcome,
    CallRecord,
    LiveBatch,
    TelephonyCode,
    TelephonyError,
    listen,
    read_ami_trace,
)

DATA = Path(__file__).parent / "data" / "telephony"
QUEUE_EVENTS = DATA / "asterisk_run1.ami_queue_events.txt.gz"
REPLIES = ("QueueParams", "QueueMember\n", "QueueEntry", "QueueStatusComplete", "QueueSummary")


def recorded() -> list[str]:
    with gzip.open(QUEUE_EVENTS, "rt") as stream:
        blocks = stream.read().strip().split("\n\n")
    # Replies to other people's questions are not sent to us.
    return [block for block in blocks if not block.startswith(tuple(f"Event: {name}" for name in REPLIES))]


def log_lines() -> list[str]:
    with gzip.open(DATA / "asterisk_run1.queue_log.gz", "rt") as stream:
        return stream.read().splitlines()


def truth() -> dict[str, dict[str, str]]:
    with gzip.open(DATA / "asterisk_run1.truth.csv.gz", "rt") as stream:
        return {row["call"]: row for row in csv.DictReader(stream)}


def field(block: str, name: str) -> str:
    return next((line.partition(": ")[2] for line in block.splitlines() if line.startswith(f"{name}: ")), "")


class Exchange:
    """The wire of an exchange that lives through the recording: ``lost`` says which of its events nobody hears, and
    the connection ends before the first event of each such range, in the middle of it where ``cut``."""

    def __init__(self, log: Path | None = None, *, lost: Iterable[range] = (), cut: bool = False) -> None:
        self.blocks, self.lines = recorded(), log_lines()
        self.log, self.lost, self.cut = log, list(lost), cut
        self.place = self.written = 0
        self.logins = 0
        self.waiting: dict[str, str] = {}
        self.busy: set[str] = set()
        self.members: dict[str, str] = {}
        self.accepts = True

    def live_through(self, block: str) -> None:
        """What an event changes in the exchange, heard or not."""
        call, name, at = field(block, "Uniqueid"), field(block, "MemberName"), field(block, "Timestamp")
        match field(block, "Event"):
            case "QueueCallerJoin":
                self.waiting[call] = block
            case "QueueCallerLeave":
                self.waiting.pop(call, None)
            case "AgentConnect":
                self.busy.add(name)
            case "AgentComplete":
                self.busy.discard(name)
            case "QueueMemberAdded":
                self.members[name] = field(block, "Interface")
        if self.log is None or not at:
            return
        with self.log.open("a") as stream:
            while self.written < len(self.lines) and float(self.lines[self.written].split("|")[0]) <= float(at):
                stream.write(f"{self.lines[self.written]}\n")
                self.written += 1

    def now(self) -> datetime:
        """The recording's clock, which runs as fast as the test."""
        told = (field(block, "Timestamp") for block in reversed(self.blocks[: self.place]))
        return datetime.fromtimestamp(float(next(filter(None, told), "1795416462")), UTC)

    def status(self) -> str:
        at = self.now().timestamp()
        told = ["Response: Success\nActionID: status\nEventList: start", "Event: QueueParams\nQueue: 95598\nMax: 12"]
        for name, interface in self.members.items():
            busy = name in self.busy
            told.append(
                f"Event: QueueMember\nQueue: 95598\nName: {name}\nLocation: {interface}\nPaused: 0\n"
                f"Status: {2 if busy else 1}\nInCall: {int(busy)}"
            )
        for place, (call, block) in enumerate(self.waiting.items(), start=1):
            wait_s = int(at - float(field(block, "Timestamp")))
            told.append(
                f"Event: QueueEntry\nQueue: 95598\nPosition: {place}\nUniqueid: {call}\n"
                f"CallerIDNum: {field(block, 'CallerIDNum')}\nWait: {wait_s}"
            )
        told.append("Event: QueueStatusComplete\nActionID: status\nEventList: Complete")
        return "".join(f"{block}\n\n" for block in told)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"Asterisk Call Manager/7.0.3\r\n")
            login = await reader.readuntil(b"\r\n\r\n")
            self.logins += 1
            if not self.accepts or b"Secret: 95598" not in login:
                writer.write(b"Response: Error\r\nActionID: login\r\nMessage: Authentication failed\r\n\r\n")
                return
            writer.write(b"Response: Success\r\nActionID: login\r\nMessage: Authentication accepted\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
            writer.write(self.status().replace("\n", "\r\n").encode())
            await self.send_events(writer)
        finally:
            writer.close()

    async def send_events(self, writer: asyncio.StreamWriter) -> None:
        while self.place < len(self.blocks):
            block = self.blocks[self.place]
            gap = next((one for one in self.lost if self.place in one), None)
            if gap is not None:
                if self.cut:
                    writer.write(block[: len(block) // 2].encode())
                await writer.drain()
                for lost in self.blocks[gap.start : gap.stop]:
                    self.live_through(lost)
                self.place = gap.stop
                return
            self.live_through(block)
            self.place += 1
            message = f"{block}\n\n".replace("\n", "\r\n").encode()
            for part in (message[:37], message[37:]) if self.place % 7 == 0 else (message,):
                writer.write(part)
                await asyncio.sleep(0)
        await writer.drain()
        await asyncio.Event().wait()


@asynccontextmanager
async def running(exchange: Exchange) -> AsyncIterator[int]:
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(exchange.serve(reader, writer))
        tasks.add(task)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def heard(
    exchange: Exchange, enough: Callable[[list[LiveBatch]], bool], log: Path | None = None
) -> list[LiveBatch]:
    """The batches of a listener, until they are enough."""
    batches: list[LiveBatch] = []
    async with running(exchange) as port, asyncio.timeout(60):
        told = listen(
            "127.0.0.1",
            port,
            username="denghuo",
            secret="95598",
            queue_log=log,
            retry_s=0.02,
            batch_s=0.05,
            now=exchange.now,
        )
        async with aclosing(told):
            async for batch in told:
                batches.append(batch)
                if enough(batches):
                    break
    return batches


def calls_of(batches: list[LiveBatch]) -> list[CallRecord]:
    return [call for batch in batches for call in batch.calls]


def agent_events_of(batches: list[LiveBatch]) -> list[AgentEvent]:
    return [event for batch in batches for event in batch.agent_events]


LAST_CALL = "inq-80"  # nothing of the recording ends after it


def all_ended(batches: list[LiveBatch]) -> bool:
    return len(calls_of(batches)) >= 81


def test_what_is_heard_is_what_the_trace_says() -> None:
    batches = asyncio.run(heard(Exchange(), all_ended))
    told = sorted(calls_of(batches), key=lambda call: call.entered_at)
    assert tuple(told) == read_ami_trace(QUEUE_EVENTS).calls
    assert batches[-1].connected
    assert batches[-1].snapshot.waiting == ()
    assert [problem for batch in batches for problem in batch.problems] == []


@pytest.mark.parametrize(
    ("lost", "cut"),
    [
        ([range(300, 301)], False),
        ([range(200, 420)], True),
        ([range(100, 180), range(500, 760), range(1200, 1201)], True),
    ],
)
def test_nothing_is_lost_or_counted_twice_when_connections_drop(tmp_path: Path, lost: list[range], cut: bool) -> None:
    log = tmp_path / "queue_log"
    log.touch()
    exchange = Exchange(log, lost=lost, cut=cut)
    batches = asyncio.run(heard(exchange, all_ended, log))
    known = truth()
    told = calls_of(batches)
    assert sorted(call.call_id for call in told) == sorted(known)
    for call in told:
        row = known[call.call_id]
        assert (call.outcome.name.lower(), call.agent, call.caller) == (row["outcome"], row["agent"], row["caller"])
        waited_s = float(row["connected"] or row["left"]) - float(row["joined"])
        assert call.wait_s == pytest.approx(waited_s, abs=1.01)
    whole = read_ami_trace(QUEUE_EVENTS)
    counted = sorted((event.agent, event.kind, event.call_id) for event in agent_events_of(batches) if event.call_id)
    assert counted == sorted((event.agent, event.kind, event.call_id) for event in whole.agent_events if event.call_id)
    assert exchange.logins == len(lost) + 1
    # Lost again before anything was heard is one loss, not two.
    assert 1 <= [batch.connected for batch in batches].count(False) <= len(lost)


def test_without_the_log_what_ended_unseen_has_no_end() -> None:
    exchange = Exchange(lost=[range(200, 420)])
    batches = asyncio.run(heard(exchange, lambda told: LAST_CALL in {call.call_id for call in calls_of(told)}))
    assert batches[-1].snapshot.waiting == ()
    unseen = [call for call in calls_of(batches) if call.outcome is CallOutcome.LASTING]
    assert unseen
    told = [problem.code for batch in batches for problem in batch.problems]
    assert told.count(TelephonyCode.GAP) == len(unseen)
    ids = [call.call_id for call in calls_of(batches)]
    assert len(ids) == len(set(ids)) < 81


def test_a_wrong_secret_is_said_so() -> None:
    exchange = Exchange()
    exchange.accepts = False
    with pytest.raises(TelephonyError) as refused:
        asyncio.run(heard(exchange, all_ended))
    assert refused.value.problems[0].code is TelephonyCode.ACCESS_DENIED
    assert "Authentication failed" in str(refused.value)


def test_a_secret_cannot_smuggle_lines() -> None:
    async def first() -> None:
        async with aclosing(listen("127.0.0.1", 1, username="a\r\nAction: Command", secret="b")) as told:
            await anext(told)

    with pytest.raises(ValueError, match="one line"):
        asyncio.run(first())


def test_an_exchange_that_is_not_there_is_tried_again() -> None:
    async def told_and_found() -> list[bool]:
        server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        states: list[bool] = []
        exchange = Exchange()
        told = listen(
            "127.0.0.1", port, username="denghuo", secret="95598", retry_s=0.01, batch_s=0.02, now=exchange.now
        )
        tasks: list[asyncio.Task[None]] = []
        async with asyncio.timeout(30), aclosing(told):
            async for batch in told:
                states.append(batch.connected)
                if len(states) == 1:
                    server = await asyncio.start_server(
                        lambda reader, writer: tasks.append(asyncio.ensure_future(exchange.serve(reader, writer))),
                        "127.0.0.1",
                        port,
                    )
                else:
                    break
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return states

    assert asyncio.run(told_and_found()) == [False, True]
