"""Running what is owed: claim one delivery, run its reaction, close it; until nothing is due.

A claim is committed before the reaction starts, so that a try which kills its process still counts as a try. The
reaction and the closing of its delivery then share one transaction: whatever happens, both are there or neither is.
"""

import logging
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from denghuo.apps.ledger import database, holders, queries, registry
from denghuo.apps.ledger.models import Delivery, Fact

LEASE = timedelta(minutes=5)
MAX_ATTEMPTS = 8
FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(hours=1)
INLINE_BUDGET_S = 0.5
MOST_TOGETHER = 500
FEWER_TOGETHER = 25  # what was held when a process died, perhaps because of one of them

Clock = Callable[[], datetime]

_log = logging.getLogger(__name__)
_inline = threading.local()


class LeaseLostError(Exception):
    """Somebody else took the delivery over; what this try did is rolled back."""


class Rest:
    """Lets what takes facts together rest after each batch, for longer than it took: meanwhile more come, and those who
    write are not kept waiting by somebody who sorts."""

    TIMES, LEAST_S = 5.0, 1.0

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def worked(self, reaction: str, seconds: float) -> None:
        """A batch took so long."""
        self._until[reaction] = time.monotonic() + max(self.TIMES * seconds, self.LEAST_S)

    def resting(self) -> list[str]:
        """Reactions that rest now."""
        now = time.monotonic()
        return [reaction for reaction, until in self._until.items() if until > now]


def drain(
    *,
    enough: Callable[[], bool] = lambda: False,
    clock: Clock = timezone.now,
    lease: timedelta = LEASE,
    rest: Rest | None = None,
) -> int:
    """Run everything due, in the order of the facts, until nothing is or `enough` says so; return the tries made.

    With ``rest`` what takes facts together is left out while it rests.
    """
    tries = 0
    park_exhausted(at=clock())
    while not enough() and (delivery := _claim(_awake(rest), clock=clock, lease=lease)):
        if registry.is_together(delivery.reaction) and delivery.attempts <= 2 and not delivery.error:
            started = time.monotonic()
            _run([delivery, *_join(delivery, clock=clock, lease=lease)], clock=clock)
            if rest is not None:
                rest.worked(delivery.reaction, time.monotonic() - started)
        else:  # what failed among others is tried alone, so that it does not hold them up again
            _run([delivery], clock=clock)
        tries += 1
    return tries


def _awake(rest: Rest | None) -> QuerySet[Delivery]:
    resting = rest.resting() if rest is not None else []
    return Delivery.objects.exclude(reaction__in=resting) if resting else Delivery.objects.all()


def park_exhausted(*, at: datetime) -> int:
    """Reap: park what was claimed for the last time by a process that never came back."""
    spent = _due(Delivery.objects.all(), at).filter(attempts__gte=MAX_ATTEMPTS)
    with database.claiming():
        ids = list(spent.select_for_update(skip_locked=True).values_list("pk", flat=True))
        if not ids:
            return 0
        return spent.filter(pk__in=ids).update(parked_at=at, holder="", error="every process that tried it died")


def free_orphans(*, at: datetime) -> int:
    """What processes of this machine held that are gone is due now, not when their lease is over; how many that was."""
    held = Delivery.objects.filter(done_at=None, parked_at=None, due_at__gt=at).exclude(holder="")
    gone = [one for one in held.order_by().values_list("holder", flat=True).distinct() if holders.is_dead(one)]
    if not gone:
        return 0
    with database.claiming():
        return held.filter(holder__in=gone).update(due_at=at)


def follow_up(fact_id: int) -> None:
    """Run what this fact is owed right after the transaction commits, so that the next page already shows it."""
    inside = set(connection.savepoint_ids)
    for savepoints, callback, *_ in connection.run_on_commit:
        # The one already waiting shares our fate if it sits in no savepoint that we are not in.
        if isinstance(callback, _AfterCommit) and savepoints <= inside:
            callback.fact_ids.append(fact_id)
            return
    transaction.on_commit(_AfterCommit(fact_id), robust=True)


class _AfterCommit:
    """Drains the facts of one transaction, and what their reactions record in turn, within one budget of time."""

    def __init__(self, fact_id: int) -> None:
        self.fact_ids = deque([fact_id])

    def __call__(self) -> None:
        outer: deque[int] | None = getattr(_inline, "fact_ids", None)
        if outer is not None:  # a reaction committed within a drain, which goes on with its facts
            outer.extend(self.fact_ids)
            return
        _inline.fact_ids = self.fact_ids
        try:
            self._drain(deadline=time.monotonic() + INLINE_BUDGET_S)
        finally:
            del _inline.fact_ids

    def _drain(self, *, deadline: float) -> None:
        while self.fact_ids:
            owed = Delivery.objects.filter(fact_id=self.fact_ids.popleft(), background=False)
            while time.monotonic() < deadline and (delivery := _claim(owed, clock=timezone.now, lease=LEASE)):
                _run([delivery], clock=timezone.now)


