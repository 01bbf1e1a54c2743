"""A hotline of thirty seats on SQLite: a forecast from a year of calls, a month's roster with the answer rate it will
give, and what to do about a large outage, from the rows to the proposal."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from bench.common import BenchRow

NAN = float("nan")
NOW = datetime(2026, 11, 20, 10, 5, tzinfo=ZoneInfo("Asia/Shanghai"))
WHO: dict[str, Any] = {"at": NOW, "actor": "bench"}
MONTH = date(2026, 12, 1)
DAYS, TEAMS, SIZE = 365, ("一班", "二班", "三班", "四班", "机动班"), 6
CUSTOMERS = 5_000
# Calls by hour of the day, next to the day's mean.
HOURS = (
    0.30, 0.22, 0.17, 0.15, 0.16, 0.25, 0.5, 0.95, 1.7, 1.85, 1.75, 1.45, 1.15, 1.2, 1.4, 1.45, 1.35, 1.3, 1.45, 1.65,
    1.5, 1.15, 0.75, 0.45,
)  # fmt: skip


def rows() -> list[BenchRow]:
    """Every measurement of this context."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DENGHUO_HOME": folder, "DJANGO_SETTINGS_MODULE": "denghuo.main.settings"}
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        return _measured()


def _measured() -> list[BenchRow]:
    from denghuo.apps.staffing import actions, queries
    from denghuo.apps.staffing.snapshot.surges import proposal

    unit = _fill()
    people = f"{SIZE * len(TEAMS)} people, {len(TEAMS)} teams"
    forecast_s = _seconds(lambda: actions.make_forecast(unit=unit, **WHO), repeat=3)
    made: list[Any] = []
    plan_s = _seconds(lambda: made.append(actions.make_plan(unit=unit, month=MONTH, **WHO)), repeat=3)
    this = actions.make_plan(unit=unit, month=NOW.date().replace(day=1), **WHO)
    actions.publish_plan(plan_id=this.pk, **WHO)
    demand_s = _seconds(
        lambda: queries.demand_of(unit, days=[NOW.date() + timedelta(days=n) for n in range(14)]), repeat=5
    )
    inputs = _inputs(unit)
    surge_s = _seconds(lambda: proposal(inputs()), repeat=9)
    proven = "proven best" if made[-1].made["proven"] else "not proven"
    return [
        _row("forecast with its own errors", f"{DAYS} days of half hours, ten weeks ahead", forecast_s),
        _row("a month's roster and its answer rate", people, plan_s, note=f"{proven}; 200 lives of every day"),
        _row("what two weeks require", "14 days of half hours", demand_s),
        _row("what to do about an outage", f"{CUSTOMERS:,} customers, {people}", surge_s, goal="< 1 s"),
    ]


def _row(work: str, size: str, seconds: float, *, note: str = "", goal: str = "–") -> BenchRow:
    return BenchRow(work=work, size=size, ours_s=seconds, peak_mb=NAN, peers={}, note=note, goal=goal)


def _seconds(work: Callable[[], Any], *, repeat: int) -> float:
    """Median, after a first run that warms up."""
    work()
    taken = []
    for _ in range(repeat):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def _inputs(unit: Any) -> Callable[[], Any]:
    """Rows as a proposal takes them, with an outage that no network tells of."""
    from django.utils import timezone

    from denghuo.apps.staffing import queries
    from denghuo.apps.staffing.models import RuleKind
    from denghuo.apps.staffing.queries.duties import times_of
    from denghuo.apps.staffing.snapshot.surges import Colleague, SurgeInputs

    def read() -> SurgeInputs:
        book, today = queries.rule_book(unit.pk), timezone.localdate(NOW)
        duties = queries.duties_between(unit.pk, today - timedelta(days=1), today + timedelta(days=1))
        return SurgeInputs(
            at=NOW,
            started_at=NOW - timedelta(minutes=3),
            steps=((NOW - timedelta(minutes=3), CUSTOMERS),),
            restored_at=NOW + timedelta(hours=2),
            noticed_share=0.0,
            ahead=queries.ahead_of_unit(unit.pk),
            target_share=0.9,
            rules={kind: book.value(kind, on=today) for kind in RuleKind},
            minimum=book.minimum_heads([today, today + timedelta(days=1)]),
            has_plan=True,
            colleagues=tuple(
                Colleague(
                    agent_id=one.pk,
                    mobile=one.team == TEAMS[-1],
                    duties=tuple(times_of(duty) for duty in duties if duty.agent_id == one.pk),
                )
                for one in queries.agents_of_unit(unit.pk)
            ),
        )

    return read


def _fill() -> Any:
    """A unit whose hotline had a year of calls, and its shifts."""
    from django.db import transaction

    from denghuo.apps.hotline.actions import open_exchange
    from denghuo.apps.hotline.models import Agent, Queue, Tally
    from denghuo.apps.organization.actions import open_unit
    from denghuo.apps.organization.models import UnitKind
    from denghuo.apps.staffing import actions

    rng = np.random.default_rng(95598)
    names = [field.name for field in Tally._meta.get_fields() if field.name not in {"id", "queue", "day", "minute"}]
    with transaction.atomic():
        unit = open_unit(code="bench", name="bench", kind=UnitKind.STATION, parent=None, **WHO)
        exchange = open_exchange(unit_id=unit.pk, code="bench", name="bench", **WHO)
        queue = Queue.objects.create(exchange=exchange, code="95598")
        Agent.objects.bulk_create(
            Agent(exchange=exchange, code=f"A{n:02d}", name=f"A{n:02d}", team=TEAMS[n // SIZE])
            for n in range(SIZE * len(TEAMS))
        )
        told = []
        for back in range(1, DAYS + 1):
            busy = 10 * rng.gamma(100.0, 0.01)
            for half, calls in enumerate(rng.poisson(busy * np.repeat(HOURS, 2)).tolist()):
                counts = dict.fromkeys(names, 0) | {
                    "calls": calls, "requests": calls, "first_requests": calls, "answered": calls,
                    "talk_s": 200.0 * calls, "talk_known": calls, "wrap_up_s": 40.0 * calls, "wrap_up_known": calls,
                }  # fmt: skip
                told.append(Tally(queue=queue, day=NOW.date() - timedelta(days=back), minute=30 * half, **counts))
        Tally.objects.bulk_create(told, batch_size=500)
        actions.set_up(
            unit_id=unit.pk, teams=TEAMS[:-1], names=("白班", "中班", "夜班"), from_date=date(2026, 10, 1),
            source="bench", **WHO,
        )  # fmt: skip
    return unit
