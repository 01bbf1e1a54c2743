"""What a customer may read at their own door. Of a place only what everybody may read of it; of a report only what does
not tell anything that is in the customer file: whoever wrote an account's number need not be its customer."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.core import signing
from django.utils import timezone

from denghuo.adapters.phones import digits_of
from denghuo.apps.customers.queries.spots import Spot, spot_of_ref
from denghuo.apps.network.queries import supply_marks
from denghuo.apps.network.queries.changes import network_of_unit
from denghuo.apps.orders import queries as orders
from denghuo.apps.orders.models import Certainty, Channel, Clock, Kind, Order, Promise, PromiseOf, State, Topic
from denghuo.apps.organization.models import Unit
from denghuo.apps.outages.models import Report, ReportState
from denghuo.apps.outages.queries import loads_out, phones_of_stations
from denghuo.apps.outages.queries.faults import report_of_order
from denghuo.apps.outages.queries.public import PublicOutage, public_outage_of
from denghuo.apps.outages.queries.rules import rule_for

KEPT_S = 60 * 24 * 3600  # so long a link leads to what was reported
_SALT = "portal.order"
ACTOR = "customer"  # who does what is done at the door
_MOST_MERGED = 5
_DAY = 6  # digits of a number that tell its day


class Stage(StrEnum):
    """How far a report is, as its customer reads it."""

    RECEIVED = "received"
    NOT_TOLD = "not_told"
    ARRANGED = "arranged"
    IN_HAND = "in_hand"
    ON_SITE = "on_site"
    WAITING = "waiting"
    DONE = "done"
    BACK = "back"
    CLOSED = "closed"
    ENDED = "ended"


_STAGES = {
    State.REGISTERED: Stage.RECEIVED,
    State.DISPATCHED: Stage.ARRANGED,
    State.IN_HAND: Stage.IN_HAND,
    State.ON_SITE: Stage.ON_SITE,
    State.SUSPENDED: Stage.WAITING,
    State.DONE: Stage.DONE,
    State.CLOSED: Stage.CLOSED,
    State.TERMINATED: Stage.ENDED,
    State.MERGED: Stage.RECEIVED,
}
# How an order refers to a place when nobody wrote the number of an account: nothing but the place says where it is.
_BY_PLACE = "+place"
_REF_LENGTH = 80
_UNDER_WAY = {Stage.RECEIVED, Stage.ARRANGED, Stage.IN_HAND, Stage.ON_SITE, Stage.DONE, Stage.BACK}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a report stands. ``outage`` is the one that it belongs to, or what everybody may know of the place that it
    names: of a part of ``where``, if ``is_part``. ``promised`` and ``promised_at`` are what somebody told the customer;
    ``due_at`` until when the law or the service promise gives us time, ``usual_at`` when somebody is there by what is
    only promised of the mean. ``is_taken_back``: by whoever made it. ``may_say`` are the words that can be said of it
    now."""

    number: str
    kind: str
    topic: str
    received_at: datetime
    stage: Stage
    is_with_others: bool
    station: str
    phone: str
    outage: PublicOutage | None
    is_part: bool
    where: str
    promised: str
    promised_at: datetime | None
    due_at: datetime | None
    usual_at: datetime | None
    said_back_at: datetime | None
    has_number: bool
    is_taken_back: bool
    may_say: tuple[str, ...]


def token_of(order_id: int) -> str:
    """What leads whoever reported back to their report."""
    return signing.dumps(order_id, salt=_SALT, compress=False)


def order_of_token(token: str) -> Order | None:
    """The order that a link leads to; None: it is too old, or nobody was given it."""
    try:
        order_id = signing.loads(token, salt=_SALT, max_age=KEPT_S)
    except signing.BadSignature:
        return None
    return Order.objects.filter(pk=order_id).select_related("unit", "merged_into").first()


def order_of_number(number: str) -> Order | None:
    """The order that somebody means by this number."""
    digits, (_day, dash, key) = digits_of(number), number.rpartition("-")
    key = digits_of(key) if dash else digits[_DAY:] if len(digits) > 2 * _DAY - 1 else digits
    if not key or len(key) > 18:
        return None
    row = Order.objects.filter(pk=int(key)).select_related("unit", "merged_into").first()
    # Somebody who writes the number without its day, or with other dashes, means the same.
    return row if row is not None and digits in (digits_of(row.number), key) else None


