"""Another station's orders are nowhere: in no list, export, figure, sign, search or answer to a program."""

import io

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from denghuo.apps.customers.actions import AccountEntry, open_account
from denghuo.apps.orders import actions
from denghuo.apps.orders.actions import OrderEntry, open_order
from denghuo.apps.orders.models import Kind, Order, Sign, Topic
from denghuo.apps.organization.actions import assign_role, register_user
from denghuo.apps.organization.models import Role
from tests.apps.orders.conftest import Open, People, client_of
from tests.world import AT, World

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def theirs(world: World, people: People) -> Order:
    """An order of Wick station, of a customer of theirs, in danger and long overdue; Wick has a clerk of its own."""
    for username, role in (("wu", Role.CLERK), ("qin", Role.STATION_HEAD)):
        user = register_user(username=username, display_name=username, password=None, at=AT, actor="test")
        assign_role(user=user, unit=world.wick, role=role, at=AT, actor="test")
    told = AccountEntry(number="9001", name="柳眉", address="柳溪村8组1号", load_code="W1")
    account = open_account(unit_id=world.wick.pk, entry=told, at=AT, actor="test")
    entry = OrderEntry(
        kind=Kind.FAULT,
        topic=Topic.DANGER,
        unit_id=world.wick.pk,
        account_id=account.pk,
        caller="13700137000",
        place="柳溪村8组",
        received_at=timezone.now(),
        first_asked="wu",
    )
    row = open_order(entry=entry, at=timezone.now(), actor="wu")
    actions.raise_signs(at=timezone.now(), actor="rounds")
    return row


def test_lists_and_searches_hold_nothing_of_another_station(theirs: Order, opened: Open) -> None:
    mine = opened(at=timezone.now(), place="青禾村3组")
    home = reverse("orders:home")
    for told in ({}, {"state": "all"}, {"q": theirs.number}, {"q": "13700137000"}, {"q": "9001"}, {"q": "柳溪村"}):
        page = client_of("he").get(home, told).content.decode()
        assert f"/orders/{theirs.pk}/" not in page, told
        assert "柳溪村8组" not in page, told
        assert f"/orders/{theirs.pk}/" in client_of("wu").get(home, told).content.decode(), told
    assert f"/orders/{mine.pk}/" in client_of("he").get(home).content.decode()
    assert f"/orders/{mine.pk}/" not in client_of("wu").get(home).content.decode()


def test_an_export_holds_nothing_of_another_station(theirs: Order, opened: Open) -> None:
    mine = opened(at=timezone.now())
    found = {}
    for username in ("tang", "zhou"):
        book = load_workbook(io.BytesIO(client_of(username).get(reverse("orders:export")).content))
        found[username] = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row}
    for told in found.values():
        assert mine.number in told
        assert theirs.number not in told


def test_a_month_counts_nothing_of_another_station(theirs: Order, opened: Open) -> None:
    page = reverse("orders:month")
    actions.take_step(order_id=theirs.pk, step="arrive", at=timezone.now(), actor="wu")
    before = client_of("he").get(page).content.decode()
    assert f"/orders/{theirs.pk}/" not in before
    assert client_of("wu").get(page).content != client_of("he").get(page).content


def test_signs_of_another_station_are_neither_seen_nor_answered(theirs: Order) -> None:
    sign = Sign.objects.get(kind="danger")
    assert theirs.number not in client_of("tang").get(reverse("orders:signs")).content.decode()
    assert theirs.number in client_of("qin").get(reverse("orders:signs")).content.decode()
    path = reverse("orders:see-sign", args=[sign.pk])
    assert client_of("tang").post(path, {"answer": "已处理"}).status_code == 404
    assert Sign.objects.get(pk=sign.pk).seen_at is None


def test_customers_of_another_station_are_not_found_for_an_order(theirs: Order) -> None:
    path = reverse("orders:find-customers")
    for told in ({"q": "9001"}, {"q": "柳眉"}, {"q": "柳溪村8组"}, {"account": str(theirs.account_id)}):
        assert "9001" not in client_of("he").get(path, told).content.decode().replace('value="9001"', ""), told
    assert "9001" in client_of("wu").get(path, {"q": "9001"}).content.decode()


def test_programs_are_told_nothing_of_another_station(theirs: Order, opened: Open) -> None:
    mine = opened(at=timezone.now())
    for told in ({}, {"state": "all"}, {"kind": "fault", "state": "all"}, {"due": "overdue"}):
        keys = {one["order_id"] for one in client_of("he").get("/api/orders", told).json()}
        assert theirs.pk not in keys, told
    assert {one["order_id"] for one in client_of("wu").get("/api/orders").json()} == {theirs.pk}
    assert mine.pk != theirs.pk
    client = client_of("he")
    assert client.get(f"/api/orders/{theirs.pk}").status_code == 404
    answer = client.post(f"/api/orders/{theirs.pk}/correction", {"reason": "x"}, content_type="application/json")
    assert answer.status_code == 404


@pytest.mark.parametrize("name", ["order", "correct", "print"])
def test_pages_of_another_stations_order_are_not_there(theirs: Order, name: str) -> None:
    path = reverse(f"orders:{name}", args=[theirs.pk])
    assert client_of("he").get(path).status_code == 404
    assert client_of("wu").get(path).status_code == 200


def test_a_correction_of_another_stations_order_or_customer_is_not_taken(theirs: Order, opened: Open) -> None:
    mine = opened(at=timezone.now(), place="青禾村")
    told = {"seen": "0", "kind": "fault", "topic": "danger", "area": "", "place": "青禾村", "reason": "x"}
    path = reverse("orders:correct", args=[mine.pk])
    assert client_of("he").post(path, told | {"account": str(theirs.account_id)}).status_code == 422
    assert client_of("he").post(reverse("orders:correct", args=[theirs.pk]), told).status_code == 404
    assert Order.objects.get(pk=mine.pk).account_id is None
