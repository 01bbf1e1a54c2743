"""What is now: who waits, who works, what callers hear."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema
from pydantic import AwareDatetime

from denghuo.apps.hotline import queries
from denghuo.apps.hotline.api.figures import known
from denghuo.apps.hotline.models import Announcement

router = Router()


class WaitingOut(Schema):
    call_id: str
    caller: str = Field(description="Masked")
    queue: str
    since: AwareDatetime | None
    position: int | None


class SeatOut(Schema):
    code: str
    name: str
    team: str
    state: str = Field(description=f"One of {', '.join(queries.SEAT_STATES)}")
    since: AwareDatetime | None
    reason: str


class BoardOut(Schema):
    """An exchange as it was told last."""

    exchange: str
    name: str
    told_at: AwareDatetime | None = Field(description="null: it never told anything live")
    revision: int = Field(description="Grows with whatever is told")
    connected: bool = Field(description="Whether it is heard now; if not, what follows is old")
    waiting: list[WaitingOut]
    seats: list[SeatOut]


class AbsorbedOut(Schema):
    """What became of the calls that heard it, from its publication until it expired, or now."""

    calls: int = Field(description="All calls of the exchange meanwhile")
    heard: int
    announced: int = Field(description="Hung up content")
    asked: int
    lost: int
    came_back: int
    absorbed_share: float | None


class AnnouncementOut(Schema):
    id: int
    code: str
    exchange: str
    outage_id: int
    outage: str
    state: str = Field(description="draft, approved, published or expired")
    text: str = Field(description="Its latest version")
    published_text: str | None = Field(description="What callers hear, or heard last; null: it was never published")
    promised_at: AwareDatetime | None = Field(description="The restoration that the latest version tells to expect")
    drafted_at: AwareDatetime
    published_at: AwareDatetime | None
    expired_at: AwareDatetime | None
    absorbed: AbsorbedOut | None


class AnnouncementsOut(Schema):
    count: int
    page: int
    pages: int
    items: list[AnnouncementOut]


@router.get("/live", response=list[BoardOut], url_name="hotline-live")
def live(request: HttpRequest) -> list[dict[str, Any]]:
    """Who waits and who works now, exchange by exchange."""
    exchanges = queries.exchanges_within(request.data_scope)  # type: ignore[attr-defined]
    ids = [one.pk for one in exchanges]
    boards = {board.exchange_id: board for board in queries.boards_within(ids)}
    agents, at, rows = queries.agents_of(ids), timezone.now(), []
    for exchange in exchanges:
        board = boards.get(exchange.pk)
        rows.append(
            {
                "exchange": exchange.code,
                "name": exchange.name,
                "told_at": board.told_at if board else None,
                "revision": board.revision if board else 0,
                "connected": board is not None and board.is_current(at),
                "waiting": [vars(one) for one in queries.waiting_on(board)] if board else [],
                "seats": [vars(one) for one in queries.seats_on(board, agents=agents)] if board else [],
            }
        )
    return rows


@router.get("/announcements", response=AnnouncementsOut, url_name="hotline-announcements")
def announcements(
    request: HttpRequest,
    expired: bool = Query(False, description="Those that have expired as well"),
    page: int = Query(1, ge=1),
    size: int = Query(20, ge=1, le=100),
) -> dict[str, Any]:
    """What is announced and what waits for somebody, the newest first. A page beyond the last is the last."""
    found = queries.announcements_within(request.data_scope)  # type: ignore[attr-defined]
    rows = Paginator(found if expired else found.filter(expired_at=None), size).get_page(page)
    return {
        "count": rows.paginator.count,
        "page": rows.number,
        "pages": rows.paginator.num_pages,
        "items": [_announcement(row) for row in rows],
    }


def _announcement(row: Announcement) -> dict[str, Any]:
    versions = {one.number: one for one in queries.versions_of(row)}
    latest, published = versions[row.latest], versions.get(row.published or 0)
    told = queries.absorbed(row, at=timezone.now())
    return {
        "id": row.pk,
        "code": row.code,
        "exchange": row.exchange.code,
        "outage_id": row.outage_id,
        "outage": row.outage.number,
        "state": row.state,
        "text": latest.text,
        "published_text": published.text if published else None,
        "promised_at": latest.promised_at,
        "drafted_at": row.drafted_at,
        "published_at": row.published_at,
        "expired_at": row.expired_at,
        "absorbed": told and {name: known(getattr(told, name)) for name in AbsorbedOut.model_fields},
    }
