"""One device at a time: what it is, how it stands, what was done with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from denghuo.apps.network.models import Branch, Feeder, Load, SwitchingOperation
from denghuo.apps.network.queries.findings import log_oddities
from denghuo.apps.network.queries.supply import Supply, event_numbers, state_now, supply_of
from denghuo.apps.network.snapshot import log_snapshot, network_snapshot, valid_operations
from denghuo.apps.organization.queries import names_of
from denghuo.engines.grid import SwitchKind
from denghuo.engines.topology import dead_after_opening, normal_state

_MOST_FOUND = 20


@dataclass(frozen=True, kw_only=True)
class Device:
    """A switching device: its row, how it stands now, and who hangs behind it in the normal state.

    ``energized`` is with supply on some side, ``half_energized`` on one of the two only.
    """

    branch: Branch
    closed: bool
    energized: bool
    half_energized: bool
    behind: Supply
    line_name: str


@dataclass(frozen=True, kw_only=True)
class LogRow:
    """A row of the log as people read it; ``device_name`` None: the network has no such device.

    Of a row that was taken out (``void``) ``corrected_by`` and ``reason`` say who did and why.
    """

    id: int
    operated_at: datetime
    device_code: str
    device_name: str | None
    closes: bool
    event_number: str
    note: str
    recorded_at: datetime
    recorded_by: str
    recorder: str
    void: bool
    corrected_at: datetime | None
    corrected_by: str
    reason: str
    instead_of: datetime | None
    odd: tuple[object, ...]

    @property
    def stands(self) -> bool:
        """Whether the row counts: neither replaced nor taken out."""
        return self.corrected_at is None and not self.void


@dataclass(frozen=True, kw_only=True)
class Spot:
    """Where a component is and what it is called; ``x``, ``y`` are the model's own coordinates [km], None unknown."""

    code: str
    name: str
    line_name: str
    feeder_id: int | None
    x: float | None
    y: float | None


@dataclass(frozen=True, kw_only=True)
class Found:
    """One thing that a search found."""

    component: str
    code: str
    name: str


def device(network_id: int, *, code: str) -> Device:
    """A switching device by its code.

    Raises:
        Branch.DoesNotExist: the network has no such device.
    """
    rows = Branch.objects.select_related("switch", "from_node", "to_node")
    branch = rows.get(network_id=network_id, code=code, retired_at=None, switch__isnull=False)
    snapshot, state = network_snapshot(network_id), state_now(network_id)
    position, topology = snapshot.grid.switch_position[code], snapshot.topology
    near, far = topology.switch_from_section[position], topology.switch_to_section[position]
    feeder = snapshot.feeder_of_switch[position]
    opened = [position] if normal_state(topology)[position] else []
    behind = dead_after_opening(topology, opened=opened).loads
    return Device(
        branch=branch,
        closed=bool(state.closed[position]),
        energized=bool(state.section_energized[near] or state.section_energized[far]),
        half_energized=bool(state.section_energized[near] != state.section_energized[far]),
        behind=supply_of(snapshot, behind),
        line_name=str(snapshot.grid.feeders.name[feeder]) if feeder >= 0 else "",
    )


def operations_of(
    network_id: int, *, device_code: str = "", event_number: str = "", or_ids: Iterable[int] = ()
) -> QuerySet[SwitchingOperation]:
    """The log of a device or of an event (with other rows ``or_ids``), corrected rows included, newest first.

    A row that was taken out stands once, as taken out.
    """
    rows = SwitchingOperation.objects.filter(network_id=network_id, void=False)
    if device_code:
        rows = rows.filter(device_code=device_code)
    if event_number:
        # An opening told without an event is an event of its own, named after its row.
        told = event_number.removeprefix("OP-")
        own = Q(pk=int(told), event_number="") if event_number != told and told.isdecimal() else Q(pk__in=[])
        rows = rows.filter(Q(event_number=event_number) | own | Q(pk__in=list(or_ids)))
    return rows.select_related("corrects", "corrected_by").order_by("-operated_at", "-pk")


def number_of_opening(network_id: int, *, device_code: str) -> str:
    """The event that the opening of a device began, if it stands open and that took supply away; else empty."""
    last = valid_operations(network_id).filter(device_code=device_code).last()
    number = last.number if last else ""
    return number if number in event_numbers(network_id) else ""


def closed_since(network_id: int, *, since: datetime) -> dict[str, datetime]:
    """Devices that the log closed at an instant or after it, and when last."""
    rows = valid_operations(network_id).filter(closes=True, operated_at__gte=since).order_by("operated_at", "pk")
    return dict(rows.values_list("device_code", "operated_at"))


