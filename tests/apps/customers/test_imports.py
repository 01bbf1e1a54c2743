"""A customer file taken in, and taken in again."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from denghuo.adapters.customer_tables import CUSTOMERS, CustomerBlock
from denghuo.apps.customers import queries
from denghuo.apps.customers.actions import AccountEntry, add_phone, correct_account, import_customers, open_account
from denghuo.apps.customers.facts import CustomersImported
from denghuo.apps.customers.models import (
    Account,
    Boundary,
    Category,
    CustomerImport,
    CutReason,
    ImportantLevel,
    ImportantUser,
    Meter,
    Person,
    PersonKind,
    Phone,
    SearchKey,
    SupplyState,
)
from denghuo.apps.ledger import queries as ledger
from tests.apps.customers.conftest import SYSTEM, account, row, take_in
from tests.world import AT, World

LATER: dict[str, Any] = {"at": AT.replace(month=6), "actor": "later"}


def counts(fact: CustomersImported) -> tuple[int, int, int, int]:
    return fact.added_count, fact.changed_count, fact.same_count, fact.absent_count


def search(world: World, text: str) -> list[str]:
    return [hit.customer.number for hit in queries.search([world.lamp.path], text).hits]


def test_what_a_row_tells_is_there(world: World) -> None:
    take_in(
        world.lamp,
        row(
            phones=("12800000001", "057112345678"),
            meter_number="M1",
            multiplier=20,
            voltage="380V",
            capacity_kva=30.0,
            boundary="drop_out",
            opened_date=date(2019, 3, 1),
            category="commercial",
            important="first",
        ),
    )
    told = account()
    point = told.supply_points.get()
    assert (told.person.name, told.premises.place.name, told.premises.door) == ("张小灯", "灯火镇青禾村", "3组12号")
    assert (told.category, told.opened_date, told.supply_state) == ("commercial", date(2019, 3, 1), "connected")
    assert (point.load_code, point.voltage, point.capacity_kva, point.boundary) == ("T1", "380V", 30.0, "drop_out")
    assert [(one.number, one.multiplier) for one in point.meters.all()] == [("M1", 20)]
    assert [(one.number, one.kind) for one in told.person.phones.all()] == [
        ("12800000001", "mobile"),
        ("057112345678", "landline"),
    ]
    assert told.important.level == "first"


def test_choices_of_a_file_are_those_of_the_customer_file() -> None:
    coded = {
        "kind": PersonKind,
        "category": Category,
        "boundary": Boundary,
        "supply_state": SupplyState,
        "cut_reason": CutReason,
        "important": ImportantLevel,
    }
    for column in CUSTOMERS.columns:
        assert [choice.value for choice in column.choices] == list(coded.get(column.name, ())), column.name


def test_the_same_file_again_writes_nothing_but_that_it_was_given(town: World) -> None:
    rows = [row(), row("1002", "李小照")]
    take_in(town.lamp, *rows)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        fact = take_in(town.lamp, *rows, **LATER)
    assert counts(fact)[:3] == (0, 0, 2)
    writes = [one["sql"] for one in asked if one["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert [sql for sql in writes if "customers_" in sql and "customers_customerimport" not in sql] == []


def test_only_what_is_different_changes(world: World) -> None:
    take_in(world.lamp, row(phones=("12800000001",), meter_number="M1"), row("1002", "李小照"))
    fact = take_in(
        world.lamp,
        row(name="张小明", phones=("12800000009",), meter_number="M2", load_code="T4", address="灯火镇石桥村1号"),
        row("1002", "李小照"),
        **LATER,
    )
    assert counts(fact) == (0, 1, 1, 0)
    assert search(world, "张小灯") == search(world, "青禾 小明") == search(world, "zxd") == []
    assert search(world, "小明") == search(world, "石桥 zx") == ["1001"]
    assert search(world, "12800000009") == ["1001"]
    assert search(world, "12800000001") == []
    meters = Meter.objects.filter(supply_point__account__number="1001").order_by("pk")
    assert [(one.number, one.removed_date is None) for one in meters] == [("M1", False), ("M2", True)]


def test_what_the_file_does_not_tell_stays(world: World) -> None:
    take_in(
        world.lamp,
        row(phones=("12800000001",), boundary="pole", supply_state="cut", cut_reason="safety", important="first"),
    )
    take_in(world.lamp, row(voltage="220V", load_code=""), **LATER)
    told = account()
    point = told.supply_points.get()
    assert (told.supply_state, told.cut_reason, told.important.level) == ("cut", "safety", "first")
    assert (point.boundary, point.load_code, point.voltage) == ("pole", "T1", "220V")
    assert told.person.phones.count() == 1


def test_numbers_added_here_stay_when_the_file_tells_another(world: World) -> None:
    take_in(world.lamp, row(phones=("12800000001",)))
    add_phone(person_id=account().person_id, number="12800000555", **SYSTEM)
    take_in(world.lamp, row(phones=("12800000002",)), **LATER)
    assert {one.number for one in Phone.objects.all()} == {"12800000555", "12800000002"}


def test_what_was_put_right_here_stays_while_the_file_says_the_same(world: World) -> None:
    take_in(world.lamp, row())
    entry = AccountEntry(number="1001", name="张晓灯", address="灯火镇青禾村3组12号", load_code="T2")
    correct_account(account_id=account().pk, entry=entry, **SYSTEM)
    assert counts(take_in(world.lamp, row(), **LATER)) == (0, 0, 1, 0)
    assert account().person.name == "张晓灯"
    assert search(world, "晓灯") == ["1001"]
    assert search(world, "小灯") == []


def test_absent_accounts_stay_unless_asked_for(town: World) -> None:
    assert counts(
        take_in(town.lamp, row(phones=("12800000001", "057112345678"), meter_number="M-77", boundary="meter"))
    )[2:] == (1, 3)
    assert Account.objects.filter(unit=town.lamp, closed_date=None).count() == 4
    fact = take_in(town.lamp, row(), row("1009", "新来者"), close_absent=True, **LATER)
    assert (fact.added_count, fact.absent_count, fact.closed_count) == (1, 3, 3)
    left = Account.objects.filter(unit=town.lamp, closed_date=None)
    assert sorted(left.values_list("number", flat=True)) == ["1001", "1009"]
    assert Account.objects.get(unit=town.wick).closed_date is None
    again = take_in(town.lamp, row("1002", "张大明", phones=("12800000002",), load_code="T3"), **LATER)
    assert (again.changed_count, account("1002").closed_date) == (1, None), "told again, it is open again"


def test_what_a_refused_row_names_is_not_absent(town: World) -> None:
    told = ("1002", "1002", "1009")
    block = CustomerBlock(rows=(row("1009", "新来者"),), refused_count=3, last_row=5, refused_numbers=told)
    assert queries.compare(town.lamp.pk, [block]).absent_count == 3
    fact = import_customers(unit_id=town.lamp.pk, blocks=[block], source_name="x", close_absent=True, **LATER)
    assert (fact.absent_count, fact.closed_count) == (3, 3)
    assert account("1002").closed_date is None, "a slip in its row is no reason to close it"


def test_one_fact_and_one_row_for_each_file(town: World) -> None:
    fact = take_in(town.lamp, row("7", "某某"), refused=2)
    assert (fact.row_count, fact.refused_count) == (3, 2)
    told = [one.fact for one in ledger.facts(classes=[CustomersImported])]
    assert len(told) == 3 == CustomerImport.objects.count()
    assert told[-1] == fact


def test_a_person_with_several_accounts_is_one(world: World) -> None:
    take_in(world.lamp, row(person_number="P1"), row("1002", person_number="P1"), row("1003", person_number="P2"))
    assert Person.objects.count() == 2
    assert account("1001").person_id == account("1002").person_id
    take_in(world.lamp, row("1004", person_number="P1"), **LATER)
    assert Person.objects.count() == 2
    take_in(world.lamp, row("1002", "张新名", person_number="P1"), **LATER)
    assert sorted(search(world, "新名")) == ["1001", "1002", "1004"], "a name is the person's"


def test_a_preview_changes_nothing(town: World) -> None:
    rows = (row("1002", "改名者", load_code="T3"), row("9", "新来者"))
    before = SearchKey.objects.count()
    seen = queries.compare(town.lamp.pk, [CustomerBlock(rows=rows, refused_count=1, last_row=4)])
    assert (seen.row_count, seen.added_count, seen.changed_count, seen.same_count) == (3, 1, 1, 0)
    assert (seen.refused_count, seen.absent_count, seen.any) == (1, 3, True)
    assert SearchKey.objects.count() == before


def test_a_cut_that_a_file_tells_is_in_the_timeline(town: World) -> None:
    seen = queries.customers_by_id([account("1003").pk])[account("1003").pk]
    assert (seen.is_cut, seen.cut_record) == (True, "TD-9")
    take_in(town.lamp, row("1003", "单小禾", supply_state="connected", load_code="T2"), **LATER)
    told = queries.customer_moments(account("1003").pk, "T2", town.lamp.pk, limit=20, before=AT.replace(year=2027))
    assert [one.kind for one in told] == ["supply", "supply"]


def test_nothing_of_a_file_that_breaks_off_stays(world: World) -> None:
    from collections.abc import Iterator

    def blocks() -> Iterator[CustomerBlock]:
        yield CustomerBlock(rows=(row(),), refused_count=0, last_row=2)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="disk"):
        import_customers(unit_id=world.lamp.pk, blocks=blocks(), source_name="x", **SYSTEM)
    assert not Account.objects.exists()


def test_what_is_opened_by_hand_and_by_file_is_found_alike(world: World) -> None:
    entry = AccountEntry(number="1", name="张小灯", address="灯火镇青禾村3组12号")
    by_hand = open_account(unit_id=world.lamp.pk, entry=entry, **SYSTEM)
    take_in(world.lamp, row("2"))
    keys = [
        set(SearchKey.objects.filter(account_id=pk).values_list("key", flat=True))
        for pk in (by_hand.pk, account("2").pk)
    ]
    assert keys[0] == keys[1] != set()
    assert not ImportantUser.objects.exists()
