"""`denghuo reseal`: old values go over to the newest key, whoever interrupts it and whatever happens meanwhile."""

import json
from typing import Any

import pytest
from django.db import connection, transaction

from denghuo.adapters.sealing import Algorithm, Keyring, keyring_from_text, new_key_text
from denghuo.apps import resealing
from denghuo.apps.customers.models import Person
from denghuo.apps.organization.models import Unit
from denghuo.apps.resealing import Resealed, count_older, reseal, sealed_fields
from denghuo.main import cli

pytestmark = pytest.mark.django_db
COUNT = 1_101  # of which the database is asked three times


@pytest.fixture
def both(settings: Any) -> Keyring:
    """Customers under the first key, and a second one that is there now."""
    first = new_key_text(1, Algorithm.AES_GCM)
    settings.DATA_KEYS = keyring_from_text(first)
    unit = Unit.objects.create(code="L", name="灯山", kind="station", path="/1/")
    Person.objects.bulk_create(Person(unit=unit, name=f"客户{n}") for n in range(COUNT))
    Person.objects.create(unit=unit, name="")
    settings.DATA_KEYS = keyring_from_text(first + "\n" + new_key_text(2, Algorithm.SM4_GCM))
    ring: Keyring = settings.DATA_KEYS
    return ring


@pytest.fixture
def names() -> Any:
    return next(field for field in sealed_fields() if field.model is Person)


def raw() -> list[bytes]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM customers_person ORDER BY id")
        return [bytes(row[0]) for row in cursor.fetchall()]


def test_every_column_of_personal_data_is_among_them() -> None:
    columns = {f"{field.model._meta.label}.{field.name}" for field in sealed_fields()}
    assert {"customers.Phone.number", "orders.Order.caller", "notices.Message.address"} <= columns


def test_all_goes_over_and_says_the_same(both: Keyring, names: Any) -> None:
    told: list[Resealed] = []
    assert count_older(names) == COUNT
    assert reseal(names, tell=told.append).resealed_count == COUNT
    assert [one.resealed_count for one in told] == [500, 1_000, COUNT]
    assert [both.is_current(one) for one in raw() if one] == [True] * COUNT
    assert raw()[-1] == b"", "what is empty stays empty"
    assert [one.name for one in Person.objects.order_by("pk")] == [*(f"客户{n}" for n in range(COUNT)), ""]
    assert reseal(names) == Resealed(column="customers_person.name"), "nothing is done twice"


def test_whoever_is_interrupted_does_the_rest(both: Keyring, names: Any) -> None:
    def stop(_done: Resealed) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reseal(names, tell=stop)
    assert count_older(names) == COUNT - 500
    assert reseal(names).resealed_count == COUNT - 500


def test_what_somebody_writes_meanwhile_stays(both: Keyring, names: Any) -> None:
    """A row is changed after it was read and before it is written."""
    (rows,) = list(resealing._older(names))[:1]
    key, before = rows[0]
    Person.objects.filter(pk=key).update(name="改了名")
    fresh = [(both.seal("客户0", context=names.context), key, before)]
    assert resealing._write(names, fresh) == 0
    assert Person.objects.get(pk=key).name == "改了名"


def test_what_does_not_open_is_left_and_said(both: Keyring, names: Any, capsys: pytest.CaptureFixture[str]) -> None:
    key = Person.objects.order_by("pk").values_list("pk", flat=True)[0]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE customers_person SET name = %s WHERE id = %s", [b"\x01" + b"x" * 40, key])
    assert cli.main(["reseal", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["key"], told["older"]) == (2, 1)
    (one,) = told["columns"]
    assert (one["column"], one["resealed_count"], one["unopened_count"]) == ("customers_person.name", COUNT - 1, 1)


def test_the_command_looks_first_and_makes_keys(both: Keyring, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["reseal", "--check", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["older"] == [{"column": "customers_person.name", "older": COUNT}]
    assert cli.main(["reseal", "--json"]) == 0
    capsys.readouterr()
    assert cli.main(["reseal", "--check"]) == 0
    capsys.readouterr()
    assert cli.main(["reseal", "--new-key", "aes-gcm"]) == 0
    assert [one.number for one in keyring_from_text(capsys.readouterr().out).keys] == [3]
