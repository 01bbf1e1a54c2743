"""The small cast of the ledger's own tests."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction

from denghuo.apps.ledger import registry
from denghuo.apps.ledger.actions import record
from denghuo.apps.ledger.models import Fact
from tests.apps.ledger.town import AT, LampLit


@pytest.fixture
def light(db: None) -> Callable[..., Fact]:
    """Record that a lamp was lit, in a transaction of its own."""

    def action(number: int = 1, name: str = "") -> Fact:
        with transaction.atomic():
            return record(LampLit(number=number, name=name), at=AT, actor="li")

    return action


@pytest.fixture
def follow() -> Iterator[Callable[..., None]]:
    """Subscribe reactions for this test only."""
    lines: list[tuple[type, str]] = []

    def subscribe(
        fact_class: type, name: str, function: Any, *, background: bool = False, together: bool = False
    ) -> None:
        registry.subscribe(
            fact_class, reaction=name, target=function, background=background or together, together=together
        )
        lines.append((fact_class, name))

    yield subscribe
    for fact_class, name in lines:
        registry.unsubscribe(fact_class, reaction=name)
