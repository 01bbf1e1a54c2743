"""The page that reads call logs: what it takes and says, and who sees it. The work of its process is done here."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.translation import override
from pytest_django import Settings

from denghuo.adapters.telephony import Finding, TelephonyCode, TelephonyProblem, Unknowable
from denghuo.apps.hotline import queries
from denghuo.apps.hotline.actions import open_exchange
from denghuo.apps.hotline.models import Call, Exchange, Tally
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.organization.actions import assign_role
from denghuo.apps.organization.models import Role
from denghuo.main import telephone_logs
from denghuo.main.call_logs import jobs, working
from denghuo.main.call_logs.jobs import Job, Status
from denghuo.main.call_logs.sentences import FINDINGS, in_english, sentence
from denghuo.main.call_logs.words import FORMATS, UNKNOWABLE
from denghuo.main.telephone_logs import LogFormat, parts_of
from tests.world import AT, World, make_world

pytestmark = pytest.mark.django_db(transaction=True)
DATA = Path(__file__).resolve().parents[1] / "adapters/data/telephony"
QUEUE_LOG, TRACE = DATA / "asterisk_run1.queue_log.gz", DATA / "asterisk_run1.ami_queue_events.txt.gz"
SYSTEM: dict[str, Any] = {"at": AT, "actor": "test"}
Give = Callable[..., Any]


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


@pytest.fixture
def exchange(world: World) -> Exchange:
    return open_exchange(unit_id=world.lamp.pk, code="lamp", name="灯山总机", **SYSTEM)


@pytest.fixture
def give(world: World, exchange: Exchange) -> Give:
    def do(*files: Path | SimpleUploadedFile, follow: bool = True, user: Any = None, language: str = "en") -> Any:
        uploads = [SimpleUploadedFile(one.name, one.read_bytes()) if isinstance(one, Path) else one for one in files]
        client = signed_in(user or world.gu, language)
        return client.post(reverse("hotline:import"), {"upload": uploads, "exchange": exchange.pk}, follow=follow)

    return do


def signed_in(user: Any, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client


def test_a_log_is_read_and_told(give: Give, world: World) -> None:
    answer = give(QUEUE_LOG)
    page, [told] = answer.content.decode(), answer.context["job"].told
    assert (told.calls, told.new, told.completed, told.kind) == (81, 81, 0, LogFormat.QUEUE_LOG)
    for words in ("Asterisk queue log", "callers refused at a full queue", "See the figures"):
        assert words in page
    assert Tally.objects.exists(), "what follows has followed"
    assert ledger.facts()[-1].actor == "gu"
    assert list(answer.context["job"].folder.glob("upload/*")) == [], "whole numbers do not stay in a folder"
    assert "Nothing new" in give(QUEUE_LOG).content.decode()
    assert Call.objects.count() == 81


def test_several_at_once_and_one_that_is_none(give: Give) -> None:
    rubbish = SimpleUploadedFile("rubbish.bin", bytes(range(256)) * 40)
    answer = give(TRACE, rubbish, QUEUE_LOG)
    told = {one.names: one for one in answer.context["job"].told}
    assert (told[TRACE.name,].new, told[QUEUE_LOG.name,].new) == (81, 0)
    assert told["rubbish.bin",].is_refused
    page = answer.content.decode()
    assert "Nothing of it was recorded" in page
    assert "none of the logs that can be read here" in page
    assert len(queries.readings_of([Exchange.objects.get().pk])) == 2


def test_the_parts_of_a_log_are_read_in_order(give: Give, tmp_path: Path) -> None:
    lines = gzip.decompress(QUEUE_LOG.read_bytes()).splitlines(keepends=True)
    third = len(lines) // 3
    for name, part in (("queue_log", lines[2 * third :]), ("queue_log.1", lines[third : 2 * third])):
        (tmp_path / name).write_bytes(b"".join(part))
    (tmp_path / "queue_log.2").write_bytes(b"".join(lines[:third]))
    paths = [tmp_path / name for name in ("queue_log", "queue_log.1", "queue_log.2")]
    assert [path.name for path in parts_of(paths)[0].paths] == ["queue_log.2", "queue_log.1", "queue_log"]
    [told] = give(*paths).context["job"].told
    whole = give(QUEUE_LOG).context["job"].told[0]
    assert (told.calls, whole.new, whole.completed) == (81, 0, 0)


def test_a_large_log_is_recorded_in_parts(give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telephone_logs, "_RECORDED_AT_ONCE", 30)
    [told] = give(QUEUE_LOG).context["job"].told
    assert (told.calls, told.new, Call.objects.count()) == (81, 81, 81)
    readings = queries.readings_of([Exchange.objects.get().pk])
    assert [reading.source_name[-6:] for reading in readings] == [" (3/3)", " (2/3)", " (1/3)"]
    assert sum(reading.line_count for reading in readings) == told.lines == 246
    assert sum(tally.calls for tally in Tally.objects.all()) == 81


def test_a_table_says_which_line_is_wrong(give: Give) -> None:
    rows = ("呼叫ID,队列,呼入时间,结果", "1,95598,2026-05-01 08:00:00,接通", "2,95598,2026-05-01 08:01:00,飞走")
    answer = give(SimpleUploadedFile("话单.csv", "\n".join(rows).encode()), language="zh-hans")
    [told] = answer.context["job"].told
    assert (told.calls, told.trouble_count) == (1, 1)
    assert (told.troubles[0].line, told.troubles[0].finding) == (3, Finding.UNKNOWN_OUTCOME)
    given = told.troubles[0].given
    with override("zh-hans"):
        words = sentence(Finding.UNKNOWN_OUTCOME, file="话单.csv", line=3, given=given)
    page = answer.content.decode()
    assert "飞走" in words
    assert words in page
    with override("en"):
        assert str(FINDINGS[Finding.UNKNOWN_OUTCOME])[:30] not in page
    kept = queries.readings_of([Exchange.objects.get().pk])[0].problems[0]
    assert kept["zh"] == words
    assert kept["en"].startswith("话单.csv, line 3: “飞走” is no known outcome")


def test_times_when_nobody_called_are_told_by_line_and_as_written(give: Give) -> None:
    rows = ("队列,呼入时间,结果", "95598,1970-01-01 10:31:00,接通", "95598,2099-11-30 10:32:00,接通", "95598,x,接通")
    answer = give(SimpleUploadedFile("话单.csv", "\n".join(rows).encode()), language="zh-hans")
    page = answer.content.decode()
    assert "row 2" not in page
    assert "话单.csv，第 2 行：“呼入时间”列中的“1970-01-01 10:31:00”" in page
    assert "话单.csv，第 3 行：“呼入时间”列中的“2099-11-30 10:32:00”" in page


def test_a_log_of_years_before_all_others_is_recorded_and_doubted(give: Give) -> None:
    head = "呼叫ID,队列,主叫号码,呼入时间,结果\n"
    first = give(SimpleUploadedFile("a.csv", f"{head}1,95598,13800000001,2025-05-01 08:00:00,接通\n".encode()))
    assert first.context["job"].told[0].trouble_count == 0, "there was nothing to compare it with"
    near = give(SimpleUploadedFile("b.csv", f"{head}2,95598,13800000001,2024-05-03 08:00:00,接通\n".encode()))
    assert near.context["job"].told[0].trouble_count == 0
    answer = give(SimpleUploadedFile("c.csv", f"{head}3,95598,13800000001,2016-05-01 01:00:00,接通\n".encode()))
    [told] = answer.context["job"].told
    assert (told.new, told.trouble_count) == (1, 1)
    assert "The calls are of 2016-05-01 to 2016-05-01, more than a year before the first" in answer.content.decode()
    assert Call.objects.count() == 3


def test_what_sources_tell_differently_is_said(give: Give) -> None:
    head = "呼叫ID,队列,主叫号码,呼入时间,结果\n"
    give(SimpleUploadedFile("a.csv", f"{head}1,95598,13800000001,2026-05-01 08:00:00,接通\n".encode()))
    answer = give(SimpleUploadedFile("b.csv", f"{head}1,95598,13800000001,2026-05-01 08:00:00,放弃\n".encode()))
    assert answer.context["job"].told[0].contradictions == 1
    assert "1 call; what was told first stays." in answer.content.decode()


@pytest.mark.parametrize(("files", "words"), [([], "Choose a file first"), ([("queue_log", b"")], "The file is empty")])
def test_nothing_to_read_is_said(give: Give, files: list[tuple[str, bytes]], words: str) -> None:
    answer = give(*(SimpleUploadedFile(name, content) for name, content in files))
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_database_that_does_not_answer_is_told_and_tried_again(give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: Any, **_told: Any) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(working, "take_in", full)
        answer = give(QUEUE_LOG)
    job = answer.context["job"]
    assert job.status is Status.FAILED
    assert "disk full" in answer.content.decode()
    again = answer.client.post(reverse("hotline:import-again", args=[job.id]), follow=True)
    assert again.context["job"].status is Status.DONE
    assert Call.objects.count() == 81


def test_an_upload_whose_process_died_is_interrupted(give: Give, world: World) -> None:
    job = give(QUEUE_LOG).context["job"]
    state = (job.folder / "state.json").read_text(encoding="utf-8").replace('"done"', '"working"')
    (job.folder / "state.json").write_text(state, encoding="utf-8")
    page = signed_in(world.gu).get(reverse("hotline:import-upload", args=[job.id])).content.decode()
    assert "Reading was interrupted" in page


def test_another_station(give: Give, world: World) -> None:
    job = give(QUEUE_LOG).context["job"]
    assert signed_in(world.bai).get(reverse("hotline:import-upload", args=[job.id])).status_code == 404
    assert give(QUEUE_LOG, user=world.bai).status_code == 422
    page = signed_in(world.bai).get(reverse("hotline:import")).content.decode()
    assert "No exchange yet" in page
    assert give(QUEUE_LOG, user=world.chen).status_code == 403


def test_an_exchange_is_opened_on_the_page_of_sources(world: World) -> None:
    client, address = signed_in(world.gu), reverse("hotline:sources")
    assert "Open an exchange" in client.get(address).content.decode()
    told = {"name": "总机", "code": "95598", "unit": world.lamp.pk}
    assert "A telephone exchange" not in signed_in(world.chen).get(address).content.decode()
    assert signed_in(world.chen).post(address, told).status_code == 403
    assert client.post(address, told | {"unit": 10**6}).status_code == 422
    assert client.post(address, told | {"code": "总机"}).status_code == 422
    opened = client.post(address, told)
    assert opened.headers["Location"] == reverse("hotline:import")
    assert Exchange.objects.get().unit == world.lamp
    assert "with this code already" in client.post(address, told).content.decode()
    assert reverse("hotline:import") in client.get(address).content.decode()


# What a problem tells beside its event, value and call.
TOLD: dict[Finding, dict[str, str | int]] = {
    Finding.NO_TABLE: {"reason_zh": "原因", "reason_en": "the reason"},
    Finding.TABLE_CUT_OFF: {"reason_zh": "原因", "reason_en": "the reason"},
    Finding.NO_TEMPLATE_COLUMNS: {"columns": "T0"},
    Finding.LINE_TOO_LONG: {"limit_bytes": 1_000_000},
    Finding.KNOWN_ELSEWHERE: {"count": 81, "looked_at": 90, "exchange": "总机"},
    Finding.TIMES_OUT_OF_ORDER: {"earlier": "接通", "later": "呼入"},
    Finding.YEARS_BEFORE: {"first": "2016-11-30", "last": "2016-12-01", "known": "2025-01-01"},
    Finding.CLOCK_WENT_BACK: {"back_s": 3600},
    Finding.WAITS_DIFFER: {"told_s": 12, "between_s": 3600},
    Finding.WAIT_BACKWARDS: {"told_s": 12},
    Finding.ACCOUNT_REFUSED: {"reply": "no"},
    Finding.PASSWORD_REFUSED: {"reply": "no"},
}


@pytest.mark.parametrize("finding", Finding)
def test_every_problem_is_a_sentence_that_says_what_it_was_told(finding: Finding) -> None:
    told = TOLD.get(finding, {})
    problem = TelephonyProblem(
        code=TelephonyCode.BAD_VALUE, finding=finding, file="a.csv", line=1234, event="E", value="V", told=told
    )
    words = in_english(problem)
    assert words.startswith("a.csv, line 1,234: ")
    assert "%(" not in words
    for name, value in told.items():
        assert name == "reason_zh" or (f"{value:,}" if isinstance(value, int) else value) in words


def test_every_code_has_words() -> None:
    assert set(UNKNOWABLE) == set(Unknowable)
    assert set(FORMATS) == set(LogFormat)
