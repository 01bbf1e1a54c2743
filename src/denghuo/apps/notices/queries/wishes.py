"""How people want to be told."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone

from denghuo.apps.notices.models import Preference

_AT_ONCE = 500  # parameters of one statement
# What the law wants there so soon after quiet hours does not wait for their end.
CLOSE = timedelta(hours=1)


def wishes_of(to_refs: Iterable[str]) -> dict[str, Preference]:
    """What people set, of those who set something."""
    found: dict[str, Preference] = {}
    refs = list(dict.fromkeys(to_refs))
    for start in range(0, len(refs), _AT_ONCE):
        set_by_them = Preference.objects.filter(to_ref__in=refs[start : start + _AT_ONCE])
        found |= {row.to_ref: row for row in set_by_them}
    return found


def opted_out(wish: Preference, event: str) -> bool:
    """Whether somebody does not want to hear of an event: of it alone, or of all that its context tells."""
    return event in wish.opted_out or event.partition(".")[0] in wish.opted_out


def channel_for(wish: Preference | None, offered: Sequence[str]) -> str | None:
    """The channel to use, of those that there is an address for, best first: the first one wished; None: none is."""
    if wish is None or not wish.channels:
        return offered[0] if offered else None
    return next((one for one in wish.channels if one in offered), None)


def may_wait(row: Any, until_at: datetime) -> bool:
    """Whether a message, or one that is to be, may wait until an instant: not what the law wants there by then, or soon
    after."""
    return not row.legal or (row.legal_by_at is not None and until_at + CLOSE <= row.legal_by_at)


def after_quiet(at: datetime, quiet: tuple[time | None, time | None]) -> datetime:
    """The instant itself, or when the quiet hours that it falls into are over. Local times; they may pass midnight."""
    start, end = quiet
    if start is None or end is None or start == end:
        return at
    local = timezone.localtime(at)
    now = local.time()
    if start < end:
        inside, next_day = start <= now < end, False
    else:
        inside, next_day = now >= start or now < end, now >= start
    if not inside:
        return at
    day = local.date() + timedelta(days=1 if next_day else 0)
    return datetime.combine(day, end, tzinfo=local.tzinfo).astimezone(at.tzinfo)
