"""Where gateways report. They do not sign in: the address holds a secret of each gateway, and those that sign are
checked by their signature."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from denghuo.adapters.messaging import GATEWAYS, GatewayFormatError, Kind
from denghuo.apps.notices import actions, queries
from denghuo.apps.notices.actions.settings import RECEIPT_BLIND
from denghuo.apps.notices.sender import account_of
from denghuo.apps.sealed import blind

_LARGEST_BYTES = 1_000_000


@csrf_exempt
@require_POST
def receipts(request: HttpRequest, token: str) -> HttpResponse:
    """Take what a gateway reports; said twice, nothing happens anew."""
    gateway = queries.gateway_of_receipts(blind(token, context=RECEIPT_BLIND))
    if gateway is None or gateway.receipt_token != token:
        raise Http404
    if int(request.META.get("CONTENT_LENGTH") or 0) > _LARGEST_BYTES:
        return HttpResponse(status=413)
    adapter, at = GATEWAYS[Kind(gateway.kind)], timezone.now()
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        reports = adapter.read_reports(account_of(gateway), request.body, headers, at=at)
    except GatewayFormatError as error:
        return JsonResponse({"error": str(error)}, status=400)
    actions.take_receipts(gateway_id=gateway.pk, reports=reports, at=at, actor=f"gateway:{gateway.pk}")
    return JsonResponse(adapter.thanks())
