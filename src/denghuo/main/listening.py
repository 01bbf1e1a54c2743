"""The live line of an exchange: what it tells goes onto the board at once, and into the records once a call is over."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.utils import timezone

from denghuo.adapters.telephony import LiveBatch, LiveSnapshot
from denghuo.apps.hotline.actions import Source, record_calls, update_board
from denghuo.main.call_logs.sentences import in_both

# A batch of records is a fact: one a second is often enough, and few enough to read.
_RECORD_EVERY = timedelta(seconds=1)


async def follow(batches: AsyncIterator[LiveBatch], *, exchange_id: int, source_name: str) -> None:
    """Follow an exchange until the batches end."""
    line = _Line(exchange_id, source_name)
    async for batch in batches:
        await sync_to_async(line.take)(batch, timezone.now())
    await sync_to_async(line.record)(timezone.now())


class _Line:
    """What one exchange has told and is not recorded yet."""

    def __init__(self, exchange_id: int, source_name: str) -> None:
        self._exchange_id, self._source_name, self._actor = exchange_id, source_name, f"listener {source_name}"
        self._waiting: list[LiveBatch] = []
        self._recorded_at: datetime | None = None

    def take(self, batch: LiveBatch, now: datetime) -> None:
        update_board(
            exchange_id=self._exchange_id,
            state=board_state(batch.snapshot),
            connected=batch.connected,
            at=now,
            actor=self._actor,
        )
        self._waiting.append(batch)
        if self._recorded_at is None or now - self._recorded_at >= _RECORD_EVERY or not batch.connected:
            self.record(now)

    def record(self, now: datetime) -> None:
        calls = [call for batch in self._waiting for call in batch.calls]
        entries = [event for batch in self._waiting for event in batch.agent_events]
        problems = [in_both(problem) for batch in self._waiting for problem in batch.problems]
        self._recorded_at = now
        if calls or entries or problems:
            record_calls(
                exchange_id=self._exchange_id,
                calls=calls,
                entries=entries,
                source=Source(
                    name=self._source_name, problems=problems, problem_count=len(problems), keep=bool(problems)
                ),
                at=now,
                actor=self._actor,
            )
        self._waiting = []


def board_state(snapshot: LiveSnapshot) -> dict[str, Any]:
    """A snapshot as the board keeps it."""
    numbers = {one.call_id: one.caller for one in snapshot.talking}
    return {
        "waiting": [
            {
                "call_id": one.call_id,
                "queue": one.queue,
                "caller": one.caller,
                "since": one.since.isoformat(),
                "position": one.position,
            }
            for one in snapshot.waiting
        ],
        "agents": [
            {
                "agent": one.agent,
                "state": one.state.name.lower(),
                "since": one.since.isoformat() if one.since else None,
                "reason": one.reason,
                "call_id": one.call_id,
                "caller": numbers.get(one.call_id, ""),
            }
            for one in snapshot.agents
        ],
    }
