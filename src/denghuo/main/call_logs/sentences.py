"""What was found wrong with a call log, in words: what, what was done about it, what to do."""

from collections.abc import Mapping

from django.utils.translation import get_language, gettext, override
from django.utils.translation import gettext_lazy as _

from denghuo.adapters.telephony import Finding, TelephonyProblem

FINDINGS = {
    Finding.NO_FILE: _("There is no such file. Check the path."),
    Finding.NO_QUEUE_LOG: _(
        "This is no queue log: no line reads time|call|queue|agent|event. Choose Asterisk's file queue_log."
    ),
    Finding.TIMES_NOT_SECONDS: _(
        "The lines read time|call|queue|agent|event, but no time can be believed, such as %(value)s: seconds since "
        "1970 are expected, of the years 1990 to 2099. Set the exchange's clock, or choose the log as it was written."
    ),
    Finding.NO_AMI_TRACE: _(
        "This is no trace of Asterisk's manager interface: no block begins with “Event:” or “Response:”. Choose "
        "another."
    ),
    Finding.NO_FREESWITCH_EVENTS: _(
        "These are no events of FreeSWITCH: no block has an “Event-Name:”. Choose another file."
    ),
    Finding.NO_TABLE: _("The file is no table that can be read. %(reason)s"),
    Finding.TABLE_CUT_OFF: _("The table could be read up to here only. %(reason)s"),
    Finding.NO_TIME_COLUMN: _(
        "No column tells when calls came. Give the column a heading such as “呼入时间” or “Start time”."
    ),
    Finding.NO_TEMPLATE_COLUMNS: _("Columns of the template are missing: %(columns)s. Add them."),
    Finding.ARCHIVE_DAMAGED: _(
        "The compressed file is damaged or ends too early; what comes after this line was not read. Copy it again."
    ),
    Finding.LINE_TOO_LONG: _("The line is longer than %(limit_bytes)s bytes and was left out."),
    Finding.LINE_WITHOUT_END: _("A line does not end and was left out."),
    Finding.NUL_BYTES: _(
        "The line holds NUL bytes and was left out: the disk was full, or the machine stopped while writing."
    ),
    Finding.NOT_FIVE_PARTS: _(
        "The line does not have the five parts time|call|queue|agent|event and was left out: %(value)s"
    ),
    Finding.NOT_A_PAIR: _("The line is not of the form “Key: value” and was left out: %(value)s"),
    Finding.ENDS_WITHIN_LINE: _("The file ends within this line; it is read once it is whole."),
    Finding.ENDS_WITHIN_EVENT: _("The file ends within an event, which was not used."),
    Finding.EVENT_WITHIN_EVENT: _("An event begins within another; the one that was cut off was not used."),
    Finding.BEGINNING_LOST: _("The beginning of an event is lost; it was not used."),
    Finding.LINE_WITHOUT_TIME: _("The line does not begin with seconds since 1970 and was left out: %(value)s"),
    Finding.LINE_WITHOUT_EVENT: _("The line names no event and was left out: %(value)s"),
    Finding.EVENT_WITHOUT_TIME: _("The event %(event)s has no time and was not used."),
    Finding.EVENTS_WITHOUT_TIMES: _("Events have no times. Set timestampevents = yes in the exchange's manager.conf."),
    Finding.TIME_UNREADABLE: _(
        "The time “%(value)s” of the event %(event)s is not seconds since 1970; the time before it counts."
    ),
    Finding.UNKNOWN_EVENT: _("The event %(event)s is none of the exchange's own; its lines were counted and not used."),
    Finding.NO_AGENT: _("%(event)s names no agent and was not used."),
    Finding.NO_CALL_ID: _("%(event)s does not name the call and was not used."),
    Finding.NO_QUEUE: _("%(event)s does not name the queue and was not used."),
    Finding.NO_WAIT: _("%(event)s does not tell how long the caller waited; that was computed from the times."),
    Finding.ROW_WITHOUT_TIME: _(
        "The row does not tell when the call came and was left out. Fill the time in, then read the table again."
    ),
    Finding.ROW_OF_NO_CALL: _("The row is marked “%(value)s”, which is no call, and was left out."),
    Finding.UNKNOWN_OUTCOME: _(
        "“%(value)s” is no known outcome of a call; the row was left out. Write answered, abandoned or another known "
        "word, then read the table again."
    ),
    Finding.NO_INSTANT: _("“%(value)s” in the column “%(event)s” is no date and time; it stays unknown."),
    Finding.NO_DATE: _("“%(value)s” in the column “%(event)s” is no date; it stays unknown."),
    Finding.NO_DURATION: _("“%(value)s” in the column “%(event)s” is no duration; it stays unknown."),
    Finding.KNOWN_ELSEWHERE: _(
        "Of %(looked_at)s calls looked at, %(count)s are known from the exchange %(exchange)s: nothing was recorded, "
        "or they would count twice. Choose that exchange, or read the file on the server with --anyway."
    ),
    Finding.TIME_NOT_BELIEVABLE: _(
        "The call %(call)s is of %(value)s, before the year 2000 or yet to come; it was left out. Set the exchange's "
        "clock, or say how its times are written, then read it again."
    ),
    Finding.ROW_NOT_BELIEVABLE: _(
        "“%(value)s” in the column “%(event)s” is before the year 2000 or yet to come; the row was left out. Set the "
        "exchange's clock, or say how its times are written, then read the table again."
    ),
    Finding.YEARS_BEFORE: _(
        "The calls are of %(first)s to %(last)s, more than a year before the first known of this exchange so far "
        "(%(known)s). If that cannot be, check the exchange's clock and how the days are written."
    ),
    Finding.TIMES_OUT_OF_ORDER: _("“%(earlier)s” lies before “%(later)s”; both were kept. Check the table."),
    Finding.CLOCK_WENT_BACK: _(
        "The exchange's clock went back by %(back_s)s s; durations across this line were not computed from it."
    ),
    Finding.TOLD_TWICE: _("The same line stands there twice; the second was not used."),
    Finding.ALREADY_SO_FAR: _("%(event)s comes for a call that is so far already; it was not used."),
    Finding.CALL_ENDED: _("%(event)s comes for a call that has ended; it was not used."),
    Finding.JOINED_AGAIN: _(
        "The call %(call)s enters a queue that it has not left; both were kept. Two exchanges may use the same ids, or "
        "a line is missing: read each exchange's log as one of its own."
    ),
    Finding.JOINED_AGAIN_UNUSED: _("The call %(call)s enters a queue that it has not left; that was not used."),
    Finding.CALL_UNKNOWN: _("%(event)s comes for a call that never entered here; it was not used."),
    Finding.ENTERED_UNSEEN: _(
        "%(event)s comes for a call that entered before this log, or unseen; when it entered was computed from "
        "the event."
    ),
    Finding.LEAVES_WHILE_TALKING: _("%(event)s comes for a caller who is talking to an agent; it was not used."),
    Finding.WAITS_DIFFER: _(
        "The wait is %(told_s)s s as told and %(between_s)s s by the times of the lines; what is told was taken."
    ),
    Finding.WAIT_BACKWARDS: _(
        "The wait is %(told_s)s s as told, and less than nothing by the times of the lines; what is told was taken."
    ),
    Finding.ANSWER_UNSEEN: _(
        "%(event)s comes for a call whose answer was not told; that was computed from how long they talked."
    ),
    Finding.BRIDGE_UNSEEN: _("The call %(call)s ends answered, but its answer was not told; its last event counts."),
    Finding.END_UNSEEN: _("The end of the call %(call)s was not told; it is when its line hung up."),
    Finding.LEAVING_UNSEEN: _(
        "The line of the call %(call)s hung up, but how it left the queue was not told; it counts as given up."
    ),
    Finding.RESTARTED: _("The exchange started anew while the call %(call)s went on; how it ended is lost."),
    Finding.ENDED_UNHEARD: _(
        "The call %(call)s ended while there was no connection. Read the exchange's own log: it tells how."
    ),
    Finding.ACCOUNT_REFUSED: _(
        "The exchange does not accept the account (%(reply)s). Check the user name, the secret and the permitted "
        "addresses in its manager.conf."
    ),
    Finding.PASSWORD_REFUSED: _("The exchange does not accept the password (%(reply)s). Check its event_socket.conf."),
}
_SHOWN_CHARS = 60


