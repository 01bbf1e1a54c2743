"""Every write to the hotline."""

from denghuo.apps.hotline.actions.calls import (
    Source,
    follow_calls,
    follow_definition,
    name_agents,
    open_exchange,
    record_calls,
    tally_calls,
    update_board,
)
from denghuo.apps.hotline.actions.privacy import export_calls, unmask_caller
from denghuo.apps.hotline.actions.rules import (
    CauseEntry,
    import_numbers,
    name_cause,
    set_definition,
    set_target,
    withdraw_cause,
)

__all__ = [
    "CauseEntry",
    "Source",
    "export_calls",
    "follow_calls",
    "follow_definition",
    "import_numbers",
    "name_agents",
    "name_cause",
    "open_exchange",
    "record_calls",
    "set_definition",
    "set_target",
    "tally_calls",
    "unmask_caller",
    "update_board",
    "withdraw_cause",
]
