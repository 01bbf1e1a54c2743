"""The page for those who live there: without signing in, where a site lets everybody read it."""

from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from denghuo.apps.outages import queries

_FRESH_S = 15  # in a storm many look at once: they see the same for so long, and the database is asked once
_KEY = "outages.public"

_Seen = tuple[tuple[queries.PublicOutage, ...], tuple[str, ...], datetime]


@require_GET
def public(request: HttpRequest) -> HttpResponse:
    """Where supply is out, and where it will be in the days ahead."""
    if not settings.PUBLIC_OUTAGES:
        raise Http404
    seen: _Seen | None = cache.get(_KEY)
    if seen is None:
        now = timezone.now()
        seen = queries.public_outages(at=now), queries.phones_of_stations(at=now), now
        cache.set(_KEY, seen, timeout=_FRESH_S)
    rows, phones, at = seen
    context = {
        "now": [one for one in rows if one.began],
        "ahead": [one for one in rows if not one.began],
        "phones": phones,
        "at": at,
    }
    return render(request, "outages/public.html", context)
