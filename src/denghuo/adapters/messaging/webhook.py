"""A gateway of one's own, or another system: JSON over HTTP, signed with a shared secret both ways.

The request carries `Idempotency-Key`, `X-Denghuo-Timestamp`, and `X-Denghuo-Signature`: `sha256=` and the HMAC-SHA256
of the timestamp, a dot and the body. Any 2xx has taken the message; 409 says that it was there already.
"""

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from denghuo.adapters.messaging import _http
from denghuo.adapters.messaging.gateways import (
    Account,
    Gateway,
    GatewayFormatError,
    Outcome,
    Outgoing,
    Report,
    ReportKind,
    Result,
)

__all__ = ["Webhook", "sign"]

_OLDEST = timedelta(minutes=15)
_KINDS = {
    "delivered": ReportKind.DELIVERED,
    "failed": ReportKind.FAILED,
    "answered": ReportKind.ANSWERED,
    "replied": ReportKind.REPLIED,
}


class Webhook(Gateway):
    """``secret`` signs; without one nothing is signed and no report is believed."""

    repeats_safely: ClassVar[bool] = True

    def send(self, message: Outgoing, *, at: datetime) -> Result:
        """Post the message."""
        body = json.dumps(self._document(message), ensure_ascii=False).encode()
        headers = {
            "content-type": "application/json",
            "idempotency-key": message.token,
            **sign(self.account.secret, body, at=at),
        }
        answer = _http.post(self.client, self.account.endpoint, content=body, headers=headers)
        if isinstance(answer, Result):
            return answer
        found = _http.told(answer) or {}
        provider_id = str(found.get("id") or "")
        if answer.is_success or answer.status_code == 409:
            code = "known" if answer.status_code == 409 else ""
            return Result(
                outcome=Outcome.TAKEN, code=code, provider_id=provider_id, segments=_count(found.get("segments"))
            )
        code = str(found.get("code") or f"http_{answer.status_code}")
        return _http.by_status(answer) or Result(outcome=Outcome.REFUSED, code=code)

    def _document(self, message: Outgoing) -> dict[str, Any]:
        return {
            "id": message.token,
            "to": message.address,
            "name": message.name,
            "text": message.text,
            "event": message.event,
            "about": message.about,
            "signature": self.account.signature,
            "template": message.template,
            "values": dict(message.variables),
            "expects_answer": message.expects_answer,
        }

    @classmethod
    def read_reports(cls, account: Account, body: bytes, headers: Mapping[str, str], *, at: datetime) -> list[Report]:
        """`{"reports": [{"id", "provider_id", "state", "code", "answer", "number", "at"}]}`, signed as we sign."""
        _check(account.secret, body, headers, at=at)
        found = _http.document(body)
        entries = found.get("reports") if isinstance(found, dict) else None
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise GatewayFormatError("expected an object with a list of reports")
        return [_report(entry) for entry in entries]


def sign(secret: str, body: bytes, *, at: datetime) -> dict[str, str]:
    """The headers that sign a body."""
    moment = str(int(at.timestamp()))
    if not secret:
        return {}
    return {"x-denghuo-timestamp": moment, "x-denghuo-signature": f"sha256={_digest(secret, moment, body)}"}


def _digest(secret: str, moment: str, body: bytes) -> str:
    return hmac.new(secret.encode(), moment.encode() + b"." + body, "sha256").hexdigest()


def _check(secret: str, body: bytes, headers: Mapping[str, str], *, at: datetime) -> None:
    moment, given = headers.get("x-denghuo-timestamp", ""), headers.get("x-denghuo-signature", "")
    if not secret or not hmac.compare_digest(f"sha256={_digest(secret, moment, body)}".encode(), given.encode()):
        raise GatewayFormatError("not signed with the secret of this gateway")
    if not moment.isdigit() or abs(at - datetime.fromtimestamp(int(moment[:12]), UTC)) > _OLDEST:
        raise GatewayFormatError("signed too long ago")


def _count(told: object) -> int | None:
    return told if isinstance(told, int) and not isinstance(told, bool) and told > 0 else None


def _report(entry: Mapping[str, Any]) -> Report:
    kind = _KINDS.get(str(entry.get("state")))
    if kind is None:
        raise GatewayFormatError("a report says delivered, failed, answered or replied")
    return Report(
        kind=kind,
        token=str(entry.get("id") or ""),
        provider_id=str(entry.get("provider_id") or ""),
        number=str(entry.get("number") or ""),
        code=str(entry.get("code") or ""),
        answer=str(entry.get("answer") or ""),
        happened_at=_instant(entry.get("at")),
    )


def _instant(told: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(told))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else None
