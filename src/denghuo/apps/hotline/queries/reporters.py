"""Who reported missing supply, was asked whether it is back, and has not answered: somebody calls them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, QuerySet
from django.utils import timezone

from denghuo.apps.hotline.models import CallBackTry
from denghuo.apps.hotline.queries.desk_rules import desk_rule, next_try_at
from denghuo.apps.orders.queries.callers import callers_of
from denghuo.apps.organization.access import within
from denghuo.apps.outages import queries as outages
from denghuo.apps.outages.models import Report, ReportState
from denghuo.apps.sealed import masked_phone

_MOST = 50


@dataclass(frozen=True, kw_only=True)
class Unanswered:
    """One of them: ``number`` is masked, "" where none is known; ``until_at`` is until when they could answer. They
    were called ``try_count`` times and not reached; ``next_at`` is when to try again, None: nobody has tried yet."""

    report: Report
    number: str
    until_at: datetime
    try_count: int = 0
    next_at: datetime | None = None


def unanswered(scope: Iterable[str], *, at: datetime) -> list[Unanswered]:
    """Those whose time to answer is over by the rule of their unit and who can be tried now, whose supply has been back
    longest first; then those to be tried later. Who was tried often enough by the desk's rule is left in peace."""
    rule = desk_rule(timezone.localdate(at))
    found = _silent(scope, rule.call_back_tries, at=at)
    tried = {key: (n, last_at) for key, n, last_at in _tries([row.pk for row, _until in found])}
    next_at = {key: next_try_at(rule, at=last_at) for key, (_n, last_at) in tried.items()}
    first = sorted(found, key=lambda one: max(next_at.get(one[0].pk, at), at))[:_MOST]
    numbers = callers_of([row.order_id for row, _until in first])
    return [
        Unanswered(
            report=row,
            number=masked_phone(numbers.get(row.order_id, "")),
            until_at=until_at,
            try_count=tried[row.pk][0] if row.pk in tried else 0,
            next_at=next_at.get(row.pk),
        )
        for row, until_at in first
    ]


def _silent(scope: Iterable[str], most_tries: int, *, at: datetime) -> list[tuple[Report, datetime]]:
    """Who let their time to answer pass, and until when it was, whose supply has been back longest first."""
    tries = CallBackTry.objects.exclude(report=None).order_by().values("report")
    often = tries.annotate(n=Count("pk")).filter(n__gte=most_tries).values("report")
    rows = Report.objects.filter(
        within(scope, field="network__unit__path"), state=ReportState.BACK, asked_at__lt=at, answered_at=None
    ).exclude(pk__in=often)
    rows = rows.select_related("order", "outage", "network__unit")
    within_s: dict[str, int] = {}
    found: list[tuple[Report, datetime]] = []
    for row in rows.order_by("back_at", "pk")[: 10 * _MOST]:
        path = str(row.network.unit.path) if row.network else ""
        if path not in within_s:
            within_s[path] = outages.rule_for(path, on=timezone.localdate(at)).ask_within_s
        until_at = (row.asked_at or at) + timedelta(seconds=within_s[path])
        if until_at <= at:
            found.append((row, until_at))
    return found


def _tries(report_ids: list[int]) -> QuerySet[CallBackTry, tuple[int, int, datetime]]:
    """How often each of these was tried, and when last."""
    rows = CallBackTry.objects.filter(report__in=report_ids).order_by()
    return rows.values_list("report").annotate(n=Count("pk"), last_at=Max("tried_at"))


def reporter_for(*, scope: Iterable[str], report_id: int) -> Report:
    """One report, if its network lies in the scope.

    Raises:
        Report.DoesNotExist: there is none, or it is somebody else's.
    """
    return Report.objects.get(within(scope, field="network__unit__path"), pk=report_id)
