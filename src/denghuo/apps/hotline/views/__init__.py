"""Pages of the hotline. A request becomes queries or one action; clock, permission and language are read here."""

from denghuo.apps.hotline.views.announcements import (
    announcement,
    announcement_sound,
    announcement_templates,
    announcements,
    approve_announcement,
    draft_announcement,
    edit_announcement,
    expire_announcement,
    publish_announcement,
    renew_announcement,
)
from denghuo.apps.hotline.views.board import board, stream
from denghuo.apps.hotline.views.call_backs import (
    answer_call_back,
    call_back_number,
    call_backs,
    reporter_number,
    try_call_back,
)
from denghuo.apps.hotline.views.desk import desk, desk_articles, desk_call, desk_note, desk_rules, desk_urge
from denghuo.apps.hotline.views.edit import causes, definitions, sources, targets, withdraw
from denghuo.apps.hotline.views.export import export
from denghuo.apps.hotline.views.intake import desk_about, desk_customers, desk_kept, desk_order, desk_where
from denghuo.apps.hotline.views.pages import agents, call, calls, figure, home, unmask
from denghuo.apps.hotline.views.reviews import review, review_sheets, reviews
from denghuo.apps.hotline.views.seats import seats
from denghuo.apps.hotline.views.wave import wave
from denghuo.apps.hotline.views.why import why

__all__ = [
    "agents",
    "announcement",
    "announcement_sound",
    "announcement_templates",
    "announcements",
    "answer_call_back",
    "approve_announcement",
    "board",
    "call",
    "call_back_number",
    "call_backs",
    "calls",
    "causes",
    "definitions",
    "desk",
    "desk_about",
    "desk_articles",
    "desk_call",
    "desk_customers",
    "desk_kept",
    "desk_note",
    "desk_order",
    "desk_rules",
    "desk_urge",
    "desk_where",
    "draft_announcement",
    "edit_announcement",
    "expire_announcement",
    "export",
    "figure",
    "home",
    "publish_announcement",
    "renew_announcement",
    "reporter_number",
    "review",
    "review_sheets",
    "reviews",
    "seats",
    "sources",
    "stream",
    "targets",
    "try_call_back",
    "unmask",
    "wave",
    "why",
    "withdraw",
]
