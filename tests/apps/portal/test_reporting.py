"""Telling us without signing in: what comes in is an order as any other, and nothing of the customer file goes out."""

from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from denghuo.apps.customers.actions import AccountEntry, add_phone, give_responsibility, open_account
from denghuo.apps.customers.models import Account, Extent
from denghuo.apps.customers.queries.spots import sticker_code
from denghuo.apps.notices.models import Notice
from denghuo.apps.orders.models import Order
from denghuo.apps.outages.models import ReportState
from denghuo.apps.outages.queries import report_of_order
from denghuo.apps.portal.forms import MATTERS
from tests.apps.network.conftest import Switch
from tests.apps.portal.conftest import PHONE, key, send, sent
from tests.world import AT, World

SYSTEM = {"at": AT, "actor": "test"}


def text(stranger: Client, path: str) -> str:
    answer = stranger.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def account(world: World, number: str, door: int, *, load_code: str = "T1", phone: str = "") -> Account:
    entry = AccountEntry(number=number, name="张小灯", address=f"灯火镇青柳街{door}号", load_code=load_code)
    row = open_account(unit_id=world.lamp.pk, entry=entry, **SYSTEM)
    if phone:
        add_phone(person_id=row.person_id, number=phone, **SYSTEM)
    return row


def test_the_door_is_there_only_where_a_site_opens_it(world: World, stranger: Client, settings: Settings) -> None:
    settings.PUBLIC_REPORTS = False
    for path in ("", "no-power/", "places/", "known/", "where/", "mine/x/"):
        assert stranger.get(f"/report/{path}").status_code == 404
    settings.PUBLIC_REPORTS = True
    page = text(stranger, "/report/")
    assert all(f"/report/{slug}/" in page for slug in MATTERS)
    assert stranger.get("/report/").headers["X-Robots-Tag"] == "noindex"
    assert "没电" in Client(headers={"accept-language": "zh"}).get("/report/").content.decode()


@pytest.mark.parametrize("matter", MATTERS)
def test_every_matter_becomes_an_order_of_its_kind(world: World, stranger: Client, matter: str) -> None:
    found = MATTERS[matter]
    with translation.override("en"):
        assert f"<h1>{found.title}</h1>" in text(stranger, f"/report/{matter}/")
    told = {} if found.topic else {"topic": found.choices[-1][0]}
    row, where = sent(stranger, matter, text="灯一直闪", **told, unit=str(world.lamp.pk))
    assert (row.kind, row.channel, row.unit_id) == (found.kind, "web", world.lamp.pk)
    assert row.topic == (found.topic or found.choices[-1][0])
    assert row.number in text(stranger, where)
    asked = "chen" if matter == "misconduct" else "zhou"
    assert row.first_asked == row.handler == asked, "somebody who exists is asked: the head, or who stands above them"


def test_danger_says_first_to_keep_away_and_whom_to_call(world: World, stranger: Client) -> None:
    page = text(stranger, "/report/danger/")
    assert page.index("8 meters") < page.index('<form class="dh-card"')
    assert 'href="tel:95598"' in page
    row, _where = sent(stranger, "danger", caller="")
    told = Notice.objects.filter(kind="orders.asked", path__endswith=f"/{row.pk}/")
    assert [one.recipient.username for one in told] == ["zhou"], "whoever is asked hears of it at once"


def test_who_answers_by_name_is_asked_but_not_of_what_may_be_about_them(world: World, stranger: Client) -> None:
    given = {"unit_id": world.lamp.pk, "extent": Extent.AREA, "targets": ["青禾村"], "user_id": world.ma.pk}
    give_responsibility(**given, **SYSTEM)
    code = sticker_code("lamp", "T1")
    assert sent(stranger, sticker=code)[0].first_asked == "ma"
    assert sent(stranger, "question", sticker=code, text="x", topic="other")[0].first_asked == "ma"
    assert sent(stranger, "complaint", sticker=code, text="x", topic="other")[0].first_asked == "zhou"
    world.ma.is_active = False
    world.ma.save()
    assert sent(stranger, sticker=code)[0].first_asked == "zhou"


def test_sent_twice_it_is_one_report(world: World, stranger: Client) -> None:
    one = key()
    first, again = (send(stranger, client_key=one, unit=str(world.lamp.pk)) for _ in range(2))
    assert first.status_code == again.status_code == 302
    row = Order.objects.get()
    assert row.client_key == f"portal:{one}"
    numbers = {stranger.get(answer.headers["Location"]).context["standing"].number for answer in (first, again)}
    assert numbers == {row.number}
    stranger.post(f"{first.headers['Location']}say/", {"says": "withdraw"})
    assert sent(stranger, client_key=one, unit=str(world.lamp.pk))[0].pk != row.pk, "what is over is meant anew"


