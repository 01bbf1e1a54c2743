"""Who is on duty when, and whether they were there."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from django.db.models import Exists, F, OuterRef, Q
from numpy.typing import NDArray

from denghuo.apps.hotline import queries as hotline
from denghuo.apps.hotline.models import Agent
from denghuo.apps.organization.access import within
from denghuo.apps.organization.models import User
from denghuo.apps.staffing.models import Absence, Duty, PlanState
from denghuo.apps.staffing.queries.rules import shifts_of
from denghuo.apps.staffing.snapshot.history import midnight
from denghuo.apps.staffing.snapshot.rosters import days_before, heads_of, shift_types, table_of

_ROTA_TEAMS, _MOBILE = 4, "机动"
_REACH = timedelta(hours=4)  # how long before the first midnight somebody may have signed in for it


def agents_of_unit(unit_id: int, *, since: date | None = None) -> list[Agent]:
    """Everybody who is planned on the telephones of a unit, and works there ``since`` a day or later, team by team as
    people count them. A call log is full of numbers behind which nobody sits: planned is who was given a name and a
    team. With an account at two exchanges somebody is one person, at the first."""
    rows = Agent.objects.filter(exchange__unit_id=unit_id).exclude(name="").exclude(team="")
    if since is not None:
        rows = rows.exclude(until_date__lt=since)
    once = {one.user_id or -one.pk: one for one in rows.order_by("-exchange_id", "-code")}
    return sorted(once.values(), key=lambda one: (hotline.team_order(one.team), one.code, one.pk))


def unnamed_count(unit_id: int) -> int:
    """Agents whom an exchange told of and nobody gave a name and a team, nor a last day."""
    rows = Agent.objects.filter(exchange__unit_id=unit_id, until_date=None)
    return rows.filter(Q(name="") | Q(team="")).count()


def rota_teams(unit_id: int) -> list[str]:
    """The teams that a rota can be of, as people count them: the four largest. Mobile ones and all others fill in."""
    sizes = Counter(one.team for one in agents_of_unit(unit_id) if one.team and _MOBILE not in one.team)
    return sorted((team for team, _size in sizes.most_common(_ROTA_TEAMS)), key=hotline.team_order)


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody on the telephones, and the unit they work for."""

    agent: Agent
    unit_id: int


def person_of_user(user: User, *, scope: Iterable[str]) -> Person | None:
    """Who somebody who signed in is on the telephones."""
    rows = Agent.objects.filter(within(scope, field="exchange__unit__path"), user=user).select_related("exchange")
    planned = rows.exclude(name="").exclude(team="")  # where they have duties, if anywhere
    agent = planned.order_by("exchange_id", "code").first() or rows.first()
    return None if agent is None else Person(agent=agent, unit_id=agent.exchange.unit_id)


def agent_for(*, scope: Iterable[str], agent_id: int) -> Person:
    """Somebody on the telephones, if they work in the scope.

    Raises:
        Agent.DoesNotExist: there is none, or not there.
    """
    rows = Agent.objects.select_related("exchange")
    agent = rows.get(within(scope, field="exchange__unit__path"), pk=agent_id)
    return Person(agent=agent, unit_id=agent.exchange.unit_id)


def duties_between(
    unit_id: int, first: date, last: date, *, agent_id: int | None = None, state: PlanState = PlanState.PUBLISHED
) -> list[Duty]:
    """Duties of the published plans of a unit, in order; not those that fall into an absence, which nobody works."""
    rows = Duty.objects.filter(plan__unit_id=unit_id, plan__state=state, day__gte=first, day__lte=last)
    rows = rows.exclude(away())
    if agent_id is not None:
        rows = rows.filter(agent_id=agent_id)
    found = rows.select_related("shift", "agent").order_by("day", "shift__start_min", "agent__code")
    return sorted(found, key=lambda one: (one.day, one.shift.start_min, hotline.team_order(one.agent.team)))


def duties_in(absence: Absence) -> list[Duty]:
    """Published duties that fall into an absence."""
    rows = Duty.objects.filter(agent_id=absence.agent_id, plan__state=PlanState.PUBLISHED)
    return list(rows.filter(day__gte=absence.first, day__lte=absence.last).select_related("shift").order_by("day"))


def away() -> Q:
    """Whether whom a duty belongs to is away on its day, or has left, for a query of duties."""
    absent = Absence.objects.filter(
        agent_id=OuterRef("agent_id"), first__lte=OuterRef("day"), last__gte=OuterRef("day")
    )
    return Q(Exists(absent)) | Q(agent__until_date__lt=F("day"))


def heads_on_duty(
    unit_id: int, days: Sequence[date], *, state: PlanState = PlanState.PUBLISHED
) -> NDArray[np.int64] | None:
    """People on duty by published plans, int64[days, intervals]; None where nothing is published for any of them."""
    before = days_before(days[0])
    duties = duties_between(unit_id, before[0], days[-1], state=state)
    if not any(days[0] <= one.day for one in duties):
        return None
    shifts, agents = shifts_of(unit_id), agents_of_unit(unit_id)
    tables = [table_of(duties, agents=agents, shifts=shifts, days=span) for span in (days, before)]
    return heads_of(shift_types(shifts), *tables)


@dataclass(frozen=True, kw_only=True)
class AdherenceRow:
    """A duty and what the exchange told of it. None: not known (yet), as when nobody signed in at all."""

    duty: Duty
    starts_at: datetime
    ends_at: datetime
    signed_in_at: datetime | None
    signed_out_at: datetime | None
    here_share: float | None

    @property
    def late_min(self) -> float | None:
        """Minutes late; 0 for who was there before."""
        if self.signed_in_at is None:
            return None
        return max((self.signed_in_at - self.starts_at).total_seconds() / 60, 0.0)

    @property
    def early_min(self) -> float | None:
        """Minutes left too early."""
        if self.signed_out_at is None:
            return None
        return max((self.ends_at - self.signed_out_at).total_seconds() / 60, 0.0)


def times_of(duty: Duty) -> tuple[datetime, datetime]:
    """When a duty begins and ends."""
    start = midnight(duty.day) + timedelta(minutes=duty.shift.start_min)
    return start, start + timedelta(minutes=duty.shift.length_min)


def adherence(unit_id: int, first: date, last: date, *, at: datetime) -> list[AdherenceRow]:
    """Duties that have begun by an instant, with who was signed in."""
    duties = [one for one in duties_between(unit_id, first, last) if times_of(one)[0] <= at]
    if not duties:
        return []
    spans = hotline.signed_in({one.agent_id for one in duties}, midnight(first) - _REACH, at)
    return [_adherence_row(duty, spans.get(duty.agent_id, []), at) for duty in duties]


def _adherence_row(duty: Duty, spans: Sequence[hotline.SignedIn], at: datetime) -> AdherenceRow:
    start, end = times_of(duty)
    own = [one for one in spans if one[0] < end and (one[1] or at) > start]
    until = min(end, at)
    here = sum(max((min(out or at, until) - max(into, start)).total_seconds(), 0.0) for into, out in own)
    due = (until - start).total_seconds()
    return AdherenceRow(
        duty=duty,
        starts_at=start,
        ends_at=end,
        signed_in_at=own[0][0] if own else None,
        signed_out_at=own[-1][1] if own else None,
        here_share=min(here / due, 1.0) if due > 0 else None,
    )
