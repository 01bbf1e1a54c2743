"""Articles: which there are, what they say on a day, what they said before."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import SequenceMatcher

import rjieba
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from denghuo.apps.knowledge.models import Article, Review, Version
from denghuo.apps.knowledge.queries.full_text import Term, find, terms_of
from denghuo.apps.knowledge.queries.highlights import Piece, highlighted, snippet
from denghuo.apps.organization.access import within

_SNIPPET = 90  # characters
_SOON = timedelta(days=30)
_MARKUP = re.compile(r"\*\*|^\s*(?:#{1,3}|[-*•·])\s+", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A version that was found, with where the words of the query stand."""

    version: Version
    title: list[Piece]
    snippet: list[Piece]


@dataclass(frozen=True)
class Change:
    """A stretch of text that is the same in both versions, new in the later, or gone from it."""

    text: str
    kind: str  # same, new, gone


@dataclass(frozen=True, kw_only=True)
class Due:
    """An article that somebody has to read again, and since or until when."""

    version: Version
    on: date
    expires: bool  # it ends on that day, and nothing follows it
    is_late: bool


def units_above(scope: Iterable[str]) -> set[str]:
    """The paths of the units of a scope and of everything above them."""
    found = set()
    for path in scope:
        steps = path.split("/")
        found |= {"/".join(steps[:count]) + "/" for count in range(1, len(steps))}
    return found


def seen_from(scope: Iterable[str], *, field: str) -> Q:
    """What holds in the units of a scope: what belongs to them, to those above, and to those below."""
    paths = list(scope)
    return within(paths, field=field) | Q(**{f"{field}__in": units_above(paths)})


def in_force(on: date) -> QuerySet[Version]:
    """The versions in force on a local day: of each article the latest that has begun, unless it has ended."""
    later = Version.objects.filter(article=OuterRef("article"), number__gt=OuterRef("number"), valid_from__lte=on)
    holds = Q(valid_until=None) | Q(valid_until__gt=on)
    kept = Q(article__withdrawn_from=None) | Q(article__withdrawn_from__gt=on)
    return Version.objects.filter(holds, kept, ~Exists(later), valid_from__lte=on)


def _latest() -> QuerySet[Version]:
    """The latest version of every article, whether it holds yet, or any more."""
    later = Version.objects.filter(article=OuterRef("article"), number__gt=OuterRef("number"))
    return Version.objects.filter(~Exists(later))


def versions(scope: Iterable[str], *, on: date | None, topic: str = "") -> QuerySet[Version]:
    """What holds in a scope on a local day, or without a day the latest of every article, by title."""
    rows = (_latest() if on is None else in_force(on)).filter(seen_from(scope, field="article__unit__path"))
    rows = rows.filter(topic=topic) if topic else rows
    return rows.select_related("article__unit").order_by("title", "pk")


def search(scope: Iterable[str], *, query: str, on: date | None, topic: str = "", at_most: int = 20) -> list[Hit]:
    """What holds on a local day (without one: the latest of every article) and answers a query, the best first.

    Any text is a query: operators, blanks and rubbish are words like others, or nothing.
    """
    terms = terms_of(query)
    rows = versions(scope, on=on, topic=topic)
    keys = find(terms, among=rows, at_most=at_most)
    found = Version.objects.select_related("article__unit").in_bulk(keys)
    return [_hit(found[key], terms) for key in keys]


def _hit(version: Version, terms: Sequence[Term]) -> Hit:
    text = _MARKUP.sub("", f"{version.script}\n{version.body}")
    return Hit(
        version=version,
        title=highlighted(version.title, terms),
        snippet=snippet(text, terms, length=_SNIPPET),
    )


def article_for(*, scope: Iterable[str], article_id: int) -> Article:
    """One article, if it holds in the scope.

    Raises:
        Article.DoesNotExist: there is none, or it is somebody else's.
    """
    return Article.objects.select_related("unit").get(seen_from(scope, field="unit__path"), pk=article_id)


def versions_of(article_id: int) -> list[Version]:
    """Every version of an article, the latest first."""
    return list(Version.objects.filter(article_id=article_id).order_by("-number"))


def version_in_force(article_id: int, *, on: date) -> Version | None:
    """What an article says on a local day; None: nothing."""
    return in_force(on).filter(article_id=article_id).first()


def version_told(version_id: int) -> Version:
    """A version as it was told to somebody, whatever has become of the article since: for a call to keep.

    Raises:
        Version.DoesNotExist: there is none.
    """
    rows = Version.objects.select_related("article__unit").prefetch_related("key_facts")
    return rows.get(pk=version_id)


def changes(before: str, after: str) -> list[Change]:
    """What became of a text, word by word."""
    old, new = rjieba.cut(before), rjieba.cut(after)
    found = []
    for kind, old_start, old_end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(Change("".join(old[old_start:old_end]), "same"))
            continue
        found += [Change("".join(old[old_start:old_end]), "gone"), Change("".join(new[new_start:new_end]), "new")]
    return [change for change in found if change.text]


def due_for_review(scope: Iterable[str], *, on: date) -> list[Due]:
    """What holds on a local day and is to be read again by then or soon, or ends soon; the earliest first.

    An article is due on the day that the last review of it set, else on the day that its version says.
    """
    last = Review.objects.filter(article=OuterRef("article"), reviewed_at__gte=OuterRef("published_at"))
    next_on = Subquery(last.order_by("-pk").values("next_on")[:1])
    follows = Version.objects.filter(article=OuterRef("article"), number__gt=OuterRef("number"))
    rows = versions(scope, on=on).annotate(due_on=Coalesce(next_on, F("review_on")), is_followed=Exists(follows))
    found = []
    for version in rows:
        ends = None if version.is_followed else version.valid_until
        day = min((day for day in (version.due_on, ends) if day), default=None)
        if day is not None and day <= on + _SOON:
            found.append(Due(version=version, on=day, expires=day == ends, is_late=day <= on))
    return sorted(found, key=lambda due: (due.on, due.version.pk))
