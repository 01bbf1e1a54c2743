"""Calls come in: from a log, a table, or the live line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from denghuo.adapters.telephony.records import AgentEvent, CallOutcome, CallRecord
from denghuo.apps import rows
from denghuo.apps.hotline import snapshot
from denghuo.apps.hotline.facts import (
    AgentEnded,
    AgentLinked,
    AgentsNamed,
    CallsRecorded,
    CallsTallied,
    DefinitionSet,
    ExchangeOpened,
)
from denghuo.apps.hotline.models import Agent, AgentEntry, Board, Call, CallReading, Exchange, Queue, Tally
from denghuo.apps.hotline.queries import definitions, latest_call_day
from denghuo.apps.ledger.actions import record

_BATCH = 500
_SAME_WITHIN = timedelta(seconds=3)  # whole seconds, computed instants, two clocks
_PROBLEMS_KEPT = 500
_TOLD = (
    "caller",
    "queued_at",
    "connected_at",
    "ended_at",
    "position",
    "wait_s",
    "ring_s",
    "talk_s",
    "wrap_up_s",
    "hold_s",
    "announcement",
    "announcement_s",
    "menu",
    "transferred_to",
    "left_because",
)


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a batch of calls comes from, and what its reader had to say: sentences, or sentences by language."""

    name: str
    digest: str = ""
    line_count: int = 0
    problems: Sequence[str | Mapping[str, str]] = ()
    problem_count: int = 0
    unknowable: Sequence[str] = ()
    keep: bool = True  # whether the reading is listed; the live line's batches are not


@dataclass(kw_only=True)
class Taken:
    """What a batch brought."""

    new: list[Call] = field(default_factory=list)
    completed: list[Call] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)


@transaction.atomic
def open_exchange(*, unit_id: int, code: str, name: str, at: datetime, actor: str) -> Exchange:
    """Make an exchange known, whose calls belong to a unit.

    Raises:
        django.db.IntegrityError: the code is taken.
    """
    exchange = Exchange.objects.create(unit_id=unit_id, code=code, name=name)
    record(ExchangeOpened(exchange_id=exchange.pk, unit_id=unit_id, code=code), at=at, actor=actor)
    return exchange


@transaction.atomic
def name_agents(*, exchange_id: int, names: Mapping[str, tuple[str, str]], at: datetime, actor: str) -> int:
    """Say who the agents of an exchange are: by code, their name and team. Returns how many changed."""
    changed = []
    for agent in Agent.objects.select_for_update().filter(exchange_id=exchange_id, code__in=names):
        if (agent.name, agent.team) != names[agent.code]:
            agent.name, agent.team = names[agent.code]
            changed.append(agent)
    Agent.objects.bulk_update(changed, ["name", "team"], batch_size=_BATCH)
    record(AgentsNamed(exchange_id=exchange_id, codes=tuple(agent.code for agent in changed)), at=at, actor=actor)
    return len(changed)


@transaction.atomic
def link_agent(*, agent_id: int, user_id: int | None, at: datetime, actor: str) -> bool:
    """Say whose seat it is, so that the desk shows them the call in hand. Returns whether anything changed.

    A person has one seat at an exchange: the one they had before is nobody's then.
    """
    agent = Agent.objects.select_for_update().get(pk=agent_id)
    if agent.user_id == user_id:
        return False
    if user_id is not None:
        for before in Agent.objects.select_for_update().filter(exchange_id=agent.exchange_id, user_id=user_id):
            before.user = None
            before.save(update_fields=["user"])
            record(AgentLinked(agent_id=before.pk, user_id=None), at=at, actor=actor)
    agent.user_id = user_id
    agent.save(update_fields=["user"])
    record(AgentLinked(agent_id=agent.pk, user_id=user_id), at=at, actor=actor)
    return True


@transaction.atomic
def end_agent(*, agent_id: int, until_date: date | None, at: datetime, actor: str) -> bool:
    """Say on which day somebody works here for the last time; None: they stay. Returns whether anything changed."""
    changed = Agent.objects.filter(pk=agent_id).exclude(until_date=until_date).update(until_date=until_date)
    if changed:
        record(AgentEnded(agent_id=agent_id, until_date=until_date), at=at, actor=actor)
    return bool(changed)


