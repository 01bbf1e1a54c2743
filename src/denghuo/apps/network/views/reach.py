"""Which network a request may ask about."""

from django.http import Http404, HttpRequest

from denghuo.apps.network import queries
from denghuo.apps.network.models import Network


def network_within_reach(request: HttpRequest, network_id: int) -> Network:
    """The network, if it lies in the scope that the guard found; otherwise it is not there."""
    try:
        return queries.network_for(scope=request.data_scope, network_id=network_id)  # type: ignore[attr-defined]
    except Network.DoesNotExist as missing:
        raise Http404 from missing
