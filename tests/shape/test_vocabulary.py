"""Every context has the same files, so that reading one teaches all; nothing lies in a drawer."""

import re

from tests.shape import source

FILES = {
    "__init__",
    "apps",
    "models",
    "facts",
    "snapshot",
    "queries",
    "actions",
    "views",
    "forms",
    "api",
    "admin",
    "urls",
}
FOLDERS = {"migrations", "templates", "static", "templatetags", "locale", "management"}
# What a context has of its own, beside what every context may have.
OWN = {
    "ledger": {"chain", "codec", "database", "deliveries", "guards", "holders", "registry", "rounds", "worker"},
    "notices": {"sender"},
    "orders": {"intake"},
    "organization": {"access", "counting", "ports", "sessions", "when"},
}
DRAWER = re.compile(r"(^|_)(utils?|helpers?|common|misc|auxiliary|shared|tools?|lib|stuff)$")


def test_contexts_speak_the_vocabulary() -> None:
    unknown = []
    for context in source.contexts():
        words = FILES | OWN.get(context.name, set())
        for path in context.iterdir():
            fits = path.stem in words if path.suffix == ".py" else path.name in words | FOLDERS
            if not (fits or path.name == "__pycache__"):
                unknown.append(source.name(path))
    assert sorted(unknown) == []


def test_no_drawers() -> None:
    paths = [
        path for path in source.PACKAGE.rglob("*") if "vendor" not in path.parts and "node_modules" not in path.parts
    ]
    assert [source.name(path) for path in paths if DRAWER.search(path.stem)] == []


def test_templates_and_assets_lie_under_the_name_of_their_context() -> None:
    strays = [
        source.name(path)
        for context in source.contexts()
        for kind in ("templates", "static")
        if (context / kind).is_dir()
        for path in (context / kind).iterdir()
        if path.name != context.name
    ]
    assert strays == []
