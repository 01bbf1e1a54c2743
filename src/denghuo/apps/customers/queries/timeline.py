"""Everything that happened to a customer, gathered from whoever knows of it."""

import importlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from denghuo.apps.customers.queries.values import Customer, Moment

MOMENTS_SHOWN = 40


class Source(Protocol):
    """A query of a context that knows what happened: the newest moments before an instant, at most ``limit``."""

    def __call__(
        self, account_id: int, load_code: str, unit_id: int, *, limit: int, before: datetime
    ) -> Sequence[Moment]: ...


_sources: list[str | Source] = []


def ask_for_moments(sources: Sequence[str | Source]) -> None:
    """Say once per process who knows of customers: functions, or ``"context.queries:function"``, imported when first
    asked."""
    _sources.extend(one for one in sources if one not in _sources)


def ask_no_more(source: str | Source) -> None:
    """Ask this one no more."""
    _sources.remove(source)


def timeline(customer: Customer, *, before: datetime, limit: int = MOMENTS_SHOWN) -> list[Moment]:
    """The newest moments before an instant, newest first."""
    told: list[Moment] = []
    for source in _sources:
        told += _resolved(source)(customer.account_id, customer.load_code, customer.unit_id, limit=limit, before=before)
    return sorted(told, key=lambda moment: moment.at, reverse=True)[:limit]


def _resolved(source: str | Source) -> Source:
    if not isinstance(source, str):
        return source
    module, _, name = source.partition(":")
    function: Callable[..., Sequence[Moment]] = getattr(importlib.import_module(f"denghuo.apps.{module}"), name)
    return function
