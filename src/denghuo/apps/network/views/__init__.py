"""Pages of the network. A request becomes one query or one action; clock, permission and language are read here."""

from denghuo.apps.network.views.devices import correct, device, log, record
from denghuo.apps.network.views.picture import drawing, home, picture, search, state
from denghuo.apps.network.views.planning import findings, isolation

__all__ = [
    "correct",
    "device",
    "drawing",
    "findings",
    "home",
    "isolation",
    "log",
    "picture",
    "record",
    "search",
    "state",
]
