"""Set-up steps of `run` and `check`, in the standard library alone. A step whose inputs have not changed is skipped."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMPS = VENV / "stamps.json"
VENDOR = ROOT / "src/denghuo/main/static/vendor"


class SetupError(RuntimeError):
    """Set-up cannot go on; the message says what to do."""


def say(text: str) -> None:
    print(text, flush=True)


def command(*words: str | Path, env: dict[str, str] | None = None) -> None:
    """Run a program, quietly unless it fails."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise SetupError(f"{' '.join(str(word) for word in words)} failed:\n{done.stdout.strip()}")


def step(
    name: str, title: str, inputs: Iterable[Path], action: Callable[[], None], *, made: Sequence[Path] = ()
) -> None:
    """Do `action` unless it was done for exactly these inputs and what it `made` is still there."""
    digest = _digest(inputs)
    if _stamps().get(name) == digest and all(path.exists() for path in made):
        return
    say(f"  {title} …")
    action()
    STAMPS.write_text(json.dumps({**_stamps(), name: digest}, indent=1), encoding="utf-8")


def _stamps() -> dict[str, str]:
    try:
        return dict(json.loads(STAMPS.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _digest(inputs: Iterable[Path]) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(inputs):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def environment() -> None:
    """A virtual environment of this Python, beside the code."""
    if PYTHON.exists():
        return
    say("  making a Python environment …")
    try:
        command(sys.executable, "-m", "venv", VENV)
    except SetupError as error:
        shutil.rmtree(VENV, ignore_errors=True)
        raise SetupError(f"{error}\nDebian and Ubuntu: apt install python3-venv") from None


def packages(lock: str) -> None:
    """The packages that a lock file pins, verified by their hashes, and the product itself."""
    environment()
    locked = ROOT / f"requirements/{lock}.txt"
    inputs = [locked, ROOT / "requirements/uv.txt"]
    step(f"packages-{lock}", f"installing Python packages ({lock})", inputs, lambda: _install(locked))
    step("product", "installing the product", [ROOT / "pyproject.toml"], _install_product, made=[BIN / "denghuo"])


def _install(locked: Path) -> None:
    try:
        _pip("--require-hashes", "-r", ROOT / "requirements/uv.txt")
        _uv("--require-hashes", "-r", locked)
    except SetupError:
        # uv is quicker; pip knows more proxies and certificates.
        _pip("--require-hashes", "-r", locked)


def _install_product() -> None:
    _pip("--no-deps", "--no-build-isolation", "--no-index", "--editable", ROOT)


def _pip(*arguments: str | Path) -> None:
    command(PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", *arguments)


def _uv(*arguments: str | Path) -> None:
    certificates = {"SSL_CERT_FILE": os.environ["PIP_CERT"]} if "PIP_CERT" in os.environ else {}
    command(BIN / "uv", "pip", "install", "--quiet", "--python", PYTHON, *arguments, env=certificates)


def assets() -> None:
    """Styles, icons and scripts that pages use, copied out of their npm packages."""
    inputs = [ROOT / "package.json", ROOT / "package-lock.json", ROOT / "scripts/assets"]
    step("assets", "fetching styles, icons and scripts", inputs, _fetch_assets, made=[VENDOR / "tabler.min.css"])


def _fetch_assets() -> None:
    npm = shutil.which("npm")
    if npm is None:
        _pip("--require-hashes", "-r", ROOT / "requirements/node.txt")
        npm = str(BIN / "npm")
    path = os.pathsep.join([str(Path(npm).parent), os.environ.get("PATH", "")])
    command(npm, "ci", "--ignore-scripts", env={"PATH": path})
    command(PYTHON, ROOT / "scripts/assets")


def engines() -> None:
    """The engines compiled for this machine, so that nobody's first page waits for it."""
    inputs = [*(ROOT / "src/denghuo/engines").rglob("*.py"), ROOT / "src/denghuo/main/warm.py"]
    step("engines", "compiling the engines (once, a few minutes)", inputs, _compile_engines)


def _compile_engines() -> None:
    # What is kept knows only of the file it was compiled from, not of those whose functions went into it.
    for kept in (ROOT / "src/denghuo/engines").rglob("*.nb[ic]"):
        kept.unlink()
    command(PYTHON, "-m", "denghuo.main.warm")


def translations() -> None:
    """The catalogues in the form Django reads."""
    catalogues = list((ROOT / "src").rglob("locale/*/LC_MESSAGES/*.po"))
    made = [path.with_suffix(".mo") for path in catalogues]
    inputs = [*catalogues, ROOT / "scripts/messages.py"]
    step("translations", "compiling translations", inputs, _compile_translations, made=made)


def _compile_translations() -> None:
    command(PYTHON, ROOT / "scripts/messages.py", "compile")
