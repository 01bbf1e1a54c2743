"""The seam between PostgreSQL and SQLite: what each does in its own way, under one name."""

import threading
import time
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Any, Self

from django.db import connection, transaction

_CHAIN_LOCK = 0x_DE46_0001
_CHANNEL = "denghuo_ledger"
_STOP_S = 0.5  # how soon a waiting worker notices that it should stop


def lock_chain() -> None:
    """Make this transaction the only one that appends facts, until it ends.

    SQLite's immediate transaction already is the only writer.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a fact is recorded in the transaction of its action")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN_LOCK])


def claiming() -> AbstractContextManager[object]:
    """Surround finding a delivery and the conditional update that claims it.

    PostgreSQL locks the row it finds and passes over those that others have locked; SQLite runs the update alone, and
    the loser of a race updates nothing.
    """
    return transaction.atomic() if connection.vendor == "postgresql" else nullcontext()


def ring() -> None:
    """Wake waiting workers when this transaction commits. SQLite's workers look by themselves."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, '')", [_CHANNEL])


class Bell:
    """Waits for new deliveries: hears PostgreSQL's notification at once, on SQLite looks again after the interval."""

    def __init__(self, *, stop: threading.Event) -> None:
        self._stop = stop
        self._listening: Any = None

    def __enter__(self) -> Self:
        if connection.vendor == "postgresql":
            import psycopg

            # A connection of its own, outside the pool: it is held for as long as the worker lives.
            with connection.wrap_database_errors:
                self._listening = psycopg.connect(**connection.get_connection_params(), autocommit=True)
                self._listening.execute(f"LISTEN {_CHANNEL}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._listening is not None:
            self._listening.close()

    def wait(self, *, at_most_s: float) -> None:
        """Return when something may be due, when asked to stop, or when the interval is over."""
        if self._listening is None:
            self._stop.wait(at_most_s)
            return
        deadline = time.monotonic() + at_most_s
        while not self._stop.is_set() and (left_s := deadline - time.monotonic()) > 0:
            with connection.wrap_database_errors:
                if any(self._listening.notifies(timeout=min(left_s, _STOP_S), stop_after=1)):
                    for _rung_again in self._listening.notifies(timeout=0):
                        pass  # one look answers all that has rung by now
                    return
