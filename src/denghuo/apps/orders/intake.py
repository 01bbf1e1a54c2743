"""Words that come in while another is being written down wait for it, and are then written down in one transaction.

With nobody else there a word is written at once. In a storm the writer is what everybody waits for: its transaction
costs the same for one word as for twenty, so the more come in, the less each costs.
"""

import threading
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from denghuo.apps.orders import actions
from denghuo.apps.orders.actions import OrderEntry
from denghuo.apps.orders.models import Order

Word = tuple[OrderEntry, str]  # and who says so
Taken = tuple[Order, datetime]  # and when this word was written down: an order opened before was known already

_turn = threading.Lock()
_waiting: list[tuple[Word, Future[Taken]]] = []


def take_in(entry: OrderEntry, *, actor: str) -> tuple[Order, bool]:
    """Open an order with whatever else waits in this process; the order, and whether it is new. It is safe by then.

    Raises:
        ValueError: as :func:`denghuo.apps.orders.actions.open_order`.
    """
    mine: Future[Taken] = Future()
    _waiting.append(((entry, actor), mine))
    with _turn:  # whoever has it writes for all who wait
        if not mine.done():
            _write_all()
    row, at = mine.result()
    return row, row.opened_at == at


def _write_all() -> None:
    batch: list[tuple[Word, Future[Taken]]] = []
    try:
        with transaction.atomic():  # whoever comes while this waits for the database is taken along
            batch = _all_waiting()
            taken = _open([word for word, _future in batch])
    except Exception as error:
        for word, future in batch:
            _alone(word, future)
        for _word, future in [] if batch else _all_waiting():  # the database did not even begin
            future.set_exception(error)
    else:
        for (_word, future), found in zip(batch, taken, strict=True):
            future.set_result(found)


def _all_waiting() -> list[tuple[Word, Future[Taken]]]:
    taken = _waiting[:]
    del _waiting[: len(taken)]
    return taken


def _open(words: Sequence[Word]) -> list[Taken]:
    at = timezone.now()
    said: dict[str, list[int]] = defaultdict(list)
    for place, (_entry, actor) in enumerate(words):
        said[actor].append(place)
    taken: dict[int, Taken] = {}
    for actor, places in said.items():
        rows = actions.open_orders(entries=[words[place][0] for place in places], at=at, actor=actor)
        taken |= {place: (row, at) for place, row in zip(places, rows, strict=True)}
    return [taken[place] for place in range(len(words))]


def _alone(word: Word, future: Future[Taken]) -> None:
    """One of many was refused: each is written by itself, so that it hears its own reason and harms nobody."""
    try:
        future.set_result(_open([word])[0])
    except Exception as error:
        future.set_exception(error)
