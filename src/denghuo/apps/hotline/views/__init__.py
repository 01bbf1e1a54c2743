"""Pages of the hotline. A request becomes queries or one action; clock, permission and language are read here."""

from denghuo.apps.hotline.views.board import board, stream
from denghuo.apps.hotline.views.edit import causes, definitions, sources, targets, withdraw
from denghuo.apps.hotline.views.export import export
from denghuo.apps.hotline.views.pages import agents, call, calls, figure, home, unmask
from denghuo.apps.hotline.views.why import why

__all__ = [
    "agents",
    "board",
    "call",
    "calls",
    "causes",
    "definitions",
    "export",
    "figure",
    "home",
    "sources",
    "stream",
    "targets",
    "unmask",
    "why",
    "withdraw",
]
