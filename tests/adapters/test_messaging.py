"""What leaves and what came of it, in the words of each gateway."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from denghuo.adapters.messaging import (
    GATEWAYS,
    Account,
    Aliyun,
    Gateway,
    GatewayFormatError,
    Kind,
    Mail,
    Outcome,
    Outgoing,
    ReportKind,
    Result,
    Tencent,
    Voice,
    Webhook,
    aliyun,
    length,
    segments,
    tencent,
    webhook,
)

AT = datetime(2026, 5, 1, tzinfo=UTC)
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
PLAIN: dict[str, Any] = {"token": "t1", "address": "13800138000", "text": "停电了", "name": "张三"}
REGISTERED = Outgoing(template="SMS_1", variables=(("area", "青禾村"), ("end", "16:00")), **PLAIN)


class Answers:
    """A gateway's end of the wire: says what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.answer: httpx.Response | Exception = httpx.Response(200, json={})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def wire() -> Answers:
    return Answers()


def connected(kind: type[Gateway], wire: Answers, **told: Any) -> Gateway:
    account = Account(
        **{"endpoint": "http://gw.example/x", "access_id": "id", "secret": "s", "signature": "灯火供电", **told}
    )
    return kind(account, client=httpx.Client(transport=httpx.MockTransport(wire)))


# --- signatures, by the examples of the documentation


def test_aliyun_signs_as_documented() -> None:
    account = Account(endpoint="", access_id="YourAccessKeyId", secret="YourAccessKeySecret")
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": EMPTY,
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    query = "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai"
    signed = aliyun.authorization(account, "POST", "/", query, headers)
    assert signed == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;"
        "x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_tencent_signs_as_documented() -> None:
    account = Account(
        endpoint="", access_id="AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", secret="Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"
    )
    headers = {"content-type": "application/json; charset=utf-8", "host": "cvm.tencentcloudapi.com"}
    body = rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    at = datetime.fromtimestamp(1551113065, UTC)
    signed = tencent.authorization(account, "POST", "", headers, body, service="cvm", at=at)
    assert signed.startswith(
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, "
    )
    assert signed.endswith("Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168")


# --- what leaves


def test_aliyun_is_asked_in_its_words(wire: Answers) -> None:
    wire.answer = httpx.Response(200, json={"Code": "OK", "BizId": "9^0", "RequestId": "r", "Message": "OK"})
    result = connected(Aliyun, wire, endpoint="https://dysmsapi.aliyuncs.com").send(REGISTERED, at=AT)
    assert result == Result(outcome=Outcome.TAKEN, code="OK", provider_id="9^0")
    (asked,) = wire.asked
    assert asked.url.host == "dysmsapi.aliyuncs.com"
    assert dict(asked.url.params) == {
        "PhoneNumbers": "13800138000",
        "SignName": "灯火供电",
        "TemplateCode": "SMS_1",
        "TemplateParam": '{"area": "青禾村", "end": "16:00"}',
        "OutId": "t1",
    }
    assert asked.headers["x-acs-action"] == "SendSms"
    assert asked.headers["x-acs-date"] == "2026-05-01T00:00:00Z"
    signed = {
        name: asked.headers[name]
        for name in (
            "host",
            "x-acs-action",
            "x-acs-content-sha256",
            "x-acs-date",
            "x-acs-signature-nonce",
            "x-acs-version",
        )
    }
    account = Account(endpoint="", access_id="id", secret="s")
    query = asked.url.query.decode()
    assert asked.headers["authorization"] == aliyun.authorization(account, "POST", "/", query, signed)


def test_tencent_is_asked_in_its_words(wire: Answers) -> None:
    status = {"SerialNo": "5:1", "PhoneNumber": "+8613800138000", "Fee": 2, "Code": "Ok", "SessionContext": "t1"}
    wire.answer = httpx.Response(200, json={"Response": {"SendStatusSet": [status], "RequestId": "r"}})
    line = connected(
        Tencent, wire, endpoint="https://sms.tencentcloudapi.com", options={"app_id": "14", "region": "gz"}
    )
    assert line.send(REGISTERED, at=AT) == Result(outcome=Outcome.TAKEN, code="Ok", provider_id="5:1", segments=2)
    (asked,) = wire.asked
    assert json.loads(asked.content) == {
        "PhoneNumberSet": ["+8613800138000"],
        "SmsSdkAppId": "14",
        "SignName": "灯火供电",
        "TemplateId": "SMS_1",
        "TemplateParamSet": ["青禾村", "16:00"],
        "SessionContext": "t1",
    }
    assert (asked.headers["x-tc-action"], asked.headers["x-tc-region"]) == ("SendSms", "gz")
    headers = {"content-type": asked.headers["content-type"], "host": asked.url.host, "x-tc-action": "sendsms"}
    signed = tencent.authorization(line.account, "POST", "", headers, asked.content, service="sms", at=AT)
    assert asked.headers["authorization"] == signed


