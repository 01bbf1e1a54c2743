"""Pages that belong to no context: help, and the sign of life for whoever watches the server."""

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from denghuo.apps.orders.models import Order
from denghuo.apps.orders.queries import unknown_years


@login_required
def help_page(request: HttpRequest) -> HttpResponse:
    """What the signs and words mean."""
    return render(request, "help.html")


def health(_request: HttpRequest) -> JsonResponse:
    """Answer once the database has answered; one that does not is an error 500, which is what a watcher needs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    told: dict[str, object] = {"status": "ok"}
    # Promises in working days are not known without the holidays: whoever watches hears of it before a customer does.
    if Order.objects.filter(closed_at=None).exists() and (years := unknown_years(timezone.localdate())):
        told["holidays_unknown"] = years
    return JsonResponse(told)
