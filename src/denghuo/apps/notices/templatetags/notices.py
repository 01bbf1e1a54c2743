"""Lengths of time and ways of telling, as people say them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import template
from django.utils.translation import ngettext

from denghuo.apps.notices.models import Channel, How
from denghuo.apps.organization.access import Permission, permissions_of

register = template.Library()
_WAYS = {**dict(Channel.choices), **dict(How.choices)}
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


@register.filter
def ahead(told: timedelta) -> str:
    """How long before, in the largest unit that is whole."""
    if told % _DAY == timedelta(0):
        count = told // _DAY
        return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}
    if told % _HOUR == timedelta(0):
        count = told // _HOUR
        return ngettext("%(count)d hour", "%(count)d hours", count) % {"count": count}
    count = int(told.total_seconds() // 60)
    return ngettext("%(count)d minute", "%(count)d minutes", count) % {"count": count}


@register.filter
def minutes_ahead(minutes: int) -> str:
    """The same from minutes."""
    return ahead(timedelta(minutes=minutes))


@register.filter
def way(code: str) -> str:
    """A channel, or a way by hand, by its name."""
    return str(_WAYS.get(code, code))


@register.simple_tag(takes_context=True)
def may_send(context: Mapping[str, Any]) -> bool:
    """Whether who looks at the page may send notices somewhere."""
    return Permission.NOTICES_SEND in permissions_of(context["request"].user)


@register.filter
def at_key(told: Mapping[str, Any], key: str) -> Any:
    """What stands under a key; the key itself where nothing does."""
    return told.get(key, key)
