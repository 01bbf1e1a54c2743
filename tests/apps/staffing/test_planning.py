"""From calls to a forecast, a requirement, a roster and its answer rate; changes of a published plan."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from django.urls import reverse

from denghuo.apps.ledger import deliveries
from denghuo.apps.ledger.models import Fact
from denghuo.apps.notices.models import Notice
from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.snapshot import calendar_days
from denghuo.apps.staffing import actions, queries
from denghuo.apps.staffing.models import AbsenceKind, Duty, Plan, PlanState, RuleKind
from denghuo.apps.staffing.queries.plans import duties_of_plan, month_days, staff_of
from denghuo.apps.staffing.snapshot.forecasts import TooShortError
from denghuo.apps.staffing.snapshot.problems import judged, problem_of, solve
from denghuo.apps.staffing.snapshot.requirement import at_telephones, requirement_of
from denghuo.apps.staffing.snapshot.rosters import Staff, table_of
from denghuo.engines.rostering import Limits, solve_roster
from tests.apps.staffing.conftest import NOW, Station
from tests.apps.staffing.test_pages import signed_in

JUNE = date(2026, 6, 1)
JUNE_PAGE = {"month": "2026-06"}
WHO = {"at": NOW, "actor": "test"}


def test_the_rota_rests_everybody_and_mans_every_shift(station: Station) -> None:
    staff = staff_of(station.unit, JUNE)
    roster = np.where(staff.mobile[:, None], -1, staff.pattern)
    heads = staff.heads(roster)
    assert set(heads[:, 16:].ravel().tolist()) == {4}
    assert set(heads[:, :16].ravel().tolist()) == {2}, "at night halves of a team take turns"
    broken = judged(staff, roster)
    assert [one for one in broken if one.rule in {"rest", "run_days", "nights", "month_h"}] == []


def test_more_calls_or_a_higher_target_require_no_fewer_people(station: Station) -> None:
    actions.make_forecast(unit=station.unit, **WHO)
    ahead, book = queries.ahead_of_unit(station.unit.pk), queries.rule_book(station.unit.pk)
    assert ahead is not None
    days = [NOW.date() + timedelta(days=n) for n in range(3)]
    plain = requirement_of(ahead, days=days, book=book, target_share=0.9)
    strict = requirement_of(ahead, days=days, book=book, target_share=0.97)
    busy = requirement_of(replace(ahead, quantiles={0.5: 3 * ahead.quantiles[0.5]}), days=days, book=book,
                          target_share=0.9)  # fmt: skip
    assert (strict.sized >= plain.sized).all()
    assert (busy.sized >= plain.sized).all()
    assert busy.sized.sum() > plain.sized.sum()
    assert (plain.required >= plain.minimum).all()


def test_nobody_behind_the_seats_is_rounded_away() -> None:
    heads = np.arange(40)
    seats = at_telephones(heads, shrinkage_share=0.1)
    assert (np.ceil(seats / 0.9 - 1e-9) <= heads).all()


def test_a_plan_keeps_leave_and_minimum_and_says_what_it_will_give(station: Station) -> None:
    away = station.agents[0]
    actions.record_absence(agent_id=away.pk, first=JUNE, last=date(2026, 6, 10), kind=AbsenceKind.LEAVE, note="", **WHO)
    actions.make_forecast(unit=station.unit, **WHO)
    plan = actions.make_plan(unit=station.unit, month=JUNE, **WHO)
    duties = duties_of_plan(plan)
    assert plan.made["broken"] == []
    assert [one for one in duties if one.agent_id == away.pk and one.day <= date(2026, 6, 10)] == []
    staff = staff_of(station.unit, JUNE)
    heads = staff.heads(table_of(duties, agents=staff.agents, shifts=staff.shifts, days=staff.days))
    assert (heads >= staff.requirement.minimum).all()
    assert len(plan.expected["by_day"]) == 30
    assert all(one["low"] <= one["day"] <= one["high"] for one in plan.expected["by_day"])
    assert all(0.5 < one["day"] <= 1 for one in plan.expected["by_day"])


def test_leave_after_publishing_takes_duties_out_and_is_said(station: Station) -> None:
    actions.make_forecast(unit=station.unit, **WHO)
    plan = actions.publish_plan(plan_id=actions.make_plan(unit=station.unit, month=JUNE, **WHO).pk, **WHO)
    leader, url = signed_in(station.leader), reverse("staffing:plan", kwargs=JUNE_PAGE)
    assert queries.standing_of(plan).as_made
    days = [JUNE + timedelta(days=n) for n in range(30)]
    heads, before = queries.heads_on_duty(station.unit.pk, days), plan.expected
    for away in station.agents[:2]:
        actions.record_absence(
            agent_id=away.pk, first=JUNE, last=JUNE + timedelta(9), kind=AbsenceKind.SICK, note="", **WHO
        )
    deliveries.drain()
    gone = queries.standing_of(plan).away
    assert gone
    assert {one.agent_id for one in gone} <= {one.pk for one in station.agents[:2]}
    left = queries.heads_on_duty(station.unit.pk, days)
    assert heads is not None
    assert left is not None
    assert heads.sum() - left.sum() == sum(one.shift.length_min for one in gone) / 30
    plan.refresh_from_db()
    assert queries.expected_rate(plan).share < sum(  # type: ignore[operator]
        one["day"] * one["calls"] for one in before["by_day"]
    ) / sum(one["calls"] for one in before["by_day"])
    page = leader.get(url).content.decode()
    assert f"{len(gone)} duties fall into absences" in page
    assert "When people are missing" in page
    assert "it is proven" not in page
    own = signed_in(station.agent_user).get(reverse("staffing:duties-file")).content.decode()
    assert "DTSTART:20260601" not in own


def test_a_draft_that_breaks_rules_is_asked_about_before_people_live_by_it(station: Station) -> None:
    plan, _duty = _published(station)
    Plan.objects.filter(pk=plan.pk).update(state=PlanState.DRAFT)
    leader, url = signed_in(station.leader), reverse("staffing:publish", kwargs=JUNE_PAGE)
    asked = leader.post(url)
    assert asked.status_code == 200
    assert f"{len(queries.standing_of(plan).broken)} rules broken" in asked.content.decode()
    assert Plan.objects.get().state == PlanState.DRAFT
    assert leader.post(url, {"sure": "1"}).status_code == 302
    assert Plan.objects.get().state == PlanState.PUBLISHED


def test_a_month_that_is_over_is_not_planned(station: Station) -> None:
    with pytest.raises(queries.MonthOverError):
        actions.make_plan(unit=station.unit, month=date(2026, 4, 1), **WHO)
    leader, url = signed_in(station.leader), reverse("staffing:plan", kwargs={"month": "2020-01"})
    assert "only this month and later ones" in leader.get(url).content.decode()
    assert "This month is over" in leader.post(url, follow=True).content.decode()
    assert not Plan.objects.exists()


def test_a_shift_ended_in_the_middle_of_a_month_gives_way_to_the_next(station: Station) -> None:
    _night, day, evening = queries.shifts_of(station.unit.pk)
    last = date(2026, 6, 14)
    actions.retire_shift(shift_id=evening.pk, until_date=last, **WHO)
    told = actions.ShiftEntry(name="晚班", start_min=evening.start_min, length_min=evening.length_min)
    since = {"unit_id": station.unit.pk, "from_date": last + timedelta(1), "source": "test", **WHO}
    late = actions.set_shift(entry=told, **since)
    rota = queries.rotas_of(station.unit.pk)[0]
    cycle = [late.pk if key == evening.pk else key for key in rota.cycle]
    size = len(rota.cycle) * (2 if rota.halved else 1)
    places = {team: (place + (since["from_date"] - rota.from_date).days) % size for team, place in rota.places.items()}
    actions.set_rota(cycle=cycle, halved=rota.halved, places=places, **since)
    plan = actions.make_plan(unit=station.unit, month=JUNE, **WHO)
    assert plan.made["conflict"] == []
    assert plan.made["broken"] == []
    on = {one.day for one in duties_of_plan(plan) if one.shift_id == evening.pk}
    assert max(on) == last
    assert {one.day for one in duties_of_plan(plan) if one.shift_id == late.pk} == set(month_days(JUNE)) - on
    day_id = day.pk
    Duty.objects.filter(plan=plan, day=date(2026, 6, 20), shift_id=day_id).update(shift_id=evening.pk)
    broken = {(one["rule"], one["day"]) for one in queries.standing_of(plan).broken}
    assert ("closed", "2026-06-20") in broken


def test_a_shift_with_the_hours_of_another_makes_no_published_roster_short(station: Station) -> None:
    plan = actions.make_plan(unit=station.unit, month=JUNE, **WHO)
    day = queries.shifts_of(station.unit.pk)[1]
    told = actions.ShiftEntry(name="白二", start_min=day.start_min, length_min=day.length_min)
    actions.set_shift(unit_id=station.unit.pk, entry=told, from_date=date(2026, 5, 1), source="test", **WHO)
    assert queries.standing_of(plan).broken == ()
    Duty.objects.filter(plan=plan, day=date(2026, 6, 20), shift_id=day.pk).delete()
    assert {(one["kind"], one["day"]) for one in queries.standing_of(plan).broken} == {("too_few", "2026-06-20")}


def test_who_is_on_a_pattern_with_a_shift_that_ended_is_off(station: Station) -> None:
    evening = queries.shifts_of(station.unit.pk)[2]
    actions.retire_shift(shift_id=evening.pk, until_date=date(2026, 6, 14), **WHO)
    staff = staff_of(station.unit, JUNE)
    on = (staff.pattern == staff.position[evening.pk]).any(axis=0)
    assert [day for day, worked in zip(staff.days, on, strict=True) if worked] == month_days(JUNE)[:14]


@pytest.mark.nightly
def test_the_impossible_is_explained_and_the_nearest_roster_drafted(station: Station) -> None:
    bands = [actions.BandEntry(start_min=0, end_min=1440, heads=15)]
    actions.set_minimums(unit_id=station.unit.pk, from_date=JUNE, bands=bands, source="test", **WHO)
    plan = actions.make_plan(unit=station.unit, month=JUNE, **WHO)
    assert not plan.made["proven"]
    assert plan.made["conflict"], "what cannot hold together is named"
    assert plan.duties.exists()


@pytest.mark.nightly
def test_days_on_which_all_can_hold_are_no_worse_for_those_on_which_not(station: Station) -> None:
    actions.make_forecast(unit=station.unit, **WHO)
    usual = staff_of(station.unit, JUNE)
    for agent in station.agents[:14]:
        first, last = date(2026, 6, 15), date(2026, 6, 21)
        actions.record_absence(agent_id=agent.pk, first=first, last=last, kind=AbsenceKind.LEAVE, note="", **WHO)
    lean = staff_of(station.unit, JUNE)
    limits = Limits(time_limit_s=60.0, work_limit=5.0, workers=1)
    short = []
    for staff in (usual, lean):
        heads = staff.heads(solve(staff, individual=True, limits=limits).roster)
        short.append((heads < staff.requirement.required)[:10].sum())
    assert short[1] <= short[0] + 10


def test_published_duties_are_found_and_swapped_within_the_rules(station: Station) -> None:
    plan = actions.make_plan(unit=station.unit, month=JUNE, **WHO)
    assert queries.duties_between(station.unit.pk, JUNE, date(2026, 6, 30)) == []
    actions.publish_plan(plan_id=plan.pk, **WHO)
    mine = queries.duties_between(station.unit.pk, JUNE, date(2026, 6, 30), agent_id=station.agents[0].pk)
    assert mine
    day, free = mine[5].day, None
    on_duty = {one.agent_id for one in queries.duties_between(station.unit.pk, day, day)}
    for agent in station.agents[4:]:
        if agent.pk in on_duty:
            continue
        checked = actions.swap_duties(
            plan_id=plan.pk, agent_id=station.agents[0].pk, day=day, other_id=agent.pk, other_day=None, **WHO
        )
        if checked.legal:
            free = agent
            break
        assert {one.agent_id for one in queries.duties_between(station.unit.pk, day, day)} == on_duty
    assert free is not None
    now = {one.agent_id for one in queries.duties_between(station.unit.pk, day, day)}
    assert now == on_duty - {station.agents[0].pk} | {free.pk}


def test_swaps_that_are_offered_can_be_made(station: Station) -> None:
    plan = actions.make_plan(unit=station.unit, month=JUNE, **WHO)
    duty = next(one for one in duties_of_plan(plan) if one.agent_id == station.agents[0].pk)
    offers = queries.swaps_of(plan, duty)
    assert offers
    assert [one.change for one in offers] == sorted(one.change for one in offers)
    best = offers[0]
    leader = signed_in(station.leader)
    page = leader.get(reverse("staffing:swaps", kwargs={"month": "2026-06"}), {"duty": duty.pk}).content.decode()
    assert best.other.name in page
    told = {"agent": duty.agent_id, "day": duty.day, "other": best.other.pk, "other_day": best.other_day or ""}
    assert "No rule would break." in leader.get(reverse("staffing:swap", kwargs=JUNE_PAGE), told).content.decode()
    assert plan.duties.filter(pk=duty.pk).exists(), "asking changes nothing"
    assert leader.post(reverse("staffing:swap", kwargs=JUNE_PAGE), told).status_code == 302
    assert not plan.duties.filter(pk=duty.pk).exists()
    assert plan.duties.filter(agent_id=best.other.pk, day=duty.day, shift_id=duty.shift_id).exists()
    assert leader.get(reverse("staffing:swaps", kwargs=JUNE_PAGE), {"duty": "x"}).status_code == 302
    late = leader.post(reverse("staffing:undo", kwargs=JUNE_PAGE), {"plan": plan.pk, "number": 0}, follow=True)
    assert "This swap cannot be undone any more." in late.content.decode(), "its day has begun by today's clock"
    assert actions.undo_swap(plan_id=plan.pk, number=0, **WHO).legal
    assert plan.duties.filter(agent_id=duty.agent_id, day=duty.day, shift_id=duty.shift_id).exists()
    assert Fact.objects.filter(kind__endswith="SwapUndone").count() == 1
    with pytest.raises(LookupError):
        actions.undo_swap(plan_id=plan.pk, number=0, **WHO)


def test_a_swap_that_breaks_a_rule_is_shown_and_refused(station: Station) -> None:
    plan, duty = _published(station)
    Plan.objects.filter(pk=plan.pk).update(state=PlanState.DRAFT)
    away = station.agents[5]
    actions.record_absence(agent_id=away.pk, first=JUNE, last=JUNE, kind=AbsenceKind.LEAVE, note="", **WHO)
    told = {"agent": duty.agent_id, "day": duty.day, "other": away.pk}
    answer = signed_in(station.leader).post(reverse("staffing:swap", kwargs=JUNE_PAGE), told)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert f"{away}: put on 白班 though away or bound to the rota" in page
    answer = signed_in(station.leader).get(reverse("staffing:swaps", kwargs=JUNE_PAGE), {"duty": 0}, follow=True)
    assert "This duty is not there any more" in answer.content.decode()
    assert plan.duties.filter(pk=duty.pk).exists()


def _published(station: Station) -> tuple[Plan, Duty]:
    """A published June in which He, who has an account, works the first day."""
    plan = Plan.objects.create(unit=station.unit, month=JUNE, state=PlanState.PUBLISHED, made_at=NOW, made_by="jiang")
    plan.made = {"costs": [], "bounds": [], "proven": True}
    plan.save()
    day = next(one for one in queries.shifts_of(station.unit.pk) if one.name == "白班")
    return plan, Duty.objects.create(plan=plan, agent=station.agents[0], day=JUNE, shift=day)


def test_a_draft_lists_what_it_changes_and_is_discarded_or_published(station: Station) -> None:
    published, duty = _published(station)
    leader, page = signed_in(station.leader), reverse("staffing:plan", kwargs=JUNE_PAGE)
    drafts = [Plan(unit=station.unit, month=JUNE, made_at=NOW, made_by="jiang", made=published.made) for _ in range(2)]
    drafts[0].save()
    Duty.objects.create(plan=drafts[0], agent=station.agents[1], day=JUNE, shift=duty.shift)
    text = leader.get(page).content.decode()
    assert "2 duties of 2 people" in text
    assert station.leader.display_name in text, "who drafted it is called by name"
    assert leader.post(reverse("staffing:discard", kwargs=JUNE_PAGE)).status_code == 302
    assert [one.pk for one in Plan.objects.all()] == [published.pk]
    assert leader.post(reverse("staffing:discard", kwargs=JUNE_PAGE)).status_code == 404
    drafts[1].save()
    Duty.objects.create(plan=drafts[1], agent=station.agents[1], day=JUNE, shift=duty.shift)
    actions.publish_plan(plan_id=drafts[1].pk, **WHO)
    assert [one.pk for one in Plan.objects.all()] == [drafts[1].pk]
    told = Notice.objects.get()
    assert told.recipient == station.agent_user
    assert "06-01" in told.text, "the day that is another now"


def test_spare_hours_lie_over_the_whole_month(station: Station) -> None:
    staff = staff_of(station.unit, JUNE)
    size = len(staff.days) * staff.types.count
    demands = problem_of(staff).demands
    heads = np.asarray(demands.wanted)[size : 2 * size].reshape(len(staff.days), -1).sum(axis=1)
    assert abs(int(heads[:15].sum() - heads[15:].sum())) <= 2, "not all of them on its first days"


def test_where_more_is_wanted_than_there_are_people_duties_lie_evenly_all_the_same(station: Station) -> None:
    actions.make_forecast(unit=station.unit, **WHO)
    for agent in station.agents[:12:3]:
        first, last = JUNE, date(2026, 6, 30)
        actions.record_absence(agent_id=agent.pk, first=first, last=last, kind=AbsenceKind.LEAVE, note="", **WHO)
    staff = staff_of(station.unit, JUNE)
    required = staff.requirement.required + 3
    short = replace(staff, requirement=replace(staff.requirement, required=required))
    limits = Limits(time_limit_s=120.0, work_limit=3.0, workers=1)
    found, heads_first = solve(short, limits=limits), solve_roster(problem_of(short), limits=limits)
    assert not found.proven
    wide, narrow = (_apart(staff, roster) for roster in (heads_first.roster, found.roster))
    assert narrow[0] <= 2
    assert narrow[1] <= 2 < wide[1]


def _apart(staff: Staff, roster: Any) -> tuple[int, int]:
    """How far apart the mobile people's shifts and nights are."""
    on = roster[staff.mobile] >= 0
    nights = staff.types.night[np.maximum(roster[staff.mobile], 0)] & on
    return int(np.ptp(on.sum(axis=1))), int(np.ptp(nights.sum(axis=1)))


