"""The hotline for programs: the figures of the pages, masked numbers, scopes, and calls that are told."""

import json
from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from denghuo.adapters.telephony.records import CallOutcome, CallRecord
from denghuo.apps.hotline import actions, queries
from denghuo.apps.hotline.api.calls import CallOut
from denghuo.apps.hotline.api.figures import FiguresOut
from denghuo.apps.hotline.api.told import CallIn
from denghuo.apps.hotline.api.told import Outcome as ToldOutcome
from denghuo.apps.hotline.models import Call, CallReading, Measure
from denghuo.apps.hotline.queries.calls import COUNTED
from denghuo.apps.ledger import deliveries
from denghuo.apps.ledger.models import Fact
from denghuo.apps.organization.actions import assign_role
from denghuo.apps.organization.models import Role, User
from denghuo.apps.outages.models import Outage
from tests.apps.hotline.conftest import Hotline, Ring, call
from tests.apps.network.conftest import Switch, after, signed_in, switch
from tests.world import AT, World

__all__ = ["switch"]
GAVE_UP = CallOutcome.ABANDONED
MAY = {"month": "2026-05"}
SYSTEM: dict[str, Any] = {"at": AT, "actor": "test"}


@pytest.fixture
def month(world: World, hotline: Hotline, ring: Ring) -> Hotline:
    """Ten requests on two days, seven answered; one caller gave up twice before she was."""
    ring(
        *(call(f"1380000000{n}", n) for n in range(5)),
        call("13800000077", 10, GAVE_UP, wait_s=50.0),
        call("13800000077", 15, GAVE_UP, wait_s=40.0),
        call("13800000077", 20, transferred_to="13900001234"),
        call("13800000088", 1440, GAVE_UP),
        call("13800000099", 1441),
        call("13800000055", 30, CallOutcome.ANNOUNCED, queued_at=None, wait_s=None, announcement="storm"),
    )
    told = {"measure": Measure.ANSWER_RATE, "share": 0.9, "source": "年度责任书"}
    actions.set_target(unit_id=world.lamp.pk, from_date=AT.date() - timedelta(days=60), **told, **SYSTEM)
    return hotline


def get(user: User, name: str, *args: Any, status: int = 200, **query: Any) -> Any:
    answer = signed_in(user).get(reverse(f"api:hotline-{name}", args=args), query)
    assert answer.status_code == status, answer.content.decode()
    return answer.json()


def post(user: User, *rows: Any, status: int = 200, exchange: str = "lamp", **told: Any) -> Any:
    body = json.dumps({"exchange": exchange, "calls": list(rows), **told})
    answer = signed_in(user).post(reverse("api:hotline-calls"), body, content_type="application/json")
    assert answer.status_code == status, answer.content.decode()
    return answer.json()


def row(number: str = "13800000001", minutes: float = 0, **changes: Any) -> dict[str, Any]:
    """A call as a program tells it."""
    told = call(number, minutes)
    values = {one.name: getattr(told, one.name) for one in fields(CallRecord)}
    values |= {name: value.isoformat() for name, value in values.items() if hasattr(value, "isoformat")}
    return values | {"outcome": "answered"} | changes


def test_figures_are_the_pages(month: Hotline) -> None:
    told = get(month.leader, "figures", **MAY)
    page = signed_in(month.leader).get(reverse("hotline:home"), MAY).context
    shown = page["asked"].figures
    assert told["figures"] == {name: getattr(shown, name) for name in FiguresOut.model_fields}
    assert told["figures"]["answer_rate"] == 0.7
    assert (told["since"], told["until"], told["first_day"]) == ("2026-05-01", "2026-05-31", "2026-05-01")
    assert told["target"] == {"share": 0.9, "from_date": "2026-03-02", "source": "年度责任书", "unit": "灯山供电所"}
    assert told["verdict"] == {"reached": False, "short_share": pytest.approx(0.2), "missing_calls": 2}
    assert page["verdict"].missing_calls == "2"


def test_every_figure_is_told() -> None:
    counted = {one.name for one in fields(queries.Figures)}
    rates = {name for name, value in vars(queries.Figures).items() if isinstance(value, property)}
    assert set(FiguresOut.model_fields) == counted | rates


