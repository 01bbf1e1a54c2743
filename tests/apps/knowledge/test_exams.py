"""Questions, exams drawn from what went wrong, and what came of them."""

from collections import Counter
from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from django.db import IntegrityError, transaction

from denghuo.apps.knowledge import queries
from denghuo.apps.knowledge.actions import (
    QuestionEntry,
    TooFewQuestionsError,
    author_question,
    draw_exam,
    follow_mistake,
    note_mistake,
    publish_version,
    sit_exam,
    withdraw_question,
)
from denghuo.apps.knowledge.facts import ExamDrawn, ExamSat, MistakeNoted
from denghuo.apps.knowledge.models import Paper, QuestionKind
from denghuo.apps.knowledge.queries.questions import Asked, Source, drawn, measure_of, wrong_answers
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.organization.models import Unit, User
from tests.apps.knowledge.conftest import DAY, SYSTEM, Publish, entry
from tests.world import AT, World

FACTS = {
    "抢修到场": (("城市抢修到场", "45 分钟"), ("农村抢修到场", "90 分钟")),
    "复电": (("欠费复电", "24 小时"),),
    "校验": (("电表校验", "5 个工作日"),),
}


@pytest.fixture
def articles(publish: Publish) -> dict[str, int]:
    """Three articles with key facts, by title."""
    return {title: publish(title, key_facts=facts).article_id for title, facts in FACTS.items()}


def draw(unit: Unit, *, count: int = 4, share: float = 0.75, seed: int = 7) -> Paper:
    return draw_exam(unit_id=unit.pk, title="月考", question_count=count, pass_share=share, seed=seed, on=DAY, **SYSTEM)


def asked(paper: Paper) -> list[tuple[str, list[str], list[int]]]:
    return [(one.text, one.options, one.right) for one in queries.questions_of(paper)]


def test_questions_are_made_of_key_facts(world: World, articles: dict[str, int]) -> None:
    paper = draw(world.lamp)
    right = {one.text: one.options[one.right[0]] for one in queries.questions_of(paper)}
    assert right == {f"{what}：____": answer for facts in FACTS.values() for what, answer in facts}
    for one in queries.questions_of(paper):
        assert len(one.options) == len(set(one.options)) == 4
        assert {measure_of(option) for option in one.options} == {"time"}
        assert one.is_made


def test_the_same_seed_draws_the_same_paper(world: World, articles: dict[str, int]) -> None:
    assert asked(draw(world.city, count=3, seed=1)) == asked(draw(world.city, count=3, seed=1))
    papers = {str(asked(draw(world.city, count=3, seed=seed))) for seed in range(8)}
    assert len(papers) > 1
    assert [one.fact.seed for one in ledger.facts(classes=[ExamDrawn])][:2] == [1, 1]


def test_a_paper_keeps_what_it_asked(world: World, articles: dict[str, int]) -> None:
    paper = draw(world.city)
    before = asked(paper)
    new = entry("复电", key_facts=(("欠费复电", "12 小时"),))
    publish_version(article_id=articles["复电"], after_number=1, keeps_questions=False, entry=new, **SYSTEM)
    assert asked(paper) == before
    later = {one.text: one.options[one.right[0]] for one in queries.questions_of(draw(world.city))}
    assert later["欠费复电：____"] == "12 小时"


def test_too_few(world: World, articles: dict[str, int]) -> None:
    with pytest.raises(TooFewQuestionsError) as told:
        draw(world.lamp, count=5)
    assert told.value.available == 4
    assert not Paper.objects.exists()


def test_only_what_holds_in_the_unit_is_asked(world: World, articles: dict[str, int], publish: Publish) -> None:
    publish("站里的", unit=world.wick, key_facts=(("值班电话响几声接", "3 声"),))
    with pytest.raises(TooFewQuestionsError):
        draw(world.lamp, count=5)
    assert draw(world.wick, count=5).question_count == 5


def test_authored_questions(world: World, publish: Publish) -> None:
    version = publish()
    several = QuestionEntry(
        kind=QuestionKind.MULTIPLE, text="哪些要有记录", options=("催交", "通知", "天气"), right=(0, 1)
    )
    question = author_question(version_id=version.pk, entry=several, **SYSTEM)
    (row,) = queries.questions_of(draw(world.city, count=1))
    assert ({row.options[place] for place in row.right}, row.is_made) == ({"催交", "通知"}, False)
    withdraw_question(question_id=question.pk, **SYSTEM)
    with pytest.raises(TooFewQuestionsError):
        draw(world.city, count=1)


