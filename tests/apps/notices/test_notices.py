"""Told once, read once, and only by whom it is for."""

from typing import Any

import pytest
from django.urls import reverse

from denghuo.apps.ledger import queries as ledger
from denghuo.apps.notices import queries
from denghuo.apps.notices.actions import NoticeEntry, queue_notice, read_notice, withdraw_notice
from denghuo.apps.notices.facts import NoticeQueued, NoticeRead, NoticeWithdrawn
from denghuo.apps.notices.models import Notice
from tests.apps.network.conftest import built_world, signed_in, world
from tests.world import AT, World

__all__ = ["built_world", "world"]
SYSTEM: dict[str, Any] = {"at": AT, "actor": "test"}


def tell(world: World, key: str = "k", **told: Any) -> Notice:
    entry = NoticeEntry(**{"kind": "test.thing", "subject": "请来支援", "path": "/outages/", **told})
    return queue_notice(recipient_id=world.lin.pk, key=key, entry=entry, **SYSTEM)


def test_the_same_thing_is_told_once(world: World) -> None:
    assert tell(world) == tell(world, subject="again")
    assert Notice.objects.get().subject == "请来支援"
    assert len(ledger.facts(classes=[NoticeQueued])) == 1


@pytest.mark.parametrize("told", [{"subject": " "}, {"path": "https://a.example/"}, {"path": "//a.example"}])
def test_what_says_nothing_or_leads_away_is_refused(world: World, told: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a notice"):
        tell(world, **told)
    assert not Notice.objects.exists()


def test_urgent_ones_come_first_and_read_ones_last(world: World) -> None:
    read, plain, urgent = tell(world, "a"), tell(world, "b"), tell(world, "c", urgent=True)
    read_notice(notice_id=read.pk, **SYSTEM)
    read_notice(notice_id=read.pk, **SYSTEM)
    assert list(queries.notices_of(world.lin.pk)) == [urgent, plain, read]
    assert queries.unread_count(world.lin.pk) == 2
    assert len(ledger.facts(classes=[NoticeRead])) == 1


def test_what_holds_no_more_is_gone_from_the_list(world: World) -> None:
    tell(world)
    for _ in range(2):
        withdraw_notice(recipient_id=world.lin.pk, key="k", **SYSTEM)
    assert queries.unread_count(world.lin.pk) == 0
    assert len(ledger.facts(classes=[NoticeWithdrawn])) == 1


def test_a_person_opens_their_own(world: World) -> None:
    row, client = tell(world, urgent=True), signed_in(world.lin)
    page = client.get(reverse("notices:home")).content.decode()
    assert "请来支援" in page
    assert 'data-unread="1"' in page
    answer = client.post(reverse("notices:read", args=[row.pk]))
    assert answer.headers["Location"] == "/outages/"
    assert 'data-unread="0"' in client.get(reverse("notices:home")).content.decode()
    assert signed_in(world.bai).post(reverse("notices:read", args=[row.pk])).status_code == 404
