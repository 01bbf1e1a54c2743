"""Where a report stands, for whoever made it."""

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.orders.actions import StepRefusedError
from denghuo.apps.orders.models import Order
from denghuo.apps.portal import actions, queries
from denghuo.apps.portal.forms import NumberForm
from denghuo.apps.portal.queries import ACTOR
from denghuo.apps.portal.views.door import at_the_door, tries_of, tries_of_order, words_of


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@at_the_door
def ask_number(request: HttpRequest) -> HttpResponse:
    """Which report? Whoever has its number and the last digits of the telephone number made it."""
    form = NumberForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        number, digits = form.cleaned_data["number"], form.cleaned_data["digits"]
        row = queries.order_of_number(number)
        counts = [tries_of(request), *([tries_of_order(row.pk)] if row is not None else [])]
        if any(one.is_spent for one in counts):
            form.add_error(None, _("Tried too often. Wait an hour, or call us."))
            status = 429
        elif row is not None and row.caller[-4:] == digits:
            return redirect("portal:standing", queries.token_of(row.pk))
        else:
            for one in counts:
                one.add()
            form.add_error(None, _("No report has this number together with these digits. Look at both once more."))
    if form.errors and status == 200:
        status = 422
    context = {"form": form, "phones": queries.phones_for(None, at=timezone.now())}
    return render(request, "portal/ask_number.html", context, status=status)


def _gone(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/gone.html", status=404)


@require_GET
@at_the_door
def standing(request: HttpRequest, token: str) -> HttpResponse:
    """How far a report is, and what can be said of it."""
    row = queries.order_of_token(token)
    return _standing(request, row, token) if row is not None else _gone(request)


def _standing(request: HttpRequest, row: Order, token: str, *, trouble: str = "", status: int = 200) -> HttpResponse:
    said, found = request.GET.get("said", ""), queries.standing_of(row, at=timezone.now())
    # Who goes back in the browser does not read again what they have said otherwise since.
    is_told = found.said_back_at is None if said == "still_out" else said in ("back", "urge", "withdraw")
    context = {
        "standing": found,
        "token": token,
        "said": said if is_told else "",
        "trouble": trouble,
    }
    return render(request, "portal/standing.html", context, status=status)


@require_POST
@at_the_door
def say(request: HttpRequest, token: str) -> HttpResponse:
    """Supply is back, still out, please hurry, or never mind."""
    row = queries.order_of_token(token)
    if row is None:
        return _gone(request)
    now, says = timezone.now(), request.POST.get("says", "")
    if says not in queries.standing_of(row, at=now).may_say:
        return _standing(
            request, row, token, trouble=_("Your report has gone on meanwhile. This is how it stands now."), status=409
        )
    count = words_of(row.pk)
    if count.is_spent:
        trouble = _("We have heard you, and it is being worked on. Please wait a little, or call us.")
        return _standing(request, row, token, trouble=trouble, status=429)
    try:
        actions.say(order_id=row.pk, says=says, at=now, actor=ACTOR)
    except OperationalError:
        trouble = _("Very many people report just now. Press once more in a minute.")
        return _standing(request, row, token, trouble=trouble, status=503)
    except (StepRefusedError, ValueError):
        row.refresh_from_db()
        return _standing(
            request, row, token, trouble=_("Your report has gone on meanwhile. This is how it stands now."), status=409
        )
    count.add()
    answer = redirect("portal:standing", token)
    answer.headers["Location"] += f"?said={says}"
    return answer
