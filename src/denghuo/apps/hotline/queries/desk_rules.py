"""The rule of the desk that is in force on a day."""

from datetime import date, datetime, timedelta

from django.utils import timezone

from denghuo.apps.hotline.models import DeskRule

# What a new installation works by until somebody says otherwise: defaults, no published rule.
_FIRST = DeskRule(from_date=date(1900, 1, 1), source="")
_LAST = timedelta(minutes=15)  # a call that is due in the evening can still be made before the hours are over


def desk_rule(on: date) -> DeskRule:
    """The rule in force on a local day; one without a key is the default."""
    return DeskRule.objects.filter(from_date__lte=on).order_by("-from_date").first() or _FIRST


def desk_rules() -> list[DeskRule]:
    """Every rule, the newest first, the default last."""
    return [*DeskRule.objects.order_by("-from_date"), _FIRST]


def may_call(rule: DeskRule, *, at: datetime) -> bool:
    """Whether an instant lies in the hours at which people are called."""
    return rule.call_from <= timezone.localtime(at).hour < rule.call_until


def call_back_due(rule: DeskRule, *, at: datetime) -> datetime:
    """By when somebody is called back who is promised it at an instant: within the rule's time, and at an hour at which
    people are called. A time in the night is the last quarter of an hour of the evening before, or the morning after
    where that is past.
    """
    due = timezone.localtime(at + timedelta(seconds=rule.call_back_within_s))
    if may_call(rule, at=due):
        return due
    midnight = due.replace(hour=0, minute=0, second=0, microsecond=0)
    day = midnight if due.hour >= rule.call_until else midnight - timedelta(days=1)
    evening = day + timedelta(hours=rule.call_until) - _LAST
    return evening if evening > at else next_in_hours(rule, at=due)


def next_try_at(rule: DeskRule, *, at: datetime) -> datetime:
    """When somebody is called again whom nobody reached at an instant."""
    return next_in_hours(rule, at=at + timedelta(seconds=rule.call_back_retry_s))


def next_in_hours(rule: DeskRule, *, at: datetime) -> datetime:
    """The first instant from one on at which people are called."""
    local = timezone.localtime(at)
    if may_call(rule, at=local):
        return local
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=local.hour >= rule.call_until, hours=rule.call_from)
