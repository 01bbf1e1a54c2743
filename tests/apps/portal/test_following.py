"""Where a report stands, for whoever made it and nobody else."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation
from pytest_django import Settings

from denghuo.apps.customers.actions import AccountEntry, open_account
from denghuo.apps.customers.queries.spots import sticker_code
from denghuo.apps.ledger import deliveries
from denghuo.apps.orders.actions import give_promise, merge_orders, set_order_rule, take_step
from denghuo.apps.orders.models import Order, PromiseOf
from denghuo.apps.orders.queries import clocks_of
from denghuo.apps.outages.models import Outage, Report, ReportState
from denghuo.apps.outages.queries import report_of_order
from denghuo.apps.portal.queries import standing_of, token_of
from denghuo.apps.portal.templatetags.portal import due_text
from tests.apps.network.conftest import Switch
from tests.apps.portal.conftest import sent
from tests.world import AT, World

WHERE = "/report/where/"


def step(row: Order, name: str, **told: Any) -> None:
    row.refresh_from_db()
    take_step(order_id=row.pk, step=name, at=max(row.received_at, row.opened_at), actor="lin", **told)


def say(stranger: Client, where: str, word: str) -> int:
    answer = stranger.post(f"{where}say/", {"says": word})
    deliveries.drain()
    return answer.status_code


@pytest.fixture
def mine(world: World, stranger: Client) -> tuple[Order, str]:
    return sent(stranger, sticker=sticker_code("lamp", "T3"))


def test_number_and_last_digits_lead_to_it(mine: tuple[Order, str], stranger: Client) -> None:
    row, _where = mine
    for number in (row.number, row.number.replace("-", ""), str(row.pk), f" {row.number} "):
        answer = stranger.post(WHERE, {"number": number, "digits": "8000"})
        assert answer.status_code == 302, number
    page = stranger.get(answer.headers["Location"]).content.decode()
    assert row.number in page and "We have it" in page and "灯山供电所" in page
    assert "zhou" not in page and "周国平" not in page, "a station is asked, no person named"
    assert "13800138000" not in page


def test_other_digits_lead_nowhere_and_not_often(mine: tuple[Order, str], stranger: Client) -> None:
    row, _where = mine
    for digits, status in (("8001", 422), ("800", 422), ("", 422), ("abcd", 422)):
        assert stranger.post(WHERE, {"number": row.number, "digits": digits}).status_code == status
    for _ in range(7):
        assert stranger.post(WHERE, {"number": row.number, "digits": "0000"}).status_code == 422
    assert stranger.post(WHERE, {"number": row.number, "digits": "8000"}).status_code == 429, "not even the right ones"
    assert stranger.post(WHERE, {"number": "999999999", "digits": "0000"}).status_code == 422
    other = {"number": f"0{row.pk}", "digits": "8000"}
    assert stranger.post(WHERE, other).status_code == 429, "however the number is written"


def test_without_a_number_the_link_alone_leads_back(world: World, stranger: Client) -> None:
    row, where = sent(stranger, sticker=sticker_code("lamp", "T3"), caller="")
    assert stranger.get(where).status_code == 200
    assert stranger.post(WHERE, {"number": row.number, "digits": "0000"}).status_code == 422
    for token in ("x", f"{token_of(row.pk)}x", "é", token_of(row.pk + 999)):
        assert stranger.get(f"/report/mine/{token}/").status_code == 404
        assert stranger.post(f"/report/mine/{token}/say/", {"says": "back"}).status_code == 404


def test_it_goes_on_as_the_order_does(mine: tuple[Order, str], stranger: Client) -> None:
    row, where = mine
    for name, words in (("dispatch", "A crew has been given it"), ("arrive", "on site"), ("finish", "work is done")):
        step(row, name)
        assert words in stranger.get(where).content.decode()
    step(row, "close")
    page = stranger.get(where).content.decode()
    assert "It is settled" in page and 'value="back"' not in page
    assert say(stranger, where, "back") == 409


def test_what_was_closed_is_opened_again_by_who_is_still_out_within_a_day(
    mine: tuple[Order, str], stranger: Client
) -> None:
    row, where = mine
    for name in ("dispatch", "arrive", "finish", "close"):
        step(row, name)
    deliveries.drain()
    assert report_of_order(row.pk).state == ReportState.CLOSED  # type: ignore[union-attr]
    assert say(stranger, where, "urge") == 409
    assert say(stranger, where, "still_out") == 302
    row.refresh_from_db()
    assert (row.state, row.reopened_count) == ("registered", 1)
    report = report_of_order(row.pk)
    assert report is not None and report.state in (ReportState.ALONE, ReportState.SUSPECTED), "it is evidence again"
    for name in ("dispatch", "arrive", "finish", "close"):
        step(row, name)
    deliveries.drain()
    Order.objects.filter(pk=row.pk).update(closed_at=row.received_at - timedelta(days=2))
    assert "po-says" not in stranger.get(where).content.decode()
    assert say(stranger, where, "still_out") == 409
    at = timezone.now()
    set_order_rule(values={"reopen_within_h": 96}, from_date=date(2026, 1, 1), source="本所", at=at, actor="meng")
    assert say(stranger, where, "still_out") == 302


def test_of_what_was_merged_it_is_said_of_the_whole(world: World, stranger: Client) -> None:
    code = sticker_code("lamp", "T3")
    whole, _where = sent(stranger, sticker=code)
    theirs, where = sent(stranger, sticker=code, text="again")
    other, elsewhere = sent(stranger, sticker=code, caller="13900139000")
    told = {"at": max(other.opened_at, other.received_at), "actor": "lin"}
    merge_orders(order_ids=[whole.pk, theirs.pk, other.pk], **told)
    deliveries.drain()
    assert "Others reported the same" in stranger.get(elsewhere).content.decode()
    assert say(stranger, elsewhere, "still_out") == 302
    whole.refresh_from_db()
    assert whole.urged_count == 1
    assert other.number in whole.remarks.get().text, "the station hears which of them waits"
    assert say(stranger, elsewhere, "back") == say(stranger, elsewhere, "withdraw") == 409, "it is another's supply"
    step(whole, "dispatch")
    assert say(stranger, where, "back") == 302
    report = report_of_order(whole.pk)
    assert report is not None and report.state == ReportState.LIT
    assert "You told us that your supply is back" in stranger.get(where).content.decode()
    assert "You told us" not in stranger.get(elsewhere).content.decode()
    before = whole.remarks.count()
    assert say(stranger, elsewhere, "still_out") == 302
    assert whole.remarks.count() == before + 1, "said once, it stands there once"


def test_what_somebody_said_themselves_they_read_even_in_a_closed_book(world: World, stranger: Client) -> None:
    row, where = sent(stranger, account="1001", place="", unit=str(world.lamp.pk))
    assert say(stranger, where, "back") == 302
    page = stranger.get(where).content.decode()
    assert "You told us that your supply is back" in page and "hear from us" not in page
    row.refresh_from_db()
    assert row.state == "done", "nobody was sent yet, and nobody has to be"


def test_words_fit_what_it_is_about_and_a_day_is_told_by_its_name(world: World, stranger: Client) -> None:
    _row, where = sent(stranger, "praise", topic="attitude", text="x", unit=str(world.lamp.pk))
    page = stranger.get(where).content.decode()
    assert "Take it back" in page and "Nobody need come" not in page and 'value="urge"' not in page
    row, where = sent(stranger, "question", topic="bill", text="x", unit=str(world.lamp.pk))
    assert "still waiting for an answer" in stranger.get(where).content.decode()
    at = timezone.localtime(row.received_at).replace(hour=0, minute=0) + timedelta(days=3)
    give_promise(order_id=row.pk, what=PromiseOf.ANSWER, due_at=at, at=row.opened_at, actor="lin")
    page = stranger.get(where).content.decode()
    assert f"on {at - timedelta(days=1):%m-%d}" in page and f"{at:%m-%d} 00:00" not in page


def test_what_binds_each_report_is_sure_and_what_binds_the_mean_is_usual(mine: tuple[Order, str]) -> None:
    row, _where = mine
    opened = row.opened_at
    assert standing_of(row, at=opened).due_at is None, "of villages the number is only remembered"
    row.area = "city"
    row.save(update_fields=["area"])
    clocks = {one.limit.layer: one for one in clocks_of(row, at=opened) if one.clock == "arrive"}
    standing = standing_of(row, at=opened)
    assert clocks["promise"].limit.is_mean and not clocks["law"].limit.is_mean
    assert (standing.usual_at, standing.due_at) == (clocks["promise"].due_at, clocks["law"].due_at)
    with translation.override("en"):
        assert "around" in due_text(standing) and "at the latest" in due_text(standing)
        assert due_text(replace(standing, usual_at=None)).startswith("You will hear from us or see us by")


def test_who_reports_misconduct_is_led_past_the_station(world: World, stranger: Client) -> None:
    row, where = sent(stranger, "misconduct", topic="bribery", text="x", unit=str(world.lamp.pk))
    page = stranger.get(where).content.decode()
    assert world.city.name in page and world.lamp.name not in page
    due = replace(standing_of(row, at=row.opened_at), due_at=AT)
    with translation.override("en"):
        assert due_text(due).startswith("You will have our answer by")
    step(row, "terminate", reason="匿名诬告")
    page = stranger.get(where).content.decode()
    assert f"It was looked into and ended. If you want to know more, ask {world.city.name}." in page
    assert "匿名诬告" not in page


def test_a_complaint_that_was_ended_says_whom_to_ask_unless_it_was_taken_back(world: World, stranger: Client) -> None:
    for word, words in (("", f"ask {world.lamp.name}"), ("withdraw", "taken back or ended")):
        told = {"topic": "attitude", "text": f"态度差{word}", "unit": str(world.lamp.pk)}
        row, where = sent(stranger, "complaint", **told)
        if word:
            assert say(stranger, where, word) == 302
        else:
            step(row, "terminate", reason="重复")
        assert words in stranger.get(where).content.decode()


def test_an_account_alone_does_not_open_the_book(world: World, stranger: Client) -> None:
    """How far it is would tell whether there is such an account, and whether it is dark."""
    row, where = sent(stranger, account="1001", place="", unit=str(world.lamp.pk))
    pages = []
    for name in ("", "dispatch", "arrive", "finish"):
        if name:
            step(row, name)
        pages.append(stranger.get(where).content.decode())
    said = f"How far it is is not shown here; call {world.lamp.name} to hear it."
    assert [said in page for page in pages] == [True] * 4, "which is true at every step"


def test_back_and_still_out_reach_the_outage(world: World, stranger: Client, switch: Switch) -> None:
    switch("FU1", "open", 1, "N-1")
    row, where = sent(stranger, sticker=sticker_code("lamp", "T3"))
    Order.objects.filter(pk=row.pk).update(received_at=row.received_at)
    assert say(stranger, where, "still_out") == 302, "before anything was mended it presses for an answer"
    row.refresh_from_db()
    assert row.urged_count == 1
    assert say(stranger, where, "back") == 302
    report = report_of_order(row.pk)
    assert report is not None and report.state == ReportState.LIT
    page = stranger.get(where, {"said": "still_out"}).content.decode()
    assert "You told us that your supply is back" in page
    assert "still without supply" not in page, "it was said before that"
    assert say(stranger, where, "still_out") == 302
    report.refresh_from_db()
    assert (report.still_out_count, report.state == ReportState.LIT) == (1, False)


def test_it_can_be_taken_back_until_somebody_is_there_and_danger_cannot(
    mine: tuple[Order, str], world: World, stranger: Client
) -> None:
    row, where = mine
    assert "take it back" in stranger.get(where).content.decode()
    assert say(stranger, where, "withdraw") == 302
    row.refresh_from_db()
    assert (row.state, row.steps.latest("pk").actor) == ("terminated", "customer")
    assert say(stranger, where, "withdraw") == 409
    danger, where = sent(stranger, "danger", sticker=sticker_code("lamp", "T3"))
    assert say(stranger, where, "withdraw") == 409
    danger.refresh_from_db()
    assert danger.closed_at is None


def test_nobody_presses_without_end(mine: tuple[Order, str], stranger: Client) -> None:
    _row, where = mine
    codes = [say(stranger, where, "still_out") for _ in range(13)]
    assert codes == [302] * 12 + [429]
    assert say(stranger, where, "drop tables") == 409


def test_a_report_by_place_alone_shows_how_far_it_is(world: World, stranger: Client) -> None:
    """Two transformers have that village: nobody's account says on which of them it is."""
    row, _where = sent(stranger, place="青禾村3组12号")
    assert (row.load_code, row.account_id) == ("", None)
    pages = []
    for name in ("", "dispatch", "arrive", "restore"):
        if name:
            step(row, name)
        answer = stranger.post(WHERE, {"number": row.number, "digits": "8000"})
        pages.append(stranger.get(answer.headers["Location"]).content.decode())
    words = (
        "the station is looking at it",
        "A crew has been given it",
        "The crew is on site",
        "should be back. Is it?",
    )
    assert [word in page for word, page in zip(words, pages, strict=True)] == [True] * 4
    step(row, "finish")
    step(row, "reopen", reason="仍未来电")
    step(row, "dispatch")
    step(row, "arrive")
    page = stranger.get(answer.headers["Location"]).content.decode()
    assert "The crew is on site" in page, "what was given back before it was opened again is not back"


