"""Who reported missing supply, was asked whether it is back, and has not answered: somebody calls them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from denghuo.apps.hotline.queries.calls import masked
from denghuo.apps.orders.queries.callers import callers_of
from denghuo.apps.organization.access import within
from denghuo.apps.outages import queries as outages
from denghuo.apps.outages.models import Report, ReportState

_MOST = 50


@dataclass(frozen=True, kw_only=True)
class Unanswered:
    """One of them: ``number`` is masked, "" where none is known; ``until_at`` is until when they could answer."""

    report: Report
    number: str
    until_at: datetime


def unanswered(scope: Iterable[str], *, at: datetime) -> list[Unanswered]:
    """Those whose time to answer is over by the rule of their unit, whose supply has been back longest first."""
    rows = Report.objects.filter(
        within(scope, field="network__unit__path"), state=ReportState.BACK, asked_at__lt=at, answered_at=None
    ).select_related("order", "outage", "network__unit")
    within_s: dict[str, int] = {}
    found: list[tuple[Report, datetime]] = []
    for row in rows.order_by("back_at", "pk")[: 10 * _MOST]:
        path = str(row.network.unit.path) if row.network else ""
        if path not in within_s:
            within_s[path] = outages.rule_for(path, on=timezone.localdate(at)).ask_within_s
        until_at = (row.asked_at or at) + timedelta(seconds=within_s[path])
        if until_at <= at:
            found.append((row, until_at))
    numbers = callers_of([row.order_id for row, _until in found[:_MOST]])
    return [
        Unanswered(report=row, number=masked(numbers.get(row.order_id, "")), until_at=until_at)
        for row, until_at in found[:_MOST]
    ]


def reporter_for(*, scope: Iterable[str], report_id: int) -> Report:
    """One report, if its network lies in the scope.

    Raises:
        Report.DoesNotExist: there is none, or it is somebody else's.
    """
    return Report.objects.get(within(scope, field="network__unit__path"), pk=report_id)
