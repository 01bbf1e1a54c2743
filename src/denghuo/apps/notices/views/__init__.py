"""Pages of notices: what I am told, what leaves the product, and how."""

from denghuo.apps.notices.views.gateways import gateway, gateway_template, gateways, try_gateway
from denghuo.apps.notices.views.inbox import home, read
from denghuo.apps.notices.views.outbox import (
    about,
    deliver,
    message,
    messages,
    reached,
    retry,
    retry_all,
    undeliverable,
    unmask,
)
from denghuo.apps.notices.views.paper import paper
from denghuo.apps.notices.views.receipts import receipts
from denghuo.apps.notices.views.settings import rules, templates, wishes

__all__ = [
    "about",
    "deliver",
    "gateway",
    "gateway_template",
    "gateways",
    "home",
    "message",
    "messages",
    "paper",
    "reached",
    "read",
    "receipts",
    "retry",
    "retry_all",
    "rules",
    "templates",
    "try_gateway",
    "undeliverable",
    "unmask",
    "wishes",
]
