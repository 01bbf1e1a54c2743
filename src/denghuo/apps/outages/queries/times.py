"""When a plan may be, and by when the law wants it told."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.network.models import Network
from denghuo.apps.notices import queries as notices
from denghuo.apps.notices.models import NoticeCase
from denghuo.apps.outages.models import Outage
from denghuo.apps.outages.queries.plans import case_of, case_of_kind
from denghuo.apps.outages.queries.rules import rule_for

_LONG = timedelta(days=3)
_FAR = timedelta(days=366)


def doubts_of_times(kind: int, unit_path: str, start_at: datetime, end_at: datetime, *, at: datetime) -> Iterator[str]:
    """What is odd about the time of a plan, in sentences; nothing: it may stand."""
    if start_at <= at:
        yield _(
            "The beginning, %(time)s, has passed. What was switched is recorded in the switching log; enter it here"
            " only if it was approved beforehand."
        ) % {"time": _minute(start_at)}
    else:
        yield from _short_notice(kind, unit_path, start_at, at)
    if end_at - start_at > _LONG:
        days = (end_at - start_at) / timedelta(days=1)
        yield _("It lasts %(days)d days, until %(time)s. Is that meant?") % {"days": days, "time": _minute(end_at)}
    if start_at > at + _FAR:
        yield _("It begins on %(time)s, more than a year ahead. Is that meant?") % {"time": _minute(start_at)}


def _short_notice(kind: int, unit_path: str, start_at: datetime, at: datetime) -> Iterator[str]:
    case = case_of_kind(kind)
    late = [one for one in _deadlines(case, unit_path, start_at) if one.is_over(at)] if case else []
    if late:
        last = max(late, key=lambda one: one.duty.ahead)
        told = {"time": _minute(last.due_at), "basis": last.duty.basis}
        yield _("The law asks that it is told by %(time)s (%(basis)s), and that has passed.") % told


def _deadlines(case: NoticeCase, unit_path: str, start_at: datetime) -> list[notices.Deadline]:
    return notices.deadlines_for(case, start_at, unit_path=unit_path, on=timezone.localdate(start_at))


def _minute(instant: datetime) -> str:
    return f"{timezone.localtime(instant):%Y-%m-%d %H:%M}"


def legal_by(outage: Outage, *, at: datetime) -> datetime:
    """By when the next notice of a plan must be there: the next deadline of the law that has not passed, and as long
    before it begins as the rule of telling has it at the latest."""
    start_at = outage.planned_start_at
    assert start_at is not None
    case, path = case_of(outage), str(outage.network.unit.path)
    dues = [one.due_at for one in _deadlines(case, path, start_at)] if case else []
    least = timedelta(seconds=rule_for(path, on=timezone.localdate(at)).plan_told_before_s)
    return min([*(due for due in dues if due > at), start_at - least])


def tell_by(outage: Outage) -> datetime | None:
    """By when the law wants a plan told first; None: it wants no notice of it."""
    case, start_at = case_of(outage), outage.planned_start_at
    if case is None or start_at is None:
        return None
    return min((one.due_at for one in _deadlines(case, str(outage.network.unit.path), start_at)), default=None)


def quiet_of(network: Network, *, on: datetime) -> tuple[time | None, time | None]:
    """The quiet hours of a station, for what is told of plans."""
    rule = rule_for(str(network.unit.path), on=timezone.localdate(on))
    return rule.quiet_from, rule.quiet_until
