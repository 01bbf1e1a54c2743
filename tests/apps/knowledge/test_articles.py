"""What an article says on a day, what it said before, and who has to read it again."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from denghuo.apps.knowledge import queries
from denghuo.apps.knowledge.actions import (
    QuestionEntry,
    StaleArticleError,
    author_question,
    publish_version,
    review_article,
    withdraw_article,
)
from denghuo.apps.knowledge.facts import ArticlePublished, ArticleReviewed, ArticleWithdrawn
from denghuo.apps.knowledge.models import Article, QuestionKind, Version
from denghuo.apps.ledger import queries as ledger
from tests.apps.knowledge.conftest import DAY, SYSTEM, Publish, entry
from tests.world import World


def say_next(first: Version, *, keeps_questions: bool = False, after: int = 1, **told: object) -> Version:
    return publish_version(
        article_id=first.article_id,
        after_number=after,
        keeps_questions=keeps_questions,
        entry=entry(**told),
        **SYSTEM,
    )


def number_on(version: Version, on: date) -> int | None:
    held = queries.version_in_force(version.article_id, on=on)
    return held.number if held else None


def test_the_version_in_force_is_the_latest_that_has_begun(publish: Publish) -> None:
    first = publish(valid_from=date(2026, 1, 1))
    say_next(first, valid_from=date(2026, 6, 1))
    say_next(first, after=2, valid_from=date(2026, 3, 1))
    told = {day: number_on(first, day) for day in (date(2025, 12, 31), date(2026, 1, 1), date(2026, 3, 1))}
    assert told == {date(2025, 12, 31): None, date(2026, 1, 1): 1, date(2026, 3, 1): 3}
    assert number_on(first, date(2026, 6, 1)) == 3, "what was said later goes before what begins later"


def test_what_has_ended_does_not_bring_back_what_was_before(publish: Publish) -> None:
    first = publish()
    say_next(first, valid_from=date(2026, 2, 1), valid_until=date(2026, 4, 1))
    assert [number_on(first, date(2026, month, 1)) for month in (1, 2, 3, 4)] == [1, 2, 2, None]


def test_nothing_is_overwritten(publish: Publish) -> None:
    first = publish(body="原来的话")
    say_next(first, body="后来的话")
    withdraw_article(article_id=first.article_id, from_date=DAY, reason="废止", **SYSTEM)
    assert queries.version_told(first.pk).body == "原来的话"
    kinds = [type(one.fact).__name__ for one in ledger.facts(classes=[ArticlePublished, ArticleWithdrawn])]
    assert kinds == ["ArticlePublished", "ArticlePublished", "ArticleWithdrawn"]


def test_withdrawn_from_a_day_on(publish: Publish) -> None:
    first = publish()
    withdraw_article(article_id=first.article_id, from_date=DAY, reason="废止", **SYSTEM)
    assert (number_on(first, date(2026, 4, 30)), number_on(first, DAY)) == (1, None)
    with pytest.raises(StaleArticleError):
        withdraw_article(article_id=first.article_id, from_date=DAY, reason="again", **SYSTEM)
    with pytest.raises(StaleArticleError):
        say_next(first)


def test_two_who_change_an_article_at_once(publish: Publish) -> None:
    first = publish()
    say_next(first)
    with pytest.raises(StaleArticleError):
        say_next(first, after=1)
    assert [one.number for one in queries.versions_of(first.article_id)] == [2, 1]


def test_an_end_before_the_beginning_is_refused(publish: Publish) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        publish(valid_from=date(2026, 2, 1), valid_until=date(2026, 2, 1))


def test_questions_are_taken_over_when_they_still_fit(publish: Publish) -> None:
    first = publish()
    asked = QuestionEntry(kind=QuestionKind.TRUTH, text="对吗", options=(), right=(0,))
    author_question(version_id=first.pk, entry=asked, **SYSTEM)
    kept = say_next(first, keeps_questions=True)
    assert [one.text for one in queries.questions_on(kept)] == ["对吗"]
    assert queries.questions_on(say_next(first, after=2)) == []


def test_an_article_is_seen_below_its_unit_and_above(world: World, publish: Publish) -> None:
    of_city, of_wick = publish("城市的", unit=world.city), publish("柳溪的", unit=world.wick)
    for unit, seen in ((world.city, {of_city, of_wick}), (world.lamp, {of_city}), (world.wick, {of_city, of_wick})):
        assert set(queries.versions([str(unit.path)], on=DAY)) == seen, unit
    with pytest.raises(Article.DoesNotExist):
        queries.article_for(scope=[str(world.lamp.path)], article_id=of_wick.article_id)


def test_what_is_due(world: World, publish: Publish) -> None:
    late = publish("过期", review_on=date(2026, 4, 1))
    soon = publish("将到", review_on=date(2026, 5, 31))
    ends = publish("将止", valid_until=date(2026, 5, 20))
    publish("未到", review_on=date(2026, 6, 1))
    followed = publish("有后续", valid_until=date(2026, 5, 20))
    say_next(followed, title="有后续", valid_from=date(2026, 5, 20))
    rows = queries.due_for_review([str(world.city.path)], on=DAY)
    assert [(row.version, row.expires, row.is_late) for row in rows] == [
        (late, False, True),
        (ends, True, False),
        (soon, False, False),
    ]


def test_a_review_sets_the_next_day(world: World, publish: Publish) -> None:
    late = publish(review_on=date(2026, 4, 1))
    review_article(article_id=late.article_id, next_on=date(2027, 4, 1), **SYSTEM)
    assert queries.due_for_review([str(world.city.path)], on=DAY) == []
    assert [one.fact.next_on for one in ledger.facts(classes=[ArticleReviewed])] == [date(2027, 4, 1)]


def test_changes_word_by_word() -> None:
    found = queries.changes("七个工作日内答复", "五个工作日内答复")
    assert [(one.text, one.kind) for one in found if one.kind != "same"] == [("七个", "gone"), ("五个", "new")]
    assert "".join(one.text for one in found if one.kind != "new") == "七个工作日内答复"
    assert queries.changes("", "新") == [queries.Change("新", "new")]
