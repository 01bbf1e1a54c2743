"""The storm on the telephone: who calls 95598 waits for somebody on a seat, and what they say is noted as an order.

A call is told twice. The line of the demo (`line.py`) reads it from a file the moment it begins, so that it waits and
rings on the board and at the visitor's seat; when it is over it is recorded here as well, whether or not the pages are
up. What was told twice is one call.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from django.conf import settings
from django.utils import timezone

from denghuo.adapters.telephony import CallOutcome, CallRecord
from denghuo.apps.hotline import queries as hotline
from denghuo.apps.hotline.actions import NoteEntry, NoteRefusedError, Source, keep_note, record_calls
from denghuo.apps.hotline.models import Agent, CallNote, Exchange, NoteKind
from denghuo.apps.orders.models import Topic
from denghuo.apps.organization.actions import assign_role, register_user
from denghuo.apps.organization.models import Role, User
from denghuo.main.demo.hotline import QUEUE, duty, people
from denghuo.main.demo.load_hotline import EXCHANGE_CODE
from denghuo.main.demo.storm import Caller

_TALK_S, _SPREAD, _WRAP_UP_S, _PATIENCE_S, _REDIAL_S = 150.0, 0.5, 40.0, 110.0, 240.0
_REDIAL_SHARE, _MOST_CALLS = 0.75, 4
_CALLED_IN_S = 180.0  # from then on everybody of the hotline is on a seat: in a storm nobody sleeps
# At the visitor's seat a call takes as long as a person needs, on the wall; what is being written then is waited for.
_VISITOR_S, _WRITING_S, _MOST_WAITS = 45.0, 30.0, 6
_SOURCE = Source(name="演示总机")


def calls_file() -> Path:
    """Where the storm tells the demo's line who calls."""
    return Path(settings.HOME) / "storm-calls.jsonl"


def overheard() -> Callable[[], Sequence[CallRecord]]:
    """A function that answers the calls of the latest storm, by when they came; the file is read when it has grown."""
    seen: tuple[int, int] = (0, 0)
    known: list[CallRecord] = []

    def look() -> Sequence[CallRecord]:
        nonlocal seen, known
        try:
            state = calls_file().stat()
        except OSError:
            return []
        if (state.st_mtime_ns, state.st_size) != seen:
            seen = (state.st_mtime_ns, state.st_size)
            lines = calls_file().read_text(encoding="utf-8").splitlines()
            known = sorted(map(_read, lines), key=lambda one: one.entered_at)
        return known

    return look


_INSTANTS = ("entered_at", "queued_at", "connected_at", "ended_at")


def _written(call: CallRecord) -> str:
    told = {name: getattr(call, name) for name in ("call_id", "queue", "caller", "agent", "wait_s", "talk_s")}
    told |= {"wrap_up_s": call.wrap_up_s, "outcome": call.outcome.name, "menu": call.menu}
    told |= {name: at.isoformat() if (at := getattr(call, name)) else None for name in _INSTANTS}
    return json.dumps(told, ensure_ascii=False)


def _read(line: str) -> CallRecord:
    told = json.loads(line)
    told |= {name: datetime.fromisoformat(told[name]) if told[name] else None for name in _INSTANTS}
    return CallRecord(**{**told, "outcome": CallOutcome[told["outcome"]], "precise": True})


@dataclass(frozen=True, kw_only=True)
class Ring:
    """A call as it will go: ``over_s`` and, where nobody answered, ``again_s`` are seconds of the storm."""

    call: CallRecord
    over_s: float
    again_s: float | None = None

    @property
    def is_answered(self) -> bool:
        """Whether somebody on a seat heard what was said."""
        return self.call.outcome is CallOutcome.ANSWERED


