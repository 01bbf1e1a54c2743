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
class AgentLinked:
    """An agent's seat was given to a person with an account, or to nobody."""

    agent_id: int
    user_id: int | None


@dataclass(frozen=True, kw_only=True)
class AgentEnded:
    """The last day on which an agent works was said; None: they stay."""

    agent_id: int
    until_date: date | None


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
    subject: str = ""
    name: str = ""
    unit_id: int | None = None


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


@dataclass(frozen=True, kw_only=True)
class DeskRuleSet:
    """How the desk works from a day on; the row holds the rest."""

    from_date: date
    draft_from_customers: int
    urge_gap_s: int
    call_back_within_s: int
    review_share: float
    double_share: float
    source: str


@dataclass(frozen=True, kw_only=True)
class AnnouncementTemplateSet:
    unit_id: int
    kind: str
    from_date: date
    text: str
    source: str


@dataclass(frozen=True, kw_only=True)
class AnnouncementDrafted:
    announcement_id: int
    exchange_id: int
    outage_id: int
    code: str


@dataclass(frozen=True, kw_only=True)
class AnnouncementEdited:
    """It says something else in this version; the text stands with the version, which never changes."""

    announcement_id: int
    version: int


@dataclass(frozen=True, kw_only=True)
class AnnouncementApproved:
    announcement_id: int
    version: int


@dataclass(frozen=True, kw_only=True)
class AnnouncementPublished:
    announcement_id: int
    exchange_id: int
    outage_id: int
    code: str
    version: int


@dataclass(frozen=True, kw_only=True)
class AnnouncementHandedOver:
    """The exchange got it; ``sound_s`` is None where it could not be spoken."""

    announcement_id: int
    version: int
    handed: str
    sound_s: float | None
    speech_problem: str


@dataclass(frozen=True, kw_only=True)
class AnnouncementExpired:
    """It no longer holds: supply is back, the outage never was, or somebody ended it."""

    announcement_id: int
    exchange_id: int
    outage_id: int
    code: str
    because: str


@dataclass(frozen=True, kw_only=True)
class AnnouncementTakenBack:
    """The exchange has it no more."""

    announcement_id: int


@dataclass(frozen=True, kw_only=True)
class NoteBegun:
    """An agent began to write of a call. What is saved as it is typed is nobody's fact until it is kept."""

    note_id: int
    exchange_id: int
    call_id: str


@dataclass(frozen=True, kw_only=True)
class NoteKept:
    """``order_id`` is the order that it became, or that the caller pressed for."""

    note_id: int
    exchange_id: int
    call_id: str
    kind: str
    told_versions: tuple[int, ...]
    follow_up: bool
    order_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class OrderChased:
    """A caller pressed for an order that is open already, instead of having another one opened."""

    exchange_id: int
    call_id: str
    order_id: int


@dataclass(frozen=True, kw_only=True)
class CallBackAsked:
    call_back_id: int
    exchange_id: int
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class CallBackTried:
    """The number was called; ``done`` says that the call is owed no more, ``next_at`` when to try next."""

    call_back_id: int
    exchange_id: int
    result: str
    done: bool
    next_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ReporterTried:
    """Who reported was called, to ask whether supply is back, and not reached; ``done``: that was the last try."""

    report_id: int
    done: bool


@dataclass(frozen=True, kw_only=True)
class CallBackNumberShown:
    """Somebody who calls back saw the full number."""

    call_back_id: int


@dataclass(frozen=True, kw_only=True)
class CallBackAnswered:
    """Somebody who had reported missing supply was called, and says whether they are still without."""

    report_id: int
    still_out: bool


@dataclass(frozen=True, kw_only=True)
class ReporterNumberShown:
    """Somebody who asks a reporter whether supply is back saw the full number."""

    report_id: int


@dataclass(frozen=True, kw_only=True)
class AnswerUrged:
    """A caller pressed for an answer, for the so-manieth time."""

    urging_id: int
    exchange_id: int
    call_id: str
    count: int


@dataclass(frozen=True, kw_only=True)
class ReviewSheetSet:
    sheet_id: int
    from_date: date
    name: str
    items: tuple[str, ...]
    points: tuple[int, ...]
    source: str


@dataclass(frozen=True, kw_only=True)
class CallReviewed:
    """A call was scored; ``article_ids`` are of what ought to have been known where points were lost."""

    review_id: int
    call_id: int
    exchange_id: int
    sheet_id: int
    agent_id: int | None
    points: int
    most_points: int
    article_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class ReviewCorrected:
    """A scorer put a score of theirs right, and said why; the score before stays as it was."""

    review_id: int
    corrected_id: int
    call_id: int
    exchange_id: int
    sheet_id: int
    agent_id: int | None
    points: int
    most_points: int
    article_ids: tuple[int, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class MistakeFound:
    """A review found that what an article says was told wrongly: who told it, and in which call."""

    article_id: int
    what: str
    username: str
    reference: str


@dataclass(frozen=True, kw_only=True)
class NotesForgotten:
    """So many notes, and the call-backs from them, no longer say who called."""

    note_count: int


@dataclass(frozen=True, kw_only=True)
class TableTemplateKept:
    """How an exchange's tables of calls are written was said, and is kept under a name; ``told`` as a
    template file."""

    template_id: int
    exchange_id: int
    name: str
    told: str


@dataclass(frozen=True, kw_only=True)
class TableTemplateRemoved:
    template_id: int
    exchange_id: int
    name: str
