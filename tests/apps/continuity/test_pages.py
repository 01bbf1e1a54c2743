"""Page, program and workbook show the engine's figures; nobody sees another station's."""

import json
import re
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import unquote, urlencode

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from denghuo.apps.continuity import queries
from denghuo.apps.continuity.facts import FiguresExported, TargetSet
from denghuo.apps.continuity.forms import ask
from denghuo.apps.continuity.models import Interruption, Target
from denghuo.apps.continuity.views.figures import AT_LEAST, LONGER_THAN_H, MEASURES
from denghuo.apps.ledger.queries import facts
from denghuo.apps.outages.models import KIND_CHOICES, Cause
from denghuo.engines.reliability import Basis, OutageKind
from tests.apps.continuity.conftest import USER_HOURS, USER_INTERRUPTIONS, YEAR, Told, local, signed_in, tell
from tests.world import World

PAGES = ("home", "parts", "frequent", "targets")
QUESTIONS: list[dict[str, str]] = [
    {},
    {"basis": "lv_customers"},
    {"standard": "ieee1366"},
    {"variant": "F"},
    {"since": "2025-06-25", "until": "2025-06-30"},
]


def get(client: Client, name: str, *args: Any, **query: Any) -> Any:
    return client.get(reverse(f"continuity:{name}", args=args), {**YEAR, **query})


def engine(world: World, **query: str) -> Any:
    asked = ask([str(world.lamp.path)], {**YEAR, **query}, now=timezone.now())
    edges = [asked.period.start, asked.period.end]
    return queries.indices(asked.view, edges=edges, at_least=AT_LEAST, longer_than_h=LONGER_THAN_H)


def exported(client: Client, **query: str) -> Any:
    answer = client.post(f"{reverse('continuity:export')}?{urlencode({**YEAR, **query})}")
    assert answer.status_code == 200
    return load_workbook(BytesIO(answer.content), read_only=False)


@pytest.mark.parametrize("query", QUESTIONS, ids=str)
def test_page_program_and_workbook_are_the_engine(world: World, query: dict[str, str]) -> None:
    client = signed_in(world.chen)
    expected = engine(world, **query)
    page = get(client, "home", **query)
    shown = {one.measure.column: one for one in page.context["first"] + page.context["more"]}
    answer = client.get("/api/reliability/indices", {**YEAR, **query}).json()
    cells = {row[0]: row[2] for row in exported(client, **query)["Figures"].iter_rows(min_row=2, values_only=True)}
    for measure in MEASURES:
        value = measure.of(expected, 0)
        undefined = value != value
        assert shown[measure.column].shown == ("–" if undefined else measure.text(value))
        assert cells[str(measure.label)] == (None if undefined else pytest.approx(value, rel=1e-15))
        if measure.column in answer["figures"]:
            told = answer["figures"][measure.column]
            assert (told is None) == undefined
            assert undefined or told * measure.scale == value
    assert f">{shown['user_hours'].shown}<" in page.content.decode()


@pytest.mark.parametrize("query", QUESTIONS, ids=str)
def test_what_stands_under_the_list_is_the_figure(world: World, query: dict[str, str]) -> None:
    client = signed_in(world.chen)
    expected = engine(world, **query)
    page = get(client, "parts", **query)
    assert page.context["totals"]["user_hours"] == f"{expected.user_hours[0]:,.2f}"
    address = "/api/reliability/interruptions"
    answer = client.get(address, {**YEAR, **query, "size": 2}).json()
    assert answer["totals"]["user_hours"] == pytest.approx(float(expected.user_hours[0]))
    rows = [
        row
        for number in range(1, answer["pages"] + 1)
        for row in client.get(address, {**YEAR, **query, "size": 2, "page": number}).json()["items"]
    ]
    assert len(rows) == answer["count"] == len({row["id"] for row in rows})
    assert sum(row["user_hours"] for row in rows) == pytest.approx(float(expected.user_hours[0]))
    sheet = exported(client, **query)["Interruptions"]
    body = list(sheet.iter_rows(min_row=2, values_only=True))
    *table, empty, foot = body
    assert foot[10] == pytest.approx(float(expected.user_hours[0]))
    assert sum(row[10] for row in table) == pytest.approx(foot[10])
    assert set(empty) == {None}, "a pivot of the table ends before the sum"
    assert all(isinstance(row[6], datetime) and isinstance(row[7], datetime) for row in table)


