"""Pages of the hotline: what they say, to whom, and that a figure opens to as many calls as it counts."""

import re
from datetime import timedelta
from html import unescape
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from denghuo.adapters.telephony.records import CallOutcome
from denghuo.apps.customers.queries import unmaskings
from denghuo.apps.hotline import actions
from denghuo.apps.hotline.facts import CallerUnmasked, CallsExported
from denghuo.apps.hotline.models import Call, CallerNumber, CauseKind, Measure
from denghuo.apps.hotline.queries import team_order
from denghuo.apps.hotline.queries import why as asking
from denghuo.apps.ledger import deliveries
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.organization.actions import assign_role
from denghuo.apps.organization.models import Role
from tests.apps.hotline.conftest import Hotline, Ring, call
from tests.apps.network.conftest import signed_in
from tests.world import AT, World

GAVE_UP = CallOutcome.ABANDONED
MONTH = {"month": "2026-05"}
SYSTEM: dict[str, Any] = {"at": AT, "actor": "test"}


@pytest.fixture
def month(world: World, hotline: Hotline, ring: Ring) -> Hotline:
    """Ten requests on two days, seven answered; one caller gave up twice before she was."""
    ring(
        *(call(f"1380000000{n}", n) for n in range(5)),
        call("13800000077", 10, GAVE_UP, wait_s=50.0),
        call("13800000077", 15, GAVE_UP, wait_s=40.0),
        call("13800000077", 20),
        call("13800000088", 1440, GAVE_UP),
        call("13800000099", 1441),
        call("13800000055", 30, CallOutcome.ANNOUNCED, queued_at=None, wait_s=None, announcement="storm"),
    )
    told = {"measure": Measure.ANSWER_RATE, "share": 0.9, "source": "年度责任书"}
    actions.set_target(unit_id=world.lamp.pk, from_date=AT.date() - timedelta(days=60), **told, **SYSTEM)
    return hotline


def text(client: Client, name: str, *args: Any, status: int = 200, **query: Any) -> str:
    answer = client.get(reverse(f"hotline:{name}", args=args), query)
    assert answer.status_code == status
    return str(answer.content.decode())


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "70.0 % answered: 20.0 points short of the target of 90.0 %."), ("zh-hans", "70.0%")],
)
def test_a_month_against_its_target(month: Hotline, language: str, words: str) -> None:
    page = text(signed_in(month.leader, language), "home", **MONTH)
    assert words in page
    assert "年度责任书" in page
    assert '<script id="days-data"' in page


def test_a_month_without_calls_and_a_hotline_without_any(world: World, hotline: Hotline, ring: Ring) -> None:
    assert "No calls yet" in text(signed_in(hotline.leader), "home")
    ring(call("13800000001", 0))
    page = text(signed_in(hotline.leader), "home", month="2025-01")
    assert "No call on these days" in page
    assert "0.0" not in re.sub(r"<[^>]*>", "", page), "nothing known is not nothing reached"


def test_without_an_exchange_no_form_pretends_to_find_or_to_owe_anything(world: World) -> None:
    assign_role(user=world.bai, unit=world.wick, role=Role.AGENT, **SYSTEM)
    bai = signed_in(world.bai)
    desk = text(bai, "desk")
    assert "The desk needs a telephone exchange" in desk and 'name="number"' not in desk
    owed = text(bai, "call-backs")
    assert "the form here" not in owed and "dh-split" not in owed


@pytest.mark.parametrize(
    "query",
    [
        {"month": "9999-13"},
        {"month": "rubbish"},
        {"since": "0001-01-01", "until": "9999-12-31"},
        {"since": "2026-05-09", "until": "2026-05-01"},
        {"queue": "7777"},
        {"month": "\x00"},
    ],
)
def test_rubbish_is_this_month(month: Hotline, query: dict[str, str]) -> None:
    leader = signed_in(month.leader)
    for name in ("home", "why", "calls", "agents"):
        assert text(leader, name, **query), name
    assert text(leader, "figure", column="answer_rate", **query)


@pytest.mark.parametrize(
    "counted",
    ["calls", "requests", "answered", "not_answered", "abandoned", "announced", "redials", "callers", "unserved"],
)
def test_a_figure_opens_to_as_many_calls(month: Hotline, counted: str) -> None:
    expected = {
        "calls": 11,
        "requests": 10,
        "answered": 7,
        "not_answered": 3,
        "abandoned": 3,
        "announced": 1,
        "redials": 2,
        "callers": 9,
        "unserved": 1,
    }[counted]
    page = text(signed_in(month.leader), "calls", counted=counted, **MONTH)
    assert f"1–{expected} of {expected}" in page


