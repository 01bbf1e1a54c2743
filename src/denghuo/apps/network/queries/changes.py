"""What an import would change, asked before it does."""

from datetime import datetime

from denghuo.apps.network.models import Branch, Network, SwitchingOperation
from denghuo.apps.network.snapshot import TableChanges, compare_grid
from denghuo.engines.grid import Grid


def network_of_unit(unit_id: int) -> Network | None:
    """The network of a unit, once one was imported."""
    return Network.objects.filter(unit_id=unit_id, revision__gt=0).first()


def network_changes(*, network_id: int | None, grid: Grid) -> dict[str, TableChanges]:
    """What taking in a grid as this network (None: as a new one) would add, change and retire, by table of the grid."""
    return compare_grid(network_id=network_id, grid=grid)


def known_operations(network_id: int) -> set[tuple[str, bool, datetime]]:
    """Device, deed and instant of every row of a log, also of those that were corrected since."""
    rows = SwitchingOperation.objects.filter(network_id=network_id)
    return set(rows.values_list("device_code", "closes", "operated_at").iterator())


def device_codes(network_id: int) -> list[str]:
    """Codes of all switching devices a network has or ever had: a log may speak of one that is gone."""
    rows = Branch.objects.filter(network_id=network_id, switch__isnull=False)
    return list(rows.order_by("pk").values_list("code", flat=True))
