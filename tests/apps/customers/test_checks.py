"""What is typed about a customer is looked at; what is changed stays told; what is open is not forgotten."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from denghuo.apps.customers import queries
from denghuo.apps.customers.actions import add_phone, close_account, give_responsibility, remove_phone
from denghuo.apps.customers.models import Account, Extent, FileChange, Meter, Responsibility, SupplyState
from denghuo.apps.orders.actions import OrderEntry, open_order
from denghuo.apps.orders.models import Kind, Topic
from denghuo.apps.organization.models import User
from tests.apps.customers.conftest import SYSTEM, account
from tests.apps.network.conftest import signed_in
from tests.world import AT, World


@pytest.fixture(autouse=True)
def english() -> Any:
    with translation.override("en"):
        yield


def path(name: str, *args: Any) -> str:
    return reverse(f"customers:{name}", args=args)


def new(world: World, **told: Any) -> dict[str, Any]:
    usual = {"unit": world.lamp.pk, "number": "7001", "name": "孙小灯", "kind": "person", "category": "residential"}
    return {**usual, "address": "青禾村3组1号", "load_code": "T1", **told}


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"load_code": "NOPE"}, "The network has no load “NOPE”"),
        ({"meter_number": "M-77"}, "This meter hangs at account 1001."),
        ({"opened_date": "2099-01-01"}, "That day is still to come."),
        ({"voltage": "abc"}, "“abc” is no voltage."),
    ],
)
def test_a_new_account_is_looked_at(town: World, su: User, told: dict[str, str], sentence: str) -> None:
    answer = signed_in(su).post(path("new"), new(town, **told), headers={"accept-language": "en"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page and 'value="孙小灯"' in page, "what was typed is still there"
    assert not Account.objects.filter(number="7001").exists()


@pytest.mark.parametrize("voltage", ["220V", "380 V", "10kV", "0.4kV", "220/380V", "10千伏", ""])
def test_what_is_a_voltage(town: World, su: User, voltage: str) -> None:
    assert signed_in(su).post(path("new"), new(town, voltage=voltage)).status_code == 302


def test_a_load_that_the_network_is_still_to_learn_of_is_kept_by_who_says_so(town: World, su: User) -> None:
    client = signed_in(su)
    refused = client.post(path("new"), new(town, load_code="T9999"))
    assert 'name="load_sure"' in refused.content.decode() and 'type="checkbox"' in refused.content.decode()
    assert client.post(path("new"), new(town, load_code="T9999", load_sure="on")).status_code == 302
    assert queries.supply_now(town.lamp.pk, "T9999").lit is None  # type: ignore[union-attr]


def correct(client: Client, **told: Any) -> Any:
    usual = {"kind": "person", "category": "residential", "load_code": "T1", "meter_number": "M-77"}
    usual |= {"boundary": "meter"}
    return client.post(path("correct", account().pk), usual | told)


def test_a_correction_stands_in_the_line_of_time(town: World, su: User) -> None:
    client = signed_in(su)
    assert correct(client, load_code="T2", meter_number="M-78").status_code == 302
    add_phone(person_id=account().person_id, number="12800000099", **SYSTEM)
    client.post(path("important", account().pk), {"level": "first"})
    page = client.get(path("account", account().pk), headers={"accept-language": "en"}).content.decode()
    for words in ("Load T1 → T2", "Meter M-77 → M-78", "Number added · test", "→ "):
        assert words in page
    assert "12800000099" not in page
    phone = account().person.phones.order_by("-position")[0]
    remove_phone(phone_id=phone.pk, **SYSTEM)
    assert FileChange.objects.filter(what=FileChange.What.PHONE_REMOVED).count() == 1


def test_what_is_put_right_as_it_was_leaves_no_line(town: World, su: User) -> None:
    assert correct(signed_in(su)).status_code == 302
    assert not FileChange.objects.exists()


def test_its_own_meter_is_nobody_elses(town: World, su: User) -> None:
    assert correct(signed_in(su)).status_code == 302
    assert correct(signed_in(su), meter_number="M-77", load_code="T1").status_code == 302
    assert list(Meter.objects.filter(removed_date=None).values_list("number", flat=True)) == ["M-77"]


@pytest.mark.parametrize("since", ["2027-05-01", "1990-01-01"])
def test_nobody_is_cut_off_before_they_were_there_or_in_time_to_come(town: World, su: User, since: str) -> None:
    Account.objects.filter(pk=account().pk).update(opened_date=date(2005, 1, 1))
    day = since if since < "2000" else f"{timezone.localdate() + timedelta(days=200)}"
    told = {"reason": "request", "since_date": day}
    answer = signed_in(su).post(path("supply-state", account().pk), told)
    assert answer.status_code == 422
    assert account().supply_state == SupplyState.CONNECTED


def test_what_happened_before_it_was_opened_happened_to_somebody_else(town: World) -> None:
    seen = queries.customers_by_id([account().pk])[account().pk]
    old = queries.Moment(at=AT - timedelta(days=400), kind="outage", text="old")
    fresh = queries.Moment(at=AT, kind="outage", text="fresh")
    order = queries.Moment(at=AT - timedelta(days=400), kind="orders.fault", text="order")

    def known(*_told: Any, **_more: Any) -> list[queries.Moment]:
        return [old, fresh, order]

    queries.MOMENTS.ask([known])
    try:
        told = [one.text for one in queries.timeline(seen, before=AT + timedelta(days=1))]
        assert {"old", "fresh", "order"} <= {*told}, "as long as nobody knows since when"
        client, said = signed_in(town.zhou), "older ones may have been somebody"
        page = client.get(path("account", account().pk), headers={"accept-language": "en"})
        assert said in page.content.decode(), "and that is said"
        Account.objects.filter(pk=account().pk).update(opened_date=AT.date() - timedelta(days=30))
        told = [one.text for one in queries.timeline(seen, before=AT + timedelta(days=1))]
        assert "old" not in told and {"fresh", "order"} <= {*told}
        page = client.get(path("account", account().pk), headers={"accept-language": "en"})
        assert said not in page.content.decode()
    finally:
        queries.MOMENTS.ask_no_more(known)


def order(**told: Any) -> Any:
    row = account()
    usual: dict[str, Any] = {"kind": Kind.COMPLAINT, "topic": Topic.OUTAGES, "unit_id": row.unit_id, "received_at": AT}
    entry = OrderEntry(account_id=row.pk, channel="hotline", first_asked="he", **usual | told)
    return open_order(entry=entry, **SYSTEM)


def test_nobody_is_made_anonymous_while_a_matter_of_theirs_runs(town: World) -> None:
    row = order()
    close_account(account_id=account().pk, closed_date=AT.date(), **SYSTEM)
    client = signed_in(town.zhou)
    told = {"reason": "要求删除", "sure": "on"}
    page = client.get(path("anonymize", account().pk), headers={"accept-language": "en"}).content.decode()
    assert row.number in page and "Open matters" in page
    answer = client.post(path("anonymize", account().pk), told, headers={"accept-language": "en"})
    assert answer.status_code == 422 and "Something is still open for them." in answer.content.decode()
    assert account().person.name == "张小灯"


def test_my_customers_and_what_is_open_for_them(town: World, su: User) -> None:
    give_responsibility(unit_id=town.lamp.pk, extent=Extent.AREA, targets=["青禾村"], user_id=su.pk, **SYSTEM)
    give_responsibility(unit_id=town.lamp.pk, extent=Extent.ACCOUNT, targets=["1003"], user_id=town.zhou.pk, **SYSTEM)
    row, secret = order(kind=Kind.FAULT, topic=Topic.NO_SUPPLY), order(kind=Kind.MISCONDUCT, topic=Topic.OTHER)
    assert queries.accounts_of(su.pk, [str(town.lamp.path)]) == [account("1001").pk]
    page = signed_in(su).get(path("home"), {"mine": 1}, headers={"accept-language": "en"}).content.decode()
    assert "You answer for 1 account." in page and row.number in page and "1003" not in page
    assert secret.number not in page, "what is said of our own people is not told to all of them"
    there = signed_in(su).get(path("account", account().pk), headers={"accept-language": "en"}).content.decode()
    assert reverse("orders:new") + f"?account={account().pk}" in there and row.number in there
    nobody = signed_in(town.lin).get(path("home"), {"mine": 1, "page": "9x"}, headers={"accept-language": "en"})
    assert "You answer for nobody yet" in nobody.content.decode()


def test_who_is_relieved_is_followed_or_missed(town: World, su: User) -> None:
    zhou, lin = town.zhou.pk, town.lin.pk
    (row,) = give_responsibility(unit_id=town.lamp.pk, extent=Extent.STATION, targets=[""], user_id=zhou, **SYSTEM)
    client = signed_in(su)
    page = client.get(path("end-responsible", row.pk), headers={"accept-language": "en"}).content.decode()
    assert "Without somebody else, nobody answers for 4 accounts." in page
    for told in ({}, {"because": "调走"}, {"user": lin}, {"sure": "on"}):
        assert client.post(path("end-responsible", row.pk), told).status_code == 422
    assert Responsibility.objects.get().until_at is None
    assert client.post(path("end-responsible", row.pk), {"because": "调走", "user": lin}).status_code == 302
    row.refresh_from_db()
    assert (row.ended_because, row.ended_by, row.until_at is not None) == ("调走", "su", True)
    after = Responsibility.objects.get(until_at=None)
    assert (after.user_id, after.extent) == (lin, Extent.STATION)
    assert client.post(path("end-responsible", after.pk), {"because": "撤销", "sure": "on"}).status_code == 302
    assert not Responsibility.objects.filter(until_at=None).exists()


def test_what_a_narrower_one_leaves_is_anothers(town: World, su: User) -> None:
    told = {"unit_id": town.lamp.pk, "user_id": town.zhou.pk, **SYSTEM}
    give_responsibility(extent=Extent.STATION, targets=[""], **told)
    (area,) = give_responsibility(extent=Extent.AREA, targets=["青禾村"], **(told | {"user_id": su.pk}))
    assert queries.left_without(area) == 0
    assert signed_in(su).post(path("end-responsible", area.pk), {"because": "并片"}).status_code == 302


def test_the_card_names_every_village_or_says_how_many(town: World, su: User) -> None:
    client = signed_in(town.zhou)
    client.post(path("edit-card", town.zhou.pk), {"phone": "0571-8123456"})
    names = [f"第{n}村" for n in range(1, 14)]
    give_responsibility(unit_id=town.lamp.pk, extent=Extent.AREA, targets=names, user_id=town.zhou.pk, **SYSTEM)
    page = client.get(path("card", town.zhou.pk), headers={"accept-language": "en"}).content.decode()
    assert all(name in page for name in names) and "…" not in page.split("cu-card__area")[1].split("</p>")[0]
    more = [f"外{n}村" for n in range(20)]
    give_responsibility(unit_id=town.lamp.pk, extent=Extent.AREA, targets=more, user_id=town.zhou.pk, **SYSTEM)
    page = client.get(path("card", town.zhou.pk), headers={"accept-language": "en"}).content.decode()
    assert "33 places in all" in page
