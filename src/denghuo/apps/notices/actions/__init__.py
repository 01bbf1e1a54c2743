"""Every write to notices."""

from denghuo.apps.notices.actions.forgetting import follow_forgotten
from denghuo.apps.notices.actions.inbox import NoticeEntry, queue_notice, read_notice, withdraw_notice, withdraw_notices
from denghuo.apps.notices.actions.messages import (
    MessageEntry,
    answer_message,
    cancel_messages,
    expire_messages,
    follow_unanswered,
    queue_messages,
)
from denghuo.apps.notices.actions.proof import record_delivery, record_hand_call, record_printing, unmask_message
from denghuo.apps.notices.actions.sending import Try, retry_message, settle_messages, take_receipts
from denghuo.apps.notices.actions.settings import (
    GatewayEntry,
    set_gateway,
    set_gateway_template,
    set_message_template,
    set_notice_rule,
    set_preference,
    try_gateway,
)

__all__ = [
    "GatewayEntry",
    "MessageEntry",
    "NoticeEntry",
    "Try",
    "answer_message",
    "cancel_messages",
    "expire_messages",
    "follow_forgotten",
    "follow_unanswered",
    "queue_messages",
    "queue_notice",
    "read_notice",
    "record_delivery",
    "record_hand_call",
    "record_printing",
    "retry_message",
    "set_gateway",
    "set_gateway_template",
    "set_message_template",
    "set_notice_rule",
    "set_preference",
    "settle_messages",
    "take_receipts",
    "try_gateway",
    "unmask_message",
    "withdraw_notice",
    "withdraw_notices",
]
