"""What is known of days in advance: told on pages, learned from the past, reckoned with on coming days, judged."""

from datetime import date, datetime, timedelta
from io import BytesIO

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook

from denghuo.apps.hotline.actions import CauseEntry, name_cause
from denghuo.apps.hotline.models import CauseKind, Tally
from denghuo.apps.ledger.models import Fact
from denghuo.apps.outages.models import Outage
from denghuo.apps.staffing import actions, queries
from denghuo.apps.staffing.models import KnownDays, KnownKind, WeatherDay
from denghuo.apps.staffing.queries.known import customers_planned
from denghuo.apps.staffing.snapshot.requirement import requirement_of
from denghuo.apps.staffing.views.frame import today
from denghuo.engines.queueing import day_performance
from denghuo.engines.standards import OutageKind
from tests.apps.staffing.conftest import NOW, ZONE, Station
from tests.apps.staffing.test_pages import signed_in
from tests.world import World

WHO = {"at": NOW, "actor": "test"}
DAY = NOW.date()
FIELDS = {"form": "known", "kind": "dunning", "first": "2026-06-02", "last": "2026-06-04", "source": "通知"}
WEATHER = {"form": "weather", "source": "气象台"}


@pytest.fixture
def leader(station: Station) -> Client:
    return signed_in(station.leader)


def kinds() -> list[str]:
    return [one.rpartition(".")[2] for one in Fact.objects.order_by("pk").values_list("kind", flat=True)]


def test_days_are_added_changed_and_withdrawn(station: Station, leader: Client) -> None:
    page = reverse("staffing:known")
    assert "No days are known yet" in leader.get(page).content.decode()
    assert leader.post(page, FIELDS | {"size": "12.5", "note": "年中催费"}).status_code == 302
    row = KnownDays.objects.get()
    assert (row.kind, row.first, row.last, row.size, row.note) == (
        "dunning", date(2026, 6, 2), date(2026, 6, 4), 12.5, "年中催费",
    )  # fmt: skip
    assert "年中催费" in leader.get(page).content.decode()
    edit = reverse("staffing:known-edit", args=[row.pk])
    assert "年中催费" in leader.get(edit).content.decode()
    assert leader.post(edit, FIELDS | {"kind": "billing", "last": "", "size": ""}).status_code == 302
    row.refresh_from_db()
    assert (row.kind, row.first, row.last, row.size, row.note) == ("billing", row.first, row.first, 1.0, "")
    assert leader.post(reverse("staffing:known-withdraw", args=[row.pk])).status_code == 302
    assert not KnownDays.objects.exists()
    assert leader.post(reverse("staffing:known-withdraw", args=[row.pk])).status_code == 404
    assert kinds()[-3:] == ["KnownDaysAdded", "KnownDaysChanged", "KnownDaysWithdrawn"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"last": "2026-06-01"},
        {"last": "2028-06-01"},
        {"first": "gestern"},
        {"kind": "moon"},
        {"size": "-1"},
        {"size": "nan"},
        {"source": ""},
    ],
)
def test_days_that_cannot_be_are_refused(station: Station, leader: Client, wrong: dict[str, str]) -> None:
    answer = leader.post(reverse("staffing:known"), FIELDS | wrong)
    assert answer.status_code == 422
    assert "通知" in answer.content.decode() or "source" in wrong
    assert not KnownDays.objects.exists()


def test_who_only_looks_changes_nothing(station: Station) -> None:
    agent = signed_in(station.agent_user)
    assert agent.post(reverse("staffing:known"), FIELDS).status_code in {302, 403, 404}
    assert not KnownDays.objects.exists()


def test_weather_is_pasted_and_read_anew(station: Station, leader: Client) -> None:
    page = reverse("staffing:known")
    first, second = today() - timedelta(days=1), today() + timedelta(days=1)
    text = f"{first},38.2,0,3.1\n{second:%Y/%m/%d}，31℃,-,\n"
    assert leader.post(page, WEATHER | {"text": text}).status_code == 302
    assert list(WeatherDay.objects.values_list("date", "hottest_c", "rain_mm", "wind_ms")) == [
        (first, 38.2, 0.0, 3.1),
        (second, 31.0, None, None),
    ]
    assert "38.2" in leader.get(page).content.decode()
    headed = f"风速,日期,最高气温\n5,{second},33\n"
    assert leader.post(page, WEATHER | {"text": headed}).status_code == 302
    row = WeatherDay.objects.get(date=second)
    assert (row.hottest_c, row.rain_mm, row.wind_ms) == (33.0, None, 5.0)
    assert WeatherDay.objects.count() == 2
    assert kinds()[-1] == "WeatherImported"


