"""A power flow as the judge of what is supplied: run as a program, with a model and switching states, by the tests.

Reads ``{"master": path, "states": [[[switch, closes], ...], ...]}`` from standard input and writes for every state the
names of the loads without voltage. Loads are admittances and nothing generates, so that every state has a solution.
"""

import json
import sys

import numpy as np


def main() -> None:
    from dss import DSS

    request = json.load(sys.stdin)
    DSS.AllowForms = False
    DSS.AllowChangeDir = False
    DSS.Error.UseExceptions = False  # the published 9500-node model names a file of UUIDs that has moved
    DSS.Text.Command = f'compile "{request["master"]}"'
    DSS.Error.Number  # noqa: B018  reading it puts it back
    DSS.Error.UseExceptions = True
    for name in ("pvsystem", "storage", "generator"):
        DSS.Text.Command = f"batchedit {name}..* enabled=no"
    DSS.Text.Command = "set mode=direct controlmode=off"
    answers = []
    for state in request["states"]:
        for switch, closes in state:
            DSS.Text.Command = f"{'close' if closes else 'open'} line.{switch} 1"
            DSS.Text.Command = f"{'close' if closes else 'open'} line.{switch} 2"
        DSS.Text.Command = "solve"
        answers.append(_dead(DSS.ActiveCircuit))
    json.dump(answers, sys.stdout)


def _dead(circuit: object) -> list[str]:
    dead = []
    loads = circuit.Loads  # type: ignore[attr-defined]
    element = circuit.ActiveCktElement  # type: ignore[attr-defined]
    row = loads.First
    while row:
        parts = np.asarray(element.Voltages).reshape(-1, 2)[: element.NumPhases]
        if np.hypot(parts[:, 0], parts[:, 1]).max() < 0.02 * loads.kV * 1000:
            dead.append(loads.Name)
        row = loads.Next
    return dead


if __name__ == "__main__":
    main()
