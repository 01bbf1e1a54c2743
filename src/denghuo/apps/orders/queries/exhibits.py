"""What others recorded that bears on an order: crews, calls, messages. Contexts above say so; orders only asks."""

import importlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from denghuo.apps.organization import queries as organization


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """Something that happened, as whoever recorded it tells it.

    ``source`` says whose record it is and ``who`` did it, as a user name or in words; ``recorded_at`` is when it was
    told, where that is another instant; ``position`` is latitude and longitude, "" not known; ``reference`` is what it
    is called where it comes from. No number and no name of a customer stands in it.
    """

    at: datetime
    source: str
    what: str
    who: str = ""
    recorded_at: datetime | None = None
    position: str = ""
    reference: str = ""


Source = Callable[[int], Sequence[Exhibit]]
_sources: list[str | Source] = []


def ask_for_exhibits(sources: Iterable[str | Source]) -> None:
    """Say once per process who knows of orders: functions of an order's key, or ``"context.queries:function"``,
    imported when first asked."""
    _sources.extend(one for one in sources if one not in _sources)


def ask_no_more(source: str | Source) -> None:
    """Ask this one no more."""
    _sources.remove(source)


def exhibits_of(order_id: int) -> list[Exhibit]:
    """Everything that others recorded of an order, as it happened, people by what they are called."""
    found = [one for source in _sources for one in _resolved(source)(order_id)]
    names = organization.names_of({one.who for one in found} - {""})
    return sorted((replace(one, who=names.get(one.who, one.who)) for one in found), key=lambda one: one.at)


def _resolved(source: str | Source) -> Source:
    if not isinstance(source, str):
        return source
    module, _, name = source.partition(":")
    function: Source = getattr(importlib.import_module(f"denghuo.apps.{module}"), name)
    return function
