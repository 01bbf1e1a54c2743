"""The import's pages: what they take, what they refuse, who sees what. The process that works on a file is run here."""

import fcntl
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook
from pytest_django import Settings

from denghuo.apps.ledger import queries as ledger
from denghuo.apps.network.models import Load, SwitchingOperation
from denghuo.apps.organization.actions import assign_role
from denghuo.apps.organization.models import Role, User
from denghuo.main import processes
from denghuo.main.imports import jobs
from denghuo.main.imports.jobs import Job, Status
from denghuo.main.imports.working import work
from tests.main.import_files import LOG, REGISTER, put, text, workbook
from tests.world import AT, World, make_world

pytestmark = pytest.mark.django_db(transaction=True)

HOME = "/import/"
Give = Callable[..., Any]


@pytest.fixture
def world(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    settings.MEDIA_ROOT = tmp_path / "media"
    made = make_world()
    assign_role(user=made.bai, unit=made.wick, role=Role.ADMINISTRATOR, at=AT, actor="test")

    def work_here(job: Job) -> None:
        # As the process does, but in the database of this test, which no other process sees.
        jobs.save(job)
        assert work(job.folder) == 0

    monkeypatch.setattr(jobs, "start", work_here)
    return made


@pytest.fixture
def gu(world: World) -> Client:
    return signed_in(world.gu)


def signed_in(user: User, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client


def give(client: Client, unit_id: int, *files: Path | SimpleUploadedFile, kind: str = "", follow: bool = True) -> Any:
    uploads = [SimpleUploadedFile(file.name, file.read_bytes()) if isinstance(file, Path) else file for file in files]
    return client.post(HOME, {"upload": uploads, "unit": unit_id, "kind": kind}, follow=follow)


def the_job(answer: Any) -> Job:
    found: Job = answer.context["job"]
    return found


def test_a_changed_network_is_shown_and_only_taken_in_when_somebody_says_yes(
    tmp_path: Path, world: World, gu: Client
) -> None:
    before = ledger.facts()
    path = workbook(tmp_path, lambda book: put(book, "Loads", "T2", "LV customers", 15))

    shown = give(gu, world.lamp.pk, path)

    assert the_job(shown).status is Status.READY
    page = shown.content.decode()
    assert "What it would change" in page
    assert "T2" in page
    assert ledger.facts() == before
    done = gu.post(reverse("imports:confirm", args=[the_job(shown).id]), follow=True)
    assert the_job(done).status is Status.DONE
    assert "Taken in: 1 row" in done.content.decode()
    assert Load.objects.get(code="T2").lv_customers == 15
    history = gu.get(HOME).content.decode()
    assert "station.xlsx" in history
    assert ledger.facts()[len(before)].actor == "gu"


def test_saying_yes_twice_takes_it_in_once(tmp_path: Path, world: World, gu: Client) -> None:
    shown = give(gu, world.lamp.pk, workbook(tmp_path, lambda book: put(book, "Loads", "T2", "LV customers", 15)))
    confirm = reverse("imports:confirm", args=[the_job(shown).id])
    gu.post(confirm)
    before = ledger.facts()
    assert the_job(gu.post(confirm, follow=True)).status is Status.DONE
    assert ledger.facts() == before


def test_a_yes_is_offered_only_when_the_process_is_gone(tmp_path: Path, world: World, gu: Client) -> None:
    shown = give(gu, world.lamp.pk, workbook(tmp_path, lambda book: put(book, "Loads", "T2", "LV customers", 15)))
    job = the_job(shown)
    with (job.folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # it has said its last word, and has not ended yet
        page = gu.get(reverse("imports:job", args=[job.id]))
        assert the_job(page).status is Status.WORKING
        assert reverse("imports:confirm", args=[job.id]) not in page.content.decode()
    page = gu.get(reverse("imports:job", args=[job.id]))
    assert reverse("imports:confirm", args=[job.id]) in page.content.decode()


def test_what_changed_meanwhile_is_looked_at_again(tmp_path: Path, world: World, gu: Client) -> None:
    first = the_job(
        give(gu, world.lamp.pk, workbook(tmp_path, lambda book: put(book, "Loads", "T2", "LV customers", 15)))
    )
    second = the_job(
        give(gu, world.lamp.pk, workbook(tmp_path, lambda book: put(book, "Loads", "T2", "LV customers", 16)))
    )
    for job in (first, second):
        gu.post(reverse("imports:confirm", args=[job.id]))
    assert Load.objects.get(code="T2").lv_customers == 15
    page = gu.get(reverse("imports:job", args=[second.id]))
    assert the_job(page).status is Status.OUTDATED
    again = gu.post(reverse("imports:confirm", args=[second.id]), follow=True)
    assert the_job(again).status is Status.READY
    gu.post(reverse("imports:confirm", args=[second.id]))
    assert Load.objects.get(code="T2").lv_customers == 16


def test_the_same_file_again_changes_nothing(tmp_path: Path, world: World, gu: Client) -> None:
    shown = give(gu, world.lamp.pk, workbook(tmp_path))
    assert the_job(shown).status is Status.SAME
    assert "Nothing new" in shown.content.decode()


def few(book: Any) -> None:
    """Another, smaller network: nothing in it is what is there."""
    for sheet in book:
        for cells in sheet.iter_rows(min_row=2):
            for cell in cells:
                if isinstance(cell.value, str) and re.fullmatch(r"[A-Z]+\d+|[a-z]\d*|S\d*", cell.value):
                    cell.value = f"N{cell.value}"


def test_a_file_that_would_take_everything_out_needs_a_second_yes(tmp_path: Path, world: World, gu: Client) -> None:
    shown = give(gu, world.lamp.pk, workbook(tmp_path, few))
    job = the_job(shown)
    assert job.status is Status.READY, shown.context["problems"]
    assert job.sweeps
    assert f"{job.retired_count} of {job.there_count} rows would be retired" in shown.content.decode()
    before, confirm = ledger.facts(), reverse("imports:confirm", args=[job.id])
    refused = gu.post(confirm)
    assert refused.status_code == 422
    assert "tick this box first" in refused.content.decode()
    assert ledger.facts() == before
    assert the_job(gu.post(confirm, {"sure": "yes"}, follow=True)).status is Status.DONE


def test_what_waits_for_a_yes_is_found_again(tmp_path: Path, world: World, gu: Client) -> None:
    job = the_job(
        give(gu, world.lamp.pk, workbook(tmp_path, lambda book: put(book, "Loads", "T2", "LV customers", 15)))
    )
    address = reverse("imports:job", args=[job.id])
    assert address in gu.get(HOME).content.decode()
    assert address not in signed_in(world.bai).get(HOME).content.decode()
    gu.post(reverse("imports:confirm", args=[job.id]))
    assert address not in gu.get(HOME).content.decode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("note.txt", "明天八点开会\n".encode()),
        ("broken.xlsx", b"PK\x03\x04" + bytes(range(256)) * 40),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256))),
    ],
)
def test_a_file_that_is_no_table_is_told_as_such(world: World, gu: Client, name: str, content: bytes) -> None:
    shown = give(gu, world.lamp.pk, SimpleUploadedFile(name, content))
    assert the_job(shown).status is Status.REFUSED
    assert "this file cannot be read as a network" in shown.content.decode()
    assert not shown.context["has_marked"], "there is nothing in it to mark"


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Nothing was imported. Put this right"), ("zh-hans", "没有导入任何数据")],
)
def test_a_bad_file_comes_back_marked(tmp_path: Path, world: World, language: str, words: str) -> None:
    client = signed_in(world.gu, language)
    path = workbook(tmp_path, lambda book: put(book, "Loads", "T2", "LV customers", "many"))

    shown = give(client, world.lamp.pk, path)

    assert the_job(shown).status is Status.REFUSED
    assert words in shown.content.decode()
    back = client.get(reverse("imports:marked", args=[the_job(shown).id]))
    (tmp_path / "back.xlsx").write_bytes(b"".join(back))
    assert load_workbook(tmp_path / "back.xlsx")["Loads"]["E3"].comment is not None
    assert "attachment" in back.headers["Content-Disposition"]


