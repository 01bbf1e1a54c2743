"""Who acts in the demo's storm: callers, a dispatcher, crews, and customers who answer when they are asked."""

import heapq
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
from django.utils import timezone

from denghuo.apps.crews import actions as crews
from denghuo.apps.crews.models import Finding as CrewFinding
from denghuo.apps.crews.models import ReportKind
from denghuo.apps.crews.models import State as Sent
from denghuo.apps.crews.queries import Sent as Assignment
from denghuo.apps.crews.queries import find, suggestions
from denghuo.apps.network import queries as network
from denghuo.apps.network.actions import record_switching
from denghuo.apps.notices.actions import answer_message
from denghuo.apps.notices.models import Message
from denghuo.apps.orders.actions import OrderEntry, StepRefusedError, open_order, take_step
from denghuo.apps.orders.models import Channel, Kind, Order, Topic
from denghuo.apps.orders.models import State as OrderState
from denghuo.apps.outages import actions as outages
from denghuo.apps.outages import queries
from denghuo.apps.outages.models import Method, Outage, Report, ReportState, Suspicion, SuspicionState
from denghuo.main.demo.storm import Caller, StormPlan, callers, strays
from denghuo.main.demo.storm_calls import Ring, Telephones

_REMOTE, _DISPATCHER, _CREW, _AGENT = "scada", "dispatcher", "crew", "agent"
_SURE, _REPORTS, _WAITED_S = 0.55, 3, 25 * 60
_TRAVEL_S, _REPAIR_S, _SECTION_S = (8 * 60, 26 * 60), (14 * 60, 34 * 60), 12 * 60
_LOOK_S, _STEP_S, _ANSWER_S = 60.0, 30.0, (40.0, 200.0)
_LONGEST_S = 5 * 3600.0
_MEANT = (0.75, 1.35)
_HIDDEN, _HIDDEN_WITHIN_S = 4, 15 * 60.0


