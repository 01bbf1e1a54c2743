"""Finding the answer while somebody waits on the line. On SQLite and on PostgreSQL the same is found."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from denghuo.apps.knowledge import queries
from denghuo.apps.knowledge.actions import index_texts, publish_version, withdraw_article
from denghuo.apps.knowledge.models import Topic
from denghuo.apps.knowledge.queries import full_text
from denghuo.apps.knowledge.queries.full_text import Term, initials_of, terms_of
from denghuo.apps.knowledge.queries.highlights import highlighted, snippet, spans_of
from tests.apps.knowledge.conftest import DAY, SYSTEM, Publish, entry
from tests.world import World

OPERATORS = ['"', "'", "AND", "NOT 复电", "OR OR", "NEAR(欠费, 2)", "title:欠费", "欠*费", "^欠费", "(((", "a & b | !c"]
NOTHING = ["", "   ", "\x00", "\ud800", "%", "_", "\\", "😀", "--;", "<->", ":*", "\u202e", "\u0964", "'" * 10_000]
ANYTHING = [*OPERATORS, "; DROP TABLE", "e\u0301", "ﷺ", "复电" * 2_500, "x y " * 2_500, "电\x00费"]


@pytest.fixture
def articles(publish: Publish) -> None:
    publish("欠费停电", body="逾期并催交后仍未缴清，可以停电。", keywords="停我的电", key_facts=(("逾期", "30 天"),))
    publish("交清以后恢复供电", topic=Topic.SERVICE_REQUEST, body="到账以后复电，二十四小时内完成。拨打95598。")
    publish("怀疑电能表不准", topic=Topic.METERING, body="受理校验，表计误差超出范围的退补。ＱＦ１２开关与10kV线路。")
    publish("停电报修", topic=Topic.FAULT_REPORT, body="先查公告再派单，欠费的另外处理。")


def titles(world: World, query: str, **told: object) -> list[str]:
    found = queries.search([str(world.lamp.path)], query=query, **({"on": DAY} | told))  # type: ignore[arg-type]
    return [hit.version.title for hit in found]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("复电", "交清以后恢复供电"),
        ("欠费", "欠费停电"),
        ("表计", "怀疑电能表不准"),
        ("停我", "欠费停电"),
        ("逾期 30天", "欠费停电"),
        ("qf", "欠费停电"),
        ("Tdbx", "停电报修"),
        ("tdbx", "停电报修"),
        ("bx", "停电报修"),
        ("95598", "交清以后恢复供电"),
        ("955", "交清以后恢复供电"),
        ("qf12", "怀疑电能表不准"),
        ("ｑｆ１２", "怀疑电能表不准"),
        ("10KV", "怀疑电能表不准"),
        ("10 kv", "怀疑电能表不准"),
        ("欠", "欠费停电"),
    ],
)
def test_found(world: World, articles: None, query: str, first: str) -> None:
    assert titles(world, query)[0] == first


def test_a_whole_question_is_answered(world: World, articles: None) -> None:
    assert set(titles(world, "欠费停电以后多久能够复电啊")[:2]) == {"欠费停电", "交清以后恢复供电"}


def test_what_stands_in_the_title_goes_before_what_stands_in_the_text(world: World, articles: None) -> None:
    assert titles(world, "欠费") == ["欠费停电", "停电报修"]


def test_every_two_characters_of_a_text_find_it(world: World, publish: Publish) -> None:
    """However the text is cut into words."""
    text = "低压居民用户更名过户须结清电费"
    publish("办理", body=text)
    missed = [text[at : at + 2] for at in range(len(text) - 1) if titles(world, text[at : at + 2]) != ["办理"]]
    assert missed == []


def test_as_it_is_typed(world: World, articles: None) -> None:
    for typed in ("欠", "欠费", "欠费停", "欠费停电"):
        assert titles(world, typed)[0] == "欠费停电", typed


def test_those_that_hold_every_word_go_first(world: World, articles: None) -> None:
    assert titles(world, "停电 公告")[0] == "停电报修"
    assert set(titles(world, "停电 公告")) == {"停电报修", "欠费停电"}
    assert titles(world, "停电 火星") == titles(world, "停电"), "a word that nobody wrote takes nothing away"


def test_only_what_holds_on_the_day(world: World, publish: Publish) -> None:
    first = publish("旧话", body="复电")
    publish_version(
        article_id=first.article_id,
        after_number=1,
        keeps_questions=False,
        entry=entry("新话", body="复电", valid_from=date(2026, 6, 1)),
        **SYSTEM,
    )
    gone = publish("撤回的", body="复电")
    withdraw_article(article_id=gone.article_id, from_date=DAY, reason="废止", **SYSTEM)
    assert titles(world, "复电") == ["旧话"]
    assert titles(world, "复电", on=date(2026, 6, 1)) == ["新话"]
    assert set(titles(world, "复电", on=None)) == {"新话", "撤回的"}


def test_only_what_holds_in_the_unit_and_of_the_topic(world: World, publish: Publish) -> None:
    publish("柳溪的复电", unit=world.wick)
    publish("城市的复电", topic=Topic.BILLING)
    assert titles(world, "复电") == ["城市的复电"]
    assert titles(world, "复电", topic=Topic.ARREARS) == []


def test_no_more_than_asked(world: World, publish: Publish) -> None:
    for number in range(4):
        publish(f"复电{number}")
    assert len(titles(world, "复电", at_most=3)) == 3


@pytest.mark.parametrize("query", ANYTHING)
def test_any_text_is_a_query(world: World, articles: None, query: str) -> None:
    assert len(set(titles(world, query))) <= 4
    assert "怀疑电能表不准" in titles(world, f"表计 {query}"), "and hides nothing of what stands beside it"


@pytest.mark.parametrize("query", NOTHING)
def test_without_a_word_nothing_is_found(world: World, articles: None, query: str) -> None:
    assert titles(world, query) == []


@given(st.text(max_size=60))
def test_words_need_no_escaping(text: str) -> None:
    words = [
        *full_text.words_of(text),
        *full_text.pairs_of(text),
        *initials_of(text),
        *(term.word for term in terms_of(text)),
    ]
    assert [word for word in words if not all(one.isalnum() or not one.isascii() for one in word)] == []
    assert not any(set(word) & set("'\"\\: &|!<>()*\x00") or word.isspace() or not word for word in words)


def test_terms() -> None:
    assert terms_of("欠费停电") == [Term("欠费"), Term("停电")]
    assert terms_of("ＱＦ１２") == [Term("qf", is_open=True), Term("12", is_open=True)]
    assert terms_of("的") == [Term("的", is_open=True)], "alone it is all there is to look for"
    assert Term("的") not in terms_of("电表的误差")
    assert len(terms_of("".join(f"{number} " for number in range(1000)))) <= 12


def test_initials_of_every_place_in_a_title() -> None:
    assert initials_of("欠费停电") == ["qftd", "ftd", "td", "d"]
    assert initials_of("95598 ABC") == []


def test_the_index_can_be_written_anew(world: World, articles: None) -> None:
    before = titles(world, "欠费")
    full_text.clear()
    assert titles(world, "欠费") == []
    assert index_texts(**SYSTEM) == 4
    assert titles(world, "欠费") == before


def test_a_text_kept_again_replaces_the_one_before(world: World, publish: Publish) -> None:
    version = publish("甲", body="复电")
    full_text.put([full_text.Text(version_id=version.pk, title="甲", keywords="", text="表计")])
    assert (titles(world, "复电"), titles(world, "表计")) == ([], ["甲"])


def test_hits_are_marked_where_they_stand() -> None:
    assert spans_of("开关ＱＦ１２跳闸", terms_of("qf12 跳闸")) == [(2, 8)]
    pieces = highlighted("欠费停电<b>", terms_of("停电"))
    assert [(piece.text, piece.is_hit) for piece in pieces] == [("欠费", False), ("停电", True), ("<b>", False)]


@given(st.text(max_size=300), st.text(max_size=10), st.integers(20, 120))
def test_a_snippet_is_a_stretch_of_the_text(text: str, query: str, length: int) -> None:
    pieces = snippet(text, terms_of(query), length=length)
    told = "".join(piece.text for piece in pieces if piece.text != "…")
    flat = " ".join(text.split())
    assert told in flat or "…" in flat
    assert len(told) <= length
    assert "".join(piece.text for piece in highlighted(text, terms_of(query))) == text


def test_a_snippet_shows_the_place() -> None:
    text = "前言" * 60 + "这里写着复电时限。" + "后话" * 60
    pieces = snippet(text, terms_of("复电"), length=60)
    assert [piece.text for piece in pieces if piece.is_hit] == ["复电"]
    assert (pieces[0].text, pieces[-1].text) == ("…", "…")
