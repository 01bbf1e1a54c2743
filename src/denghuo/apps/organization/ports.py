"""What a context asks of contexts above it, without knowing them: `main` says once per process who answers."""

import importlib
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

Answer = TypeVar("Answer", bound=Callable[..., object])


class Port(Generic[Answer]):
    """Queries of others that are all asked: functions, or ``"context.queries:function"``, imported when first asked."""

    def __init__(self) -> None:
        self._sources: list[str | Answer] = []

    def ask(self, sources: Iterable[str | Answer]) -> None:
        """Ask these as well."""
        self._sources.extend(one for one in sources if one not in self._sources)

    def ask_no_more(self, source: str | Answer) -> None:
        """Ask this one no more."""
        self._sources.remove(source)

    def __iter__(self) -> Iterator[Answer]:
        """Those who are asked."""
        for source in self._sources:
            if isinstance(source, str):
                module, _, name = source.partition(":")
                answer: Answer = getattr(importlib.import_module(f"denghuo.apps.{module}"), name)
                yield answer
            else:
                yield source
