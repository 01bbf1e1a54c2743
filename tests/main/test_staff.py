"""`denghuo staff`: from an empty database to somebody who can sign in and work."""

import io
import json
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from denghuo.apps.ledger.models import Fact
from denghuo.apps.organization.models import Assignment, User
from denghuo.main import cli

pytestmark = pytest.mark.django_db(transaction=True)

Run = Callable[..., tuple[int, str, str]]
PASSWORD = "seven lamps at dusk"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def call(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = cli.main(["staff", *arguments])
        told = capsys.readouterr()
        return code, told.out, told.err

    return call


@pytest.fixture
def lamp(run: Run) -> None:
    assert run("unit", "city", "灯火市供电公司", "--kind", "city")[0] == 0
    assert run("unit", "lamp", "灯山供电所", "--under", "city")[0] == 0


def add(run: Run, *more: str, typed: str = f"{PASSWORD}\n") -> tuple[int, str, str]:
    return run("person", "lin", "--name", "林晓岚", "--role", "dispatcher", "--unit", "lamp", *more, typed=typed)


def test_the_first_person_can_sign_in_and_see_the_station(run: Run, lamp: None, client: Client) -> None:
    assert add(run)[0] == 0
    credentials = {"username": "lin", "password": PASSWORD, "next": reverse("network:home")}
    assert client.post(reverse("login"), credentials).headers["Location"] == reverse("network:home")
    assert client.get(reverse("network:home")).status_code == 200


def test_what_was_done_stands_in_the_ledger(run: Run, lamp: None) -> None:
    add(run)
    kinds = list(Fact.objects.order_by("id").values_list("kind", "actor"))
    expected = ["UnitOpened", "UnitOpened", "UserRegistered", "RoleAssigned"]
    assert [kind for kind, _ in kinds] == [f"organization.{name}" for name in expected]
    assert {actor for _, actor in kinds} == {"command line"}


def test_a_second_role_needs_no_second_registration(run: Run, lamp: None) -> None:
    add(run)
    assert run("person", "lin", "--role", "analyst", "--unit", "city")[0] == 0
    assert User.objects.count() == 1
    code, out, _ = run("list", "--json")
    assert code == 0
    assert [(row["role"], row["unit"]) for row in json.loads(out)["people"]] == [
        ("analyst", "city"),
        ("dispatcher", "lamp"),
    ]


@pytest.mark.parametrize(
    ("arguments", "typed", "says"),
    [
        (("unit", "lamp", "again"), "", "already"),
        (("unit", "灯", "灯"), "", "no code"),
        (("unit", "b", "b", "--under", "nowhere"), "", "known: city, lamp"),
        (("person", "lin", "--role", "crew", "--unit", "lamp"), "", "--name"),
        (("person", "lin", "--name", "l", "--role", "crew", "--unit", "nowhere"), "", "nowhere"),
        (("person", "lin", "--name", "l", "--role", "crew", "--unit", "lamp"), "12345\n", "密码"),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(
    run: Run, lamp: None, arguments: tuple[str, ...], typed: str, says: str
) -> None:
    code, _, err = run(*arguments, typed=typed)
    assert code == 2
    assert says in err
    assert Assignment.objects.count() == User.objects.count() == 0