@pytest.mark.parametrize("by", queries.BREAKDOWNS)
def test_a_breakdown_is_the_same_everywhere(world: World, by: str) -> None:
    client = signed_in(world.chen)
    told = client.get("/api/reliability/breakdown", {**YEAR, "by": by}).json()["groups"]
    hours = {one["name"]: one["figures"]["user_hours"] for one in told if one["figures"]["user_hours"]}
    assert sum(hours.values()) == pytest.approx(USER_HOURS)
    page = get(client, "breakdown", by)
    assert {row.name: row.user_hours for row in page.context["rows"] if row.hours > 0} == {
        name: f"{value:,.1f}" for name, value in hours.items()
    }
    title = {"kind": "By kind", "cause": "By cause", "feeder": "By line", "area": "By area"}[by]
    sheet = exported(client)[title]
    cells = {row[0]: row[2] for row in sheet.iter_rows(min_row=2, values_only=True) if row[2]}
    assert cells == pytest.approx(hours, rel=1e-15)


def test_every_bar_leads_to_the_rows_that_make_it(world: World) -> None:
    client = signed_in(world.chen)
    for chart in get(client, "home").context["share_charts"]:
        for row in chart.rows:
            total = client.get(row.href).context["totals"]["user_hours"]
            assert float(row.cells[0].replace(",", "")) == pytest.approx(float(total.replace(",", "")), abs=0.06)


def test_the_formula_has_its_numbers_in_it(world: World) -> None:
    page = get(signed_in(world.chen), "why", "hours_per_user").content.decode()
    assert "27.03 ÷ 7 = 3.86 h" in page
    assert "up to 3 minutes is short" in page
    assert get(signed_in(world.chen), "why", "no_such_figure").status_code == 404


def test_every_figure_can_be_explained(world: World) -> None:
    client = signed_in(world.chen)
    assert [get(client, "why", measure.column).status_code for measure in MEASURES] == [200] * len(MEASURES)


def test_what_is_not_known_is_a_dash_with_its_reason(world: World) -> None:
    before = get(signed_in(world.chen), "home", since="2023-01-01", until="2023-12-31")
    figures = before.context["first"]
    assert [figure.shown for figure in figures] == ["–"] * len(figures)
    assert figures[0].note == "Records begin on 2024-03-10."
    told = signed_in(world.chen).get(
        "/api/reliability/indices", {"period": "days", "since": "2023-01-01", "until": "2023-12-31"}
    )
    assert told.json()["unknown"] == "before_records"
    assert set(told.json()["figures"].values()) == {None}
    assert (
        get(signed_in(world.chen), "breakdown", "feeder", since="2023-01-01", until="2023-12-31").context["rows"] == []
    )
    quiet = get(signed_in(world.chen), "home", since="2025-01-01", until="2025-01-31")
    shown = {one.measure.column: one for one in quiet.context["first"]}
    assert shown["hours_per_user"].shown == "0.00"
    assert shown["hours_per_interruption"].shown == "–"
    assert shown["hours_per_interruption"].note == "Nothing was interrupted in this period."


def test_a_period_that_has_not_begun_is_held_against_nothing(world: World) -> None:
    """What is to come has no records, but not because records begin too late."""
    year = timezone.localdate().year + 5
    query = {"since": f"{year}-01-01", "until": f"{year}-12-31"}
    page = get(signed_in(world.chen), "home", **query)
    assert f"{year}-01-01 to {year}-12-31" in page.content.decode()
    assert "no records before" not in page.content.decode()
    assert {one.note for one in page.context["first"]} == {"This period has not begun yet."}


def test_a_year_that_is_recorded_in_part_is_called_so(world: World) -> None:
    (months, cumulative) = get(signed_in(world.chen), "home", since="2024-06-01", until="2024-06-30").context[
        "year_charts"
    ]
    assert months.note == cumulative.note == "2024: no records before 2024-03-10"


def test_major_event_days_of_every_year_of_the_period(world: World) -> None:
    days = {"since": "2024-11-01", "until": "2025-02-28", "major": "3"}
    shown = get(signed_in(world.chen), "home", **days)
    assert [one["year"] for one in shown.context["major"]["thresholds"]] == [2024, 2025]
    said = "Records begin on 2024-03-10: the threshold is set by less than 3 years."
    assert said in shown.content.decode()
    question = exported(signed_in(world.chen), **days).worksheets[0]
    assert said in [row[1] for row in question.iter_rows(values_only=True)]


