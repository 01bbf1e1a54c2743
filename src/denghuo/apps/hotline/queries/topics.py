"""Which order a note becomes, and what it is proposed to be about."""

from dataclasses import dataclass
from enum import StrEnum

from denghuo.apps.customers.models import CutReason
from denghuo.apps.hotline.models import NoteKind
from denghuo.apps.hotline.queries.pops import About
from denghuo.apps.orders.models import TOPICS_OF_KIND, Finding, Kind, Topic

KIND_OF: dict[str, Kind] = {
    NoteKind.ENQUIRY: Kind.ENQUIRY,
    NoteKind.FAULT_REPORT: Kind.FAULT,
    NoteKind.COMPLAINT: Kind.COMPLAINT,
    NoteKind.MISCONDUCT: Kind.MISCONDUCT,
    NoteKind.SUGGESTION: Kind.SUGGESTION,
    NoteKind.OPINION: Kind.OPINION,
    NoteKind.PRAISE: Kind.PRAISE,
    NoteKind.SERVICE_REQUEST: Kind.SERVICE,
}
# What places a fault on the network: missing supply, of the house or of a part of it.
OF_SUPPLY = (Topic.NO_SUPPLY, Topic.PART)


class Why(StrEnum):
    """What a proposal rests on."""

    NOTHING = ""
    ARREARS = "arrears"
    CUT = "cut"
    OUT = "out"
    SUSPECTED = "suspected"
    BACK = "back"
    OWN_WIRING = "own_wiring"


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What an order is proposed to be about, and why."""

    topic: Topic
    why: Why = Why.NOTHING


def opens_order(kind: str, *, passed_on: bool) -> bool:
    """Whether a note becomes an order. An enquiry that was answered at once becomes none: nothing is left to be done,
    the note and the versions of articles that were told are its record, and orders of no length would hide in the
    figures of limits how long the others took."""
    return bool(kind) and (kind != NoteKind.ENQUIRY or passed_on)


def topics_of(kind: str) -> tuple[Topic, ...]:
    """What an order of a note's kind can be about."""
    return TOPICS_OF_KIND[KIND_OF[kind]] if kind in KIND_OF else ()


def proposed(kind: str, about: About) -> Proposal:
    """What a note of a kind is likely to be about, by what is known of who calls."""
    if kind == NoteKind.FAULT_REPORT:
        return _of_fault(about)
    customer = about.known.customer if about.known else None
    topics = topics_of(kind)
    if kind == NoteKind.SERVICE_REQUEST and customer and customer.cut_reason == CutReason.ARREARS:
        return Proposal(topic=Topic.RECONNECT, why=Why.ARREARS)
    if (about.out or about.back) and Topic.OUTAGES in topics:
        return Proposal(topic=Topic.OUTAGES, why=Why.OUT if about.out else Why.BACK)
    return Proposal(topic=Topic.OTHER if Topic.OTHER in topics else topics[0])


def _of_fault(about: About) -> Proposal:
    customer = about.known.customer if about.known else None
    if customer and customer.is_cut:
        arrears = customer.cut_reason == CutReason.ARREARS
        return Proposal(topic=Topic.ARREARS if arrears else Topic.OTHER, why=Why.ARREARS if arrears else Why.CUT)
    if about.out:
        return Proposal(topic=Topic.NO_SUPPLY, why=Why.OUT)
    if about.suspected:
        return Proposal(topic=Topic.NO_SUPPLY, why=Why.SUSPECTED)
    if about.back:
        return Proposal(topic=Topic.NO_SUPPLY, why=Why.BACK)
    if any(one.finding == Finding.CUSTOMER_WIRING for one in about.findings):
        return Proposal(topic=Topic.NO_SUPPLY, why=Why.OWN_WIRING)
    return Proposal(topic=Topic.NO_SUPPLY)
