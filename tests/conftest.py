"""What every test may ask for. The cast and the small town are in `world.py`."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.kept", "tests.ledger_guards", "tests.postgres"]

# A test that drives the browser runs inside its event loop, where Django would refuse to ask the database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

# The same examples on every run, however slow the machine; `--hypothesis-profile=explore` looks further.
settings.register_profile("check", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", parent=settings.get_profile("check"), derandomize=False, max_examples=2_000)
settings.load_profile("check")

# Debian's browser, told to stay at home: the tests need no network beyond this machine.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


_FOLDER = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Look for a static file when it is asked for: each test's client would list them all before its first page.
    SQLite lies in a file, as in use: in memory all threads would share one connection, and each other's transactions.
    """
    from django.conf import settings

    settings.WHITENOISE_AUTOREFRESH = True
    config.stash[_FOLDER] = tempfile.TemporaryDirectory(prefix="denghuo-tests-", ignore_cleanup_errors=True)
    used = settings.DATABASES["default"]
    if used["ENGINE"].endswith("sqlite"):
        used.setdefault("TEST", {})["NAME"] = f"{config.stash[_FOLDER].name}/tests.sqlite3"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    if _FOLDER in config.stash:
        config.stash[_FOLDER].cleanup()


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of public networks, published cases and outage lists; see docs/start.md for what it holds."""
    named = os.environ.get("DENGHUO_DATA", "")
    if not named:
        pytest.skip("DENGHUO_DATA does not name a folder of reference data")
    folder = Path(named)
    if not folder.is_dir():
        pytest.fail(f"DENGHUO_DATA names {named}, which is not a folder")
    return folder


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Drive the system's Chromium instead of a downloaded one."""
    found = os.environ.get("DENGHUO_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("no Chromium on this machine; DENGHUO_CHROMIUM can name one")
    return {**browser_type_launch_args, "executable_path": found, "args": CHROMIUM_FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A desk in a Chinese office."""
    return {**browser_context_args, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
