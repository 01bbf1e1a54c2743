"""The drawing and what feeds it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from denghuo.apps.network import queries
from denghuo.apps.network.models import SWITCH_KIND_CHOICES
from denghuo.apps.network.views.reach import network_within_reach
from denghuo.apps.organization.access import Permission, may, permission_required


@require_GET
@permission_required(Permission.NETWORK_VIEW)
def home(request: HttpRequest) -> HttpResponse:
    """The networks within reach; where there is only one, that one."""
    networks = queries.networks_within(request.data_scope)  # type: ignore[attr-defined]
    if len(networks) == 1:
        return redirect("network:picture", networks[0].pk)
    rows = [(network, queries.state_now(network.pk)) for network in networks]
    return render(request, "network/home.html", {"rows": rows})


@require_GET
@permission_required(Permission.NETWORK_VIEW)
def picture(request: HttpRequest, network_id: int) -> HttpResponse:
    """The drawing, live."""
    network = network_within_reach(request, network_id)
    context = {
        "network": network,
        "state": queries.state_now(network.pk),
        "may_operate": may(request.user, Permission.NETWORK_OPERATE, path=network.unit.path),
        "device_url": reverse("network:device", args=[network.pk, "CODE"]),
        "words": _words(),
    }
    return render(request, "network/picture.html", context)


def _words() -> dict[str, Any]:
    """What the drawing's script says, in the reader's language."""
    return {
        "open": pgettext("state", "Open"),
        "closed": _("Closed"),
        "lit": _("Supplied"),
        "dead": _("Without supply"),
        "half": _("One side supplied, one side without"),
        "basis": _("now {n} + in thought {m}"),
        "basisLess": _("now {n} − in thought {m}"),
        "darkPart": _("{n} customers out"),
        "lamp": _("{name} · {n} customers"),
        "ifOpened": _("What if I open it?"),
        "ifClosed": _("What if I close it?"),
        "undo": _("Take back"),
        "lost": _("{n} customers behind {t} transformers would lose supply"),
        "restored": _("{n} customers behind {t} transformers would get it back"),
        "nothing": _("Nobody would notice"),
        "loop": _("Closes a loop:"),
        "joins": _("Joins two sources:"),
        "share": _("{n} % of all customers"),
        "rate": _("+{n} in every further hour"),
        **_labels(),
    }


def _labels() -> dict[str, Any]:
    return {
        "noLine": _("No line"),
        "code": _("Code"),
        "line": _("Line"),
        "kind": _("Kind"),
        "operated": _("Operated"),
        "normally": _("Normally"),
        "remote": _("Remotely"),
        "manual": _("By hand"),
        "village": _("Village"),
        "customers": _("Customers"),
        "hours": _("Customer-hours"),
        "mvUsers": _("MV users"),
        "kva": _("Capacity, kVA"),
        "switchKinds": {kind: str(name) for kind, name in SWITCH_KIND_CHOICES},
    }


@require_GET
@permission_required(Permission.NETWORK_VIEW)
def drawing(request: HttpRequest, network_id: int) -> HttpResponse:
    """What is drawn; unchanged until the next import, and the browser is told so."""
    network = network_within_reach(request, network_id)
    etag = f'"{network.pk}-{network.revision}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304)
    response = JsonResponse(queries.drawing(network.pk))
    response["ETag"], response["Cache-Control"] = etag, "private, no-cache"
    return response


@require_GET
@permission_required(Permission.NETWORK_VIEW)
def state(request: HttpRequest, network_id: int) -> HttpResponse:
    """How the switches stand; with ``toggle`` what would be if these devices were moved."""
    network = network_within_reach(request, network_id)
    toggled = [code for code in request.GET.get("toggle", "").split(",") if code]
    try:
        return JsonResponse(queries.drawing_state(network.pk, at=timezone.now(), toggled=toggled))
    except KeyError as unknown:
        raise Http404(unknown.args[0]) from unknown


@require_GET
@permission_required(Permission.NETWORK_VIEW)
def search(request: HttpRequest, network_id: int) -> HttpResponse:
    """What a code or a name could mean."""
    network = network_within_reach(request, network_id)
    text = request.GET.get("q", "").replace("\x00", "").strip()
    found = queries.search(network.pk, text=text) if text else []
    return JsonResponse({"found": [vars(one) for one in found]})
