"""Every write to crews."""

from denghuo.apps.crews.actions.dispatch import (
    CertificateMissingError,
    add_orders,
    assign,
    climb_ladder,
    follow_answer,
)
from denghuo.apps.crews.actions.field import PhotoEntry, ReportEntry, Taken, take_reports
from denghuo.apps.crews.actions.forgetting import follow_forgotten
from denghuo.apps.crews.actions.needless import (
    follow_finished,
    follow_order_closed,
    follow_orders_done,
    free_needless,
)
from denghuo.apps.crews.actions.people import (
    CrewEntry,
    change_crew,
    close_crew,
    join_crew,
    leave_crew,
    open_crew,
    record_certificate,
    set_duties,
    unmask_phone,
    withdraw_certificate,
    withdraw_duty,
)
from denghuo.apps.crews.actions.rules import (
    PriceEntry,
    RungEntry,
    forget_positions,
    set_ladder,
    set_price,
    set_rule,
)
from denghuo.apps.crews.actions.steps import StepEntry, take_step, withdraw_assignment
from denghuo.apps.crews.actions.wanted import follow_attached, follow_merged, follow_unmerged, follow_wanted

__all__ = [
    "CertificateMissingError",
    "CrewEntry",
    "PhotoEntry",
    "PriceEntry",
    "ReportEntry",
    "RungEntry",
    "StepEntry",
    "Taken",
    "add_orders",
    "assign",
    "change_crew",
    "climb_ladder",
    "close_crew",
    "follow_answer",
    "follow_attached",
    "follow_finished",
    "follow_forgotten",
    "follow_merged",
    "follow_order_closed",
    "follow_orders_done",
    "follow_unmerged",
    "follow_wanted",
    "forget_positions",
    "free_needless",
    "join_crew",
    "leave_crew",
    "open_crew",
    "record_certificate",
    "set_duties",
    "set_ladder",
    "set_price",
    "set_rule",
    "take_reports",
    "take_step",
    "unmask_phone",
    "withdraw_assignment",
    "withdraw_certificate",
    "withdraw_duty",
]
