"""What the commands about a network share: reading it, and finding the devices a person names."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from denghuo.adapters.models import ModelError, Problem, read_model
from denghuo.engines.grid import Grid
from denghuo.engines.topology import Topology, normal_state
from denghuo.main.commands._output import UserError

__all__ = ["Names", "add_model_argument", "add_switching_arguments", "load_network", "switched_state"]

_SHOWN = 50
_SUGGEST_AMONG = 20_000  # comparing a name with more than so many takes longer than it helps


def add_model_argument(parser: argparse.ArgumentParser) -> None:
    """Give a command the network it is about."""
    told = "an OpenDSS master (.dss), CIM (.xml, .xml.gz), a SimBench or pandapower folder, a Denghuo workbook (.xlsx)"
    parser.add_argument("model", metavar="MODEL", help=f"the network: {told} or folder of its tables, or a .zip of one")


def load_network(path: str) -> Grid:
    """Read a network; what was odd about it is told on the side.

    Raises:
        UserError: it cannot be read; with every reason.
    """
    notes: list[Problem] = []
    try:
        grid = read_model(Path(path), notes=notes)
    except ModelError as error:
        raise UserError(_several(error.problems)) from error
    if notes:
        sys.stderr.write(f"denghuo: {_several(notes)}\n")
    return grid


def _several(problems: Sequence[Problem]) -> str:
    lines = [str(problem) for problem in problems[:_SHOWN]]
    if len(problems) > _SHOWN:
        lines.append(f"... and {len(problems) - _SHOWN:,} more like these")
    return "\n".join(lines)


class Names:
    """Identifiers as people type them: in any letter case, or as OpenDSS writes them (``line.sw2`` for ``sw2``)."""

    def __init__(self, identifiers: Iterable[str]) -> None:
        self._known = dict.fromkeys(identifiers)
        self._folded: dict[str, list[str]] = defaultdict(list)
        for identifier in self._known:
            self._folded[identifier.casefold()].append(identifier)

    def find(self, typed: str) -> str | None:
        """The identifier that is meant; None where there is none, or where several differ only in letter case."""
        if typed in self._known:
            return typed
        for wanted in (typed.casefold(), typed.casefold().partition(".")[2]):
            folded = self._folded.get(wanted, [])
            if len(folded) == 1:
                return folded[0]
        return None

    def near(self, typed: str) -> str:
        """Identifiers that may have been meant, for the end of a sentence; the first ones where none is like it."""
        if not self._known:
            return "none at all"
        spelled = list(self._folded) if len(self._folded) <= _SUGGEST_AMONG else []
        near = difflib.get_close_matches(typed.casefold(), spelled, n=3, cutoff=0.5)
        names = [self._folded[one][0] for one in near] or list(self._known)[:3]
        return " or ".join(names)


def add_switching_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a command the options that say how the switches stand."""
    parser.add_argument("--open", action="append", default=[], metavar="ID", help="open this device (repeatable)")
    parser.add_argument("--close", action="append", default=[], metavar="ID", help="close this device (repeatable)")


def switched_state(topology: Topology, *, opened: Sequence[str], closed: Sequence[str]) -> NDArray[np.bool_]:
    """The normal state with these devices opened and closed.

    Raises:
        UserError: a device that is not there, or one that is to be both.
    """
    devices = Names(topology.grid.switch_position)
    to_open = {_switch(topology.grid, devices, name): name for name in opened}
    to_close = {_switch(topology.grid, devices, name): name for name in closed}
    both = sorted(to_open[switch] for switch in to_open.keys() & to_close.keys())
    if both:
        raise UserError(f"{both[0]} cannot be opened and closed at once; name it once")
    state = normal_state(topology)
    state[list(to_open)] = False
    state[list(to_close)] = True
    return state


def _switch(grid: Grid, devices: Names, name: str) -> int:
    found = devices.find(name)
    if found is not None:
        return grid.switch_position[found]
    near = devices.near(name)
    if name in grid.branch_position:
        raise UserError(f"{name} is a branch but no switching device; name a switch, such as {near}")
    raise UserError(f"there is no switching device {name}; name one that is there, such as {near}")