def test_weather_comes_as_a_file(station: Station, leader: Client) -> None:
    book = Workbook()
    book.active.append(["日期", "最高气温", "降水量", "最大风速"])
    book.active.append([datetime(2026, 5, 1), 28.4, 12, None])  # noqa: DTZ001 - as a spreadsheet holds a day
    book.active.append(["2026年5月2日", "29", "", 4.5])
    held = BytesIO()
    book.save(held)
    upload = SimpleUploadedFile("天气.xlsx", held.getvalue())
    assert leader.post(reverse("staffing:known"), WEATHER | {"upload": upload}).status_code == 302
    csv = SimpleUploadedFile("weather.csv", "date,hottest\n20260503,30.5\n".encode("gb18030"))
    assert leader.post(reverse("staffing:known"), WEATHER | {"upload": csv}).status_code == 302
    assert list(WeatherDay.objects.values_list("date", "hottest_c", "rain_mm", "wind_ms")) == [
        (date(2026, 5, 1), 28.4, 12.0, None),
        (date(2026, 5, 2), 29.0, None, 4.5),
        (date(2026, 5, 3), 30.5, None, None),
    ]
    broken = SimpleUploadedFile("weather.xlsx", b"PK\x03\x04 cut off")
    answer = leader.post(reverse("staffing:known"), WEATHER | {"upload": broken})
    assert answer.status_code == 422
    assert "weather.xlsx" in answer.content.decode()


def test_every_row_that_cannot_be_read_is_said_and_nothing_is_taken(station: Station, leader: Client) -> None:
    text = "2026-05-01,28\nmorgen,30\n2026-05-02,hot\n2026-05-03,380\n2026-05-01,29\n2026-05-04,,,\n2026-13-01,20"
    answer = leader.post(reverse("staffing:known"), WEATHER | {"text": text})
    page = answer.content.decode()
    assert answer.status_code == 422
    for words in (
        "Row 2: “morgen” is no day",
        "Row 3: “hot” is no number (highest temperature)",
        "Row 4: 380 cannot be meant",
        "Row 5: 2026-05-01 stands there twice",
        "Row 6: nothing is told of the weather",
        "Row 7: “2026-13-01” is no day",
    ):
        assert words in page
    assert "2026-05-03,380" in page, "what was pasted is still there"
    assert not WeatherDay.objects.exists()
    assert leader.post(reverse("staffing:known"), WEATHER | {"text": ""}).status_code == 422
    assert leader.post(reverse("staffing:known"), WEATHER | {"text": "日期,湿度\n2026-05-01,3"}).status_code == 422


def double_calls(backs: tuple[int, ...]) -> None:
    """As if these days back from today had had twice the calls."""
    names = ("calls", "requests", "first_requests", "answered", "talk_s", "talk_known", "wrap_up_s", "wrap_up_known")
    days = [DAY - timedelta(days=back) for back in backs]
    Tally.objects.filter(day__in=days).update(**{name: 2 * F(name) for name in names})


def know(first: date, last: date, kind: KnownKind = KnownKind.DUNNING) -> None:
    unit_id = KnownDays._meta.get_field("unit").related_model.objects.get(code="lamp").pk  # type: ignore[union-attr]
    entry = actions.KnownEntry(kind=kind, first=first, last=last, note="催费", source="x")
    actions.add_known_days(unit_id=unit_id, entry=entry, **WHO)