@pytest.mark.parametrize(
    ("kind", "options", "right"),
    [
        (QuestionKind.SINGLE, ("一",), (0,)),
        (QuestionKind.SINGLE, ("一", "二"), ()),
        (QuestionKind.SINGLE, ("一", "二"), (0, 1)),
        (QuestionKind.MULTIPLE, ("一", "二"), (2,)),
        (QuestionKind.TRUTH, (), (0, 1)),
    ],
)
def test_a_question_that_nobody_could_answer_is_none(
    kind: QuestionKind, options: tuple[str, ...], right: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="question"):
        QuestionEntry(kind=kind, text="?", options=options, right=right)


@pytest.mark.parametrize(
    ("answer", "measure"),
    [
        ("45 分钟", "time"),
        ("5 个工作日", "time"),
        ("24小时内", "time"),
        ("3 天", "time"),
        ("0.05 元", "money"),
        ("每日 1‰", "share"),
        ("±2%", "share"),
        ("198 伏", "#伏"),
        ("3 次", "#次"),
        ("结清电费", "text"),
    ],
)
def test_answers_of_one_kind(answer: str, measure: str) -> None:
    assert measure_of(answer) == measure


def test_no_wrong_answer_is_right() -> None:
    assert wrong_answers(["45 分钟"], ["45分钟", "四十五", "45 分钟以内", "90 分钟"])[:2] == ["四十五", "90 分钟"]
    assert wrong_answers(["24 小时", "12 小时"], ["12小时", "6 小时"])[0] == "6 小时"
    assert wrong_answers(["结清电费"], []) == []
    assert wrong_answers(["1 次"], []) == ["2 次", "3 次", "4 次"]


def source(article_id: int, text: str) -> Source:
    told = Asked(
        article_id=article_id,
        version_id=article_id,
        is_made=False,
        kind="truth",
        text=text,
        options=(),
        right=(0,),
        explanation="",
    )
    return Source(asked=told)


def test_an_article_is_drawn_by_its_weight_however_many_questions_it_has() -> None:
    """Article 1 has ten questions, the others one; 2 weighs three times as much."""
    sources = [*(source(1, f"q{number}") for number in range(10)), source(2, "b"), source(3, "c")]
    rng = np.random.default_rng(5)
    firsts = Counter(drawn(sources, count=1, weights={2: 3.0}, rng=rng)[0].article_id for _ in range(4_000))
    # 1 : 3 : 1, each within four standard deviations of a binomial share.
    for article_id, share in ((1, 0.2), (2, 0.6), (3, 0.2)):
        assert firsts[article_id] / 4_000 == pytest.approx(share, abs=4 * (share * (1 - share) / 4_000) ** 0.5)
    everything = drawn(sources, count=12, weights={}, rng=rng)
    assert len({one.text for one in everything}) == 12, "nothing is put back"


def answers(paper: Paper, *, wrong: int = 0) -> dict[int, list[int]]:
    """Every question right, but for so many from the beginning."""
    return {
        one.pk: [(one.right[0] + 1) % 4] if place < wrong else one.right
        for place, one in enumerate(queries.questions_of(paper))
    }


@pytest.mark.parametrize(("wrong", "passed"), [(0, True), (1, True), (2, False)])
def test_sitting_an_exam(world: World, articles: dict[str, int], he: User, wrong: int, passed: bool) -> None:
    paper = draw(world.lamp)
    sitting = sit_exam(paper_id=paper.pk, user_id=he.pk, chosen=answers(paper, wrong=wrong), at=AT, actor="he")
    assert (sitting.right_count, sitting.question_count, sitting.passed) == (4 - wrong, 4, passed)
    assert [row.is_right for row in queries.answered(sitting)] == [place >= wrong for place in range(4)]
    (fact,) = (one.fact for one in ledger.facts(classes=[ExamSat]))
    assert (fact.username, fact.right_count, fact.passed) == ("he", 4 - wrong, passed)


