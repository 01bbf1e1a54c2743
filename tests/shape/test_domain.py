"""Writes are actions that record what happened; nothing in the domain looks at the clock."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shape import source

CLOCKS = {"now", "utcnow", "today", "time_ns", "monotonic", "perf_counter"}
# These look at the clock only when they are given no instant.
CONVERTERS = {"localtime", "localdate"}
CLOCK_OWNERS = {"datetime", "timezone", "date", "dt", "time"}
DOMAIN_WORDS = ("models", "facts", "snapshot", "queries", "actions")


def domain_files() -> list[Path]:
    files = [path for context in source.contexts() for word in DOMAIN_WORDS for path in source.files_of(context, word)]
    return files + [path for path in source.modules() if path.is_relative_to(source.ENGINES)]


def test_no_clock_in_the_domain() -> None:
    clocks = [
        f"{source.name(path)}:{node.lineno} {ast.unparse(node)}"
        for path in domain_files()
        for node in ast.walk(source.tree(path))
        if (isinstance(node, ast.Attribute) and node.attr in CLOCKS and _owner(node.value) in CLOCK_OWNERS)
        or (isinstance(node, ast.Attribute) and ast.unparse(node) == "time.time")
        or (isinstance(node, ast.Call) and not node.args and _owner(node.func) in CONVERTERS)
        or (isinstance(node, ast.keyword) and node.arg in {"auto_now", "auto_now_add"})
    ]
    assert clocks == []


def _owner(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def refuses(function: source.Function) -> bool:
    """Is there to say no, as the rows of the ledger do when somebody would change them."""
    return any(isinstance(node, ast.Raise) for node in ast.walk(function))


def test_no_tricks_in_models() -> None:
    """Nothing happens behind a row's back: no `save()` or `delete()` of its own, no signals."""
    methods = [
        f"{source.name(path)}:{function.lineno} {function.name}"
        for context in source.contexts()
        for path in source.files_of(context, "models")
        for function in source.functions(path)
        if function.name in {"save", "delete", "clean", "full_clean"} and not refuses(function)
    ]
    signals = [
        source.name(path)
        for path in source.modules()
        if path.is_relative_to(source.APPS)
        for node in ast.walk(source.tree(path))
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith((".signals", "django.dispatch"))
    ]
    assert methods == []
    assert signals == []


# What every action calls is no action itself.
RECORDS = {"record", "record_all"}


def public_functions() -> Iterator[tuple[Path, source.Function]]:
    for context in source.contexts():
        for path in source.files_of(context, "actions"):
            for node in source.tree(path).body:
                if isinstance(node, source.Function) and not node.name.startswith("_") and node.name not in RECORDS:
                    yield path, node


def is_reaction(function: source.Function) -> bool:
    """A reaction of the flow: takes the fact it follows, runs inside its delivery's transaction."""
    return "delivery_key" in {argument.arg for argument in function.args.kwonlyargs}


# What is so now, and gone with the next state, is no fact: docs/decisions/live-board.md.
TELEMETRY = {"update_board"}
ACTIONS = [
    pytest.param(path, function, id=f"{path.relative_to(source.APPS).parts[0]}.{function.name}")
    for path, function in public_functions()
]


@pytest.mark.parametrize(("path", "function"), ACTIONS)
def test_action(path: Path, function: source.Function) -> None:
    keywords = {argument.arg for argument in function.args.kwonlyargs}
    positional = [argument.arg for argument in [*function.args.posonlyargs, *function.args.args]]
    allowed = ([], ["fact"], ["facts"]) if is_reaction(function) else ([],)
    assert positional in allowed, "an action's arguments are keyword-only"
    assert {"at", "actor"} <= keywords, "an action takes the instant and the person"
    if not is_reaction(function):
        decorators = {ast.unparse(decorator) for decorator in function.decorator_list}
        assert "transaction.atomic" in decorators, "an action is one transaction"
    assert RECORDS & _reached(path, function) or function.name in TELEMETRY, "an action records a fact"


def _reached(path: Path, function: source.Function) -> set[str]:
    """Names called from here, through the functions of the same module, and through the context's other actions."""
    context = path.relative_to(source.APPS).parts[0]
    local = {
        function.name: function
        for at, function in public_functions()
        if at.relative_to(source.APPS).parts[0] == context
    }
    local |= {node.name: node for node in source.tree(path).body if isinstance(node, source.Function)}
    seen: set[str] = set()
    queue = [function]
    while queue:
        for call in (node for node in ast.walk(queue.pop()) if isinstance(node, ast.Call)):
            called = _owner(call.func)
            if called not in seen and called in local:
                queue.append(local[called])
            seen.add(called)
    return seen
