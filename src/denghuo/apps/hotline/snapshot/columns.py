"""Rows of calls as arrays."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from denghuo.apps.hotline.models import Call

_FIELDS = ("pk", "queue_id", "entered_at", "outcome", "queued_at", "wait_s", "talk_s", "wrap_up_s", "attempt", "solved")


@dataclass(frozen=True, kw_only=True)
class CallColumns:
    """Calls, one entry each [calls]. Seconds are NaN where the exchange did not tell; ``entered_at`` is UTC."""

    pk: NDArray[np.int64]
    queue_id: NDArray[np.int64]
    entered_at: NDArray[np.datetime64]
    outcome: NDArray[np.int64]
    asked: NDArray[np.bool_]
    wait_s: NDArray[np.float64]
    talk_s: NDArray[np.float64]
    wrap_up_s: NDArray[np.float64]
    attempt: NDArray[np.int64]
    solved: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.pk)


def call_columns(rows: QuerySet[Call]) -> CallColumns:
    """These calls as columns, in the order of the query."""
    table = list(rows.values_list(*_FIELDS))
    pk, queue_id, entered_at, outcome, queued_at, wait_s, talk_s, wrap_up_s, attempt, solved = (
        zip(*table, strict=True) if table else ((),) * len(_FIELDS)
    )
    return CallColumns(
        pk=np.array(pk, dtype=np.int64),
        queue_id=np.array(queue_id, dtype=np.int64),
        entered_at=instants(entered_at),
        outcome=np.array(outcome, dtype=np.int64),
        asked=np.array([at is not None for at in queued_at], dtype=np.bool_),
        wait_s=np.array(wait_s, dtype=np.float64),
        talk_s=np.array(talk_s, dtype=np.float64),
        wrap_up_s=np.array(wrap_up_s, dtype=np.float64),
        attempt=np.array(attempt, dtype=np.int64),
        solved=np.array(solved, dtype=np.bool_),
    )


def instants(values: tuple[datetime, ...]) -> NDArray[np.datetime64]:
    """Aware instants as UTC."""
    return np.array([value.timestamp() * 1e6 for value in values], dtype=np.float64).astype(np.int64).view("M8[us]")
