"""What the person may do at the hotline, and the calls that are owed, for pages of others as well."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import template
from django.utils import timezone

from denghuo.apps.customers.models import ImportantLevel
from denghuo.apps.hotline import queries
from denghuo.apps.hotline.forms import LETTERS
from denghuo.apps.hotline.models import Exchange, NoteKind
from denghuo.apps.organization.access import Permission, permissions_of
from denghuo.apps.sealed import masked_phone

register = template.Library()
_SOON = timedelta(hours=1)
_SHOWN = 5
_SETTINGS = ("targets", "causes", "definitions", "desk-rules", "seats", "sources", "import", "import-upload")


@register.simple_tag(takes_context=True)
def hotline_deeds(context: dict[str, Any]) -> dict[str, Any]:
    """Whether the person works at the desk, and whether they answer for it; and which pages are settings."""
    allowed = permissions_of(context["request"].user)
    return {
        "work": Permission.HOTLINE_WORK in allowed,
        "edit": Permission.HOTLINE_EDIT in allowed,
        "staffing": Permission.STAFFING_VIEW in allowed,
        "settings": _SETTINGS,
    }


@register.filter
def named(names: dict[str, str], username: str) -> str:
    """What somebody is called; who has no account is told by the name that is recorded."""
    return names.get(username, username)


@register.filter
def hours(seconds: int) -> str:
    """Seconds as hours: 2, 0.5."""
    return f"{seconds / 3600:g}"


@register.filter
def percents(share: float) -> str:
    """A share in percent: 2, 0.5."""
    return f"{100 * share:.6g}"


@register.filter
def letters(kind: str) -> str:
    """The two letters that choose a kind of business."""
    return str(LETTERS[NoteKind(kind)])


@register.filter
def important_level(level: str) -> str:
    """How much depends on an important user's supply, in words."""
    return str(ImportantLevel(level).label)


@register.inclusion_tag("hotline/call_backs_due.html")
def call_backs_due(exchanges: Sequence[Exchange]) -> dict[str, Any]:
    """The calls owed by exchanges that are overdue or due within the hour; nothing where there are none."""
    now = timezone.now()
    due = queries.owed([str(one.unit.path) for one in exchanges]).filter(due_at__lt=now + _SOON)
    rows = [(row, masked_phone(row.number), row.due_at < now) for row in due[:_SHOWN]]
    return {"rows": rows, "count": due.count(), "quiet": queries.quiet(exchanges, at=now) if rows else None}
