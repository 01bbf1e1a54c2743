"""Rounds come round: once each time, by one of several, also after a failure or a death."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from denghuo.apps.ledger import rounds
from denghuo.apps.ledger.models import Round
from denghuo.apps.ledger.rounds import Rounds
from tests.apps.ledger.town import AT

pytestmark = pytest.mark.django_db
NAME = "town.light_lamps"


@pytest.fixture
def made() -> Iterator[list[datetime]]:
    seen: list[datetime] = []

    def light(*, at: datetime, actor: str) -> int:
        assert actor == rounds.ACTOR
        seen.append(at)
        if len(seen) == 2:
            raise RuntimeError("no oil")
        return 3

    rounds.subscribe(Rounds(action=NAME, every_s=60, target=light))
    yield seen
    rounds.unsubscribe(NAME)


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def test_a_round_is_made_at_once_and_then_as_often_as_said(made: list[datetime]) -> None:
    for second in (0, 1, 59):
        rounds.make_due(at=after(second))
    assert made == [AT]
    assert Round.objects.get(action=NAME).made_at == AT


def test_a_round_that_fails_says_so_and_comes_again(made: list[datetime]) -> None:
    for second in (0, 60, 61):
        rounds.make_due(at=after(second))
    assert made == [AT, after(60)]
    assert "no oil" in Round.objects.get(action=NAME).error
    rounds.make_due(at=after(120))
    assert made[-1] == after(120)
    assert Round.objects.get(action=NAME).error == ""


def test_what_somebody_else_makes_is_left_to_them_until_their_claim_runs_out(made: list[datetime]) -> None:
    Round.objects.create(action=NAME, due_at=AT + rounds.LEASE)  # claimed at AT, and never heard of again
    rounds.make_due(at=after(299))
    assert made == []
    rounds.make_due(at=after(300))
    assert made == [after(300)]


def test_every_line_names_an_action() -> None:
    from denghuo.main.rounds import ROUNDS

    assert all(callable(rounds._function(line)) for line in ROUNDS)
