"""The source as the shape tests see it: files, their syntax trees, their functions."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src/denghuo"
APPS = PACKAGE / "apps"
ENGINES = PACKAGE / "engines"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def modules() -> tuple[Path, ...]:
    """Every module of the package that people wrote."""
    return tuple(path for path in sorted(PACKAGE.rglob("*.py")) if "migrations" not in path.parts)


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of one module."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name(path: Path) -> str:
    """The path as people write it."""
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[Function]:
    """Every function and method of a module, inner ones too."""
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def contexts() -> list[Path]:
    """The folder of every context."""
    return [path.parent for path in sorted(APPS.glob("*/__init__.py"))]


def engines() -> list[str]:
    """The name of every engine."""
    found = {path.parent.name for path in ENGINES.glob("*/__init__.py")}
    return sorted(found | {path.stem for path in ENGINES.glob("[!_]*.py")})


def files_of(context: Path, word: str) -> list[Path]:
    """A context's file of that name, or the files of the package it has become."""
    found = [context / f"{word}.py", *sorted((context / word).glob("*.py"))]
    return [path for path in found if path.is_file()]


@cache
def tracked() -> tuple[Path, ...]:
    """Every file under version control; every file at all where this is not a checkout."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        skipped = {".venv", "node_modules", "var", "vendor", "__pycache__"}
        return tuple(path for path in ROOT.rglob("*") if path.is_file() and not skipped & set(path.parts))
    return tuple(path for item in done.stdout.split("\0") if item and (path := ROOT / item).is_file())