def test_a_page_says_whether_a_search_that_ended_by_time_evened_duties_out(station: Station) -> None:
    plan = actions.make_plan(unit=station.unit, month=JUNE, **WHO)
    plan.made["proven"] = False
    plan.save()
    leader, url = signed_in(station.leader), reverse("staffing:plan", kwargs=JUNE_PAGE)
    assert "Duties lie evenly" in leader.get(url).content.decode()
    busy = station.agents[16]
    plan.duties.filter(agent=busy).delete()
    plan.made["broken"] = list(queries.standing_of(plan).broken)
    plan.save()
    page = leader.get(url).content.decode()
    assert "duties are not evened out: 0 to" in page
    assert "points" not in page


def test_planning_anew_keeps_what_has_been_worked(station: Station) -> None:
    plan = actions.make_plan(unit=station.unit, month=JUNE, **WHO)
    actions.publish_plan(plan_id=plan.pk, **WHO)
    before = {(one.agent_id, one.day): one.shift_id for one in duties_of_plan(plan)}
    later = NOW + timedelta(days=20)
    sick = station.agents[16]
    actions.record_absence(
        agent_id=sick.pk, first=date(2026, 6, 20), last=date(2026, 6, 22), kind=AbsenceKind.SICK, note="", **WHO
    )
    anew = actions.make_plan(unit=station.unit, month=JUNE, keep=True, at=later, actor="test")
    after = {(one.agent_id, one.day): one.shift_id for one in duties_of_plan(anew)}
    passed = later.date()
    assert {key: one for key, one in before.items() if key[1] <= passed} == {
        key: one for key, one in after.items() if key[1] <= passed
    }
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert len(changed) <= 12


