"""What readers of call logs say in codes, in words."""

from django.utils.translation import gettext_lazy as _

from denghuo.adapters.telephony import Unknowable
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
