"""What is aimed at, year by year."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from denghuo.apps.continuity import actions, queries
from denghuo.apps.continuity.forms import BASIS_CHOICES, TargetForm
from denghuo.apps.organization.access import Permission, permission_required, scope_of
from denghuo.engines.reliability import Basis


@require_http_methods(["GET", "POST"])
@permission_required(Permission.CONTINUITY_VIEW)
def targets(request: HttpRequest) -> HttpResponse:
    """The targets of the units within reach, and a form to set one."""
    scope = scope_of(request.user, Permission.CONTINUITY_EDIT)
    form = None
    if scope:
        form = TargetForm(request.POST or None, scope=scope, year=timezone.localtime().year)
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        if form.is_valid():
            told = form.cleaned_data
            actions.set_target(
                unit_id=told["unit"],
                year=told["year"],
                basis=Basis(told["basis"]),
                hours_per_user=told["hours_per_user"],
                source=told["source"],
                at=timezone.now(),
                actor=request.user.get_username(),
            )
            messages.success(request, _("The target is set. Every page measures against it from now on."))
            return redirect("continuity:targets")
    names = dict(BASIS_CHOICES)
    rows = [
        {"target": row, "basis": names[row.basis], "hours": f"{row.hours_per_user:,.2f}"}
        for row in queries.targets_within(request.data_scope)  # type: ignore[attr-defined]
    ]
    context = {"form": form, "rows": rows}
    return render(request, "continuity/targets.html", context, status=422 if form and form.errors else 200)
