"""One box finds a customer by whatever somebody says, and nobody of another station."""

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from denghuo.apps.customers import queries
from denghuo.apps.customers.models import Account, Person, Phone, Premises, SearchKey
from denghuo.apps.customers.snapshot import asked_words, initials_of, keys, split_address
from tests.apps.customers.conftest import account, row, take_in
from tests.world import World


def found(world: World, text: str, *, at: str = "lamp") -> list[str]:
    path = getattr(world, at).path
    return sorted(hit.customer.number for hit in queries.search([path], text).hits)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1001", ["1001"]),
        ("100", []),
        ("12800000001", ["1001"]),
        ("128 0000-0001", ["1001"]),
        ("+86 12800000001", ["1001"]),
        ("0571 12345678", ["1001"]),
        ("12800000009", []),
        ("张小灯", ["1001"]),
        ("小灯", ["1001"]),
        ("张小", ["1001"]),
        ("卫生院", ["1004"]),
        ("zxd", ["1001"]),
        ("ZX", ["1001"]),
        ("sx", ["1003"]),
        ("青禾", ["1001", "1003"]),
        ("青禾村", ["1001", "1003"]),
        ("青禾村3组12号", ["1001"]),
        ("青禾 3组12", ["1001"]),
        ("青禾 12号", ["1001", "1003"]),
        ("柳溪村7号", ["1002"]),
        ("3-12", ["1001"]),
        ("柳溪村1组", ["1002"]),
        ("青禾村1组", []),
        ("青禾5组", ["1003"]),
        ("青禾 第3组", ["1001"]),
        ("单小禾 5组", ["1003"]),
        ("单小禾 3组", []),
        ("7组", []),
        ("zd 柳溪", ["1002"]),
        ("小灯 柳溪", []),
        ("12800000002 柳溪", ["1002"]),
        ("12800000002 青禾", []),
        ("  ", []),
        ("\0", []),
        ("%", []),
        ("_", []),
    ],
)
def test_what_finds_whom(town: World, text: str, numbers: list[str]) -> None:
    assert found(town, text) == numbers


def test_a_meter_finds_its_customer(world: World) -> None:
    take_in(world.lamp, row(meter_number="330099887766"))
    assert found(world, "330099887766") == ["1001"]
    assert queries.search([world.lamp.path], "330099887766").hits[0].why == ("meter",)


def test_a_hit_says_why(town: World) -> None:
    hits = queries.search([town.lamp.path], "zx 青禾").hits
    assert [hit.why for hit in hits] == [("initials", "place")]


def test_other_stations_are_not_found(town: World) -> None:
    both = queries.search([town.city.path], "张小灯").hits
    assert {hit.customer.unit_id for hit in both} == {town.lamp.pk, town.wick.pk}
    for text in ("张小灯", "1001", "12800000001", "zxd", "青禾村", "3-12"):
        units = {hit.customer.unit_id for hit in queries.search([town.wick.path], text).hits}
        assert units == {town.wick.pk}, text
    assert queries.search([], "张小灯").hits == ()


def test_more_is_said_and_not_counted(world: World) -> None:
    take_in(world.lamp, *(row(f"{2000 + n}", "张小灯") for n in range(25)))
    seen = queries.search([world.lamp.path], "张小灯", limit=20)
    assert (len(seen.hits), seen.more) == (20, True)
    assert not queries.search([world.lamp.path], "2003").more


def test_results_are_masked(town: World) -> None:
    seen = queries.search([town.lamp.path], "张小灯").hits[0].customer
    assert (seen.name, seen.address) == ("张*灯", "灯火镇青禾村3组***")


def test_nothing_personal_lies_open_in_the_tables(town: World) -> None:
    told = []
    with connection.cursor() as cursor:
        for model in (Person, Phone, Premises, Account, SearchKey):
            cursor.execute(f"SELECT * FROM {model._meta.db_table}")
            told += [repr([bytes(one) if isinstance(one, memoryview) else one for one in line]) for line in cursor]
    everything = "\n".join(told)
    for secret in ("张小灯", "12800000001", "3组12号", "zxd"):
        assert secret not in everything
        assert repr(secret.encode())[2:-1] not in everything


def test_a_carers_number_finds_whom_they_look_after(town: World) -> None:
    from denghuo.apps.customers.actions import CareEntry, CarerEntry, register_care
    from denghuo.apps.customers.models import CareKind
    from tests.apps.customers.conftest import DAY, SYSTEM

    entry = CareEntry(
        kind=CareKind.ALONE,
        proof="村委会证明",
        proof_seen_date=DAY,
        agreed_how="当面",
        review_date=DAY,
        carers=[CarerEntry(name="李小照", number="12800000077", relation="女儿")],
    )
    register_care(account_id=account().pk, entry=entry, **SYSTEM)
    assert found(town, "12800000077") == ["1001"]


@given(st.text(alphabet=st.sampled_from("张小灯禾村组0123456789 -号abc·（）"), max_size=20))
def test_any_text_is_cut_into_words_and_keys(text: str) -> None:
    blind = keys()
    for word in asked_words(text):
        assert blind.name_asked(word) == blind.name_asked(word)
        place, door = split_address(word)
        assert place + door == "".join(word.split()) or not word.strip()
    assert len(initials_of(text)) <= 6 * 2


@given(st.text(alphabet=st.sampled_from("张王李小大明灯禾"), min_size=2, max_size=8))
def test_every_two_neighbors_of_a_name_find_it(name: str) -> None:
    blind = keys()
    held = blind.names(name)
    for place in range(len(name) - 1):
        assert set(blind.name_asked(name[place : place + 2])) <= held
    assert set(blind.name_asked(name)) <= held
    assert set(blind.initials_asked(initials_of(name)[:2])) <= held
