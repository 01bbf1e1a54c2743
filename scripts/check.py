"""What `./check` does: set up what the checks need, then run them, quick ones first, up to the first that fails.

./check             everything, as the build server does
./check lint types  only the stages named
./check --list      the names of the stages
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import prepare
from prepare import BIN, PYTHON, ROOT, SetupError, say

DJANGO_TESTS = ("tests/apps", "tests/flows")


def stage_lint() -> bool:
    return tool("ruff", "check", ".") and tool("ruff", "format", "--check", "--quiet", ".")


def stage_imports() -> bool:
    return tool("lint-imports", "--no-cache")


def stage_types() -> bool:
    return tool("mypy")


def stage_migrations() -> bool:
    return tool("denghuo", "manage", "makemigrations", "--check", "--dry-run")


def stage_translations() -> bool:
    return program(PYTHON, ROOT / "scripts/messages.py", "check")


def stage_examples() -> bool:
    """Every example in the documentation of engines and adapters."""
    return tool("pytest", "-q", "--doctest-modules", "src/denghuo/engines", "src/denghuo/adapters")


def stage_postgres() -> bool:
    there = [name for name in DJANGO_TESTS if (ROOT / name).is_dir()]
    wanted = "not browser and not nightly and not own_database"
    return program(ROOT / "scripts/postgres", BIN / "pytest", "-q", "-n", "2", "-m", wanted, *there)


def stage_browser() -> bool:
    """Chromium, on SQLite; alone, for its event loop is in the way of tests that run their own."""
    return tool("pytest", "-q", "-n", "2", "-m", "browser and not nightly")


def stage_tests() -> bool:
    """Everything else, on SQLite; pytest has the last word."""
    return tool("pytest", "-q", "-n", "2", "-m", "not browser and not nightly")


STAGES: dict[str, Callable[[], bool]] = {
    name.removeprefix("stage_"): stage for name, stage in list(globals().items()) if name.startswith("stage_")
}


def tool(name: str, *arguments: str) -> bool:
    return program(BIN / name, *arguments)


def program(*words: str | Path) -> bool:
    return (
        subprocess.run([str(word) for word in words], cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode == 0
    )


def prepare_all() -> None:
    prepare.packages("dev")
    prepare.assets()
    prepare.translations()
    prepare.engines()
    system_packages()


def system_packages() -> None:
    """A browser, PostgreSQL's server programs and a voice, which no Python package brings."""
    missing = []
    if not (os.environ.get("DENGHUO_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")):
        missing += ["chromium", "fonts-noto-cjk"]
    if not (shutil.which("initdb") or list(Path("/usr/lib/postgresql").glob("*/bin/initdb"))):
        missing.append("postgresql")
    if not shutil.which("espeak-ng"):
        missing.append("espeak-ng")
    if not missing:
        return
    names = " ".join(missing)
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise SetupError(f"The checks need {names}. Debian and Ubuntu: sudo apt-get install {names}")
    say(f"  installing {names} …")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    prepare.command("apt-get", "update", "-q", env=quiet)
    prepare.command("apt-get", "install", "-y", "-q", "--no-install-recommends", *missing, env=quiet)


def run(names: list[str]) -> int:
    for name in names:
        say(f"── {name}")
        started = time.monotonic()
        if not STAGES[name]():
            say(f"── {name} failed after {time.monotonic() - started:.0f} s")
            return 1
        if name != names[-1]:
            say(f"── {name} passed in {time.monotonic() - started:.0f} s")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=f"any of: {', '.join(STAGES)}")
    parser.add_argument("--list", action="store_true", help="name the stages and stop")
    args = parser.parse_args()
    if args.list:
        say("\n".join(STAGES))
        return 0
    if unknown := set(args.stages) - STAGES.keys():
        parser.error(f"no such stage: {', '.join(sorted(unknown))}")
    try:
        prepare_all()
    except SetupError as error:
        print(f"Set-up stopped. {error}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="denghuo-check-") as home:
        # The tests' own home: they neither see nor touch what `./run` keeps in var/.
        os.environ["DENGHUO_HOME"] = home
        for variable in ("DATABASE_URL", "DENGHUO_DEMO", "DENGHUO_DEBUG"):
            os.environ.pop(variable, None)
        return run([name for name in STAGES if name in args.stages] or list(STAGES))


if __name__ == "__main__":
    sys.exit(main())
