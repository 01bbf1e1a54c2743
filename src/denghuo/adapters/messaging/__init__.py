"""Gateways for messages: text messages, voice calls, mail, other systems. What leaves, what came of it, what came back.

Sources: Alibaba Cloud SMS API 2017-05-25 with signature method V3 (ACS3-HMAC-SHA256); Tencent Cloud SMS API 2021-01-11
with signature method v3 (TC3-HMAC-SHA256); RFC 5321 and 5322 for mail. See `docs/adapters-messaging.md`.
"""

from denghuo.adapters.messaging.aliyun import Aliyun
from denghuo.adapters.messaging.gateways import (
    Account,
    Gateway,
    GatewayFormatError,
    Kind,
    Outcome,
    Outgoing,
    Report,
    ReportKind,
    Result,
)
from denghuo.adapters.messaging.mail import Mail
from denghuo.adapters.messaging.segments import Length, length, segments
from denghuo.adapters.messaging.tencent import Tencent
from denghuo.adapters.messaging.voice import Voice
from denghuo.adapters.messaging.webhook import Webhook

__all__ = [
    "GATEWAYS",
    "Account",
    "Aliyun",
    "Gateway",
    "GatewayFormatError",
    "Kind",
    "Length",
    "Mail",
    "Outcome",
    "Outgoing",
    "Report",
    "ReportKind",
    "Result",
    "Tencent",
    "Voice",
    "Webhook",
    "length",
    "segments",
]

GATEWAYS: dict[Kind, type[Gateway]] = {
    Kind.ALIYUN: Aliyun,
    Kind.TENCENT: Tencent,
    Kind.WEBHOOK: Webhook,
    Kind.VOICE: Voice,
    Kind.SMTP: Mail,
}
