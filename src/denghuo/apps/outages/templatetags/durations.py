"""How long something took, as people say it."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()


@register.filter
def duration(start: datetime, end: datetime | None = None) -> str:
    """From one instant to another, or until now, in the two largest units: 3 days 4 hours, 1 hour 4 minutes.

    A unit of which there is none is left out.
    """
    minutes = int(((end or timezone.now()) - start).total_seconds() // 60)
    if minutes < 1:
        return _("less than a minute")
    hours, days = minutes // 60, minutes // (24 * 60)
    parts = [
        (days, ngettext("%(n)d day", "%(n)d days", days)),
        (hours % 24, ngettext("%(n)d hour", "%(n)d hours", hours % 24)),
        (minutes % 60 if not days else 0, ngettext("%(n)d minute", "%(n)d minutes", minutes % 60)),
    ]
    return " ".join(words % {"n": count} for count, words in parts if count)
