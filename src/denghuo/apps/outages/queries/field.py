"""What the field and the orders ask about supply: since when it is gone, since when it is back, who says it is not."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from denghuo.apps.crews.queries.supply import Supply
from denghuo.apps.orders.queries.still_out import SaysOut
from denghuo.apps.outages.models import REPORT_OVER, Outage, Report, Suspicion
from denghuo.apps.outages.queries.estimates import subject_of


def supply_of(about: str) -> Supply | None:
    """Of what a crew is sent for: since when supply is gone, and when the switching log says that it came back."""
    subject = subject_of(about)
    if isinstance(subject, Suspicion):
        if subject.outage is None:
            return Supply(gone_at=subject.opened_at or subject.first_reported_at, back_at=None)
        subject = subject.outage
    return Supply(gone_at=subject.started_at, back_at=subject.restored_at) if subject else None


def says_still_out(order_ids: Iterable[int]) -> Mapping[int, SaysOut]:
    """Of orders, those whose customer was asked and says that supply is not back, while nothing shows that it is."""
    rows = Report.objects.filter(order_id__in=list(order_ids), still_out_count__gt=0).exclude(state__in=REPORT_OVER)
    rows = rows.select_related("suspicion")
    before = _names_of(one for row in rows for one in (row.outage_id, row.suspicion and row.suspicion.outage_id) if one)
    found = {}
    for row in rows:
        names = {row.about, f"orders.order:{row.order_id}"}
        names |= {row.suspicion.about} if row.suspicion else set()
        for outage_id in (row.outage_id, row.suspicion.outage_id if row.suspicion else None):
            names |= before.get(outage_id or 0, set())
        found[row.order_id] = SaysOut(said_at=row.answered_at or row.reported_at, abouts=frozenset(names))
    return found


def _names_of(outage_ids: Iterable[int]) -> dict[int, set[str]]:
    """How an outage is called: by its own name, and by those of the suspected faults that it was."""
    found: dict[int, set[str]] = defaultdict(set)
    for row in Outage.objects.filter(pk__in=set(outage_ids)).prefetch_related("suspicions"):
        found[row.pk] = {row.about, *row.formerly}
    return found
