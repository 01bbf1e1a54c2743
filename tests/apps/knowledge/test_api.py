"""Knowledge for programs: what holds today, where the person works."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from denghuo.apps.knowledge.actions import publish_version, withdraw_article
from denghuo.apps.organization.models import User
from tests.apps.knowledge.conftest import SYSTEM, Publish, entry
from tests.apps.network.conftest import signed_in
from tests.world import World


def get(user: User, name: str, *args: Any, status: int = 200, **query: Any) -> Any:
    answer = signed_in(user).get(reverse(f"api:knowledge-{name}", args=args), query)
    assert answer.status_code == status, answer.content.decode()
    return answer.json()


def test_what_is_found_is_what_the_page_finds(publish: Publish, he: User) -> None:
    publish("欠费停电", body="逾期以后先催交。")
    publish("复电时限", body="结清欠费以后当日复电。")
    publish("光伏并网")
    page = signed_in(he).get(reverse("knowledge:home"), {"q": "欠费"}).context["hits"]
    told = get(he, "search", q="欠费")
    assert [one["article_id"] for one in told] == [hit.version.article_id for hit in page]
    assert told[0]["title"] == "欠费停电"
    assert "欠费" in told[1]["snippet"]
    assert get(he, "search", q="qftd")[0]["title"] == "欠费停电"


@pytest.mark.parametrize("query", ["", "   ", '" OR *', "\x00", "AND NOT"])
def test_any_text_is_a_query(publish: Publish, he: User, query: str) -> None:
    publish()
    assert get(he, "search", q=query) == []


def test_the_version_in_force(publish: Publish, he: User) -> None:
    first = publish(key_facts=(("催交", "30 天"),), script="请您先结清电费。")
    later = timezone.localdate() + timedelta(days=30)
    publish_version(
        article_id=first.article_id,
        after_number=1,
        keeps_questions=False,
        entry=entry(body="以后另有说法。", valid_from=later),
        **SYSTEM,
    )
    told = get(he, "article", first.article_id)
    assert told["version"]["number"] == 1
    assert told["version"]["body"] == "逾期以后先催交。"
    assert told["version"]["key_facts"] == [{"what": "催交", "answer": "30 天"}]
    assert told["version"]["script"] == "请您先结清电费。"


def test_what_holds_no_more_says_nothing(publish: Publish, he: User) -> None:
    gone = publish()
    withdraw_article(article_id=gone.article_id, from_date=date(2026, 5, 2), reason="作废", **SYSTEM)
    told = get(he, "article", gone.article_id)
    assert (told["version"], told["withdrawn_from"]) == (None, "2026-05-02")
    assert get(he, "search", q="欠费") == []


def test_what_belongs_elsewhere_is_not_there(world: World, publish: Publish, he: User) -> None:
    elsewhere = publish(unit=world.wick)
    get(he, "article", elsewhere.article_id, status=404)
    get(he, "article", 10**12, status=404)
    assert get(he, "search", q="欠费") == []
    get(world.wen, "search", q="欠费", status=403)