def test_queues_of_several_exchanges_can_be_told_apart(world: World, month: Hotline, ring: Ring) -> None:
    assert ">95598</option>" not in text(signed_in(month.leader), "home", **MONTH), "one queue is no choice"
    west = actions.open_exchange(unit_id=world.lamp.pk, code="west", name="西站总机", **SYSTEM)
    ring(call("13800000088", 3), exchange_id=west.pk)
    page = text(signed_in(month.leader), "home", **MONTH)
    assert "95598 · 西站总机" in page and "95598 · 灯山总机" in page


def test_numbers_are_masked_everywhere(month: Hotline) -> None:
    row = Call.objects.filter(caller="13800000077")[0]
    client = signed_in(month.leader)
    for page in (text(client, "calls", **MONTH), text(client, "call", row.pk)):
        assert "138****0077" in page
        assert "13800000077" not in page


def test_a_number_is_told_to_who_says_why(world: World, month: Hotline) -> None:
    row = Call.objects.filter(caller="13800000077")[0]
    address = reverse("hotline:unmask", args=[row.pk])
    client = signed_in(month.agent)
    assert client.post(address, {"reason": " "}).status_code == 422
    answer = client.post(address, {"reason": "call back: still out"})
    assert "13800000077" in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    told = ledger.facts(classes=[CallerUnmasked])
    assert [(one.actor, one.fact.reason) for one in told] == [("he", "call back: still out")]
    assert signed_in(world.chen).post(address, {"reason": "curious"}).status_code == 403
    deliveries.drain()
    looks = unmaskings([str(row.exchange.unit.path)], since=told[0].at, until=told[0].at + timedelta(seconds=1))
    assert [(one.subject, one.reason) for one in looks] == [(f"hotline.call:{row.pk}", "call back: still out")]


def test_who_called(world: World, month: Hotline) -> None:
    numbers = [CallerNumber(number="13800000077", name="王小五", account="0501", address="青禾村12号")]
    actions.import_numbers(unit_id=world.lamp.pk, numbers=numbers, source_name="t.xlsx", **SYSTEM)
    row = Call.objects.filter(caller="13800000077")[0]
    page = text(signed_in(month.leader), "call", row.pk)
    assert "王*五" in page
    assert "青禾村**号" in page
    assert "王小五" not in page


def test_the_calls_of_one_need_stand_together(month: Hotline) -> None:
    row = Call.objects.get(caller="13800000077", outcome=CallOutcome.ANSWERED)
    page = text(signed_in(month.leader), "call", row.pk)
    assert "The 3 calls of this need" in page


def test_somebody_elses_calls_are_not_there(world: World, month: Hotline) -> None:
    row = Call.objects.all()[0]
    assert text(signed_in(world.bai), "home", status=403)
    from denghuo.apps.organization.actions import assign_role
    from denghuo.apps.organization.models import Role

    assign_role(user=world.bai, unit=world.wick, role=Role.SHIFT_LEADER, **SYSTEM)
    client = signed_in(world.bai)
    assert "No calls yet" in text(client, "home")
    assert text(client, "call", row.pk, status=404)
    assert "No call fits" in text(client, "calls", **MONTH)


@pytest.mark.parametrize(
    "column",
    ["answer_rate", "answer_rate_all", "service_level", "callers_solved_share", "mean_wait_s", "mean_handling_s"],
)
def test_every_figure_says_where_it_comes_from(month: Hotline, column: str) -> None:
    page = text(signed_in(month.leader), "figure", column=column, **MONTH)
    assert "a default of this product" in page
    assert "÷" in page


def test_a_definition_and_a_target_are_set(world: World, month: Hotline) -> None:
    client = signed_in(month.leader)
    told = {
        "from_date": "2026-05-01",
        "in_time_s": 30,
        "redial_within_s": 600,
        "soon_s": 3,
        "source": "办法第5条",
    }
    assert client.post(reverse("hotline:definitions"), told).status_code == 302
    assert "办法第5条" in text(client, "definitions")
    assert client.post(reverse("hotline:definitions"), told | {"in_time_s": 0}).status_code == 422
    aim = {"unit": world.lamp.pk, "from_date": "2026-05-01", "measure": "answer_rate", "percent": 95, "source": "x"}
    assert client.post(reverse("hotline:targets"), aim).status_code == 302
    for wrong in ({"percent": 101}, {"percent": 0}, {"percent": "nan"}, {"unit": world.city.pk}):
        assert client.post(reverse("hotline:targets"), aim | wrong).status_code == 422
    for page in ("definitions", "targets", "causes"):
        assert signed_in(month.agent).post(reverse(f"hotline:{page}"), {}).status_code == 403


