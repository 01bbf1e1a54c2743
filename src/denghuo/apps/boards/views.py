"""The first page after signing in: what needs me now, what is coming, how we stand against the target."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from denghuo.apps.continuity import queries as continuity
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.network import queries as network
from denghuo.apps.organization.access import Permission, permissions_of, scope_of
from denghuo.apps.outages import queries as outages
from denghuo.engines.reliability import Basis

_SHOWN_PLANS = 6


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How the year stands so far: hours per user now, at this day last year, and what the whole year may take."""

    hours_per_user: float | None
    last_year: float | None
    target: float | None
    availability_percent: float | None
    month_hours_per_user: float | None
    user_hours: float | None

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


@require_GET
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The board of whoever signed in, as far as each may see."""
    allowed, now = permissions_of(request.user), timezone.now()
    context: dict[str, Any] = {"now": now}
    if Permission.OUTAGES_VIEW in allowed:
        context |= _outages(scope_of(request.user, Permission.OUTAGES_VIEW), now)
    if Permission.NETWORK_VIEW in allowed:
        context |= _network(scope_of(request.user, Permission.NETWORK_VIEW))
    if Permission.CONTINUITY_VIEW in allowed:
        context["standing"] = _standing(scope_of(request.user, Permission.CONTINUITY_VIEW), now)
    if Permission.LEDGER_VIEW in allowed:
        context["backlog"] = ledger.backlog()
    return render(request, "boards/home.html", context)


def _outages(scope: tuple[str, ...], now: datetime) -> dict[str, Any]:
    lasting = [(outage, outages.cost(outage, at=now)) for outage in outages.lasting_outages(scope)]
    return {
        "sees_outages": True,
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
        "customers_dark": sum(state.dead.lv_customers for state in states),
    }


def _standing(scope: tuple[str, ...], now: datetime) -> Standing | None:
    networks = network.networks_within(scope)
    if not networks:
        return None
    view = continuity.View(network_ids=tuple(one.pk for one in networks), as_of=now)
    local = timezone.localtime(now)
    zone = timezone.get_current_timezone()
    year = datetime(local.year, 1, 1, tzinfo=zone)
    before = datetime(local.year - 1, 1, 1, tzinfo=zone)
    month = datetime(local.year, local.month, 1, tzinfo=zone)
    so_far = continuity.indices(view, edges=[year, now])
    aim = continuity.target(unit_ids=[one.unit_id for one in networks], year=local.year, basis=Basis.MV_USERS)
    return Standing(
        hours_per_user=_first(so_far.hours_per_user),
        last_year=_first(continuity.indices(view, edges=[before, _year_earlier(now, zone)]).hours_per_user),
        target=aim.hours_per_user if aim else None,
        availability_percent=_percent(_first(so_far.availability_share)),
        month_hours_per_user=_first(continuity.indices(view, edges=[month, now]).hours_per_user),
        user_hours=_first(so_far.user_hours),
    )


def _year_earlier(now: datetime, zone: ZoneInfo | Any) -> datetime:
    local = now.astimezone(zone)
    day = 28 if (local.month, local.day) == (2, 29) else local.day
    return local.replace(year=local.year - 1, day=day)


def _first(column: np.ndarray) -> float | None:
    return None if np.isnan(column[0]) else float(column[0])


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
