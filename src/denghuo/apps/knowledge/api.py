"""Knowledge for programs: what answers a query, and what an article says today."""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from denghuo.apps.knowledge import queries
from denghuo.apps.knowledge.models import Article, Topic, Version
from denghuo.apps.organization.access import Permission
from denghuo.apps.organization.api import Allowed

router = Router(tags=["knowledge"], auth=Allowed(Permission.KNOWLEDGE_VIEW))


class VersionOut(Schema):
    """What an article says from a day on; a version never changes."""

    version_id: int
    number: int
    title: str
    topic: Topic
    basis: str
    valid_from: date
    valid_until: date | None = Field(description="First day on which it holds no more")


class HitOut(VersionOut):
    article_id: int
    unit: str
    snippet: str = Field(description="The text around the words that were found")


class KeyFactOut(Schema):
    what: str
    answer: str


class SaidOut(VersionOut):
    script: str = Field(description="The sentence to say to the caller")
    body: str
    keywords: str
    key_facts: list[KeyFactOut]


class ArticleOut(Schema):
    article_id: int
    unit: str
    withdrawn_from: date | None
    version: SaidOut | None = Field(description="What it says today; null: nothing yet, or nothing any more")


@router.get("/search", response=list[HitOut], url_name="knowledge-search")
def search(
    request: HttpRequest,
    q: str = Query("", description="Words, pairs of characters, or the first letters of a title's pinyin"),
    topic: Topic | None = None,
    size: int = Query(20, ge=1, le=50),
) -> list[dict[str, Any]]:
    """What holds today and answers a query, the best first. Any text is a query."""
    today = timezone.localdate()
    scope = request.data_scope  # type: ignore[attr-defined]
    hits = queries.search(scope, query=q, on=today, topic=topic or "", at_most=size)
    return [
        {
            **_version(hit.version),
            "article_id": hit.version.article_id,
            "unit": hit.version.article.unit.name,
            "snippet": "".join(piece.text for piece in hit.snippet),
        }
        for hit in hits
    ]


@router.get("/articles/{int:article_id}", response=ArticleOut, url_name="knowledge-article")
def article(request: HttpRequest, article_id: int) -> dict[str, Any]:
    """What an article says today."""
    try:
        found = queries.article_for(scope=request.data_scope, article_id=article_id)  # type: ignore[attr-defined]
    except Article.DoesNotExist as missing:
        raise Http404("No such article within reach.") from missing
    held = queries.version_in_force(found.pk, on=timezone.localdate())
    return {
        "article_id": found.pk,
        "unit": found.unit.name,
        "withdrawn_from": found.withdrawn_from,
        "version": held and _said(held),
    }


def _version(version: Version) -> dict[str, Any]:
    return {"version_id": version.pk} | {
        name: getattr(version, name) for name in VersionOut.model_fields if name != "version_id"
    }


def _said(version: Version) -> dict[str, Any]:
    facts = [{"what": one.what, "answer": one.answer} for one in version.key_facts.all()]
    return {
        **_version(version),
        "script": version.script,
        "body": version.body,
        "keywords": version.keywords,
        "key_facts": facts,
    }
