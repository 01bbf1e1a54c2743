"""The loop of a sender: keep messages in the hands of threads, the urgent ones first, and settle what comes back."""

import logging
import queue
import threading
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from denghuo.adapters.messaging import Outcome, Result
from denghuo.apps.notices.actions.sending import Try, settle_messages
from denghuo.apps.notices.models import Channel
from denghuo.apps.notices.sender.claims import Job, claim
from denghuo.apps.notices.sender.lines import Lines

THREADS = 16
POLL_S = 0.5
LEASE = timedelta(minutes=2)
ACTOR = "sender"
_AWAY_S = 1.0  # between looks for a database that is away
_SETTLED_AT_ONCE = 64
_GATHERED_S = 0.005  # between one answer and the next
_IN_HAND = 4  # messages for each thread, sent or in line

Clock = Callable[[], datetime]

_log = logging.getLogger(__name__)


def run_sender(
    *,
    stop: threading.Event,
    threads: int = THREADS,
    poll_s: float = POLL_S,
    lease: timedelta = LEASE,
    clock: Clock = timezone.now,
) -> None:
    """Send everything due until `stop` is set; any number of senders may run on any number of machines.

    A database that is away is waited for. What is under way when it is told to stop is finished and written down.
    """
    sender = _Sender(threads=threads, lease=lease, clock=clock)
    try:
        while not stop.is_set():
            try:
                if not sender.turn(wait_s=poll_s):
                    connection.close_if_unusable_or_obsolete()
                    stop.wait(poll_s)
            except (OperationalError, InterfaceError):
                _log.exception("the database is away; trying again")
                connection.close()
                stop.wait(_AWAY_S)
        sender.finish()
    finally:
        sender.close()


def drain_messages(*, threads: int = THREADS, lease: timedelta = LEASE, clock: Clock = timezone.now) -> int:
    """Send until nothing is due; return the tries made."""
    sender = _Sender(threads=threads, lease=lease, clock=clock)
    try:
        while sender.turn(wait_s=POLL_S):
            pass
        return sender.tries
    finally:
        sender.close()


class _Sender:
    """One sender: this thread speaks with the database, the others with gateways."""

    def __init__(self, *, threads: int, lease: timedelta, clock: Clock) -> None:
        self.holder = uuid.uuid4().hex
        self.tries = 0
        self._threads, self._lease, self._clock = threads, lease, clock
        self._lines = Lines(connections=threads * len(Channel.values))
        # Each channel has its own threads: a gateway that takes its time keeps no other channel waiting.
        self._pools = {
            channel: ThreadPoolExecutor(max_workers=threads, thread_name_prefix=f"sender-{channel}")
            for channel in Channel.values
        }
        self._back: queue.SimpleQueue[tuple[str, Try]] = queue.SimpleQueue()
        self._out = dict.fromkeys(Channel.values, 0)

    def turn(self, *, wait_s: float) -> bool:
        """Claim what the threads can take, and settle what came back; False when there was neither."""
        # Little waits in line for a thread, so that what is urgent comes soon.
        most, least = _IN_HAND * self._threads, self._threads
        limits = {channel: most - out for channel, out in self._out.items() if out <= max(least, most // 2)}
        claimed = self._hand_out(limits) if limits else 0
        return self._settle(wait_s=wait_s) or bool(claimed)

    def finish(self) -> None:
        """Wait for what is under way and write it down."""
        while any(self._out.values()) and self._settle(wait_s=self._lease.total_seconds()):
            pass

    def close(self) -> None:
        """Let go of threads and connections."""
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)
        self._lines.close()

    def _hand_out(self, limits: Mapping[str, int]) -> int:
        jobs, gateways = claim(holder=self.holder, limits=limits, lease=self._lease, at=self._clock())
        self._lines.refresh(gateways)
        channels = {row.pk: row.channel for row in gateways}
        for job in jobs:
            channel = channels[job.gateway_id]
            self._out[channel] += 1
            self._pools[channel].submit(self._send, channel, job)
        return len(jobs)

    def _send(self, channel: str, job: Job) -> None:
        """In a thread: hand a message over. Whatever happens comes back as a result."""
        try:
            result, in_doubt = self._result(job)
        except Exception as error:
            _log.exception("sending message %d failed", job.message_id)
            result, in_doubt = Result(outcome=Outcome.UNSURE, code=f"error:{type(error).__name__}"), True
        told = Try(
            message_id=job.message_id,
            number=job.number,
            gateway_id=job.gateway_id,
            result=result,
            in_doubt=in_doubt,
            ended_at=self._clock(),
        )
        self._back.put((channel, told))

    def _result(self, job: Job) -> tuple[Result, bool]:
        """What the gateway says, and whether it may have the message from an earlier try all the same."""
        line, now = self._lines[job.gateway_id], self._clock()
        if now - job.claimed_at > self._lease / 2:  # in line for so long that somebody else may have it soon
            return Result(outcome=Outcome.AGAIN, code="waited", wait_s=0.0), job.in_doubt
        if job.missing:  # the gateway would refuse it; another may send the words as they are
            return Result(outcome=Outcome.ELSEWHERE, code=f"missing:{job.missing[0]}"), job.in_doubt
        if job.ask_since is None:
            return line.send(job.outgoing, at=now), job.in_doubt
        found = line.find(job.outgoing, sent_at=job.ask_since, at=now)
        return (line.send(job.outgoing, at=now), False) if found is None else (found, True)

    def _settle(self, *, wait_s: float) -> bool:
        """Write down what has come back; waits for the first while something is out."""
        if not any(self._out.values()):
            return False
        tries: list[Try] = []
        with suppress(queue.Empty):
            self._took(self._back.get(timeout=wait_s), tries)
            # Written down with what comes right after: a transaction for each would cost more than the sending.
            while len(tries) < _SETTLED_AT_ONCE:
                self._took(self._back.get(timeout=_GATHERED_S), tries)
        if tries:
            settle_messages(holder=self.holder, tries=tries, at=self._clock(), actor=ACTOR)
        return True

    def _took(self, told: tuple[str, Try], tries: list[Try]) -> None:
        channel, one = told
        tries.append(one)
        self._out[channel] -= 1
        self.tries += 1