def phones_for(unit_id: int | None, *, at: datetime) -> tuple[str, ...]:
    """The numbers to dial: the station's, where it is known which one."""
    unit = Unit.objects.filter(pk=unit_id).first() if unit_id else None
    if unit is None:
        return phones_of_stations(at=at)
    phone = rule_for(str(unit.path), on=timezone.localdate(at)).phone
    return (phone,) if phone else phones_of_stations(at=at)


def ref_of(spot: Spot | None, *, names_account: bool) -> str:
    """How an order refers to where its report said that it is, and whether the place alone says so."""
    ref = spot.ref if spot is not None else "portal.words"
    return f"{ref[: _REF_LENGTH - len(_BY_PLACE)]}{'' if names_account else _BY_PLACE}"


def _spot_of(row: Order) -> Spot | None:
    return spot_of_ref(row.source_ref.removesuffix(_BY_PLACE), row.unit_id)


def outage_at(spot: Spot | None, *, at: datetime) -> PublicOutage | None:
    """The outage by which a spot is without supply now, or a part of it is."""
    network = network_of_unit(spot.unit_id) if spot is not None and spot.load_codes else None
    return public_outage_of(network.pk, spot.load_codes, at=at) if spot is not None and network else None


def is_part_out(spot: Spot) -> bool:
    """Whether some of a spot still has supply."""
    network = network_of_unit(spot.unit_id)
    dark = supply_marks(network.pk).event_of_load if network else {}
    return any(code not in dark for code in spot.load_codes)


def _outage_of(
    report: Report | None, spot: Spot | None, *, is_open_book: bool, at: datetime
) -> tuple[PublicOutage | None, bool]:
    """The outage that a report belongs to, else the only one of a place of several transformers where everybody may
    read of it; and whether it may be another's part of the place."""
    if spot is not None and spot.load_code:
        return outage_at(spot, at=at), False
    if report is not None and is_open_book:
        if report.outage is not None and report.outage.restored_at is None:
            dark = [one.code for one in loads_out(report.outage, at=at) if one.ended_at is None]
            return public_outage_of(report.outage.network_id, dark, at=at), False
        if report.load_code:  # the desk knows which transformer it is, and that one has supply
            return None, False
    if spot is None or not settings.PUBLIC_OUTAGES or len(_events_at(spot)) != 1:
        return None, False
    return outage_at(spot, at=at), is_part_out(spot)


def _events_at(spot: Spot) -> set[str]:
    """The outages by which some of a spot is without supply now."""
    network = network_of_unit(spot.unit_id)
    dark = supply_marks(network.pk).event_of_load if network else {}
    return {dark[code] for code in spot.load_codes if dark.get(code)}


def standing_of(row: Order, *, at: datetime) -> Standing:
    """Where a report stands; what was merged into another stands as that does."""
    whole = whole_of(row)
    is_theirs = _is_theirs(row, whole)
    spot = _spot_of(row)
    report = report_of_order(whole.pk)
    # Of what was merged both: a report by place is no way to the course of one by an account.
    is_open_book = _is_open_book(row, spot) and (whole.pk == row.pk or _is_open_book(whole, _spot_of(whole)))
    outage, is_part = (None, False) if whole.is_over else _outage_of(report, spot, is_open_book=is_open_book, at=at)
    stage = _stage(whole, report, is_open_book=is_open_book)
    told = whole if is_theirs else row
    given = Promise.objects.filter(order__in={row.pk, told.pk}, moved_at=None, kept_at=None, due_at__gt=at)
    promised = list(given.order_by("due_at", "pk")[:1])
    due_at, usual_at = (None, None) if promised or stage in (Stage.DONE, Stage.BACK) else _due_at(whole, at=at)
    answering = orders.unit_answering(row)
    if answering.pk == row.unit_id:
        phones = phones_for(row.unit_id, at=at)
    else:  # whoever reports misconduct is led to no station, least of all to the one it is about
        phones = (rule_for(str(answering.path), on=timezone.localdate(at)).phone,)
    return Standing(
        number=row.number,
        kind=row.kind,
        topic=row.topic,
        received_at=row.received_at,
        stage=stage,
        is_with_others=whole.pk != row.pk,
        station=answering.name,
        phone=phones[0] if phones else "",
        outage=outage,
        is_part=is_part,
        where=spot.name if spot else "",
        promised=str(PromiseOf(promised[0].what).label) if promised else "",
        promised_at=promised[0].due_at if promised else None,
        due_at=due_at,
        usual_at=usual_at,
        said_back_at=report.answered_at if report and is_theirs and report.state == ReportState.LIT else None,
        has_number=bool(row.caller),
        is_taken_back=stage == Stage.ENDED and whole.steps.filter(step="terminate", actor=ACTOR).exists(),
        may_say=_may_say(row, whole, report, stage, at=at),
    )


