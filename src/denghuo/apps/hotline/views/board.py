"""The live board: who waits, who works, how the day goes. It comes by server-sent events, or with every look."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from csp.constants import SELF
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_GET

from denghuo.apps.hotline import queries
from denghuo.apps.hotline.forms import ask, local_today
from denghuo.apps.hotline.models import Exchange
from denghuo.apps.hotline.views.figures import number, percent
from denghuo.apps.organization.access import Permission, permission_required

_LOOK_EVERY_S = 0.2
_BEAT_EVERY_S = 10.0
_ENDS_AFTER_S = 600.0  # then the browser comes again, and is asked again who it is
_RETRY_MS = 1_000


def exchanges_of(request: HttpRequest) -> list[Exchange]:
    """The exchanges within reach."""
    return queries.exchanges_within(request.data_scope)  # type: ignore[attr-defined]


@require_GET
@permission_required(Permission.HOTLINE_VIEW)
def board(request: HttpRequest) -> HttpResponse:
    """The board as it is now; the page's script keeps it so."""
    context = _context(request.data_scope, timezone.now())  # type: ignore[attr-defined]
    context |= {"stream": stream_address(request), "fallback": reverse("hotline:stream")}
    answer = render(request, "hotline/board.html", context)
    if settings.LIVE_PORT:
        answer._csp_update = {"connect-src": [SELF, _live_origin(request)]}  # type: ignore[attr-defined]
    return answer


def _live_origin(request: HttpRequest) -> str:
    host = request.get_host().rsplit(":", 1)[0]
    return f"{request.scheme}://{host}:{settings.LIVE_PORT}"


def stream_address(request: HttpRequest) -> str:
    """Where the board's events come from: the process for them, if there is one, else this one."""
    path = reverse("hotline:stream")
    return f"{_live_origin(request)}{path}" if settings.LIVE_PORT else path


def _context(scope: tuple[str, ...], at: datetime) -> dict[str, Any]:
    """Everything that the board shows."""
    exchanges = queries.exchanges_within(scope)
    ids = [one.pk for one in exchanges]
    states = queries.boards_within(ids)
    agents = queries.agents_of(ids)
    waiting = [one for state in states for one in queries.waiting_on(state)]
    seats = [seat for state in states for seat in queries.seats_on(state, agents=agents)]
    asked = ask(scope, {}, today=local_today())
    today = queries.figures(queries.Span(queue_ids=asked.span.queue_ids, first=asked.today, last=asked.today))
    rate, aim = today.answer_rate, asked.target
    counts = {name: sum(seat.state == name for seat in seats) for name in queries.SEAT_STATES}
    return {
        "exchanges": exchanges,
        "told": bool(states),
        "told_at": max((state.told_at for state in states), default=None),
        "outdated": queries.outdated_within(scope, at=at),
        "lost": [one for one in states if not one.is_current(at)],
        "waiting": sorted(waiting, key=lambda one: (one.since is None, one.since)),
        "longest": min((one.since for one in waiting if one.since), default=None),
        "teams": _teams(seats),
        "counts": counts,
        "working": counts["available"] + counts["ringing"] + counts["talking"] + counts["wrapping_up"],
        "today": today,
        "rate": percent(rate),
        "aim": percent(aim.share) if aim else "",
        "tone": "" if aim is None or rate != rate else "done" if rate >= aim.share else "breached",
        "in_time": percent(today.service_level),
        "mean_wait": number(today.mean_wait_s),
        "lost_today": number(today.requests - today.answered),
        "requests": number(today.requests),
    }


def _teams(seats: list[queries.Seat]) -> list[tuple[str, list[queries.Seat]]]:
    """Seats by team, those signed out left aside."""
    teams: dict[str, list[queries.Seat]] = {}
    for seat in sorted(seats, key=lambda one: one.code):
        if seat.state != "logged_out":
            teams.setdefault(seat.team, []).append(seat)
    return sorted(teams.items(), key=lambda one: (not one[0], queries.team_order(one[0])))


@require_GET
@permission_required(Permission.HOTLINE_VIEW)
def stream(request: HttpRequest) -> HttpResponseBase:
    """The board as server-sent events: kept open by the process for them; elsewhere one event, and come again."""
    scope: tuple[str, ...] = request.data_scope  # type: ignore[attr-defined]
    language = translation.get_language() or settings.LANGUAGE_CODE
    if isinstance(request, ASGIRequest):
        answer = StreamingHttpResponse(_events(scope, language), content_type="text/event-stream")
    else:
        answer = StreamingHttpResponse(_one_event(scope, language), content_type="text/event-stream")
    answer["Cache-Control"] = "no-store"
    answer["X-Accel-Buffering"] = "no"
    origin = request.headers.get("Origin", "")
    if origin and origin == f"{request.scheme}://{request.get_host().rsplit(':', 1)[0]}:{settings.PAGES_PORT}":
        answer["Access-Control-Allow-Origin"] = origin
        answer["Access-Control-Allow-Credentials"] = "true"
        answer["Vary"] = "Origin"
    return answer


def _one_event(scope: tuple[str, ...], language: str) -> Iterator[bytes]:
    yield f"retry: {_RETRY_MS}\n".encode() + _event(scope, language)


def _event(scope: tuple[str, ...], language: str) -> bytes:
    with translation.override(language):
        html = render_to_string("hotline/board_now.html", _context(scope, timezone.now()))
    return b"event: board\ndata: " + json.dumps({"html": html}).encode() + b"\n\n"


def _marks(scope: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    ids = [one.pk for one in queries.exchanges_within(scope)]
    return tuple((one.exchange_id, one.revision) for one in queries.boards_within(ids))


async def _events(scope: tuple[str, ...], language: str) -> AsyncIterator[bytes]:
    """An event at once, and whenever something changes; a beat where nothing does."""
    loop = asyncio.get_running_loop()
    ends_at, sent_at, seen = loop.time() + _ENDS_AFTER_S, 0.0, None
    yield f"retry: {_RETRY_MS}\n\n".encode()
    while loop.time() < ends_at:
        marks = await sync_to_async(_marks)(scope)
        if marks != seen:
            seen, sent_at = marks, loop.time()
            yield await sync_to_async(_event)(scope, language)
        elif loop.time() - sent_at > _BEAT_EVERY_S:
            sent_at = loop.time()
            yield b": still here\n\n"
        await asyncio.sleep(_LOOK_EVERY_S)
