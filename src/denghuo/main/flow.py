"""The whole process on one page: when this fact is recorded, then that action follows.

A line names the fact's class and the action as `context.function` of that context's `actions.py`, called as

    action(fact, *, at, actor, delivery_key)

in one transaction with the closing of its delivery. `background=True` leaves an action that is heavy or reaches outside
(a message, a webhook) to the worker; everything else runs right after the commit. `together=True`, in the background,
gives an action every fact that waits for it at once, as a tuple. See `docs/contexts/ledger.md`.
"""

from dataclasses import dataclass

from denghuo.apps.crews.facts import (
    AssignmentRefused,
    AssignmentWithdrawn,
    CrewAccepted,
    CrewArrived,
    CrewAssigned,
    OrdersAdded,
    OrdersUnserved,
    TimeAnswered,
    WorkFinished,
)
from denghuo.apps.customers.facts import CareEnded, CareVisitDue, CareVisited, CustomerAnonymized
from denghuo.apps.hotline.facts import (
    AnnouncementExpired,
    AnnouncementPublished,
    CallBackAnswered,
    CallerUnmasked,
    CallsRecorded,
    DefinitionSet,
    MistakeFound,
)
from denghuo.apps.ledger import registry
from denghuo.apps.network.facts import (
    NetworkImported,
    SwitchingCorrected,
    SwitchingLogImported,
    SwitchingRecorded,
)
from denghuo.apps.notices.facts import MessageAnswered, MessageUnanswered, MessageUnmasked
from denghuo.apps.orders.facts import (
    CallersForgotten,
    CallerShown,
    OrderClosed,
    OrderCorrected,
    OrderOpened,
    OrderReopened,
    OrdersMerged,
    OrderUnmerged,
    StepTaken,
)
from denghuo.apps.organization.facts import CalendarImported, CalendarYearWithdrawn
from denghuo.apps.outages.facts import (
    CrewWanted,
    CustomersBack,
    CustomersNotBack,
    EstimateGiven,
    FaultCleared,
    FaultConfirmed,
    FaultSuspected,
    OrdersFoundSame,
    OutageClassified,
    OutageClosed,
    PlanMoved,
    ReportsAttached,
    StillOut,
    SupplyChanged,
    SupplySeen,
    SuspicionEnded,
)
from denghuo.apps.staffing.facts import AbsenceRecorded, AbsenceWithdrawn, SurgeSent


@dataclass(frozen=True)
class Line:
    """When `fact`, then `action`."""

    fact: type
    action: str
    background: bool = False
    together: bool = False


