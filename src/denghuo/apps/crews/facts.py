"""What happened to crews and in the field. No names, numbers or positions of people stand here."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, kw_only=True)
class CrewOpened:
    crew_id: int
    unit_id: int
    name: str


@dataclass(frozen=True, kw_only=True)
class CrewChanged:
    crew_id: int
    unit_id: int
    name: str


@dataclass(frozen=True, kw_only=True)
class CrewClosed:
    """It drives out no more; its members are free."""

    crew_id: int
    unit_id: int


@dataclass(frozen=True, kw_only=True)
class MemberJoined:
    member_id: int
    crew_id: int
    user_id: int
    is_leader: bool


@dataclass(frozen=True, kw_only=True)
class MemberLeft:
    member_id: int
    crew_id: int
    user_id: int


@dataclass(frozen=True, kw_only=True)
class PhoneUnmasked:
    """Somebody had a number shown in full: a member's, or a caller's of an order (``subject`` as "crews.member:3")."""

    subject: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class CertificateRecorded:
    certificate_id: int
    user_id: int
    skill: str
    valid_until: date


@dataclass(frozen=True, kw_only=True)
class CertificateWithdrawn:
    certificate_id: int
    user_id: int
    skill: str


@dataclass(frozen=True, kw_only=True)
class DutiesSet:
    """A crew is on duty in so many more times, from the first to the end of the last."""

    crew_id: int
    duty_count: int
    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, kw_only=True)
class DutyWithdrawn:
    crew_id: int
    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, kw_only=True)
class CrewAssigned:
    """A crew is sent out. ``order_ids`` are the orders that it serves."""

    assignment_id: int
    crew_id: int
    about: str
    order_ids: tuple[int, ...]
    unit_id: int


@dataclass(frozen=True, kw_only=True)
class OrdersAdded:
    """An assignment serves more orders than it did; ``order_ids`` are the new ones. When it was sent, and whether the
    crew has accepted and is there by now."""

    assignment_id: int
    crew_id: int
    about: str
    order_ids: tuple[int, ...]
    unit_id: int
    sent_at: datetime | None = None
    accepted_at: datetime | None = None
    arrived_at: datetime | None = None
    crew: str = ""


@dataclass(frozen=True, kw_only=True)
class AssignmentSeen:
    """It was delivered or read."""

    assignment_id: int
    state: str


@dataclass(frozen=True, kw_only=True)
class CrewAccepted:
    assignment_id: int
    about: str
    order_ids: tuple[int, ...]
    accepted_at: datetime


@dataclass(frozen=True, kw_only=True)
class AssignmentUnacknowledged:
    """Nobody has accepted it yet, and the next who can do something about it were told."""

    assignment_id: int
    rung: int


@dataclass(frozen=True, kw_only=True)
class AssignmentRefused:
    """The crew cannot go. ``order_ids`` are the orders that nobody else is sent for."""

    assignment_id: int
    about: str
    order_ids: tuple[int, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class OrdersUnserved:
    """Whoever was sent for these orders is there no more."""

    order_ids: tuple[int, ...]
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class AssignmentWithdrawn:
    """The crew need not go, or no further. ``order_ids`` are the orders that nobody else is sent for."""

    assignment_id: int
    about: str
    order_ids: tuple[int, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class CrewDeparted:
    assignment_id: int
    about: str
    order_ids: tuple[int, ...]
    departed_at: datetime


@dataclass(frozen=True, kw_only=True)
class CrewArrived:
    assignment_id: int
    about: str
    order_ids: tuple[int, ...]
    arrived_at: datetime


@dataclass(frozen=True, kw_only=True)
class WorkFinished:
    """The crew is done there. ``restored_at``: when supply came back, if it did; ``again_date``: when somebody comes
    again, if so agreed."""

    assignment_id: int
    about: str
    order_ids: tuple[int, ...]
    finding: str
    restored_at: datetime | None
    finished_at: datetime | None = None
    again_date: date | None = None


@dataclass(frozen=True, kw_only=True)
class TimeAnswered:
    """Who told a time said whether it is right. ``what`` is the step, ``happened_at`` what holds now."""

    report_id: int
    assignment_id: int
    about: str
    order_ids: tuple[int, ...]
    what: str
    happened_at: datetime
    is_corrected: bool


@dataclass(frozen=True, kw_only=True)
class ReportsTaken:
    """Reports came in from the field: how many were new, and how many came when it was over."""

    assignment_ids: tuple[int, ...]
    report_count: int
    late_count: int


@dataclass(frozen=True, kw_only=True)
class QuoteAccepted:
    """The customer accepted on the screen what the work costs, before it began."""

    quote_id: int
    assignment_id: int
    order_ids: tuple[int, ...]
    total_fen: int


@dataclass(frozen=True, kw_only=True)
class QuoteRefused:
    quote_id: int
    assignment_id: int
    order_ids: tuple[int, ...]
    again_date: date


@dataclass(frozen=True, kw_only=True)
class QuotesLapsed:
    """The fault was found to be on our side after all: what customers had accepted is not charged."""

    assignment_id: int
    quote_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class PriceSet:
    item_id: int
    unit_id: int
    code: str
    price_fen: int
    from_date: date
    is_lifted: bool


@dataclass(frozen=True, kw_only=True)
class LadderSet:
    unit_id: int
    from_date: date
    rung_count: int


@dataclass(frozen=True, kw_only=True)
class DispatchRuleSet:
    unit_id: int
    kind: str
    value: float
    from_date: date


@dataclass(frozen=True, kw_only=True)
class PositionsForgotten:
    """Where people were is kept no longer than the rule says."""

    report_count: int


@dataclass(frozen=True, kw_only=True)
class SignersForgotten:
    """So many quotes no longer say who signed them."""

    quote_count: int
