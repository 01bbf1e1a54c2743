"""What every page of the door does first: is it open here, and has this visitor not come too often."""

from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from denghuo.adapters.phones import digits_of
from denghuo.apps.organization.counting import Count, neighborhood_of
from denghuo.apps.portal.forms import ReportForm

_AGAIN_S, _QUARTER_S, _HOUR_S = 10 * 60, 15 * 60, 60 * 60


def looks_of(request: HttpRequest) -> Count:
    """How often an address looks something up: it types, and every few letters are a look."""
    return Count("portal-looks", (neighborhood_of(request),), most=600, within_s=_QUARTER_S)


def reports_of(request: HttpRequest) -> Count:
    """How many reports an address has sent. A whole estate may come from one address of a mobile network."""
    return Count("portal-reports", (neighborhood_of(request),), most=200, within_s=_QUARTER_S)


def reports_of_number(number: str) -> Count:
    """How many reports were sent with a telephone number."""
    return Count("portal-number", (number,), most=6, within_s=_HOUR_S)


_TOLD = ("topic", "unit", "place", "text", "contact_name", "account", "sticker")


def same_again(request: HttpRequest, form: ReportForm, *, now: int = 0) -> int:
    """The order that the same words of the same number from the same address became a moment ago, 0: none; ``now``:
    which they became now. A page that is gone back to and sent again has another key."""
    told = form.cleaned_data
    number = digits_of(told["caller"])
    if not number:  # two neighbors without one may say the same
        return 0
    words = (neighborhood_of(request), form.matter.slug, number, *(str(told.get(one) or "").strip() for one in _TOLD))
    key = f"portal-again:{sha256(repr(words).encode()).hexdigest()}"
    if now:
        cache.set(key, now, timeout=_AGAIN_S)
    return now or int(cache.get(key, 0))


def tries_of(request: HttpRequest) -> Count:
    """How often an address asked for a report that is not its own."""
    return Count("portal-tries", (neighborhood_of(request),), most=30, within_s=_QUARTER_S)


def tries_of_order(order_id: int) -> Count:
    """How often the digits of one report were guessed, wherever from and however its number was written."""
    return Count("portal-guesses", (str(order_id),), most=8, within_s=_HOUR_S)


def words_of(order_id: int) -> Count:
    """How often something was said of one report."""
    return Count("portal-words", (str(order_id),), most=12, within_s=_HOUR_S)


Page = Callable[..., HttpResponse]


def at_the_door(page: Page) -> Page:
    """For everybody, where a site opens its door; kept by no cache and found by no search engine."""

    @never_cache
    @wraps(page)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.PUBLIC_REPORTS:
            raise Http404
        answer = page(request, *args, **kwargs)
        answer.headers["X-Robots-Tag"] = "noindex"
        return answer

    return opened


def too_often(request: HttpRequest, *, phones: tuple[str, ...]) -> HttpResponse:
    """Whoever comes too often is told whom to call."""
    answer = render(request, "portal/too_often.html", {"phones": phones}, status=429)
    answer.headers["Retry-After"] = str(_QUARTER_S)
    return answer


def plain(text: str, *, longest: int = 120) -> str:
    """What an address carries, without what no database takes."""
    return text.replace("\x00", "").strip()[:longest]
