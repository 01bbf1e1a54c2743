"""Every write to the hotline."""

from denghuo.apps.hotline.actions.announcements import (
    announce_outages,
    approve_announcement,
    draft_announcement,
    edit_announcement,
    expire_announcement,
    expire_with_outage,
    hand_over_announcement,
    publish_announcement,
    set_announcement_template,
    take_back_announcement,
)
from denghuo.apps.hotline.actions.at_once import announce_at_once
from denghuo.apps.hotline.actions.call_backs import (
    UrgedTooSoonError,
    answer_call_back,
    ask_call_back,
    show_call_back_number,
    show_reporter_number,
    try_call_back,
    try_reporter,
    urge_answer,
)
from denghuo.apps.hotline.actions.calls import (
    Source,
    end_agent,
    follow_calls,
    follow_definition,
    link_agent,
    name_agents,
    open_exchange,
    record_calls,
    tally_calls,
    update_board,
)
from denghuo.apps.hotline.actions.desk import NoteEntry, keep_note, save_note, set_desk_rule
from denghuo.apps.hotline.actions.forgetting import follow_forgotten
from denghuo.apps.hotline.actions.intake import chase_order, take_in
from denghuo.apps.hotline.actions.privacy import export_calls, unmask_caller
from denghuo.apps.hotline.actions.reviews import ItemScore, correct_review, review_call, set_review_sheet
from denghuo.apps.hotline.actions.rules import (
    CauseEntry,
    import_numbers,
    name_cause,
    set_definition,
    set_target,
    withdraw_cause,
)
from denghuo.apps.hotline.actions.tables import NameTakenError, keep_table_template, remove_table_template
from denghuo.apps.hotline.queries import NoteRefusedError

__all__ = [
    "CauseEntry",
    "ItemScore",
    "NameTakenError",
    "NoteEntry",
    "NoteRefusedError",
    "Source",
    "UrgedTooSoonError",
    "announce_at_once",
    "announce_outages",
    "answer_call_back",
    "approve_announcement",
    "ask_call_back",
    "chase_order",
    "correct_review",
    "draft_announcement",
    "edit_announcement",
    "end_agent",
    "expire_announcement",
    "expire_with_outage",
    "export_calls",
    "follow_calls",
    "follow_definition",
    "follow_forgotten",
    "hand_over_announcement",
    "import_numbers",
    "keep_note",
    "keep_table_template",
    "link_agent",
    "name_agents",
    "name_cause",
    "open_exchange",
    "publish_announcement",
    "record_calls",
    "remove_table_template",
    "review_call",
    "save_note",
    "set_announcement_template",
    "set_definition",
    "set_desk_rule",
    "set_review_sheet",
    "set_target",
    "show_call_back_number",
    "show_reporter_number",
    "take_back_announcement",
    "take_in",
    "tally_calls",
    "try_call_back",
    "try_reporter",
    "unmask_caller",
    "update_board",
    "urge_answer",
    "withdraw_cause",
]