def test_a_reader_who_switches_languages_reads_the_same(tmp_path: Path, world: World, gu: Client) -> None:
    shown = give(gu, world.lamp.pk, workbook(tmp_path, lambda book: put(book, "Loads", "T2", "Node", "nowhere")))
    address = reverse("imports:job", args=[the_job(shown).id])
    assert "there is no node" in shown.content.decode()
    assert "没有节点" in signed_in(world.gu, "zh-hans").get(address).content.decode()


def test_a_log_then_a_register(tmp_path: Path, world: World, gu: Client) -> None:
    for name, content, kind in (("log.csv", LOG, "Switching log"), ("register.csv", REGISTER, "Outage register")):
        shown = give(gu, world.lamp.pk, text(tmp_path, name, content))
        assert kind in shown.content.decode()
        done = gu.post(reverse("imports:confirm", args=[the_job(shown).id]), follow=True)
        assert the_job(done).taken == 2
    assert SwitchingOperation.objects.count() == 2


def test_a_log_before_its_network(tmp_path: Path, world: World, gu: Client) -> None:
    shown = give(gu, world.wick.pk, text(tmp_path, "log.csv", LOG))
    assert the_job(shown).status is Status.FAILED
    assert "no network yet" in shown.content.decode()


def test_several_tables_make_one_network(tmp_path: Path, world: World, gu: Client) -> None:
    files = [
        text(tmp_path, "lines.csv", "id,from_node,to_node\nL1,S,a\n"),
        text(tmp_path, "switches.csv", "id,from_node,to_node,kind\nQF1,S0,S,breaker\n"),
        text(tmp_path, "loads.csv", "id,node,lv_customers\nT1,a,5\n"),
        text(tmp_path, "sources.csv", "id,node\nS1,S0\n"),
        text(tmp_path, "transformers.csv", "id,from_node\n"),
    ]
    shown = give(gu, world.wick.pk, *files)
    assert the_job(shown).status is Status.READY, shown.context["problems"]
    assert {one.table: one.added for one in the_job(shown).changes}["loads"] == 1


