"""An upload that is too large is refused by its announced length, before a byte of it is kept."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

# What a form needs besides its files.
_ROOM_BYTES = 1_000_000


class UploadLimit:
    """Middleware: answers 413 with a sentence. It comes last, so that the page has its reader, language and policy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        if length <= settings.UPLOAD_BYTES + _ROOM_BYTES:
            return self._get_response(request)
        context = {"size_mb": length // 1_000_000, "most_mb": settings.UPLOAD_BYTES // 1_000_000}
        return render(request, "imports/too_large.html", context, status=413)
