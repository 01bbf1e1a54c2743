"""Enter in a form of several answers gives none of them: the browser presses the first button of a form."""

import re
from pathlib import Path

import pytest

import denghuo

_FORM, _ANSWER = re.compile(r"<form\b.*?</form>", re.S), re.compile(r"<button[^>]* name=\"(\w+)\" value=")
_GUARD = '{% include "partials/no_enter.html" %}'
_TEMPLATES = sorted(Path(denghuo.__file__).parent.rglob("templates/**/*.html"))


def _answers() -> list[tuple[str, str]]:
    """Forms with words to write and several answers of one name, by where they stand."""
    found = []
    for path in _TEMPLATES:
        for form in _FORM.findall(path.read_text(encoding="utf-8")):
            names = _ANSWER.findall(form)
            words = re.search(r"<textarea|<input(?![^>]*type=\"(?:hidden|checkbox|radio|file|range)\")", form)
            if words and any(names.count(name) > 1 for name in names):
                found.append((path.name, form))
    return found


def test_there_are_such_forms() -> None:
    assert len(_answers()) >= 6


@pytest.mark.parametrize(("name", "form"), _answers(), ids=lambda value: value[:40])
def test_the_first_button_does_nothing(name: str, form: str) -> None:
    assert _GUARD in form, name
    assert form.index(_GUARD) < form.index("<button"), name
