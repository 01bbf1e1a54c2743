"""The translations: gather what the code says, keep one catalogue per context beside its code, compile it.

    python scripts/messages.py update    write new texts into the zh-Hans catalogues, drop what nobody says any more
    python scripts/messages.py check     name every text that is missing, empty, a guess, or loses a placeholder
    python scripts/messages.py compile   write the .mo files that Django reads

It needs no gettext programs: texts are found with Django's own reading of templates and Python's own reading of Python.
"""

import argparse
import ast
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import normalize, read_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src/denghuo"
LOCALE = "zh_Hans"
HEADER = {
    "Project-Id-Version": "denghuo",
    "Language": LOCALE,
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}

# Which arguments of a call are context, singular and plural.
_SHAPES = {"gettext": "s", "ngettext": "sp", "pgettext": "cs", "npgettext": "csp"}
CALLS = {f"{name}{suffix}": shape for name, shape in _SHAPES.items() for suffix in ("", "_lazy")}
CALLS |= {"_": "s", "gettext_noop": "s"}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w*)[^}]*\}|%[sd]")
TEMPLATE_CALL = re.compile(r"\b(n?p?gettext|_)\((?=u?[\"'])")


class MessageError(ValueError):
    """A text is written in a way that cannot be translated."""


@dataclass(frozen=True, order=True)
class Message:
    """One text, by context, singular and plural; empty context and plural mean none."""

    singular: str
    context: str = ""
    plural: str = ""


@dataclass
class Unit:
    """A context (or main): its folder, its texts, its catalogue."""

    folder: Path
    found: dict[Message, list[str]] = field(default_factory=dict)

    @property
    def po(self) -> Path:
        return self.folder / f"locale/{LOCALE}/LC_MESSAGES/django.po"


def units() -> list[Unit]:
    """Every folder with a catalogue of its own, with the texts that its files say."""
    folders = [path for path in sorted((SOURCE / "apps").iterdir()) if (path / "__init__.py").is_file()]
    result = []
    for folder in [*folders, SOURCE / "main"]:
        unit = Unit(folder)
        for path, message in _messages_below(folder):
            where = path.relative_to(ROOT).as_posix()
            places = unit.found.setdefault(message, [])
            if where not in places:
                places.append(where)
        result.append(unit)
    return result


def _messages_below(folder: Path) -> Iterator[tuple[Path, Message]]:
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".py" and "migrations" not in path.parts:
            yield from ((path, message) for message in in_python(path.read_text(encoding="utf-8"), str(path)))
        elif path.suffix in {".html", ".txt"} and "templates" in path.parts:
            yield from ((path, message) for message in in_template(path.read_text(encoding="utf-8"), str(path)))


def in_python(source: str, where: str = "") -> Iterator[Message]:
    """Texts in the calls of a Python file."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in CALLS:
                yield _message(CALLS[name], node.args, f"{where}:{node.lineno}")


def in_template(source: str, where: str = "") -> Iterator[Message]:
    """Texts in the tags of a template; Django turns each tag into a call."""
    calls = templatize(source, origin=where)
    for match in TEMPLATE_CALL.finditer(calls):
        text = _balanced(calls, match.end())
        # Inside a call Django leaves counters and filters that are not Python: only the leading strings are read.
        strings = re.match(r"""\s*(u?("(\\.|[^"\\])*"|'(\\.|[^'\\])*')\s*,?\s*)+""", text)
        if strings is None:
            raise MessageError(f"{where}: {text!r} is not a plain text")
        arguments = ast.parse(f"f({strings[0].rstrip().rstrip(',')})", mode="eval").body
        assert isinstance(arguments, ast.Call)
        yield _message(CALLS[match[1]], arguments.args, where)


def _balanced(text: str, start: int) -> str:
    end = text.find("\n", start)
    return text[start : end if end >= 0 else None]


def _message(shape: str, arguments: list[ast.expr], where: str) -> Message:
    parts: dict[str, str] = {}
    for kind, argument in zip(shape, arguments, strict=False):
        if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
            raise MessageError(f"{where}: only a plain text can be translated, not an expression or an f-string")
        parts[kind] = argument.value
    return Message(singular=parts["s"], context=parts.get("c", ""), plural=parts.get("p", ""))


