"""Surges, and everything a proposal is made from."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from denghuo.apps.hotline import queries as hotline
from denghuo.apps.organization.access import within
from denghuo.apps.organization.models import Unit
from denghuo.apps.outages import queries as outages
from denghuo.apps.outages.models import Outage
from denghuo.apps.staffing.models import Answer, CallUp, Duty, RuleKind, Surge, SurgeState
from denghuo.apps.staffing.queries.duties import agents_of_unit, duties_between, times_of
from denghuo.apps.staffing.queries.outlook import ahead_of_unit, today_of
from denghuo.apps.staffing.queries.rules import absences_between, rotas_of, rule_book, target_share
from denghuo.apps.staffing.snapshot.surges import Colleague, Measure, SurgeInputs


def surges_of(scope: Iterable[str], *, limit: int = 50) -> list[Surge]:
    """The last surges of a scope, the newest first."""
    rows = Surge.objects.filter(within(scope, field="unit__path")).select_related("outage", "unit")
    return list(rows[:limit])


def open_surges(scope: Iterable[str]) -> list[Surge]:
    """Those that wait for a decision or are going on."""
    states = (SurgeState.PROPOSED, SurgeState.SENT)
    rows = Surge.objects.filter(within(scope, field="unit__path"), state__in=states, outage__restored_at=None)
    return list(rows.select_related("outage", "unit"))


def surges_restored(scope: Iterable[str], *, since: datetime) -> list[Surge]:
    """Those whose outage is over since an instant."""
    rows = Surge.objects.filter(within(scope, field="unit__path"), outage__restored_at__gte=since)
    return list(rows.select_related("outage", "unit"))


def undecided(outage_ids: Iterable[int]) -> set[int]:
    """Which of these outages have a surge that is not over."""
    rows = Surge.objects.filter(outage_id__in=list(outage_ids)).exclude(state=SurgeState.OVER)
    return set(rows.values_list("outage_id", flat=True))


def surge_for(*, scope: Iterable[str], surge_id: int) -> Surge:
    """One surge, if it lies in the scope.

    Raises:
        Surge.DoesNotExist: there is none, or it is somebody else's.
    """
    rows = Surge.objects.select_related("outage__network__unit", "outage__feeder", "unit")
    return rows.get(within(scope, field="unit__path"), pk=surge_id)


def call_ups_of(surge: Surge) -> list[CallUp]:
    """Who is called up for it, and what they said; those too who were let go when supply was back."""
    back = [datetime.fromisoformat(one["taken_back_at"]) for one in surge.sent if "taken_back_at" in one]
    rows = surge.call_ups.exclude(cancelled_at__in=back).select_related("agent")
    return list(rows.order_by("tier", "agent__code"))


def call_ups_for_agent(agent_id: int) -> list[CallUp]:
    """What somebody is called up for, the newest first."""
    rows = CallUp.objects.filter(agent_id=agent_id, cancelled_at=None).select_related("surge__outage")
    return list(rows.order_by("-asked_at")[:20])


def surge_inputs(unit: Unit, outage: Outage, *, at: datetime) -> SurgeInputs:
    """Everything a proposal for an outage is made from, as it stands at an instant."""
    today = timezone.localdate(at)
    book, desk = rule_book(unit.pk), hotline.desk_rule(today)
    span = timedelta(days=1)
    agents = agents_of_unit(unit.pk, since=today)
    duties = duties_between(unit.pk, today - span, today + span)
    away = {row.agent_id for row in absences_between([one.pk for one in agents], today, today)}
    rotas = [row for row in rotas_of(unit.pk) if row.from_date <= today]
    teams = set(rotas[0].places) if rotas else set()
    sent = Surge.objects.filter(unit_id=unit.pk, outage_id=outage.pk).first()
    others = Surge.objects.filter(unit_id=unit.pk, outage__restored_at=None).exclude(outage_id=outage.pk)
    asked = _asked(sent, others, at=at)
    away |= {agent_id for agent_id, one in asked.items() if one.answer == Answer.DECLINED}
    return SurgeInputs(
        at=at,
        started_at=outage.started_at or at,
        steps=tuple(one for one in supply_steps_of(outage) if one[0] <= at),
        restored_at=_expected_end(outage, at=at, lasting_h=book.value(RuleKind.OUTAGE_H, on=today)),
        noticed_share=1.0 if outage.planned_start_at is not None else 0.0,
        ahead=ahead_of_unit(unit.pk),
        target_share=target_share(unit, on=today, book=book),
        rules={kind: book.value(kind, on=today) for kind in RuleKind},
        minimum=book.minimum_heads([today, today + span]),
        has_plan=bool(duties),
        colleagues=tuple(
            Colleague(
                agent_id=one.pk,
                mobile=one.team not in teams,
                duties=_times(duties, one.pk, asked.get(one.pk)),
                asked=one.pk in asked,
            )
            for one in agents
            if one.pk not in away
        ),
        announced_at=_announced_at(unit, outage, sent),
        unheard=unheard_on(unit, outage, at=at) is not None,
        call_backs_off=_call_backs_off([*([sent] if sent else []), *others]),
        call_backs=tuple(hotline.owed([str(unit.path)]).values_list("due_at", flat=True)),
        call_hours=(desk.call_from, desk.call_until),
        today=today_of(unit, at=at, until=outage.started_at),
    )


def _asked(sent: Surge | None, others: QuerySet[Surge], *, at: datetime) -> dict[int, CallUp]:
    """Who is called up, for this outage or for others that last."""
    elsewhere = CallUp.objects.filter(surge__in=others, cancelled_at=None, until_at__gt=at)
    own = [one for one in call_ups_of(sent) if one.cancelled_at is None] if sent else []
    return {one.agent_id: one for one in [*elsewhere.exclude(answer=Answer.DECLINED), *own]}


def _times(duties: Sequence[Duty], agent_id: int, asked: CallUp | None) -> tuple[tuple[datetime, datetime], ...]:
    own = [times_of(one) for one in duties if one.agent_id == agent_id]
    return tuple(own if asked is None else [*own, (asked.from_at, asked.until_at)])


def measures_sent(surge: Surge) -> list[dict[str, Any]]:
    """The measures that hold, as they were sent, the last ones last."""
    rows = [one for told in surge.sent if "taken_back_at" not in told for one in told["measures"]]
    return [one for one in rows if one["measure"] in surge.accepted]


def _announced_at(unit: Unit, outage: Outage, sent: Surge | None) -> datetime | None:
    """Since when callers hear of an outage, or will by what was sent; None while nobody has decided that."""
    for one in measures_sent(sent) if sent else []:
        if one["measure"] == Measure.ANNOUNCEMENT:
            return datetime.fromisoformat(one["from_at"])
    rows = hotline.announcements_within([str(unit.path)]).filter(outage_id=outage.pk, expired_at=None)
    return min((one.published_at for one in rows if one.published_at is not None), default=None)


def unheard_on(unit: Unit, outage: Outage, *, at: datetime) -> hotline.Unheard | None:
    """Of an outage's announcements that are on the line: the one nobody hears, where nobody hears any."""
    rows = hotline.announcements_within([str(unit.path)])
    found = [hotline.unheard(one, at=at) for one in rows.filter(outage_id=outage.pk, expired_at=None) if one.published]
    return found[0] if found and all(found) else None