def test_who_goes_back_and_sends_the_same_again_is_shown_the_same_report(world: World, stranger: Client) -> None:
    told = {"unit": str(world.lamp.pk), "text": "灯不亮"}
    row, where = sent(stranger, **told)
    assert sent(stranger, **told) == (row, where)
    assert sent(stranger, "voltage", **told)[0].pk != row.pk, "another matter"
    assert sent(stranger, **told | {"text": "灶也不亮"})[0].pk != row.pk, "other words"
    same = {**told, "caller": PHONE, "place": "青禾村3组12号"}
    elsewhere = stranger.post("/report/no-power/", same, REMOTE_ADDR="::2")
    assert elsewhere.headers["Location"] != where, "nobody is led to the report of somebody else"
    assert len({sent(stranger, **told, caller="")[0].pk for _ in range(2)}) == 2, "two neighbors without a number"
    assert stranger.post(f"{where}say/", {"says": "withdraw"}).status_code == 302
    assert sent(stranger, **told)[0].pk != row.pk, "what is over is not what is meant"


def test_the_sticker_of_a_station_does_not_say_where_it_is_dark(world: World, stranger: Client) -> None:
    counter = sticker_code("lamp")
    page = text(stranger, f"/report/no-power/?sticker={counter}")
    assert "if you like)</label>" not in page.split('id="id_place"')[0] and f"places/?unit={world.lamp.pk}" in page
    answer = send(stranger, sticker=counter, place="", caller="")
    assert answer.status_code == 422 and "Say where" in answer.content.decode()
    row, _where = sent(stranger, sticker=counter)
    assert (row.unit_id, row.channel) == (world.lamp.pk, "qr")


def test_what_we_come_with_ourselves_is_not_offered_and_nothing_is_chosen_beforehand(
    world: World, stranger: Client
) -> None:
    page = text(stranger, "/report/service/")
    assert 'value="home_visit"' not in page and 'value="care_visit"' not in page
    assert '<option value="" selected>Choose</option>' in page
    assert "The wiring of my own home" in text(stranger, "/report/fault/")
    assert send(stranger, "service", unit=str(world.lamp.pk), topic="").status_code == 422


def test_a_key_of_somebody_elses_order_opens_nothing_of_theirs(world: World, stranger: Client) -> None:
    theirs, _where = sent(stranger, unit=str(world.lamp.pk))
    Order.objects.update(client_key="hotline.note:7")
    mine, _where = sent(stranger, client_key="hotline.note:7", unit=str(world.lamp.pk), text="mine")
    assert mine.pk != theirs.pk


def test_a_report_is_placed_by_what_it_says_of_the_place(world: World, stranger: Client, switch: Switch) -> None:
    switch("QF1", "open", 1, "N-1")
    by_sticker, where = sent(stranger, sticker=sticker_code("lamp", "T3"), place="", caller="")
    assert (by_sticker.load_code, by_sticker.channel) == ("T3", "qr")
    report = report_of_order(by_sticker.pk)
    assert report is not None
    assert (report.state, report.outage.number) == (ReportState.OUT, "N-1"), "it joins the outage as any other"
    assert "Out since" in text(stranger, where)
    by_area, _where = sent(stranger, place="石桥村2组", unit="")
    assert (by_area.load_code, by_area.unit_id) == ("T7", world.lamp.pk), "one load has that area: it can be no other"
    by_words, _where = sent(stranger, place="青禾村3组12号")
    assert by_words.load_code == "", "two loads have that area"


def test_what_is_known_is_said_at_once_and_one_tap_joins_it(world: World, stranger: Client, switch: Switch) -> None:
    code = sticker_code("lamp", "T1")
    assert "Supply is out" not in text(stranger, f"/report/at/{code}/")
    switch("QF1", "open", 1, "N-1")
    cache.clear()
    page = text(stranger, f"/report/at/{code.lower()}/")
    assert "Supply is out at 青禾村" in page and "count us in" in page
    assert "Supply is out at 青禾村" in text(stranger, "/report/known/?place=青禾村3组")
    assert "Supply is out" not in text(stranger, "/report/known/?place=石桥村")
    token = stranger.get(f"/report/at/{code}/").context["client_key"]
    answer = stranger.post("/report/no-power/", {"client_key": token, "sticker": code, "caller": ""})
    assert answer.status_code == 302
    assert "You left no telephone number" in text(stranger, answer.headers["Location"])
    assert stranger.get("/report/at/AAAAAAAAAA/").status_code == 404


def test_places_are_offered_and_nobodys_door(world: World, stranger: Client) -> None:
    for door in range(1, 5):
        account(world, f"100{door}", door)
    assert "青柳街" not in text(stranger, "/report/places/?place=青柳")
    account(world, "1005", 5)
    offered = text(stranger, "/report/places/?place=青柳")
    assert "灯火镇青柳街" in offered
    assert not any(word in offered for word in ("1号", "5号", "张", "1001"))
    assert "青禾村" in text(stranger, "/report/places/?place=禾村")
    assert "<li>" not in text(stranger, "/report/places/?place=青"), "one letter is a list of everything"
    assert "<li>" not in text(stranger, "/report/places/?place=%00%00")


