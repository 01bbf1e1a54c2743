"""Pages of knowledge: they work without script, by forms and links."""

import re
from datetime import date
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from denghuo.apps.knowledge import queries
from denghuo.apps.knowledge.actions import draw_exam, note_mistake, take_over_default_wording
from denghuo.apps.knowledge.models import Article, Paper, Question, QuestionKind, Sitting, Topic, Version, WordingRule
from denghuo.apps.knowledge.templatetags.articles import Span, blocks
from denghuo.apps.organization.models import Role, User
from tests.apps.knowledge.conftest import DAY, SYSTEM, Publish, person
from tests.apps.network.conftest import signed_in
from tests.world import World

FACTS = (("城市抢修到场", "45 分钟"), ("农村抢修到场", "90 分钟"), ("欠费复电", "24 小时"))


def path(name: str, *args: Any) -> str:
    return reverse(f"knowledge:{name}", args=args)


def text(client: Client, name: str, *args: Any, **query: Any) -> str:
    answer = client.get(path(name, *args), query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def article_form(**changes: str) -> dict[str, str]:
    told = {"title": "电子发票", "topic": Topic.BILLING, "body": "绑定户号后下载。", "basis": "指南", "script": ""}
    told |= {"key_facts": "", "keywords": "", "valid_from": "2026-01-01", "valid_until": "", "review_on": ""}
    return told | changes


@pytest.fixture
def paper(world: World, publish: Publish) -> Paper:
    publish("抢修到场", key_facts=FACTS)
    return draw_exam(unit_id=world.city.pk, title="月考", question_count=3, pass_share=1.0, seed=3, on=DAY, **SYSTEM)


def test_searching(world: World, publish: Publish, he: User) -> None:
    version = publish("欠费停电", body="逾期<b>未缴</b>，催交后停电。")
    page = text(signed_in(he), "home", q="催交")
    assert "逾期&lt;b&gt;未缴&lt;/b&gt;，<mark>催交</mark>后停电" in page
    assert path("article", version.article_id) in page
    assert "Nothing found" in text(signed_in(he), "home", q="zzz")
    assert "欠费停电" in text(signed_in(he), "home"), "without a query: the list"


def test_as_it_is_typed_only_what_was_found_is_sent(world: World, publish: Publish, he: User) -> None:
    publish("欠费停电")
    answer = signed_in(he).get(path("home"), {"q": "qf"}, headers={"hx-request": "true"})
    assert "<html" not in answer.content.decode()
    assert "kn-hit" in answer.content.decode()
    assert "HX-Request" in answer.headers["Vary"], "or the browser would show the part in place of the page"


def test_what_does_not_hold_today_only_when_asked(world: World, publish: Publish, he: User) -> None:
    publish("过时的话", valid_until=date(2026, 2, 1))
    client = signed_in(he)
    assert "过时的话" not in text(client, "home") + text(client, "home", q="过时").replace('value="过时"', "")
    assert "过时的话" in text(client, "home", all="on")
    assert "No longer in force" in text(client, "article", Article.objects.get().pk)


@pytest.mark.parametrize(("language", "words"), [("en", "What to say to the caller"), ("zh-hans", "欠费停电")])
def test_an_article(world: World, publish: Publish, he: User, language: str, words: str) -> None:
    version = publish("欠费停电", script="请您先缴费", key_facts=FACTS, body="# 条件\n- **逾期**\n<script>x</script>")
    page = text(signed_in(he, language), "article", version.article_id)
    for told in (words, "请您先缴费", "45 分钟", "<h3>条件</h3>", "<li><strong>逾期</strong></li>", "&lt;script&gt;"):
        assert told in page, told
    assert path("edit", version.article_id) not in page, "an agent reads"


def test_publishing_and_changing(world: World, jiang: User, he: User) -> None:
    client = signed_in(jiang)
    told = article_form(unit=str(world.city.pk), key_facts="先登记什么｜开票信息\n\n 效力 | 与纸质相同 ")
    assert client.post(path("new"), told).status_code == 302
    first = Version.objects.get()
    assert [(one.what, one.answer) for one in first.key_facts.all()] == [
        ("先登记什么", "开票信息"),
        ("效力", "与纸质相同"),
    ]
    assert first.published_by == "jiang"
    assert "开票信息" in text(client, "edit", first.article_id)
    told = article_form(body="交费后下载。", after_number="1", keeps_questions="on")
    assert client.post(path("edit", first.article_id), told).status_code == 302
    assert client.post(path("edit", first.article_id), told).status_code == 422, "written from version 1, which is old"
    page = text(signed_in(he), "version", first.article_id, 2)
    assert re.search(r"<del>.*绑定.*</del>", page)
    assert "<ins>" in page
    assert signed_in(he).get(path("version", first.article_id, 3)).status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"key_facts": "没有答案"}, "key_facts"),
        ({"key_facts": " | 没有问题"}, "key_facts"),
        ({"valid_until": "2026-01-01"}, "valid_until"),
        ({"valid_from": "0002-01-01"}, "valid_from"),
        ({"topic": "weather"}, "topic"),
        ({"unit": "999999"}, "unit"),
    ],
)
def test_what_is_refused(world: World, jiang: User, changes: dict[str, str], field: str) -> None:
    answer = signed_in(jiang).post(path("new"), article_form(unit=str(world.city.pk)) | changes)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert not Version.objects.exists()


