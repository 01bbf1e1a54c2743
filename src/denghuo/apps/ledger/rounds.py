"""What is done again and again: look what has become due by the clock alone, such as a promise that runs out.

A round is an action `(*, at, actor) -> int` that does what is due at an instant and says how much that was. Who makes
it claims it first by a conditional update, so that of several workers one does; the claim of one that died runs out. A
round that fails is tried again at its next time.
"""

import importlib
import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from denghuo.apps.ledger.models import Round

ACTOR = "rounds"
LEASE = timedelta(minutes=5)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Rounds:
    """An action by `context.function`, or the function itself, and how often it is to be called."""

    action: str
    every_s: float
    target: Callable[..., int] | None = None


_all: dict[str, Rounds] = {}


def subscribe(rounds: Rounds) -> None:
    """Have an action called from now on. Known by its name: subscribing it again changes how often."""
    _all[rounds.action] = rounds


def unsubscribe(action: str) -> None:
    """Call it no more."""
    del _all[action]


def make_due(*, at: datetime) -> int:
    """Call everything due at an instant; returns how much was done in all."""
    due = dict(Round.objects.filter(action__in=_all).values_list("action", "due_at")) if _all else {}
    return sum(_make(one, due.get(name), at) for name, one in tuple(_all.items()) if due.get(name, at) <= at)


def _make(rounds: Rounds, due_at: datetime | None, at: datetime) -> int:
    if due_at is None:
        Round.objects.get_or_create(action=rounds.action, defaults={"due_at": at})
        due_at = at
    mine = Round.objects.filter(action=rounds.action)
    if not mine.filter(due_at=due_at).update(due_at=at + LEASE):
        return 0  # somebody else makes it
    done, error = 0, ""
    try:
        with transaction.atomic():
            done = int(_function(rounds)(at=at, actor=ACTOR))
    except Exception as failure:
        _log.exception("round %s failed", rounds.action)
        error = "".join(traceback.format_exception(failure))[-4_000:]
    next_at = at + timedelta(seconds=rounds.every_s)
    mine.filter(due_at=at + LEASE).update(due_at=next_at, made_at=at, error=error)
    return done


def _function(rounds: Rounds) -> Callable[..., int]:
    if rounds.target is not None:
        return rounds.target
    context, _, name = rounds.action.partition(".")
    function: Callable[..., int] = getattr(importlib.import_module(f"denghuo.apps.{context}.actions"), name)
    return function
