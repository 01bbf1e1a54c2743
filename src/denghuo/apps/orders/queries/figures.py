"""A month of orders: what each limit binds and how often it was missed, and how promises were kept."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from denghuo.apps.orders.models import Appeal, Kind, Order, Promise, number_of
from denghuo.apps.orders.queries.clocks import clocks_of_all
from denghuo.apps.orders.queries.orders import of_units
from denghuo.apps.orders.queries.readers import Reader, readable
from denghuo.apps.orders.snapshot.clocks import ClockShown, judged_of, limit_of
from denghuo.apps.orders.snapshot.rules import Limit
from denghuo.apps.organization.access import within

_AT_ONCE = 500


class Late(NamedTuple):
    """An order that missed a limit, and what the clock showed, in seconds of the measure."""

    order_id: int
    received_at: datetime
    shown_s: float | None

    @property
    def number(self) -> str:
        """What people call the order by."""
        return number_of(self.order_id, self.received_at)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One limit over the orders of a month. A ceiling counts what was late; a mean is held against the mean, and its
    late orders are no misses. ``mean_s`` is in seconds of the measure, NaN where nothing has stopped."""

    kind: str
    limit: Limit
    order_count: int
    unknown_count: int
    appealed_count: int
    mean_s: float
    late: tuple[Late, ...]

    @property
    def key(self) -> str:
        """What tells this limit from the others of the month."""
        limit = self.limit
        return f"{self.kind}.{limit.clock}.{limit.layer}.{limit.limit_s}.{limit.limit_kind}"

    @property
    def late_count(self) -> int:
        """How many orders were late."""
        return len(self.late)

    @property
    def kept(self) -> bool | None:
        """Whether the month kept it; None where there is nothing to say."""
        if self.limit.is_mean:
            return None if np.isnan(self.mean_s) else self.mean_s <= self.limit.limit_s
        return not self.late if self.order_count else None


# Which order and when it came in, what the clock shows, what it showed when it stopped, whether late, whether unknown.
# A plain tuple: a month holds tens of thousands, and the collector passes over what holds no references.
_Case = tuple[int, datetime, float | None, float | None, bool, bool]
_Key = tuple[str, str, str, int, str]
_Judged = Iterable[Mapping[str, Any]]


class _Month:
    """Cases by limit. What is kept of an order is read once and let go: a month holds tens of thousands of clocks."""

    def __init__(self) -> None:
        self.cases: dict[_Key, list[_Case]] = defaultdict(list)
        self.first: dict[_Key, tuple[int, Limit]] = {}

    def take(self, order_id: int, kind: str, received_at: datetime, judged: _Judged) -> None:
        """What the clocks of an order showed."""
        for one in judged:
            if one.get("dropped"):
                continue
            key = (kind, one["clock"], one["layer"], one["limit_s"], one["limit_kind"])
            shown_s = one["shown_s"]
            stopped_s = shown_s if one["stopped_at"] else None
            self.cases[key].append((order_id, received_at, shown_s, stopped_s, one["late"], one["unknown"]))
            if key not in self.first or order_id < self.first[key][0]:
                self.first[key] = (order_id, limit_of(one))


def month_of_limits(
    scope: Iterable[str], *, since: datetime, until: datetime, at: datetime, reader: Reader | None = None
) -> list[Kept]:
    """Every limit of the orders that came in within a time, of those that ``reader`` may see.

    What ended counts as it was judged when it did, read as it is kept; the engine is asked only of what is open.
    """
    rows = Order.objects.filter(of_units(scope), readable(reader), received_at__gte=since, received_at__lt=until)
    rows = rows.exclude(state="merged")
    month, unjudged = _Month(), []
    for pk, kind, received_at, judged in (
        rows.order_by("pk").values_list("pk", "kind", "received_at", "judged").iterator()
    ):
        if judged:
            month.take(pk, kind, received_at, judged)
        else:
            unjudged.append(pk)
    for row, shown in _unjudged(unjudged, at):
        month.take(row.pk, row.kind, row.received_at, judged_of(shown))
    appeals = Appeal.objects.filter(upheld=True, order__in=rows.values("pk"))
    upheld = set(appeals.values_list("order_id", "clock"))
    return [
        _kept(key[0], month.first[key][1], sorted(month.cases[key], key=itemgetter(0)), upheld)
        for key in sorted(month.cases, key=_in_order)
    ]


def _unjudged(order_ids: Sequence[int], at: datetime) -> Iterator[tuple[Order, list[ClockShown]]]:
    """Orders that nobody has judged yet, with what their clocks show now."""
    parts = (order_ids[first : first + _AT_ONCE] for first in range(0, len(order_ids), _AT_ONCE))
    rows = [row for part in parts for row in Order.objects.filter(pk__in=part)]
    shown = clocks_of_all(rows, at=at)
    return ((row, shown[row.pk]) for row in rows)


_KINDS = {kind: n for n, kind in enumerate(Kind.values)}


def _in_order(key: _Key) -> tuple[int, str, int, str, str]:
    kind, clock, layer, limit_s, limit_kind = key
    return _KINDS[kind], clock, limit_s, layer, limit_kind


def _kept(kind: str, limit: Limit, cases: Sequence[_Case], upheld: set[tuple[int, str]]) -> Kept:
    apart = {pk for pk, clock in upheld if clock in ("", limit.clock)}
    mine = [one for one in cases if one[0] not in apart] if apart else cases
    stopped = [stopped_s for _, _, _, stopped_s, _, _ in mine if stopped_s is not None]
    late = {pk: Late(pk, received_at, shown_s) for pk, received_at, shown_s, _, is_late, _ in mine if is_late}
    return Kept(
        kind=kind,
        limit=limit,
        order_count=len({one[0] for one in mine}),
        unknown_count=sum(unknown for *_, unknown in mine),
        appealed_count=len(cases) - len(mine),
        mean_s=float(np.mean(stopped)) if stopped else float("nan"),
        late=tuple(late.values()),
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


def promises_kept(
    scope: Iterable[str], *, since: datetime, until: datetime, at: datetime, reader: Reader | None = None
) -> list[Words]:
    """How promises of a time were kept, by team and by whoever gave them, of orders that ``reader`` may see."""
    inside = within(scope, field="order__unit__path") & readable(reader, field="order__")
    rows = Promise.objects.filter(inside, due_at__gte=since, due_at__lt=until).select_related("order__unit")
    of: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        how = became(row, at)
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


def became(row: Promise, at: datetime) -> str:
    """What became of a promise by an instant: kept, moved in time, broken, or open."""
    if row.kept_at is not None:
        return "kept" if row.kept_at <= row.due_at else "broken"
    if row.moved_at is not None:
        return "moved" if row.moved_at <= row.due_at else "broken"
    return "broken" if at > row.due_at else "open"
