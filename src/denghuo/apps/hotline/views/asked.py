"""Whom the desk shows: the call in hand, a draft that is opened again, or a number that was typed in."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _

from denghuo.adapters.phones import dialed
from denghuo.apps.hotline import queries
from denghuo.apps.hotline.forms import NUMBER_WANTED
from denghuo.apps.hotline.models import CallNote, Exchange

_MOBILE_DIGITS, _LANDLINE_DIGITS = 11, 12
_ENDING = re.compile(r"[0-9]{1,4}$")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Whom the desk shows. ``token`` tells one from the next; ``account_id`` is the account that was chosen."""

    exchange: Exchange
    call_id: str
    number: str
    state: str = ""
    since: datetime | None = None
    account_id: int | None = None

    @property
    def token(self) -> str:
        return f"{self.exchange.pk}/{self.call_id}"


def asked_of(request: HttpRequest, typed: str) -> tuple[Asked | None, str]:
    """The draft that is opened again, the number typed in, or else the call in hand; and why a number typed in cannot
    be looked up, as a sentence.
    """
    exchanges = queries.exchanges_within(request.data_scope)  # type: ignore[attr-defined]
    if draft := _draft(request):
        return of_key(request, draft.exchange, call_id=draft.call_id, number=draft.number), ""
    if not typed or not exchanges:
        return in_hand(request, exchanges), ""
    seat = queries.seat_of(request.user.pk or 0)
    own = next((one for one in exchanges if seat and one.pk == seat.exchange_id), exchanges[0])
    number = dialed(typed)
    if queries.can_be_looked_up(own, number):
        return Asked(exchange=own, call_id="", number=number, account_id=key_in(request, "account")), ""
    return in_hand(request, exchanges), _why_not(typed, number)


def _why_not(typed: str, number: str) -> str:
    """Why what was typed in cannot be looked up; ``number``: its digits, if it has nothing else."""
    if len(number) > (_LANDLINE_DIGITS if number.startswith("0") else _MOBILE_DIGITS):
        text = _(
            "That has %(n)d digits, which is too long: a mobile number has 11, a landline with its area code 10 to 12. "
            "Type it in anew."
        )
        return text % {"n": len(number)}
    part = bool(number) or dialed(typed.replace("*", "0")) != ""
    return _("A masked number or a part of one cannot be looked up here.") if part else str(NUMBER_WANTED)


def _draft(request: HttpRequest) -> CallNote | None:
    """The note that this person began and wants to go on with."""
    key, scope = key_in(request, "draft"), request.data_scope  # type: ignore[attr-defined]
    return queries.open_draft(scope, note_id=key, username=request.user.get_username()) if key else None


def key_in(request: HttpRequest, name: str) -> int | None:
    """A key in the address; None: there is none."""
    key = request.GET.get(name, "")
    return int(key) if key.isascii() and key.isdigit() and len(key) < 18 else None


def of_key(
    request: HttpRequest, exchange: Exchange, *, call_id: str, number: str, account_id: int | None = None
) -> Asked:
    """Whom a note is about: the call in hand as it stands now, if it is that one."""
    hand = in_hand(request, [exchange])
    if hand and call_id and hand.call_id == call_id:
        return hand if account_id is None else replace(hand, account_id=account_id)
    return Asked(exchange=exchange, call_id=call_id, number=number, account_id=account_id)


def in_hand(request: HttpRequest, exchanges: list[Exchange]) -> Asked | None:
    """The call in this person's hand."""
    hand = queries.call_in_hand(request.user.pk or 0)
    if hand is None or hand.exchange.pk not in {one.pk for one in exchanges}:
        return None
    return Asked(
        exchange=hand.exchange,
        call_id=hand.call_id,
        number=hand.number,
        state=hand.state,
        since=hand.since,
        account_id=key_in(request, "account"),
    )


def ending(typed: str) -> str:
    """The digits at the end of a number, as far as a list of calls may be searched by them."""
    found = _ENDING.search(typed)
    return found[0] if found else ""