def test_only_lines_that_lost_something_are_the_worst(world: World) -> None:
    page = get(signed_in(world.chen), "home", since="2025-08-01", until="2025-08-31")
    assert [row.hours > 0 for row in page.context["worst"]] == [True], "of two lines one was interrupted"
    assert len(get(signed_in(world.chen), "breakdown", "feeder").context["rows"]) == 2


OLDER = (("QL2", "open", "2023-12-20T08:00"), ("QL2", "close", "2023-12-20T09:00"))


def test_a_year_before_the_records_is_not_compared_with(world: World) -> None:
    """Records begin in March 2024: what they hold of that year is no year."""
    client = signed_in(world.chen)
    page = get(client, "home")
    hours = {one.measure.column: one for one in page.context["first"]}["user_hours"]
    assert hours.shown == "27.0"
    assert hours.note == "Last year – (no records before 2024-03-10)"
    assert [row.before for row in get(client, "breakdown", "feeder").context["rows"]] == ["–", "–"]
    assert "no records before 2024-03-10" in get(client, "breakdown", "feeder").content.decode()
    assert "no records before 2024-03-10" in get(client, "why", "user_hours").content.decode()
    (months, cumulative) = page.context["year_charts"]
    assert [row.cells[1] for row in months.rows][1:4] == ["–", "–", "0.000"], "of March a part is recorded"
    assert [one.role for one in cumulative.series] == ["now"]
    assert {role for chart in page.context["share_charts"] for role in (one.role for one in chart.series)} == {"now"}
    row = next(row for row in exported(client)["Figures"].iter_rows(values_only=True) if row[0] == "User-hours")
    assert row[3] is None
    assert row[5] == "A year before: – (no records before 2024-03-10)"
    of_year = [
        client.get("/api/reliability/indices", {"period": "days", "since": f"{year}-01-01", "until": f"{year}-12-31"})
        for year in (2024, 2025)
    ]
    assert [answer.json()["complete"] for answer in of_year] == [False, True]


def test_the_year_before_stands_beside(world: World) -> None:
    tell(world.network.pk, Told("A-0", OutageKind.FAULT, Cause.UNKNOWN, OLDER))
    page = get(signed_in(world.chen), "home")
    shown = {one.measure.column: one for one in page.context["first"]}
    assert shown["user_hours"].before == pytest.approx(6)
    assert "Last year 6.0, up" in shown["user_hours"].note
    (months, cumulative) = page.context["year_charts"]
    assert [row.cells[:2] for row in months.rows][2] == ["1.286", "0.857"]
    assert cumulative.title.startswith("27 user-hours in 2025")


def test_a_chart_draws_nothing_where_nothing_is_known(world: World) -> None:
    page = get(signed_in(world.chen), "home", since="2025-01-01", until="2025-01-31")
    assert [chart.series for chart in page.context["share_charts"]] == [[]] * 4
    data = re.findall(r'<script id="months-data" type="application/json">(.*?)</script>', page.content.decode())
    series = json.loads(data[0])["series"]
    assert {one["role"] for one in series} == {"now", "before"}
    assert series[1]["values"][:2] == [None, None], "records begin in March 2024"


class TestScope:
    def test_another_station_sees_nothing(self, world: World) -> None:
        client = signed_in(world.bai)
        page = get(client, "home")
        assert page.status_code == 200
        assert "first" not in page.context
        assert list(get(client, "parts").context["rows"]) == []
        assert client.get("/api/reliability/interruptions", YEAR).json()["items"] == []
        figures = client.get("/api/reliability/indices", YEAR).json()["figures"]
        assert set(figures.values()) == {None}

    @pytest.mark.parametrize("name", [*PAGES[:3]])
    def test_asked_by_name_another_station_is_not_there(self, world: World, name: str) -> None:
        assert get(signed_in(world.bai), name, station=world.network.pk).status_code == 404
        assert get(signed_in(world.chen), name, station=world.network.pk).status_code == 200

    @pytest.mark.parametrize("path", ["indices", "breakdown", "interruptions"])
    def test_programs_are_let_in_as_people_are(self, world: World, path: str) -> None:
        address = f"/api/reliability/{path}"
        assert Client().get(address).status_code == 401
        assert signed_in(world.wen).get(address).status_code == 403
        assert signed_in(world.ma).get(address).status_code == 403
        assert signed_in(world.bai).get(address, {"station": world.network.pk}).status_code == 404
        assert signed_in(world.chen).get(address, {"station": world.network.pk}).status_code == 200

    @pytest.mark.parametrize("name", PAGES)
    def test_a_role_without_reliability_is_told_so(self, world: World, name: str) -> None:
        assert get(signed_in(world.ma), name).status_code == 403
        assert signed_in(world.ma).post(reverse("continuity:export")).status_code == 403

    def test_a_filter_of_another_station_shows_nothing_of_it(self, world: World) -> None:
        line = world.network.feeder_set.first()
        page = get(signed_in(world.bai), "parts", feeder=line.pk)
        assert line.name not in page.content.decode()


