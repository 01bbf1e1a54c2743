"""What happens at the hotline."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, kw_only=True)
class ExchangeOpened:
    exchange_id: int
    unit_id: int
    code: str


@dataclass(frozen=True, kw_only=True)
class AgentsNamed:
    """Who these agents are was said anew; the names stand with the agents, not here."""

    exchange_id: int
    codes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CallsRecorded:
    """A batch of calls, from a log or from the live line. One fact for all, with where the batch came from."""

    exchange_id: int
    source_name: str
    digest: str
    first_at: datetime | None
    last_at: datetime | None
    call_count: int
    new_count: int
    completed_count: int
    entry_count: int
    problem_count: int


@dataclass(frozen=True, kw_only=True)
class CallsTallied:
    """The tallies of these local days now follow the calls, or a changed definition."""

    exchange_id: int
    first_day: date
    last_day: date


@dataclass(frozen=True, kw_only=True)
class DefinitionSet:
    from_date: date
    in_time_s: int
    redial_within_s: int
    soon_s: int
    soon_counts: bool
    source: str


@dataclass(frozen=True, kw_only=True)
class TargetSet:
    unit_id: int
    from_date: date
    measure: str
    share: float
    source: str


@dataclass(frozen=True, kw_only=True)
class CauseNamed:
    cause_id: int
    unit_id: int
    kind: str
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, kw_only=True)
class CauseWithdrawn:
    cause_id: int
    unit_id: int


@dataclass(frozen=True, kw_only=True)
class CallerUnmasked:
    """Somebody saw a caller's full number, and said why."""

    call_id: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class CallsExported:
    """A list of calls was handed out. ``query`` is the question as it stands in the page's address."""

    unit_paths: tuple[str, ...]
    query: str
    row_count: int


@dataclass(frozen=True, kw_only=True)
class NumbersImported:
    unit_id: int
    number_count: int
    source_name: str
