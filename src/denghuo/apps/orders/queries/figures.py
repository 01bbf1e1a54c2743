"""A month of orders: what each limit binds and how often it was missed, and how promises were kept."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from denghuo.apps.orders.models import Appeal, Kind, Order, Promise
from denghuo.apps.orders.queries.clocks import clocks_of_all
from denghuo.apps.orders.snapshot.clocks import ClockShown
from denghuo.apps.orders.snapshot.rules import Limit
from denghuo.apps.organization.access import within


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One limit over the orders of a month. A ceiling counts what was late; a mean is held against the mean, and its
    late orders are no misses. ``mean_s`` is in seconds of the measure, NaN where nothing has stopped."""

    kind: str
    limit: Limit
    order_count: int
    late_count: int
    unknown_count: int
    appealed_count: int
    mean_s: float
    late: tuple[tuple[int, str], ...]

    @property
    def kept(self) -> bool | None:
        """Whether the month kept it; None where there is nothing to say."""
        if self.limit.is_mean:
            return None if np.isnan(self.mean_s) else self.mean_s <= self.limit.limit_s
        return self.late_count == 0 if self.order_count else None


def month_of_limits(scope: Iterable[str], *, since: datetime, until: datetime, at: datetime) -> list[Kept]:
    """Every limit of the orders that came in within a time."""
    rows = Order.objects.filter(within(scope, field="unit__path"), received_at__gte=since, received_at__lt=until)
    orders = list(rows.exclude(state="merged").order_by("pk"))
    upheld = set(
        Appeal.objects.filter(upheld=True, order__in=[row.pk for row in orders]).values_list("order_id", "clock")
    )
    groups: dict[tuple[str, str, str, int, str], list[tuple[Order, ClockShown]]] = defaultdict(list)
    shown = clocks_of_all(orders, at=at)
    for row in orders:
        for one in shown[row.pk]:
            limit = one.limit
            groups[row.kind, one.clock, limit.layer, limit.limit_s, limit.limit_kind].append((row, one))
    return [_kept(key[0], cases, upheld) for key, cases in sorted(groups.items(), key=_in_order)]


_KINDS = {kind: n for n, kind in enumerate(Kind.values)}


def _in_order(pair: tuple[tuple[str, str, str, int, str], object]) -> tuple[int, str, int]:
    (kind, clock, _, limit_s, _), _ = pair
    return _KINDS[kind], clock, limit_s


def _kept(kind: str, cases: list[tuple[Order, ClockShown]], upheld: set[tuple[int, str]]) -> Kept:
    mine = [(row, one) for row, one in cases if (row.pk, one.clock) not in upheld and (row.pk, "") not in upheld]
    stopped = [one.shown_s for _, one in mine if not one.runs and one.shown_s is not None]
    late = tuple(dict.fromkeys((row.pk, row.number) for row, one in mine if one.late))
    return Kept(
        kind=kind,
        limit=cases[0][1].limit,
        order_count=len({row.pk for row, _ in mine}),
        late_count=len(late),
        unknown_count=sum(one.unknown for _, one in mine),
        appealed_count=len(cases) - len(mine),
        mean_s=float(np.mean(stopped)) if stopped else float("nan"),
        late=late,
    )


@dataclass(frozen=True, kw_only=True)
class Words:
    """How promises were kept: in time, moved in time, or broken; ``open`` are still to be kept."""

    name: str
    given: int
    kept: int
    moved: int
    broken: int
    open: int

    @property
    def kept_share(self) -> float:
        """Kept or moved in time, of those that are settled; NaN where none is."""
        settled = self.kept + self.moved + self.broken
        return (self.kept + self.moved) / settled if settled else float("nan")


def promises_kept(scope: Iterable[str], *, since: datetime, until: datetime, at: datetime) -> list[Words]:
    """How promises of a time were kept, by team and by whoever gave them."""
    rows = Promise.objects.filter(
        within(scope, field="order__unit__path"), due_at__gte=since, due_at__lt=until
    ).select_related("order__unit")
    of: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        how = _how(row, at)
        of[f"unit:{row.order.unit.name}"].append(how)
        of[f"user:{row.given_by}"].append(how)
    return [
        Words(
            name=name,
            given=len(hows),
            kept=hows.count("kept"),
            moved=hows.count("moved"),
            broken=hows.count("broken"),
            open=hows.count("open"),
        )
        for name, hows in sorted(of.items())
    ]


def _how(row: Promise, at: datetime) -> str:
    if row.kept_at is not None:
        return "kept" if row.kept_at <= row.due_at else "broken"
    if row.moved_at is not None:
        return "moved" if row.moved_at <= row.due_at else "broken"
    return "broken" if at > row.due_at else "open"
