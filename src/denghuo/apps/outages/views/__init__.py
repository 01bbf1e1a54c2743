"""Pages of outages. A request becomes one query or one action; clock, permission and language are read here."""

from denghuo.apps.outages.views.deeds import as_planned, confirm, dismiss, estimate, join, same, send, take
from denghuo.apps.outages.views.dispatch import dispatch
from denghuo.apps.outages.views.estimates import estimates
from denghuo.apps.outages.views.outages import classify, home, new, numbered, outage
from denghuo.apps.outages.views.plans import (
    notice,
    notice_delivered,
    notice_missed,
    notice_posted,
    notice_print,
    notice_send,
    plan,
)
from denghuo.apps.outages.views.public import public
from denghuo.apps.outages.views.rules import judging_rules, telling_rules

__all__ = [
    "as_planned",
    "classify",
    "confirm",
    "dismiss",
    "dispatch",
    "estimate",
    "estimates",
    "home",
    "join",
    "judging_rules",
    "new",
    "notice",
    "notice_delivered",
    "notice_missed",
    "notice_posted",
    "notice_print",
    "notice_send",
    "numbered",
    "outage",
    "plan",
    "public",
    "same",
    "send",
    "take",
    "telling_rules",
]
