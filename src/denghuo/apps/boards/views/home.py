"""The first page after signing in: what needs me now, what is coming, how we stand against the target."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from denghuo.apps.boards.queries import tasks_of
from denghuo.apps.continuity import queries as continuity
from denghuo.apps.hotline import queries as hotline
from denghuo.apps.hotline.models import Measure
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.network import queries as network
from denghuo.apps.organization.access import Permission, permissions_of, scope_of
from denghuo.apps.outages import queries as outages
from denghuo.engines.reliability import Basis

_SHOWN_PLANS = 6
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How the year stands so far: hours per user now, at this day last year, and what the whole year may take."""

    hours_per_user: float | None
    last_year: float | None
    target: float | None
    availability_percent: float | None
    month_hours_per_user: float | None
    user_hours: float | None
    records_since: datetime | None

    @property
    def budget_used_percent(self) -> float | None:
        """The share of the year's hours that is used up."""
        if self.hours_per_user is None or not self.target:
            return None
        return 100 * self.hours_per_user / self.target

    @property
    def year_gone_percent(self) -> float:
        """The share of the year that is over."""
        now = timezone.localtime()
        start = now.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
        return 100 * (now - start) / (start.replace(year=start.year + 1) - start)


@dataclass(frozen=True, kw_only=True)
class Calls:
    """How the telephone goes today: the share answered, what was meant to be, and who waits this moment."""

    answered_percent: float | None
    target_percent: float | None
    waiting: int

    @property
    def tone(self) -> str:
        """How the figure looks against its target; empty where there is none."""
        if self.answered_percent is None or self.target_percent is None:
            return ""
        return "done" if self.answered_percent >= self.target_percent else "breached"


@require_GET
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The board of whoever signed in, as far as each may see."""
    allowed, now = permissions_of(request.user), timezone.now()
    context: dict[str, Any] = {"now": now, "tasks": tasks_of(request.user, at=now)}  # type: ignore[arg-type]
    context["sees_orders"] = Permission.ORDERS_VIEW in allowed
    if Permission.OUTAGES_VIEW in allowed:
        context |= _outages(scope_of(request.user, Permission.OUTAGES_VIEW), now)
    if Permission.NETWORK_VIEW in allowed:
        context |= _network(scope_of(request.user, Permission.NETWORK_VIEW))
        context["may_import"] = Permission.NETWORK_IMPORT in allowed
    if Permission.CONTINUITY_VIEW in allowed:
        context["standing"] = _standing(scope_of(request.user, Permission.CONTINUITY_VIEW), now)
    if Permission.HOTLINE_VIEW in allowed:
        context["calls"] = _calls(scope_of(request.user, Permission.HOTLINE_VIEW), now)
        context["works_desk"] = Permission.HOTLINE_WORK in allowed
    if Permission.LEDGER_VIEW in allowed:
        context["backlog"] = ledger.backlog()
    return render(request, "boards/home.html", context)


def _outages(scope: tuple[str, ...], now: datetime) -> dict[str, Any]:
    lasting = [(outage, outages.cost(outage, at=now)) for outage in outages.lasting_outages(scope)]
    return {
        "sees_outages": True,
        "has_network": bool(network.networks_within(scope)),
        "lasting": lasting,
        "customers_out": sum(cost.lv_customers_out for _, cost in lasting),
        "planned": outages.planned_outages(scope, after=now)[:_SHOWN_PLANS],
        "unclassified": outages.unclassified_outages(scope).count(),
    }


def _network(scope: tuple[str, ...]) -> dict[str, Any]:
    networks = network.networks_within(scope)
    states = [network.state_now(one.pk) for one in networks]
    return {
        "networks": networks,
        "customers_served": sum(state.served.lv_customers for state in states),
    }


def _calls(scope: tuple[str, ...], now: datetime) -> Calls | None:
    exchanges = hotline.exchanges_within(scope)
    if not exchanges:
        return None
    ids, day = [one.pk for one in exchanges], timezone.localdate(now)
    queue_ids = tuple(one.pk for one in hotline.queues_of(ids))
    rate = hotline.figures(hotline.Span(queue_ids=queue_ids, first=day, last=day)).answer_rate
    aim = hotline.target_of([str(one.unit.path) for one in exchanges], measure=Measure.ANSWER_RATE, on=day)
    return Calls(
        answered_percent=None if np.isnan(rate) else 100 * rate,
        target_percent=100 * aim.share if aim else None,
        waiting=sum(len(hotline.waiting_on(one)) for one in hotline.boards_within(ids) if one.is_current(now)),
    )


def _standing(scope: tuple[str, ...], now: datetime) -> Standing | None:
    """Asked as the reliability page asks, in full minutes and whole days: one remembers what the other worked out."""
    networks = network.networks_within(scope)
    if not networks:
        return None
    view = continuity.View(network_ids=tuple(one.pk for one in networks), as_of=now.replace(second=0, microsecond=0))
    today = timezone.localdate(now)
    year, month, before = date(today.year, 1, 1), today.replace(day=1), date(today.year - 1, 1, 1)
    books = continuity.open_books(view, since=_midnight(before), until=_midnight(date(today.year + 1, 1, 1)))
    so_far = _figures(books, year, date(today.year + 1, 1, 1))
    users = {str(one.unit.path): books.users_of_network[one.pk] for one in networks}
    aims = continuity.target_hours_per_user(users_by_path=users, years=[today.year], basis=Basis.MV_USERS)
    return Standing(
        hours_per_user=so_far.get("hours_per_user"),
        last_year=_figures(books, before, _year_earlier(today) + _DAY, whole=True).get("hours_per_user"),
        target=aims.get(today.year),
        availability_percent=100 * so_far["availability_share"] if "availability_share" in so_far else None,
        month_hours_per_user=_figures(books, month, (month + 31 * _DAY).replace(day=1)).get("hours_per_user"),
        user_hours=so_far.get("user_hours"),
        records_since=books.begins_at,
    )


def _figures(books: continuity.Books, since: date, until: date, *, whole: bool = False) -> dict[str, float]:
    """The figures of days that are known; ``whole``: only if all of these days are."""
    start, end = _midnight(since), _midnight(until)
    if books.unknown(start, end) or (whole and not books.whole(start, end)):
        return {}
    table = books.indices([start, end])
    columns = {name: getattr(table, name)[0] for name in ("hours_per_user", "availability_share", "user_hours")}
    return {name: float(value) for name, value in columns.items() if not np.isnan(value)}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=timezone.get_default_timezone())


def _year_earlier(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
