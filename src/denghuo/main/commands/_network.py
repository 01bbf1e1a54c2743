"""What the commands about a network share: reading it, and finding the devices a person names."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from denghuo.adapters.models import ModelError, Problem, read_model
from denghuo.engines.grid import Grid
from denghuo.engines.topology import Topology, normal_state
from denghuo.main.commands._output import UserError

__all__ = ["add_switching_arguments", "find_switch", "load_network", "switched_state"]

_SHOWN = 50


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


def find_switch(grid: Grid, name: str) -> int:
    """The position of a switching device by its identifier, whatever the letter case; ``line.sw2`` means ``sw2``.

    Raises:
        UserError: there is none of that name; with the nearest names there are.
    """
    position = grid.switch_position.get(name)
    if position is not None:
        return position
    for wanted in (name.casefold(), name.casefold().partition(".")[2]):  # OpenDSS writes the class before the name
        folded = [identifier for identifier in grid.switch_position if identifier.casefold() == wanted]
        if len(folded) == 1:
            return grid.switch_position[folded[0]]
    if name in grid.branch_position:
        raise UserError(f"{name} is a branch but no switching device; name a switch, such as {_example(grid, name)}")
    raise UserError(f"there is no switching device {name}; name one that is there, such as {_example(grid, name)}")


def _example(grid: Grid, name: str) -> str:
    spelled = {identifier.casefold(): identifier for identifier in grid.switch_position}
    near = [spelled[one] for one in difflib.get_close_matches(name.casefold(), list(spelled), n=3, cutoff=0.5)]
    names = near or list(grid.switch_position)[:3]
    return " or ".join(names) if names else "none at all"


def add_switching_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a command the options that say how the switches stand."""
    parser.add_argument("--open", action="append", default=[], metavar="ID", help="open this device (repeatable)")
    parser.add_argument("--close", action="append", default=[], metavar="ID", help="close this device (repeatable)")


def switched_state(topology: Topology, *, opened: Sequence[str], closed: Sequence[str]) -> NDArray[np.bool_]:
    """The normal state with these devices opened and closed.

    Raises:
        UserError: a device that is not there, or one that is to be both.
    """
    to_open = {find_switch(topology.grid, name): name for name in opened}
    to_close = {find_switch(topology.grid, name): name for name in closed}
    both = sorted(to_open[switch] for switch in to_open.keys() & to_close.keys())
    if both:
        raise UserError(f"{both[0]} cannot be opened and closed at once; name it once")
    state = normal_state(topology)
    state[list(to_open)] = False
    state[list(to_close)] = True
    return state
