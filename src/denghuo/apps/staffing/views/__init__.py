"""Pages of staffing."""

from denghuo.apps.staffing.views.alerts import alerts, send_offer
from denghuo.apps.staffing.views.known import known, known_edit, known_withdraw
from denghuo.apps.staffing.views.outlook import ahead, begin, forecast, home
from denghuo.apps.staffing.views.people import adherence, answer, duties_file, person
from denghuo.apps.staffing.views.plans import discard, export, plan, plan_now, publish, swap, swaps, undo
from denghuo.apps.staffing.views.rules import absences, calendar, rules, withdraw
from denghuo.apps.staffing.views.shifts import shifts
from denghuo.apps.staffing.views.surges import put_off, surge, surges
from denghuo.apps.staffing.views.wishes import wish, wishes

__all__ = [
    "absences",
    "adherence",
    "ahead",
    "alerts",
    "answer",
    "begin",
    "calendar",
    "discard",
    "duties_file",
    "export",
    "forecast",
    "home",
    "known",
    "known_edit",
    "known_withdraw",
    "person",
    "plan",
    "plan_now",
    "publish",
    "put_off",
    "rules",
    "send_offer",
    "shifts",
    "surge",
    "surges",
    "swap",
    "swaps",
    "undo",
    "wish",
    "wishes",
    "withdraw",
]
