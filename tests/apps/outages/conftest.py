"""Lamp station, its people, a hand on its switches, and customers behind one of its fuses."""

from datetime import date
from typing import Any

import pytest

from denghuo.apps.customers.actions import (
    AccountEntry,
    CareEntry,
    ImportantEntry,
    add_phone,
    open_account,
    register_care,
    set_important,
)
from denghuo.apps.customers.models import Account, CareKind, ImportantLevel
from tests.apps.network.conftest import built_world, switch, world
from tests.world import AT, World

__all__ = ["account", "built_world", "people", "switch", "to", "world"]

SYSTEM: dict[str, Any] = {"at": AT, "actor": "lin"}


def account(world: World, number: str, load_code: str, phone: str = "") -> Account:
    entry = AccountEntry(number=number, name=f"演示{number[-2:]}", address="青禾村3组1号", load_code=load_code)
    row = open_account(unit_id=world.lamp.pk, entry=entry, **SYSTEM)
    if phone:
        add_phone(person_id=row.person_id, number=phone, **SYSTEM)
    return row


@pytest.fixture
def people(world: World) -> dict[str, Account]:
    """One who depends on a machine, an important user, somebody, and somebody whose number nobody has."""
    told = {
        "care": account(world, "0001", "T3", "13900000001"),
        "important": account(world, "0002", "T3", "13900000002"),
        "somebody": account(world, "0003", "T3", "13900000003"),
        "silent": account(world, "0004", "T3"),
        "elsewhere": account(world, "0005", "T7", "13900000005"),
    }
    care = CareEntry(
        kind=CareKind.LIFE_SUPPORT,
        proof="诊断证明",
        proof_seen_date=date(2026, 4, 1),
        agreed_how="书面",
        review_date=date(2027, 4, 1),
    )
    register_care(account_id=told["care"].pk, entry=care, **SYSTEM)
    set_important(account_id=told["important"].pk, entry=ImportantEntry(level=ImportantLevel.SECOND), **SYSTEM)
    return told


def to(row: Account) -> str:
    return f"customers.account:{row.pk}"
