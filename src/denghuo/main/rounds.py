"""What becomes due by the clock alone, and how often somebody looks: the flow's counterpart on one page.

A line names an action as `context.function` of that context's `actions.py`, called by the worker as

    action(*, at, actor) -> int

in one transaction, by one worker at a time. See `docs/contexts/ledger.md`.
"""

from denghuo.apps.ledger import rounds
from denghuo.apps.ledger.rounds import Rounds

ROUNDS: list[Rounds] = [
    Rounds(action="notices.follow_unanswered", every_s=10),
    Rounds(action="notices.expire_messages", every_s=30),
    Rounds(action="orders.watch_clocks", every_s=20),
    Rounds(action="orders.watch_promises", every_s=60),
    Rounds(action="orders.watch_hand_overs", every_s=60),
    Rounds(action="orders.raise_signs", every_s=60),
    Rounds(action="orders.watch_signs", every_s=60),
    Rounds(action="orders.learn_routes", every_s=86_400),
    Rounds(action="customers.call_care_due", every_s=900),
    Rounds(action="outages.remind_of_plans", every_s=60),
    Rounds(action="crews.climb_ladder", every_s=15),
    Rounds(action="crews.forget_positions", every_s=86_400),
]


def connect(lines: list[Rounds]) -> None:
    """Have the worker make these rounds. Actions are imported when they are first needed."""
    for line in lines:
        rounds.subscribe(line)
