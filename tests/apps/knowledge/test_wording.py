"""What not to say, and what to say instead."""

from datetime import date
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from denghuo.apps.knowledge import queries
from denghuo.apps.knowledge.actions import (
    WordingEntry,
    lift_wording_rule,
    set_wording_rule,
    take_over_default_wording,
)
from denghuo.apps.knowledge.facts import WordingRuleSet
from denghuo.apps.knowledge.models import WordingRule
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.organization.models import Unit
from tests.apps.knowledge.conftest import DAY, SYSTEM
from tests.world import World


def told(unit: Unit, phrase: str, instead: str, from_date: date = DAY) -> WordingRule:
    entry = WordingEntry(phrase=phrase, instead=instead, reason="", source="班组约定", from_date=from_date)
    return set_wording_rule(unit_id=unit.pk, entry=entry, **SYSTEM)


def held(unit: Unit, on: date = DAY) -> dict[str, str]:
    return {row.phrase: row.instead for row in queries.wording_rules([str(unit.path)], on=on)}


def test_a_rule_holds_from_its_day_below_its_unit(world: World) -> None:
    told(world.city, "不知道", "我来核实")
    assert held(world.lamp) == held(world.city) == {"不知道": "我来核实"}
    assert held(world.lamp, on=date(2026, 4, 30)) == {}
    told(world.wick, "等着", "请稍候")
    assert held(world.lamp) == {"不知道": "我来核实"}


def test_the_nearest_unit_and_the_latest_row_win(world: World) -> None:
    told(world.lamp, "不知道", "站里的话")
    told(world.city, "不知道", "市里的话")
    assert (held(world.lamp), held(world.city)) == ({"不知道": "站里的话"}, {"不知道": "市里的话"})
    told(world.city, "不知道", "以后的话", from_date=date(2026, 6, 1))
    assert held(world.city) == {"不知道": "市里的话"}
    assert held(world.city, on=date(2026, 6, 1)) == {"不知道": "以后的话"}


def test_lifted_from_a_day_on(world: World) -> None:
    rule = told(world.city, "不知道", "我来核实")
    lift_wording_rule(rule_id=rule.pk, from_date=date(2026, 6, 1), **SYSTEM)
    assert held(world.city) == {"不知道": "我来核实"}
    assert held(world.city, on=date(2026, 6, 1)) == {}
    assert queries.wording_rules_seen([str(world.city.path)], on=date(2026, 6, 1)) == []
    assert [one.fact.is_lifted for one in ledger.facts(classes=[WordingRuleSet])] == [False, True]


def check(text: str, **phrases: str) -> list[tuple[str, str]]:
    rules = [WordingRule(pk=number, phrase=one, instead=phrases[one]) for number, one in enumerate(phrases)]
    return [(text[one.start : one.end], one.instead) for one in queries.check_wording(text, rules=rules)]


def test_what_is_found() -> None:
    assert check("这个我不知道，你等着吧。", 不知道="核实", 等着吧="稍候") == [("不知道", "核实"), ("等着吧", "稍候")]
    assert check("不 知　道", 不知道="核实") == [("不 知　道", "核实")]
    assert check("不知道不知道", 不知道="核实") == [("不知道", "核实")] * 2
    assert check("ＯＫ吧", ok="好的") == [("ＯＫ", "好的")]
    assert check("好的", 不知道="核实") == []


def test_of_two_that_overlap_the_longer_counts() -> None:
    assert check("规定就是这样", 规定="甲", 规定就是这样="乙", 这样="丙") == [("规定就是这样", "乙")]


@given(st.text(max_size=80), st.lists(st.text(min_size=1, max_size=6), max_size=5, unique=True))
def test_findings_stand_in_order_apart_and_inside_the_text(text: str, phrases: list[str]) -> None:
    rules = [WordingRule(pk=number, phrase=one) for number, one in enumerate(phrases)]
    found = queries.check_wording(text, rules=rules)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(one.end <= after.start for one, after in pairwise(found))


def test_the_defaults_are_taken_over_once(world: World) -> None:
    told(world.city, "不知道", "市里的话")
    count = take_over_default_wording(unit_id=world.city.pk, from_date=DAY, **SYSTEM)
    assert count >= 12
    assert take_over_default_wording(unit_id=world.city.pk, from_date=DAY, **SYSTEM) == 0
    rules = queries.wording_rules([str(world.lamp.path)], on=DAY)
    assert {row.instead for row in rules if row.phrase == "不知道"} == {"市里的话"}
    assert all("默认" in row.source for row in rules if row.phrase != "不知道")
    assert [one.instead for one in rules if queries.check_wording(one.instead, rules=rules)] == [], "no default offends"