def test_a_cause_is_named_and_withdrawn(month: Hotline) -> None:
    client = signed_in(month.leader)
    told = {
        "kind": CauseKind.HEAT,
        "name": "七月高温",
        "started_at": "2026-05-01T08:00",
        "ended_at": "2026-05-01T12:00",
        "volume": "on",
        "note": "",
    }
    assert client.post(reverse("hotline:causes"), told | {"ended_at": "2026-05-01T07:00"}).status_code == 422
    assert client.post(reverse("hotline:causes"), told | {"volume": ""}).status_code == 422
    assert client.post(reverse("hotline:causes"), told).status_code == 302
    assert "七月高温" in text(client, "causes")
    cause = month.exchange.unit.hotline_causes.get()
    assert signed_in(month.agent).post(reverse("hotline:withdraw", args=[cause.pk])).status_code == 403
    assert client.post(reverse("hotline:withdraw", args=[cause.pk])).status_code == 302
    assert "七月高温" not in text(client, "causes")


def test_the_workbook_holds_what_the_page_shows(month: Hotline) -> None:
    client = signed_in(month.leader)
    answer = client.post(reverse("hotline:export") + "?month=2026-05&counted=not_answered")
    book = openpyxl.load_workbook(BytesIO(answer.content))
    days, calls = book.worksheets
    assert [cell.value for cell in days[days.max_row]][1:4] == [11, 10, 7]
    assert calls.max_row == 1 + 3
    assert "138****0077" in [row[1].value for row in calls.iter_rows(min_row=2)]
    assert [one.fact.row_count for one in ledger.facts(classes=[CallsExported])] == [3]
    assert client.get(reverse("hotline:export")).status_code == 302


def test_the_board_of_an_exchange_that_tells_nothing_yet(month: Hotline) -> None:
    assert "Nothing live yet" in text(signed_in(month.leader), "board")


def test_the_board_now(month: Hotline) -> None:
    now = timezone.now()
    state = {
        "waiting": [{"call_id": "1", "caller": "13800000077", "queue": "95598", "since": now.isoformat()}],
        "agents": [
            {"agent": "A001", "state": "talking", "since": now.isoformat()},
            {"agent": "A002", "state": "paused", "reason": "培训", "since": None},
            {"agent": "A003", "state": "no such state"},
            {"agent": "A004", "state": "wrapping_up"},
        ],
    }
    actions.update_board(exchange_id=month.exchange.pk, state=state, connected=True, at=now, actor="listener")
    client = signed_in(month.leader)
    page = text(client, "board")
    assert "138****0077" in page
    assert "1 talking, 0 ringing, 1 wrapping up, 0 free" in page
    assert "besides, 1 paused" in page
    assert "培训" in page
    answer = client.get(reverse("hotline:stream"))
    sent = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert sent.startswith("retry: 1000\nevent: board\ndata: ")
    assert "138****0077" in sent


def test_a_board_that_is_no_longer_told_says_so(month: Hotline) -> None:
    before = timezone.now() - timedelta(minutes=2)
    actions.update_board(exchange_id=month.exchange.pk, state={}, connected=True, at=before, actor="listener")
    assert "has not been heard for a while" in text(signed_in(month.leader), "board")


@pytest.fixture
def storm(world: World, hotline: Hotline, ring: Ring) -> Hotline:
    """Twelve weeks of eight calls an hour in the day, all answered by four; one evening with many more."""
    calls = []
    for day in range(84):
        for n in range(80):
            minute = day * 1440 + n * 7.5
            calls.append(call(f"139{day:02d}{n:06d}", minute, agent=f"A{n % 4:03d}"))
    for n in range(60):
        calls.append(call(f"137{n:08d}", 56 * 1440 + 300 + n, GAVE_UP if n % 2 else CallOutcome.ANSWERED, wait_s=90.0))
    ring(*calls)
    told = {"measure": Measure.ANSWER_RATE, "share": 0.995, "source": "x"}
    actions.set_target(unit_id=world.lamp.pk, from_date=AT.date(), **told, **SYSTEM)
    entry = actions.CauseEntry(
        kind=CauseKind.STORM,
        name="大风",
        started_at=AT + timedelta(days=56, minutes=290),
        ended_at=AT + timedelta(days=56, minutes=370),
    )
    actions.name_cause(unit_id=world.lamp.pk, entry=entry, **SYSTEM)
    return hotline