@pytest.mark.parametrize("kind", [Aliyun, Tencent])
def test_without_a_registered_template_another_gateway_is_asked(wire: Answers, kind: type[Gateway]) -> None:
    assert connected(kind, wire).send(Outgoing(**PLAIN), at=AT).outcome is Outcome.ELSEWHERE
    assert wire.asked == []


def test_a_webhook_is_signed_and_named(wire: Answers) -> None:
    wire.answer = httpx.Response(202, json={"id": "w9", "segments": 2})
    line = connected(Webhook, wire)
    taken = line.send(REGISTERED, at=AT)
    assert taken == Result(outcome=Outcome.TAKEN, provider_id="w9", segments=2)
    (asked,) = wire.asked
    told = json.loads(asked.content)
    assert (told["id"], told["to"], told["text"]) == ("t1", "13800138000", "停电了")
    assert asked.headers["idempotency-key"] == "t1"
    signed = webhook.sign("s", asked.content, at=AT)
    assert {name: asked.headers[name] for name in signed} == signed
    wire.answer = httpx.Response(409)
    assert line.send(REGISTERED, at=AT).outcome is Outcome.TAKEN


def test_a_voice_gateway_hears_which_keys_count(wire: Answers) -> None:
    line = connected(Voice, wire, options={"show": "95598"})
    line.send(Outgoing(expects_answer=True, **PLAIN), at=AT)
    line.send(Outgoing(**PLAIN), at=AT)
    told = [json.loads(asked.content) for asked in wire.asked]
    assert [(one["show"], one["keys"]) for one in told] == [("95598", "12"), ("95598", "")]


# --- what came of it

UNREACHED = [
    (httpx.ConnectError("refused"), Outcome.AGAIN),
    (httpx.ConnectTimeout("slow"), Outcome.AGAIN),
    (httpx.ReadTimeout("slow"), Outcome.UNSURE),
    (httpx.RemoteProtocolError("hung up"), Outcome.UNSURE),
    (httpx.WriteError("broke"), Outcome.UNSURE),
]
STATUSES = [
    (429, Outcome.AGAIN),
    (503, Outcome.AGAIN),
    (500, Outcome.UNSURE),
    (502, Outcome.UNSURE),
    (401, Outcome.ELSEWHERE),
    (404, Outcome.ELSEWHERE),
]


@pytest.mark.parametrize("kind", [Aliyun, Tencent, Webhook, Voice])
@pytest.mark.parametrize(("error", "outcome"), UNREACHED, ids=lambda one: type(one).__name__)
def test_what_a_lost_answer_means(wire: Answers, kind: type[Gateway], error: Exception, outcome: Outcome) -> None:
    wire.answer = error
    assert connected(kind, wire).send(REGISTERED, at=AT).outcome is outcome


