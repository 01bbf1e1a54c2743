"""Pages of the portal."""

from denghuo.apps.portal.views.following import ask_number, say, standing
from denghuo.apps.portal.views.reporting import at_sticker, known, places, report, start
from denghuo.apps.portal.views.stickers import print_stickers, stickers

__all__ = [
    "ask_number",
    "at_sticker",
    "known",
    "places",
    "print_stickers",
    "report",
    "say",
    "standing",
    "start",
    "stickers",
]
