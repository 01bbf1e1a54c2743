"""The whole process on one page: when this fact is recorded, then that action follows.

A line names the fact's class and the action as `context.function` of that context's `actions.py`, called as

    action(fact, *, at, actor, delivery_key)

in one transaction with the closing of its delivery. `background=True` leaves an action that is heavy or reaches outside
(a message, a webhook) to the worker; everything else runs right after the commit. `together=True`, in the background,
gives an action every fact that waits for it at once, as a tuple. See `docs/contexts/ledger.md`.
"""

from dataclasses import dataclass

from denghuo.apps.hotline.facts import (
    AnnouncementExpired,
    AnnouncementPublished,
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
from denghuo.apps.outages.facts import OutageClassified, OutageClosed, SupplyChanged
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
    # Who was without supply, and why, is booked; every reliability figure is read from the books.
    Line(SupplyChanged, "continuity.follow_supply"),
    Line(OutageClassified, "continuity.follow_classification"),
    # Calls are counted; every figure of the hotline is read from the tallies.
    Line(CallsRecorded, "hotline.follow_calls"),
    Line(DefinitionSet, "hotline.follow_definition"),
    # Callers hear of what is out, from its announcement until supply is back.
    Line(SupplyChanged, "hotline.announce_outages"),
    Line(OutageClosed, "hotline.expire_with_outage"),
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
