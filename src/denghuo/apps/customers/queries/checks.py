"""What somebody types about an account, next to what is known: loads of the network, meters of others."""

from denghuo.apps.customers.models import Meter
from denghuo.apps.customers.queries.responsible import loads_of


def is_unknown_load(unit_id: int, load_code: str) -> bool:
    """Whether the network of a unit has no load of this code; without a network nobody can say."""
    names = loads_of(unit_id).names
    return bool(load_code and names) and load_code not in names


def account_of_meter(unit_id: int, number: str, *, but: int | None) -> str:
    """The other account at which a meter hangs, by number; "" where there is none."""
    rows = Meter.objects.filter(
        number=number, removed_date=None, supply_point__unit_id=unit_id, supply_point__account__closed_date=None
    )
    found = rows.exclude(supply_point__account=but).values_list("supply_point__account__number", flat=True)
    return found.first() or "" if number else ""