def test_what_holds_above_is_read_not_changed(world: World, publish: Publish) -> None:
    keeper = signed_in(person("tang", world.lamp, Role.SHIFT_LEADER))
    key = publish().article_id
    assert keeper.get(path("article", key)).status_code == 200
    told: dict[str, dict[str, str]] = {"edit": article_form(after_number="1"), "withdraw": {}, "reviewed": {}}
    for name, form in told.items():
        assert keeper.post(path(name, key), form).status_code == 404, name
    assert keeper.post(path("note-mistake", key), {"what": "说错了"}).status_code == 302, "but it goes wrong here too"
    assert Version.objects.count() == 1


def test_withdrawing(world: World, publish: Publish, jiang: User) -> None:
    key = publish().article_id
    client = signed_in(jiang)
    told = {"from_date": timezone.localdate().isoformat(), "reason": "文件废止"}
    assert client.post(path("withdraw", key), told).status_code == 302
    assert client.post(path("withdraw", key), told).status_code == 422
    page = text(client, "article", key)
    assert "文件废止" in page
    assert path("edit", key) not in page


def test_reading_again(world: World, publish: Publish, jiang: User) -> None:
    version = publish("该复核的", review_on=date(2026, 1, 1))
    client = signed_in(jiang)
    assert "该复核的" in text(client, "review")
    client.post(path("reviewed", version.article_id), {"next_on": "someday"})
    assert "该复核的" in text(client, "review")
    client.post(path("reviewed", version.article_id), {"next_on": "2099-01-01"})
    assert "该复核的" not in text(client, "review")


def test_noting_a_mistake(world: World, publish: Publish, jiang: User, he: User) -> None:
    key = publish().article_id
    assert signed_in(he).post(path("note-mistake", key), {"what": "x"}).status_code == 403
    signed_in(jiang).post(path("note-mistake", key), {"what": "说成了三天", "reference": "C-1"})
    assert "说成了三天" in text(signed_in(jiang), "article", key)
    assert "× 3.0" in text(signed_in(jiang), "results")


@pytest.mark.parametrize(
    ("told", "right"),
    [
        ({"kind": "single", "options": "*甲\n乙"}, [0]),
        ({"kind": "multiple", "options": "* 甲\n乙\n＊丙"}, [0, 2]),
        ({"kind": "truth", "options": ""}, [1]),
        ({"kind": "truth", "options": "", "is_true": "on"}, [0]),
        ({"kind": "single", "options": "甲\n乙"}, None),
        ({"kind": "single", "options": "*甲\n*乙"}, None),
        ({"kind": "multiple", "options": "*甲"}, None),
    ],
)
def test_authoring_a_question(
    world: World, publish: Publish, jiang: User, told: dict[str, str], right: list[int] | None
) -> None:
    key = publish().article_id
    client = signed_in(jiang)
    answer = client.post(path("new-question", key), {"text": "问", "explanation": ""} | told)
    assert answer.status_code == (422 if right is None else 302)
    assert [one.right for one in Question.objects.all()] == ([] if right is None else [right])
    for question in Question.objects.all():
        client.post(path("withdraw-question", question.pk))
        assert "Ask no more" not in text(client, "article", key)


def test_an_agent_does_not_see_the_questions(world: World, publish: Publish, jiang: User, he: User) -> None:
    version = publish()
    signed_in(jiang).post(
        path("new-question", version.article_id),
        {"kind": QuestionKind.TRUTH, "text": "考题原文", "options": "", "explanation": ""},
    )
    assert "考题原文" in text(signed_in(jiang), "article", version.article_id)
    assert "考题原文" not in text(signed_in(he), "article", version.article_id)


def test_drawing_an_exam(world: World, publish: Publish, jiang: User, he: User) -> None:
    publish("抢修到场", key_facts=FACTS)
    told = {"unit": str(world.city.pk), "title": "月考", "question_count": "3", "pass_percent": "60", "seed": ""}
    client = signed_in(jiang)
    assert client.post(path("draw"), told | {"question_count": "4"}).status_code == 422
    assert client.post(path("draw"), told).status_code == 302
    assert Paper.objects.get().pass_count == 2
    assert "To sit" in text(signed_in(he), "exams")


