"""How messages tell where and when."""

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

_AREAS_NAMED = 3


def area_told(names: Iterable[str]) -> str:
    """The first areas by name, as a message tells them."""
    areas = list(dict.fromkeys(name for name in names if name))
    named = "、".join(areas[:_AREAS_NAMED])
    return _("%(areas)s and others") % {"areas": named} if len(areas) > _AREAS_NAMED else named


def clock_told(instant: datetime, *, at: datetime | None = None) -> str:
    """An instant as a message tells it, with its year where that is another one than ``at``."""
    local = timezone.localtime(instant)
    if at is not None and timezone.localtime(at).year != local.year:
        told = {"year": local.year, "month": local.month, "day": local.day, "time": f"{local:%H:%M}"}
        return _("%(year)d/%(month)d/%(day)d %(time)s") % told
    return _("%(month)d/%(day)d %(time)s") % {"month": local.month, "day": local.day, "time": f"{local:%H:%M}"}
