"""What must be opened to work somewhere, as a sheet that people sign; the present state is asked, not touched."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from django.utils.translation import gettext_lazy as _

from denghuo.apps.network.queries.supply import Supply, supply_of
from denghuo.apps.network.snapshot import NetworkSnapshot, log_snapshot, network_snapshot
from denghuo.engines.grid import SwitchKind
from denghuo.engines.switching import (
    Action,
    IsolationMode,
    Outages,
    ProblemCode,
    Step,
    SwitchingError,
    SwitchingPlan,
    Why,
    plan_isolation,
)

ACTIONS = {
    Action.TRIP: _("Trips"),
    Action.OPEN: _("Open"),
    Action.CLOSE: _("Close"),
    Action.SWITCH_OFF_LV: _("Switch off the LV side"),
    Action.SWITCH_ON_LV: _("Switch on the LV side"),
    Action.VERIFY_DEAD: _("Verify dead"),
    Action.EARTH: _("Earth"),
    Action.REMOVE_EARTH: _("Remove earth"),
}
_AT_PLACES = frozenset([Action.VERIFY_DEAD, Action.EARTH])
_AT_SWITCHES = _AT_PLACES | {Action.REMOVE_EARTH}
_AT_USERS = frozenset([Action.SWITCH_OFF_LV, Action.SWITCH_ON_LV])
_BLOWS = _("Blows")  # a fuse has nothing that trips
REASONS = {
    Why.CLEAR_FAULT: _("Protection clears the fault"),
    Why.MAKE_BEFORE_BREAK: _("Closes a loop, so that nobody is interrupted by the next step"),
    Why.PART_LOOP: _("Opens the loop again"),
    Why.DROP_LOAD: _("Takes the load off a device that may not be moved under load"),
    Why.ISOLATE: _("Isolates the place of work"),
    Why.SPLIT: _("Divides the line, so that each tie carries what it can"),
    Why.RESTORE_UPSTREAM: _("Restores from the line's own side"),
    Why.RESTORE_BY_TIE: _("Restores from the neighboring line"),
    Why.SAFETY: _("Safety"),
    Why.RE_ENERGIZE: _("The place of work gets supply again"),
    Why.RETURN: _("Back to the normal state"),
}
PROBLEMS = {
    ProblemCode.UNKNOWN_ELEMENT: _("The network has no element called %(ids)s. Check the code, or search for it."),
    ProblemCode.NOTHING_TO_ISOLATE: _("Say what shall be worked on."),
    ProblemCode.HOLDS_SOURCE: _(
        "Nothing can be opened between %(ids)s and the source: this work needs the upstream operator."
    ),
    ProblemCode.NO_SEQUENCE: _("No order of operations isolates %(ids)s that every device may perform."),
}


def _span(hours: float) -> str:
    minutes = round(abs(hours) * 60)
    return f"{minutes // 60}:{minutes % 60:02}"


def _clock(hours: float) -> str:
    return f"{'-' if round(hours * 60) < 0 else '+'}{_span(hours)}"


@dataclass(frozen=True, kw_only=True)
class SheetLine:
    """One line of the switching sheet; hours count from the beginning of the outage.

    ``remote`` None: nobody operates it. ``at_working_side``: where it is done, the side of the device toward the work;
    ``at_lv_side``: at the low-voltage side of a transformer.
    """

    number: int
    action: object
    action_code: str
    device_code: str
    device_name: str
    at_working_side: bool
    at_lv_side: bool
    remote: bool | None
    reason: object
    effect_h: float
    out: Supply

    @property
    def clock(self) -> str:
        """When the operation takes effect, as hours and minutes from the beginning of the outage: -0:02, +3:59."""
        return _clock(self.effect_h)


@dataclass(frozen=True, kw_only=True)
class TieLine:
    """What a tie carries meanwhile."""

    device_code: str
    device_name: str
    kva: float
    rating_kva: float


@dataclass(frozen=True, kw_only=True)
class LoadLine:
    """A load that is out from one hour to another, from the beginning of the outage."""

    code: str
    name: str
    lv_customers: int
    start_h: float
    end_h: float

    @property
    def start_clock(self) -> str:
        """From when on."""
        return _clock(self.start_h)

    @property
    def end_clock(self) -> str:
        """Until when."""
        return _clock(self.end_h)


@dataclass(frozen=True, kw_only=True)
class IsolationSheet:
    """The switching sheet with what it costs, and what switching the whole line would have cost.

    ``places``: code and name of everything that shall be worked on.
    """

    plan: SwitchingPlan
    places: tuple[tuple[str, str], ...]
    lines: tuple[SheetLine, ...]
    return_lines: tuple[SheetLine, ...]
    out: Supply
    whole_line_out: Supply
    whole_line_devices: tuple[str, ...]
    ties: tuple[TieLine, ...]
    loads: tuple[LoadLine, ...]

    @property
    def work_clock(self) -> str:
        """Hours and minutes between the last earth and the first step back: what is left for the work itself."""
        return _span(self.plan.work_h)

    @property
    def leaves_no_time(self) -> bool:
        """Whether the operations alone take as long as the outage may, or longer."""
        return self.plan.mode is IsolationMode.PLANNED and self.work_clock == _span(0)

    @property
    def saved_customer_hours(self) -> float:
        """Customer-hours less than by switching the whole line."""
        return self.plan.whole_line.lv_customer_hours - self.plan.lv_customer_hours


def isolation_sheet(network_id: int, *, elements: Sequence[str], hours: float, mode: IsolationMode) -> IsolationSheet:
    """The fewest customer-hours that isolating these elements for so long can cost, step by step.

    Raises:
        SwitchingError: there is no plan; :func:`problem_sentences` says why.
    """
    snapshot = network_snapshot(network_id)
    closed = log_snapshot(network_id).replayed.closed
    plan = plan_isolation(snapshot.topology, ids=elements, duration_h=hours, mode=mode, closed=closed)
    ties = zip(plan.ties.switch.tolist(), plan.ties.kva.tolist(), plan.ties.rating_kva.tolist(), strict=True)
    return IsolationSheet(
        plan=plan,
        places=tuple((code, _name_of(snapshot, code)) for code in elements),
        lines=_lines(snapshot, plan.steps),
        return_lines=_lines(snapshot, plan.return_steps),
        out=supply_of(snapshot, plan.loads_out),
        whole_line_out=supply_of(snapshot, plan.whole_line.loads_out),
        whole_line_devices=tuple(_device_name(snapshot, switch) for switch in plan.whole_line.switches.tolist()),
        ties=tuple(
            TieLine(
                device_code=str(snapshot.grid.switch_id[switch]),
                device_name=_device_name(snapshot, switch),
                kva=kva,
                rating_kva=rating_kva,
            )
            for switch, kva, rating_kva in ties
        ),
        loads=_loads(snapshot, plan.outages),
    )


def _loads(snapshot: NetworkSnapshot, outages: Outages) -> tuple[LoadLine, ...]:
    table = snapshot.grid.loads
    columns = zip(outages.load.tolist(), outages.start_h.tolist(), outages.end_h.tolist(), strict=True)
    rows = [
        LoadLine(
            code=str(table.id[load]),
            name=str(table.name[load]),
            lv_customers=int(table.lv_customers[load]),
            start_h=start_h,
            end_h=end_h,
        )
        for load, start_h, end_h in columns
    ]
    return tuple(sorted(rows, key=lambda row: (row.start_h, -row.end_h, row.code)))


def _lines(snapshot: NetworkSnapshot, steps: Sequence[Step]) -> tuple[SheetLine, ...]:
    """The steps as lines. What is verified dead is earthed at once, before anybody goes to the next place."""
    lines: list[SheetLine] = []
    for at_places, group in groupby(steps, key=lambda step: step.action in _AT_PLACES):
        told = list(group)
        numbers = [step.number for step in told]
        if at_places:
            places = list(dict.fromkeys((step.switch, step.node) for step in told))
            told.sort(key=lambda step: places.index((step.switch, step.node)))
        lines += [_line(snapshot, step, number) for number, step in zip(numbers, told, strict=True)]
    return tuple(lines)


def _device_name(snapshot: NetworkSnapshot, switch: int) -> str:
    return str(snapshot.grid.branches.name[snapshot.grid.switches.branch[switch]])


def _device(snapshot: NetworkSnapshot, switch: int) -> tuple[str, str]:
    return (str(snapshot.grid.switch_id[switch]), _device_name(snapshot, switch)) if switch >= 0 else ("", "")


def _name_of(snapshot: NetworkSnapshot, code: str) -> str:
    """The name of an element by its code, as the engine reads the code; a node has none."""
    grid = snapshot.grid
    if code in grid.branch_position:
        name = str(grid.branches.name[grid.branch_position[code]])
    elif code not in grid.node_position and code in grid.load_position:
        name = str(grid.loads.name[grid.load_position[code]])
    else:
        name = ""
    return "" if name == code else name


def _user_at(snapshot: NetworkSnapshot, node: int) -> tuple[str, str]:
    """Code and name of who is supplied at a node: the one that carries the MV user."""
    loads = snapshot.grid.loads
    load = max(np.flatnonzero(loads.node == node).tolist(), key=lambda load: loads.mv_users[load])
    return str(loads.id[load]), str(loads.name[load])


def _line(snapshot: NetworkSnapshot, step: Step, number: int) -> SheetLine:
    at_user, moves = step.action in _AT_USERS or step.switch < 0, step.action in (Action.OPEN, Action.CLOSE)
    remote = bool(snapshot.grid.switches.remote[step.switch]) if moves else None
    blows = step.action is Action.TRIP and snapshot.grid.switches.kind[step.switch] == SwitchKind.FUSE
    code, name = _user_at(snapshot, step.node) if at_user else _device(snapshot, step.switch)
    return SheetLine(
        number=number,
        action=_BLOWS if blows else ACTIONS[step.action],
        action_code=step.action.value,
        device_code=code,
        device_name=name,
        at_working_side=step.action in _AT_SWITCHES and not at_user,
        at_lv_side=step.action in _AT_SWITCHES and at_user,
        remote=False if step.action in _AT_USERS else remote,
        reason=REASONS[step.why],
        effect_h=step.effect_h,
        out=supply_of(snapshot, step.loads_out),
    )


def problem_sentences(error: SwitchingError) -> list[str]:
    """Why there is no plan, in the reader's language."""
    return [str(PROBLEMS[problem.code]) % {"ids": ", ".join(problem.ids)} for problem in error.problems]
