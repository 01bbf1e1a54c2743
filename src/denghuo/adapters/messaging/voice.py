"""A voice gateway that reads a text out and takes a key: the webhook's form, with what a call needs besides."""

from typing import Any, ClassVar

from denghuo.adapters.messaging.gateways import Outgoing
from denghuo.adapters.messaging.webhook import Webhook

__all__ = ["Voice"]

_RINGS, _REPEATS = "30", "2"


class Voice(Webhook):
    """``options``: `show`, the number that is shown; `ring_s`, how long it rings [s]; `repeats`, how often the text is
    read; `keys`, the keys that count as an answer."""

    repeats_safely: ClassVar[bool] = True

    def _document(self, message: Outgoing) -> dict[str, Any]:
        options = self.account.options
        return {
            **super()._document(message),
            "show": options.get("show", ""),
            "ring_s": int(options.get("ring_s", _RINGS)),
            "repeats": int(options.get("repeats", _REPEATS)),
            "keys": options.get("keys", "12") if message.expects_answer else "",
        }
