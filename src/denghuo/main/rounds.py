"""What becomes due by the clock alone, and how often somebody looks: the flow's counterpart on one page.

A line names an action as `context.function` of that context's `actions.py`, called by the worker as

    action(*, at, actor) -> int

in one transaction, by one worker at a time. See `docs/contexts/ledger.md`.
"""

from denghuo.apps.ledger import rounds
from denghuo.apps.ledger.rounds import Rounds

ROUNDS: list[Rounds] = []


def connect(lines: list[Rounds]) -> None:
    """Have the worker make these rounds. Actions are imported when they are first needed."""
    for line in lines:
        rounds.subscribe(line)
