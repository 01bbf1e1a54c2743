"""FreeSWITCH's call centre: its events from a file and over a connection."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from denghuo.adapters.telephony import (
    AgentEventKind,
    AgentState,
    CallOutcome,
    CallRecord,
    LiveBatch,
    TelephonyCode,
    TelephonyError,
    listen_freeswitch,
    read_freeswitch_events,
)
from denghuo.adapters.telephony.freeswitch import CallCenterAssembler, EslParser

START = 1_700_000_000


def event(at_s: float, action: str, call: str = "m1", **fields: object) -> str:
    told = {
        "Event-Subclass": "callcenter::info",
        "Event-Name": "CUSTOM",
        "Event-Date-Timestamp": str(round((START + at_s) * 1e6)),
        "CC-Queue": "support@default",
        "CC-Action": action,
        "CC-Member-UUID": call,
        "CC-Member-CID-Number": "13800000000",
        **{name.replace("_", "-"): str(value) for name, value in fields.items()},
    }
    return "".join(f"{key}: {quote(value)}\n" for key, value in told.items()) + "\n"


def answered(call: str = "m1", at_s: float = 0.0) -> str:
    times: dict[str, Any] = {
        "CC_Agent_Called_Time": START + int(at_s) + 3,
        "CC_Agent_Answered_Time": START + int(at_s) + 7,
    }
    return (
        event(at_s + 0.5, "member-queue-start", call)
        + event(at_s + 3, "agent-offering", call, CC_Agent="1000@default")
        + event(at_s + 7, "bridge-agent-start", call, CC_Agent="1000@default", **times)
        + event(at_s + 20, "bridge-agent-end", call, CC_Agent="1000@default", **times)
        + event(at_s + 20.1, "member-queue-end", call, CC_Cause="Terminated", CC_Hangup_Cause="NORMAL_CLEARING")
    )


def read(tmp_path: Path, text: str | bytes) -> tuple[tuple[CallRecord, ...], list[TelephonyCode]]:
    path = tmp_path / "events.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    log = read_freeswitch_events(path)
    return log.calls, [problem.code for problem in log.problems]


def test_an_answered_call(tmp_path: Path) -> None:
    (call,), problems = read(tmp_path, answered())
    assert (call.outcome, call.agent, call.caller) == (CallOutcome.ANSWERED, "1000@default", "13800000000")
    assert (call.wait_s, call.ring_s, call.talk_s, call.precise) == (6.5, 4.0, 13.0, True)
    assert problems == []


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("TIMEOUT", CallOutcome.TIMED_OUT),
        ("NO_AGENT_TIMEOUT", CallOutcome.LEFT_EMPTY),
        ("BREAK_OUT", CallOutcome.ABANDONED),
        ("EXIT_WITH_KEY", CallOutcome.LEFT_BY_KEY),
        ("NONE", CallOutcome.ABANDONED),
    ],
)
def test_every_way_out(tmp_path: Path, reason: str, outcome: CallOutcome) -> None:
    text = event(0, "member-queue-start") + event(9, "member-queue-end", CC_Cause="Cancel", CC_Cancel_Reason=reason)
    (call,), _ = read(tmp_path, text)
    assert (call.outcome, call.wait_s, call.left_because) == (outcome, 9.0, reason)


def test_a_call_begun_before_the_events(tmp_path: Path) -> None:
    text = event(
        9, "member-queue-end", CC_Cause="Cancel", CC_Cancel_Reason="BREAK_OUT", CC_Member_Joined_Time=START + 2
    )
    (call,), problems = read(tmp_path, text)
    assert (call.outcome, call.wait_s) == (CallOutcome.ABANDONED, 7.0)
    assert problems == [TelephonyCode.UNKNOWN_CALL]


def test_agents_and_the_live_state() -> None:
    assembler = CallCenterAssembler()
    parser = EslParser(assembler.account)

    def feed(text: str) -> None:
        for one in parser.feed(text.encode()):
            assembler.feed(one)

    feed(event(0, "agent-status-change", "", CC_Agent="1000", CC_Agent_Status="Available"))
    feed(event(1, "member-queue-start") + event(2, "member-queue-start", "m2"))
    feed(event(3, "agent-offering", "m1", CC_Agent="1000"))
    assert assembler.snapshot().agents[0].state is AgentState.RINGING
    times: dict[str, Any] = {"CC_Agent_Called_Time": START + 3, "CC_Agent_Aborted_Time": START + 9}
    feed(event(9, "bridge-agent-fail", CC_Agent="1000", CC_Hangup_Cause="NO_ANSWER", **times))
    feed(event(10, "agent-status-change", "", CC_Agent="1000", CC_Agent_Status="On Break"))
    snapshot = assembler.snapshot()
    assert [(one.call_id, one.position) for one in snapshot.waiting] == [("m1", 1), ("m2", 2)]
    assert snapshot.agents[0].state is AgentState.PAUSED
    kind = AgentEventKind
    assert [(one.kind, one.seconds) for one in assembler.agent_events] == [
        (kind.LOGGED_IN, None),
        (kind.RANG_UNANSWERED, 6.0),
        (kind.PAUSED, None),
    ]


def enveloped(text: str) -> bytes:
    blocks = [f"{block}\n\n".encode() for block in text.split("\n\n") if block]
    return b"".join(b"Content-Length: %d\nContent-Type: text/event-plain\n\n" % len(block) + block for block in blocks)


STREAM = enveloped(answered() + answered("m2", 25.25))


@given(st.integers(0, len(STREAM)), st.integers(0, len(STREAM)))
def test_events_do_not_depend_on_how_bytes_arrive(first: int, second: int) -> None:
    places = sorted((first, second))
    assembler = CallCenterAssembler()
    parser = EslParser(assembler.account)
    for part in (STREAM[: places[0]], STREAM[places[0] : places[1]], STREAM[places[1] :]):
        for one in parser.feed(part):
            assembler.feed(one)
    assert [(call.call_id, call.wait_s, call.talk_s) for call in assembler.calls] == [
        ("m1", 6.5, 13.0),
        ("m2", 6.5, 13.0),
    ]
    assert assembler.account.problems == []


@given(st.binary(max_size=300))
def test_no_bytes_break_the_parser(data: bytes) -> None:
    assembler = CallCenterAssembler()
    parser = EslParser(assembler.account)
    head = event(1, "member-queue-end").encode()[:-1]
    for part in (data, b"\n\n", head, data, b"\n\n", b"Content-Length: ", data, b"\n\n"):
        for one in parser.feed(part):
            assembler.feed(one)
    parser.close()
    assert len(assembler.log().calls) <= 1


def test_another_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TelephonyError):
        read(tmp_path, "Event: Hangup\nUniqueid: 1\n\n")


async def listened(password: str) -> list[LiveBatch]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"Content-Type: auth/request\n\n")
            line = await reader.readuntil(b"\n\n")
            accepted = line == b"auth ClueCon\n\n"
            writer.write(
                b"Content-Type: command/reply\nReply-Text: %s\n\n" % (b"+OK accepted" if accepted else b"-ERR invalid")
            )
            if accepted:
                await reader.readuntil(b"\n\n")
                writer.write(b"Content-Type: command/reply\nReply-Text: +OK event listener enabled plain\n\n" + STREAM)
                await writer.drain()
                await asyncio.Event().wait()
        finally:
            writer.close()

    tasks: list[asyncio.Task[None]] = []
    server = await asyncio.start_server(
        lambda reader, writer: tasks.append(asyncio.ensure_future(serve(reader, writer))), "127.0.0.1", 0
    )
    port = server.sockets[0].getsockname()[1]
    batches: list[LiveBatch] = []
    try:
        async with (
            asyncio.timeout(30),
            aclosing(listen_freeswitch("127.0.0.1", port, password=password, batch_s=0.02)) as told,
        ):
            async for batch in told:
                batches.append(batch)
                if sum(len(one.calls) for one in batches) == 2:
                    break
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return batches


def test_listening() -> None:
    batches = asyncio.run(listened("ClueCon"))
    assert [call.call_id for batch in batches for call in batch.calls] == ["m1", "m2"]
    assert batches[-1].connected


def test_a_wrong_password_is_said_so() -> None:
    with pytest.raises(TelephonyError) as refused:
        asyncio.run(listened("guess"))
    assert refused.value.problems[0].code is TelephonyCode.ACCESS_DENIED
