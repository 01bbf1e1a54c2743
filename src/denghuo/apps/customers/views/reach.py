"""What of the customer file a request reaches: by the units for which the guard of the page let the person in."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone

from denghuo.apps.customers import queries
from denghuo.apps.customers.models import Account
from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import Permission, may, permissions_of
from denghuo.apps.organization.models import Unit


def scope(request: HttpRequest) -> tuple[str, ...]:
    """The units for which the guard of the page let the person in."""
    return request.data_scope  # type: ignore[attr-defined]


def now_and_who(request: HttpRequest) -> dict[str, Any]:
    """When, and who: what every action is told."""
    at: datetime = timezone.now()
    return {"at": at, "actor": request.user.get_username()}


def account_seen(request: HttpRequest, account_id: int) -> Account:
    """An account within reach, with its person and premises."""
    found = queries.account_for(scope(request), account_id)
    if found is None:
        raise Http404
    return found


def units(request: HttpRequest) -> list[Unit]:
    """Stations within reach."""
    return organization.stations_within(scope(request))


_DEEDS = {
    "edit": Permission.CUSTOMERS_EDIT,
    "unmask": Permission.CUSTOMERS_UNMASK,
    "review": Permission.CUSTOMERS_REVIEW,
    "imports": Permission.CUSTOMERS_IMPORT,
    "export": Permission.EXPORT,
}


def deeds(request: HttpRequest) -> dict[str, bool]:
    """What the person may do with customers somewhere: which tabs and buttons are there."""
    allowed = permissions_of(request.user)
    return {name: permission in allowed for name, permission in _DEEDS.items()}


def deeds_on(request: HttpRequest, account: Account) -> dict[str, bool]:
    """What the person may do with one customer. ``care``: write down visits and reviews, which is also theirs to do who
    answers for the customer by name."""
    told = {name: may(request.user, permission, path=account.unit.path) for name, permission in _DEEDS.items()}
    who = queries.responsible_for(account.pk)
    return told | {"care": told["edit"] or (who is not None and who.user_id == request.user.pk)}