def _call_backs_off(surges: Iterable[Surge]) -> tuple[datetime, datetime] | None:
    """From when until when call-backs are put off by what was sent for this outage, or for another that lasts."""
    for one in (told for surge in surges for told in measures_sent(surge)):
        if one["measure"] == Measure.CALL_BACKS:
            return datetime.fromisoformat(one["from_at"]), datetime.fromisoformat(one["until_at"])
    return None


def wording_of(surge: Surge, *, at: datetime) -> tuple[str, int | None]:
    """What callers would hear of a surge's outage, or heard while it lasted: the text, and the key of its announcement
    if there is one."""
    rows = hotline.announcements_within([str(surge.unit.path)]).filter(outage_id=surge.outage_id)
    row = (rows.filter(expired_at=None) if surge.outage.lasts else rows).first()
    if row is not None:
        return hotline.latest_texts([row])[row.pk].text, row.pk
    serving = hotline.exchanges_serving(str(surge.outage.network.unit.path))
    return (hotline.worded(surge.outage, exchange=serving[0], at=at).text if serving else ""), None


def _expected_end(outage: Outage, *, at: datetime, lasting_h: float) -> datetime:
    """When supply is taken to be back: as planned, else after the usual time, and never before the next half hour."""
    begun = outage.started_at or at
    planned = outage.planned_end_at or begun + timedelta(hours=lasting_h)
    return max(planned, at + timedelta(minutes=30))


def waves_known(
    scope: Iterable[str], *, since: date, until: date, least_customers: float, most: int = 12
) -> list[Outage]:
    """The last outages of a scope that ended and were large enough to learn from."""
    rows = Outage.objects.filter(
        within(scope, field="network__unit__path"),
        started_at__date__gte=since,
        restored_at__date__lte=until,
        lv_customers__gte=least_customers,
    )
    return list(rows.order_by("-started_at")[:most])[::-1]


def supply_steps_of(outage: Outage) -> list[tuple[datetime, int]]:
    """How many were without supply from when on."""
    return [(step.at, step.out_after.lv_customers) for step in outages.timeline(outage)]
