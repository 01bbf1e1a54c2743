"""Programs that may sign in."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from denghuo.apps.organization import actions, queries
from denghuo.apps.organization.access import Permission, permission_required
from denghuo.apps.organization.forms import TokenForm

_NAME_IN_USE = gettext_lazy(
    "A program of this name has a token in this unit already, which was shown when it was made. If it is lost, revoke "
    "it and make another; for one more program choose another name."
)


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required(Permission.PROGRAMS_EDIT)
def tokens(request: HttpRequest) -> HttpResponse:
    """Who may sign in without a person in front of it; a new token is shown once, in the answer to its making."""
    scope = request.data_scope  # type: ignore[attr-defined]
    assignments = queries.assignments_within(scope)
    form = TokenForm(request.POST or None, assignments=assignments)
    secret = ""
    if request.method == "POST" and form.is_valid():
        chosen = next(row for row in assignments if row.pk == form.cleaned_data["assignment"])
        name, actor = form.cleaned_data["name"], request.user.get_username()
        try:
            _row, secret = actions.give_token(name=name, assignment=chosen, at=timezone.now(), actor=actor)
            form = TokenForm(assignments=assignments)
        except actions.NameInUseError:
            form.add_error("name", _NAME_IN_USE)
    rows = queries.tokens_within(scope)
    givers = queries.names_of(row.given_by for row in rows)
    shown = [(row, givers.get(row.given_by, row.given_by)) for row in rows]
    context = {"form": form, "rows": shown, "secret": secret}
    return render(request, "organization/tokens.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required(Permission.PROGRAMS_EDIT)
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """Let a program in no more."""
    rows = queries.tokens_within(request.data_scope)  # type: ignore[attr-defined]
    if not any(row.pk == token_id for row in rows):
        raise Http404
    actions.revoke_token(token_id=token_id, at=timezone.now(), actor=request.user.get_username())
    messages.success(request, _("It is revoked: from now on the program is refused."))
    return redirect("organization:tokens")
