"""What happens to outages."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, kw_only=True)
class OutageRegistered:
    outage_id: int
    network_id: int
    number: str
    kind: int
    cause: int
    planned_start_at: datetime | None
    planned_end_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class OutagesRegistered:
    """A batch of outages from a register, one fact for all."""

    network_id: int
    outage_count: int
    source_name: str = ""
    digest: str = ""


@dataclass(frozen=True, kw_only=True)
class OutageClassified:
    outage_id: int
    network_id: int
    number: str
    kind: int
    cause: int


@dataclass(frozen=True, kw_only=True)
class SupplyChanged:
    """The log now says something else about these outages: begun, restored in part or in whole, or corrected."""

    network_id: int
    outage_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class OutageClosed:
    """Supply has come back to the last load of an outage."""

    outage_id: int
    network_id: int
    number: str
    restored_at: datetime


@dataclass(frozen=True, kw_only=True)
class ReportsTaken:
    """Reports of no supply were placed: so many on outages that are known, so many on suspected faults."""

    network_id: int | None
    report_count: int
    known_count: int
    suspected_count: int


@dataclass(frozen=True, kw_only=True)
class ReportsAttached:
    """Reports belong to this outage, or to this suspected fault (``about``); ``number`` is what people call it by. A
    crew may have been sent while it was only suspected: ``formerly`` is what it was called then."""

    about: str
    number: str
    order_ids: tuple[int, ...]
    formerly: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FaultSuspected:
    """Reports point to a device: it has probably opened."""

    suspicion_id: int
    network_id: int
    number: str
    device_code: str
    probability: float
    report_count: int
    lv_customers: int


@dataclass(frozen=True, kw_only=True)
class SuspicionMoved:
    """With what was told since, another device is meant."""

    suspicion_id: int
    network_id: int
    device_code: str
    was_device_code: str
    probability: float


@dataclass(frozen=True, kw_only=True)
class SuspicionEnded:
    """A suspected fault was dismissed by a person, or no report points to it any more."""

    suspicion_id: int
    network_id: int
    state: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class FaultKnown:
    """A suspected fault is an outage that was known already: its device stands open there by the log."""

    suspicion_id: int
    network_id: int
    outage_id: int
    device_code: str


@dataclass(frozen=True, kw_only=True)
class FaultConfirmed:
    """Somebody saw that the device is open, or knows it."""

    suspicion_id: int
    network_id: int
    number: str
    device_code: str
    opened_at: datetime


@dataclass(frozen=True, kw_only=True)
class EstimateGiven:
    """``about`` is an outage or a suspected fault; the order keys are those that were promised this time."""

    about: str
    expected_at: datetime
    method: str
    team: str
    order_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class CrewWanted:
    """A dispatcher sends a crew to an outage, to a suspected fault, or to one order (``about``)."""

    about: str
    crew_id: int
    order_ids: tuple[int, ...]
    place: str
    note: str
    skill: str
    x: float | None
    y: float | None
    unit_id: int


@dataclass(frozen=True, kw_only=True)
class CustomersBack:
    """Supply has returned to these who had reported: they are asked whether it is so."""

    outage_id: int
    report_ids: tuple[int, ...]
    order_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class CustomersNotBack:
    """The log was corrected: supply that had returned to these by it has not."""

    outage_id: int
    report_ids: tuple[int, ...]
    order_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class StillOut:
    """Somebody whose supply should be back says that it is not."""

    report_id: int
    order_id: int
    outage_id: int | None
    said_at: datetime


@dataclass(frozen=True, kw_only=True)
class SupplySeen:
    """Somebody whose supply should be back says that it is."""

    report_id: int
    order_id: int
    said_at: datetime


@dataclass(frozen=True, kw_only=True)
class MetersHeard:
    """Meters told that their supply is gone, or there: one fact for all of a batch."""

    network_id: int
    off_count: int
    lit_count: int


@dataclass(frozen=True, kw_only=True)
class OutageTold:
    """Everybody behind an outage is being told: so many in each ring, and so many who cannot be reached by message."""

    outage_id: int
    event: str
    care_count: int
    important_count: int
    others_count: int
    unreachable_count: int


@dataclass(frozen=True, kw_only=True)
class PlanMoved:
    """A plan is to begin and end at other times."""

    outage_id: int
    network_id: int
    number: str
    was_start_at: datetime
    was_end_at: datetime | None
    planned_start_at: datetime
    planned_end_at: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class PlanDevicesNamed:
    """Which devices a plan that lies ahead opens was told, or changed."""

    outage_id: int
    network_id: int
    number: str
    device_codes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PlanCancelled:
    """A plan does not take place."""

    outage_id: int
    network_id: int
    number: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class TellingRuleSet:
    unit_id: int
    from_date: date
    source: str


@dataclass(frozen=True, kw_only=True)
class JudgingRuleSet:
    unit_id: int
    from_date: date
    source: str


@dataclass(frozen=True, kw_only=True)
class FaultCleared:
    """A crew closed the device of an outage: supply is back behind it."""

    network_id: int
    number: str
    device_code: str
    closed_at: datetime
    assignment_id: int


@dataclass(frozen=True, kw_only=True)
class IncidentTaken:
    """Somebody at the desk has an outage, a suspected fault or an order in hand (``about``)."""

    about: str


@dataclass(frozen=True, kw_only=True)
class IncidentLeft:
    """Nobody has it in hand any more."""

    about: str


@dataclass(frozen=True, kw_only=True)
class ReportJoined:
    """A dispatcher put a report to an outage or a suspected fault (``about``), whatever the network says."""

    report_id: int
    order_id: int
    about: str


@dataclass(frozen=True, kw_only=True)
class ReportParted:
    """Such a report belongs there no more: a dispatcher took it away, or the suspected fault was none."""

    report_id: int
    order_id: int
    about: str


@dataclass(frozen=True, kw_only=True)
class OrdersFoundSame:
    """A dispatcher sees that several orders are the same matter as one."""

    into_id: int
    order_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class EstimatesCalledOff:
    """A suspected fault is over: when it was expected to be need not be told any more."""

    suspicion_id: int
    message_count: int


@dataclass(frozen=True, kw_only=True)
class MessagesCalledOff:
    """What had not gone out of an outage when its supply was back."""

    outage_id: int
    message_count: int


@dataclass(frozen=True, kw_only=True)
class CustomersAsked:
    """Whoever had reported is asked whether supply is back."""

    outage_id: int
    report_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class EstimateTold:
    """Whoever reported is told when supply is expected back."""

    about: str
    order_count: int
