"""Pages keep a strict security policy, say nothing that cannot be translated, and ask nothing of the internet."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.utils.translation.template import templatize
from scripts import messages

from tests.shape import source

TEMPLATES = sorted(source.PACKAGE.rglob("templates/**/*.html"))
VENDOR = source.PACKAGE / "main/static/vendor"
TAG = re.compile(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}|{%.*?%}|{{.*?}}", re.DOTALL)
TRANSLATED = re.compile(r"{%\s*(?:blocktranslate|blocktrans)\b.*?{%\s*endblocktrans(?:late)?\s*%}", re.DOTALL)
CLASS_BLOCK = re.compile(r"{%\s*block \w+_class\s*%}[\w\s-]*{%\s*endblock\s*%}")
# Symbols of units are the same in every language.
UNIT = re.compile(r"\b(k|M)?(VA|W|Wh|V|m)\b")
LETTER = re.compile(r"[^\W\d_]{2,}")
READ_ALOUD = {"alt", "title", "placeholder", "aria-label", "aria-description"}


class Page(HTMLParser):
    """What a browser would act on or read out in a template whose tags are taken away."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.inline: list[str] = []
        self.words: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        loaded = "src" in given or given.get("type") == "application/json"
        if tag == "style" or (tag == "script" and not loaded):
            self.inline.append(f"<{tag}>")
        self.inline += [f"<{tag} {key}>" for key in given if key == "style" or key.startswith(("on", "hx-on"))]
        self.inline += [f"<{tag} {key}={value}>" for key, value in attrs if (value or "").startswith("javascript:")]
        named = tag == "meta"
        self.words += [
            value or "" for key, value in attrs if key in READ_ALOUD and not named and LETTER.search(value or "")
        ]
        self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if LETTER.search(data) and not {"code", "kbd", "script"} & set(self._inside):
            self.words.append(data.strip())


def read(path: Path) -> Page:
    page = Page()
    text = CLASS_BLOCK.sub("", TRANSLATED.sub("", path.read_text(encoding="utf-8")))
    page.feed(UNIT.sub("", TAG.sub("", text)))
    return page


@pytest.mark.parametrize("path", TEMPLATES, ids=source.name)
def test_template(path: Path) -> None:
    page = read(path)
    assert page.inline == [], "scripts and styles come in files"
    assert page.words == [], "every visible text is translated"
    templatize(path.read_text(encoding="utf-8"), origin=str(path))


def test_the_reader_of_templates_finds_what_it_looks_for(tmp_path: Path) -> None:
    bad = '<p style="color:red" title="Hours">{{ x }} hours {% translate "ok" %}</p><a onclick="f()">{# note #}</a>'
    (tmp_path / "bad.html").write_text(bad, encoding="utf-8")
    page = read(tmp_path / "bad.html")
    assert page.inline == ["<p style>", "<a onclick>"]
    assert page.words == ["Hours", "hours"]


def test_assets_of_others_are_there() -> None:
    listed = re.findall(
        r'^    "([^"]+)": "', (source.ROOT / "scripts/assets").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert [name for name in listed if not (VENDOR / name).is_file()] == []
    assert len(listed) > 5


def test_nothing_is_asked_of_the_internet() -> None:
    addresses = re.compile(r"""(?:src|href|url|import|from)\s*[=(]?\s*["'(]\s*(?:https?:)?//""")
    own = [
        path
        for path in source.PACKAGE.rglob("*")
        if path.suffix in {".html", ".css", ".js"} and VENDOR not in path.parents
    ]
    assert [source.name(path) for path in own if addresses.search(path.read_text(encoding="utf-8"))] == []


def test_front_end_lock_names_no_host() -> None:
    lock = json.loads((source.ROOT / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []


def test_translations_are_complete() -> None:
    found = messages.units()
    assert [problem for unit in found for problem in messages.problems(unit)] + messages.conflicts(found) == []


def test_texts_are_found_in_every_form() -> None:
    template = """{% translate "One" %} {% blocktranslate with n=x trimmed %}{{ n }} of them{% endblocktranslate %}
    {% blocktranslate count n=x %}one{% plural %}{{ n }} many{% endblocktranslate %} {{ _("Two") }}
    {% translate "May" context "month" %}"""
    assert set(messages.in_template(template)) == {
        messages.Message("One"),
        messages.Message("%(n)s of them"),
        messages.Message("one", plural="%(n)s many"),
        messages.Message("Two"),
        messages.Message("May", context="month"),
    }
    python = "_('a'); gettext_lazy('b'); ngettext('c', 'd', n); pgettext('e', 'f')"
    assert set(messages.in_python(python)) == {
        messages.Message("a"),
        messages.Message("b"),
        messages.Message("c", plural="d"),
        messages.Message("f", context="e"),
    }
    with pytest.raises(messages.MessageError):
        list(messages.in_python("_(f'{x}')"))
