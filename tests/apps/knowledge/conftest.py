"""The city's articles, read in Lamp station; a shift leader of the city who keeps them, and an agent of the station."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from denghuo.apps.knowledge.actions import ArticleEntry, publish_article
from denghuo.apps.knowledge.models import Topic, Version
from denghuo.apps.organization.actions import assign_role, register_user
from denghuo.apps.organization.models import Role, Unit, User
from tests.apps.network.conftest import built_world, world
from tests.world import AT, World

__all__ = ["built_world", "world"]

SYSTEM: dict[str, Any] = {"at": AT, "actor": "jiang"}
DAY = date(2026, 5, 1)
Publish = Callable[..., Version]


def entry(title: str = "欠费停电", **told: Any) -> ArticleEntry:
    """An article like any other."""
    usual = {"topic": Topic.ARREARS, "body": "逾期以后先催交。", "basis": "规则", "valid_from": date(2026, 1, 1)}
    return ArticleEntry(title=title, **(usual | told))


@pytest.fixture
def publish(world: World) -> Publish:
    """Publish an article of the city, or of another unit."""

    def do(title: str = "欠费停电", *, unit: Unit | None = None, **told: Any) -> Version:
        return publish_article(unit_id=(unit or world.city).pk, entry=entry(title, **told), **SYSTEM)

    return do


def person(username: str, unit: Unit, role: Role) -> User:
    user = register_user(username=username, display_name=username, password=None, at=AT, actor="test")
    assign_role(user=user, unit=unit, role=role, at=AT, actor="test")
    return user


@pytest.fixture
def jiang(world: World) -> User:
    """Shift leader of the city: keeps what holds there."""
    return person("jiang", world.city, Role.SHIFT_LEADER)


@pytest.fixture
def he(world: World) -> User:
    """Agent of Lamp station."""
    return person("he", world.lamp, Role.AGENT)
