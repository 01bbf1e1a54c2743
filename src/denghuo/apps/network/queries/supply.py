"""Who is supplied, who is not, and since when: now, in the past, and if."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db.models import Max
from numpy.typing import NDArray

from denghuo.apps.network.models import Network, SwitchingOperation
from denghuo.apps.network.snapshot import (
    LogSnapshot,
    NetworkSnapshot,
    from_datetime64,
    log_snapshot,
    network_snapshot,
    switching_log,
    valid_operations,
)
from denghuo.apps.organization.access import within
from denghuo.engines.topology import dead_after_opening, energized_sections, normal_state, replay


@dataclass(frozen=True, kw_only=True)
class Supply:
    """How many are without supply, on both bases, and how much capacity."""

    loads: int
    mv_users: int
    lv_customers: int
    kva: float


@dataclass(frozen=True, kw_only=True)
class NetworkState:
    """The state of the switches and what it means: which sections are live, what is without supply."""

    closed: NDArray[np.bool_]
    section_energized: NDArray[np.bool_]
    dead: Supply
    served: Supply


@dataclass(frozen=True, kw_only=True)
class Interval:
    """One load without supply, from when to when; ``ended_at`` None while it lasts."""

    load_id: int
    load_code: str
    load_position: int
    event_number: str
    started_at: datetime
    ended_at: datetime | None
    opened_by_id: int | None
    closed_by_id: int | None


@dataclass(frozen=True, kw_only=True)
class SupplyMarks:
    """Of every load by code: the event that keeps it without supply, and when its supply last returned [load], UTC,
    NaT never."""

    event_of_load: dict[str, str]
    restored_at: NDArray[np.datetime64]


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Who lost supply by an operation and who got it back, and in which events."""

    lost: Supply
    restored: Supply
    event_numbers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SupplyStep:
    """What one operation of an event did: who lost supply and who got it back, and how many were then out."""

    operation_id: int
    at: datetime
    device_code: str
    device_name: str
    closes: bool
    lost: Supply
    restored: Supply
    out_after: Supply


def networks_within(scope: Iterable[str]) -> list[Network]:
    """Networks of a data scope, by the organization's tree."""
    return list(Network.objects.filter(within(scope, field="unit__path"), revision__gt=0).select_related("unit"))


def network_for(*, scope: Iterable[str], network_id: int) -> Network:
    """One network, if it lies in the scope.

    Raises:
        Network.DoesNotExist: there is none, or it is somebody else's.
    """
    return Network.objects.select_related("unit").get(within(scope, field="unit__path"), pk=network_id)


def supply_of(snapshot: NetworkSnapshot, loads: NDArray[np.bool_] | NDArray[np.int32]) -> Supply:
    """Totals of a set of loads, given as a mask or as positions."""
    table = snapshot.grid.loads
    return Supply(
        loads=len(table.mv_users[loads]),
        mv_users=int(table.mv_users[loads].sum()),
        lv_customers=int(table.lv_customers[loads].sum()),
        kva=float(np.nansum(table.kva[loads])),
    )


def state_if(network_id: int, *, closed: NDArray[np.bool_]) -> NetworkState:
    """What would be live and dead with these switches closed. Asks, never touches the real state."""
    snapshot = network_snapshot(network_id)
    energized = energized_sections(snapshot.topology, closed=closed)
    supplied = energized[snapshot.topology.load_section]
    return NetworkState(
        closed=closed,
        section_energized=energized,
        dead=supply_of(snapshot, ~supplied),
        served=supply_of(snapshot, np.ones_like(supplied)),
    )


def state_now(network_id: int) -> NetworkState:
    """The present state: the normal state with the whole log replayed over it."""
    return state_if(network_id, closed=log_snapshot(network_id).replayed.closed)


def supply_marks(network_id: int) -> SupplyMarks:
    """Who is without supply now by the log, and who got it back when."""
    snapshot, told = network_snapshot(network_id), log_snapshot(network_id)
    out = told.replayed.interruptions
    lasting = np.flatnonzero(np.isnat(out.end))
    codes = snapshot.grid.loads.id[out.load[lasting]].tolist()
    numbers = [told.event_numbers[event] if event >= 0 else "" for event in out.event[lasting].tolist()]
    restored = np.full(len(snapshot.grid.loads.id), np.datetime64("NaT", "us"))
    over = np.flatnonzero(~np.isnat(out.end))
    over = over[np.argsort(out.end[over], kind="stable")]
    restored[out.load[over]] = out.end[over]
    return SupplyMarks(event_of_load=dict(zip(codes, numbers, strict=True)), restored_at=restored)


def loads_behind(network_id: int, *, device_codes: Iterable[str]) -> list[str]:
    """Codes of the loads that lose their supply, as the switches normally stand, when these devices are opened."""
    snapshot = network_snapshot(network_id)
    position = snapshot.grid.switch_position
    closed = normal_state(snapshot.topology)
    wanted = [position[code] for code in device_codes if code in position]
    dead = dead_after_opening(snapshot.topology, opened=[one for one in wanted if closed[one]]).loads
    return [str(code) for code in snapshot.grid.loads.id[dead]]