def test_names_of_uploads_lead_nowhere(world: World, gu: Client) -> None:
    for name in ("../../../evil.csv", "..", ".hidden", "nul\0.csv", "很" * 300 + ".csv", "a\\b.csv"):
        upload = SimpleUploadedFile("x.csv", b"lorem")
        upload._name = name  # type: ignore[attr-defined]  # what a browser would not send, but others might
        job = jobs.create([upload], unit_id=world.lamp.pk, kind=None, actor="gu", language="en", at=AT)
        assert job.upload.parent == job.folder / "upload"
        assert not job.upload.name.startswith(".")


def test_nothing_chosen_and_nothing_in_it(world: World, gu: Client) -> None:
    answer = gu.post(HOME, {"unit": world.lamp.pk})
    assert answer.status_code == 422
    assert "Choose a file first" in answer.content.decode()
    answer = give(gu, world.lamp.pk, SimpleUploadedFile("empty.csv", b""))
    assert answer.status_code == 422
    assert "The file is empty" in answer.content.decode()


def test_an_upload_that_is_too_large_is_refused_before_it_is_read(settings: Settings, world: World, gu: Client) -> None:
    settings.UPLOAD_BYTES = 2_000_000
    answer = give(gu, world.lamp.pk, SimpleUploadedFile("big.csv", bytes(4_000_000)))
    assert answer.status_code == 413
    assert "at most 2 MB" in answer.content.decode()
    assert not (Path(settings.MEDIA_ROOT) / "imports").exists()


def test_an_upload_the_disk_has_no_room_for(settings: Settings, tmp_path: Path, world: World, gu: Client) -> None:
    (tmp_path / "file").write_text("in the way")
    settings.MEDIA_ROOT = tmp_path / "file"
    answer = give(gu, world.lamp.pk, text(tmp_path, "log.csv", LOG))
    assert answer.status_code == 422
    assert "could not keep the file" in answer.content.decode()


@pytest.mark.parametrize("name", ["job", "confirm", "discard", "marked"])
def test_an_import_of_another_station_is_not_there(tmp_path: Path, world: World, gu: Client, name: str) -> None:
    job = the_job(give(gu, world.lamp.pk, workbook(tmp_path, lambda book: put(book, "Loads", "T2", "Node", "x"))))
    bai, address = signed_in(world.bai), reverse(f"imports:{name}", args=[job.id])
    answer = bai.get(address) if name in ("job", "marked") else bai.post(address)
    assert answer.status_code == 404
    assert jobs.load(job.id) is not None


def test_a_file_cannot_be_given_to_another_station(tmp_path: Path, world: World) -> None:
    answer = give(signed_in(world.bai), world.lamp.pk, workbook(tmp_path))
    assert answer.status_code == 422


def test_others_have_no_import(world: World) -> None:
    assert signed_in(world.lin).get(HOME).status_code == 403
    assert "station.xlsx" not in signed_in(world.bai).get(HOME).content.decode()


@pytest.mark.parametrize("job_id", ["0" * 32, "state", "templates"])
def test_an_import_nobody_made(world: World, gu: Client, job_id: str) -> None:
    assert gu.get(reverse("imports:job", args=[job_id])).status_code == 404


@pytest.mark.parametrize("kind", ["network", "log", "outages"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_templates_can_be_downloaded(tmp_path: Path, gu: Client, kind: str, language: str) -> None:
    answer = gu.get(reverse("imports:template", args=[kind, language]))
    (tmp_path / "template.xlsx").write_bytes(b"".join(answer))
    assert load_workbook(tmp_path / "template.xlsx").sheetnames
    assert gu.get(f"/import/templates/{kind}-fr.xlsx").status_code == 404


def test_what_nobody_comes_back_for_is_thrown_away(tmp_path: Path, world: World, gu: Client) -> None:
    old = the_job(give(gu, world.lamp.pk, workbook(tmp_path)))
    jobs.forget_old(now=old.begun_at)
    assert jobs.load(old.id) is not None
    jobs.forget_old(now=old.begun_at + 2 * processes.KEPT)
    assert jobs.load(old.id) is None
    again = the_job(give(gu, world.lamp.pk, workbook(tmp_path)))
    gu.post(reverse("imports:discard", args=[again.id]))
    assert jobs.load(again.id) is None


def test_the_state_alone_is_what_the_page_asks_for(tmp_path: Path, world: World, gu: Client) -> None:
    job = the_job(give(gu, world.lamp.pk, workbook(tmp_path)))
    part = gu.get(reverse("imports:job", args=[job.id]), headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div class="dh-stack" id="import-state"')
    assert "<html" not in part
