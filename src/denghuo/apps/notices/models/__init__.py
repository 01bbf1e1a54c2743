"""The rows of notices: what people are told inside the product, and the messages that leave it."""

from denghuo.apps.notices.models.gateways import Gateway, GatewayKind, GatewayTemplate
from denghuo.apps.notices.models.messages import Attempt, Channel, Message, Receipt, Ring, State
from denghuo.apps.notices.models.notices import Notice
from denghuo.apps.notices.models.proof import HandCall, HandDelivery, How
from denghuo.apps.notices.models.rules import (
    Audience,
    MessageTemplate,
    NoticeCase,
    NoticeRule,
    Preference,
)

__all__ = [
    "Attempt",
    "Audience",
    "Channel",
    "Gateway",
    "GatewayKind",
    "GatewayTemplate",
    "HandCall",
    "HandDelivery",
    "How",
    "Message",
    "MessageTemplate",
    "Notice",
    "NoticeCase",
    "NoticeRule",
    "Preference",
    "Receipt",
    "Ring",
    "State",
]
