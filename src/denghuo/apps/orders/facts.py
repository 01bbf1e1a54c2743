"""What happens to orders. Nothing here names a person outside: callers stand in their rows, sealed."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, kw_only=True)
class OrderOpened:
    order_id: int
    number: str
    kind: str
    topic: str
    unit_id: int
    account_id: int | None
    load_code: str
    channel: str
    received_at: datetime
    parent_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class OrderCorrected:
    """What an order was opened with was wrong: ``fields`` says what, with what it was and is of all that names nobody.

    Place, number and name stand in the correction, sealed. ``due_before`` and ``late_before`` are what the clocks said
    until then.
    """

    correction_id: int
    order_id: int
    unit_id: int
    received_at: datetime
    fields: tuple[str, ...]
    was_kind: str
    kind: str
    was_topic: str
    topic: str
    was_area: str
    area: str
    was_account_id: int | None
    account_id: int | None
    was_load_code: str
    load_code: str
    due_before: datetime | None
    due_after: datetime | None
    late_before: tuple[str, ...]
    late_after: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class OrdersImported:
    """A batch of orders with all their steps, one fact for all."""

    unit_id: int
    order_count: int
    source_name: str
    digest: str = ""


@dataclass(frozen=True, kw_only=True)
class StepTaken:
    order_id: int
    step: str
    from_state: str
    to_state: str
    told_at: datetime
    result: str = ""


@dataclass(frozen=True, kw_only=True)
class OrderHandedOver:
    """Offered: it stays with whoever has it until the other side accepts."""

    hand_over_id: int
    order_id: int
    from_username: str
    to_username: str
    to_unit_id: int | None


@dataclass(frozen=True, kw_only=True)
class OrderReassigned:
    """A supervisor put it into other hands of the same unit; nobody is asked."""

    order_id: int
    from_username: str
    to_username: str


@dataclass(frozen=True, kw_only=True)
class CallersForgotten:
    """Whose these orders were is not to be known any more; ``account_ids`` are the accounts that were theirs."""

    account_ids: tuple[int, ...]
    order_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class HandOverAccepted:
    hand_over_id: int
    order_id: int
    username: str


@dataclass(frozen=True, kw_only=True)
class HandOverRefused:
    hand_over_id: int
    order_id: int
    username: str


@dataclass(frozen=True, kw_only=True)
class HandOverStuck:
    """Offered, and nobody answered in time."""

    hand_over_id: int
    order_id: int
    offered_at: datetime


@dataclass(frozen=True, kw_only=True)
class SuspensionAsked:
    suspension_id: int
    order_id: int
    cause: str


@dataclass(frozen=True, kw_only=True)
class SuspensionDecided:
    suspension_id: int
    order_id: int
    granted: bool


@dataclass(frozen=True, kw_only=True)
class OrderUrged:
    """A customer pressed for an answer, for the so-manieth time."""

    order_id: int
    count: int


@dataclass(frozen=True, kw_only=True)
class OrderEscalated:
    order_id: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class OrdersMerged:
    """These orders are the same matter as that one, which came in first and goes on; what they hold stays with them."""

    into_id: int
    order_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class OrderUnmerged:
    """An order that was merged is a matter of its own, and goes on."""

    order_id: int
    from_id: int


@dataclass(frozen=True, kw_only=True)
class ClockWarned:
    """What is still to be done fills what is left of the clock: there is still time to keep it."""

    order_id: int
    clock: str
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class ClockRanOut:
    order_id: int
    clock: str
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class PromiseGiven:
    promise_id: int
    order_id: int
    what: str
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class PromiseMoved:
    """The customer was told another time before the first one passed."""

    promise_id: int
    order_id: int
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class PromiseKept:
    promise_id: int
    order_id: int
    kept_at: datetime


@dataclass(frozen=True, kw_only=True)
class PromiseNotKept:
    """Supply that was told to be back was not; the promise of it binds again."""

    promise_id: int
    order_id: int


@dataclass(frozen=True, kw_only=True)
class PromiseBroken:
    promise_id: int
    order_id: int
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class PromiseWarned:
    promise_id: int
    order_id: int
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class RemarkMade:
    remark_id: int
    order_id: int
    side: str


@dataclass(frozen=True, kw_only=True)
class ReceiptWritten:
    receipt_id: int
    order_id: int
    finding: str
    noted: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class OrderReopened:
    """What was done is not enough: the order is open again."""

    order_id: int


@dataclass(frozen=True, kw_only=True)
class OrderClosed:
    """Nothing more is to be done: ``outcome`` is the state it ended in."""

    order_id: int
    number: str
    outcome: str
    unit_id: int
    account_id: int | None


@dataclass(frozen=True, kw_only=True)
class AppealFiled:
    appeal_id: int
    order_id: int
    clock: str


@dataclass(frozen=True, kw_only=True)
class AppealDecided:
    appeal_id: int
    order_id: int
    upheld: bool


@dataclass(frozen=True, kw_only=True)
class EvidenceHandedOut:
    """The evidence of an order left this product."""

    order_id: int


@dataclass(frozen=True, kw_only=True)
class CallerShown:
    """Somebody saw the caller's full number, and said why. Without a unit: it was told as a look at a customer."""

    order_id: int
    reason: str
    subject: str = ""
    name: str = ""
    unit_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class SignRaised:
    sign_id: int
    kind: str
    unit_id: int
    order_id: int | None
    account_id: int | None
    load_code: str
    order_count: int


@dataclass(frozen=True, kw_only=True)
class SignEscalated:
    """Nobody answered a sign by when it had to be known: those who were told are reminded, those above are told."""

    sign_id: int
    know_by_at: datetime
    reminded_count: int
    above_count: int


@dataclass(frozen=True, kw_only=True)
class SignSeen:
    sign_id: int


@dataclass(frozen=True, kw_only=True)
class ResponsibleTold:
    """Whoever answers for the customers of these orders by name has heard that they came in."""

    order_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class DraftBegun:
    """Somebody began to write an order. What is saved as it is typed is nobody's fact until it is opened."""

    draft_id: int


@dataclass(frozen=True, kw_only=True)
class StepRuleSet:
    kind: str
    step: str
    from_date: date
    source: str


@dataclass(frozen=True, kw_only=True)
class LimitRuleSet:
    kind: str
    topic: str
    area: str
    clock: str
    layer: str
    limit_s: int | None
    measure: str
    from_date: date
    basis: str


@dataclass(frozen=True, kw_only=True)
class OrderRuleSet:
    from_date: date
    source: str


@dataclass(frozen=True, kw_only=True)
class DeadlinesMoved:
    """The calendar changed, and with it what open orders are due by."""

    order_count: int


@dataclass(frozen=True, kw_only=True)
class RoutesLearned:
    """How long the rest of each way takes was measured anew."""

    route_count: int
    order_count: int


@dataclass(frozen=True, kw_only=True)
class OrdersExported:
    unit_paths: tuple[str, ...]
    query: str
    row_count: int
