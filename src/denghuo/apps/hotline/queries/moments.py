"""Calls as moments of a customer's timeline. What agents wrote stays at the desk: only of what kind it was is told, and
of a report of misconduct nothing."""

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from denghuo.adapters.telephony.records import CallOutcome
from denghuo.apps.customers.queries import Moment
from denghuo.apps.hotline.models import Call, CallNote
from denghuo.apps.hotline.queries.announcements import exchanges_serving
from denghuo.apps.hotline.queries.callers import numbers_of
from denghuo.apps.hotline.queries.desk import open_notes
from denghuo.apps.organization.access import Permission
from denghuo.apps.organization.models import Unit

_SERVED = (CallOutcome.ANSWERED, CallOutcome.ANNOUNCED)


def customer_moments(
    account_id: int, load_code: str, unit_id: int, *, limit: int, before: datetime | None
) -> list[Moment]:
    """Calls from the numbers of whoever has an account, but for those that were about another account of theirs, and
    what others called about it; the last first."""
    del load_code  # a call is of a number, not of a place
    exchanges = exchanges_serving(str(Unit.objects.get(pk=unit_id).path))
    calls = Call.objects.filter(exchange__in=exchanges, caller__in=numbers_of(account_id))
    told_to_all = CallNote.objects.filter(open_notes(None), exchange__in=exchanges)
    own = told_to_all.filter(account_id=account_id)
    if before is not None:
        calls, own = calls.filter(entered_at__lt=before), own.filter(drafted_at__lt=before)
    # As many again may be about other accounts of the same person.
    rows = list(calls.order_by("-entered_at", "-pk")[: 2 * limit])
    ids = [row.call_id for row in rows]
    written = told_to_all.filter(call_id__in=ids)
    of_call: dict[tuple[int, str], list[CallNote]] = {}
    for note in written.exclude(call_id="").order_by("kept_at"):
        of_call.setdefault((note.exchange_id, note.call_id), []).append(note)
    found = [_of_call(row, of_call.get((row.exchange_id, row.call_id), []), account_id) for row in rows]
    told = [one for one in found if one is not None]
    told += [_of_note(note) for note in own[:limit] if (note.exchange_id, note.call_id) not in of_call]
    return sorted(told, key=lambda one: one.at, reverse=True)[:limit]


def _of_call(call: Call, notes: Sequence[CallNote], account_id: int) -> Moment | None:
    of_others = [note for note in notes if note.account_id not in (None, account_id)]
    if of_others and len(of_others) == len(notes):
        return None
    what = str(call.get_outcome_display())
    kinds = dict.fromkeys(str(note.get_kind_display()) for note in notes if note not in of_others)
    return Moment(
        at=call.entered_at,
        kind="hotline.call",
        text=_("Called the hotline: %(what)s") % {"what": pgettext("between names", ", ").join([what, *kinds])},
        path=reverse("hotline:call", args=[call.pk]),
        permission=Permission.HOTLINE_VIEW,
        tone="done" if call.outcome in _SERVED else "act",
    )


def _of_note(note: CallNote) -> Moment:
    """Somebody else called about it, or the exchange has not told the call."""
    what = {"what": str(note.get_kind_display())}
    return Moment(at=note.drafted_at, kind="hotline.note", text=_("Told the hotline: %(what)s") % what, tone="done")