def whole_of(row: Order) -> Order:
    """What a report was merged into, where it was; what is said of it is said of the whole."""
    for _step in range(_MOST_MERGED):
        if row.merged_into is None:
            break
        row = row.merged_into
    return row


def _is_theirs(row: Order, whole: Order) -> bool:
    """Whether the whole is of the same customer: only then is their word on their own supply its own."""
    same_number = bool(row.caller) and row.caller == whole.caller
    return row.pk == whole.pk or same_number or (row.account_id is not None and row.account_id == whole.account_id)


def _is_open_book(row: Order, spot: Spot | None) -> bool:
    """Whether how far it is tells nothing beyond what everybody may know. A fault that may have been placed on the
    network by the number of an account goes its way by what only the customer file knows, unless a place with a single
    transformer says the same. Whether there is such an account makes no difference: that one was written does."""
    came_alone = row.channel in (Channel.WEB, Channel.QR) and row.source_ref.startswith("portal.")
    by_place = row.source_ref.endswith(_BY_PLACE) or (spot is not None and bool(spot.load_code))
    return row.kind != Kind.FAULT or not came_alone or by_place


def _stage(row: Order, report: Report | None, *, is_open_book: bool) -> Stage:
    stage = _STAGES[State(row.state)]
    if report is not None and not row.is_over:
        if report.state == ReportState.LIT:  # what they told themselves they may read
            return Stage.BACK
        is_back = report.state == ReportState.BACK or (report.state != ReportState.OUT and _is_restored(row))
        stage = Stage.BACK if is_back else stage
    return Stage.NOT_TOLD if not is_open_book and stage in _UNDER_WAY else stage


def _is_restored(row: Order) -> bool:
    """Whether a crew said that it gave supply back, also where nobody knows on which transformer that is."""
    if row.state not in (State.ON_SITE, State.DONE):
        return False
    last = row.steps.filter(step__in=("dispatch", "restore", "reopen", "return")).order_by("pk").last()
    return last is not None and last.step == "restore"


def _due_at(row: Order, *, at: datetime) -> tuple[datetime | None, datetime | None]:
    """The next instant by which the law or our promises of service want something done of every order, and the one by
    which a crew is there where its mean is kept: that binds none alone. What is only remembered is told to nobody."""
    asked = [one for one in orders.clocks_of(row, at=at) if one.runs and one.limit.layer in ("law", "promise")]
    ahead = [(one.due_at, one) for one in asked if one.due_at is not None and one.due_at > at]
    binding = [pair for pair in ahead if not pair[1].limit.is_mean and pair[1].limit.certainty != Certainty.REMEMBERED]
    firm = min((due_at for due_at, _ in binding), default=None)
    usual = min((due_at for due_at, one in ahead if one.limit.is_mean and one.clock == Clock.ARRIVE), default=None)
    return firm, usual


def _may_say(row: Order, whole: Order, report: Report | None, stage: Stage, *, at: datetime) -> tuple[str, ...]:
    is_supply = whole.kind == Kind.FAULT and whole.topic in (Topic.NO_SUPPLY, Topic.PART)
    if whole.closed_at is not None:
        is_fresh = whole.state == State.CLOSED and at - whole.closed_at < orders.reopened_within(at)
        return ("still_out",) if is_supply and is_fresh and report is not None else ()
    words = []
    if is_supply:
        is_lit = report is not None and report.state == ReportState.LIT
        words = ["still_out"] if is_lit or not _is_theirs(row, whole) else ["back", "still_out"]
    elif row.kind != Kind.PRAISE:  # whoever praises waits for nothing
        words = ["urge"]
    is_safe = row.topic != Topic.DANGER and row.kind != Kind.MISCONDUCT
    if is_safe and row.state in (State.REGISTERED, State.DISPATCHED, State.IN_HAND) and stage != Stage.BACK:
        words.append("withdraw")
    return tuple(words)
