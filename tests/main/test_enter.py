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


@pytest.mark.parametrize("path", _TEMPLATES, ids=lambda path: path.name)
def test_no_form_holds_a_button_for_browsers_without_script(path: Path) -> None:
    """What htmx swaps in shows it, and as the first button of its form it is what Enter presses."""
    assert not any("<noscript" in form for form in _FORM.findall(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", ["new_form.html", "correct_form.html"])
def test_enter_where_a_customer_is_looked_for_searches_and_sends_nothing(name: str) -> None:
    """The script of orders keeps it from the form, and tells the box to search."""
    (page,) = [path for path in _TEMPLATES if (path.parent.name, path.name) == ("orders", name)]
    assert re.search(r'type="search"[^>]* hx-get=.*?hx-trigger="[^"]*, search"', page.read_text(encoding="utf-8"))
    script = (Path(denghuo.__file__).parent / "apps/orders/static/orders/orders.js").read_text(encoding="utf-8")
    assert 'matches("input[type=search][hx-get]")' in script
