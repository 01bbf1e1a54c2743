"""A running FreeSWITCH, listened to over its event socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from denghuo.adapters.telephony.findings import Finding
from denghuo.adapters.telephony.freeswitch import CallCenterAssembler, EslParser
from denghuo.adapters.telephony.live import LiveBatch
from denghuo.adapters.telephony.records import TelephonyCode, TelephonyError, TelephonyProblem

__all__ = ["listen_freeswitch"]

_CONNECT_WITHIN_S = 10.0


async def listen_freeswitch(
    host: str,
    port: int = 8021,
    *,
    password: str,
    batch_s: float = 0.25,
    retry_s: float = 0.5,
    longest_retry_s: float = 30.0,
) -> AsyncGenerator[LiveBatch, None]:
    """Listen until the iterator is closed, yielding a batch at most every ``batch_s`` when something has changed.

    FreeSWITCH keeps no log of its queues: what happens while there is no connection is lost, but for what the last
    event of a call tells of it.

    Raises:
        TelephonyError: the exchange does not accept the password.
        ValueError: a password with a line break in it.
    """
    if any(mark in password for mark in "\r\n"):
        raise ValueError("a password of an event socket is one line")
    assembler, wait_s = CallCenterAssembler(), retry_s
    while True:
        with contextlib.suppress(OSError):
            async with asyncio.timeout(_CONNECT_WITHIN_S):
                reader, writer = await asyncio.open_connection(host, port)
            try:
                async with contextlib.aclosing(_batches(reader, writer, assembler, password, batch_s)) as batches:
                    async for batch in batches:
                        wait_s = retry_s
                        yield batch
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
        yield _batch(assembler, connected=False)
        await asyncio.sleep(wait_s)
        wait_s = min(2 * wait_s, longest_retry_s)


async def _batches(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    assembler: CallCenterAssembler,
    password: str,
    batch_s: float,
) -> AsyncGenerator[LiveBatch, None]:
    loop, parser = asyncio.get_running_loop(), EslParser(assembler.account)
    due_at, told = loop.time() + batch_s, assembler.snapshot()
    online = was_online = False
    while True:
        try:
            async with asyncio.timeout_at(due_at):
                data = await reader.read(1 << 16)
            if not data:
                parser.close()
                return
        except TimeoutError:
            data = b""
        for event in parser.feed(data):
            if event.get("Content-Type") == "auth/request":
                writer.write(f"auth {password}\n\n".encode())
            elif event.get("Content-Type") == "command/reply":
                online = _replied(event.get("Reply-Text", ""), writer, online=online)
            else:
                assembler.feed(event)
        if loop.time() >= due_at:
            due_at, now = loop.time() + batch_s, assembler.snapshot()
            if online and (not was_online or assembler.calls or assembler.agent_events or now != told):
                told, was_online = now, True
                yield _batch(assembler, connected=True)


def _replied(reply: str, writer: asyncio.StreamWriter, *, online: bool) -> bool:
    if reply.startswith("-ERR") and not online:
        told = {"reply": reply[:100]}
        raise TelephonyError(
            TelephonyProblem(code=TelephonyCode.ACCESS_DENIED, finding=Finding.PASSWORD_REFUSED, told=told)
        )
    if not online:
        writer.write(b"event plain CUSTOM callcenter::info\n\n")
    return True


def _batch(assembler: CallCenterAssembler, *, connected: bool) -> LiveBatch:
    batch = LiveBatch(
        calls=tuple(assembler.calls),
        agent_events=tuple(assembler.agent_events),
        problems=tuple(assembler.account.problems),
        snapshot=assembler.snapshot(),
        connected=connected,
    )
    for kept in (assembler.calls, assembler.agent_events, assembler.account.problems):
        kept.clear()
    return batch
