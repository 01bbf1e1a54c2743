"""The check of a receipt's words, by the rules of orders: on the server, and as data for a phone without a network."""

from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.crews.models import Refusal
from denghuo.apps.orders.queries import receipts

# Python's \\W leaves letters of every script alone, a browser's only English ones.
_NO_WORD = r"[^\p{L}\p{N}_]"


def lack_of(text: str) -> Refusal | None:
    """Why a receipt is not taken."""
    if not text.strip():
        return Refusal.RECEIPT_MISSING
    if receipts.SAYS_NOTHING.match(text.strip()):
        return Refusal.SAYS_NOTHING
    return Refusal.HAS_NUMBER if receipts.HOLDS_NUMBER.search(text) else None


def rules() -> dict[str, Any]:
    """The same rules for the page: patterns in the browser's spelling, in the order in which they are tried."""
    return {
        "forbids": [
            {"pattern": _in_a_browser(receipts.SAYS_NOTHING.pattern), "refusal": Refusal.SAYS_NOTHING.value},
            {"pattern": _in_a_browser(receipts.HOLDS_NUMBER.pattern), "refusal": Refusal.HAS_NUMBER.value},
        ],
        "short": receipts.SHORT_CHARACTERS,
        "advice": _("This is very short. What was found, and what was done?"),
    }


def _in_a_browser(pattern: str) -> str:
    return pattern.replace(r"\W", _NO_WORD)
