"""Who was asked whether supply is back, and said nothing, is called; what they say goes where messages go."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from denghuo.apps.hotline import actions, queries
from denghuo.apps.hotline.facts import CallBackAnswered, ReporterNumberShown, ReporterTried
from denghuo.apps.ledger import deliveries
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.orders.actions import OrderEntry, open_order
from denghuo.apps.outages.actions import say_back, set_telling_rule
from denghuo.apps.outages.models import Report, ReportState
from tests.apps.hotline.conftest import Hotline
from tests.apps.network.conftest import Switch, after, signed_in, switch
from tests.world import World

__all__ = ["switch"]
NUMBER = "13800000077"


@pytest.fixture
def report(world: World, hotline: Hotline, switch: Switch) -> Report:
    """Somebody at T4 reported, is back by the log at the fourth hour, and was asked then."""
    switch("QL1", "open", 1, "F-1")
    entry = OrderEntry(
        kind="fault",
        topic="no_supply",
        unit_id=world.lamp.pk,
        load_code="T4",
        caller=NUMBER,
        place="柳溪村",
        received_at=after(2),
    )
    open_order(entry=entry, at=after(2), actor="he")
    deliveries.drain()
    switch("QL1", "close", 4, "F-1")
    row = Report.objects.get()
    assert row.state == ReportState.BACK
    Report.objects.filter(pk=row.pk).update(asked_at=after(4))
    return Report.objects.get()


def scope(hotline: Hotline) -> list[str]:
    return [str(hotline.exchange.unit.path)]


def test_nobody_is_called_before_their_time_to_answer_is_over(world: World, hotline: Hotline, report: Report) -> None:
    assert queries.unanswered(scope(hotline), at=after(5.9)) == []
    (found,) = queries.unanswered(scope(hotline), at=after(6))
    assert (found.report, found.number, found.until_at) == (report, "138****0077", after(6))
    assert queries.unanswered([str(world.wick.path)], at=after(6)) == []
    say_back(report_id=report.pk, said_at=after(6), at=after(6), actor="he")
    assert queries.unanswered(scope(hotline), at=after(7)) == []


@pytest.mark.parametrize(("still_out", "state"), [(True, ReportState.ALONE), (False, ReportState.LIT)])
def test_what_they_say_is_the_outages_to_follow(
    hotline: Hotline, report: Report, still_out: bool, state: ReportState
) -> None:
    actions.answer_call_back(report_id=report.pk, still_out=still_out, at=after(7), actor="he")
    deliveries.drain()
    report.refresh_from_db()
    assert (report.state, report.answered_at is not None) == (state, True)
    assert [one.fact.still_out for one in ledger.facts(classes=[CallBackAnswered])] == [still_out]
    with pytest.raises(ValueError, match="already"):
        actions.answer_call_back(report_id=report.pk, still_out=still_out, at=after(8), actor="he")


def test_the_list_and_its_buttons(world: World, hotline: Hotline, report: Report) -> None:
    client, address = signed_in(hotline.agent), reverse("hotline:call-backs")
    shown = client.get(address).content.decode()
    for words in ("1 customer has not said whether supply is back", "138****0077", "F-1", "柳溪村", "Still out"):
        assert words in shown
    assert NUMBER not in shown
    told = client.post(reverse("hotline:reporter-number", args=[report.pk])).content.decode()
    assert f'href="tel:{NUMBER}"' in told
    assert [one.fact.report_id for one in ledger.facts(classes=[ReporterNumberShown])] == [report.pk]
    answer = reverse("hotline:answer-call-back", args=[report.pk])
    assert signed_in(world.bai).post(answer, {"answer": "back"}).status_code in (403, 404)
    assert "Say whether" in client.post(answer, {"answer": "perhaps"}, follow=True).content.decode()
    said = client.post(answer, {"answer": "still_out"}, follow=True).content.decode()
    assert "still without supply" in said
    deliveries.drain()
    assert "have not said whether" not in client.get(address).content.decode()
    report.refresh_from_db()
    assert report.still_out_count == 1
    late = client.post(answer, {"answer": "back"}, follow=True).content.decode()
    assert "They have answered meanwhile." in late


def test_another_exchange_does_not_see_them(world: World, hotline: Hotline, report: Report) -> None:
    other: dict[str, Any] = {"at": after(0), "actor": "test"}
    exchange = actions.open_exchange(unit_id=world.wick.pk, code="wick", name="柳溪总机", **other)
    assert queries.unanswered([str(exchange.unit.path)], at=timezone.now() + timedelta(days=1)) == []
    with pytest.raises(Report.DoesNotExist):
        queries.reporter_for(scope=[str(exchange.unit.path)], report_id=report.pk)


def test_the_rule_of_the_unit_says_how_long_they_may_answer(world: World, hotline: Hotline, report: Report) -> None:
    rule: dict[str, Any] = {"care_answer_within_s": 300, "others_after_s": 180, "ask_within_s": 600}
    rule |= {"remind_before_s": 0, "remind_again_s": 0, "plan_told_before_s": 43_200}
    rule |= {"estimate_share": 0.7, "phone": "95598", "source": "值班长", "from_date": after(0).date()}
    set_telling_rule(unit_id=world.city.pk, **rule, at=after(0), actor="test")
    assert len(queries.unanswered(scope(hotline), at=after(4.2))) == 1
    assert queries.unanswered(scope(hotline), at=after(4.1)) == []


def test_who_is_not_reached_is_tried_as_often_as_the_rule_says(hotline: Hotline, report: Report) -> None:
    actions.try_reporter(report_id=report.pk, at=after(6), actor="he")
    actions.try_reporter(report_id=report.pk, at=after(6), actor="he")
    (found,) = queries.unanswered(scope(hotline), at=after(6.5))
    assert (found.try_count, found.next_at) == (1, after(8)), "told twice in a moment is one try"
    actions.try_reporter(report_id=report.pk, at=after(8), actor="he")
    actions.try_reporter(report_id=report.pk, at=after(10), actor="he")
    assert queries.unanswered(scope(hotline), at=after(11)) == []
    assert [one.fact.done for one in ledger.facts(classes=[ReporterTried])] == [False, False, True]
    actions.answer_call_back(report_id=report.pk, still_out=True, at=after(12), actor="he")


def test_the_page_takes_that_nobody_was_reached(hotline: Hotline, report: Report) -> None:
    client = signed_in(hotline.agent)
    address = reverse("hotline:answer-call-back", args=[report.pk])
    page = client.post(address, {"answer": "no_answer"}, follow=True).content.decode()
    assert "Noted: not reached." in page
    assert "Not reached, 1 of 3 tries" in page
    report.refresh_from_db()
    assert report.answered_at is None
