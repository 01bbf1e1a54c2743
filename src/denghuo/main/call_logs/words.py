"""What readers of call logs say in codes, in words."""

from django.utils.translation import gettext_lazy as _

from denghuo.adapters.telephony import TelephonyCode, Unknowable
from denghuo.main.telephone_logs import LogFormat

FORMATS = {
    LogFormat.QUEUE_LOG: _("Asterisk queue log"),
    LogFormat.AMI: _("Asterisk manager events"),
    LogFormat.FREESWITCH: _("FreeSWITCH call center events"),
    LogFormat.TABLE: _("Table of calls"),
}
UNKNOWN_FORMAT = _(
    "This is none of the logs that can be read here: Asterisk's queue_log or manager events, FreeSWITCH's events, or a "
    "table (CSV, Excel) with a heading that tells when calls came."
)
UNKNOWABLE = {
    Unknowable.REFUSED_CALLS: _("callers refused at a full queue"),
    Unknowable.ANNOUNCEMENT: _("menus and announcements, and callers lost in them"),
    Unknowable.SUBSECOND_TIMES: _("fractions of a second"),
    Unknowable.HOLD: _("how long an answered caller was put on hold"),
    Unknowable.WRAP_UP: _("how long agents wrapped up"),
    Unknowable.WAIT_OF_REFUSED: _("how long refused callers had waited"),
    Unknowable.LEAVING_REASON: _("whether callers gave up or were sent away"),
    Unknowable.AGENT_EVENTS: _("signing in and out, and pauses"),
    Unknowable.RINGING: _("how long an agent's telephone rang"),
    Unknowable.POSITION: _("the place in the queue"),
    Unknowable.TRANSFERS: _("where calls were transferred to"),
}
TROUBLES = {
    TelephonyCode.NOT_FOUND: _("The file is not there"),
    TelephonyCode.NOT_RECOGNIZED: _("Not such a file"),
    TelephonyCode.UNREADABLE_LINE: _("A line cannot be read"),
    TelephonyCode.LINE_TOO_LONG: _("A line is too long"),
    TelephonyCode.CUT_OFF: _("The file is cut off"),
    TelephonyCode.BAD_TIME: _("A time cannot be read"),
    TelephonyCode.BAD_VALUE: _("A value cannot be used"),
    TelephonyCode.MISSING_FIELD: _("A field is missing"),
    TelephonyCode.UNKNOWN_EVENT: _("An event that nobody knows"),
    TelephonyCode.UNKNOWN_OUTCOME: _("An outcome that nobody knows"),
    TelephonyCode.UNKNOWN_CALL: _("Told of a call that was never begun"),
    TelephonyCode.CLOCK_WENT_BACK: _("The clock went back"),
    TelephonyCode.DUPLICATE_EVENT: _("Told twice"),
    TelephonyCode.SAME_ID: _("Two calls have the same id"),
    TelephonyCode.IMPOSSIBLE_ORDER: _("An order that cannot be"),
    TelephonyCode.UNFINISHED_CALL: _("A call is not finished in the log"),
    TelephonyCode.RESTARTED: _("The exchange started anew while calls were going on"),
    TelephonyCode.CONTRADICTION: _("Two figures of one call do not agree"),
    TelephonyCode.PHANTOM_CALL: _("A row of a call that never took place"),
    TelephonyCode.MISSING_EVENT: _("An event is missing that must have happened"),
    TelephonyCode.GAP: _("Events were missed"),
    TelephonyCode.NOT_REACHABLE: _("The exchange cannot be reached"),
    TelephonyCode.ACCESS_DENIED: _("The exchange refused the account"),
}
