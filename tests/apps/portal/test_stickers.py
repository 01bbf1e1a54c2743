"""Codes at a pole: printed once, read for years, and nobody is named by them."""

from django.test import Client
from pytest_django import Settings

from denghuo.apps.customers.actions import give_responsibility, set_contact_card
from denghuo.apps.customers.actions.responsibility import CardEntry
from denghuo.apps.customers.models import Extent
from denghuo.apps.customers.queries.spots import spot_of_code, sticker_code
from tests.apps.network.conftest import signed_in
from tests.world import AT, World

SYSTEM = {"at": AT, "actor": "test"}


def test_a_code_stays_what_it_is(world: World, settings: Settings) -> None:
    """What is printed must outlive every key and server: this one is as it was when it was printed."""
    assert sticker_code("lamp", "T1") == "MSVRJ74TYN"
    settings.SECRET_KEY = "another" * 10
    spot = spot_of_code(" msvrj74tyn ")
    assert spot is not None
    assert (spot.load_codes, spot.unit_id, spot.name) == (("T1",), world.lamp.pk, "青禾村")
    station = spot_of_code(sticker_code("lamp"))
    assert station is not None and (station.load_codes, station.name) == ((), "灯山供电所")
    assert spot_of_code("") is None and spot_of_code("A" * 10) is None


def test_the_head_of_the_station_prints_them(world: World, settings: Settings) -> None:
    settings.PUBLIC_ADDRESS = "https://dh.example"
    head = signed_in(world.zhou)
    page = head.get("/report/stickers/?q=T3").content.decode()
    assert sticker_code("lamp", "T3") in page and sticker_code("lamp", "T1") not in page
    for size in ("A4-8", "A4-2", "A5-1"):
        told = {"unit": str(world.lamp.pk), "size": size, "load": ["T1", "T2", "T3", ""]}
        answer = head.post("/report/stickers/print/", told)
        assert answer.status_code == 200 and answer.content.startswith(b"%PDF")
    for wrong in ({}, {"size": "A3"}, {"size": "A4-8", "load": ["nothing"]}):
        assert head.post("/report/stickers/print/", {"unit": str(world.lamp.pk), **wrong}).status_code == 422
    assert head.post("/report/stickers/print/", {"unit": str(world.wick.pk), "size": "A4-8"}).status_code == 404
    assert signed_in(world.ma).get("/report/stickers/").status_code == 403
    assert Client().get("/report/stickers/").status_code == 302


def test_while_the_door_is_closed_no_code_leads_to_it(world: World, settings: Settings) -> None:
    head, door = signed_in(world.zhou), f'href="/report/at/{sticker_code("lamp", "T3")}/"'
    assert door in head.get("/report/stickers/").content.decode()
    settings.PUBLIC_REPORTS = False
    page = head.get("/report/stickers/").content.decode()
    assert sticker_code("lamp", "T3") in page and door not in page


def test_a_contact_card_leads_to_the_door(world: World, settings: Settings) -> None:
    given = {"unit_id": world.lamp.pk, "extent": Extent.LOAD, "targets": ["T1"], "user_id": world.ma.pk}
    give_responsibility(**given, **SYSTEM)
    entry = CardEntry(phone="13800000000", title="台区经理", office="", hours="")
    set_contact_card(user_id=world.ma.pk, entry=entry, **SYSTEM)
    head, path = signed_in(world.zhou), f"/customers/cards/{world.ma.pk}/"
    assert "Scan to report or ask" in head.get(path).content.decode()
    settings.PUBLIC_REPORTS = False
    assert "Scan to report or ask" not in head.get(path).content.decode()
