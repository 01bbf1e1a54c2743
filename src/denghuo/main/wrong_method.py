"""An address that takes only a form is no page: who opens it again, or changes the language on it, comes to the page
where the form stands."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

_ONLY_ASKS = ("GET", "HEAD")


class BackToThePage:
    """Middleware: a browser that asks in a way in which an address is not answered (405) is led to a page. Programs get
    the answer as it is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self._get_response(request)
        if answer.status_code != 405 or "text/html" not in request.headers.get("accept", "") or answer.content:
            return answer
        if request.method not in _ONLY_ASKS:
            shown = render(request, "405.html", status=405)
            shown["Allow"] = answer.get("Allow", "")
            return shown
        messages.info(request, _("This address only takes a form that is sent. Nothing was done; here is its page."))
        return redirect(came_from(request) or _above(request.path))


def came_from(request: HttpRequest) -> str:
    """The page of this site that led here, "" where none is told or it is this one."""
    told = urlsplit(request.headers.get("referer", ""))
    if told.netloc != request.get_host() or told.path == request.path:
        return ""
    return f"{told.path}?{told.query}" if told.query else told.path


def _above(path: str) -> str:
    """The nearest address above a path."""
    parts = path.strip("/").split("/")[:-1]
    while parts:
        above = f"/{'/'.join(parts)}/"
        try:
            resolve(above)
        except Resolver404:
            parts.pop()
        else:
            return above
    return "/"
