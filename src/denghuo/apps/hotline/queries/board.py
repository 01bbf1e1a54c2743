"""What the board shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from denghuo.apps.hotline.models import Agent, Board
from denghuo.apps.sealed import masked_phone

SEAT_STATES = ("available", "ringing", "talking", "wrapping_up", "paused", "unreachable", "logged_out", "unknown")
_STALE_AFTER_S = 30.0


@dataclass(frozen=True, kw_only=True)
class BoardState:
    """The last state told by an exchange. ``state`` is as the listener wrote it."""

    exchange_id: int
    revision: int
    told_at: datetime
    connected: bool
    state: dict[str, Any]

    def is_current(self, at: datetime) -> bool:
        """Whether the exchange is still heard at an instant."""
        return self.connected and (at - self.told_at).total_seconds() <= _STALE_AFTER_S


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A caller in the queue; the number is masked."""

    call_id: str
    caller: str
    queue: str
    since: datetime | None
    position: int | None


@dataclass(frozen=True, kw_only=True)
class Seat:
    """An agent and what they do now: one of ``SEAT_STATES``."""

    code: str
    name: str
    team: str
    state: str
    since: datetime | None
    reason: str


def boards_within(exchange_ids: Sequence[int]) -> list[BoardState]:
    """The last state of each of these exchanges that has told one."""
    return [
        BoardState(
            exchange_id=row.exchange_id,
            revision=row.revision,
            told_at=row.told_at,
            connected=row.connected,
            state=row.state,
        )
        for row in Board.objects.filter(exchange_id__in=exchange_ids).order_by("exchange_id")
    ]


def waiting_on(board: BoardState) -> list[Waiting]:
    """Who waits at an exchange."""
    return [
        Waiting(
            call_id=row["call_id"],
            caller=masked_phone(row.get("caller", "")),
            queue=row.get("queue", ""),
            since=_instant(row),
            position=row.get("position"),
        )
        for row in board.state.get("waiting", ())
    ]


def seats_on(board: BoardState, *, agents: Sequence[Agent]) -> list[Seat]:
    """What the agents of an exchange do; their names and teams are taken from ``agents``."""
    named = {agent.code: agent for agent in agents if agent.exchange_id == board.exchange_id}
    return [_seat(row, named.get(row["agent"])) for row in board.state.get("agents", ())]


def _seat(row: dict[str, Any], agent: Agent | None) -> Seat:
    return Seat(
        code=row["agent"],
        name=str(agent) if agent else row["agent"],
        team=agent.team if agent else "",
        state=row["state"] if row["state"] in SEAT_STATES else "unknown",
        since=_instant(row),
        reason=row.get("reason", ""),
    )


def _instant(row: dict[str, Any]) -> datetime | None:
    return parse_datetime(row["since"]) if row.get("since") else None