def test_an_export_is_recorded(world: World) -> None:
    client = signed_in(world.chen)
    after_sign_in = client.get(reverse("continuity:export"), {"basis": "lv_customers"})
    assert after_sign_in.headers["Location"] == f"{reverse('continuity:home')}?basis=lv_customers"
    assert not facts(classes=[FiguresExported])
    exported(client, basis="lv_customers")
    (told,) = facts(classes=[FiguresExported])
    assert told.actor == "chen"
    assert told.fact.network_ids == (world.network.pk,)
    assert "basis=lv_customers" in told.fact.query


def test_the_workbook_says_what_was_asked_and_known_up_to_when(world: World) -> None:
    sheet = exported(signed_in(world.chen), variant="F").worksheets[0]
    said = dict(sheet.iter_rows(min_row=2, values_only=True))
    assert said["Stations"] == "灯山供电所"
    assert (said["First day"], said["Last day"]) == (datetime(2025, 1, 1), datetime(2025, 12, 31))  # noqa: DTZ001
    assert said["Outages"] == "Faults only"
    assert isinstance(said["Known up to"], datetime)


def test_a_narrowed_list_is_exported_as_it_stands(world: World) -> None:
    client = signed_in(world.chen)
    kind = str(int(OutageKind.FAULT_EXTERNAL))
    line = Interruption.objects.get(outage__number="B-3").feeder
    assert line is not None
    page = get(client, "parts", kind=kind, feeder=line.pk)
    book = load_workbook(BytesIO(client.post(page.context["export_href"]).content))
    listed, foot = (row for row in book["Interruptions"].iter_rows(min_row=2, values_only=True) if row[0])
    assert (listed[5], listed[10], foot[10]) == ("B-3", pytest.approx(3), pytest.approx(3))
    said = dict(book.worksheets[0].iter_rows(min_row=2, values_only=True))
    assert said["Interruptions"] == f"Only Kind {dict(KIND_CHOICES)[int(kind)]} · Line {line.name}"
    assert f"kind={kind}" in facts(classes=[FiguresExported])[-1].fact.query


def test_paper_says_what_was_counted(world: World) -> None:
    """The form above the figures is not printed."""
    said = '<span class="rel-paper">灯山供电所 · LV customers · IEEE 1366-2012 · All outages'
    page = get(signed_in(world.chen), "parts", basis="lv_customers", standard="ieee1366", short="on")
    assert f"{said} · Short ones only</span>" in page.content.decode()


def test_the_workbook_is_named_after_what_it_holds(world: World) -> None:
    client = signed_in(world.chen)
    tomorrow = timezone.localdate() + timedelta(days=1)
    query = {"period": "days", "since": "2025-01-01", "until": tomorrow.isoformat(), "basis": "lv_customers"}
    answer = client.post(f"{reverse('continuity:export')}?{urlencode(query)}")
    name = unquote(answer.headers["Content-Disposition"].partition("utf-8''")[2])
    assert name == f"Reliability-灯山供电所-LV_customers-20250101-{timezone.localdate():%Y%m%d}.xlsx"


def test_a_figure_leads_to_what_makes_it(world: World) -> None:
    client = signed_in(world.chen)
    page = get(client, "home")
    shown = {one.measure.column: one for one in page.context["first"] + page.context["more"]}
    outages = client.get(shown["event_count"].href).context["rows"]
    assert outages.paginator.count == int(shown["event_count"].shown)
    assert client.get(shown["repeated_share"].href).context["times"] == 3
    narrowed = get(client, "home", variant="F").context["first"]
    hrefs = {one.measure.column: one.href for one in narrowed}
    assert hrefs["event_count"].startswith(reverse("continuity:parts")), "the list of outages knows no variants"


