"""Shifts, pattern, minimums, wishes and skills are told on pages, and what cannot be is said beside the field."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from denghuo.apps.ledger.models import Fact
from denghuo.apps.staffing import queries
from denghuo.apps.staffing.forms import MinimumsForm, RotaForm, ShiftForm, clocks_of
from denghuo.apps.staffing.models import Minimum, Rota, Shift, SkillNeed, Succession, Wish
from denghuo.apps.staffing.views.frame import today
from denghuo.apps.staffing.views.words import breach_words, conflict_words
from tests.apps.staffing.conftest import TEAMS, Station
from tests.apps.staffing.test_pages import signed_in

DATED = {"from_date": "2026-06-01", "source": "通知"}


@pytest.fixture
def leader(station: Station) -> Client:
    return signed_in(station.leader)


def told(client: Client, page: str, form: str, **fields: Any) -> int:
    return int(client.post(reverse(f"staffing:{page}"), {"form": form, **fields}).status_code)


def test_a_shift_is_set_with_its_pauses_and_ended(station: Station, leader: Client) -> None:
    fields = {"name": "晚高峰", "starts": "17:30", "ends": "01:00", "breaks": "20:00-20:30", "night": "on", **DATED}
    assert told(leader, "shifts", "shift", **fields) == 302
    row = Shift.objects.get(name="晚高峰")
    assert (row.start_min, row.length_min, row.breaks, row.night) == (1050, 450, [[150, 180]], True)
    assert clocks_of(row) == ("17:30", "01:00")
    assert told(leader, "shifts", "retire", shift=row.pk, until_date="2026-07-01") == 302
    row.refresh_from_db()
    assert row.until_date == date(2026, 7, 1)


def test_a_shift_does_not_end_before_it_begins(station: Station, leader: Client) -> None:
    soon = today() + timedelta(days=9)
    fields = {"name": "晚高峰", "starts": "17:30", "ends": "01:00", "from_date": soon, "source": "通知"}
    assert told(leader, "shifts", "shift", **fields) == 302
    row = Shift.objects.get(name="晚高峰")
    assert told(leader, "shifts", "retire", shift=row.pk, until_date=soon - timedelta(days=1)) == 422
    assert told(leader, "shifts", "retire", shift=row.pk, until_date=soon) == 302
    assert "晚高峰 17:30–01:00" in leader.get(reverse("staffing:shifts")).content.decode()


def test_a_shift_that_nobody_worked_is_withdrawn(station: Station, leader: Client) -> None:
    day = queries.shifts_of(station.unit.pk)[1]
    assert told(leader, "shifts", "shift", name="白二", starts="08:00", ends="17:00", **DATED) == 302
    row = Shift.objects.get(name="白二")
    assert told(leader, "shifts", "withdraw", shift=day.pk) == 422, "it stands in the pattern"
    assert told(leader, "shifts", "withdraw", shift=row.pk) == 302
    assert not Shift.objects.filter(pk=row.pk).exists()
    assert Fact.objects.filter(kind="staffing.ShiftWithdrawn").count() == 1


def test_a_name_in_the_pattern_is_that_of_the_shift_of_its_first_day(station: Station, leader: Client) -> None:
    day = queries.shifts_of(station.unit.pk)[1]
    since = today() + timedelta(days=9)
    assert told(leader, "shifts", "retire", shift=day.pk, until_date=since - timedelta(days=1)) == 302
    later = {"from_date": since, "source": "通知"}
    assert told(leader, "shifts", "shift", name=day.name, starts="07:00", ends="15:00", **later) == 302
    assert told(leader, "shifts", "rota", cycle=f"{day.name}, -", places="一班 1", **later) == 302
    assert Rota.objects.get(from_date=since).cycle == [Shift.objects.get(start_min=420).pk, None]
    before = {"from_date": since - timedelta(days=1), "source": "通知"}
    assert told(leader, "shifts", "rota", cycle=f"{day.name}, -", places="一班 1", **before) == 302
    assert Rota.objects.get(from_date=before["from_date"]).cycle == [day.pk, None]


@pytest.mark.parametrize(
    "wrong",
    [
        {"starts": "25:00"},
        {"starts": "8"},
        {"ends": "08:75"},
        {"breaks": "02:00-03:00"},
        {"breaks": "noon"},
        {"name": ""},
        {"name": "夜班"},
        {"ends": "08:00"},
    ],
)
def test_a_shift_that_cannot_be_is_refused(wrong: dict[str, str]) -> None:
    named = [Shift(name="夜班", from_date=date(2027, 1, 1)), Shift(name="白班", until_date=date(2026, 5, 31))]
    told = {"name": "白班", "starts": "08:00", "ends": "16:00", "breaks": "", **DATED, **wrong}
    form = ShiftForm(told, shifts=named)
    assert not form.is_valid()
    assert set(form.errors) == set(wrong)


def test_what_may_not_follow_is_forbidden_and_allowed_again(station: Station, leader: Client) -> None:
    night, day, _evening = queries.shifts_of(station.unit.pk)
    pair = {"earlier": night.pk, "later": day.pk}
    assert told(leader, "shifts", "succession", **pair, source="通知") == 302
    assert Succession.objects.filter(earlier=night, later=day).exists()
    assert "通知" in leader.get(reverse("staffing:shifts")).content.decode()
    assert told(leader, "shifts", "allow", **pair) == 302
    assert not Succession.objects.exists()


def test_the_pattern_is_written_as_people_say_it(station: Station, leader: Client) -> None:
    fields = {"cycle": "白班, 中班、- → 夜班/2", "places": "一班 1, 二班=2，三班 3、四班 4", **DATED}
    assert told(leader, "shifts", "rota", **fields) == 302
    row = Rota.objects.get(from_date=date(2026, 6, 1))
    names = {one.pk: one.name for one in queries.shifts_of(station.unit.pk)}
    assert [names.get(key) for key in row.cycle] == ["白班", "中班", None, "夜班"]
    assert (row.halved, row.places) == ([3], dict(zip(TEAMS, range(4), strict=True)))


def test_teams_go_on_in_the_pattern_where_no_places_are_told(station: Station, leader: Client) -> None:
    page = leader.get(reverse("staffing:shifts")).content.decode()
    before = Rota.objects.get()
    length = len(before.cycle)
    later = before.from_date + timedelta(days=7 * length + 3)
    names = {one.pk: one.name for one in queries.shifts_of(station.unit.pk)}
    days = [names.get(key, "-") + "/2" * (place in before.halved) for place, key in enumerate(before.cycle)]
    fields = {"cycle": ", ".join(days), "places": "", "from_date": later.isoformat(), "source": "通知"}
    assert f'value="{fields["cycle"]}"' in page
    assert told(leader, "shifts", "rota", **fields) == 302
    row = Rota.objects.get(from_date=later)
    since = (later - before.from_date).days
    assert row.places == {team: (place + since) % (2 * length) for team, place in before.places.items()}
    assert told(leader, "shifts", "rota", **fields | {"cycle": "白班, -"}) == 422


@pytest.mark.parametrize(
    ("field", "wrong"), [("cycle", "晚班"), ("cycle", "-"), ("places", "五班 1"), ("places", "一班")]
)
def test_a_pattern_of_unknown_shifts_or_teams_is_refused(field: str, wrong: str) -> None:
    shifts = [Shift(pk=1, name="白班", from_date=date(2026, 6, 1))]
    fields = {"cycle": "白班, -", "places": "一班 1", **DATED}
    assert RotaForm(fields, shifts=shifts, teams=TEAMS).is_valid()
    form = RotaForm(fields | {field: wrong}, shifts=shifts, teams=TEAMS)
    assert set(form.errors) == {field}


def test_the_fewest_people_are_told_by_time_of_day(station: Station, leader: Client) -> None:
    fields = {"bands": "18:00-22:00 8\n00:00-18:00 4\n22:00-24:00 0\n\n", **DATED}
    assert told(leader, "rules", "minimums", **fields) == 302
    rows = Minimum.objects.filter(from_date=date(2026, 6, 1)).values_list("start_min", "end_min", "heads")
    assert sorted(rows) == [(0, 1080, 4), (1080, 1320, 8), (1320, 1440, 0)]
    assert told(leader, "rules", "minimums", **fields | {"bands": "00:00-24:00 31"}) == 422, "there are 30 seats"
    assert told(leader, "rules", "minimums", **fields | {"bands": "08:00-07:00 3"}) == 422


@pytest.mark.parametrize(
    "wrong",
    [
        "00:00-08:00 3",
        "00:00-08:00 3\n09:00-24:00 3",
        "08:00 3",
        "08:00-25:00 3",
        "08:00-24:00 -3",
        "00:00-08:00 1\n07:00-09:00 2",
    ],
)
def test_hours_that_cannot_be_are_refused(wrong: str) -> None:
    assert not MinimumsForm({"bands": wrong, **DATED}).is_valid()


def test_wishes_are_told_by_the_leader_and_by_oneself(station: Station, leader: Client) -> None:
    soon = today() + timedelta(days=9)
    evening = queries.shifts_of(station.unit.pk)[-1]
    fields = {"agent": station.agents[3].pk, "day": soon, "wanted": "no", "shift": evening.pk}
    assert told(leader, "wishes", "wish", **fields) == 302
    for day in (date(2020, 1, 1), today() + timedelta(days=200)):
        assert told(leader, "wishes", "wish", **fields | {"day": day}) == 422
    own = signed_in(station.agent_user)
    assert own.post(reverse("staffing:wish"), {"day": soon, "wanted": "yes", "shift": ""}).status_code == 302
    assert own.post(reverse("staffing:wish"), {"day": today(), "wanted": "yes"}).status_code == 302
    rows = Wish.objects.order_by("agent_id").values_list("agent_id", "shift_id", "wanted")
    assert list(rows) == [(station.agents[0].pk, None, True), (station.agents[3].pk, evening.pk, False)]
    assert "would like the day off" in own.get(reverse("staffing:person")).content.decode()
    assert station.agents[3].name in leader.get(reverse("staffing:wishes")).content.decode()


def test_skills_are_told_as_a_whole_and_asked_of_shifts(station: Station, leader: Client) -> None:
    agent, shift = station.agents[2], queries.shifts_of(station.unit.pk)[0]
    assert told(leader, "wishes", "skills", agent=agent.pk, names="英语、值班长") == 302
    assert told(leader, "wishes", "skills", agent=agent.pk, names="英语") == 302
    assert [one.name for one in queries.skills_of([agent.pk])] == ["英语"]
    assert told(leader, "shifts", "need", shift=shift.pk, name="英语", heads=1, **DATED) == 302
    assert SkillNeed.objects.get().heads == 1


@pytest.mark.parametrize("name", ["shifts", "wishes", "rules"])
def test_who_may_only_look_sees_no_form_and_writes_nothing(station: Station, leader: Client, name: str) -> None:
    assert told(leader, name, "rubbish") == 404
    assert told(signed_in(station.agent_user), name, "rubbish") == 403


@pytest.mark.parametrize(
    ("kind", "rule", "amount", "words"),
    [
        ("succession", "rest", 1, "too little rest before 白班"),
        ("total_too_high", "month_h", 90, "1.5 hours too many in the month"),
        ("run_too_long", "run_days", 2, "2 days of work in a row too many"),
        ("too_few", "", 1, "1 person too few"),
        ("not_allowed", "", 1, "put on 白班 though away or bound to the rota"),
        ("not_allowed", "closed", 1, "白班 is not in use on this day"),
    ],
)
def test_a_broken_rule_is_said_in_words(kind: str, rule: str, amount: int, words: str) -> None:
    one = {"kind": kind, "rule": rule, "agent": "何雨", "day": "2026-06-01", "shift": "白班", "amount": amount}
    with override("en"):
        assert breach_words(one) == {"where": "何雨", "day": "2026-06-01", "what": words}


def test_what_cannot_hold_together_says_how_many_lack() -> None:
    shift = {"kind": "too_few", "rule": "", "agent": "", "day": "2026-06-01", "shift": "白班", "amount": 1}
    rule = {"kind": "succession", "rule": "rest", "agent": "何雨", "day": "2026-06-01", "shift": "", "amount": 1}
    with override("en"):
        assert conflict_words(shift, [shift | {"amount": 4}])["what"] == "4 people too few"
        alike = [shift | {"amount": 4}, shift | {"day": "2026-06-02"}, shift | {"day": "2026-06-03"}]
        assert conflict_words(shift, alike)["more"] == "(and so on 2 other days)"
        assert conflict_words(shift, [])["what"] == "fewest people on a shift"
        assert conflict_words(rule, [])["what"] == "rest between two shifts"
