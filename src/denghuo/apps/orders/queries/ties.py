"""What an order hangs together with in other contexts: its outage, who was sent, the call it came from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from denghuo.apps.organization.access import Permission
from denghuo.apps.organization.ports import Port


@dataclass(frozen=True, kw_only=True)
class Tie:
    """One thing that an order belongs to, as its page shows it.

    ``label`` says what it is, ``text`` which; ``note`` how it stands. ``path`` leads there, for whoever has the
    permission; ``tone`` is a state color of the house or empty. ``lines`` say more of it, a sentence each.
    """

    label: str
    text: str
    path: str
    permission: Permission
    note: str = ""
    tone: str = ""
    lines: tuple[str, ...] = ()


# Who knows of an order, by its key.
TIES: Port[Callable[[int], Sequence[Tie]]] = Port("orders.ties")


def ties_of(order_id: int) -> list[Tie]:
    """Everything that an order hangs together with, in the order in which the contexts are asked."""
    return [tie for known in TIES for tie in known(order_id)]