def test_sitting_an_exam(world: World, paper: Paper, he: User, jiang: User) -> None:
    client = signed_in(he)
    page = text(client, "sit", paper.pk)
    assert page.count('type="radio"') == 12
    told = {f"q{one.pk}": str(one.right[0]) for one in queries.questions_of(paper)}
    first = queries.questions_of(paper)[0]
    told[f"q{first.pk}"] = str((first.right[0] + 1) % 4)
    answer = client.post(path("sit", paper.pk), told)
    sitting = Sitting.objects.get()
    assert answer.headers["Location"] == path("result", sitting.pk)
    again = client.post(path("sit", paper.pk), {})
    assert again.headers["Location"] == path("result", sitting.pk), "sat once"
    page = text(client, "result", sitting.pk)
    assert "Not passed" in page
    assert path("article", first.version.article_id) in page, "the way to what would have been right"
    assert "Not passed" in text(client, "exams")
    assert path("result", sitting.pk) in text(signed_in(jiang), "results")
    other = person("lan", world.lamp, Role.AGENT)
    assert signed_in(other).get(path("result", sitting.pk)).status_code == 404


@pytest.mark.parametrize("value", ["9", "-1", "x", "", "99999999999", "¹"])
def test_an_answer_that_there_is_not_is_left_open(world: World, paper: Paper, he: User, value: str) -> None:
    told = {f"q{one.pk}": value for one in queries.questions_of(paper)}
    client = signed_in(he)
    asked = client.post(path("sit", paper.pk), told)
    assert asked.status_code == 422, "an exam is sat once: what is open is asked about"
    assert f"{len(told)} questions are still open" in asked.content.decode()
    assert not Sitting.objects.exists()
    assert client.post(path("sit", paper.pk), {**told, "sure": "yes"}).status_code == 302
    assert Sitting.objects.get().right_count == 0


def test_an_exam_of_another_unit_is_not_there(world: World, publish: Publish, he: User) -> None:
    publish("柳溪的", unit=world.wick, key_facts=FACTS)
    of_wick = draw_exam(unit_id=world.wick.pk, title="站考", question_count=1, pass_share=1.0, seed=3, on=DAY, **SYSTEM)
    assert signed_in(he).get(path("sit", of_wick.pk)).status_code == 404
    assert "站考" not in text(signed_in(he), "exams")


def test_wording(world: World, jiang: User, he: User) -> None:
    client = signed_in(jiang)
    assert "Take over the defaults" in text(client, "wording")
    assert client.post(path("default-rules")).status_code == 302
    page = text(signed_in(he), "wording", text="<i>这个我不知道</i>")
    assert "&lt;i&gt;这个我<mark>不知道</mark>&lt;/i&gt;" in page
    assert "Nothing against it" in text(signed_in(he), "wording", text="请您稍候")
    rule = WordingRule.objects.get(phrase="不知道")
    told = {"phrase": "别的", "instead": "我来核实", "reason": "", "source": "班会", "from_date": "2026-01-01"}
    assert client.post(path("rule", rule.pk), told).status_code == 302
    assert not WordingRule.objects.filter(phrase="别的").exists(), "the phrase stays"
    told |= {"unit": str(world.city.pk), "phrase": "新的", "from_date": timezone.localdate().isoformat()}
    assert client.post(path("new-rule"), told).status_code == 302
    client.post(path("lift-rule", WordingRule.objects.get(phrase="新的").pk))
    assert "新的" not in text(client, "wording")


def test_rules_from_above_are_kept_above(world: World) -> None:
    take_over_default_wording(unit_id=world.city.pk, from_date=DAY, **SYSTEM)
    keeper = signed_in(person("tang", world.lamp, Role.SHIFT_LEADER))
    rule = WordingRule.objects.order_by("pk")[0]
    assert keeper.get(path("rule", rule.pk)).status_code == 404
    assert keeper.post(path("lift-rule", rule.pk)).status_code == 404
    assert path("rule", rule.pk) not in text(keeper, "wording")


def test_results_show_a_dash_for_what_was_never_asked(world: World, publish: Publish, jiang: User) -> None:
    note_mistake(article_id=publish().article_id, what="说错", **SYSTEM)
    assert re.search(r'<td class="dh-num">0</td><td class="dh-num">–</td>', text(signed_in(jiang), "results"))


def test_blocks() -> None:
    told = "# 标题\n一段\n接着\n\n另一段\n- 甲\n- **乙**丙\n1. 子\n2、丑\n45.5 元不是列表"
    found = [(block.kind, len(block.lines)) for block in blocks(told)]
    assert found == [
        ("heading", 1),
        ("paragraph", 2),
        ("paragraph", 1),
        ("bullets", 2),
        ("numbers", 2),
        ("paragraph", 1),
    ]
    assert blocks("- **乙**丙")[0].lines[0] == [Span("乙", stressed=True), Span("丙")]
    assert blocks("") == []
    assert "<b>" not in render_to_string("knowledge/body.html", {"text": "**<b>**\n- <b>"})
