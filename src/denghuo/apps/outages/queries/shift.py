"""The outages of a shift: what each cost, what was said of when supply is back, and when it was."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from denghuo.apps.organization.access import within
from denghuo.apps.outages.models import Estimate, Outage
from denghuo.apps.outages.queries.estimates import estimates_of
from denghuo.apps.outages.queries.outages import Cost, costs


@dataclass(frozen=True, kw_only=True)
class OutageTold:
    """An outage and its cost within a span. ``estimate`` is the last that was said before supply was back;
    ``late_min`` how much later supply came, below 0 earlier, None where there is nothing to compare."""

    outage: Outage
    cost: Cost
    estimate: Estimate | None

    @property
    def late_min(self) -> float | None:
        """Minutes by which supply came later than was said last."""
        if self.estimate is None or self.outage.restored_at is None:
            return None
        return (self.outage.restored_at - self.estimate.expected_at).total_seconds() / 60

    @property
    def early_min(self) -> float | None:
        """The same the other way round."""
        return None if self.late_min is None else -self.late_min

    @property
    def is_as_said(self) -> bool:
        """Whether supply was back when it was said to be, give or take half a minute."""
        return self.late_min is not None and abs(self.late_min) < 0.5

    @property
    def ends_at(self) -> datetime:
        """When supply was back, else when it was looked at."""
        return self.outage.restored_at or self.cost.at


def outages_between(scope: Iterable[str], *, since: datetime, until: datetime) -> list[OutageTold]:
    """Outages that lasted at any time from one instant to another, in the order in which they began."""
    rows = Outage.objects.filter(within(scope, field="network__unit__path"), started_at__lt=until)
    rows = rows.filter(Q(restored_at=None) | Q(restored_at__gt=since)).select_related("network__unit", "feeder")
    found = list(rows.prefetch_related("suspicions").order_by("started_at", "pk"))
    of_suspicion = {one.pk: row.pk for row in found for one in row.suspicions.all()}
    said: dict[int, list[Estimate]] = defaultdict(list)
    for one in estimates_of(outage_ids=[row.pk for row in found], suspicion_ids=list(of_suspicion)):
        said[one.outage_id or of_suspicion[one.suspicion_id or 0]].append(one)
    cost = costs(found, at=until, since=since)
    return [OutageTold(outage=row, cost=cost[row.pk], estimate=_last_word(row, said[row.pk])) for row in found]


def _last_word(outage: Outage, said: Sequence[Estimate]) -> Estimate | None:
    before = [one for one in said if outage.restored_at is None or one.told_at < outage.restored_at]
    return before[-1] if before else None
