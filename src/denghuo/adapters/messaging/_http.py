"""Asking over HTTP, and what an answer that is none means: was it sent, was it not, or does nobody know."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from denghuo.adapters.messaging.gateways import GatewayFormatError, Outcome, Result

if TYPE_CHECKING:
    import httpx

BEIJING = timezone(timedelta(hours=8))
_BUSY = {408, 425, 429, 503}
_LONGEST_WAIT_S = 3_600.0


def post(client: httpx.Client, url: str, *, content: bytes, headers: Mapping[str, str]) -> httpx.Response | Result:
    """The answer, or what its lack means."""
    import httpx  # the sender's alone: no page waits for it

    # Not a byte of the request has left.
    unreachable = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
    not_sent = (*unreachable, httpx.UnsupportedProtocol, httpx.InvalidURL)
    try:
        return client.post(url, content=content, headers=dict(headers))
    except not_sent as error:
        return Result(outcome=Outcome.AGAIN, code=f"not_reached:{type(error).__name__}")
    except httpx.HTTPError as error:
        return Result(outcome=Outcome.UNSURE, code=f"no_answer:{type(error).__name__}")


def by_status(response: httpx.Response) -> Result | None:
    """What a status alone says; None: the body says it."""
    status = response.status_code
    if status in _BUSY:
        return Result(outcome=Outcome.AGAIN, code=f"http_{status}", wait_s=_asked_to_wait(response))
    if status >= 500:
        return Result(outcome=Outcome.UNSURE, code=f"http_{status}")
    if status in {401, 403, 404, 405} or 300 <= status < 400:
        return Result(outcome=Outcome.ELSEWHERE, code=f"http_{status}")
    return None


def _asked_to_wait(response: httpx.Response) -> float | None:
    try:
        return min(max(0.0, float(response.headers.get("retry-after", ""))), _LONGEST_WAIT_S)
    except ValueError:
        return None


def document(body: bytes) -> Any:
    """A JSON document.

    Raises:
        GatewayFormatError: it is none.
    """
    try:
        return json.loads(body)
    except ValueError:
        raise GatewayFormatError("expected JSON") from None


def told(response: httpx.Response) -> dict[str, Any] | None:
    """The JSON object that an answer holds; None where it is none."""
    try:
        found = document(response.content)
    except GatewayFormatError:
        return None
    return found if isinstance(found, dict) else None


def beijing_time(text: object) -> datetime | None:
    """An instant as Chinese gateways write it: Beijing time, without saying so."""
    try:
        return datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING).astimezone(UTC)
    except ValueError:
        return None


def sha256_hex(body: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def hmac_sha256(key: bytes, text: str) -> bytes:
    """HMAC of a text with SHA-256."""
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
