"""Pages of staffing: what the leader sees and does, and what is an agent's own."""

from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override
from openpyxl import load_workbook

from denghuo.adapters.telephony.records import AgentEventKind
from denghuo.apps.hotline.models import AgentEntry
from denghuo.apps.orders import queries as orders
from denghuo.apps.orders.models import Kind, Order, Topic
from denghuo.apps.orders.queries.what_if import Example
from denghuo.apps.organization.models import CalendarDay, DayKind, User
from denghuo.apps.organization.snapshot import SparseYear, calendar_days, sparse_years
from denghuo.apps.staffing import actions, queries
from denghuo.apps.staffing.forms import CalendarForm
from denghuo.apps.staffing.models import Absence, Rule
from denghuo.apps.staffing.queries.duties import times_of
from denghuo.apps.staffing.views.frame import percent, today
from tests.apps.staffing.conftest import NOW, Station

WHO = {"at": NOW, "actor": "test"}
PAGES = ["home", "forecast", "rules", "absences", "calendar", "adherence", "surges", "ahead", "alerts"]


def signed_in(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


@pytest.mark.parametrize("name", PAGES)
def test_pages_stand_before_anything_is_forecast_or_planned(station: Station, name: str) -> None:
    assert signed_in(station.leader).get(reverse(f"staffing:{name}")).status_code == 200
    assert signed_in(station.agent_user).get(reverse(f"staffing:{name}")).status_code == 403


def test_a_month_is_drafted_published_and_handed_out(station: Station) -> None:
    leader = signed_in(station.leader)
    month = f"{today():%Y-%m}"
    url = reverse("staffing:plan", kwargs={"month": month})
    assert leader.post(url, headers={"hx-request": "true"}).headers["HX-Redirect"] == url
    assert "Draft" in leader.get(url).content.decode()
    assert leader.post(reverse("staffing:publish", kwargs={"month": month})).status_code == 302
    book = leader.post(reverse("staffing:export", kwargs={"month": month}))
    sheet = load_workbook(BytesIO(book.content)).active
    told = {str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None}
    assert {f"{station.unit.name} {month}", "白班 08:00–16:00", "夜"} <= told
    agent = signed_in(station.agent_user)
    with override("en"):
        assert station.agents[0].name in agent.get(reverse("staffing:person")).content.decode()
    told = agent.get(reverse("staffing:duties-file")).content.decode()
    assert told.startswith("BEGIN:VCALENDAR\r\n")
    assert told.count("BEGIN:VEVENT") == told.count("END:VEVENT")


def test_an_agent_sees_nobody_elses_duties(station: Station) -> None:
    url = reverse("staffing:person") + f"?agent={station.agents[1].pk}"
    assert signed_in(station.agent_user).get(url).status_code == 404
    assert "sf-tabs" in signed_in(station.leader).get(url).content.decode(), "who plans keeps the tabs"
    assert "sf-tabs" not in signed_in(station.agent_user).get(reverse("staffing:person")).content.decode()


@pytest.mark.parametrize("month", ["2026-13", "rubbish", "0001-01", "9999-12"])
def test_a_month_that_is_none_is_not_found(station: Station, month: str) -> None:
    assert signed_in(station.leader).get(f"/staffing/plan/{month}/").status_code == 404


def test_rules_absences_and_calendar_are_edited(station: Station) -> None:
    leader = signed_in(station.leader)
    told = {"kind": "seats", "from_date": "2026-06-01", "value": "12", "source": "通知"}
    assert leader.post(reverse("staffing:rules"), told).status_code == 302
    assert Rule.objects.get().value == 12
    url = reverse("staffing:rules")
    for kind, value, words in (
        ("target_share", "105", "below 100 %"),
        ("target_share", "0.9", "write 90 for 90 %"),
        ("run_days", "0", "write 1 or more"),
        ("run_days", "2.5", "write a whole number"),
        ("nights_in_a_row", "99999", "More than 31 cannot be meant"),
    ):
        assert words in leader.post(url, told | {"kind": kind, "value": value}).content.decode()
    assert Rule.objects.count() == 1
    assert leader.post(url, told | {"kind": "target_share", "value": "92"}).status_code == 302
    assert Rule.objects.get(kind="target_share").value == 0.92
    assert ">92</td>" in leader.get(url).content.decode(), "shown as it is written"
    assert leader.post(url, told | {"value": "-1"}).status_code == 422
    soon, away = today() + timedelta(days=3), reverse("staffing:absences")
    absent = {"agent": station.agents[0].pk, "first": soon, "last": soon + timedelta(days=2), "kind": "leave"}
    assert leader.post(away, absent).status_code == 302
    assert leader.post(away, absent | {"last": today()}).status_code == 422
    assert "away already" in leader.post(away, absent | {"first": soon + timedelta(days=2)}).content.decode()
    assert (
        "Is the year right?"
        in leader.post(away, absent | {"first": "2025-01-01", "last": "2025-01-02"}).content.decode()
    )
    row = Absence.objects.get()
    assert leader.post(reverse("staffing:withdraw", args=[row.pk])).status_code == 302
    assert not Absence.objects.exists()
    days = {"text": "2027-01-01,holiday,元旦\n2027-01-02，makeup，x", "source": "通知"}
    looked = leader.post(reverse("staffing:calendar"), days)
    assert (looked.status_code, looked.context["preview"].open_count) == (200, 0)
    assert not CalendarDay.objects.filter(date__year=2027).exists()
    assert leader.post(reverse("staffing:calendar"), days | {"save": "1", "sure": "on"}).status_code == 302
    assert CalendarDay.objects.filter(date__year=2027).count() == 2
    assert leader.post(reverse("staffing:calendar"), days | {"text": "soon,holiday"}).status_code == 422


def test_a_calendar_with_slips_is_refused_line_by_line(station: Station) -> None:
    leader, url = signed_in(station.leader), reverse("staffing:calendar")
    lines = (
        "1890-01-01,holiday,元旦", "2027-02-30,holiday", "2027-01-01,feast", "2027-01-02,holiday", "2027-01-02,makeup",
    )  # fmt: skip
    answer = leader.post(url, {"text": "\n".join(lines), "source": "通知", "save": "1"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["text"] == [
        "Line 1: Choose a year from 1900 to 2100.",
        "Line 2: “2027-02-30” is no date. Write the day as 2027-01-01.",
        "Line 3: “feast” is neither holiday nor makeup. Write one of the two after the day.",
        "Line 5: 2027-01-02 stands in line 4 already. Keep one of the two.",
    ]
    before = CalendarDay.objects.count()
    for year, lacking in ((2019, "2020–2023"), (2028, "2027"), (1990, "1991–2023")):
        days = {"text": f"{year}-01-01,holiday,元旦", "source": "通知", "save": "1"}
        told = leader.post(url, days)
        assert told.status_code == 422
        assert f"The holidays of {lacking} are not told" in told.content.decode()
    assert CalendarDay.objects.count() == before
    both = "2027-01-01,holiday,元旦\n2028-01-01,holiday,元旦"
    assert leader.post(url, {"text": both, "source": "通知", "save": "1", "sure": "on"}).status_code == 302


def test_a_year_of_which_hardly_anything_is_told_is_read_in_only_by_who_says_that_this_is_all(
    station: Station,
) -> None:
    leader, url = signed_in(station.leader), reverse("staffing:calendar")
    days = {"text": "2027-01-01,holiday,元旦", "source": "通知"}
    looked = leader.post(url, days).content.decode()
    assert "2027: 1 day in all, no holiday at the Spring Festival, no holiday at National Day" in looked
    assert "By rule of thumb" in looked
    refused = leader.post(url, days | {"save": "1"})
    assert refused.status_code == 422
    assert refused.context["form"].errors["sure"]
    assert "Read in" in refused.content.decode()
    assert not CalendarDay.objects.filter(date__year=2027).exists()
    assert leader.post(url, days | {"save": "1", "sure": "on"}).status_code == 302
    assert CalendarDay.objects.filter(date__year=2027).count() == 1


def test_a_year_told_in_full_is_read_in_without_being_asked_back_about(station: Station) -> None:
    leader, url = signed_in(station.leader), reverse("staffing:calendar")
    lines = [f"{f'{day:%Y-%m-%d}'.replace('2026', '2027')},{kind},{name}" for day, kind, name, _s in of_2026()]
    days = {"text": "\n".join(lines), "source": "通知"}
    looked = leader.post(url, days)
    assert looked.context["sparse"] == []
    assert 'name="sure"' not in looked.content.decode()
    assert leader.post(url, days | {"save": "1"}).status_code == 302
    assert CalendarDay.objects.filter(date__year=2027).count() == len(lines)
    assert "replaced by these 1." in leader.post(url, days | {"text": "2027-01-01,holiday"}).content.decode()
    assert leader.post(url, days | {"text": "2027-01-01,holiday", "save": "1"}).status_code == 422


def of_2026() -> list[tuple[date, str, str, str]]:
    return [one for one in calendar_days() if one[0].year == 2026]


def test_every_year_announced_so_far_is_whole_and_each_part_missing_is_told() -> None:
    rows = [CalendarDay(date=day, kind=kind) for day, kind, *_more in calendar_days()]
    assert sparse_years(rows) == []
    october = [one for one in rows if one.date.year != 2026 or one.date.month != 10]
    assert sparse_years(october) == [
        SparseYear(year=2026, day_count=31, lacks_spring_festival=False, lacks_national_day=True)
    ]
    few = [one for one in rows if one.date.year == 2025 and one.date.month in (1, 10)][-9:]
    assert [(one.day_count, one.lacks_national_day) for one in sparse_years(few)] == [(9, False)]
    worked = [CalendarDay(date=date(2027, 1, 30), kind="makeup"), CalendarDay(date=date(2027, 10, 1), kind="holiday")]
    assert [one.lacks_spring_festival for one in sparse_years(worked)] == [True], "a day worked is none off"


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        *((word, DayKind.HOLIDAY) for word in ("holiday", "Holiday", "放假", "休息", "节假日")),
        *((word, DayKind.MAKEUP) for word in ("makeup", "上班", "调休", "补班", "调休上班")),
    ],
)
def test_the_kind_of_a_day_is_told_in_either_language(word: str, kind: str) -> None:
    form = CalendarForm({"text": f"2027-01-02，{word}，元旦", "source": "通知"})
    assert form.is_valid()
    assert [(one.kind, one.name) for one in form.cleaned_data["text"]] == [(kind, "元旦")]


def test_a_kind_that_is_none_is_refused_in_words_of_the_reader_s_language() -> None:
    with override("zh-hans"):
        form = CalendarForm({"text": "2027-01-01,节日,元旦\n2027-01-04,调休,元旦", "source": "通知"})
        assert form.errors["text"] == [
            "第 1 行：“节日”既不是放假也不是上班，请在日期后写放假或上班（也可写 holiday 或 makeup）。",
            "第 2 行：2027-01-04 不是周末，“调休”可能是指放假，请改写放假或上班。",
        ]
        assert "补班" in str(form["text"].help_text)


def test_the_calendar_says_how_many_orders_its_table_does_not_list(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [Order(pk=pk, kind=Kind.COMPLAINT, topic=Topic.ATTITUDE) for pk in range(1, 9)]
    due = {"clock": "answer", "due_before": NOW, "due_after": NOW + timedelta(days=1)}
    counts = {"open_count": 20, "sooner": 2, "later": 9, "newly_overdue": 0, "no_more_overdue": 0, "unknown": 0}
    moves = orders.Moves(**counts, examples=tuple(Example(order=row, **due) for row in rows))
    monkeypatch.setattr(orders, "what_if_calendar", lambda *_told, **_how: moves)
    leader, url = signed_in(station.leader), reverse("staffing:calendar")
    days = {"text": "2027-01-01,holiday,元旦", "source": "通知"}
    page = leader.post(url, days).content.decode()
    assert "And 3 more orders would be due at another time" in page
    assert page.index("And 3 more") < page.index("dh-split"), "the preview stands across the page, not beside the list"
    monkeypatch.setattr(orders, "what_if_calendar", lambda *_told, **_how: replace(moves, sooner=0, later=8))
    assert "more order" not in leader.post(url, days).content.decode()


def test_the_list_of_the_calendar_stacks_on_a_phone(station: Station) -> None:
    CalendarDay.objects.get_or_create(date=today(), defaults={"kind": "holiday", "source": "通知"})
    page = signed_in(station.leader).get(reverse("staffing:calendar")).content.decode()
    assert "dh-table--stack" in page and 'data-label="Where it is written"' in page


def test_a_year_told_by_mistake_is_taken_out_again(station: Station) -> None:
    leader, url = signed_in(station.leader), reverse("staffing:calendar")
    slip = {"text": "2025-10-01,holiday,国庆节", "source": "通知"}
    assert "2025 is told already" in leader.post(url, slip).content.decode()
    CalendarDay.objects.create(date=date(1990, 1, 1), kind="holiday", source="通知")
    choices = [value for value, _label in leader.get(url).context["out"].fields["year"].choices]
    assert choices[:3] == ["", 1990, 2024]
    for year in (2025, today().year):
        assert leader.post(url, {"form": "year", "year": year, "save": "1"}).status_code == 422, "it has to stay"
    looked = leader.post(url, {"form": "year", "year": "1990"})
    assert looked.context["preview"].moved == 0
    assert CalendarDay.objects.filter(date__year=1990).exists()
    assert leader.post(url, {"form": "year", "year": "1990", "save": "1"}).status_code == 302
    assert not CalendarDay.objects.filter(date__year=1990).exists()
    assert signed_in(station.agent_user).post(url, {"form": "year", "year": "2024"}).status_code == 403


def test_adherence_tells_who_was_there(station: Station) -> None:
    plan = actions.make_plan(unit=station.unit, month=date(2026, 5, 1), **WHO)
    actions.publish_plan(plan_id=plan.pk, **WHO)
    duty = next(one for one in queries.duties_between(station.unit.pk, date(2026, 5, 20), date(2026, 5, 20)))
    start, end = times_of(duty)
    for at, kind in ((start + timedelta(minutes=12), AgentEventKind.LOGGED_IN), (end, AgentEventKind.LOGGED_OUT)):
        AgentEntry.objects.create(agent=duty.agent, at=at, kind=kind)
    rows = queries.adherence(station.unit.pk, duty.day, duty.day, at=NOW)
    own = next(one for one in rows if one.duty.pk == duty.pk)
    assert (own.late_min, own.early_min, own.here_share) == (12.0, 0.0, pytest.approx(468 / 480))
    others = [one for one in rows if one.duty.agent_id != duty.agent_id]
    assert {one.here_share for one in others} == {0.0}
    assert {one.late_min for one in others} == {None}


def test_what_is_not_all_is_not_rounded_up_to_all() -> None:
    shown = [percent(share) for share in (None, float("nan"), 0.94449, 0.9996, 0.9999, 1.0)]
    assert shown == ["–", "–", "94.4", "99.96", "99.99", "100.0"]