def given_of(problem: TelephonyProblem) -> dict[str, str | int]:
    """What the sentence of a problem speaks of."""
    return {"event": problem.event, "value": problem.value, "call": problem.call_id, **problem.told}


def sentence(finding: Finding, *, file: str, line: int, given: Mapping[str, str | int]) -> str:
    """Where, what, what was done about it and what to do, in the active language."""
    told = {name: f"{value:,}" if isinstance(value, int) else value[:_SHOWN_CHARS] for name, value in given.items()}
    reason = "reason_zh" if (get_language() or "").startswith("zh") else "reason_en"
    what = str(FINDINGS[finding]) % {**told, "reason": given.get(reason, "")}
    if file and line:
        return gettext("%(file)s, line %(line)s: %(what)s") % {"file": file, "line": f"{line:,}", "what": what}
    return gettext("%(file)s: %(what)s") % {"file": file, "what": what} if file else what


def in_english(problem: TelephonyProblem) -> str:
    """The sentence of a problem on the command line."""
    with override("en"):
        return sentence(problem.finding, file=problem.file, line=problem.line, given=given_of(problem))


def in_both(problem: TelephonyProblem) -> dict[str, str]:
    """The sentence of a problem as it is recorded: whoever reads it chooses the language."""
    with override("zh-hans"):
        chinese = sentence(problem.finding, file=problem.file, line=problem.line, given=given_of(problem))
    return {"zh": chinese, "en": in_english(problem)}
