"""What steps of an order are called."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

STEP_NAMES = {
    "open": lambda: _("Opened"),
    "dispatch": lambda: _("Dispatch"),
    "accept": lambda: _("Take it"),
    "return": lambda: _("Return it"),
    "contact": lambda: _("Customer contacted"),
    "arrive": lambda: _("Arrived"),
    "restore": lambda: _("Supply restored"),
    "still_out": lambda: _("Still without supply"),
    "finish": lambda: _("Finish the work"),
    "call_back": lambda: _("Called back"),
    "no_answer": lambda: _("Called, no answer"),
    "close": lambda: _("Close the order"),
    "reopen": lambda: _("Reopen"),
    "suspend": lambda: _("Suspend"),
    "resume": lambda: _("Resume"),
    "terminate": lambda: _("Terminate"),
    "reassign": lambda: _("Reassign"),
    "urge": lambda: _("The customer asks again"),
    "escalate": lambda: _("Escalate"),
    "merge": lambda: _("Merged"),
    "unmerge": lambda: _("Take out of the merge"),
    "correct": lambda: _("Correct"),
    "reclassify": lambda: _("Change kind or area"),
}


STEPS_DONE = {
    "dispatch": lambda: _("Dispatched"),
    "accept": lambda: _("Accepted"),
    "return": lambda: _("Returned"),
    "finish": lambda: _("Work finished"),
    "close": lambda: pgettext("step of an order", "Closed"),
    "reopen": lambda: _("Reopened"),
    "suspend": lambda: _("Suspended"),
    "resume": lambda: _("Resumed"),
    "terminate": lambda: _("Terminated"),
    "reassign": lambda: _("Reassigned"),
    "urge": lambda: _("The customer asked again"),
    "escalate": lambda: _("Escalated"),
    "unmerge": lambda: _("Taken out of the merge"),
    "correct": lambda: _("Corrected"),
    "reclassify": lambda: _("Kind or area changed"),
}


def step_name(step: str) -> str:
    """What a step is called where it can be taken."""
    known = STEP_NAMES.get(step)
    return known() if known else step


def step_done(step: str) -> str:
    """What a step is called where it was taken."""
    known = STEPS_DONE.get(step)
    return known() if known else step_name(step)