@pytest.mark.parametrize("kind", [Aliyun, Tencent, Webhook, Voice])
@pytest.mark.parametrize(("status", "outcome"), STATUSES)
def test_what_a_bare_status_means(wire: Answers, kind: type[Gateway], status: int, outcome: Outcome) -> None:
    wire.answer = httpx.Response(status, text="<html>", headers={"retry-after": "7"})
    result = connected(kind, wire).send(REGISTERED, at=AT)
    assert result.outcome is outcome
    assert result.wait_s == (7.0 if outcome is Outcome.AGAIN else None)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("isv.MOBILE_NUMBER_ILLEGAL", Outcome.REFUSED),
        ("isv.TEMPLATE_MISSING_PARAMETERS", Outcome.REFUSED),
        ("isv.BLACK_KEY_CONTROL_LIMIT", Outcome.REFUSED),
        ("isv.BUSINESS_LIMIT_CONTROL", Outcome.AGAIN),
        ("Throttling.User", Outcome.AGAIN),
        ("isp.SYSTEM_ERROR", Outcome.UNSURE),
        ("isv.AMOUNT_NOT_ENOUGH", Outcome.ELSEWHERE),
        ("isv.SMS_TEMPLATE_ILLEGAL", Outcome.ELSEWHERE),
        ("SignatureDoesNotMatch", Outcome.ELSEWHERE),
        ("", Outcome.ELSEWHERE),
    ],
)
def test_codes_of_aliyun(wire: Answers, code: str, outcome: Outcome) -> None:
    wire.answer = httpx.Response(400 if code == "SignatureDoesNotMatch" else 200, json={"Code": code})
    assert connected(Aliyun, wire).send(REGISTERED, at=AT).outcome is outcome


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("InvalidParameterValue.IncorrectPhoneNumber", Outcome.REFUSED),
        ("FailedOperation.PhoneNumberInBlacklist", Outcome.REFUSED),
        ("LimitExceeded.PhoneNumberThirtySecondLimit", Outcome.AGAIN),
        ("LimitExceeded.PhoneNumberDailyLimit", Outcome.AGAIN),
        ("RequestLimitExceeded", Outcome.AGAIN),
        ("InternalError.Timeout", Outcome.UNSURE),
        ("FailedOperation.InsufficientBalanceInSmsPackage", Outcome.ELSEWHERE),
        ("AuthFailure.SignatureFailure", Outcome.ELSEWHERE),
    ],
)
def test_codes_of_tencent(wire: Answers, code: str, outcome: Outcome) -> None:
    line = connected(Tencent, wire)
    wire.answer = httpx.Response(200, json={"Response": {"Error": {"Code": code, "Message": ""}, "RequestId": "r"}})
    assert line.send(REGISTERED, at=AT).outcome is outcome
    wire.answer = httpx.Response(200, json={"Response": {"SendStatusSet": [{"Code": code}], "RequestId": "r"}})
    assert line.send(REGISTERED, at=AT).outcome is outcome


def test_a_webhook_that_says_no(wire: Answers) -> None:
    wire.answer = httpx.Response(422, json={"code": "number"})
    assert connected(Webhook, wire).send(REGISTERED, at=AT) == Result(outcome=Outcome.REFUSED, code="number")


# --- after a doubt


def test_aliyun_finds_by_our_token(wire: Answers) -> None:
    line = connected(Aliyun, wire)
    entries = [{"OutId": "t0"}, {"OutId": "t1", "SendStatus": 3}]
    wire.answer = httpx.Response(200, json={"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": entries}})
    late = datetime(2026, 5, 1, 17, tzinfo=UTC)  # the next day in Beijing
    found = line.find(REGISTERED, sent_at=late, at=late)
    assert found is not None
    assert found.outcome is Outcome.TAKEN
    assert wire.asked[0].url.params["SendDate"] == "20260502"
    wire.answer = httpx.Response(200, json={"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": entries[:1]}})
    assert line.find(REGISTERED, sent_at=AT, at=AT) is None
    wire.answer = httpx.Response(500)
    doubt = line.find(REGISTERED, sent_at=AT, at=AT)
    assert doubt is not None
    assert doubt.outcome is Outcome.UNSURE


def test_tencent_finds_by_our_token(wire: Answers) -> None:
    line = connected(Tencent, wire, options={"app_id": "14"})
    entries = [{"SessionContext": "t1", "SerialNo": "5:1"}]
    wire.answer = httpx.Response(200, json={"Response": {"PullSmsSendStatusSet": entries}})
    found = line.find(REGISTERED, sent_at=AT, at=AT)
    assert found == Result(outcome=Outcome.TAKEN, code="found", provider_id="5:1")
    wire.answer = httpx.Response(200, json={"Response": {"PullSmsSendStatusSet": []}})
    assert line.find(REGISTERED, sent_at=AT, at=AT) is None
    wire.answer = httpx.ReadTimeout("slow")
    doubt = line.find(REGISTERED, sent_at=AT, at=AT)
    assert doubt is not None
    assert doubt.outcome is Outcome.UNSURE


@pytest.mark.parametrize("kind", list(Kind))
def test_every_gateway_can_settle_a_doubt(kind: Kind) -> None:
    assert GATEWAYS[kind].can_find or GATEWAYS[kind].repeats_safely


# --- what comes back

ACCOUNT = Account(endpoint="", secret="s")


