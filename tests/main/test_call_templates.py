"""A table of any exchange, by a template: said on the page or in a file, looked at, kept, used again, and refused."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from denghuo.adapters.telephony import CallOutcome, TemplateFlaw
from denghuo.adapters.telephony.call_templates import FIELDS
from denghuo.apps.hotline import queries
from denghuo.apps.hotline.actions import NameTakenError, keep_table_template, open_exchange
from denghuo.apps.hotline.models import Call, Exchange, TableTemplate
from denghuo.apps.ledger.models import Fact
from denghuo.apps.organization.actions import assign_role
from denghuo.apps.organization.models import Role
from denghuo.main import cli
from denghuo.main.call_logs import jobs, working
from denghuo.main.call_logs.jobs import Job
from denghuo.main.call_logs.template_words import FIELD_NAMES, FLAWS, OUTCOME_NAMES
from tests.world import AT, World, make_world

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM: dict[str, Any] = {"at": AT, "actor": "test"}
TABLE = (
    "Ref,Anrufer,Beginn,Warten (s),Ergebnis\n"
    "1,13800000077,31.05.2026 08:30:00,12,OK\n"
    "2,13800000078,31.05.2026 08:31:00,40,weg\n"
    "3,13800000079,31.05.2026 08:32:00,0,Test\n"
)
CHOSEN = {
    "is_0": "call_id", "is_1": "caller", "is_2": "entered_at", "is_3": "wait_s", "is_4": "outcome",
    "word_4_0": "answered", "word_4_1": "abandoned", "word_4_2": "no_call",
    "name": "Anlage West", "keep": "on", "timezone": "Asia/Shanghai", "time_format": "%d.%m.%Y %H:%M:%S",
    "duration_unit": "s",
}  # fmt: skip
FILE = """
name = "Anlage West"
time_formats = ["%d.%m.%Y %H:%M:%S"]
[columns]
call_id = "Ref"
caller = "Anrufer"
entered_at = "Beginn"
wait_s = "Warten"
outcome = "Ergebnis"
[outcomes]
answered = "OK"
abandoned = "weg"
no_call = "Test"
"""
Give = Callable[..., Any]


@pytest.fixture
def world(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    settings.MEDIA_ROOT = tmp_path / "media"
    made = make_world()
    assign_role(user=made.bai, unit=made.wick, role=Role.ADMINISTRATOR, **SYSTEM)

    def work_here(job: Job) -> None:
        # As the process does, but in the database of this test, which no other process sees.
        jobs.save(Job(**{**vars(job), "told": (), "failure": None}))
        assert working.work(job.folder) == 0

    monkeypatch.setattr(jobs, "start", work_here)
    return made


@pytest.fixture
def exchange(world: World) -> Exchange:
    return open_exchange(unit_id=world.lamp.pk, code="lamp", name="灯山总机", **SYSTEM)


@pytest.fixture
def client(world: World) -> Client:
    made = Client(headers={"accept-language": "en"})
    made.force_login(world.gu)
    return made


@pytest.fixture
def give(client: Client, exchange: Exchange) -> Give:
    def do(template: str = "", table: str = TABLE, name: str = "calls.csv") -> Any:
        told = {"upload": [SimpleUploadedFile(name, table.encode())], "exchange": exchange.pk, "template": template}
        return client.post(reverse("hotline:import"), told, follow=True)

    return do


def columns_of(answer: Any) -> str:
    return reverse("hotline:import-columns", args=[answer.context["job"].id])


def explain(client: Client, answer: Any, **differs: str) -> Any:
    told = {name: value for name, value in {**CHOSEN, **differs}.items() if value}
    return client.post(columns_of(answer), told, follow=True)


def test_columns_are_shown_explained_looked_at_recorded_and_kept(client: Client, give: Give) -> None:
    asked = give("asks")
    assert "Say which column is what" in asked.content.decode()
    page = client.get(columns_of(asked)).content.decode()
    for words in ("Beginn", "31.05.2026 08:30:00", "138****0077", "Anrufer"):
        assert words in page
    assert "13800000077" not in page, "numbers are masked before anybody knows which column holds them"

    tried = explain(client, asked)
    [told] = tried.context["job"].told
    page = tried.content.decode()
    assert (told.is_tried, told.calls, Call.objects.count()) == (True, 2, 0)
    for words in ("Nothing is recorded yet", "2026-05-31 08:30:00", "138****0077", "Answered", "Record 2 calls"):
        assert words in page, words

    answer = client.post(reverse("hotline:import-record", args=[tried.context["job"].id]), follow=True)
    [told] = answer.context["job"].told
    assert (told.is_tried, told.new, Call.objects.count()) == (False, 2, 2)
    assert list(answer.context["job"].folder.glob("upload/*")) == []
    kept = TableTemplate.objects.get()
    assert (kept.name, kept.told["columns"]["entered_at"]) == ("Anlage West", ["Beginn"])
    assert Fact.objects.filter(kind="hotline.TableTemplateKept").count() == 1

    [told] = give(str(kept.pk)).context["job"].told
    assert (told.calls, told.new) == (2, 0), "the kept template reads the next table without a question"


def test_a_table_with_unknown_headings_is_not_lost(client: Client, give: Give) -> None:
    refused = give()
    page = refused.content.decode()
    assert "No column tells when calls came" in page
    assert columns_of(refused) in page
    assert explain(client, refused).context["job"].told[0].calls == 2


@pytest.mark.parametrize(
    ("differs", "words"),
    [
        ({"is_2": ""}, "No column tells when calls came. Say which"),
        ({"is_0": "caller"}, "is chosen for two columns: “Ref” and “Anrufer”"),
        ({"time_format": "own", "own_format": "dd.mm.yyyy"}, "“dd.mm.yyyy” is no way to write a time"),
        ({"time_format": "own"}, "is of the wrong kind, or empty"),
        ({"timezone": "Asia/Nowhere"}, "“Asia/Nowhere” is no time zone"),
        ({"word_4_2": ""}, "Nobody has said yet what “Test” means"),
        ({"name": ""}, "What is kept has a name"),
        ({"is_0": "nothing"}, "Select a valid choice"),
    ],
)
def test_a_wrong_choice_is_answered_and_nothing_is_lost(
    client: Client, give: Give, differs: dict[str, str], words: str
) -> None:
    asked = give("asks")
    answer = explain(client, asked, **differs)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert re.search(r'<option value="wait_s"[^>]* selected', page), "what was chosen stays chosen"
    assert explain(client, asked).context["job"].told[0].calls == 2


def test_a_wrong_time_format_is_said_in_one_sentence(client: Client, give: Give) -> None:
    answer = explain(client, give("asks"), time_format="%m/%d/%Y %H:%M:%S")
    page = answer.content.decode()
    assert "No row can be read: “31.05.2026 08:30:00” in the column “Beginn” is not a time" in page
    assert reverse("hotline:import-record", args=[answer.context["job"].id]) not in page, "there is nothing to record"


def test_a_table_that_lacks_a_column_of_the_template_says_which(client: Client, give: Give, exchange: Exchange) -> None:
    explained = explain(client, give("asks"))
    client.post(reverse("hotline:import-record", args=[explained.context["job"].id]))
    kept = TableTemplate.objects.get()
    answer = give(str(kept.pk), table=TABLE.replace("Warten (s)", "Dauer"))
    page = answer.content.decode()
    assert "Columns of the template are missing: Warten (s)" in page
    assert columns_of(answer) in page


def test_a_name_is_of_one_template(client: Client, give: Give, exchange: Exchange) -> None:
    explained = explain(client, give("asks"))
    client.post(reverse("hotline:import-record", args=[explained.context["job"].id]))
    other = explain(client, give("asks"), is_3="")
    assert other.status_code == 422
    assert "Another template of this exchange has this name" in other.content.decode()
    with pytest.raises(NameTakenError):
        told = {"name": "Anlage West", "columns": {"entered_at": "x"}}
        keep_table_template(exchange_id=exchange.pk, told=told, **SYSTEM)


def test_templates_are_taken_out_read_in_and_removed(client: Client, exchange: Exchange) -> None:
    address = reverse("hotline:import-templates")
    assert "No template yet" in client.get(address).content.decode()

    def keep(text: str) -> Any:
        told = {"file": SimpleUploadedFile("t.toml", text.encode()), "exchange": exchange.pk}
        return client.post(address, told, follow=True)

    wrong = keep(FILE.replace('"Ref"', '"Beginn"'))
    assert wrong.status_code == 422
    assert "is said to be two things" in wrong.content.decode()
    assert "neither TOML nor JSON" in keep("{").content.decode()
    page = keep(FILE).content.decode()
    assert "The template “Anlage West” is kept" in page
    row = TableTemplate.objects.get()
    taken = client.get(reverse("hotline:import-template", args=[row.pk]))
    assert "filename*=UTF-8''Anlage%20West.toml" in taken["Content-Disposition"]
    client.post(reverse("hotline:import-template-remove", args=[row.pk]))
    assert not TableTemplate.objects.exists()
    keep(taken.content.decode())
    assert TableTemplate.objects.get().told == row.told
    assert Fact.objects.filter(kind="hotline.TableTemplateRemoved").count() == 1


def test_templates_of_another_unit_are_not_there(client: Client, exchange: Exchange, world: World) -> None:
    keep_table_template(exchange_id=exchange.pk, told={"name": "其他", "columns": {"entered_at": "x"}}, **SYSTEM)
    row, stranger = TableTemplate.objects.get(), Client()
    stranger.force_login(world.bai)
    for name in ("import-templates", "import"):
        assert "其他" not in stranger.get(reverse(f"hotline:{name}")).content.decode()
        assert "其他" in client.get(reverse(f"hotline:{name}")).content.decode()
    assert stranger.get(reverse("hotline:import-template", args=[row.pk])).status_code == 404
    assert stranger.post(reverse("hotline:import-template-remove", args=[row.pk])).status_code == 404
    assert queries.table_templates_within([str(world.wick.path)]) == []


def test_the_command_takes_a_file_or_a_name(
    exchange: Exchange, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, template = tmp_path / "calls.csv", tmp_path / "west.toml"
    table.write_text(TABLE, encoding="utf-8")
    template.write_text(FILE, encoding="utf-8")
    told = ["hotline", "import", str(table), "--exchange", "lamp", "--template"]
    assert cli.main([*told, str(template)]) == 0
    assert Call.objects.count() == 2
    assert cli.main([*told, "Anlage West"]) == 2
    assert "kept for the exchange: none yet" in capsys.readouterr().err
    assert keep_table_template(exchange_id=exchange.pk, told=tomllib.loads(FILE), **SYSTEM).name == "Anlage West"
    assert cli.main([*told, "Anlage West"]) == 0
    assert Call.objects.count() == 2
    template.write_text(FILE.replace("[columns]", "[columns]\nduration = 'x'"), encoding="utf-8")
    assert cli.main([*told, str(template)]) == 2
    assert "“duration” is no field of a call. Known: call_id, queue" in capsys.readouterr().err


def test_everything_a_template_can_say_has_words() -> None:
    assert set(FIELD_NAMES) == set(FIELDS)
    assert set(FLAWS) == set(TemplateFlaw)
    assert set(OUTCOME_NAMES) == {one.name.lower() for one in CallOutcome} | {"no_call"}
