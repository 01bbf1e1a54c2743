"""Where a report stands, for whoever made it and nobody else."""

from typing import Any

import pytest
from django.test import Client

from denghuo.apps.customers.queries.spots import sticker_code
from denghuo.apps.ledger import deliveries
from denghuo.apps.orders.actions import take_step
from denghuo.apps.orders.models import Order
from denghuo.apps.outages.models import ReportState
from denghuo.apps.outages.queries import report_of_order
from denghuo.apps.portal.queries import token_of
from tests.apps.network.conftest import Switch
from tests.apps.portal.conftest import sent
from tests.world import World

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
    assert "It is settled" in page and "po-says" not in page
    assert say(stranger, where, "back") == 409


def test_an_account_alone_does_not_open_the_book(world: World, stranger: Client) -> None:
    """How far it is would tell whether there is such an account, and whether it is dark."""
    row, where = sent(stranger, account="1001", place="", unit=str(world.lamp.pk))
    step(row, "dispatch")
    assert "We have it" in stranger.get(where).content.decode()


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
    assert "You told us that your supply is back" in stranger.get(where).content.decode()
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