@pytest.mark.parametrize("number", ["1001", "9999"])
def test_a_place_does_not_open_the_book_of_an_account(world: World, stranger: Client, number: str) -> None:
    entry = AccountEntry(number="1001", name="张小灯", address="灯火镇青柳街1号", load_code="T3")
    open_account(unit_id=world.lamp.pk, entry=entry, at=AT, actor="test")
    row, where = sent(stranger, account=number, place="青禾村3组12号")
    assert row.load_code == ("T3" if number == "1001" else "")
    step(row, "dispatch")
    assert "How far it is is not shown here" in stranger.get(where).content.decode(), "whether there is one or not"


def test_a_report_by_place_that_was_merged_into_one_by_account_does_not_open_its_book(
    world: World, stranger: Client
) -> None:
    whole, _where = sent(stranger, account="1001", place="", unit=str(world.lamp.pk))
    row, where = sent(stranger, place="青禾村3组12号")
    told: dict[str, Any] = {"at": max(row.opened_at, row.received_at), "actor": "lin"}
    merge_orders(order_ids=[whole.pk, row.pk], **told)
    deliveries.drain()
    step(whole, "dispatch")
    page = stranger.get(where).content.decode()
    assert "Others reported the same" in page and "How far it is is not shown here" in page


def test_of_a_village_partly_out_it_is_said_that_it_is_a_part_and_only_where_everybody_reads_it(
    world: World, stranger: Client, switch: Switch, settings: Settings
) -> None:
    row, where = sent(stranger, place="柳溪村2组")
    spot = standing_of(row, at=timezone.now())
    assert (spot.where, spot.outage) == ("柳溪村", None)
    switch("FU1", "open", 1, "N-1")
    page = stranger.get(where).content.decode()
    assert "A part of 柳溪村 is without supply" in page and "Out since" in page
    settings.PUBLIC_OUTAGES = False
    assert "Out since" not in stranger.get(where).content.decode()
    Report.objects.filter(order=row).update(
        network=world.network, outage=Outage.objects.get(number="N-1"), state=ReportState.OUT
    )
    page = stranger.get(where).content.decode()
    assert "Out since" in page and "A part of" not in page, "it belongs to it: the desk has put it there"
