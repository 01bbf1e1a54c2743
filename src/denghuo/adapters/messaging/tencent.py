"""Tencent Cloud SMS (version 2021-01-11) over HTTP, signed with TC3-HMAC-SHA256.

It does not tell two requests of one message apart: after a doubt the status of what it sent to the number is pulled,
where each entry carries our token as `SessionContext`. What no operator has reported on yet is not in it.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

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

__all__ = ["Tencent", "authorization"]

_VERSION, _SERVICE, _TYPE = "2021-01-11", "sms", "application/json; charset=utf-8"
_LOOK_BACK = timedelta(minutes=2)
_LISTED = 100
_REFUSED = (
    "InvalidParameterValue.IncorrectPhoneNumber",
    "InvalidParameterValue.TemplateParameter",
    "InvalidParameterValue.ContentLengthLimit",
    "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
    "FailedOperation.PhoneNumberInBlacklist",
    "FailedOperation.ContainSensitiveWord",
    "FailedOperation.InvalidJsonParameters",
    "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber",
)
_AGAIN = ("RequestLimitExceeded", "LimitExceeded.DeliveryFrequencyLimit")
# It failed on the way: nobody knows how far it came.
_UNSURE = ("InternalError",)
# Too many to one number: this one has to wait, others need not.
_NUMBER_IS_BUSY = {
    "LimitExceeded.PhoneNumberThirtySecondLimit": 30.0,
    "LimitExceeded.PhoneNumberOneHourLimit": 3_600.0,
    "LimitExceeded.PhoneNumberDailyLimit": 6 * 3_600.0,
    "LimitExceeded.PhoneNumberSameContentDailyLimit": 6 * 3_600.0,
}


class Tencent(Gateway):
    """``options``: `app_id`, the application's number; `region`. ``signature``: the registered signature's name."""

    can_find: ClassVar[bool] = True

    def send(self, message: Outgoing, *, at: datetime) -> Result:
        """`SendSms` with the registered template."""
        if not message.template:
            return Result(outcome=Outcome.ELSEWHERE, code="no_template")
        asked = {
            "PhoneNumberSet": [_number(message.address)],
            "SmsSdkAppId": self.account.options.get("app_id", ""),
            "SignName": self.account.signature,
            "TemplateId": message.template,
            "TemplateParamSet": [value for _, value in message.variables],
            "SessionContext": message.token,
        }
        answer = self._ask("SendSms", asked, at=at)
        if isinstance(answer, Result):
            return answer
        sent = answer.get("SendStatusSet") or []
        if len(sent) != 1:
            return Result(outcome=Outcome.UNSURE, code="no_status")
        code = str(sent[0].get("Code", ""))
        if code != "Ok":
            return refused(code)
        fee = sent[0].get("Fee")
        return Result(
            outcome=Outcome.TAKEN,
            code=code,
            provider_id=str(sent[0].get("SerialNo", "")),
            segments=fee if isinstance(fee, int) and fee > 0 else None,
        )

    def find(self, message: Outgoing, *, sent_at: datetime, at: datetime) -> Result | None:
        """`PullSmsSendStatusByPhoneNumber`: what was sent to the number since, by our token."""
        asked = {
            "BeginTime": int((sent_at - _LOOK_BACK).timestamp()),
            "EndTime": int(at.timestamp()),
            "Offset": 0,
            "Limit": _LISTED,
            "PhoneNumber": _number(message.address),
            "SmsSdkAppId": self.account.options.get("app_id", ""),
        }
        answer = self._ask("PullSmsSendStatusByPhoneNumber", asked, at=at)
        if isinstance(answer, Result):
            return unsaid(answer)
        for entry in answer.get("PullSmsSendStatusSet") or []:
            if entry.get("SessionContext") == message.token:
                return Result(outcome=Outcome.TAKEN, code="found", provider_id=str(entry.get("SerialNo", "")))
        return None

    def _ask(self, action: str, asked: Mapping[str, Any], *, at: datetime) -> dict[str, Any] | Result:
        where = urlsplit(self.account.endpoint)
        body = json.dumps(asked, ensure_ascii=False).encode()
        headers = {"content-type": _TYPE, "host": where.netloc, "x-tc-action": action.lower()}
        signed = authorization(self.account, "POST", "", headers, body, service=_SERVICE, at=at)
        headers |= {
            "x-tc-action": action,
            "x-tc-version": _VERSION,
            "x-tc-timestamp": str(int(at.timestamp())),
            "authorization": signed,
        }
        if region := self.account.options.get("region"):
            headers["x-tc-region"] = region
        answer = _http.post(
            self.client, f"{where.scheme}://{where.netloc}{where.path or '/'}", content=body, headers=headers
        )
        if isinstance(answer, Result):
            return answer
        found = (_http.told(answer) or {}).get("Response")
        if not isinstance(found, dict):
            return _http.by_status(answer) or Result(outcome=Outcome.UNSURE, code=f"http_{answer.status_code}")
        return refused(str(found["Error"].get("Code", ""))) if "Error" in found else found

    @classmethod
    def read_reports(cls, account: Account, body: bytes, headers: Mapping[str, str], *, at: datetime) -> list[Report]:
        """Delivery reports, a list, or one reply. They are not signed: the address is the secret."""
        del account, headers, at
        entries = _http.document(body)
        if isinstance(entries, dict) and "text" in entries:
            return [_reply(entries)]
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise GatewayFormatError("expected a list of reports")
        return [_report(entry) for entry in entries]

    @classmethod
    def thanks(cls) -> dict[str, object]:
        """As its documentation asks."""
        return {"result": 0, "errmsg": "OK"}


def refused(code: str) -> Result:
    """What one of its codes means for the message; what is wrong with our account is no fault of the message."""
    if code in _NUMBER_IS_BUSY:
        return Result(outcome=Outcome.AGAIN, code=code, wait_s=_NUMBER_IS_BUSY[code])
    if code.startswith(_REFUSED):
        return Result(outcome=Outcome.REFUSED, code=code)
    if code.startswith(_UNSURE):
        return Result(outcome=Outcome.UNSURE, code=code)
    if code.startswith(_AGAIN):
        return Result(outcome=Outcome.AGAIN, code=code)
    return Result(outcome=Outcome.ELSEWHERE, code=code or "no_code")


def authorization(
    account: Account, method: str, query: str, headers: Mapping[str, str], body: bytes, *, service: str, at: datetime
) -> str:
    """The `Authorization` of TC3-HMAC-SHA256: a key derived for the day and the service signs the canonical request."""
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    canonical = "\n".join([method, "/", query, lines, names, _http.sha256_hex(body)])
    day = at.astimezone(UTC).strftime("%Y-%m-%d")
    scope = f"{day}/{service}/tc3_request"
    hashed = _http.sha256_hex(canonical.encode())
    to_sign = f"TC3-HMAC-SHA256\n{int(at.timestamp())}\n{scope}\n{hashed}"
    key = f"TC3{account.secret}".encode()
    for part in (day, service, "tc3_request"):
        key = _http.hmac_sha256(key, part)
    signature = _http.hmac_sha256(key, to_sign).hex()
    return f"TC3-HMAC-SHA256 Credential={account.access_id}/{scope}, SignedHeaders={names}, Signature={signature}"


def _number(address: str) -> str:
    """As E.164 writes it; a number without a country is one of ours."""
    return address if address.startswith("+") else f"+86{address}"


def _report(entry: Mapping[str, Any]) -> Report:
    if "report_status" not in entry:
        raise GatewayFormatError("a report says whether it succeeded")
    return Report(
        kind=ReportKind.DELIVERED if entry["report_status"] == "SUCCESS" else ReportKind.FAILED,
        token=str(entry.get("session_context") or ""),
        provider_id=str(entry.get("sid") or ""),
        number=str(entry.get("mobile") or ""),
        code=str(entry.get("errmsg") or ""),
        happened_at=_http.beijing_time(entry.get("user_receive_time")),
    )


def _reply(entry: Mapping[str, Any]) -> Report:
    told = entry.get("time")
    number = isinstance(told, int | float) and not isinstance(told, bool)
    return Report(
        kind=ReportKind.REPLIED,
        number=str(entry.get("mobile") or ""),
        answer=str(entry["text"] or ""),
        happened_at=datetime.fromtimestamp(float(told), UTC) if number else None,  # type: ignore[arg-type]
    )