@dataclass
class Telephones:
    """The demo exchange in a storm. ``pace``: seconds on the wall in one of the storm; ``live``: somebody may be
    looking on, so that the line is told and the visitor's seat takes its time."""

    exchange: Exchange
    now: Callable[[], datetime]
    rng: np.random.Generator
    pace: float = 1.0
    live: bool = True
    _free: dict[str, float] = field(default_factory=dict)
    _tries: dict[str, int] = field(default_factory=dict)
    _count: int = 0

    def __post_init__(self) -> None:
        self.storm = f"storm-{self.now():%Y%m%d%H%M%S}"
        if self.live:
            calls_file().write_text("", encoding="utf-8")

    def ring(self, one: Caller, second: float) -> Ring:
        """Somebody calls: whoever is free first answers, unless they lose patience before."""
        at, visitor = timezone.localtime(self.now()), self._visitor()
        seats = [person.code for person in (people() if second > _CALLED_IN_S else duty(at.date(), at.hour))]
        # The visitor is rung first, who is free the longest next.
        waits = {code: max(self._free.get(code, 0.0) - second, 0.0) for code in seats}
        seat = min(seats, key=lambda code: (waits[code], code != visitor, self._free.get(code, 0.0), code))
        wait = waits[seat] + 4.0
        patience, talk = float(self.rng.exponential(_PATIENCE_S)) + 15.0, self._talk()
        if wait > patience:
            return self._given_up(one, second, patience, at)
        if self.live and seat == visitor:
            talk = max(talk, _VISITOR_S / self.pace)
        self._free[seat] = second + wait + talk + _WRAP_UP_S
        told = {"agent": seat, "talk_s": self._wall(talk), "wrap_up_s": self._wall(_WRAP_UP_S)}
        connected_at = at + timedelta(seconds=self._wall(wait))
        ended_at = connected_at + timedelta(seconds=self._wall(talk))
        call = self._call(one, at, wait, CallOutcome.ANSWERED, connected_at=connected_at, ended_at=ended_at, **told)
        return Ring(call=call, over_s=second + wait + talk)

    def _given_up(self, one: Caller, second: float, patience: float, at: datetime) -> Ring:
        ended_at = at + timedelta(seconds=self._wall(patience))
        tries = self._tries[one.number] = self._tries.get(one.number, 0) + 1
        again = tries < _MOST_CALLS and self.rng.random() < _REDIAL_SHARE
        return Ring(
            call=self._call(one, at, patience, CallOutcome.ABANDONED, ended_at=ended_at),
            over_s=second + patience,
            again_s=second + patience + float(self.rng.exponential(_REDIAL_S)) if again else None,
        )

    def _call(self, one: Caller, at: datetime, wait: float, outcome: CallOutcome, **told: object) -> CallRecord:
        self._count += 1
        known: dict[str, object] = {
            "call_id": f"{self.storm}-{self._count:04d}",
            "queue": QUEUE,
            "caller": one.number,
            "entered_at": at,
            "queued_at": at,
            "outcome": outcome,
            "wait_s": self._wall(wait),
            "menu": "故障报修",
            "precise": True,
        }
        call = CallRecord(**(known | told))  # type: ignore[arg-type]
        if self.live:
            with calls_file().open("a", encoding="utf-8") as file:
                file.write(_written(call) + "\n")
        return call

    def _talk(self) -> float:
        return float(self.rng.lognormal(np.log(_TALK_S), _SPREAD))

    def _wall(self, seconds: float) -> float:
        return round(seconds * self.pace, 3)

    def _visitor(self) -> str:
        """The seat of the visitor who signed in as the agent; "" where there is none."""
        rows = Agent.objects.filter(exchange=self.exchange, user__username="agent")
        return rows.values_list("code", flat=True).first() or ""

    def record(self, call: CallRecord) -> None:
        """A call is over."""
        record_calls(exchange_id=self.exchange.pk, calls=[call], source=_SOURCE, at=self.now(), actor="demo")

    def is_written(self, call: CallRecord, waits: int) -> bool | None:
        """Whether the visitor noted what was said; None: they are at it, and it can wait."""
        notes = CallNote.objects.filter(exchange=self.exchange, call_id=call.call_id)
        if notes.filter(kept_at__isnull=False).exists():
            return True
        return None if notes.exists() and waits < _MOST_WAITS else False

    @property
    def writing_s(self) -> float:
        """How long somebody who writes is waited for, in seconds of the storm."""
        return _WRITING_S / self.pace

    def note(self, one: Caller, call: CallRecord, *, is_back: bool = False) -> bool:
        """Whoever answered notes what was said: with it the order is opened, unless supply is back by then. False: it
        could not be kept so."""
        entry = NoteEntry(
            text=f"{one.said}（通话中已来电）" if is_back else one.said,
            kind=NoteKind.ENQUIRY if is_back else NoteKind.FAULT_REPORT,
            account_id=one.customer.account_id,
            topic="" if is_back else Topic.NO_SUPPLY,
            place="" if is_back else one.customer.place,
        )
        key = {"exchange_id": self.exchange.pk, "call_id": call.call_id, "number": one.number}
        try:
            keep_note(**key, entry=entry, at=self.now(), actor=self._writer(call.agent))  # type: ignore[arg-type]
        except NoteRefusedError:
            return False
        return True

    def _writer(self, seat: str) -> str:
        """Who sits there, by user name. At the visitor's seat a colleague writes what the visitor did not."""
        if seat == self._visitor():
            at = timezone.localtime(self.now())
            seat = next((one.code for one in duty(at.date(), at.hour) if one.code != seat), seat)
        username = f"seat-{seat.lower()}"
        if not User.objects.filter(username=username).exists():
            name = next((one.name for one in people() if one.code == seat), seat)
            told = {"at": self.now(), "actor": "demo"}
            user = register_user(username=username, display_name=name, password=None, **told)  # type: ignore[arg-type]
            assign_role(user=user, unit=self.exchange.unit, role=Role.AGENT, **told)  # type: ignore[arg-type]
        return username


def telephones(*, now: Callable[[], datetime], pace: float, live: bool, seed: int = 1) -> Telephones | None:
    """The demo's exchange; None: the demo was loaded without its calls."""
    exchange = hotline.exchange_of_code(EXCHANGE_CODE)
    if exchange is None:
        return None
    return Telephones(exchange=exchange, now=now, pace=pace, live=live, rng=np.random.default_rng([seed, 95598]))