def log_rows(network_id: int, operations: Iterable[SwitchingOperation]) -> list[LogRow]:
    """Rows of the log with the names of their devices and people, and what there is to mend."""
    rows = list(operations)
    corrections = {row.pk: row.corrected_by for row in rows if hasattr(row, "corrected_by")}
    names = names_of(row.recorded_by for row in [*rows, *corrections.values()])
    grid, odd = network_snapshot(network_id).grid, log_oddities(network_id)
    device_name = dict(zip(grid.switch_id.tolist(), grid.branches.name[grid.switches.branch].tolist(), strict=True))
    return [
        _log_row(row, corrections.get(row.pk), names, device_name.get(row.device_code), odd.get(row.pk, ()))
        for row in rows
    ]


def _name_of(recorded_by: str, names: dict[str, str]) -> str:
    """What somebody is called; who has no account is a program: the remote control, an import."""
    return names.get(recorded_by) or _("a program")


def _log_row(
    row: SwitchingOperation,
    correction: SwitchingOperation | None,
    names: dict[str, str],
    device_name: str | None,
    odd: Iterable[object],
) -> LogRow:
    return LogRow(
        id=row.pk,
        operated_at=row.operated_at,
        device_code=row.device_code,
        device_name=device_name,
        closes=row.closes,
        event_number=row.number,
        note=row.note,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
        recorder=_name_of(row.recorded_by, names),
        void=row.void or (correction is not None and correction.void),
        corrected_at=correction.recorded_at if correction else None,
        corrected_by=_name_of(correction.recorded_by, names) if correction else "",
        reason=correction.note if correction and correction.note != row.note else "",
        instead_of=row.corrects.operated_at if row.corrects else None,
        odd=tuple(odd),
    )


def spot_of(network_id: int, *, code: str) -> Spot | None:
    """Where a branch (a switching device, a line, a transformer) or a load is; None where the network has none such."""
    snapshot = network_snapshot(network_id)
    grid, feeder = snapshot.grid, -1
    if code in grid.branch_position:
        branch = grid.branch_position[code]
        node, name = int(grid.branches.from_node[branch]), str(grid.branches.name[branch])
        switch = int(grid.switch_of_branch[branch])
        feeder = int(snapshot.feeder_of_switch[switch]) if switch >= 0 else -1
    elif code in grid.load_position:
        load = grid.load_position[code]
        node, name = int(grid.loads.node[load]), str(grid.loads.name[load])
        feeder = int(snapshot.feeder_of_load[load])
    else:
        return None
    x, y = float(grid.nodes.x[node]), float(grid.nodes.y[node])
    known = np.isfinite(x) and np.isfinite(y)
    return Spot(
        code=code,
        name=name or code,
        line_name=str(grid.feeders.name[feeder]) if feeder >= 0 else "",
        feeder_id=feeder_ids(network_id)[feeder] if feeder >= 0 else None,
        x=x if known else None,
        y=y if known else None,
    )


def device_kinds(network_id: int) -> dict[str, str]:
    """The kind of every switching device by code, as :class:`~denghuo.engines.grid.SwitchKind` names it."""
    grid = network_snapshot(network_id).grid
    return {
        str(code): SwitchKind(kind).name.lower()
        for code, kind in zip(grid.switch_id.tolist(), grid.switches.kind.tolist(), strict=True)
    }


def is_device(network_id: int, *, code: str) -> bool:
    """Whether the network has a switching device of this code."""
    return code in network_snapshot(network_id).grid.switch_position


def lasting_events(network_id: int) -> list[str]:
    """The numbers of the events that keep somebody without supply."""
    told = log_snapshot(network_id)
    out = told.replayed.interruptions
    return [told.event_numbers[code] for code in np.unique(out.event[np.isnat(out.end)]) if code >= 0]


def search(network_id: int, *, text: str) -> list[Found]:
    """Devices, lines, transformers and loads whose code or name contains the text, at most twenty."""
    named = Q(code__icontains=text) | Q(name__icontains=text)
    found: list[Found] = []
    for model, component in ((Load, "load"), (Branch, "branch")):
        rows = model._default_manager.filter(named, network_id=network_id, retired_at=None)
        found += [Found(component=component, code=row.code, name=row.name) for row in rows[:_MOST_FOUND]]
    return found[:_MOST_FOUND]


def feeder_ids(network_id: int) -> list[int]:
    """Keys of the feeders in the order of the grid's feeders."""
    rows = Feeder.objects.filter(network_id=network_id, retired_at=None).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def feeder_names(feeder_ids: Iterable[int]) -> dict[int, str]:
    """What the lines with these keys are called."""
    rows = Feeder.objects.filter(pk__in=list(feeder_ids))
    return {row.pk: str(row) for row in rows}
