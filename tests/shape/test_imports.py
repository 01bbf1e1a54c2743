"""One import direction, no way around it, and engines that need nothing but numbers."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

from tests.shape import source

# Finding the imports of a module is all that is left of Django where it is not installed.
ALONE = """
import importlib, pkgutil, sys

class NotInstalled:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"django", "ninja", "psycopg", "csp", "django_htmx", "whitenoise"}:
            raise ModuleNotFoundError(f"{name} is not installed here", name=name)

sys.meta_path.insert(0, NotInstalled())
for root in ("denghuo.engines", "denghuo.adapters"):
    package = importlib.import_module(root)
    for found in pkgutil.walk_packages(package.__path__, root + "."):
        importlib.import_module(found.name)
        print(found.name)
"""


def test_contracts_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=source.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_context_stands_in_the_contract() -> None:
    contract = (source.ROOT / ".importlinter").read_text(encoding="utf-8")
    missing = [context.name for context in source.contexts() if f"denghuo.apps.{context.name}\n" not in contract]
    assert missing == []


def test_no_module_imports_itself_by_a_detour() -> None:
    graph = grimp.build_graph("denghuo", cache_dir=None, exclude_type_checking_imports=True)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_project_imports_stand_at_the_top() -> None:
    """But for a package's own private modules where they bring a heavy library in, for which only its user waits."""
    hidden = [
        f"{source.name(path)}:{node.lineno}"
        for path in source.modules()
        for function in source.functions(path)
        # Django lets an app import its models from here on, not before.
        if (path.name, function.name) != ("apps.py", "ready")
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom) and _is_ours(node) and not _is_private(node, of=path)
    ]
    assert hidden == []


def _is_private(node: ast.Import | ast.ImportFrom, *, of: Path) -> bool:
    package = ".".join(of.relative_to(source.ROOT / "src").parent.parts)
    return isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package}._")


def _is_ours(node: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.level > 0 or (node.module or "").partition(".")[0] == "denghuo"
    return any(alias.name.partition(".")[0] == "denghuo" for alias in node.names)


def test_no_star_imports() -> None:
    stars = [
        f"{source.name(path)}:{node.lineno}"
        for path in source.modules()
        for node in ast.walk(source.tree(path))
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
    ]
    assert stars == []


def test_engines_and_adapters_import_where_django_is_not_installed() -> None:
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "denghuo.engines.grid" in done.stdout.split()
