"""Customers of Lamp station, all made up; a clerk who keeps them, an agent who answers them."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from denghuo.adapters.customer_tables import CustomerBlock, CustomerRow
from denghuo.apps.customers.actions import import_customers
from denghuo.apps.customers.facts import CustomersImported
from denghuo.apps.customers.models import Account
from denghuo.apps.organization.actions import assign_role, register_user
from denghuo.apps.organization.models import Role, Unit, User
from tests.apps.network.conftest import built_world, world
from tests.world import AT, World

__all__ = ["built_world", "world"]

SYSTEM: dict[str, Any] = {"at": AT, "actor": "test"}
DAY = date(2026, 5, 1)
Take = Callable[..., CustomersImported]


def row(number: str = "1001", name: str = "张小灯", **told: Any) -> CustomerRow:
    """A row of a customer file like any other."""
    usual: dict[str, Any] = {
        "kind": "",
        "person_number": "",
        "phones": (),
        "address": "灯火镇青禾村3组12号",
        "load_code": "T1",
        "category": "",
        "meter_number": "",
        "multiplier": None,
        "voltage": "",
        "capacity_kva": None,
        "boundary": "",
        "opened_date": None,
        "supply_state": "",
        "cut_reason": "",
        "cut_since_date": None,
        "cut_record": "",
        "important": "",
    }
    return CustomerRow(number=number, name=name, **(usual | told))


def take_in(unit: Unit, *rows: CustomerRow, refused: int = 0, **told: Any) -> CustomersImported:
    """Take in a file of these rows."""
    block = CustomerBlock(rows=rows, refused_count=refused, last_row=len(rows) + 1)
    return import_customers(unit_id=unit.pk, blocks=[block], source_name="客户.xlsx", **(SYSTEM | told))


def account(number: str = "1001") -> Account:
    """An account by its number, Lamp station's first."""
    rows = Account.objects.filter(number=number).select_related("person", "premises__place", "unit")
    return rows.order_by("unit__path")[0]


@pytest.fixture
def town(world: World) -> World:
    """Lamp station with four customers, Wick station with one that looks like the first."""
    take_in(
        world.lamp,
        row(phones=("12800000001", "057112345678"), meter_number="M-77", boundary="meter"),
        row("1002", "张大明", phones=("12800000002",), address="灯火镇柳溪村1组7号", load_code="T3"),
        row("1003", "单小禾", address="灯火镇青禾村5组12号", load_code="T2", supply_state="cut", cut_reason="arrears",
            cut_since_date=date(2026, 4, 20), cut_record="TD-9"),
        row("1004", "灯火镇中心卫生院", category="public", load_code="T5", important="second", address="云台街8号"),
    )  # fmt: skip
    take_in(world.wick, row(phones=("12800000001",)))
    return world


def person(username: str, unit: Unit, role: Role) -> User:
    user = register_user(username=username, display_name=username, password=None, at=AT, actor="test")
    assign_role(user=user, unit=unit, role=role, at=AT, actor="test")
    return user


@pytest.fixture
def he(world: World) -> User:
    """Agent of Lamp station."""
    return person("he", world.lamp, Role.AGENT)


@pytest.fixture
def su(world: World) -> User:
    """Clerk of Lamp station."""
    return person("su", world.lamp, Role.CLERK)