def state_at(network_id: int, *, at: datetime) -> NetworkState:
    """The state at an instant of the past."""
    snapshot = network_snapshot(network_id)
    log, _ = switching_log(snapshot, valid_operations(network_id).filter(operated_at__lte=at))
    closed = replay(snapshot.topology, log).closed if len(log.at) else normal_state(snapshot.topology)
    return state_if(network_id, closed=closed)


def last_operation_id(network_id: int) -> int:
    """The newest row of the log, 0 for none: changes whenever the state may have changed."""
    return SwitchingOperation.objects.filter(network_id=network_id).aggregate(last=Max("pk"))["last"] or 0


def event_numbers(network_id: int) -> tuple[str, ...]:
    """The numbers of all events that took supply away, in the order the log names them."""
    told = log_snapshot(network_id)
    return tuple(told.event_numbers[code] for code in np.unique(told.replayed.interruptions.event) if code >= 0)


def hold(network_id: int) -> None:
    """Let nobody else change the network or its log until this transaction ends.

    Without it, of two that derive something of them at once, the one who has read less may write last.
    """
    Network.objects.select_for_update(no_key=True).filter(pk=network_id).first()


def intervals_of_event(network_id: int, *, event_number: str) -> list[Interval]:
    """Every load that lost supply in an event, with its exact intervals."""
    return next(intervals_of_events(network_id, event_numbers=[event_number]))


def intervals_of_events(network_id: int, *, event_numbers: Iterable[str]) -> Iterator[list[Interval]]:
    """The same for one event after the other."""
    snapshot, told = network_snapshot(network_id), log_snapshot(network_id)
    for number in event_numbers:
        rows = told.rows_of(number)
        # What was out before the log began has no beginning to count from; it is told among the findings.
        begun = rows[~np.isnat(told.replayed.interruptions.start[rows])]
        yield [_interval(snapshot, told, row, number) for row in begun.tolist()]


def _interval(snapshot: NetworkSnapshot, told: LogSnapshot, row: int, event_number: str) -> Interval:
    out = told.replayed.interruptions
    load, started_at = int(out.load[row]), from_datetime64(out.start[row])
    assert started_at is not None  # an interruption that has no beginning cannot have been found
    return Interval(
        load_id=int(snapshot.load_pk[load]),
        load_code=str(snapshot.grid.loads.id[load]),
        load_position=load,
        event_number=event_number,
        started_at=started_at,
        ended_at=from_datetime64(out.end[row]),
        opened_by_id=_operation_id(told, int(out.opened_by[row])),
        closed_by_id=_operation_id(told, int(out.closed_by[row])),
    )


def _operation_id(told: LogSnapshot, row: int) -> int | None:
    return int(told.log.id[row]) if row >= 0 else None


def effect_of(network_id: int, *, operation_id: int) -> Effect:
    """What one row of the log did to the supply; a row that does not stand did nothing."""
    snapshot, told = network_snapshot(network_id), log_snapshot(network_id)
    out, row = told.replayed.interruptions, np.flatnonzero(told.log.id == operation_id)
    opened, closed = np.isin(out.opened_by, row), np.isin(out.closed_by, row)
    events = np.unique(out.event[opened | closed])
    return Effect(
        lost=supply_of(snapshot, out.load[opened]),
        restored=supply_of(snapshot, out.load[closed]),
        event_numbers=tuple(told.event_numbers[code] for code in events if code >= 0),
    )


def supply_steps(network_id: int, *, event_number: str) -> list[SupplyStep]:
    """An event step by step: each operation that took supply away or gave it back, in time order."""
    snapshot = network_snapshot(network_id)
    intervals = intervals_of_event(network_id, event_number=event_number)
    lost, restored = _by_operation(intervals)
    rows = {row.pk: row for row in SwitchingOperation.objects.filter(pk__in=lost.keys() | restored.keys())}
    steps: list[SupplyStep] = []
    out: set[int] = set()
    for row in sorted(rows.values(), key=lambda row: (row.operated_at, row.pk)):
        out |= set(lost.get(row.pk, ()))
        out -= set(restored.get(row.pk, ()))
        steps.append(
            SupplyStep(
                operation_id=row.pk,
                at=row.operated_at,
                device_code=row.device_code,
                device_name=_device_name(snapshot, row.device_code),
                closes=row.closes,
                lost=supply_of(snapshot, _as_positions(lost.get(row.pk, ()))),
                restored=supply_of(snapshot, _as_positions(restored.get(row.pk, ()))),
                out_after=supply_of(snapshot, _as_positions(sorted(out))),
            )
        )
    return steps


def _device_name(snapshot: NetworkSnapshot, code: str) -> str:
    branch = snapshot.grid.branch_position.get(code)
    return (str(snapshot.grid.branches.name[branch]) or code) if branch is not None else code


def _by_operation(intervals: Iterable[Interval]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    lost: dict[int, list[int]] = {}
    restored: dict[int, list[int]] = {}
    for interval in intervals:
        if interval.opened_by_id is not None:
            lost.setdefault(interval.opened_by_id, []).append(interval.load_position)
        if interval.closed_by_id is not None:
            restored.setdefault(interval.closed_by_id, []).append(interval.load_position)
    return lost, restored


def _as_positions(values: Sequence[int]) -> NDArray[np.int32]:
    return np.array(values, dtype=np.int32)
