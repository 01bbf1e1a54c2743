"""What of knowledge a request reaches: by the units that the person may see or keep."""

from django.http import Http404, HttpRequest

from denghuo.apps.knowledge import queries
from denghuo.apps.knowledge.models import Article
from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import Permission, may, permissions_of
from denghuo.apps.organization.models import Unit


def scope(request: HttpRequest) -> tuple[str, ...]:
    """The units for which the guard of the page let the person in."""
    return request.data_scope  # type: ignore[attr-defined]


def units(request: HttpRequest) -> list[Unit]:
    """The units that the person may write for, those furthest up first."""
    return organization.units_within(scope(request))


def is_editor(request: HttpRequest) -> bool:
    """Whether the person keeps the articles of some unit."""
    return Permission.KNOWLEDGE_EDIT in permissions_of(request.user)


def article_seen(request: HttpRequest, article_id: int) -> Article:
    """An article that holds where the person works."""
    try:
        return queries.article_for(scope=scope(request), article_id=article_id)
    except Article.DoesNotExist as missing:
        raise Http404 from missing


def article_kept(request: HttpRequest, article_id: int) -> Article:
    """An article that the person keeps: one from above is read, not changed."""
    found = article_seen(request, article_id)
    if not may(request.user, Permission.KNOWLEDGE_EDIT, path=found.unit.path):
        raise Http404
    return found
