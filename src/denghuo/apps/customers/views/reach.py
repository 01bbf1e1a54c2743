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


def account_of_somebody(request: HttpRequest, account_id: int) -> Account:
    """An account within reach whose customer is not anonymous: what is written of a customer is of somebody."""
    found = account_seen(request, account_id)
    if found.person.anonymized_at is not None:
        raise Http404
    return found


def units(request: HttpRequest) -> list[Unit]:
    """Stations within reach."""
    return organization.stations_within(scope(request))


_DEEDS = {
    "edit": Permission.CUSTOMERS_EDIT,
    "unmask": Permission.CUSTOMERS_UNMASK,
    "review": Permission.CUSTOMERS_REVIEW,
    "forget": Permission.CUSTOMERS_FORGET,
    "imports": Permission.CUSTOMERS_IMPORT,
    "export": Permission.EXPORT,
}


def deeds(request: HttpRequest) -> dict[str, bool]:
    """What the person may do with customers somewhere: which tabs and buttons are there."""
    allowed = permissions_of(request.user)
    return {name: permission in allowed for name, permission in _DEEDS.items()}


def deeds_on(request: HttpRequest, account: Account) -> dict[str, bool]:
    """What the person may do with one customer. ``care``: write down visits and reviews, which is also theirs to do who
    answers for the customer by name. Of somebody who is anonymous there is nothing to write or to unmask."""
    told = {name: may(request.user, permission, path=account.unit.path) for name, permission in _DEEDS.items()}
    if account.person.anonymized_at is not None:
        return told | {"edit": False, "unmask": False, "care": False, "forget": False}
    who = queries.responsible_for(account.pk)
    return told | {"care": told["edit"] or (who is not None and who.user_id == request.user.pk)}
