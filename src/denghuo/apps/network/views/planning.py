"""What to open for work, and what is odd about the model or the log."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from denghuo.apps.network import queries
from denghuo.apps.network.forms import IsolationForm
from denghuo.apps.network.views.reach import network_within_reach
from denghuo.apps.organization.access import Permission, permission_required
from denghuo.engines.switching import IsolationMode, SwitchingError


@require_GET
@permission_required(Permission.NETWORK_VIEW)
def isolation(request: HttpRequest, network_id: int) -> HttpResponse:
    """What must be opened to work on these elements: the plan, and what the whole line would have cost."""
    network = network_within_reach(request, network_id)
    # From the drawing comes only what shall be worked on.
    asked = {"hours": 4, "mode": "planned", **request.GET.dict()} if request.GET else None
    form = IsolationForm(asked, search_url=reverse("network:search", args=[network.pk]))
    context: dict[str, Any] = {"network": network, "form": form, "now": timezone.now()}
    if form.is_valid():
        try:
            context["sheet"] = queries.isolation_sheet(
                network.pk,
                elements=form.elements(),
                hours=form.cleaned_data["hours"],
                mode=IsolationMode(form.cleaned_data["mode"]),
            )
        except SwitchingError as error:
            context["problems"] = queries.problem_sentences(error)
    return render(request, "network/isolation.html", context)


@require_GET
@permission_required(Permission.NETWORK_VIEW)
def findings(request: HttpRequest, network_id: int) -> HttpResponse:
    """What is odd about the model and about its log, all at once."""
    network = network_within_reach(request, network_id)
    context = {
        "network": network,
        "findings": queries.network_findings(network.pk),
        "log_findings": queries.log_findings_by_kind(network.pk),
    }
    return render(request, "network/findings.html", context)
