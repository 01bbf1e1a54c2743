"""The calls of an order, as evidence of it: when, how long it waited and was spoken, who answered, who called back."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from denghuo.apps.hotline.models import Call, CallBackTry, CallNote
from denghuo.apps.orders.queries import Exhibit


def order_exhibits(order_id: int) -> list[Exhibit]:
    """The calls that an order came from or that pressed for it, what was made of them, and each call back."""
    notes = list(CallNote.objects.filter(order_id=order_id, kept_at__isnull=False).order_by("kept_at"))
    tries = CallBackTry.objects.filter(call_back__note__in=notes)
    return [*_of_notes(notes), *map(_call_back, tries)]


def _of_notes(notes: list[CallNote]) -> Iterator[Exhibit]:
    for note in notes:
        if note.call_id:
            calls = Call.objects.filter(exchange_id=note.exchange_id, call_id=note.call_id)
            yield from map(_call, calls.select_related("agent__user", "exchange"))
        yield Exhibit(
            at=note.kept_at or note.drafted_at,
            source=_("Note of the desk"),
            what=str(note.get_kind_display()),
            who=note.written_by,
            reference=note.call_id,
        )


def _call(row: Call) -> Exhibit:
    spans = ((_("waited %(s)d s"), row.wait_s), (_("spoke %(s)d s"), row.talk_s))
    words = [str(row.get_outcome_display()), *(said % {"s": round(s)} for said, s in spans if s is not None)]
    who = ""
    if row.agent is not None:
        who = row.agent.user.username if row.agent.user is not None else row.agent.code
    return Exhibit(
        at=row.entered_at,
        source=_("Call to %(exchange)s") % {"exchange": row.exchange.name},
        what=" · ".join(words),
        who=who,
        reference=row.call_id,
    )


def _call_back(row: CallBackTry) -> Exhibit:
    return Exhibit(
        at=row.tried_at, source=_("Call back"), what=str(row.get_result_display()), who=row.tried_by, reference=""
    )