def test_a_pass_mark_is_a_whole_number_of_questions(world: World, articles: dict[str, int]) -> None:
    assert [draw(world.city, count=4, share=share).pass_count for share in (0.75, 0.8, 1.0, 0.01)] == [3, 4, 4, 1]
    told = [draw(world.city, count=count, share=0.6).pass_count for count in (1, 2, 3)]
    assert told == [1, 2, 2]


def test_once_and_for_all(world: World, articles: dict[str, int], he: User) -> None:
    paper = draw(world.lamp)
    sit_exam(paper_id=paper.pk, user_id=he.pk, chosen={}, at=AT, actor="he")
    with pytest.raises(IntegrityError), transaction.atomic():
        sit_exam(paper_id=paper.pk, user_id=he.pk, chosen=answers(paper), at=AT, actor="he")
    sitting = queries.sitting_of(paper_id=paper.pk, user_id=he.pk)
    assert sitting is not None
    assert (sitting.right_count, [row.is_open for row in queries.answered(sitting)]) == (0, [True] * 4)


def test_several_answers_are_right_together_or_not_at_all(
    world: World, publish: Publish, he: User, jiang: User
) -> None:
    several = QuestionEntry(kind=QuestionKind.MULTIPLE, text="?", options=("甲", "乙", "丙"), right=(0, 2))
    author_question(version_id=publish().pk, entry=several, **SYSTEM)
    paper = draw(world.lamp, count=1, share=1.0)
    (row,) = queries.questions_of(paper)
    half = sit_exam(paper_id=paper.pk, user_id=he.pk, chosen={row.pk: row.right[:1]}, at=AT, actor="he")
    twice = [*row.right, row.right[0]]
    both = sit_exam(paper_id=paper.pk, user_id=jiang.pk, chosen={row.pk: twice}, at=AT, actor="jiang")
    assert (half.passed, both.passed) == (False, True)


def test_what_went_wrong_weighs_more_and_is_forgotten(world: World, articles: dict[str, int], he: User) -> None:
    assert queries.weights_of(at=AT) == {}
    note_mistake(article_id=articles["复电"], what="说成了三天", username="he", reference="T-1", **SYSTEM)
    assert queries.weights_of(at=AT) == {articles["复电"]: pytest.approx(3.0)}
    later = queries.weights_of(at=AT + timedelta(days=90))
    assert later[articles["复电"]] == pytest.approx(1 + np.log2(2.5))
    paper = draw(world.lamp)
    wrong = {one.pk: [] for one in queries.questions_of(paper)}
    sit_exam(paper_id=paper.pk, user_id=he.pk, chosen=wrong, at=AT, actor="he")
    weights = queries.weights_of(at=AT)
    assert weights[articles["校验"]] == pytest.approx(2.0)
    assert weights[articles["抢修到场"]] == pytest.approx(1 + np.log2(3))


def test_a_mistake_found_elsewhere_is_followed(world: World, articles: dict[str, int]) -> None:
    for article_id in (None, articles["复电"]):
        fact = SimpleNamespace(article_id=article_id, what="说错了", username="he", reference="C-9")
        follow_mistake(fact, at=AT, actor="jiang", delivery_key="1")
    (noted,) = (one.fact for one in ledger.facts(classes=[MistakeNoted]))
    assert (noted.article_id, noted.reference) == (articles["复电"], "C-9")


def test_results_by_person_and_by_article(world: World, articles: dict[str, int], he: User, jiang: User) -> None:
    paper = draw(world.lamp)
    sit_exam(paper_id=paper.pk, user_id=he.pk, chosen=answers(paper, wrong=3), at=AT, actor="he")
    sit_exam(paper_id=paper.pk, user_id=jiang.pk, chosen=answers(paper), at=AT, actor="jiang")
    scope = [str(world.city.path)]
    people = [(row.user.username, row.passed_count, row.right_share) for row in queries.results_by_person(scope)]
    assert people == [("he", 0, 0.25), ("jiang", 1, 1.0)]
    by_title = {row.version.title: row for row in queries.results_by_article(scope, at=AT)}
    assert {title: row.asked_count for title, row in by_title.items()} == {"抢修到场": 4, "复电": 2, "校验": 2}
    assert sum(row.wrong_count for row in by_title.values()) == 3
    assert queries.results_by_person([str(world.wick.path)]) == []
    assert [one.paper for one in queries.sittings_of(he.pk)] == [paper]
