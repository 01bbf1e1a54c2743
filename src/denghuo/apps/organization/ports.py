"""What a context asks of contexts above it, without knowing them: it is said once per process who answers."""

import importlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

Answer = TypeVar("Answer", bound=Callable[..., object])

# By the name of a port: who answers can be said without reading in whoever asks.
_sources: dict[str, list[Any]] = {}


def ask(port: str, sources: Iterable[str | Callable[..., object]]) -> None:
    """Have a port ask these as well: functions, or ``"context.queries:function"``, imported when first asked."""
    known = _sources.setdefault(port, [])
    known.extend(one for one in sources if one not in known)


class Port(Generic[Answer]):
    """Queries of others that are all asked. Its name is that of the context that asks, and what."""

    def __init__(self, name: str) -> None:
        self.name = name

    def ask(self, sources: Iterable[str | Answer]) -> None:
        """Ask these as well."""
        ask(self.name, sources)

    def ask_no_more(self, source: str | Answer) -> None:
        """Ask this one no more."""
        _sources[self.name].remove(source)

    def __iter__(self) -> Iterator[Answer]:
        """Those who are asked."""
        for source in _sources.get(self.name, ()):
            if isinstance(source, str):
                module, _, name = source.partition(":")
                answer: Answer = getattr(importlib.import_module(f"denghuo.apps.{module}"), name)
                yield answer
            else:
                yield source