def test_nothing_is_exported_where_nothing_is_known(world: World) -> None:
    assert "Export to Excel" in get(signed_in(world.chen), "home").content.decode()
    assert "Export to Excel" not in get(signed_in(world.bai), "home").content.decode()


class TestTargetForm:
    told = {"year": 2025, "basis": "mv_users", "hours_per_user": "4", "source": "灯供〔2025〕3号"}

    def test_a_manager_sets_one_and_pages_measure_against_it(self, world: World) -> None:
        client = signed_in(world.chen)
        assert client.post(reverse("continuity:targets"), {**self.told, "unit": world.city.pk}).status_code == 302
        (fact,) = facts(classes=[TargetSet])
        assert fact.fact.source == self.told["source"]
        shown = {one.measure.column: one for one in get(client, "home").context["first"]}
        assert shown["hours_per_user"].tone == "done"
        assert "Target 4.00, 97 % used" in shown["hours_per_user"].note
        assert shown["availability_share"].note.startswith("Target 99.9543")

    def test_a_dispatcher_only_reads(self, world: World) -> None:
        client = signed_in(world.lin)
        assert client.get(reverse("continuity:targets")).context["form"] is None
        assert client.post(reverse("continuity:targets"), {**self.told, "unit": world.lamp.pk}).status_code == 403
        assert not Target.objects.exists()

    def test_what_is_wrong_is_said(self, world: World) -> None:
        told = {**self.told, "hours_per_user": "0", "unit": world.lamp.pk}
        answer = signed_in(world.chen).post(reverse("continuity:targets"), told)
        assert answer.status_code == 422
        assert "hours_per_user" in answer.context["form"].errors


def test_days_that_make_no_sense_are_said(world: World) -> None:
    page = get(signed_in(world.chen), "home", since="2025-06-02", until="2025-06-01")
    assert "This day lies before the first one." in page.content.decode()
    assert "DL/T 836-2016" in get(signed_in(world.chen), "home", standard="none").content.decode(), "as if not asked"
    for since, until in (("0002-01-01", "2025-06-01"), ("9999-01-01", "9999-12-31"), ("0001-01-01", "0001-12-31")):
        half_typed = get(signed_in(world.chen), "home", since=since, until=until)
        assert "Choose a year from 1950 to 2100." in half_typed.content.decode()
        told = {"period": "days", "since": since, "until": until}
        assert signed_in(world.chen).get("/api/reliability/indices", told).status_code == 422
    assert signed_in(world.chen).get("/api/reliability/indices", {**YEAR, "until": "2024-01-01"}).status_code == 422
    assert signed_in(world.chen).get("/api/reliability/indices", {"period": "some_day"}).status_code == 422


def test_pages_speak_chinese(world: World) -> None:
    page = get(signed_in(world.chen, language="zh-hans"), "home").content.decode()
    assert "供电可靠率 ASAI-1" in page
    assert "用户平均停电时间 SAIDI-1" in page
    assert "停电时户数" in page


def test_programs_find_a_description(world: World) -> None:
    paths = signed_in(world.chen).get("/api/openapi.json").json()["paths"]
    assert {f"/api/reliability/{name}" for name in ("indices", "breakdown", "interruptions")} <= paths.keys()


def test_local_days_are_those_of_the_station(world: World) -> None:
    """An outage one minute before local midnight belongs to that day, whatever day it is in Greenwich."""
    told = (("FU1", "open", "2025-12-31T23:30"), ("FU1", "close", "2026-01-01T00:30"))
    tell(world.network.pk, Told("N-1", OutageKind.FAULT, Cause.UNKNOWN, told))
    table = queries.indices(
        queries.View(network_ids=(world.network.pk,), as_of=local("2026-05-01T08:00"), basis=Basis.MV_USERS),
        edges=[local("2025-12-31T00:00"), local("2026-01-01T00:00"), local("2026-01-02T00:00")],
    )
    assert table.user_hours.tolist() == [0.5, 0.5]
    assert engine(world).user_interruptions[0] == USER_INTERRUPTIONS + 1
