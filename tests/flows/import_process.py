"""`denghuo import` as a program of its own, made to stand still or to run out of something at a set place.

`python -m tests.flows.import_process <arguments>` runs the command. `STAND_STILL` names a table: before the first row
goes into it, a note with the process id is left in `STAND_STILL_NOTE`, and the process waits for its end.
`MOST_MEMORY` bounds the address space in bytes; afterwards the most that was really used is written to standard error.
"""

import os
import re
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

if "MOST_MEMORY" in os.environ:
    most = int(os.environ["MOST_MEMORY"])
    resource.setrlimit(resource.RLIMIT_AS, (most, most))

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "denghuo.main.settings")
django.setup()

from django.db import connection  # noqa: E402

from denghuo.main import cli  # noqa: E402


def stand_still(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Let every statement through but the first into the table."""
    if sql.startswith(f'INSERT INTO "{os.environ["STAND_STILL"]}"'):
        Path(os.environ["STAND_STILL_NOTE"]).write_text(str(os.getpid()))
        while True:
            signal.pause()
    return execute(sql, params, many, context)


def most_memory_used() -> int:
    """Bytes of memory that this program held at its peak.

    `getrusage` would not do: the peak it tells includes what the process was before it became this program, a copy of
    the process that started it.
    """
    told = re.search(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert told is not None
    return int(told[1]) * 1024


if __name__ == "__main__":
    if "STAND_STILL" in os.environ:
        connection.execute_wrappers.append(stand_still)
    code = cli.main(["import", *sys.argv[1:]])
    sys.stderr.write(f"most memory used: {most_memory_used()}\n")
    sys.exit(code)
