"""The demo hotline's shifts, forecast and rosters: this month as it is lived by, and the next."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

import numpy as np
from django.db import transaction

from denghuo.adapters.telephony import AgentEvent, AgentEventKind
from denghuo.apps.hotline.actions import Source, record_calls
from denghuo.apps.hotline.queries import exchange_of_code, first_day
from denghuo.apps.organization.models import Unit
from denghuo.apps.outages import queries as outages
from denghuo.apps.staffing import actions, queries
from denghuo.apps.staffing.models import AbsenceKind, Duty, Plan, PlanState
from denghuo.main.demo.hotline import MOBILE, TEAMS
from denghuo.main.demo.known import load_known

ACTOR = "demo"
SOURCE = "演示规则"
_EXCHANGE_CODE = "lampcounty"
_SHIFTS = ("白班", "中班", "夜班")
# Of the next month: whose place in the list of people, from and to which day, and why.
_AWAY = (
    (2, 5, 9, AbsenceKind.LEAVE, "年休假"),
    (9, 14, 15, AbsenceKind.TRAINING, "新系统培训"),
    (16, 20, 22, AbsenceKind.LEAVE, "年休假"),
    (26, 10, 11, AbsenceKind.TRAINING, "停电播报话术培训"),
)
_WISHES_OFF = ((25, 12), (27, 19), (28, 25))


def load_staffing(*, now: datetime, network_id: int, progress: Callable[[float], None]) -> None:
    """Set the four teams and the mobile one up, forecast, publish this month and the next, and work out what outages
    that last do to the hotline; ``now`` is local. What takes its time is worked out before it is written, so that
    nobody waits for it; what is there already stays."""
    exchange = exchange_of_code(_EXCHANGE_CODE)
    assert exchange is not None
    unit = Unit.objects.get(pk=exchange.unit_id)
    this = now.date().replace(day=1)
    following = (this + timedelta(days=31)).replace(day=1)
    if not queries.shifts_of(unit.pk):
        _set_up(unit, this, following, now)
    begun = first_day([exchange.pk])
    if begun is not None and not queries.known_days_of(unit.pk):
        load_known(unit_id=unit.pk, network_id=network_id, first=begun, now=now)
    forecast = queries.forecast_anew(unit, at=now)
    actions.make_forecast(unit=unit, worked_out=forecast, at=now, actor=ACTOR)
    progress(0.5)
    for month in (this, following):
        if queries.plan_of(unit.pk, month, state=PlanState.PUBLISHED) is None:
            draft = queries.draft_of(unit, month, at=now)
            plan = actions.make_plan(unit=unit, month=month, draft=draft, at=now, actor=ACTOR)
            actions.publish_plan(plan_id=plan.pk, at=now, actor=ACTOR)
        progress(0.75)
    for outage in outages.outages_of(network_id):
        if outage.lasts:
            actions.propose_surge(unit=unit, outage=outage, at=now, actor=ACTOR)
    first = this - timedelta(days=1)
    entries = list(mobile_sign_ins(unit.pk, first, now=now))
    record_calls(
        exchange_id=exchange.pk, calls=(), entries=entries, source=Source(name="演示总机"), at=now, actor=ACTOR
    )


def is_staffed() -> bool:
    """Whether it is there, all of it: the rosters come last."""
    exchange = exchange_of_code(_EXCHANGE_CODE)
    if exchange is None:
        return False
    return Plan.objects.filter(unit_id=exchange.unit_id, state=PlanState.PUBLISHED).count() > 1


@transaction.atomic
def _set_up(unit: Unit, this: date, following: date, now: datetime) -> None:
    actions.set_up(
        unit_id=unit.pk,
        teams=TEAMS,
        names=_SHIFTS,
        from_date=(this - timedelta(days=1)).replace(day=1),
        source=SOURCE,
        at=now,
        actor=ACTOR,
    )
    _people(unit.pk, following, now)


def _people(unit_id: int, month: date, now: datetime) -> None:
    """Who is away in a month, and what some would like."""
    agents = queries.agents_of_unit(unit_id)
    for place, first, last, kind, note in _AWAY:
        actions.record_absence(
            agent_id=agents[place].pk,
            first=month.replace(day=first),
            last=month.replace(day=last),
            kind=kind,
            note=note,
            at=now,
            actor=ACTOR,
        )
    for place, day in _WISHES_OFF:
        actions.record_wish(
            agent_id=agents[place].pk, day=month.replace(day=day), shift_id=None, wanted=True, at=now, actor=ACTOR
        )


def mobile_sign_ins(unit_id: int, first: date, *, now: datetime) -> Iterator[AgentEvent]:
    """Mobile people come and go as their published duties say, a few minutes early or late; up to ``now``."""
    for duty in queries.duties_between(unit_id, first, now.date()):
        if duty.agent.team != MOBILE:
            continue
        for at, kind in _times(duty):
            if at <= now:
                yield AgentEvent(at=at, agent=duty.agent.code, kind=kind)


def _times(duty: Duty) -> Iterator[tuple[datetime, AgentEventKind]]:
    rng = np.random.default_rng([duty.day.toordinal(), duty.agent_id])
    for at, kind, mean_min in zip(
        queries.times_of(duty), (AgentEventKind.LOGGED_IN, AgentEventKind.LOGGED_OUT), (-4, 3), strict=True
    ):
        yield at + timedelta(minutes=float(np.round(rng.normal(mean_min, 3), 1))), kind
