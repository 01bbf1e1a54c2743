"""What happens in staffing."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, kw_only=True)
class StaffingSetUp:
    """The standard shifts, minimums and rota were taken over as rows of a unit, to be edited from then on."""

    unit_id: int
    from_date: date


@dataclass(frozen=True, kw_only=True)
class RuleSet:
    unit_id: int
    from_date: date
    kind: str
    value: float
    source: str


@dataclass(frozen=True, kw_only=True)
class Band:
    """Fewest people between two minutes of the day."""

    start_min: int
    end_min: int
    heads: int


@dataclass(frozen=True, kw_only=True)
class MinimumsSet:
    unit_id: int
    from_date: date
    bands: tuple[Band, ...]
    source: str


@dataclass(frozen=True, kw_only=True)
class ShiftSet:
    shift_id: int
    unit_id: int
    name: str
    start_min: int
    length_min: int
    from_date: date
    source: str


@dataclass(frozen=True, kw_only=True)
class ShiftRetired:
    shift_id: int
    until_date: date


@dataclass(frozen=True, kw_only=True)
class ShiftWithdrawn:
    """There is no such shift after all; nobody worked it."""

    shift_id: int
    unit_id: int
    name: str


@dataclass(frozen=True, kw_only=True)
class SuccessionForbidden:
    earlier_id: int
    later_id: int
    source: str


@dataclass(frozen=True, kw_only=True)
class SuccessionAllowed:
    earlier_id: int
    later_id: int


@dataclass(frozen=True, kw_only=True)
class RotaSet:
    rota_id: int
    unit_id: int
    from_date: date
    source: str


@dataclass(frozen=True, kw_only=True)
class CalendarImported:
    """Recorded here before the calendar became the organization's."""

    years: tuple[int, ...]
    day_count: int
    source: str


@dataclass(frozen=True, kw_only=True)
class AbsenceRecorded:
    absence_id: int
    agent_id: int
    first: date
    last: date
    kind: str


@dataclass(frozen=True, kw_only=True)
class AbsenceWithdrawn:
    absence_id: int
    agent_id: int


@dataclass(frozen=True, kw_only=True)
class WishRecorded:
    agent_id: int
    day: date
    shift_id: int | None
    wanted: bool


@dataclass(frozen=True, kw_only=True)
class SkillsSet:
    agent_id: int
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SkillNeedSet:
    shift_id: int
    name: str
    heads: int
    from_date: date
    source: str


@dataclass(frozen=True, kw_only=True)
class KnownDaysAdded:
    """Something moves the calls of these days, both counted."""

    known_id: int
    unit_id: int
    kind: str
    first: date
    last: date
    size: float
    source: str


@dataclass(frozen=True, kw_only=True)
class KnownDaysChanged:
    """As :class:`KnownDaysAdded`, from now on."""

    known_id: int
    unit_id: int
    kind: str
    first: date
    last: date
    size: float
    source: str


@dataclass(frozen=True, kw_only=True)
class KnownDaysWithdrawn:
    known_id: int
    unit_id: int
    kind: str
    first: date
    last: date


@dataclass(frozen=True, kw_only=True)
class WeatherImported:
    unit_id: int
    first: date
    last: date
    day_count: int
    source: str


@dataclass(frozen=True, kw_only=True)
class ForecastMade:
    unit_id: int
    known_until: date
    first_day: date
    day_count: int


@dataclass(frozen=True, kw_only=True)
class PlanMade:
    plan_id: int
    unit_id: int
    month: date
    proven: bool
    duty_count: int


@dataclass(frozen=True, kw_only=True)
class PlanExpected:
    """What a plan will give was worked out anew, for somebody is away on other days than before."""

    plan_id: int
    unit_id: int
    month: date


@dataclass(frozen=True, kw_only=True)
class PublishedDuties:
    """One person's month: ``shift_ids`` by day from the first, None for a day off."""

    agent_id: int
    shift_ids: tuple[int | None, ...]


@dataclass(frozen=True, kw_only=True)
class PlanPublished:
    """From now on people live by it: the whole roster as it was then."""

    plan_id: int
    unit_id: int
    month: date
    duties: tuple[PublishedDuties, ...]


@dataclass(frozen=True, kw_only=True)
class DraftDiscarded:
    """What was worked out is not wanted; what is published stays."""

    plan_id: int
    unit_id: int
    month: date


@dataclass(frozen=True, kw_only=True)
class DutiesSwapped:
    plan_id: int
    agent_id: int
    day: date
    other_id: int
    other_day: date | None


@dataclass(frozen=True, kw_only=True)
class SwapUndone:
    """Both work again what they worked before the swap."""

    plan_id: int
    agent_id: int
    day: date
    other_id: int
    other_day: date | None


@dataclass(frozen=True, kw_only=True)
class PlanExported:
    plan_id: int
    month: date


@dataclass(frozen=True, kw_only=True)
class SurgeProposed:
    surge_id: int
    unit_id: int
    outage_id: int
    customers: int


@dataclass(frozen=True, kw_only=True)
class SurgeSent:
    """``measures`` that were accepted; ``cost_fen`` of all of them; ``announced`` whether callers are to be told, in
    the words that were the latest at ``worded_at``."""

    surge_id: int
    unit_id: int
    outage_id: int
    measures: tuple[str, ...]
    announced: bool
    cost_fen: int
    worded_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class SurgeTakenBack:
    """What was sent holds no more: these people need not come, and call-backs are made again. What callers hear stays
    until its own page says otherwise."""

    surge_id: int
    outage_id: int
    measures: tuple[str, ...]
    call_up_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class SurgeDismissed:
    surge_id: int
    outage_id: int


@dataclass(frozen=True, kw_only=True)
class SurgeOver:
    """Its outage is over; whom it had called up is let go."""

    surge_id: int
    outage_id: int
    call_up_ids: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AgentCalledUp:
    call_up_id: int
    surge_id: int
    agent_id: int
    tier: int
    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, kw_only=True)
class CallUpAnswered:
    call_up_id: int
    surge_id: int
    agent_id: int
    answer: str
