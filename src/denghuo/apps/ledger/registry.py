"""Which fact classes there are, and which reactions follow them. Filled once at start by `main`."""

import dataclasses
import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

from denghuo.apps.ledger import codec

Reaction = Callable[..., Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Subscription:
    """When this kind of fact is recorded, this reaction is owed it; ``together``: it takes many facts at once."""

    kind: str
    reaction: str
    target: str | Reaction  # "module:function", imported when first needed, or the function itself
    background: bool = False
    together: bool = False


_classes: dict[str, type] = {}
_kinds: dict[type, str] = {}
_subscriptions: dict[str, list[Subscription]] = {}
_targets: dict[str, str | Reaction] = {}
_together: set[str] = set()


def register(fact_class: type, *, context: str) -> None:
    """Make a fact class known as `context.ClassName`. Renaming either would orphan what is already recorded."""
    codec.check(fact_class)
    kind = f"{context}.{fact_class.__name__}"
    if _classes.setdefault(kind, fact_class) is not fact_class:
        raise ValueError(f"two fact classes are called {kind}")
    _kinds[fact_class] = kind


def register_module(module: ModuleType, *, context: str) -> None:
    """Register every public dataclass that a context's `facts.py` itself defines."""
    for name, value in vars(module).items():
        own = isinstance(value, type) and value.__module__ == module.__name__
        if own and hasattr(value, "__dataclass_fields__") and not name.startswith("_"):
            register(value, context=context)


def kind_of(fact_class: type) -> str:
    """Return the kind under which facts of this class are kept."""
    try:
        return _kinds[fact_class]
    except KeyError:
        raise LookupError(f"{fact_class.__qualname__} is not registered: is it in its context's facts.py?") from None


def class_of(kind: str) -> type:
    """Return the class of a kind."""
    try:
        return _classes[kind]
    except KeyError:
        raise LookupError(f"no fact class is called {kind}") from None


def subscribe(
    fact_class: type, *, reaction: str, target: str | Reaction, background: bool = False, together: bool = False
) -> None:
    """Owe every fact of this class to the reaction from now on. `reaction` is the name kept in the deliveries.

    Raises:
        ValueError: it is subscribed already, is two functions, or takes many facts at once but not in the background.
    """
    if together and not background:
        raise ValueError(f"{reaction} takes facts together: that is work for the background")
    kind = kind_of(fact_class)
    lines = _subscriptions.setdefault(kind, [])
    if any(line.reaction == reaction for line in lines):
        raise ValueError(f"{reaction} is already subscribed to {kind}")
    if _targets.setdefault(reaction, target) != target:
        raise ValueError(f"two different functions are called {reaction}")
    lines.append(Subscription(kind=kind, reaction=reaction, target=target, background=background, together=together))
    if together:
        _together.add(reaction)


def unsubscribe(fact_class: type, *, reaction: str) -> None:
    """Take one line out again."""
    lines = _subscriptions[kind_of(fact_class)]
    lines[:] = [line for line in lines if line.reaction != reaction]
    if not any(line.reaction == reaction for others in _subscriptions.values() for line in others):
        del _targets[reaction]
        _together.discard(reaction)


def subscriptions(kind: str) -> tuple[Subscription, ...]:
    """Return who is owed facts of this kind, in the order of the lines."""
    return tuple(_subscriptions.get(kind, ()))


def is_together(reaction: str) -> bool:
    """Whether a reaction takes many facts at once."""
    return reaction in _together


def resolve(reaction: str) -> Reaction:
    """Return the function behind a reaction's name."""
    try:
        target = _targets[reaction]
    except KeyError:
        raise LookupError(f"no line of the flow leads to {reaction}") from None
    if callable(target):
        return target
    module, _, name = target.partition(":")
    function: Reaction = getattr(importlib.import_module(module), name)
    return function
