"""What the dispatcher's board is made of, as plain values."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from denghuo.apps.crews.queries import Sent
from denghuo.apps.crews.queries.board import Board as Crews
from denghuo.apps.outages.models import Estimate
from denghuo.apps.outages.queries.triage import Lamp


class Urgency(IntEnum):
    """Why an incident stands where it stands, the most urgent first."""

    DANGER = 0
    OVERDUE = 1
    STILL_OUT = 2
    UNHEARD = 3
    MANY = 4
    NEAR = 5
    CARE = 6
    NOBODY = 7
    MOVING = 8
    THERE = 9
    BACK = 10
    NEEDLESS = 11


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which incidents are asked for; what is empty asks for nothing."""

    state: str = ""
    line: str = ""
    text: str = ""
    mine: bool = False


@dataclass(frozen=True, kw_only=True)
class Incident:
    """One incident. ``kind`` is outage, suspicion or order; ``probability`` is that of a suspected fault.

    ``lv_customers`` and ``mv_users`` are without supply now, None where nobody can say. ``needless_count`` reports
    a crew would be sent for nothing to; ``lamps`` are those of an order that stands alone, where it is shown.
    ``crews`` were sent, and have not ended; ``refused`` said that they cannot go. ``watcher`` has it in hand.
    ``is_unborn``: a suspected fault was confirmed and by the log nobody lost supply by it. ``is_planned``: planned
    work that has not gone beyond its end. ``back_at``: by the log supply is back since then, and a crew that was
    sent has not finished.
    """

    about: str
    kind: str
    key: int
    number: str
    topic: str
    where: str
    line: str
    device_code: str
    network_id: int | None
    unit_id: int
    tone: str
    since_at: datetime
    probability: float | None
    mv_users: int | None
    lv_customers: int | None
    care_count: int
    important_count: int
    order_ids: tuple[int, ...]
    report_count: int
    needless_count: int
    still_out_count: int
    urged_count: int
    due_at: datetime | None
    is_overdue: bool
    is_near: bool
    expected: Estimate | None
    revisions: int
    crews: tuple[Sent, ...]
    refused: tuple[Sent, ...]
    watcher: str
    watcher_name: str
    handlers: frozenset[str]
    lamps: tuple[Lamp, ...]
    urgency: Urgency
    is_unborn: bool = False
    is_planned: bool = False
    back_at: datetime | None = None

    @property
    def is_suspected(self) -> bool:
        """Whether nobody has seen it yet: drawn hatched."""
        return self.kind == "suspicion"

    @property
    def is_unheard(self) -> bool:
        """Whether a crew was sent that has not said that it goes."""
        return any(one.is_waiting for one in self.crews)

    @property
    def moving(self) -> tuple[Sent, ...]:
        """Crews that go, or are there."""
        return tuple(one for one in self.crews if not one.is_waiting)

    @property
    def order_id(self) -> int | None:
        """The order, where it is one."""
        return self.key if self.kind == "order" else None

    @property
    def row_id(self) -> str:
        """What it is called on a page."""
        return f"i-{self.kind}-{self.key}"


@dataclass(frozen=True, kw_only=True)
class Counts:
    """The strip above the board: assignments not acknowledged, orders near their deadline and past it, reports that
    say "still out", crews on duty and those with nothing to do."""

    incidents: int
    unheard: int
    near: int
    overdue: int
    still_out: int
    crews_free: int
    crews_on_duty: int


@dataclass(frozen=True, kw_only=True)
class Board:
    """What is shown of the incidents that were asked for, and how many more there are; ``every`` is all of them."""

    incidents: tuple[Incident, ...]
    found_count: int
    every: tuple[Incident, ...]
    lines: tuple[str, ...]
    counts: Counts
    crews: Crews
    at: datetime

    @property
    def abouts(self) -> frozenset[str]:
        """What can be opened here: incidents, and what else their crews were sent for."""
        sent = (crew.about for one in self.every for crew in one.crews)
        return frozenset([*(one.about for one in self.every), *sent])

    @property
    def more(self) -> int:
        """Incidents that were asked for and are not shown."""
        return self.found_count - len(self.incidents)

    def of(self, about: str) -> Incident | None:
        """One incident, if it is on the board; a suspected fault that was confirmed is the outage it turned out to
        be."""
        return next((one for one in self.every if one.about == about), None)
