"""The example of the documentation says what the engine says."""

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs/engines/locate.md"


def test_the_example_runs() -> None:
    found = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert found.attempted > 10
    assert found.failed == 0
