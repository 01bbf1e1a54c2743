"""A program of its own: builds the circuit in the OpenDSS engine and hands back its elements as JSON.

It runs in a child process because the engine keeps global state, changes the working directory, prints, and can be
brought down by rubbish. It imports nothing of this package, so that it starts fast.

Writes to standard error, before each statement, its position in four bytes, so that a break-down can be traced to it.
Reads from standard input ``{"memory_bytes": n, "cpu_s": n, "statements": [text, ...]}``; writes
``{"classes": {class: [element, ...]}, "errors": [[statement, number, message], ...], "error_count": n}``.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from typing import Any

_DATA = "name enabled faultrate pctperm repair"
_CONTROL = "name enabled switchedobj monitoredobj switchedterm monitoredterm normal state action"
_WINDINGS = f"{_DATA} phases windings bus conn kv kva xfmrcode"
# The properties worth handing back; the rest is electrical.
CLASSES = {
    "vsource": "name enabled bus1 basekv",
    "line": f"{_DATA} bus1 bus2 phases linecode length units switch normamps linetype conductors",
    "linecode": f"{_DATA} units normamps",
    "xfmrcode": _WINDINGS,
    "transformer": _WINDINGS,
    "autotrans": _WINDINGS,
    "reactor": f"{_DATA} bus1 bus2 phases",
    "capacitor": f"{_DATA} bus1 bus2 phases",
    "load": "name enabled bus1 phases kv kw kva kvar pf xfkva allocationfactor numcust",
    "swtcontrol": _CONTROL,
    "fuse": _CONTROL,
    "recloser": _CONTROL,
    "relay": _CONTROL,
    "energymeter": "name enabled element terminal",
}
MAX_ERRORS = 1000


def main() -> None:
    request = json.loads(sys.stdin.buffer.read())
    answer_to, progress_to = os.dup(1), os.dup(2)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    _limit(request)
    answer = _build(request["statements"], progress_to)
    with os.fdopen(answer_to, "w", encoding="utf-8") as stream:
        json.dump(answer, stream)


def _limit(request: dict[str, Any]) -> None:
    try:
        import resource
    except ImportError:  # not on Windows; the parent's time limit still holds
        return
    for limit, value in ((resource.RLIMIT_AS, request["memory_bytes"]), (resource.RLIMIT_CPU, request["cpu_s"])):
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (value, value))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _build(statements: list[str], progress_to: int) -> dict[str, Any]:
    from dss import DSS, DSSException

    DSS.AllowForms = False
    DSS.AllowEditor = False
    DSS.AllowChangeDir = False
    DSS.AllowDOScmd = False
    DSS.Error.EarlyAbort = False
    text = DSS.Text
    text.Command = "clear"
    errors: list[list[Any]] = []
    count = 0
    for position, statement in enumerate(statements):
        os.write(progress_to, position.to_bytes(4, "little"))
        try:
            text.Command = statement
        except DSSException as error:
            count += 1
            if len(errors) < MAX_ERRORS:
                number, message = (*error.args, "")[:2] if len(error.args) > 1 else (0, str(error))
                errors.append([position, number, str(message)])
    classes: dict[str, Any] = {}
    if DSS.NumCircuits:
        circuit = DSS.ActiveCircuit
        for name, properties in CLASSES.items():
            circuit.SetActiveClass(name)
            classes[name] = _elements(circuit.ActiveClass.ToJSON(0), set(properties.split()))
    return {"classes": classes, "errors": errors, "error_count": count}


def _elements(text: str, properties: set[str]) -> list[dict[str, Any]]:
    # Only what the script set is exported, so a default of the engine is never taken for data.
    # Engines of different versions write the names in different letter cases; they are folded here once.
    elements = json.loads(text or "[]")
    return [{key: value for name, value in one.items() if (key := name.lower()) in properties} for one in elements]


if __name__ == "__main__":
    main()