def _due(deliveries: QuerySet[Delivery], at: datetime) -> QuerySet[Delivery]:
    free = Q(due_at__isnull=True) | Q(due_at__lte=at)
    return deliveries.filter(free, done_at__isnull=True, parked_at__isnull=True)


def _claim(deliveries: QuerySet[Delivery], *, clock: Clock, lease: timedelta) -> Delivery | None:
    """Take the first due delivery that nobody is working on, or None."""
    now = clock()
    due = _due(deliveries, now).filter(attempts__lt=MAX_ATTEMPTS).order_by("fact_id", "id")
    while True:
        with database.claiming():
            found = due.select_for_update(skip_locked=True).first()
            if found is None:
                return None
            holder, attempts = holders.own(), found.attempts + 1
            claimed = Delivery.objects.filter(pk=found.pk, holder=found.holder, attempts=found.attempts).update(
                holder=holder, attempts=attempts, due_at=now + lease
            )
        if claimed:
            found.holder, found.attempts = holder, attempts
            return found


def _join(first: Delivery, *, clock: Clock, lease: timedelta) -> list[Delivery]:
    """Take over what else is due to the reaction of a claimed delivery and was tried as often, without failing."""
    now = clock()
    alike = Delivery.objects.filter(reaction=first.reaction, attempts=first.attempts - 1, error="")
    fresh = _due(alike, now).order_by("fact_id", "id")
    most = MOST_TOGETHER if first.attempts == 1 else FEWER_TOGETHER
    with database.claiming():
        ids = list(fresh.select_for_update(skip_locked=True).values_list("pk", flat=True)[:most])
        mine = {"holder": first.holder, "attempts": first.attempts, "due_at": now + lease}
        if not ids or not fresh.order_by().filter(pk__in=ids).update(**mine):
            return []
    return list(Delivery.objects.filter(pk__in=ids, holder=first.holder).order_by("fact_id", "id"))


def _run(claimed: Sequence[Delivery], *, clock: Clock) -> None:
    """Run the reaction to one delivery, or to several together, and close them in one transaction; note a failure in
    another."""
    first = claimed[0]
    try:
        with transaction.atomic():
            ids = [one.pk for one in claimed]
            mine = Delivery.objects.filter(pk__in=ids, holder=first.holder, done_at__isnull=True)
            # Held until the end: PostgreSQL lets nobody else claim what a live process still works on.
            held = list(mine.select_related("fact").order_by("fact_id", "id").select_for_update(of=("self",)))
            if len(held) < len(ids):
                raise LeaseLostError(first.key)
            _react(first, [one.fact for one in held])
            if mine.update(done_at=clock(), holder="", error="") < len(ids):
                raise LeaseLostError(first.key)
    except LeaseLostError:
        _log.warning("delivery %s was taken over by another process", first.key)
    except Exception as error:
        _log.exception("delivery %s failed, try %d of %d", first.key, first.attempts, MAX_ATTEMPTS)
        for delivery in claimed:
            _note_failure(delivery, error, at=clock())


def _react(first: Delivery, facts: Sequence[Fact]) -> None:
    told = [queries.load(fact) for fact in facts]
    reaction = registry.resolve(first.reaction)
    last = facts[-1]
    subject = tuple(told) if registry.is_together(first.reaction) else told[0]
    reaction(subject, at=last.at, actor=last.actor, delivery_key=first.key)


def _note_failure(delivery: Delivery, error: Exception, *, at: datetime) -> None:
    mine = Delivery.objects.filter(pk=delivery.pk, holder=delivery.holder, done_at__isnull=True)
    text = "".join(traceback.format_exception(error))[-4_000:]
    if delivery.attempts >= MAX_ATTEMPTS:
        mine.update(parked_at=at, holder="", error=text)
    else:
        mine.update(due_at=at + _pause(delivery.attempts), holder="", error=text)


def _pause(attempts: int) -> timedelta:
    """Return 5 s after the first failure, four times as long after each further one, at most an hour."""
    return min(FIRST_RETRY * 4 ** (attempts - 1), LONGEST_RETRY)
