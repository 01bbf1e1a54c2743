"""The shift report: what a night or a day was like, to be read in the morning and printed for the meeting."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from denghuo.apps.crews import queries as crews
from denghuo.apps.hotline import queries as hotline
from denghuo.apps.hotline.queries.figures import between
from denghuo.apps.orders import queries as orders
from denghuo.apps.organization.access import Permission, permission_required, permissions_of, scope_of
from denghuo.apps.organization.models import User
from denghuo.apps.organization.when import MinuteField
from denghuo.apps.outages import queries as outages
from denghuo.apps.outages.queries.detail import rings_of

_BEGINS, _ENDS = time(17, 30), time(8, 30)
_LONGEST = timedelta(days=7)


class SpanForm(forms.Form):
    """From when to when."""

    since = MinuteField(label=gettext_lazy("From"))
    until = MinuteField(label=gettext_lazy("Until"))

    def clean(self) -> dict[str, Any]:
        """In order, begun, and not longer than a week."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        since, until = told.get("since"), told.get("until")
        if since and until and not since < until:
            self.add_error("until", _("The end must come after the beginning."))
        elif since and since > timezone.now():
            self.add_error("since", _("This lies ahead."))
        elif since and until and until - since > _LONGEST:
            self.add_error("until", _("A shift report covers a week at most; months stand under orders."))
        return told


@require_GET
@permission_required(Permission.ORDERS_VIEW)
def shift(request: HttpRequest) -> HttpResponse:
    """A night or a day: outages, crews, clocks, hand-overs, promises, calls, each leading to what made it."""
    now = timezone.localtime()
    night = _last_night(now)
    asked = request.GET if {"since", "until"} & set(request.GET) else None
    form = SpanForm(asked, initial={"since": night[0], "until": night[1]})
    since, until = (form.cleaned_data["since"], form.cleaned_data["until"]) if form.is_valid() else night
    context: dict[str, Any] = {"form": form, "since": since, "until": until, "now": now, "spans": _spans(now)}
    if not form.errors:
        context |= _told(request, since, min(until, now), now)  # what lies ahead has not happened
    return render(request, "boards/shift.html", context, status=422 if form.errors else 200)


def _last_night(now: datetime) -> tuple[datetime, datetime]:
    """The night that is running, else the last."""
    evening = datetime.combine(now.date(), _BEGINS, tzinfo=now.tzinfo)
    begins = evening if now >= evening else evening - timedelta(days=1)
    return begins, datetime.combine(begins.date() + timedelta(days=1), _ENDS, tzinfo=now.tzinfo)


def _spans(now: datetime) -> list[tuple[str, datetime, datetime]]:
    midnight = datetime.combine(now.date(), time(), tzinfo=now.tzinfo)
    return [
        (_("The night"), *_last_night(now)),
        (_("Today"), midnight, midnight + timedelta(days=1)),
        (_("Yesterday"), midnight - timedelta(days=1), midnight),
    ]


def _told(request: HttpRequest, since: datetime, until: datetime, now: datetime) -> dict[str, Any]:
    user = request.user
    assert isinstance(user, User)
    allowed = permissions_of(user)
    scope = request.data_scope  # type: ignore[attr-defined]
    reader = orders.reader_of(user)
    found: dict[str, Any] = {"shift": orders.shift_of(scope, since=since, until=until, at=now, reader=reader)}
    if Permission.OUTAGES_VIEW in allowed:
        rows = outages.outages_between(scope_of(user, Permission.OUTAGES_VIEW), since=since, until=until)
        found["outages"] = rows
        found["hours"] = sum(one.cost.lv_customer_hours for one in rows)
        found["rings"] = rings_of([one.outage.about for one in rows])
    if Permission.CREWS_VIEW in allowed:
        found["sent"] = crews.sent_between(scope_of(user, Permission.CREWS_VIEW), since=since, until=until)
    if Permission.HOTLINE_VIEW in allowed:
        found["calls"] = _calls(scope_of(user, Permission.HOTLINE_VIEW), since, until)
    return found


def _calls(scope: tuple[str, ...], since: datetime, until: datetime) -> hotline.Figures | None:
    """The calls of the exchanges of a scope; None where there is none."""
    queue_ids = [one.pk for one in hotline.queues_of([one.pk for one in hotline.exchanges_within(scope)])]
    if not queue_ids or since >= until:
        return None
    (told,) = between(queue_ids, (since, until), definition_on=hotline.definitions().on)
    return told
