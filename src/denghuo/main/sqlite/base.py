"""Who is to write waits for their turn at a lock beside the database, and only then asks SQLite.

SQLite lets whoever finds the database locked sleep, up to 100 ms at a time, while others come and go: among busy
writers of several processes somebody sleeps for seconds. At the lock they look every few milliseconds, so the next gap
is theirs. A lock of the system's goes with its process: whoever is killed is in nobody's way.
"""

import fcntl
import os
import time
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

_LOOK_S = 0.002


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to SQLite that takes its turn for as long as a transaction lasts."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn: int | None = None

    def _start_transaction_under_autocommit(self) -> None:
        self._take_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self._end_turn()

    def _rollback(self) -> None:
        super()._rollback()  # type: ignore[misc]
        self._end_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            if self._turn is not None:
                os.close(self._turn)  # and with it the lock
                self._turn = None

    def _take_turn(self) -> None:
        """Wait as long as SQLite itself would, and say the same after that."""
        if self.is_in_memory_db():
            return
        if self._turn is None:
            self._turn = os.open(f"{self.settings_dict['NAME']}-turn", os.O_RDWR | os.O_CREAT, 0o600)
        give_up = time.monotonic() + float(self.settings_dict["OPTIONS"].get("timeout", 5))
        while not _locked(self._turn):
            if time.monotonic() > give_up:
                raise OperationalError("database is locked")
            time.sleep(_LOOK_S)

    def _end_turn(self) -> None:
        if self._turn is not None:
            fcntl.flock(self._turn, fcntl.LOCK_UN)


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
