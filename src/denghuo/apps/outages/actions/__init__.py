"""Every write to outages."""

from denghuo.apps.outages.actions.calls import follow_call_back
from denghuo.apps.outages.actions.desk import (
    find_same,
    follow_closed_outage,
    follow_ended_suspicion,
    follow_joined,
    join_report,
    leave_incident,
    part_report,
    take_incident,
)
from denghuo.apps.outages.actions.dispatch import (
    CrewCannotGoError,
    NothingToDoError,
    SentMeanwhileError,
    send_crew,
)
from denghuo.apps.outages.actions.estimates import (
    NothingToExpectError,
    ReasonWantedError,
    TooFarAheadError,
    follow_suspicion,
    give_estimate,
    set_telling_rule,
)
from denghuo.apps.outages.actions.faults import (
    DeviceUnknownError,
    NotOpenedError,
    confirm_fault,
    follow_answer,
    follow_supply,
    say_back,
    say_still_out,
)
from denghuo.apps.outages.actions.field import follow_finish
from denghuo.apps.outages.actions.outages import (
    OutageEntry,
    classify_outage,
    follow_network,
    refresh_supply,
    register_outage,
    register_outages,
)
from denghuo.apps.outages.actions.plans import (
    NothingToAnnounceError,
    announce_plan,
    cancel_plan,
    move_plan,
    name_devices,
    remind_of_plans,
)
from denghuo.apps.outages.actions.reports import (
    dismiss_suspicion,
    follow_closed_order,
    follow_corrected_order,
    follow_orders,
    hear_meters,
)
from denghuo.apps.outages.actions.rules import set_judging_rule
from denghuo.apps.outages.actions.telling import (
    ask_whether_back,
    call_off_expected,
    call_off_messages,
    tell_estimate,
    tell_of_outages,
)

__all__ = [
    "CrewCannotGoError",
    "DeviceUnknownError",
    "NotOpenedError",
    "NothingToAnnounceError",
    "NothingToDoError",
    "NothingToExpectError",
    "OutageEntry",
    "ReasonWantedError",
    "SentMeanwhileError",
    "TooFarAheadError",
    "announce_plan",
    "ask_whether_back",
    "call_off_expected",
    "call_off_messages",
    "cancel_plan",
    "classify_outage",
    "confirm_fault",
    "dismiss_suspicion",
    "find_same",
    "follow_answer",
    "follow_call_back",
    "follow_closed_order",
    "follow_closed_outage",
    "follow_corrected_order",
    "follow_ended_suspicion",
    "follow_finish",
    "follow_joined",
    "follow_network",
    "follow_orders",
    "follow_supply",
    "follow_suspicion",
    "give_estimate",
    "hear_meters",
    "join_report",
    "leave_incident",
    "move_plan",
    "name_devices",
    "part_report",
    "refresh_supply",
    "register_outage",
    "register_outages",
    "remind_of_plans",
    "say_back",
    "say_still_out",
    "send_crew",
    "set_judging_rule",
    "set_telling_rule",
    "take_incident",
    "tell_estimate",
    "tell_of_outages",
]
