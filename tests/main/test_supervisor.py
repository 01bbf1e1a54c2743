"""The programs of one installation live and end together."""

import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from denghuo.main import supervisor
from denghuo.main.supervisor import Supervisor

# Says that it is there, then waits to be told to end.
LASTING = "import pathlib, signal, sys, os; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); signal.pause()"
# Leaves a line each time it runs, and ends at once.
DYING = "import sys; open(sys.argv[1], 'a').write('ran\\n'); sys.exit(3)"


def python(code: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", code, *map(str, arguments)]


def wait_for(path: Path) -> str:
    """A file written by the program under test; pytest's own limit ends a wait in vain."""
    pause = threading.Event()
    while not (path.exists() and path.read_text()):
        pause.wait(0.02)
    return path.read_text()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_all_end_when_told(tmp_path: Path) -> None:
    keeper = Supervisor({name: python(LASTING, tmp_path / name) for name in ("a", "b")})
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(keeper.run()))
    thread.start()
    pids = [int(wait_for(tmp_path / name)) for name in ("a", "b")]
    assert all(map(is_alive, pids))
    keeper.stop()
    thread.join()
    assert codes == [0]
    assert not any(map(is_alive, pids))


def test_a_patient_program_never_takes_the_others_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "POLL_S", 0.02)
    monkeypatch.setattr(supervisor, "LONGEST_WAIT_S", 0.02)
    commands = {"line": python(DYING, tmp_path / "line"), "a": python(LASTING, tmp_path / "a")}
    keeper = Supervisor(commands, give_up_after=2, patient=["line"])
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(keeper.run()))
    thread.start()
    pid, pause = int(wait_for(tmp_path / "a")), threading.Event()
    while wait_for(tmp_path / "line").count("ran") < 4:
        pause.wait(0.02)
    assert is_alive(pid)
    keeper.stop()
    thread.join()
    assert codes == [0]


def test_a_program_that_dies_is_started_again(tmp_path: Path) -> None:
    keeper = Supervisor({"a": python(LASTING, tmp_path / "a")})
    thread = threading.Thread(target=keeper.run)
    thread.start()
    first = int(wait_for(tmp_path / "a"))
    (tmp_path / "a").unlink()
    os.kill(first, signal.SIGKILL)
    second = int(wait_for(tmp_path / "a"))
    keeper.stop()
    thread.join()
    assert second != first


# Notes when it began, then waits to be told to end.
NOTING = (
    "import signal, sys, time, os; open(sys.argv[1], 'a').write(f'{os.getpid()} {time.monotonic()}\\n'); signal.pause()"
)


def began(path: Path, times: int) -> list[tuple[int, float]]:
    """When a program that notes it began, and which process that was."""
    pause = threading.Event()
    while not path.exists() or path.read_text().count("\n") < times:
        pause.wait(0.02)
    return [(int(pid), float(at)) for pid, at in map(str.split, path.read_text().splitlines())]


def test_what_was_killed_at_once_comes_back_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "POLL_S", 0.02)
    monkeypatch.setattr(supervisor, "STEADY_S", 0.0)
    commands = {name: python(NOTING, tmp_path / name) for name in ("late", "first")}
    keeper = Supervisor(commands, after_s={"late": 1.0})
    thread = threading.Thread(target=keeper.run)
    thread.start()
    for name in ("late", "first"):
        ((pid, _at),) = began(tmp_path / name, 1)
        os.kill(pid, signal.SIGKILL)
    late, first = (began(tmp_path / name, 2)[1][1] for name in ("late", "first"))
    keeper.stop()
    thread.join()
    assert late > first


def test_a_program_that_will_not_stay_up_ends_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "LONGEST_WAIT_S", 0.0)
    keeper = Supervisor({"a": python(LASTING, tmp_path / "a"), "b": python(DYING, tmp_path / "b")}, give_up_after=3)
    assert keeper.run() == 1
    assert (tmp_path / "b").read_text() == "ran\n" * 3
    assert not is_alive(int(wait_for(tmp_path / "a")))