FLOW: list[Line] = [
    # The switching log says who is without supply.
    Line(NetworkImported, "outages.follow_network"),
    Line(SwitchingRecorded, "outages.follow_network"),
    Line(SwitchingCorrected, "outages.follow_network"),
    Line(SwitchingLogImported, "outages.follow_network"),
    # A report of no supply is placed on the outage that explains it, or points to a device; who says more, moves it.
    Line(OrderOpened, "outages.follow_orders", background=True, together=True),
    Line(OrderCorrected, "outages.follow_corrected_order", background=True),
    # Whoever answers for a customer by name hears of what came in for them; of a storm once.
    Line(OrderOpened, "orders.tell_responsible", background=True, together=True),
    Line(OrderClosed, "outages.follow_closed_order", background=True),
    Line(OrderReopened, "outages.follow_reopened"),
    Line(OrderUnmerged, "outages.follow_unmerged"),
    Line(FaultSuspected, "outages.follow_suspicion"),
    Line(FaultConfirmed, "network.follow_confirmation"),
    Line(SupplyChanged, "outages.follow_supply"),
    # What a dispatcher put to a fault by hand goes with it, and is let go when it was none; the same is merged.
    Line(SupplyChanged, "outages.follow_joined"),
    Line(SuspicionEnded, "outages.follow_ended_suspicion"),
    Line(OutageClosed, "outages.follow_closed_outage"),
    Line(OrdersFoundSame, "orders.follow_same"),
    # A dispatcher sends a crew; it serves whatever else is reported of the fault, and what it closes stands in the log.
    Line(CrewWanted, "crews.follow_wanted"),
    Line(ReportsAttached, "crews.follow_attached"),
    Line(WorkFinished, "outages.follow_finish"),
    Line(WorkFinished, "outages.follow_found"),
    Line(FaultCleared, "network.follow_clearing"),
    # Who saw the number of somebody unknown is reviewed as who saw a customer's.
    Line(CallerUnmasked, "customers.follow_look"),
    Line(CallerShown, "customers.follow_look"),
    Line(MessageUnmasked, "customers.follow_look"),
    # Whoever is without supply is told, special care first; whoever reported is asked whether it is back.
    Line(SupplyChanged, "outages.tell_of_outages", background=True),
    Line(OutageClosed, "outages.call_off_messages", background=True),
    Line(SuspicionEnded, "outages.call_off_expected", background=True),
    Line(EstimateGiven, "outages.tell_estimate", background=True),
    Line(CustomersBack, "outages.ask_whether_back", background=True),
    Line(MessageAnswered, "outages.follow_answer"),
    Line(CallBackAnswered, "outages.follow_call_back"),
    # Who answers 1 to being sent has accepted; of what was merged, who was sent goes for the order that goes on; who is
    # on the way for nothing any more is told.
    Line(MessageAnswered, "crews.follow_answer"),
    Line(OrdersMerged, "crews.follow_merged"),
    Line(OrderUnmerged, "crews.follow_unmerged"),
    Line(OrderClosed, "crews.follow_order_closed"),
    Line(StepTaken, "crews.follow_orders_done", background=True, together=True),
    # An order goes the way of the crew that serves it; "still out" opens it again, and what is back was called back.
    Line(CrewAssigned, "orders.follow_assignment"),
    Line(OrdersAdded, "orders.follow_added"),
    Line(CrewAccepted, "orders.follow_acceptance"),
    Line(CrewArrived, "orders.follow_arrival"),
    Line(WorkFinished, "orders.follow_finish"),
    Line(WorkFinished, "crews.follow_finished"),
    Line(TimeAnswered, "orders.follow_time_answered"),
    Line(AssignmentRefused, "orders.follow_release"),
    Line(AssignmentWithdrawn, "orders.follow_release"),
    Line(OrdersUnserved, "orders.follow_release"),
    Line(CustomersBack, "orders.follow_back", background=True),
    Line(CustomersNotBack, "orders.follow_not_back", background=True),
    Line(StillOut, "orders.follow_still_out"),
    Line(SupplySeen, "orders.follow_lit"),
    # A special-care customer who does not answer is visited, unless they do so after all.
    Line(MessageUnanswered, "orders.follow_unreached"),
    Line(MessageAnswered, "orders.follow_reached"),
    # Other holidays are other deadlines.
    Line(CalendarImported, "orders.follow_calendar"),
    Line(CalendarYearWithdrawn, "orders.follow_calendar"),
    # A visit that the register planned is an order of whoever answers for the customer, until it is made.
    Line(CareVisitDue, "orders.follow_visit_due"),
    Line(CareVisited, "orders.follow_visited"),
    Line(CareEnded, "orders.follow_care_ended"),
    # Who was made anonymous is nobody anywhere: in orders, messages, signatures, notes of calls.
    Line(CustomerAnonymized, "orders.follow_anonymized"),
    Line(CallersForgotten, "notices.follow_forgotten"),
    Line(CallersForgotten, "crews.follow_forgotten"),
    Line(CallersForgotten, "hotline.follow_forgotten"),
    # Who was without supply, and why, is booked; every reliability figure is read from the books.
    Line(SupplyChanged, "continuity.follow_supply"),
    Line(OutageClassified, "continuity.follow_classification"),
    # Calls are counted; every figure of the hotline is read from the tallies.
    Line(CallsRecorded, "hotline.follow_calls"),
    Line(DefinitionSet, "hotline.follow_definition"),
    # Callers hear of what is out, from its announcement until supply is back.
    Line(SupplyChanged, "hotline.announce_outages"),
    Line(OutageClosed, "hotline.expire_with_outage"),
    Line(EstimateGiven, "hotline.follow_estimate"),
    Line(PlanMoved, "hotline.follow_moved_plan"),
    Line(AnnouncementPublished, "hotline.hand_over_announcement", background=True),
    Line(AnnouncementExpired, "hotline.take_back_announcement", background=True),
    # A fault sends callers: what the hotline will need is proposed at once.
    Line(SupplyChanged, "staffing.follow_supply"),
    Line(SurgeSent, "hotline.announce_at_once"),
    # With the first calls of a day, the days ahead are forecast anew.
    Line(CallsRecorded, "staffing.follow_calls", background=True),
    # Who is away works no duty: what a roster will give is worked out anew.
    Line(AbsenceRecorded, "staffing.follow_absence"),
    Line(AbsenceWithdrawn, "staffing.follow_absence"),
    # What was told wrongly is asked in an exam.
    Line(MistakeFound, "knowledge.follow_mistake"),
]


def connect(lines: list[Line]) -> None:
    """Subscribe every line to the ledger. Actions are imported when they are first needed."""
    for line in lines:
        context, _, function = line.action.partition(".")
        target = f"denghuo.apps.{context}.actions:{function}"
        registry.subscribe(
            line.fact, reaction=line.action, target=target, background=line.background, together=line.together
        )