def test_aliyun_reports() -> None:
    told = {
        "phone_number": "13800138000",
        "send_time": "2026-05-01 08:00:00",
        "report_time": "2026-05-01 08:00:05",
        "success": True,
        "err_code": "DELIVERED",
        "err_msg": "",
        "sms_size": "1",
        "biz_id": "9^0",
        "out_id": "t1",
    }
    off = {**told, "success": False, "err_code": "MK:0001", "report_time": "soon"}
    up = {
        "phone_number": "13800138000",
        "send_time": "2026-05-01 08:01:00",
        "content": "1",
        "dest_code": "9",
        "sequence_id": 7,
    }
    reports = Aliyun.read_reports(ACCOUNT, json.dumps([told, off, up]).encode(), {}, at=AT)
    assert [report.kind for report in reports] == [ReportKind.DELIVERED, ReportKind.FAILED, ReportKind.REPLIED]
    assert (reports[0].token, reports[0].provider_id) == ("t1", "9^0")
    assert reports[0].happened_at == datetime(2026, 5, 1, 0, 0, 5, tzinfo=UTC)
    assert reports[1].happened_at is None
    assert (reports[2].number, reports[2].answer) == ("13800138000", "1")
    assert Aliyun.thanks()["code"] == 0


def test_tencent_reports() -> None:
    told = {
        "user_receive_time": "2026-05-01 08:00:05",
        "nationcode": "86",
        "mobile": "13800138000",
        "report_status": "SUCCESS",
        "errmsg": "DELIVRD",
        "description": "",
        "sid": "5:1",
    }
    (report,) = Tencent.read_reports(ACCOUNT, json.dumps([told]).encode(), {}, at=AT)
    assert (report.kind, report.provider_id) == (ReportKind.DELIVERED, "5:1")
    up = {"extend": "", "mobile": "13800138000", "nationcode": "86", "sign": "", "text": "2", "time": 1777593600}
    (reply,) = Tencent.read_reports(ACCOUNT, json.dumps(up).encode(), {}, at=AT)
    assert (reply.kind, reply.answer, reply.happened_at) == (ReportKind.REPLIED, "2", AT)


@pytest.mark.parametrize("kind", [Aliyun, Tencent])
@pytest.mark.parametrize("body", [b"", b"{", b"{}", b"[1]", b"[{}]", b'"x"', b"\xff"])
def test_what_is_no_report_is_refused(kind: type[Gateway], body: bytes) -> None:
    with pytest.raises(GatewayFormatError):
        kind.read_reports(ACCOUNT, body, {}, at=AT)


def signed(told: object, *, secret: str = "s", at: datetime = AT) -> tuple[bytes, Mapping[str, str]]:
    body = json.dumps(told).encode()
    return body, webhook.sign(secret, body, at=at)


def test_a_webhook_reports_and_is_known_by_its_signature() -> None:
    told = {"reports": [{"id": "t1", "state": "answered", "answer": "2", "at": "2026-05-01T08:00:05+08:00"}]}
    body, headers = signed(told)
    (report,) = Webhook.read_reports(ACCOUNT, body, headers, at=AT)
    assert (report.kind, report.token, report.answer) == (ReportKind.ANSWERED, "t1", "2")
    assert report.happened_at == datetime(2026, 5, 1, 0, 0, 5, tzinfo=UTC)
    for wrong in (signed(told, secret="other"), signed(told, at=datetime(2026, 4, 1, tzinfo=UTC)), (body, {})):
        with pytest.raises(GatewayFormatError):
            Webhook.read_reports(ACCOUNT, *wrong, at=AT)
    with pytest.raises(GatewayFormatError):
        Webhook.read_reports(Account(endpoint=""), *signed(told, secret=""), at=AT)
    for odd in ([], {"reports": 1}, {"reports": [1]}, {"reports": [{"id": "t1", "state": "?"}]}):
        with pytest.raises(GatewayFormatError):
            Webhook.read_reports(ACCOUNT, *signed(odd), at=AT)


def test_mail_servers_do_not_report() -> None:
    with pytest.raises(GatewayFormatError):
        Mail.read_reports(ACCOUNT, b"{}", {}, at=AT)


# --- length


@pytest.mark.parametrize(
    ("characters", "parts"), [(0, 1), (1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4)]
)
def test_long_texts_are_charged_in_parts(characters: int, parts: int) -> None:
    assert segments("电" * characters) == parts


def test_the_signature_counts_and_so_does_every_half_of_a_rare_character() -> None:
    assert segments("电" * 64, signature="灯火供电") == 1
    assert segments("电" * 65, signature="灯火供电") == 2
    assert length("𠮷").characters == 2


def test_secrets_are_not_shown() -> None:
    assert "13800138000" not in repr(REGISTERED)
    assert "secret" not in repr(Account(endpoint="x", secret="secret"))
