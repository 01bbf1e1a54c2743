"""Calls are drawn by a lot of their own, scored by a sheet, and scorers compared."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse

from denghuo.adapters.telephony.records import CallOutcome
from denghuo.apps.hotline import actions, queries
from denghuo.apps.hotline.actions import ItemScore
from denghuo.apps.hotline.facts import CallReviewed, MistakeFound, ReviewCorrected
from denghuo.apps.hotline.models import Call, DeskRule, NoteKind, ReviewSheet
from denghuo.apps.hotline.queries import Span
from denghuo.apps.knowledge.models import Article
from denghuo.apps.ledger import queries as ledger
from tests.apps.hotline.conftest import Hotline, Ring, call
from tests.apps.network.conftest import signed_in
from tests.world import AT, World

SYSTEM: dict[str, Any] = {"at": AT, "actor": "test"}
DAY = date(2026, 5, 1)
ITEMS = [("用语文明", 40), ("答复正确", 60)]


@pytest.fixture
def sheet(hotline: Hotline) -> ReviewSheet:
    return actions.set_review_sheet(from_date=DAY, name="质检表", items=ITEMS, source="值班长", **SYSTEM)


def rule(**told: Any) -> None:
    actions.set_desk_rule(from_date=DAY, told=DeskRule(source="x", **told), **SYSTEM)


def span() -> Span:
    queues = Call.objects.values_list("queue_id", flat=True).distinct()
    return Span(queue_ids=tuple(queues), first=DAY, last=DAY + timedelta(days=1))


def scores(sheet: ReviewSheet, *points: int, article_id: int | None = None) -> list[ItemScore]:
    items = sheet.items.all()
    return [
        ItemScore(item_id=item.pk, points=given, article_id=article_id if given < item.points else None)
        for item, given in zip(items, points, strict=True)
    ]


def test_the_lot_is_the_calls_own(hotline: Hotline, ring: Ring) -> None:
    rule(review_share=0.3)
    ring(*(call("", n, call_id=f"a{n}") for n in range(200)), call("", 3, CallOutcome.ABANDONED, call_id="lost"))
    first = [one.call_id for one in queries.drawn(span())]
    assert 35 < len(first) < 85
    ring(*(call("", n + 0.5, call_id=f"b{n}") for n in range(200)))
    again = [one.call_id for one in queries.drawn(span())]
    assert set(first) <= set(again)
    assert [one for one in again if Call.objects.get(pk=one).call_id.startswith("a")] == first


def test_risk_is_drawn_more_often(hotline: Hotline, ring: Ring) -> None:
    rule(review_share=0.1)
    ring(
        *(call("", n, call_id=f"a{n}") for n in range(300)),
        *(call("", n, call_id=f"w{n}", wait_s=90.0) for n in range(300)),
    )
    found = queries.drawn(span())
    plain, waited = ([one for one in found if ("long_wait" in one.marks) is long] for long in (False, True))
    assert len(waited) > 1.6 * len(plain), "a long wait adds two draws: 27 % against 10 %"


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0), (1.0, 20)])
def test_nothing_and_everything(hotline: Hotline, ring: Ring, share: float, expected: int) -> None:
    rule(review_share=share, double_share=share)
    ring(*(call("", n, call_id=f"a{n}") for n in range(20)))
    found = queries.drawn(span())
    assert len(found) == expected
    assert all(one.scorers_wanted == 2 for one in found)


@pytest.mark.parametrize(
    ("kind", "text", "marked"),
    [(NoteKind.COMPLAINT, "x", True), (NoteKind.ENQUIRY, "要打12398", True), (NoteKind.ENQUIRY, "问电费", False)],
)
def test_a_grievance_is_a_mark(hotline: Hotline, ring: Ring, kind: NoteKind, text: str, marked: bool) -> None:
    rule(review_share=1.0)
    ring(call("13800000001", 0, call_id="c"))
    entry = actions.NoteEntry(text=text, kind=kind)
    key: dict[str, Any] = {"exchange_id": hotline.exchange.pk, "call_id": "c", "number": "13800000001"}
    actions.keep_note(**key, entry=entry, **SYSTEM)
    assert ("grievance" in queries.drawn(span())[0].marks) is marked


def test_points_and_what_ought_to_have_been_known(
    hotline: Hotline, world: World, ring: Ring, sheet: ReviewSheet
) -> None:
    ring(call("", 0))
    row = Call.objects.get()
    assert row.agent is not None
    row.agent.user = hotline.agent
    row.agent.save()
    article = Article.objects.create(unit=world.lamp)
    told = scores(sheet, 40, 20, article_id=article.pk)
    review = actions.review_call(call_id=row.pk, scores=told, note="", **SYSTEM)
    assert (review.points, review.most_points) == (60, 100)
    assert [one.fact.article_ids for one in ledger.facts(classes=[CallReviewed])] == [(article.pk,)]
    found = ledger.facts(classes=[MistakeFound])[0].fact
    assert (found.article_id, found.what, found.username) == (article.pk, "答复正确", "he")
    with pytest.raises(ValueError, match="once"):
        actions.review_call(call_id=row.pk, scores=told, note="", **SYSTEM)


def test_scores_that_do_not_fit(hotline: Hotline, ring: Ring, sheet: ReviewSheet) -> None:
    ring(call("", 0), call("", 1, CallOutcome.ABANDONED), call("", -1440, call_id="before the sheet"))
    answered, lost = Call.objects.get(entered_at=AT), Call.objects.get(outcome=CallOutcome.ABANDONED)
    before = Call.objects.get(call_id="before the sheet")
    good = scores(sheet, 40, 60)
    for told in ([], good[:1], [good[0], good[0]], scores(sheet, 41, 60), scores(sheet, -1, 60)):
        with pytest.raises(ValueError, match=r"every item|points"):
            actions.review_call(call_id=answered.pk, scores=told, note="", **SYSTEM)
    full = [ItemScore(item_id=one.item_id, points=one.points, article_id=1) for one in good]
    with pytest.raises(ValueError, match="points were lost"):
        actions.review_call(call_id=answered.pk, scores=full, note="", **SYSTEM)
    with pytest.raises(ValueError, match="nothing to score"):
        actions.review_call(call_id=lost.pk, scores=good, note="", **SYSTEM)
    with pytest.raises(ValueError, match="every item"):
        actions.review_call(call_id=before.pk, scores=good, note="", **SYSTEM)


def test_a_score_is_put_right_and_the_one_before_stays(
    hotline: Hotline, world: World, ring: Ring, sheet: ReviewSheet
) -> None:
    ring(call("", 0))
    row, article = Call.objects.get(), Article.objects.create(unit=world.lamp)
    first = actions.review_call(
        call_id=row.pk, scores=scores(sheet, 40, 20, article_id=article.pk), note="", at=AT, actor="jiang"
    )
    told: dict[str, Any] = {"scores": scores(sheet, 30, 50, article_id=article.pk), "note": "", "at": AT}
    for wrong in ({"actor": "chen", "reason": "x"}, {"actor": "jiang", "reason": " "}):
        with pytest.raises(ValueError, match="say why"):
            actions.correct_review(review_id=first.pk, **told, **wrong)
    second = actions.correct_review(review_id=first.pk, actor="jiang", reason="看错行", **told)
    with pytest.raises(ValueError, match="last"):
        actions.correct_review(review_id=first.pk, actor="jiang", reason="x", **told)
    assert [(one.points, bool(one.replaced_at), one.reason) for one in queries.reviews_of(row)] == [
        (60, True, ""),
        (80, False, "看错行"),
    ]
    fact = ledger.facts(classes=[ReviewCorrected])[0].fact
    assert (fact.corrected_id, fact.review_id, fact.points, fact.reason) == (first.pk, second.pk, 80, "看错行")
    whats = [one.fact.what for one in ledger.facts(classes=[MistakeFound])]
    assert whats == ["答复正确", "用语文明"], "a mistake that was told already is not told again"
    actions.review_call(call_id=row.pk, scores=scores(sheet, 40, 60), note="", at=AT, actor="chen")
    told_of = queries.reviews_within([str(hotline.exchange.unit.path)], span=span())
    assert queries.drifts(told_of)[0].mean_distance_share == pytest.approx(0.4), "the first score was given unseen"


def test_how_far_scorers_differ(hotline: Hotline, ring: Ring, sheet: ReviewSheet) -> None:
    ring(call("", 0, call_id="a"), call("", 1, call_id="b"), call("", 2, call_id="alone"))
    given = {"a": {"jiang": (40, 60), "chen": (30, 50)}, "b": {"jiang": (40, 40), "chen": (40, 50)}}
    for call_id, told in (given | {"alone": {"jiang": (0, 0)}}).items():
        for scorer, points in told.items():
            row = Call.objects.get(call_id=call_id)
            actions.review_call(call_id=row.pk, scores=scores(sheet, *points), note="", at=AT, actor=scorer)
    told_of = queries.reviews_within([str(hotline.exchange.unit.path)], span=span())
    found = {one.scorer: one for one in queries.drifts(told_of)}
    assert found["jiang"].call_count == 2
    assert found["jiang"].mean_difference_share == pytest.approx(0.05)
    assert found["chen"].mean_difference_share == pytest.approx(-0.05)
    assert found["chen"].mean_distance_share == pytest.approx(0.15)


def test_a_sheet_by_which_calls_were_scored_stays(hotline: Hotline, ring: Ring, sheet: ReviewSheet) -> None:
    told: dict[str, Any] = {"name": "新表", "source": "x", **SYSTEM}
    again = actions.set_review_sheet(from_date=DAY, items=ITEMS, **told)
    ring(call("", 0))
    actions.review_call(call_id=Call.objects.get().pk, scores=scores(again, 40, 60), note="", **SYSTEM)
    with pytest.raises(ValueError, match="another"):
        actions.set_review_sheet(from_date=DAY, items=ITEMS, **told)
    for items in ([], [("x", 0)]):
        with pytest.raises(ValueError, match="worth something"):
            actions.set_review_sheet(from_date=DAY + timedelta(days=1), items=items, **told)


def test_pages(hotline: Hotline, world: World, ring: Ring) -> None:
    rule(review_share=1.0, double_share=1.0)
    ring(call("13800000077", 0))
    row, leader = Call.objects.get(), signed_in(hotline.leader)
    address, month = reverse("hotline:review", args=[row.pk]), {"month": "2026-05"}
    empty = leader.get(address).content.decode()
    assert "答复内容正确" in empty, "there is a sheet from the beginning"
    assert not re.findall(r'<input type="number"[^>]* value=', empty), "nothing is given before somebody gives it"
    sheets = leader.get(reverse("hotline:review-sheets")).content.decode()
    assert "product default" in sheets
    new = {"from_date": "2026-05-01", "name": "质检表", "items": "用语文明 | 40\n答复 | x", "source": "x"}
    assert leader.post(reverse("hotline:review-sheets"), new).status_code == 422
    assert leader.post(reverse("hotline:review-sheets"), new | {"items": "用语 | 40\n答复 | 60"}).status_code == 302
    assert "0 / 2" in leader.get(reverse("hotline:reviews"), month).content.decode()
    first, second_item = ReviewSheet.objects.get(source="x").items.all()
    good = {f"points-{first.pk}": "31", f"points-{second_item.pk}": "50", "note": "语速快"}
    for wrong in ("61", "x", ""):
        answer = leader.post(address, good | {f"points-{second_item.pk}": wrong})
        assert answer.status_code == 422
        refused = answer.content.decode()
        assert "Put right: 答复</div>" in refused, "the row is named, and no other"
        assert 'value="31"' in refused
        assert "语速快</textarea>" in refused
        assert ("Give this item its points." in refused) is (wrong == "")
    assert leader.post(address, good | {f"article-{first.pk}": "999"}).status_code == 422
    assert leader.post(address, good).status_code == 302
    assert "81 / 100" in leader.get(address).content.decode()
    second = signed_in(world.chen)
    for page in (second.get(address), second.get(reverse("hotline:reviews"), month)):
        assert "81 / 100" not in page.content.decode(), "the second scorer is not told the first score"
    second.post(address, {f"points-{first.pk}": "40", f"points-{second_item.pk}": "60"})
    assert "How far scorers differ" in second.get(reverse("hotline:reviews"), month).content.decode()
    assert leader.post(address, good | {f"points-{first.pk}": "32"}).status_code == 422, "a correction says why"
    assert leader.post(address, good | {f"points-{first.pk}": "32", "reason": "看错行"}).status_code == 302
    shown = leader.get(address).content.decode()
    for words in ("82 / 100", "81 / 100", "看错行", "江月"):
        assert words in shown
    assert "jiang" not in shown.split("<main", 1)[1]
    listed = leader.get(reverse("hotline:reviews"), month).content.decode()
    assert "82 / 100" in listed
    assert "81 / 100" not in listed
    assert signed_in(hotline.agent).get(address).status_code == 403
    assert signed_in(hotline.agent).get(reverse("hotline:reviews")).status_code == 403
