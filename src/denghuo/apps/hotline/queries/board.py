"""What the board shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from denghuo.apps.hotline.models import Board


@dataclass(frozen=True, kw_only=True)
class BoardState:
    """The last state told by an exchange. ``state`` is as the listener wrote it."""

    exchange_id: int
    revision: int
    told_at: datetime
    connected: bool
    state: dict[str, Any]


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