def test_what_is_not_known_is_null(month: Hotline) -> None:
    nothing = get(month.leader, "figures", month="2025-01")
    assert (nothing["figures"], nothing["verdict"]) == (None, None)
    [second] = get(month.leader, "days", since="2026-05-02", until="2026-05-02")["days"]
    assert second["figures"]["mean_wait_s"] == 10.0
    lone = get(month.leader, "intervals", day="2026-05-01")["intervals"]
    announced = next(one for one in lone if one["minute"] == 510)
    assert (announced["figures"]["announced"], announced["figures"]["answer_rate"]) == (1, None)


def test_days_and_intervals_add_up(month: Hotline) -> None:
    whole = get(month.leader, "figures", **MAY)["figures"]
    days = get(month.leader, "days", **MAY)["days"]
    intervals = [one for day in days for one in get(month.leader, "intervals", day=day["day"])["intervals"]]
    for parts in (days, intervals):
        for name in ("calls", "requests", "answered", "callers", "wait_s"):
            assert sum(part["figures"][name] for part in parts) == whole[name], name
    assert [day["day"] for day in days] == ["2026-05-01", "2026-05-02"]
    assert intervals[0]["begins_at"] == "2026-05-01T08:00:00+08:00"


def test_a_queue_of_its_own(month: Hotline, ring: Ring) -> None:
    ring(call("13800000011", 60, queue="95598-2", call_id="other"))
    queues = {one["code"]: one["id"] for one in get(month.leader, "figures", **MAY)["queues"]}
    assert get(month.leader, "figures", queue=queues["95598-2"], **MAY)["figures"]["calls"] == 1


@pytest.mark.parametrize("counted", sorted(COUNTED))
def test_a_figure_has_as_many_calls(month: Hotline, counted: str) -> None:
    told = get(month.leader, "figures", **MAY)["figures"]
    extra = {
        "not_answered": told["requests"] - told["answered"],
        "unserved": told["callers"] - told["callers_solved"],
    }
    if counted == "callers_solved":  # the page offers those who were not
        get(month.leader, "calls", counted=counted, status=422, **MAY)
        return
    found = get(month.leader, "calls", counted=counted, **MAY)
    assert found["count"] == extra.get(counted, told.get(counted)) == len(found["items"])


def test_calls_are_masked_and_paged(month: Hotline) -> None:
    first = get(month.leader, "calls", size=4, **MAY)
    last = get(month.leader, "calls", size=4, page=99, **MAY)
    assert (first["count"], first["pages"], last["page"], len(last["items"])) == (11, 3, 3, 3)
    everything = json.dumps(get(month.leader, "calls", **MAY))
    assert "138000000" not in everything
    assert "13900001234" not in everything
    [transferred] = get(month.leader, "calls", q="77-20", **MAY)["items"]
    assert (transferred["caller"], transferred["transferred_to"]) == ("138****0077", "139****1234")
    assert (transferred["attempt"], transferred["agent"], transferred["outcome"]) == (3, "A001", "answered")
    assert transferred["exchange"] == "lamp"
    assert set(transferred) == set(CallOut.model_fields)


def test_a_masked_number_cannot_be_felt_out_digit_by_digit(month: Hotline) -> None:
    counts = [get(month.leader, "calls", q=q, **MAY)["count"] for q in ("0077", "00077", "000077", "13800000077")]
    assert counts == [3, 0, 0, 3]


def test_the_filters_of_the_page(month: Hotline) -> None:
    assert get(month.leader, "calls", longer_s="45", **MAY)["count"] == 1
    told = {"since_at": after(0).isoformat(), "until_at": after(0.05).isoformat()}
    assert get(month.leader, "calls", **told, **MAY)["count"] == 3


@pytest.mark.parametrize(
    ("name", "query", "field"),
    [
        ("figures", {"month": "2026-13"}, "month"),
        ("figures", {"month": "\x00"}, "month"),
        ("days", {"since": "2026-05-09", "until": "2026-05-01"}, "until"),
        ("figures", {"since": "0001-01-01"}, "since"),
        ("figures", {"queue": "7777"}, "queue"),
        ("intervals", {"day": "yesterday"}, "day"),
        ("calls", {"counted": "everything"}, "counted"),
        ("calls", {"longer_s": "-1"}, "longer_s"),
        ("calls", {"q": "\x00"}, "q"),
        ("calls", {"page": "0"}, "page"),
    ],
)
def test_a_bad_question_is_refused_and_says_where(month: Hotline, name: str, query: dict[str, str], field: str) -> None:
    assert field in {one["loc"][-1] for one in get(month.leader, name, status=422, **query)["detail"]}


