"""What is odd about the model and about the log: everything at once, so that nobody mends one row a day."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from denghuo.apps.network.models import SwitchingOperation
from denghuo.apps.network.snapshot import log_snapshot, network_snapshot
from denghuo.engines.grid import FindingCode
from denghuo.engines.topology import ReplayCode, check_grid

_SHOWN_IDS = 12

NETWORK_WORDS = {
    FindingCode.DUPLICATE_ID: _("The same code is used twice"),
    FindingCode.EMPTY_ID: _("No code"),
    FindingCode.UNKNOWN_NODE: _("An end that is no node"),
    FindingCode.UNKNOWN_BRANCH: _("Belongs to no branch"),
    FindingCode.BOTH_ENDS_AT_ONE_NODE: _("Begins and ends at one node"),
    FindingCode.SWITCH_BRANCH_MISMATCH: _("A device whose branch is no switch, or the reverse"),
    FindingCode.TRANSFORMER_BRANCH_MISMATCH: _("A transformer whose branch is none, or the reverse"),
    FindingCode.NEGATIVE_NUMBER: _("A number below zero"),
    FindingCode.NO_SOURCE: _("No source"),
    FindingCode.CLOSED_LOOP: _("A loop in the normal state: one of these should be open"),
    FindingCode.SUPPLIED_TWICE: _("Supplied from two sources in the normal state"),
    FindingCode.NOT_SUPPLIED: _("Without supply in the normal state"),
    FindingCode.ISOLATED_NODE: _("Connected to nothing"),
}
LOG_WORDS = {
    ReplayCode.UNKNOWN_DEVICE: _("The network has no such device"),
    ReplayCode.NO_TIME: _("No time"),
    ReplayCode.AFTER_END: _("After the end of what was asked"),
    ReplayCode.ALREADY_OPEN: _("Was open already"),
    ReplayCode.ALREADY_CLOSED: _("Was closed already"),
    ReplayCode.BEGINS_MIDWAY: _("The log begins in the middle of an outage"),
    ReplayCode.STARTS_UNSUPPLIED: _("Without supply before the log begins"),
    ReplayCode.CLOSES_LOOP: _("Closes a loop"),
    ReplayCode.JOINS_SOURCES: _("Joins two sources"),
    ReplayCode.SAME_INSTANT: _("At the same instant as another operation"),
    ReplayCode.NO_EVENT: _("Takes supply away but belongs to no outage"),
    ReplayCode.UNKNOWN_ROW: _("Corrects a row that is not there"),
    ReplayCode.CORRECTED_TWICE: _("Corrected twice"),
}
LOG_ADVICE = {
    ReplayCode.UNKNOWN_DEVICE: _(
        "The row is kept, but it moves nothing. Correct its code, or import the device with the network."
    ),
    ReplayCode.ALREADY_OPEN: _("The row changes nothing. Was a closing forgotten before it, or is it told twice?"),
    ReplayCode.ALREADY_CLOSED: _("The row changes nothing. Was an opening forgotten before it, or is it told twice?"),
    ReplayCode.BEGINS_MIDWAY: _("The first row of this device gives supply back: when it was lost is not known."),
    ReplayCode.STARTS_UNSUPPLIED: _("These customers are not supplied in the normal state of the model."),
    ReplayCode.CLOSES_LOOP: _("Usual when load is transferred without interruption: the loop is opened again soon."),
    ReplayCode.JOINS_SOURCES: _("Usual when load is transferred without interruption: the two are parted again soon."),
    ReplayCode.SAME_INSTANT: _("They are taken in the order in which they were recorded."),
    ReplayCode.NO_EVENT: _("It is counted as an outage of its own. Correct the row to name the outage it belongs to."),
}
# What usual work looks like; everything else waits for somebody to mend it.
_USUAL = frozenset([ReplayCode.CLOSES_LOOP, ReplayCode.JOINS_SOURCES, ReplayCode.SAME_INSTANT])


@dataclass(frozen=True, kw_only=True)
class NetworkFinding:
    """One thing odd about the model, with the codes concerned (the first of them)."""

    code: str
    words: object
    component: str
    ids: tuple[str, ...]
    more: int


@dataclass(frozen=True, kw_only=True)
class LogFinding:
    """One thing odd about the log; ``operation`` None: about its beginning."""

    code: str
    words: object
    usual: bool
    operation: SwitchingOperation | None


@dataclass(frozen=True, kw_only=True)
class LogFindings:
    """All rows of one kind of oddity, with what it means and what to do; the newest first, at most so many shown."""

    code: str
    words: object
    advice: object
    usual: bool
    count: int
    shown: tuple[LogFinding, ...]


def network_findings(network_id: int) -> list[NetworkFinding]:
    """Everything odd about a network's model."""
    return [
        NetworkFinding(
            code=finding.code,
            words=NETWORK_WORDS.get(finding.code, finding.code),
            component=finding.component,
            ids=finding.ids[:_SHOWN_IDS],
            more=max(len(finding.ids) - _SHOWN_IDS, 0),
        )
        for finding in check_grid(network_snapshot(network_id).grid)
    ]


def log_findings(network_id: int) -> list[LogFinding]:
    """Everything odd about a network's switching log. Nothing odd is ever left out of it."""
    told = log_snapshot(network_id)
    ids = {finding.row: int(told.log.id[finding.row]) for finding in told.replayed.findings if finding.row >= 0}
    rows = SwitchingOperation.objects.in_bulk(ids.values())
    return [
        LogFinding(
            code=finding.code,
            words=LOG_WORDS.get(finding.code, finding.code),
            usual=finding.code in _USUAL,
            operation=rows.get(ids.get(finding.row, -1)),
        )
        for finding in told.replayed.findings
    ]


def log_findings_by_kind(network_id: int, *, limit: int = 100) -> list[LogFindings]:
    """The same by kind, what waits to be mended before what is usual."""
    kinds: dict[str, list[LogFinding]] = {}
    for finding in log_findings(network_id):
        kinds.setdefault(finding.code, []).append(finding)
    groups = [
        LogFindings(
            code=code,
            words=found[0].words,
            advice=LOG_ADVICE.get(ReplayCode(code), ""),
            usual=found[0].usual,
            count=len(found),
            shown=tuple(reversed(found[-limit:])),
        )
        for code, found in kinds.items()
    ]
    return sorted(groups, key=lambda group: (group.usual, -group.count))


def log_oddities(network_id: int) -> dict[int, list[object]]:
    """What is to be mended at each row of the log, by its key."""
    told = log_snapshot(network_id)
    odd: dict[int, list[object]] = {}
    for finding in told.replayed.findings:
        if finding.row >= 0 and finding.code not in _USUAL:
            odd.setdefault(int(told.log.id[finding.row]), []).append(LOG_WORDS.get(finding.code, finding.code))
    return odd
