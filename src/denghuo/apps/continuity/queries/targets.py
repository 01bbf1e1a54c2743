"""What is aimed at, and what it allows."""

from collections.abc import Iterable

from denghuo.apps.continuity.models import Target
from denghuo.apps.organization.access import within
from denghuo.engines.reliability import Basis


def targets_within(scope: Iterable[str]) -> list[Target]:
    """Every target of a data scope, latest year first."""
    rows = Target.objects.filter(within(scope, field="unit__path")).select_related("unit")
    return list(rows.order_by("-year", "unit__path", "basis"))


def target_hours_per_user(*, users_by_path: dict[str, float], years: Iterable[int], basis: Basis) -> dict[int, float]:
    """Hours a user may be without supply in each year, over several units together; years without a target are absent.

    A unit without a target of its own goes by the nearest unit above it that has one. Several units together may lose
    what each may: the mean over their users.

    Args:
        users_by_path: users served by the unit of each path.
    """
    wanted = {int(pk) for path in users_by_path for pk in path.strip("/").split("/")}
    rows = Target.objects.filter(unit_id__in=wanted, year__in=list(years), basis=basis)
    of_unit = {(row.year, row.unit_id): row.hours_per_user for row in rows}
    found: dict[int, float] = {}
    for year in {year for year, _ in of_unit}:
        hours = {path: _nearest(of_unit, year, path) for path in users_by_path}
        users = sum(users_by_path.values())
        if users > 0 and all(value is not None for value in hours.values()):
            found[year] = sum((hours[path] or 0.0) * users_by_path[path] for path in hours) / users
    return found


def _nearest(of_unit: dict[tuple[int, int], float], year: int, path: str) -> float | None:
    units = [int(pk) for pk in reversed(path.strip("/").split("/"))]
    return next((of_unit[year, pk] for pk in units if (year, pk) in of_unit), None)
