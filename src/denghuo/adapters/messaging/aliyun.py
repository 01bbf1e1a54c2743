"""Alibaba Cloud SMS (dysmsapi, version 2017-05-25) over HTTP, signed by its method V3.

It does not tell two requests of one message apart: after a doubt its own list of what it sent to the number that day is
read, where each entry carries our token as `OutId`.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlsplit

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
    unsaid,
)

if TYPE_CHECKING:
    import httpx

__all__ = ["Aliyun", "authorization"]

_VERSION = "2017-05-25"
_PAGE = 50
_REFUSED = {
    "isv.MOBILE_NUMBER_ILLEGAL",
    "isv.DOMESTIC_NUMBER_NOT_SUPPORTED",
    "isv.BLACK_KEY_CONTROL_LIMIT",
    "isv.PARAM_LENGTH_LIMIT",
    "isv.PARAM_NOT_SUPPORT_URL",
    "isv.INVALID_PARAMETERS",
    "isv.INVALID_JSON_PARAM",
    "isv.TEMPLATE_MISSING_PARAMETERS",
    "isv.SMS_CONTENT_ILLEGAL",
}
_AGAIN = {"isv.SYSTEM_LIMIT_CONTROL", "ServiceUnavailable"}
# It failed on the way: nobody knows how far it came.
_UNSURE = {"isp.SYSTEM_ERROR", "isp.GATEWAY_ERROR", "InternalError"}
# So many messages to one number in a minute or an hour: this one has to wait, others need not.
_NUMBER_IS_BUSY, _NUMBER_WAIT_S = "isv.BUSINESS_LIMIT_CONTROL", 120.0


class Aliyun(Gateway):
    """``options``: none. ``signature``: the registered signature's name."""

    can_find: ClassVar[bool] = True

    def send(self, message: Outgoing, *, at: datetime) -> Result:
        """`SendSms` with the registered template."""
        if not message.template:
            return Result(outcome=Outcome.ELSEWHERE, code="no_template")
        asked = {
            "PhoneNumbers": message.address,
            "SignName": self.account.signature,
            "TemplateCode": message.template,
            "OutId": message.token,
        }
        if message.variables:
            asked["TemplateParam"] = json.dumps(dict(message.variables), ensure_ascii=False)
        answer = self._ask("SendSms", asked, at=at)
        if isinstance(answer, Result):
            return answer
        code = str(answer.get("Code", ""))
        if code == "OK":
            return Result(outcome=Outcome.TAKEN, code=code, provider_id=str(answer.get("BizId", "")))
        return refused(code)

    def find(self, message: Outgoing, *, sent_at: datetime, at: datetime) -> Result | None:
        """`QuerySendDetails`: what was sent to the number that day, by our token."""
        asked = {
            "PhoneNumber": message.address,
            "SendDate": sent_at.astimezone(_http.BEIJING).strftime("%Y%m%d"),
            "PageSize": str(_PAGE),
            "CurrentPage": "1",
        }
        answer = self._ask("QuerySendDetails", asked, at=at)
        if isinstance(answer, Result):
            return unsaid(answer)
        if answer.get("Code") != "OK":
            return unsaid()
        listed = (answer.get("SmsSendDetailDTOs") or {}).get("SmsSendDetailDTO") or []
        if any(entry.get("OutId") == message.token for entry in listed):
            return Result(outcome=Outcome.TAKEN, code="found")
        return None

    def _ask(self, action: str, asked: Mapping[str, str], *, at: datetime) -> dict[str, Any] | Result:
        where = urlsplit(self.account.endpoint)
        headers = {
            "host": where.netloc,
            "x-acs-action": action,
            "x-acs-version": _VERSION,
            "x-acs-date": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": uuid.uuid4().hex,
            "x-acs-content-sha256": _http.sha256_hex(b""),
        }
        query = _query(asked)
        headers["authorization"] = authorization(self.account, "POST", where.path or "/", query, headers)
        url = f"{where.scheme}://{where.netloc}{where.path or '/'}?{query}"
        answer = _http.post(self.client, url, content=b"", headers=headers)
        if isinstance(answer, Result):
            return answer
        return _read(answer)

    @classmethod
    def read_reports(cls, account: Account, body: bytes, headers: Mapping[str, str], *, at: datetime) -> list[Report]:
        """`SmsReport` and `SmsUp`, pushed over HTTP as a list. They are not signed: the address is the secret."""
        del account, headers, at
        entries = _http.document(body)
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise GatewayFormatError("expected a list of reports")
        return [_reply(entry) if "dest_code" in entry else _report(entry) for entry in entries]

    @classmethod
    def thanks(cls) -> dict[str, object]:
        """As its documentation asks."""
        return {"code": 0, "msg": "ok"}


def refused(code: str) -> Result:
    """What one of its codes means for the message; what is wrong with our account is no fault of the message."""
    if code == _NUMBER_IS_BUSY:
        return Result(outcome=Outcome.AGAIN, code=code, wait_s=_NUMBER_WAIT_S)
    if code in _REFUSED:
        return Result(outcome=Outcome.REFUSED, code=code)
    if code in _UNSURE:
        return Result(outcome=Outcome.UNSURE, code=code)
    if code in _AGAIN or code.startswith("Throttling"):
        return Result(outcome=Outcome.AGAIN, code=code)
    return Result(outcome=Outcome.ELSEWHERE, code=code or "no_code")


def authorization(account: Account, method: str, path: str, query: str, headers: Mapping[str, str]) -> str:
    """The `Authorization` of method V3: HMAC-SHA256 over the canonical request."""
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    canonical = "\n".join([method, path, query, lines, names, headers["x-acs-content-sha256"]])
    to_sign = f"ACS3-HMAC-SHA256\n{_http.sha256_hex(canonical.encode())}"
    signature = _http.hmac_sha256(account.secret.encode(), to_sign).hex()
    return f"ACS3-HMAC-SHA256 Credential={account.access_id},SignedHeaders={names},Signature={signature}"


def _query(asked: Mapping[str, str]) -> str:
    return "&".join(f"{quote(name, safe='-_.~')}={quote(asked[name], safe='-_.~')}" for name in sorted(asked))


def _read(response: httpx.Response) -> dict[str, Any] | Result:
    """Its answer. Errors come with a body too, whose code says more than the status."""
    answer = _http.told(response)
    if answer is not None and "Code" in answer:
        return answer
    by_status = _http.by_status(response)
    return by_status or Result(outcome=Outcome.UNSURE, code=f"http_{response.status_code}")


def _report(entry: Mapping[str, Any]) -> Report:
    if "success" not in entry:
        raise GatewayFormatError("a report says whether it succeeded")
    return Report(
        kind=ReportKind.DELIVERED if entry["success"] in (True, "true") else ReportKind.FAILED,
        token=str(entry.get("out_id") or ""),
        provider_id=str(entry.get("biz_id") or ""),
        number=str(entry.get("phone_number") or ""),
        code=str(entry.get("err_code") or ""),
        happened_at=_http.beijing_time(entry.get("report_time")),
    )


def _reply(entry: Mapping[str, Any]) -> Report:
    return Report(
        kind=ReportKind.REPLIED,
        provider_id=str(entry.get("sequence_id") or ""),
        number=str(entry.get("phone_number") or ""),
        answer=str(entry.get("content") or ""),
        happened_at=_http.beijing_time(entry.get("send_time")),
    )