def test_an_account_number_says_nothing_and_is_believed_only_to_its_own_telephone(
    world: World, stranger: Client, switch: Switch
) -> None:
    theirs = account(world, "1001", 1, load_code="T3", phone="12800000001")
    switch("FU1", "open", 1, "N-1")
    unit = str(world.lamp.pk)
    pages = []
    for number in ("1001", "9999"):
        row, where = sent(stranger, account=number, place="", unit=unit)
        assert row.account_id is None and number in row.text
        pages.append(text(stranger, where).replace(row.number, "N"))
        assert "张小灯" not in pages[-1] and "Out since" not in pages[-1] and "青柳街" not in pages[-1]
    strip = [page[page.index("po-standing") : page.index("po-says")] for page in pages]
    assert strip[0] == strip[1], "whether there is such an account cannot be told apart"
    assert Order.objects.order_by("pk")[0].load_code == "T3", "for the search of the fault it counts all the same"
    row, _where = sent(stranger, account="1001", place="", caller="12800000001", unit=unit)
    assert row.account_id == theirs.pk and "1001" not in row.text


@pytest.mark.parametrize(
    ("matter", "told", "words"),
    [
        ("no-power", {"place": ""}, "Say where"),
        ("no-power", {"caller": "12"}, "Type the whole number"),
        ("no-power", {"caller": "x" * 41}, "at most 40"),
        ("no-power", {"place": "地" * 201}, "at most 200"),
        ("no-power", {"place": "天上"}, "Choose the station"),
        ("no-power", {"unit": "999999"}, "999999 is not one of"),
        ("no-power", {"text": "a\x00b"}, "Null characters"),
        ("voltage", {"caller": ""}, "This field is required"),
        ("question", {"topic": "danger", "text": "x"}, "danger is not one of"),
        ("complaint", {"topic": "other", "text": ""}, "This field is required"),
        ("no-power", {"website": "https://spam.example/"}, "send it once more"),
    ],
)
def test_rubbish_gets_a_sentence_and_loses_nothing(
    world: World, stranger: Client, matter: str, told: dict[str, str], words: str
) -> None:
    answer = send(stranger, matter, contact_name="王", **told)
    page = answer.content.decode()
    assert answer.status_code == 422 and words in page
    assert not Order.objects.exists()
    assert 'value="王"' in page


def test_rubbish_never_breaks_a_page(world: World, stranger: Client) -> None:
    stranger.raise_request_exception = False
    rubbish = ("\ufffd", "%", "'--", "٣٣٣", "-1", "9" * 400, "\x00", "a/b", "😀", "<script>")
    for one in rubbish:
        for path in ("places/", "known/"):
            assert stranger.get(f"/report/{path}", {"place": one, "unit": one}).status_code < 500
        assert stranger.get("/report/no-power/", {"sticker": one}).status_code < 500
        assert stranger.post("/report/where/", {"number": one, "digits": one}).status_code < 500
        fields = ("client_key", "sticker", "place", "unit", "text", "caller", "account", "topic", "website")
        assert stranger.post("/report/question/", dict.fromkeys(fields, one)).status_code < 500
    assert stranger.post("/report/no-power/", {}).status_code == 422
    assert stranger.get("/report/what/").status_code == 404
    assert stranger.put("/report/no-power/").status_code == 405


def test_a_busy_database_keeps_what_was_written(world: World, stranger: Client) -> None:
    one = key()
    told = {"client_key": one, "unit": str(world.lamp.pk), "contact_name": "王"}
    with patch("denghuo.apps.orders.actions.open_orders", side_effect=OperationalError("database is locked")):
        busy = send(stranger, **told)
    page = busy.content.decode()
    assert busy.status_code == 503 and busy.headers["Retry-After"]
    assert f'value="{one}"' in page and 'value="王"' in page and "Nothing is lost" in page
    assert send(stranger, **told).status_code == 302
    assert Order.objects.count() == 1


def test_too_many_of_one_number_and_of_one_address(world: World, stranger: Client) -> None:
    unit = str(world.lamp.pk)
    answers = [send(stranger, "voltage", unit=unit, text=str(one)) for one in range(7)]
    assert [one.status_code for one in answers] == [302] * 6 + [429]
    page = answers[-1].content.decode()
    assert "this telephone number" in page and "after it, or call 95598" in page
    assert send(stranger, unit=unit, caller="13900139000").status_code == 302, "another number of the same address"
    assert Order.objects.count() == 7
    for matter in ("danger", "no-power"):
        assert send(stranger, matter, unit=unit).status_code == 302, "what cannot wait is never too often"
    with patch("denghuo.apps.portal.views.door.reports_of") as spent:
        spent.return_value.is_spent = True
        with patch("denghuo.apps.portal.views.reporting.reports_of", spent):
            answer = send(stranger, unit=unit, caller="13700137000")
    assert answer.status_code == 429 and "quarter of an hour, or call 95598" in answer.content.decode()
    assert PHONE not in answers[-1].headers.get("Location", "")
