"""Pages that belong to no context: help, and the sign of life for whoever watches the server."""

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render


@login_required
def help_page(request: HttpRequest) -> HttpResponse:
    """What the signs and words mean."""
    return render(request, "help.html")


def health(_request: HttpRequest) -> JsonResponse:
    """Answer once the database has answered; one that does not is an error 500, which is what a watcher needs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})
