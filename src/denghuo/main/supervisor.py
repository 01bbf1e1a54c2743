"""Keeps a few long-running programs alive together: one that dies is started again, and all end together."""

import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

POLL_S = 0.3
STEADY_S = 60.0
LONGEST_WAIT_S = 30.0
GRACE_S = 10.0

_log = logging.getLogger(__name__)


@dataclass
class _Program:
    name: str
    command: Sequence[str]
    delay_s: float = 0.0
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    start_at: float = 0.0
    quick_deaths: int = 0
    is_patient: bool = False

    @property
    def begins_at(self) -> float:
        """When it was started last, or will be."""
        return self.started if self.process is not None else self.start_at

    def start(self) -> None:
        # In a session of its own: Ctrl-C reaches the supervisor alone, which then ends everybody in order.
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, start_new_session=True)
        self.started = time.monotonic()


class Supervisor:
    """Run `commands` (by name) until told to stop, or until one of them will not stay up."""

    def __init__(
        self,
        commands: Mapping[str, Sequence[str]],
        *,
        give_up_after: int = 5,
        after_s: Mapping[str, float] | None = None,
        patient: Collection[str] = (),
    ) -> None:
        """``after_s``: how long a program, by name, leaves the machine to those that begin at once [s], also where all
        died together. ``patient``: programs that are tried again for ever, and never take the others with them: what
        they need lies outside this machine.
        """
        now = time.monotonic()
        delays = after_s or {}
        self._programs = [
            _Program(name, command, delay_s=delays.get(name, 0.0), start_at=now, is_patient=name in patient)
            for name, command in commands.items()
        ]
        self._give_up_after = give_up_after
        self._stop = threading.Event()

    def stop(self) -> None:
        """Ask for the end; `run` then returns."""
        self._stop.set()

    def run(self) -> int:
        """Return 0 when asked to stop, 1 when a program died `give_up_after` times in a row without a steady minute."""
        try:
            while not self._stop.is_set():
                for program in self._programs:
                    if not self._tend(program):
                        return 1
                self._stop.wait(POLL_S)
            return 0
        finally:
            self._end_all()

    def _tend(self, program: _Program) -> bool:
        """Start what is not running; False means that it is hopeless."""
        now = time.monotonic()
        if program.process is None:
            if now >= self._turn_of(program):
                program.start()
            return True
        code = program.process.poll()
        if code is None:
            return True
        program.process = None
        is_steady = now - program.started > STEADY_S
        program.quick_deaths = 1 if is_steady else program.quick_deaths + 1
        if program.quick_deaths >= self._give_up_after and not program.is_patient:
            _log.error("%s ended with code %s, %d times in a row: giving up", program.name, code, program.quick_deaths)
            return False
        wait_s = 0.0 if is_steady else min(2.0 ** min(program.quick_deaths - 1, 10), LONGEST_WAIT_S)
        _log.warning("%s ended with code %s; starting it again in %.0f s", program.name, code, wait_s)
        program.start_at = now + wait_s
        return True

    def _turn_of(self, program: _Program) -> float:
        """When a program is to start: some time after those that begin at once."""
        if not program.delay_s:
            return program.start_at
        first = max((one.begins_at for one in self._programs if not one.delay_s), default=program.start_at)
        return max(program.start_at, first + program.delay_s)

    def _end_all(self) -> None:
        """End every program with all that it started: a server killed while it starts leaves its workers behind."""
        running = [program.process for program in self._programs if program.process is not None]
        for process in running:
            _signal_group(process, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_S
        for process in running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            _signal_group(process, signal.SIGKILL)
            process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
