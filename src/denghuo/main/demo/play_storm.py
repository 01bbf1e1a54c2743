"""Playing a storm in step with the clock on the wall, and what it came to."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.crews.actions import set_duties
from denghuo.apps.crews.queries import find
from denghuo.apps.crews.queries.board import board
from denghuo.apps.ledger import deliveries, rounds
from denghuo.apps.notices.models import Message
from denghuo.apps.orders.models import Order
from denghuo.apps.organization.models import Unit
from denghuo.apps.outages.actions import set_telling_rule
from denghuo.apps.outages.models import Outage, Report, Suspicion, TellingRule
from denghuo.main.demo.load import UNIT_CODE, demo_network_id
from denghuo.main.demo.storm import plan_storm
from denghuo.main.demo.storm_calls import telephones
from denghuo.main.demo.storm_people import Storm

_MOMENT_S = 0.2
_CALLED_IN_FOR = timedelta(hours=8)
_PASSED = timedelta(hours=6)
_CARE_S, _OTHERS_S, _ASK_S = 300, 180, 7200

Tell = Callable[[float, str, dict[str, str]], None]


def play_storm(*, speed: float, by_hand: bool, tell: Tell, passed: bool = False) -> str:
    """Let a storm pass over the demo station; returns what it came to, as a sentence. ``passed``: it was some hours
    ago, and nobody waits: everything is recorded at its own time.

    Raises:
        NoStormError: the network does not stand as it normally does.
    """
    unit = Unit.objects.get(code=UNIT_CODE)
    speed = 1.0 if passed else speed
    begun_at, started = timezone.now() - (_PASSED if passed else timedelta()), time.monotonic()
    plan = plan_storm(demo_network_id(), unit.pk, since=begun_at)
    _hurry(unit.pk, speed, at=begun_at)
    call_in(str(unit.path), at=begun_at)
    scope = (str(unit.path),)
    second = 0.0

    def now() -> datetime:
        return begun_at + timedelta(seconds=second) if passed else timezone.now()

    def wait(until: float) -> None:
        nonlocal second
        second = until
        while True:
            deliveries.drain()
            rounds.make_due(at=now())
            if passed:
                return
            left = started + until / speed - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, _MOMENT_S))

    storm = Storm(
        plan=plan,
        scope=scope,
        now=now,
        tell=lambda what, told: tell(second, what, told),
        pace=1 / speed,
        by_hand=by_hand,
        elsewhere=frozenset(one.assignment_id for one in find(scope, is_open=True)),
        telephones=telephones(now=now, pace=1 / speed, live=not passed),
    )
    with suppress(KeyboardInterrupt):
        storm.play(wait=wait)
    deliveries.drain()
    return _report(begun_at, speed)


def _hurry(unit_id: int, speed: float, *, at: datetime) -> None:
    """People are waited for as much shorter as the storm is; never so short that nobody could answer."""
    set_telling_rule(
        unit_id=unit_id,
        from_date=timezone.localdate(at),
        care_answer_within_s=max(int(_CARE_S / speed), 6),
        others_after_s=int(_OTHERS_S / speed),
        ask_within_s=max(int(_ASK_S / speed), 60),
        estimate_share=0.7,
        remind_before_s=TellingRule().remind_before_s,
        remind_again_s=TellingRule().remind_again_s,
        plan_told_before_s=TellingRule().plan_told_before_s,
        phone="95598",
        source=f"演示：风暴按 {speed:g} 倍速播放",
        at=at,
        actor="demo",
    )


def call_in(unit_path: str, *, at: datetime) -> None:
    """Who is off duty comes in: in a storm nobody sleeps."""
    for seat in board((unit_path,), at=at).seats:
        if seat.duty is None and seat.people:
            until_at = at + _CALLED_IN_FOR
            if seat.next_duty is not None:
                until_at = min(until_at, seat.next_duty.from_at)
            set_duties(crew_id=seat.crew.pk, spans=[(at, until_at)], at=at, actor="head")


def _report(begun_at: datetime, speed: float) -> str:
    """What a storm came to. What is booked is what was recorded; people waited for so much longer in life."""
    rows = Outage.objects.filter(started_at__gte=begun_at)
    told = rows.aggregate(customers=Sum("lv_customers"), hours=Sum("lv_customer_hours"))
    found = Suspicion.objects.filter(suspected_at__gte=begun_at)
    return _(
        "The storm is over: %(outages)d outages, %(customers)d customers, %(hours).1f customer-hours booked, "
        "which at the pace of life would be %(life).0f; "
        "%(orders)d orders, %(closed)d of them closed; %(suspected)d faults suspected, %(confirmed)d confirmed; "
        "%(still_out)d said that they were still out; %(messages)d messages."
    ) % {
        "outages": rows.count(),
        "customers": told["customers"] or 0,
        "hours": told["hours"] or 0.0,
        "life": (told["hours"] or 0.0) * speed,
        "orders": Order.objects.filter(opened_at__gte=begun_at).count(),
        "closed": Order.objects.filter(opened_at__gte=begun_at, closed_at__isnull=False).count(),
        "suspected": found.count(),
        "confirmed": found.filter(state="confirmed").count(),
        "still_out": Report.objects.filter(taken_at__gte=begun_at, still_out_count__gt=0).count(),
        "messages": Message.objects.filter(queued_at__gte=begun_at).count(),
    }