def test_another_station_sees_nothing(world: World, month: Hotline, switch: Switch) -> None:
    switch("QF1", "open", 1.5, "F-1")
    outage = Outage.objects.get(number="F-1")
    for name in ("figures", "days", "intervals", "calls", "live", "announcements"):
        get(world.bai, name, status=403)
    assign_role(user=world.bai, unit=world.wick, role=Role.ADMINISTRATOR, **SYSTEM)
    assert get(world.bai, "figures", **MAY)["figures"] is None
    assert get(world.bai, "calls", **MAY)["count"] == 0
    assert get(world.bai, "live") == []
    get(world.bai, "outage-calls", outage.pk, status=404)
    post(world.bai, row(), status=404)
    queue = get(month.leader, "figures", **MAY)["queues"][0]["id"]
    get(world.bai, "figures", queue=queue, status=422)
    assert Client().get(reverse("api:hotline-figures")).status_code == 401


def test_calls_of_an_outage(month: Hotline, ring: Ring, switch: Switch) -> None:
    switch("QF1", "open", 1.5, "F-1")
    switch("QF1", "close", 2.5, "F-1")
    week = 7 * 24 * 60
    ring(
        call("13800000001", 91 - week, call_id="w"), *(call(f"1390000000{n}", 91 + n, call_id=f"s{n}") for n in (0, 1))
    )
    outage = Outage.objects.get(number="F-1")
    told = get(month.leader, "outage-calls", outage.pk)
    wave = queries.call_wave(outage, [month.exchange], at=timezone.now())
    assert wave is not None
    assert [one["calls"] for one in told["intervals"]] == wave.calls.tolist()
    assert told["above_usual"] == wave.above_usual == 1
    assert (told["total"]["calls"], told["peak_at"]) == (2, after(1.5).astimezone(wave.begins[0].tzinfo).isoformat())
    assert [one["customers_out"] for one in told["intervals"] if one["during"]][:5] == [60, 60, 60, 60, 0]
    assert told["intervals"][0]["during"] is False


def test_the_board_is_masked(month: Hotline) -> None:
    [silent] = get(month.leader, "live")
    assert (silent["told_at"], silent["connected"], silent["waiting"]) == (None, False, [])
    now = timezone.now()
    state = {
        "waiting": [{"call_id": "1", "caller": "13800000077", "queue": "95598", "since": now.isoformat()}],
        "agents": [{"agent": "A001", "state": "talking", "since": None, "caller": "13800000078"}],
    }
    actions.update_board(exchange_id=month.exchange.pk, state=state, connected=True, at=now, actor="listener")
    [told] = get(month.leader, "live")
    assert told["connected"] is True
    assert told["waiting"][0]["caller"] == "138****0077"
    assert told["seats"][0]["state"] == "talking"
    assert "1380000007" not in json.dumps(told)


def test_announcements(month: Hotline, ring: Ring, switch: Switch) -> None:
    switch("QF1", "open", 0, "F-1")
    outage = Outage.objects.get(number="F-1")
    drafted = actions.draft_announcement(exchange_id=month.exchange.pk, outage_id=outage.pk, **SYSTEM)
    [one] = get(month.leader, "announcements")["items"]
    assert (one["state"], one["published_text"], one["absorbed"]) == ("draft", None, None)
    actions.approve_announcement(announcement_id=drafted.pk, version=1, **SYSTEM)
    actions.publish_announcement(announcement_id=drafted.pk, **SYSTEM)
    ring(call("13900000020", 98, CallOutcome.ANNOUNCED, announcement=drafted.code, queued_at=None))
    [one] = get(month.leader, "announcements")["items"]
    assert one["published_text"] == one["text"]
    assert "10kV灯山线" in one["text"]
    assert (one["absorbed"]["heard"], one["absorbed"]["absorbed_share"]) == (1, 1.0)
    actions.expire_announcement(announcement_id=drafted.pk, because="ended", **SYSTEM)
    assert get(month.leader, "announcements")["count"] == 0
    assert get(month.leader, "announcements", expired=True)["count"] == 1