@dataclass
class Storm:
    """A storm as it is played: an agenda in seconds of the storm, and what is still broken. ``by_hand``: people at the
    screens send the crews and do their work; this only breaks things, calls and answers. ``pace``: seconds on the wall
    in one of the storm. ``elsewhere``: assignments that the storm leaves as they are: it broke nothing there."""

    plan: StormPlan
    scope: tuple[str, ...]
    now: Callable[[], datetime]
    tell: Callable[[str, dict[str, str]], None]
    pace: float = 1.0
    by_hand: bool = False
    elsewhere: frozenset[int] = frozenset()
    seed: int = 1
    telephones: Telephones | None = None
    broken: set[str] = field(default_factory=set)
    _agenda: list[tuple[float, int, Callable[[float], None]]] = field(default_factory=list)
    _turn: Iterator[int] = field(default_factory=itertools.count)
    _asked: set[int] = field(default_factory=set)
    _due: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        self.began_at = self.now()
        self.event = f"D{timezone.localtime(self.began_at):%m%d%H%M}"
        self.at_(0.0, self._trip)
        for place, code in enumerate(self.plan.fuses):
            self.at_(90.0 + 150.0 * place, partial(self._blow, code))
        self.at_(20.0, lambda _second: self.broken.add(self.plan.nested))  # behind the trip: nobody can tell
        for one in strays(self.plan, rng=self.rng):
            self.at_(one.after_s, partial(self._call, one, ""))
        self.at_(2400.0, self._insist)
        self.at_(45.0, self._answer)
        self.at_(100.0, self._look)
        if not self.by_hand:
            self.at_(100.0, self._dispatch)
            self.at_(110.0, self._work)

    def at_(self, second: float, deed: Callable[[float], None]) -> None:
        """Put something on the agenda."""
        heapq.heappush(self._agenda, (second, next(self._turn), deed))

    def play(self, *, wait: Callable[[float], None]) -> None:
        """Do what is on the agenda until everything is mended; ``wait`` until a second of the storm."""
        while self._agenda:
            second, _, deed = heapq.heappop(self._agenda)
            if second > _LONGEST_S and not self.by_hand:
                return
            wait(second)
            deed(second)

    @property
    def is_over(self) -> bool:
        """Whether all lamps are lit again and everybody has been asked."""
        return not self.broken and not self._sent()

    def _sent(self) -> list[Assignment]:
        return [one for one in find(self.scope, is_open=True) if one.assignment_id not in self.elsewhere]

    def _look(self, second: float) -> None:
        """See what others have mended: people at the screens, who may be the only ones to."""
        of_storm = Outage.objects.filter(network_id=self.plan.network_id, started_at__gte=self.began_at)
        back = of_storm.filter(restored_at__isnull=False).values_list("device_code", flat=True)
        mended = Suspicion.objects.filter(
            network_id=self.plan.network_id, suspected_at__gte=self.began_at, state=SuspicionState.MENDED
        )
        for code in self.broken & {*back, *mended.values_list("device_code", flat=True)}:
            self.broken.discard(code)
            self.tell("mended", {"where": code})
        if not self.is_over or second < 1800:
            self.at_(second + _STEP_S, self._look)

    def _dark(self) -> set[str]:
        """The loads without supply: those that the log knows of, and those behind what is broken unseen."""
        known = [load for one in queries.lasting_outages(self.scope) for load in queries.loads_out(one, at=self.now())]
        unseen = sorted(self.broken - {self.plan.trip})
        return {load.code for load in known if load.ended_at is None} | set(
            network.loads_behind(self.plan.network_id, device_codes=unseen)
        )

    # What breaks, and who calls.
    def _trip(self, second: float) -> None:
        self._switch(self.plan.trip, closes=False, event=self.event, actor=_REMOTE)
        self.broken.add(self.plan.trip)
        self.tell("trip", {"device": self.plan.trip})
        self._let_call(self.plan.trip, second)
        # Some of them lie behind the fuse that nobody notices until the line is back: they will be still out.
        for one in callers(self.plan, self.plan.nested, rng=self.rng)[:_HIDDEN]:
            self.at_(second + min(one.after_s, _HIDDEN_WITHIN_S), partial(self._call, one, self.plan.trip))

    def _blow(self, code: str, second: float) -> None:
        self.broken.add(code)
        self._let_call(code, second)

    def _let_call(self, code: str, second: float) -> None:
        for one in callers(self.plan, code, rng=self.rng):
            self.at_(second + one.after_s, partial(self._call, one, code))

    def _insist(self, second: float) -> None:
        """Where hardly anybody called, others lose patience."""
        for code in sorted(self.broken):
            self._let_call(code, second)

    def _call(self, one: Caller, device: str, second: float) -> None:
        """A report, unless supply has come back to the caller in the meantime. Who calls the hotline rings there."""
        if device and device not in self.broken:
            return
        if self.telephones is None or one.channel != Channel.HOTLINE or not one.number:
            self._open(one)
            return
        ring = self.telephones.ring(one, second)
        self.at_(ring.over_s, partial(self._hung_up, one, device, ring))
        if ring.again_s is not None:
            self.at_(ring.again_s, partial(self._call, one, device))

    def _hung_up(self, one: Caller, device: str, ring: Ring, second: float) -> None:
        """A call is over; what was said in it is noted."""
        assert self.telephones is not None
        self.telephones.record(ring.call)
        if ring.is_answered:
            self._note(one, device, ring, 0, second)

    def _note(self, one: Caller, device: str, ring: Ring, waits: int, second: float) -> None:
        """Note it, unless the visitor has done so; while they write it waits. Supply that has come back since is no
        report."""
        assert self.telephones is not None
        written = self.telephones.is_written(ring.call, waits)
        if written is None:
            self.at_(second + self.telephones.writing_s, partial(self._note, one, device, ring, waits + 1))
        elif not written and not self.telephones.note(
            one, ring.call, is_back=bool(device) and device not in self.broken
        ):
            self._open(one)

    def _open(self, one: Caller) -> None:
        entry = OrderEntry(
            kind=Kind.FAULT,
            topic=Topic.NO_SUPPLY,
            unit_id=self.plan.unit_id,
            account_id=one.customer.account_id,
            load_code=one.customer.load_code,
            caller=one.number,
            channel=one.channel,
            text=one.said,
            place=one.customer.place,
            first_asked=_AGENT,
            received_at=self.now(),
        )
        open_order(entry=entry, at=self.now(), actor=_AGENT)

    # The dispatcher.
    def _dispatch(self, second: float) -> None:
        # Also whom somebody had sent before the storm came: what they are sent for needs nobody else.
        busy = {one.about for one in find(self.scope, is_open=True)}
        found: list[Outage | Suspicion] = [*queries.lasting_outages(self.scope), *queries.open_suspicions(self.scope)]
        for subject in found:
            before = {one.about for one in subject.suspicions.all()} if isinstance(subject, Outage) else set()
            if busy & {subject.about, *before} or not self._is_clear(subject):
                continue
            self._send(subject)
        for visit in Order.objects.filter(topic=Topic.CARE_VISIT, state=OrderState.REGISTERED):
            self._step(visit.pk, "accept", _DISPATCHER)
        if not self.is_over or second < 1800:
            self.at_(second + _LOOK_S, self._dispatch)

    def _is_clear(self, subject: Outage | Suspicion) -> bool:
        if isinstance(subject, Outage):
            return subject.number == self.event or subject.suspicions.exists()
        waited_s = (self.now() - subject.first_reported_at).total_seconds() / self.pace
        return subject.probability >= _SURE and (subject.report_count >= _REPORTS or waited_s >= _WAITED_S)

    def _send(self, subject: Outage | Suspicion) -> None:
        spot = network.spot_of(subject.network_id, code=subject.device_code)
        ready = [
            one
            for one in suggestions(self.scope, x=spot.x if spot else None, y=spot.y if spot else None, at=self.now())
            if not one.why_not and {doing.assignment_id for doing in one.doing} <= self.elsewhere
        ]
        told: dict[str, Any] = {"note": "", "skill": "", **self._by(_DISPATCHER)}
        if ready and self._does(outages.send_crew, about=subject.about, crew_id=ready[0].crew_id, **told):
            self.tell("sent", {"crew": ready[0].name, "where": subject.where})

    # Crews.
    def _work(self, second: float) -> None:
        for one in self._sent():
            due = self._due.setdefault(one.assignment_id, second + _STEP_S)
            if second >= due:
                self._next(one, second)
        if not self.is_over or second < 1800:
            self.at_(second + _STEP_S, self._work)

    def _next(self, one: Assignment, second: float) -> None:
        """The next step of an assignment, and when the one after it is due."""
        step, low, high = {
            Sent.SENT: (ReportKind.READ, 30, 60),
            Sent.DELIVERED: (ReportKind.READ, 30, 60),
            Sent.READ: (ReportKind.ACCEPTED, 60, 120),
            Sent.ACCEPTED: (ReportKind.DEPARTED, *_TRAVEL_S),
            Sent.DEPARTED: (ReportKind.ARRIVED, *_REPAIR_S),
            Sent.ARRIVED: (ReportKind.FINISHED, 60, 60),
        }[one.state]
        if step is ReportKind.FINISHED:
            self._finish(one)
        else:
            self._say(one, step)
        self._due[one.assignment_id] = second + float(self.rng.uniform(low, high))
        if step is ReportKind.ARRIVED:
            self._arrived(one, second)

    def _say(self, one: Assignment, step: ReportKind, **told: Any) -> None:
        entry = crews.StepEntry(kind=step, happened_at=self.now(), **told)
        crews.take_step(assignment_id=one.assignment_id, entry=entry, at=self.now(), actor=_CREW)

    def _arrived(self, one: Assignment, second: float) -> None:
        """On site the crew sees what is open, says how long it will take, and gives back what can be given back."""
        subject = queries.subject_of(one.about)
        left_s = self._due[one.assignment_id] - second
        if (
            isinstance(subject, Suspicion)
            and subject.state == SuspicionState.OPEN
            and subject.device_code in self.broken
            and self._does(
                outages.confirm_fault,
                suspicion_id=subject.pk,
                device_code=subject.device_code,
                opened_at=min(queries.open_by(subject), self.now()),
                **self._by(_DISPATCHER),
            )
        ):
            self.tell("confirmed", {"device": subject.device_code})
        if subject is not None and not self._is_mended(one):
            meant_s = left_s * float(self.rng.uniform(*_MEANT))  # nobody knows to the minute
            expected_at = self.now() + timedelta(seconds=meant_s * self.pace)
            self._promise(one, expected_at)
        if self.plan.section and isinstance(subject, Outage) and subject.device_code == self.plan.trip:
            self.at_(second + min(_SECTION_S, left_s / 2), self._restore_in_part)

    def _promise(self, one: Assignment, expected_at: datetime) -> None:
        if expected_at <= self.now() + timedelta(seconds=1):
            return
        self._does(
            outages.give_estimate,
            about=one.about,
            expected_at=expected_at,
            method=Method.CREW,
            team=one.crew,
            reason="班组到场勘查",
            **self._by(_CREW),
        )

    def _restore_in_part(self, second: float) -> None:
        del second
        if self.plan.trip in self.broken:
            self._switch(self.plan.section, closes=False, event=self.event, actor=_CREW)
            self._switch(self.plan.trip, closes=True, event=self.event, actor=_REMOTE)
            self.broken.discard(self.plan.trip)
            self.broken.add(self.plan.section)
            self.tell("part", {"device": self.plan.section})

    def _is_mended(self, one: Assignment) -> bool:
        subject = queries.subject_of(one.about)
        return isinstance(subject, Outage) and not subject.lasts

    def _finish(self, one: Assignment) -> None:
        """What was broken is mended; whoever was sent to what is whole says so."""
        subject = queries.subject_of(one.about)
        if isinstance(subject, Outage) and subject.device_code == self.plan.trip and self.plan.section in self.broken:
            self._switch(self.plan.section, closes=True, event=self.event, actor=_CREW)
            self.broken.discard(self.plan.section)
        device = subject.device_code if subject is not None else ""
        if isinstance(subject, Suspicion) and subject.state == SuspicionState.OPEN and device not in self.broken:
            why = "现场查看，设备完好"
            self._does(outages.dismiss_suspicion, suspicion_id=subject.pk, reason=why, **self._by(_DISPATCHER))
            self._say(
                one, ReportKind.FINISHED, finding=CrewFinding.NOT_FOUND, receipt="到现场查看，设备完好，未发现故障。"
            )
            return
        self.broken.discard(device)
        receipt = f"经检查为{one.place}故障，已更换熔体并试送成功，恢复供电。"
        self._say(one, ReportKind.FINISHED, finding=CrewFinding.FAULT_CLEARED, restored_at=self.now(), receipt=receipt)
        self.tell("mended", {"where": one.place})

    # Customers who are asked, and the agent who closes what is done.
    def _answer(self, second: float) -> None:
        waiting = Message.objects.filter(expects_answer=True, answered_at=None, unanswered_at=None)
        for message in waiting.exclude(pk__in=self._asked).filter(
            event__in=("outages.call_back", "outages.fault_care")
        ):
            self._asked.add(message.pk)
            if message.event == "outages.fault_care" and len(self._asked) % 4 == 1:
                continue  # does not hear the telephone: somebody has to go there
            later = second + float(self.rng.uniform(*_ANSWER_S))
            self.at_(later, partial(self._reply, message.pk))
        self._close_orders()
        if not self.is_over or second < 1800 or len(self._agenda) > 0:
            self.at_(second + _STEP_S, self._answer)

    def _reply(self, message_id: int, second: float) -> None:
        del second
        message = Message.objects.get(pk=message_id)
        report = Report.objects.filter(pk=int(message.about.partition(":")[2] or 0)).first()
        still_out = message.event == "outages.call_back" and report is not None and report.load_code in self._dark()
        answer_message(message_id=message_id, answer="2" if still_out else "1", at=self.now(), actor="gateway")
        if still_out:
            self.tell("still_out", {"load": report.load_code if report else ""})

    def _close_orders(self) -> None:
        told = Report.objects.filter(state__in=(ReportState.LIT, ReportState.ALONE), order__state=OrderState.DONE)
        for report in told.filter(taken_at__gte=self.began_at)[:20]:
            self._step(report.order_id, "call_back", _AGENT, result="satisfied")
            self._step(report.order_id, "close", _AGENT)

    # Small things.
    def _by(self, actor: str) -> dict[str, Any]:
        return {"at": self.now(), "actor": actor}

    def _does(self, action: Callable[..., object], **told: Any) -> bool:
        """Whether it was still to be done: the server's own worker and people at the screens work beside the storm, and
        what is over since it was looked at is refused."""
        try:
            action(**told)
        except ValueError:
            return False
        return True

    def _step(self, order_id: int, step: str, actor: str, result: str = "") -> None:
        try:
            take_step(order_id=order_id, step=step, result=result, at=self.now(), actor=actor)
        except StepRefusedError:
            return  # somebody at a screen was quicker

    def _switch(self, code: str, *, closes: bool, event: str, actor: str) -> None:
        record_switching(
            network_id=self.plan.network_id,
            device_code=code,
            closes=closes,
            operated_at=self.now(),
            event_number=event,
            note="",
            at=self.now(),
            actor=actor,
        )
