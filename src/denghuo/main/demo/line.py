"""The demo's telephone line: the simulated day goes on as time does, told as a real exchange tells it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta

from denghuo.adapters.telephony import (
    AgentState,
    AgentStatus,
    CallOutcome,
    CallRecord,
    LiveBatch,
    LiveSnapshot,
    WaitingCaller,
)
from denghuo.main.demo.hotline import CallHistory, duty


async def demo_line(
    *,
    now: Callable[[], datetime],
    day_of: Callable[[datetime], CallHistory],
    rings_for: Callable[[], object] = lambda: None,
    overheard: Callable[[], Sequence[CallRecord]] = tuple,
    since: datetime,
    tick_s: float = 0.5,
) -> AsyncIterator[LiveBatch]:
    """What an exchange would tell from ``since`` on, in step with the clock.

    ``tick_s`` is how often. ``day_of`` gives all the calls of the local day of an instant, those too that are to come;
    it is asked again once ``rings_for`` answers otherwise, so that an outage that somebody enters is called about.
    ``overheard`` are calls beside them, as they have come so far: those of a storm that is played.
    """
    told_until, known, today = since, None, CallHistory()
    while True:
        at = now()
        if (asked := (at.date(), await asyncio.to_thread(rings_for))) != known:
            known, today = asked, await asyncio.to_thread(day_of, at)
        every = _with(today.calls, overheard())
        calls = tuple(call for call in every if call.ended_at and told_until < call.ended_at <= at)
        entries = tuple(one for one in today.entries if told_until < one.at <= at)
        yield LiveBatch(
            calls=calls,
            agent_events=entries,
            problems=(),
            snapshot=snapshot_at(every, at),
            connected=True,
        )
        told_until = at
        await asyncio.sleep(tick_s)


def _with(calls: list[CallRecord], others: Sequence[CallRecord]) -> list[CallRecord]:
    """All of them by when they came."""
    return sorted([*calls, *others], key=lambda call: call.entered_at) if others else calls


def snapshot_at(calls: list[CallRecord], at: datetime) -> LiveSnapshot:
    """Who waits and who works at an instant of a day that is known in full."""
    waiting, busy = [], {}
    for call in calls:
        if call.entered_at > at:
            break
        wrapped_up = (call.ended_at or at) + timedelta(seconds=call.wrap_up_s or 0.0)
        if wrapped_up <= at:
            continue
        left = call.connected_at or call.ended_at or at
        if call.outcome is not CallOutcome.ANNOUNCED and at < left:
            waiting.append(call)
        elif call.outcome is CallOutcome.ANSWERED:
            busy[call.agent] = call
    on = [person.code for person in duty(at.date(), at.hour)]  # and whoever came in besides
    return LiveSnapshot(
        at=at,
        waiting=tuple(
            WaitingCaller(
                call_id=call.call_id, queue=call.queue, caller=call.caller, since=call.entered_at, position=place
            )
            for place, call in enumerate(waiting, start=1)
        ),
        agents=tuple(_status(code, busy.get(code), at) for code in [*on, *(one for one in busy if one not in on)]),
        talking=tuple(busy.values()),
    )


def _status(code: str, call: CallRecord | None, at: datetime) -> AgentStatus:
    if call is None or call.ended_at is None:
        return AgentStatus(agent=code, state=AgentState.AVAILABLE)
    if at < call.ended_at:
        return AgentStatus(agent=code, state=AgentState.TALKING, since=call.connected_at, call_id=call.call_id)
    return AgentStatus(agent=code, state=AgentState.WRAPPING_UP, since=call.ended_at, call_id=call.call_id)
