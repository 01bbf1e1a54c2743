"""Every engine and every context has its page; every link inside the documentation leads somewhere."""

import ast
import re
from pathlib import Path

import pytest

from denghuo.apps.organization.access import PERMISSIONS_OF_ROLE, Permission
from denghuo.apps.organization.models import Role
from tests.shape import source

LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)")
PAGES = [path for path in source.tracked() if path.suffix == ".md" and "tests" not in path.parts]


@pytest.mark.parametrize("engine", source.engines())
def test_engine_has_a_page(engine: str) -> None:
    assert (source.ROOT / f"docs/engines/{engine}.md").is_file()


@pytest.mark.parametrize("app", [path.name for path in source.contexts()])
def test_context_has_a_page(app: str) -> None:
    assert (source.ROOT / f"docs/contexts/{app}.md").is_file()


@pytest.mark.parametrize("path", PAGES, ids=source.name)
def test_links_lead_somewhere(path: Path) -> None:
    links = LINK.findall(path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_engines_and_contexts_say_what_they_are_for() -> None:
    packages = [*(path / "__init__.py" for path in source.contexts()), *source.ENGINES.glob("*/__init__.py")]
    assert [source.name(path) for path in packages if not ast.get_docstring(source.tree(path))] == []


def roles_table() -> str:
    """Who may do what, as the page of the organization shows it: a column for each role, a row for each permission."""
    roles = list(Role)
    head = ["", *(role.name.lower().replace("_", " ") for role in roles)]
    rows = [[f"`{one}`", *("x" if one in PERMISSIONS_OF_ROLE[role] else "" for role in roles)] for one in Permission]
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def test_the_page_of_the_organization_says_who_may_do_what() -> None:
    assert roles_table() in (source.ROOT / "docs/contexts/organization.md").read_text(encoding="utf-8")