@transaction.atomic
def record_calls(
    *,
    exchange_id: int,
    calls: Sequence[CallRecord],
    entries: Sequence[AgentEvent] = (),
    source: Source,
    at: datetime,
    actor: str,
) -> CallsRecorded:
    """Record what a source tells of calls; what is known already is completed, never doubled and never taken back."""
    exchange = Exchange.objects.select_for_update().get(pk=exchange_id)
    queues = _named(Queue, exchange, {call.queue for call in calls})
    seen = {call.agent for call in calls} | {entry.agent for entry in entries}
    agents = _named(Agent, exchange, seen - {""})
    taken = Taken()
    for start in range(0, len(calls), _BATCH):
        _take(exchange, calls[start : start + _BATCH], queues, agents, taken)
    entry_count = _enter(agents, entries)
    fact = CallsRecorded(
        exchange_id=exchange_id,
        source_name=source.name,
        digest=source.digest,
        first_at=min((call.entered_at for call in calls), default=None),
        last_at=max((call.entered_at for call in calls), default=None),
        call_count=len(calls),
        new_count=len(taken.new),
        completed_count=len(taken.completed),
        entry_count=entry_count,
        problem_count=source.problem_count + len(taken.contradictions),
    )
    if source.keep:
        _keep(exchange, source, fact, taken, at, actor)
    if calls or entry_count:
        record(fact, at=at, actor=actor)
    return fact


def _named(model: type[Queue] | type[Agent], exchange: Exchange, codes: set[str]) -> dict[str, Any]:
    """Queues or agents of an exchange by code, those not seen before as well."""
    known = {row.code: row for row in model.objects.filter(exchange=exchange)}
    new = [model(exchange=exchange, code=code) for code in sorted(codes - set(known))]
    model.objects.bulk_create(new)  # type: ignore[arg-type]
    return known | {row.code: row for row in new}


def _take(
    exchange: Exchange, calls: Sequence[CallRecord], queues: dict[str, Queue], agents: dict[str, Agent], taken: Taken
) -> None:
    known: dict[tuple[str, int], list[Call]] = {}
    for row in Call.objects.filter(exchange=exchange, call_id__in={call.call_id for call in calls}):
        known.setdefault((row.call_id, row.queue_id), []).append(row)
    new, changed = [], {}
    for call in calls:
        queue, key_at = queues[call.queue], call.queued_at or call.entered_at
        same = _same(known.get((call.call_id, queue.pk), ()), key_at)
        if same is None:
            row = Call(exchange=exchange, queue=queue, call_id=call.call_id, key_at=key_at)
            _tell(row, call, agents)
            known.setdefault((call.call_id, queue.pk), []).append(row)
            new.append(row)
        elif _complete(same, call, agents, taken) and same.pk:
            changed[same.pk] = same
    rows.insert(new)
    names = [*_TOLD, "outcome", "agent_id", "solved"]
    rows.update(
        Call,
        [name.removesuffix("_id") for name in names],
        ([*(getattr(row, name) for name in names), row.pk] for row in changed.values()),
    )
    taken.new += new
    taken.completed += changed.values()


def _same(known: Iterable[Call], key_at: datetime) -> Call | None:
    """The row of this call, if there is one: the nearest in time."""
    near = [row for row in known if abs(row.key_at - key_at) <= _SAME_WITHIN]
    return min(near, key=lambda row: abs(row.key_at - key_at), default=None)


def _tell(row: Call, call: CallRecord, agents: dict[str, Agent]) -> None:
    for name in (*_TOLD, "entered_at", "precise"):
        setattr(row, name, getattr(call, name))
    row.outcome = int(call.outcome)
    row.agent = agents.get(call.agent)
    row.solved = call.outcome in snapshot.SERVED


def _complete(row: Call, call: CallRecord, agents: dict[str, Agent], taken: Taken) -> bool:
    """Add what was not known of a call; returns whether anything was. What two sources tell differently stays."""
    changed = False
    for name in _TOLD:
        if getattr(row, name) in (None, "") and getattr(call, name) not in (None, ""):
            setattr(row, name, getattr(call, name))
            changed = True
    if row.outcome == CallOutcome.LASTING != call.outcome:
        row.outcome, row.agent = int(call.outcome), agents.get(call.agent)
        row.solved = row.solved or call.outcome in snapshot.SERVED
        changed = True
    elif call.outcome not in (CallOutcome.LASTING, row.outcome):
        told, before = CallOutcome(call.outcome).name.lower(), CallOutcome(row.outcome).name.lower()
        taken.contradictions.append(f"call {call.call_id}: told as {told}, known as {before}; the first stays")
    return changed


