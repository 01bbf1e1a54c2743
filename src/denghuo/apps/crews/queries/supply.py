"""What crews ask of supply: the contexts that know of it lie above."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from denghuo.apps.organization.ports import Port


@dataclass(frozen=True, kw_only=True)
class Supply:
    """Since when supply is gone, and when the switching log says that it came back; None: not known, or not yet.
    ``left_dark`` are places that by the log do not come back with the device that opened, ``left_customers`` how many
    live there; ``dark_customers`` are without supply now, by the log. ``is_over``: nothing of it is left to be
    mended."""

    gone_at: datetime | None
    back_at: datetime | None
    left_dark: tuple[str, ...] = ()
    left_customers: int = 0
    dark_customers: int = 0
    is_over: bool = False


# Who knows of the supply of what a crew is sent for, by its reference.
SUPPLIES: Port[Callable[[str], Supply | None]] = Port("crews.supply")


def supply_of(about: str, order_ids: Iterable[int] = ()) -> Supply | None:
    """The supply of what a crew is sent for, or else of the first of the orders that it serves; None where nobody knows
    of any."""
    abouts = [one for one in (about, *(f"orders.order:{key}" for key in order_ids)) if one]
    return next((found for one in abouts for known in SUPPLIES if (found := known(one)) is not None), None)
