"""Small enough to read: function bodies of 40 lines, files of 500."""

import ast

from tests.shape import source

BODY_LINES = 40
FILE_LINES = 500


def body_lines(function: source.Function) -> int:
    """Lines from the first statement after the docstring to the end."""
    statements = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    return (function.end_lineno or 0) - statements[0].lineno + 1 if statements else 0


def test_function_bodies() -> None:
    long = [
        f"{source.name(path)}:{function.lineno} {function.name} has {lines} lines"
        for path in source.modules()
        for function in source.functions(path)
        if (lines := body_lines(function)) > BODY_LINES
    ]
    assert long == []


def test_files() -> None:
    written = {".py", ".html", ".css", ".js"}
    paths = [path for path in source.PACKAGE.rglob("*") if path.suffix in written]
    own = [path for path in paths if "vendor" not in path.parts and "migrations" not in path.parts]
    long = {
        source.name(path): count for path in own if (count := _count(path.read_text(encoding="utf-8"))) > FILE_LINES
    }
    assert long == {}


def _count(text: str) -> int:
    return len(text.splitlines())
