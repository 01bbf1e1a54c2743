"""Templates of tables of calls in words: what a field is, what an outcome is, and what is wrong with a template."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from denghuo.adapters.telephony import CallOutcome, TemplateError, TemplateFlaw, TemplateProblem
from denghuo.apps.hotline.models import OUTCOME_CHOICES

FIELD_NAMES = {
    "call_id": _("Number of the call"),
    "queue": _("Queue"),
    "caller": _("Caller's telephone number"),
    "date": _("Day, where times stand in other columns"),
    "entered_at": _("When the call came in"),
    "queued_at": _("When the caller asked for a person"),
    "connected_at": _("When it was answered"),
    "left_at": _("When the caller left the queue"),
    "announced_until": _("When the menu or announcement ended"),
    "ended_at": _("When it ended"),
    "outcome": _("How it ended"),
    "agent": _("Who answered"),
    "wait_s": _("How long it waited"),
    "ring_s": _("How long the telephone rang"),
    "talk_s": _("How long they talked"),
    "wrap_up_s": _("How long the agent wrapped up"),
    "hold_s": _("How long it was on hold"),
    "announcement": _("Announcement that was heard"),
    "announcement_s": _("How long the menu or announcement lasted"),
    "position": _("Place in the queue"),
    "menu": _("What was chosen in the menu"),
    "transferred_to": _("Where it was transferred to"),
    "left_because": _("Why the caller left"),
}
OUTCOME_NAMES = {CallOutcome(value).name.lower(): name for value, name in OUTCOME_CHOICES}
OUTCOME_NAMES["no_call"] = _("No call: leave the row out")

FLAWS = {
    TemplateFlaw.UNREADABLE: _("This is no template: neither TOML nor JSON (%(reason)s)."),
    TemplateFlaw.NO_NAME: _("The template has no name. Give it one."),
    TemplateFlaw.UNKNOWN_KEY: _("“%(key)s” is nothing that a template says. Known: %(known)s."),
    TemplateFlaw.WRONG_VALUE: _("What “%(key)s” says is of the wrong kind, or empty."),
    TemplateFlaw.UNKNOWN_FIELD: _("“%(field)s” is no field of a call. Known: %(known)s."),
    TemplateFlaw.NO_TIME: _("No column tells when calls came. Say which is “When the call came in”."),
    TemplateFlaw.HEADING_TWICE: _(
        "The column “%(heading)s” is said to be two things: “%(first)s” and “%(second)s”. Leave it one."
    ),
    TemplateFlaw.FIELD_TWICE: _("“%(field)s” is chosen for two columns: “%(first)s” and “%(second)s”. Choose one."),
    TemplateFlaw.UNKNOWN_ZONE: _("“%(zone)s” is no time zone. Write one such as Asia/Shanghai."),
    TemplateFlaw.BAD_FORMAT: _(
        "“%(format)s” is no way to write a time. Write one such as %%d/%%m/%%Y %%H:%%M:%%S: day, month, year, hour, "
        "minute, second."
    ),
    TemplateFlaw.UNKNOWN_UNIT: _("“%(unit)s” is no unit of durations. Known: %(known)s."),
    TemplateFlaw.UNKNOWN_OUTCOME: _("“%(outcome)s” is no outcome of a call. Known: %(known)s."),
    TemplateFlaw.WORD_TWICE: _("“%(word)s” is said to mean both “%(first)s” and “%(second)s”. Leave it one."),
    TemplateFlaw.WORD_UNKNOWN: _("Nobody has said yet what “%(word)s” means. Choose how such a call ended."),
}
_NAMED = {"field", "first", "second"}


def flaw_words(problem: TemplateProblem, *, named: bool = True) -> str:
    """What is wrong, in the active language; fields and outcomes by their names where a page shows them so."""
    names = {**FIELD_NAMES, **OUTCOME_NAMES}
    told = {
        key: str(names.get(value, value)) if named and key in _NAMED else value for key, value in problem.told.items()
    }
    return str(FLAWS[problem.flaw]) % told


def flaws_in_english(error: TemplateError) -> Sequence[str]:
    """Everything that is wrong, for the command line, in the words of the file."""
    with override("en"):
        return [flaw_words(problem, named=False) for problem in error.problems]
