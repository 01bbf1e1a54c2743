"""Customer files on the pages and by command: looked at, taken in, handed back. The process's work is done here."""

import fcntl
import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from denghuo.apps.customers.facts import CustomersImported
from denghuo.apps.customers.models import Account
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.organization.actions import assign_role
from denghuo.apps.organization.models import Role
from denghuo.main import cli
from denghuo.main.customer_files import jobs, working
from denghuo.main.customer_files.jobs import Job, Status
from tests.world import AT, World, make_world

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM: dict[str, Any] = {"at": AT, "actor": "test"}
Give = Callable[..., Any]
HEAD = "户号,户名,联系电话,用电地址,台区编号\n"
GOOD = "1001,张小灯,12800000001,青禾村3组12号,T1\n1002,李小照,,柳溪村1号,T3\n"
BAD = "1003,,,石桥村1号,T7\n1001,重复者,,石桥村2号,T7\n"


@pytest.fixture
def world(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    settings.MEDIA_ROOT = tmp_path / "media"
    made = make_world()
    assign_role(user=made.bai, unit=made.wick, role=Role.ADMINISTRATOR, **SYSTEM)

    def work_here(job: Job) -> None:
        # As the process does, but in the database of this test, which no other process sees.
        jobs.save(job)
        assert working.work(job.folder) == 0

    monkeypatch.setattr(jobs, "start", work_here)
    return made


def signed_in(user: Any) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


@pytest.fixture
def give(world: World) -> Give:
    def do(text: str, *, user: Any = None, name: str = "customers.csv") -> Any:
        upload = SimpleUploadedFile(name, text.encode())
        told = {"upload": upload, "unit": world.lamp.pk}
        return signed_in(user or world.gu).post(reverse("customers:import"), told, follow=True)

    return do


def the_job() -> Job:
    (folder,) = jobs.processes.folders(jobs.CUSTOMERS)
    found = jobs.load(folder.name)
    assert found is not None
    return found


def confirm(world: World, **told: str) -> Any:
    address = reverse("customers:import-confirm", args=[the_job().id])
    return signed_in(world.gu).post(address, told, follow=True)


def test_it_is_looked_at_before_anything_changes(world: World, give: Give) -> None:
    page = give(HEAD + GOOD + BAD).content.decode()
    job = the_job()
    assert (job.status, job.seen and (job.seen.added_count, job.seen.refused_count)) == (Status.READY, (2, 2))
    assert "Take it in" in page and "row 4" in page and "row 5" in page
    assert not Account.objects.exists()


def test_a_yes_takes_in_what_is_good_and_hands_back_the_rest(world: World, give: Give) -> None:
    give(HEAD + GOOD + BAD)
    refused = signed_in(world.gu).get(reverse("customers:import-refused", args=[the_job().id]))
    book = openpyxl.load_workbook(BytesIO(b"".join(refused)))
    assert [cell.value for cell in book.worksheets[0]["A"]] == ["户号", "1003", "1001"]
    page = confirm(world).content.decode()
    assert "Taken in." in page
    assert sorted(Account.objects.values_list("number", flat=True)) == ["1001", "1002"]
    (fact,) = [one.fact for one in ledger.facts(classes=[CustomersImported])]
    assert (fact.added_count, fact.refused_count, fact.source_name) == (2, 2, "customers.csv")
    assert not (the_job().folder / "upload").exists(), "the upload held whole names"
    home = signed_in(world.gu).get(reverse("customers:import")).content.decode()
    assert "customers.csv" in home


def test_again_nothing_is_new_and_absent_accounts_are_closed_only_on_demand(world: World, give: Give) -> None:
    give(HEAD + GOOD)
    confirm(world)
    jobs.forget(the_job())
    assert "Nothing new" in give(HEAD + GOOD).content.decode()
    assert the_job().status is Status.SAME
    jobs.forget(the_job())
    give(HEAD + GOOD.splitlines()[0] + "\n")
    assert the_job().status is Status.READY
    confirm(world, close_absent="yes")
    assert [one.number for one in Account.objects.filter(closed_date=None)] == ["1001"]


def test_a_file_without_customers_says_so_and_its_example_is_nothing_to_put_right(world: World, give: Give) -> None:
    page = give(HEAD + "（示例）1000000001,张小灯,,青禾村3组12号,T1\n").content.decode()
    assert the_job().status is Status.SAME
    assert "There is no customer in this file" in page and "Nothing new" not in page and "To be put right" not in page
    jobs.forget(the_job())
    page = give(HEAD + "（示例）1000000001,张小灯,,青禾村3组12号,T1\n" + GOOD).content.decode()
    assert the_job().status is Status.READY and "To be put right" not in page and "example row" not in page


def test_to_close_more_than_the_file_names_is_asked_twice(world: World, give: Give) -> None:
    give(HEAD + GOOD + "1004,王小望,,石桥村9号,T7\n")
    confirm(world)
    jobs.forget(the_job())
    give(HEAD + "1001,张改名,,青禾村3组12号,T1\n")
    assert "although it names fewer" in confirm(world, close_absent="yes").content.decode()
    assert Account.objects.filter(closed_date=None).count() == 3
    confirm(world, close_absent="yes", sure="yes")
    assert Account.objects.filter(closed_date=None).count() == 1


def test_what_is_under_way_can_be_given_up(world: World, give: Give) -> None:
    give(HEAD + GOOD)
    job = replace(the_job(), confirmed=True, status=Status.WORKING)
    jobs.save(job)
    with (job.folder / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # as the process does that works on it
        answer = signed_in(world.gu).post(reverse("customers:import-discard", args=[job.id]), follow=True)
    assert "Taking it in" in answer.content.decode(), "until its process has seen it"
    assert working.work(job.folder) == 0
    assert (the_job().status, Account.objects.count()) == (Status.INTERRUPTED, 0)
    assert "Take it in" in confirm(world).content.decode(), "looked at again first"
    confirm(world)
    assert (the_job().status, Account.objects.count()) == (Status.DONE, 2)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", HEAD + BAD.splitlines()[0] + "\n"])
def test_what_holds_nothing_good_is_refused(world: World, give: Give, text: str) -> None:
    page = give(text).content.decode()
    assert "Nothing of this file" in page or "The file is empty" in page
    assert not Account.objects.exists()


def test_an_upload_is_its_stations_own(world: World, give: Give) -> None:
    give(HEAD + GOOD)
    job = the_job()
    for name in ("import-upload", "import-refused"):
        assert signed_in(world.bai).get(reverse(f"customers:{name}", args=[job.id])).status_code == 404
    assert signed_in(world.bai).post(reverse("customers:import-confirm", args=[job.id])).status_code == 404
    assert signed_in(world.lin).get(reverse("customers:import")).status_code == 403
    page = signed_in(world.zhou).get(reverse("customers:import")).content.decode()
    assert world.lamp.name in page and world.wick.name not in page, "who heads a station imports into it alone"
    signed_in(world.gu).post(reverse("customers:import-discard", args=[job.id]))
    assert jobs.load(job.id) is None


def test_templates_are_handed_out(world: World) -> None:
    for language in ("zh", "en"):
        answer = signed_in(world.gu).get(reverse("customers:import-template", args=[language]))
        assert openpyxl.load_workbook(BytesIO(b"".join(answer)))
    assert signed_in(world.gu).get(reverse("customers:import-template", args=["fr"])).status_code == 404


def test_an_error_nobody_foresaw_is_told(world: World, give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    def fall(*_arguments: Any, **_told: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(working, "compare", fall)
    assert "nobody foresaw" in give(HEAD + GOOD).content.decode()
    monkeypatch.undo()
    assert the_job().status is Status.FAILED


def test_by_command(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, back = tmp_path / "customers.csv.gz", tmp_path / "back.xlsx"
    path.write_bytes(gzip.compress((HEAD + GOOD + BAD).encode()))
    command = ["customers", str(path), "--unit", "lamp", "--language", "en", "--json"]
    assert cli.main([*command, "--check"]) == 1
    assert json.loads(capsys.readouterr().out)["customers"]["added_count"] == 2
    assert not Account.objects.exists()
    assert cli.main([*command, "--errors-to", str(back)]) == 1
    told = capsys.readouterr()
    assert json.loads(told.out)["customers"]["closed_count"] == 0
    assert "row 4" in told.err and back.is_file()
    path.write_bytes(gzip.compress((HEAD + GOOD.splitlines()[0] + "\n").encode()))
    assert cli.main([*command, "--close-absent"]) == 0
    assert json.loads(capsys.readouterr().out)["customers"]["closed_count"] == 1
    assert cli.main(["customers", "--template", str(tmp_path / "t.xlsx")]) == 0


@pytest.mark.parametrize("arguments", [[], ["nosuch.csv"], ["FILE"], ["FILE", "--unit", "nosuch"]])
def test_what_a_command_needs(
    world: World, tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(HEAD + GOOD, encoding="utf-8")
    assert cli.main(["customers", *(str(path) if one == "FILE" else one for one in arguments)]) == 2
    assert capsys.readouterr().err.strip()