def test_the_forecast_learns_what_known_days_do_and_says_by_how_much(station: Station, leader: Client) -> None:
    double_calls((25, 24, 18, 17, 5, 4))
    started = datetime(2026, 5, 7, tzinfo=ZONE)  # 18 days back: a named cause hides two of these days
    entry = CauseEntry(kind=CauseKind.DUNNING, name="催费", started_at=started, ended_at=started + timedelta(days=2))
    name_cause(unit_id=station.unit.pk, entry=entry, **WHO)
    plain = actions.make_forecast(unit=station.unit, **WHO)
    before = np.array(plain.told["mean"])
    assert plain.told["moves"] == []
    assert "without" not in plain.errors
    for back in (25, 18, 5):
        know(DAY - timedelta(days=back), DAY - timedelta(days=back - 1))
    know(DAY + timedelta(days=3), DAY + timedelta(days=4))
    know(DAY + timedelta(days=10), DAY + timedelta(days=10), KnownKind.CAMPAIGN)
    row = actions.make_forecast(unit=station.unit, **WHO)
    moved = np.array(row.told["mean"]).sum(axis=1) / before.sum(axis=1)
    assert (moved[3:5] > 1.5).all()
    assert (moved[:3] < 1.1).all()
    told = {(one["name"], one["day"]): one for one in row.told["moves"]}
    known = told["dunning", (DAY + timedelta(days=4)).isoformat()]
    assert 1.6 < known["low"] < known["factor"] < known["high"] < 2.4
    assert known["calls"] == pytest.approx(np.array(row.told["mean"])[4].sum() * (1 - 1 / known["factor"]), abs=0.2)
    campaign = told["campaign", (DAY + timedelta(days=10)).isoformat()]
    assert campaign["new"]
    assert campaign["factor"] == 1
    worth = {one["name"]: one for one in row.errors["known"]}
    assert worth["dunning"]["days"] == 2, "of the four weeks that the past is too short for, one is left to be judged"
    assert worth["dunning"]["wape_share"] < worth["dunning"]["without_wape_share"]
    page = leader.get(reverse("staffing:forecast")).content.decode()
    assert "Dunning" in page
    assert "Nothing like it was seen yet" in page
    assert "What knowing these days is worth" in page


def test_planned_outages_are_known_by_the_customers_they_leave(station: Station, built_world: World) -> None:
    network = built_world.network
    at = datetime.combine(DAY + timedelta(days=2), datetime.min.time(), tzinfo=ZONE) + timedelta(hours=9)
    plan = {"kind": OutageKind.PLANNED_MAINTENANCE_INTERNAL.value, "network_id": network.pk}
    past = datetime.combine(DAY - timedelta(days=9), datetime.min.time(), tzinfo=ZONE) + timedelta(hours=9)
    Outage.objects.create(**plan, number="P1", planned_start_at=past, started_at=past, lv_customers=80)
    Outage.objects.create(**plan, number="P2", planned_start_at=at)
    Outage.objects.create(**plan, number="P3", planned_start_at=at, plan_cancelled_at=NOW)
    found = customers_planned(station.unit, first=DAY - timedelta(days=30), last=DAY + timedelta(days=30), at=NOW)
    assert found == {past.date(): 80.0, at.date(): 80.0}, "a plan that names no device is taken for a usual one"
    known = queries.known_of(station.unit, first=DAY - timedelta(days=30), last=DAY + timedelta(days=30), at=NOW)
    assert known.names == ("outages",)


def test_the_requirement_holds_the_target_in_every_interval(station: Station) -> None:
    actions.make_forecast(unit=station.unit, **WHO)
    ahead = queries.ahead_of_unit(station.unit.pk)
    assert ahead is not None
    days = [DAY + timedelta(days=n) for n in range(3)]
    found = requirement_of(ahead, days=days, book=queries.rule_book(station.unit.pk), target_share=0.95)
    lived = day_performance(
        found.calls.ravel() * 2,
        seats=np.floor(found.required.ravel() * 0.9 + 1e-9).astype(np.int64),
        interval_s=1800,
        handling_s=ahead.handling_s,
        patience_s=ahead.patience_s,
        redial_share=ahead.redial_share,
    )
    assert found.missed == 0
    steady = (found.calls.ravel() > 0) & (np.diff(found.required.ravel(), prepend=99) >= 0)
    assert steady.sum() > 80
    assert (lived.answered_share[steady] >= 0.95 - 1e-6).all()
    assert (found.answered >= 0.95 - 1e-6).all()
    assert not found.capped.any()
    assert found.required.max() <= 8, "six calls in half an hour need no more"
