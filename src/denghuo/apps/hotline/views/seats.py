"""The page that says who sits where: agents as the exchange calls them, their names, teams and accounts."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from denghuo.apps.hotline import actions, queries
from denghuo.apps.hotline.forms import SeatForm
from denghuo.apps.hotline.models import Agent, Exchange
from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import Permission, permission_required, scope_of

_Row = tuple[Agent, SeatForm | None]


@require_http_methods(["GET", "POST"])
@permission_required(Permission.HOTLINE_VIEW)
def seats(request: HttpRequest) -> HttpResponse:
    """The agents within reach; who answers for an exchange says who they are."""
    editable = scope_of(request.user, Permission.HOTLINE_EDIT)
    if request.method == "POST" and not editable:
        raise PermissionDenied
    exchanges = queries.exchanges_within(request.data_scope)  # type: ignore[attr-defined]
    rows = [row for one in exchanges for row in _rows(one, editable, request.POST)]
    told = next((form for _agent, form in rows if form is not None and form.is_bound), None)
    if request.method == "POST":
        if told is None:
            raise Http404
        if told.is_valid():
            _save(next(agent for agent, form in rows if form is told), told.cleaned_data, request)
            messages.success(request, _("Saved."))
            return redirect("hotline:seats")
    context = {"rows": rows, "editable": any(form for _agent, form in rows)}
    return render(request, "hotline/seats.html", context, status=422 if told else 200)


def _rows(exchange: Exchange, editable: Sequence[str], posted: Any) -> list[_Row]:
    """The agents of an exchange, each with the form to change it; the one that was posted is bound."""
    if not any(str(exchange.unit.path).startswith(path) for path in editable):
        return [(agent, None) for agent in queries.agents_of([exchange.pk])]
    able = organization.people_who(Permission.HOTLINE_WORK, path=exchange.unit.path)
    people = [(str(user.pk), f"{user} ({user.username})") for user in able]
    rows: list[_Row] = []
    for agent in queries.agents_of([exchange.pk]):
        shown = {"agent_id": agent.pk, "name": agent.name, "team": agent.team, "user": agent.user_id}
        shown["until_date"] = agent.until_date
        told = posted if posted.get("agent_id") == str(agent.pk) else None
        rows.append((agent, SeatForm(told, initial=shown, people=people, auto_id=f"seat-{agent.pk}-%s")))
    return rows


@transaction.atomic
def _save(agent: Agent, told: dict[str, Any], request: HttpRequest) -> None:
    who: dict[str, Any] = {"at": timezone.now(), "actor": request.user.get_username()}
    names = {agent.code: (told["name"].strip(), told["team"].strip())}
    actions.name_agents(exchange_id=agent.exchange_id, names=names, **who)
    actions.link_agent(agent_id=agent.pk, user_id=told["user"], **who)
    actions.end_agent(agent_id=agent.pk, until_date=told["until_date"], **who)
