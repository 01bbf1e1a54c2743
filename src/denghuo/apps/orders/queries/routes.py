"""How long the rest of the way takes: from a state of an order until a clock stops, as it was lately."""

from collections import defaultdict
from datetime import datetime, timedelta
from statistics import median

from denghuo.apps.orders.models import Order, OrderStep
from denghuo.apps.orders.snapshot.clocks import effects_of

_LATELY = timedelta(days=90)
_FEWEST = 20
_MOST = 5_000

Route = tuple[str, str, str]


def routes_measured(*, at: datetime) -> tuple[dict[Route, tuple[int, int]], int]:
    """Median seconds and count of each way with enough orders behind it, and how many orders were looked at.

    Suspended orders are left out, and such as were of another kind for a while: their time is not the way's.
    """
    rows = Order.objects.filter(closed_at__gt=at - _LATELY, closed_at__lte=at, state="closed").order_by("-pk")
    kinds = dict(rows.values_list("pk", "kind")[:_MOST])
    steps: dict[int, list[tuple[str, str, datetime, str]]] = defaultdict(list)
    told = OrderStep.objects.filter(order_id__in=rows.values("pk")).order_by("told_at", "pk")
    for order_id, step, to_state, told_at, effects in told.values_list(
        "order_id", "step", "to_state", "told_at", "effects"
    ):
        steps[order_id].append((step, to_state, told_at, effects))
    took: dict[Route, list[float]] = defaultdict(list)
    for order_id, kind in kinds.items():
        mine = steps[order_id]
        if any(step in ("suspend", "reopen", "return", "reclassify") for step, *_ in mine):
            continue
        entered: dict[str, datetime] = {}
        stopped: set[str] = set()
        for _, to_state, told_at, effects in mine:
            for clock, verb in effects_of(effects):
                if verb == "stop" and clock not in stopped and clock != "*":
                    stopped.add(clock)
                    for state, since_at in entered.items():
                        took[kind, state, clock].append((told_at - since_at).total_seconds())
            entered.setdefault(to_state, told_at)
    enough = {route: spans for route, spans in took.items() if len(spans) >= _FEWEST}
    return {route: (int(median(spans)), len(spans)) for route, spans in enough.items()}, len(kinds)