def catalogue(path: Path) -> dict[Message, tuple[str, bool]]:
    """What a catalogue says: the translation of each text, and whether it is marked as a guess."""
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        read = read_po(file, locale=LOCALE, abort_invalid=True)
    said = {}
    for entry in read:
        if entry.id:
            singular, plural = entry.id if isinstance(entry.id, tuple | list) else (entry.id, "")
            text = entry.string if isinstance(entry.string, str) else next(iter(entry.string), "")
            said[Message(singular, entry.context or "", plural)] = (text, entry.fuzzy)
    return said


def problems(unit: Unit) -> list[str]:
    """Everything that keeps a catalogue from being complete."""
    said = catalogue(unit.po)
    name = unit.po.relative_to(ROOT).as_posix()
    wrong = [f"{name}: nobody says {message.singular!r}" for message in said.keys() - unit.found.keys()]
    for message, places in unit.found.items():
        text, guess = said.get(message, ("", False))
        if message not in said:
            wrong.append(f"{name}: lacks {message.singular!r} of {places[0]}")
        elif not text:
            wrong.append(f"{name}: {message.singular!r} is not translated")
        elif guess:
            wrong.append(f"{name}: {message.singular!r} is marked fuzzy")
        elif not _placeholders(text) <= _placeholders(message.plural or message.singular):
            wrong.append(f"{name}: {message.singular!r} and its translation differ in placeholders")
        elif _placeholders(message.singular) - _placeholders(text):
            wrong.append(f"{name}: the translation of {message.singular!r} loses a placeholder")
    return sorted(wrong)


def conflicts(found: list[Unit]) -> list[str]:
    """Texts that two catalogues translate differently: Django would show one of them everywhere."""
    said: dict[Message, dict[str, str]] = {}
    for unit in found:
        for message, (text, _) in catalogue(unit.po).items():
            if text:
                said.setdefault(message, {})[unit.folder.name] = text
    return [
        f"{message.singular!r} is translated differently: {texts}"
        for message, texts in sorted(said.items())
        if len(set(texts.values())) > 1
    ]


def _placeholders(text: str) -> set[str]:
    return {match[0] for match in PLACEHOLDER.finditer(text.replace("%%", ""))}


def update(unit: Unit) -> None:
    """Write the catalogue anew: every text the code says, in the order of the files, with the translation it had."""
    if not unit.found:
        return
    said = catalogue(unit.po)
    head = "".join(f'"{key}: {value}\\n"\n' for key, value in HEADER.items())
    blocks = [f'msgid ""\nmsgstr ""\n{head}']
    for message, places in sorted(unit.found.items(), key=lambda item: (item[1][0], item[0])):
        text, guess = said.get(message, ("", False))
        lines = [f"#: {place}" for place in places] + (["#, fuzzy"] if guess else [])
        lines += [f"msgctxt {normalize(message.context, width=100)}"] if message.context else []
        lines.append(f"msgid {normalize(message.singular, width=100)}")
        lines += [f"msgid_plural {normalize(message.plural, width=100)}"] if message.plural else []
        lines.append(f"msgstr{'[0]' if message.plural else ''} {normalize(text, width=100)}")
        blocks.append("\n".join(lines) + "\n")
    unit.po.parent.mkdir(parents=True, exist_ok=True)
    unit.po.write_text("\n".join(blocks), encoding="utf-8")


def compile_all() -> None:
    """Write the .mo file beside every catalogue, whole or not at all: another process may be reading it."""
    for po in sorted(SOURCE.rglob("locale/*/LC_MESSAGES/*.po")):
        with po.open("rb") as file:
            read: Catalog = read_po(file, locale=LOCALE)
        draft = po.with_suffix(f".{os.getpid()}")
        with draft.open("wb") as file:
            write_mo(file, read)
        draft.replace(po.with_suffix(".mo"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("deed", choices=["update", "check", "compile"])
    deed = parser.parse_args().deed
    if not settings.configured:
        settings.configure(USE_I18N=True)
    if deed == "compile":
        compile_all()
        return 0
    found = units()
    if deed == "update":
        for unit in found:
            update(unit)
    wrong = [problem for unit in found for problem in problems(unit)] + conflicts(found)
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong and deed == "check" else 0


if __name__ == "__main__":
    sys.exit(main())
