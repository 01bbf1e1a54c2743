"""The background worker: the same drain as after a commit, for as long as the process lives."""

import faulthandler
import logging
import threading
import time
from datetime import timedelta

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from denghuo.apps.ledger import database, deliveries, rounds

POLL_S = 1.0
LEAST_S = 0.1  # between looks: in a storm the bell rings hundreds of times a second
_ORPHANS_S = 5.0  # between looks for what dead processes held
_AWAY_S = 1.0  # between looks for a database that is away

_log = logging.getLogger(__name__)


def run_worker(
    *,
    stop: threading.Event,
    poll_s: float = POLL_S,
    lease: timedelta = deliveries.LEASE,
    longest_s: float | None = None,
    clock: deliveries.Clock = timezone.now,
) -> None:
    """Run everything due and make the rounds until `stop` is set; any number of workers may run on any machines.

    A database that is away is waited for. What was claimed when a process of this machine died is due again within
    seconds, that of another machine when its lease is over. A reaction that takes longer than `longest_s` ends the
    process, with exit code 1 and a trace of where it stood: nothing else can end it, and on SQLite nobody else could
    write.
    """

    def enough() -> bool:
        if longest_s:  # asked before each try, and so wound up anew for each
            faulthandler.dump_traceback_later(longest_s, exit=True)
        return stop.is_set()

    rest, looked = deliveries.Rest(), float("-inf")
    while not stop.is_set():
        try:
            with database.Bell(stop=stop) as bell:
                while not stop.is_set():
                    began = time.monotonic()
                    if began - looked >= _ORPHANS_S:
                        deliveries.free_orphans(at=clock())
                        looked = began
                    deliveries.drain(enough=enough, clock=clock, lease=lease, rest=rest)
                    rounds.make_due(at=clock())
                    if longest_s:
                        faulthandler.cancel_dump_traceback_later()
                    connection.close_if_unusable_or_obsolete()
                    bell.wait(at_most_s=poll_s)
                    stop.wait(max(began + LEAST_S - time.monotonic(), 0.0))
        except (OperationalError, InterfaceError):
            _log.exception("the database is away; trying again")
            connection.close()
            stop.wait(_AWAY_S)
