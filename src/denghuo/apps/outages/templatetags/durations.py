"""How long something took, as people say it."""

from collections.abc import Callable
from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()


@register.filter
def duration(start: datetime, end: datetime | None = None) -> str:
    """From one instant to another, or until now, in the two largest units: 3 days 4 hours, 1 hour 4 minutes."""
    return spoken(int(((end or timezone.now()) - start).total_seconds() // 60))


def spoken(minutes: int) -> str:
    """So many minutes in the two largest units. A unit of which there is none is left out."""
    if minutes < 1:
        return _("less than a minute")
    hours, days = minutes // 60, minutes // (24 * 60)
    counts = (days, hours % 24, minutes % 60 if not days else 0)
    return " ".join(unit(count) % {"n": count} for count, unit in zip(counts, _UNITS, strict=True) if count)


def units() -> list[tuple[str, str]]:
    """Days, hours and minutes as a script says them: of one, and of several."""
    return [(unit(1), unit(2)) for unit in _UNITS]


_UNITS: tuple[Callable[[int], str], ...] = (
    lambda n: ngettext("%(n)d day", "%(n)d days", n),
    lambda n: ngettext("%(n)d hour", "%(n)d hours", n),
    lambda n: ngettext("%(n)d minute", "%(n)d minutes", n),
)