def test_calls_told_are_recorded_once(world: World, hotline: Hotline) -> None:
    batch = [row(f"1380000000{n}", n) for n in range(3)]
    first = post(world.gu, *batch, source="pbx-1")
    facts = Fact.objects.count()
    again = post(world.gu, *batch)
    assert [(one["call_count"], one["new_count"], one["completed_count"]) for one in (first, again)] == [
        (3, 3, 0),
        (3, 0, 0),
    ]
    assert Call.objects.count() == 3
    assert Fact.objects.count() - facts == 1, "that it was told is a fact; nothing follows from it"
    deliveries.drain()
    figures = get(world.gu, "figures", **MAY)["figures"]
    assert (figures["calls"], figures["answered"], figures["mean_wait_s"]) == (3, 3, 10.0)
    assert CallReading.objects.filter(source_name="pbx-1", read_by="gu").exists()


def test_a_call_told_is_the_call_that_a_log_tells(world: World, hotline: Hotline, ring: Ring) -> None:
    ring(call("13800000001", 0, talk_s=None))
    told = post(world.gu, row())
    assert (told["new_count"], told["completed_count"]) == (0, 1)
    assert Call.objects.get().talk_s == 180.0
    other = post(world.gu, row(outcome="abandoned"))
    assert (other["contradiction_count"], Call.objects.get().outcome) == (1, CallOutcome.ANSWERED)


@pytest.mark.parametrize(
    ("change", "field", "advice"),
    [
        ({"outcome": "lost"}, "outcome", "answered, abandoned"),
        ({"entered_at": "2026-05-01T08:00:00"}, "entered_at", "+08:00"),
        ({"entered_at": "yesterday"}, "entered_at", "+08:00"),
        ({"entered_at": "2206-05-01T08:00:00+08:00"}, "entered_at", "clock"),
        ({"entered_at": "1006-05-01T08:00:00+08:00"}, "entered_at", "clock"),
        ({"ended_at": "2026-04-01T08:00:00+08:00"}, "ended_at", "order"),
        ({"wait_s": -5}, "wait_s", "clock"),
        ({"wait_s": 1e9}, "wait_s", "seconds"),
        ({"call_id": ""}, "call_id", "Give it"),
        ({"call_id": None}, "call_id", "text"),
        ({"call_id": "x" * 121}, "call_id", "Shorten"),
        ({"caller": "1\x002"}, "caller", "control characters"),
        ({"talk": 5}, "talk", "talk_s"),
    ],
)
def test_a_bad_row_is_handed_back_and_the_others_are_recorded(
    world: World, hotline: Hotline, change: dict[str, Any], field: str, advice: str
) -> None:
    told = post(world.gu, row(), row("13800000002", 5, **change), row("13800000003", 6))
    [problem] = told["problems"]
    assert (problem["position"], problem["field"]) == (1, field)
    assert advice in problem["advice"]
    assert (told["new_count"], told["refused_count"], Call.objects.count()) == (2, 1, 2)
    kept = CallReading.objects.get().problems
    assert len(kept) == 1
    assert kept[0].startswith("row 1")


def test_rows_that_are_none(world: World, hotline: Hotline) -> None:
    told = post(world.gu, 5, {}, None, [], status=422)
    assert (told["refused_count"], told["call_count"]) == (4, 0)
    assert {problem["position"] for problem in told["problems"]} == {0, 1, 2, 3}
    assert Call.objects.count() == 0
    post(world.gu, status=422)
    post(world.gu, *([{}] * 2001), status=422)


def test_withheld_numbers_are_nobodys(world: World, hotline: Hotline) -> None:
    post(world.gu, row(caller="anonymous"))
    assert Call.objects.get().caller == ""


def test_who_may_not_tell(month: Hotline) -> None:
    post(month.leader, row(), status=403)


def test_what_is_told_is_what_readers_tell() -> None:
    assert set(CallIn.model_fields) == {one.name for one in fields(CallRecord)}
    assert set(ToldOutcome.__args__) == {one.name.lower() for one in CallOutcome}  # type: ignore[attr-defined]


def test_the_description_names_the_fields_of_a_call(month: Hotline) -> None:
    told = signed_in(month.leader).get("/api/openapi.json").json()
    batch = told["components"]["schemas"]["BatchIn"]["properties"]["calls"]
    assert set(batch["items"]["properties"]) == set(CallIn.model_fields)