def _enter(agents: dict[str, Agent], entries: Sequence[AgentEvent]) -> int:
    new = [
        AgentEntry(
            agent=agents[one.agent],
            queue_code=one.queue,
            at=one.at,
            kind=int(one.kind),
            reason=one.reason[:80],
            seconds=one.seconds,
            call_id=one.call_id,
        )
        for one in entries
        if one.agent
    ]
    AgentEntry.objects.bulk_create(new, batch_size=_BATCH, ignore_conflicts=True)
    return len(new)


def _keep(exchange: Exchange, source: Source, fact: CallsRecorded, taken: Taken, at: datetime, actor: str) -> None:
    CallReading.objects.create(
        exchange=exchange,
        source_name=source.name[:200],
        digest=source.digest,
        read_at=at,
        read_by=actor,
        first_at=fact.first_at,
        last_at=fact.last_at,
        line_count=source.line_count,
        call_count=fact.call_count,
        new_count=fact.new_count,
        completed_count=fact.completed_count,
        problem_count=fact.problem_count,
        problems=[*source.problems, *taken.contradictions][:_PROBLEMS_KEPT],
        unknowable=[*source.unknowable],
    )


def follow_calls(fact: CallsRecorded, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: calls came in, so chains and tallies may have changed."""
    del delivery_key  # nothing leaves the database
    if fact.first_at and fact.last_at and (fact.new_count or fact.completed_count):
        tally_calls(exchange_id=fact.exchange_id, since=fact.first_at, until=fact.last_at, at=at, actor=actor)


def follow_definition(fact: DefinitionSet, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: calls are counted otherwise from a day on."""
    del delivery_key  # nothing leaves the database
    since = timezone.make_aware(datetime.combine(fact.from_date, datetime.min.time()))
    for exchange in Exchange.objects.all():
        last = latest_call_day(exchange.pk)
        if last and last >= fact.from_date:
            until = timezone.make_aware(datetime.combine(last, datetime.max.time()))
            tally_calls(exchange_id=exchange.pk, since=since, until=until, at=at, actor=actor)


@transaction.atomic
def tally_calls(*, exchange_id: int, since: datetime, until: datetime, at: datetime, actor: str) -> None:
    """Derive again what depends on the calls that entered from ``since`` to ``until``: chains of redials, tallies."""
    Exchange.objects.select_for_update().get(pk=exchange_id)
    rules = definitions()
    moved = _chain(exchange_id, since, until, rules.redial_within_s)
    instants = [since, until, *moved]
    first, last = timezone.localdate(min(instants)), timezone.localdate(max(instants))
    day = first
    while day <= last:
        _tally(exchange_id, day, min(day + timedelta(days=31), last + timedelta(days=1)), rules.on)
        day += timedelta(days=31)
    record(CallsTallied(exchange_id=exchange_id, first_day=first, last_day=last), at=at, actor=actor)


def _chain(exchange_id: int, since: datetime, until: datetime, within_s: Any) -> list[datetime]:
    """Put chains right; returns when the calls entered whose place in one changed."""
    new = Call.objects.filter(exchange_id=exchange_id, entered_at__gte=since, entered_at__lte=until)
    callers = new.exclude(caller="").values_list("caller", flat=True).distinct()
    changed = snapshot.chained(exchange_id, callers, since=since, within_s=within_s)
    rows.update(Call, snapshot.CHAIN_FIELDS, (moved.values for moved in changed))
    return [moved.entered_at for moved in changed]


def _tally(exchange_id: int, first: date, end: date, definition_on: Any) -> None:
    """Replace the tallies of the local days from ``first`` to before ``end``."""
    start, stop = (timezone.make_aware(datetime.combine(day, datetime.min.time())) for day in (first, end))
    told = Call.objects.filter(queue__exchange_id=exchange_id, entered_at__gte=start, entered_at__lt=stop)
    tallies = snapshot.tally_rows(
        snapshot.call_columns(told.order_by()), zone=timezone.get_default_timezone(), definition_on=definition_on
    )
    Tally.objects.filter(queue__exchange_id=exchange_id, day__gte=first, day__lt=end).delete()
    rows.insert(tallies)


@transaction.atomic
def update_board(*, exchange_id: int, state: dict[str, Any], connected: bool, at: datetime, actor: str) -> int:
    """Show who waits and who works now; returns the board's new revision.

    Telemetry, not a fact: it says what is now and is gone with the next state (see docs/decisions/live-board.md).
    """
    del actor
    board, _ = Board.objects.select_for_update().get_or_create(exchange_id=exchange_id, defaults={"told_at": at})
    board.state, board.connected, board.told_at, board.revision = state, connected, at, board.revision + 1
    board.save()
    return board.revision