def test_a_shortfall_is_shared_out_and_adds_up(storm: Hotline) -> None:
    client = signed_in(storm.leader)
    asking._kept.clear()
    waiting = text(client, "why", month="2026-06")
    assert 'hx-select="#account"' in waiting, "what takes seconds comes after the page"
    assert "short of the target by" not in waiting
    page = text(client, "why", month="2026-06", account=1)
    rows = re.findall(
        r"<tr[^>]*><th scope=\"row\"><a href=\"[^\"]*cause=(\w+)#days\">.*?<td class=\"dh-num\"[^>]*>([-\d.,]+)</td>",
        page,
    )
    foot = re.search(r"short of the target by</th><td class=\"dh-num\"[^>]*>([-\d.,]+)</td>", page)
    assert foot is not None
    assert {code for code, _points in rows} >= {"usual", "redials", "unnamed", "unexplained"}
    assert sum(float(points) for _code, points in rows) == pytest.approx(float(foot[1]), abs=0.005)
    cause = storm.exchange.unit.hotline_causes.get()
    points = dict(rows)
    assert float(points[str(cause.pk)]) > 0.5 * float(foot[1])
    assert "short of the target by" in text(client, "why", month="2026-06"), "and stays"
    opened = text(client, "why", month="2026-06", cause=str(cause.pk))
    assert "day by day" in opened
    days, foot = opened[opened.index('id="days"') :].split("<tfoot>")[:2]
    points = re.findall(r'<td class="dh-num"[^>]*>[-\d,]+</td><td class="dh-num">([-\d.]+)</td>', days)
    [total] = re.findall(r'<td class="dh-num"[^>]*>[-\d,]+</td><td class="dh-num">([-\d.]+)</td>', foot)[:1]
    assert sum(map(float, points)) == pytest.approx(float(total))
    assert "2026-06-26" in opened


def test_every_part_of_a_shortfall_says_how_sure_it_is(storm: Hotline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_DRAWS", 4)
    page = text(signed_in(storm.leader), "why", month="2026-06", sure=1)
    rows = re.findall(r"<th scope=\"row\">([^<]+)</th>" + 3 * r"<td[^>]*>([-\d.,]+)</td>", page)
    assert {name for name, *_told in rows} >= {
        "A usual month",
        "Redials",
        "Not explained",
        storm.exchange.unit.hotline_causes.get().name,
    }
    for _name, points, low, high in rows:  # the quiet days are all alike, so that others would have told the same
        assert [float(low), float(high)] == pytest.approx([float(points)] * 2, abs=0.011)


def test_without_quiet_days_nothing_is_shared_out_but_the_days_add_up(month: Hotline, ring: Ring) -> None:
    ring(*(call(f"1370000000{n}", 2880 + n) for n in range(4)))
    client = signed_in(month.leader)
    page = text(client, "why", account=1, **MONTH)
    assert "too few quiet days" in page
    assert "Days that reached it: 1" in page
    for shown, rows in ((page, 3), (text(client, "why", days="all", **MONTH), 3)):
        body, foot = shown[shown.index("worst-title") :].split("<tfoot>")
        cells = [re.findall(r'<td class="dh-num"[^>]*>(?:<a[^>]*>)?([-\d.]+)', row) for row in body.split("<tr>")[2:]]
        total = re.findall(r'<td class="dh-num"[^>]*>(?:<a[^>]*>)?([-\d.]+)', foot)
        assert len(cells) == rows
        for column in (1, 2, 3, 4):  # asked, not answered, missing, points
            assert sum(float(row[column]) for row in cells) == pytest.approx(float(total[column]))
        assert total == ["78.6", "14", "3", "2", "11.43"], "as the verdict says: two more answers"
        for href, count in re.findall(r'<a href="([^"]*counted=not_answered[^"]*)">(\d+)</a>', body + foot):
            assert (f"of {count}" if int(count) else "No call fits") in client.get(unescape(href)).content.decode()


def test_a_long_time_is_not_shared_out(month: Hotline) -> None:
    page = text(signed_in(month.leader), "why", since="2026-01-01", until="2026-06-30")
    assert "two months at most" in page


def test_the_process_for_live_pages_answers_the_pages_of_the_other(hotline: Hotline, settings: Settings) -> None:
    """Another port is another origin to a browser: the stream names the one that it answers, and no other."""
    settings.PAGES_PORT = 8000
    client = AsyncClient()
    client.force_login(hotline.leader)

    async def asked(origin: str) -> tuple[int, str]:
        answer = await client.get(reverse("hotline:stream"), headers={"origin": origin})
        return answer.status_code, answer.headers.get("Access-Control-Allow-Origin", "")

    assert async_to_sync(asked)("http://testserver:8000") == (200, "http://testserver:8000")
    assert async_to_sync(asked)("http://testserver:9000") == (200, "")


def test_teams_stand_in_their_order() -> None:
    for told in (
        ["一班", "二班", "三班", "四班", "十班", "十一班", "二十班"],
        ["Team 2", "Team 10"],
        ["一班", "2班", "三班", "10班", "", "机动班"],
    ):
        assert sorted(sorted(told), key=team_order) == told