def test_what_is_merely_better_changes_no_published_duty(station: Station) -> None:
    actions.publish_plan(plan_id=actions.make_plan(unit=station.unit, month=JUNE, **WHO).pk, **WHO)
    spare = Duty.objects.filter(agent__in=station.agents[16:], day__gt=date(2026, 6, 3)).order_by("day").first()
    assert spare is not None
    spare.delete()
    staff = staff_of(station.unit, JUNE, keep=True)
    assert staff.published is not None
    short = staff.heads(staff.published) < staff.requirement.required
    assert not short[(spare.day - JUNE).days].any(), "there are enough without it"
    before = {(one.agent_id, one.day, one.shift_id) for one in Duty.objects.all()}
    anew = actions.make_plan(unit=station.unit, month=JUNE, keep=True, at=NOW, actor="test")
    assert {(one.agent_id, one.day, one.shift_id) for one in duties_of_plan(anew)} == before


def test_without_calls_there_is_no_forecast(station: Station) -> None:
    with pytest.raises(TooShortError):
        actions.make_forecast(unit=station.unit, at=NOW - timedelta(days=60), actor="test")


def test_rules_hold_from_their_day_and_say_where_they_are_from(station: Station) -> None:
    book = queries.rule_book(station.unit.pk)
    assert book.now(RuleKind.SEATS, on=JUNE).is_standard
    actions.set_rule(unit_id=station.unit.pk, from_date=JUNE, kind=RuleKind.SEATS, value=8, source="通知 1 号", **WHO)
    book = queries.rule_book(station.unit.pk)
    assert [book.value(RuleKind.SEATS, on=JUNE - timedelta(days=n)) for n in (1, 0)] == [30, 8]
    assert Fact.objects.filter(kind__endswith="RuleSet").count() == 1
    with pytest.raises(ValueError, match="cannot be"):
        actions.set_rule(
            unit_id=station.unit.pk, from_date=JUNE, kind=RuleKind.TARGET_SHARE, value=1, source="x", **WHO
        )


def test_the_calendar_is_made_of_weekend_workdays_and_an_unknown_year_is_said() -> None:
    days = list(calendar_days())
    assert len({day for day, *_ in days}) == len(days)
    assert all(day.weekday() >= 5 for day, kind, *_ in days if kind == "makeup")
    off = {day for day, kind, *_ in days if kind == "holiday"}
    assert sum(day.year == 2026 for day in off) == 33


def test_a_year_without_holidays_is_not_guessed(station: Station) -> None:
    del station
    assert organization.unknown_years(date(2026, 12, 1), date(2027, 1, 5)) == [2027]
