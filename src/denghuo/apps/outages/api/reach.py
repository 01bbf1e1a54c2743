"""What programs may reach: somebody else's outage or suspected fault is not there."""

from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router

from denghuo.apps.organization.access import Permission
from denghuo.apps.organization.api import Allowed
from denghuo.apps.outages import queries
from denghuo.apps.outages.models import Outage, Suspicion


class WithinReach(Allowed):
    """Somebody else's thing is not there, before anything else of the request is looked at."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        user = super().authenticate(request, key)
        found = request.resolver_match
        if user is not None and found and "outage_id" in found.kwargs:
            outage_of(request, found.kwargs["outage_id"])
        if user is not None and found and "suspicion_id" in found.kwargs:
            suspicion_of(request, found.kwargs["suspicion_id"])
        return user


def outage_of(request: HttpRequest, outage_id: int) -> Outage:
    """An outage within reach."""
    try:
        return queries.outage_for(scope=request.data_scope, outage_id=outage_id)  # type: ignore[attr-defined]
    except Outage.DoesNotExist as missing:
        raise Http404("No such outage within reach.") from missing


def suspicion_of(request: HttpRequest, suspicion_id: int) -> Suspicion:
    """A suspected fault within reach."""
    try:
        return queries.suspicion_for(scope=request.data_scope, suspicion_id=suspicion_id)  # type: ignore[attr-defined]
    except Suspicion.DoesNotExist as missing:
        raise Http404("No such suspected fault within reach.") from missing


# One for all modules: a router of its own would put a stroke behind the address of the list.
router = Router(tags=["outages"], auth=WithinReach(Permission.OUTAGES_VIEW))
