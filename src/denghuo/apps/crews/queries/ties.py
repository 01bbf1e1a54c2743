"""Who was sent for an order, for the order's page."""

from collections.abc import Iterator, Sequence

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.crews.models import Assignment, Quote
from denghuo.apps.crews.queries.assignments import quotes_of
from denghuo.apps.orders.queries import Tie
from denghuo.apps.organization.access import Permission
from denghuo.apps.sealed import masked_name


def order_ties(order_id: int) -> list[Tie]:
    """The crews that were sent for an order, the last first, how far they are, what the customer agreed to pay, and
    what the crew wrote of its work."""
    mine = Assignment.objects.filter(orders__order_id=order_id).select_related("crew").distinct()
    rows = list(mine.order_by("-sent_at", "-pk"))
    quotes = quotes_of(row.pk for row in rows)
    return [
        Tie(
            label=_("Crew"),
            text=str(row.crew),
            path=reverse("crews:assignment", args=[row.pk]),
            permission=Permission.CREWS_VIEW,
            note=str(row.get_finding_display() or row.get_state_display()),
            tone="doing" if row.is_open else "done" if row.finding else "filed",
            lines=tuple(_lines(row, [one for one in quotes.get(row.pk, ()) if one.order_id == order_id])),
        )
        for row in rows
    ]


def _lines(row: Assignment, quotes: Sequence[Quote]) -> Iterator[str]:
    if quotes:
        yield _quoted(quotes[-1])
    if row.receipt:
        yield _("Receipt: %(text)s") % {"text": row.receipt}
    if row.ended_because:
        yield row.ended_because


def _quoted(quote: Quote) -> str:
    """What came of a quote; of who accepted it as much as everybody may read."""
    told = {"amount": f"{quote.total_fen / 100:,.2f}"}
    if quote.accepted_at is None:
        return _("Quote of %(amount)s yuan not accepted: %(why)s") % (told | {"why": quote.refused_because})
    if quote.lapsed_at is not None:
        return _("Quote of %(amount)s yuan not charged: the fault was on our side") % told
    told["at"] = f"{timezone.localtime(quote.accepted_at):%Y-%m-%d %H:%M}"
    told["name"] = masked_name(quote.accepted_name) or _("the customer, by signature")
    return _("Quote of %(amount)s yuan, accepted by %(name)s at %(at)s") % told
