"""Pages of crews."""

from denghuo.apps.crews.views.board import assign, assignment, crew, home, photo, suggestions, withdraw
from denghuo.apps.crews.views.mine import call, manifest, mine, reports, service_worker, step
from denghuo.apps.crews.views.people import (
    certificate,
    close,
    drop_certificate,
    drop_duty,
    duty,
    edit,
    join,
    leave,
    new,
    phone,
)
from denghuo.apps.crews.views.rules import prices, rules

__all__ = [
    "assign",
    "assignment",
    "call",
    "certificate",
    "close",
    "crew",
    "drop_certificate",
    "drop_duty",
    "duty",
    "edit",
    "home",
    "join",
    "leave",
    "manifest",
    "mine",
    "new",
    "phone",
    "photo",
    "prices",
    "reports",
    "rules",
    "service_worker",
    "step",
    "suggestions",
    "withdraw",
]
