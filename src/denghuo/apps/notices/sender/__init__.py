"""Sending what is due: claim a few messages, hand them to gateways from several threads, write down what came of it.

A claim is committed before anything leaves, so that a message in the hands of a process which dies is known to be in
doubt: its next sender asks the same gateway, under the same token, before it sends again.
"""

from denghuo.apps.notices.sender.claims import Job, claim
from denghuo.apps.notices.sender.lines import Lines, account_of
from denghuo.apps.notices.sender.loop import LEASE, POLL_S, THREADS, drain_messages, run_sender

__all__ = [
    "LEASE",
    "POLL_S",
    "THREADS",
    "Job",
    "Lines",
    "account_of",
    "claim",
    "drain_messages",
    "run_sender",
]
