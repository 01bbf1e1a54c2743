"""Telling us: what happened, and where."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.cache import cache
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods

from denghuo.adapters.phones import digits_of
from denghuo.apps.customers import queries as customers
from denghuo.apps.customers.queries.spots import Spot, spot_of_code, spot_of_text, spots_like, units_reported_to
from denghuo.apps.orders.actions import OrderEntry
from denghuo.apps.orders.intake import take_in
from denghuo.apps.orders.models import Channel, Kind, Order
from denghuo.apps.organization.models import Unit
from denghuo.apps.outages.queries.public import PublicOutage
from denghuo.apps.portal import queries
from denghuo.apps.portal.forms import FIRST, MATTERS, OTHERS, ReportForm
from denghuo.apps.portal.queries import ACTOR
from denghuo.apps.portal.views.door import (
    at_the_door,
    looks_of,
    plain,
    reports_of,
    reports_of_number,
    same_again,
    too_often,
)

_SUGGESTED = 6
_FRESH_S = 15  # in a storm many of one place ask at once: they see the same for so long


@require_GET
@at_the_door
def start(request: HttpRequest) -> HttpResponse:
    """What happened?"""
    context = {"first": FIRST, "others": OTHERS, "phones": queries.phones_for(None, at=timezone.now())}
    return render(request, "portal/start.html", context)


@require_GET
@at_the_door
def at_sticker(request: HttpRequest, sticker: str) -> HttpResponse:
    """What happened, at the place of a sticker? Where it is dark by what is known, that is said at once."""
    spot = spot_of_code(sticker)
    if spot is None:
        return render(request, "portal/no_sticker.html", status=404)
    context = {
        "first": FIRST,
        "others": OTHERS,
        "spot": spot,
        "sticker": sticker.upper(),
        "station": Unit.objects.get(pk=spot.unit_id).name,
        "phones": queries.phones_for(spot.unit_id, at=timezone.now()),
        "client_key": uuid4().hex,
        **_known_at(spot),
    }
    return render(request, "portal/start.html", context)


def _known_at(spot: Spot | None) -> dict[str, Any]:
    """The outage that everybody may know of a place."""
    if spot is None or not spot.load_codes or not settings.PUBLIC_OUTAGES:
        return {"outage": None}
    key = f"portal-known:{spot.unit_id}:{_as_key(spot.ref)}"
    seen: tuple[PublicOutage | None, bool] | None = cache.get(key)
    if seen is None:
        outage = queries.outage_at(spot, at=timezone.now())
        seen = outage, outage is not None and queries.is_part_out(spot)
        cache.set(key, seen, timeout=_FRESH_S)
    return {"outage": seen[0], "is_part": seen[1], "where": spot.name}


def _as_key(text: str) -> str:
    """What may stand in the key of a cache."""
    return text.encode().hex()[:180]


@require_http_methods(["GET", "POST"])
@at_the_door
def report(request: HttpRequest, matter: str) -> HttpResponse:
    """One form for every matter. What was sent twice under one key is one report."""
    found = MATTERS.get(matter)
    if found is None:
        raise Http404
    data = request.POST if request.method == "POST" else None
    spot = spot_of_code(plain((data or request.GET).get("sticker", "")))
    units = [(unit.pk, unit.name) for unit in units_reported_to()]
    initial = {"client_key": uuid4().hex, "sticker": request.GET.get("sticker", "")[:20] if spot else ""}
    form = ReportForm(data, matter=found, units=units, spot=spot, initial=initial)
    if data is not None and form.is_valid():
        return _send(request, form, spot, units)
    return _page(request, form, spot, status=422 if data is not None else 200)


def _page(request: HttpRequest, form: ReportForm, spot: Spot | None, *, status: int, **more: Any) -> HttpResponse:
    context = {
        "form": form,
        "matter": form.matter,
        "spot": spot,
        "phones": queries.phones_for(spot.unit_id if spot else None, at=timezone.now()),
        **(_known_at(spot) if form.matter.slug == "no-power" else {}),
        **more,
    }
    answer = render(request, "portal/report.html", context, status=status)
    if status in (429, 503):
        answer.headers["Retry-After"] = "60"
    return answer


def _send(request: HttpRequest, form: ReportForm, spot: Spot | None, units: list[tuple[int, str]]) -> HttpResponse:
    told = form.cleaned_data
    number = digits_of(told["caller"])
    again = same_again(request, form)
    if again and (row := Order.objects.filter(pk=again, closed_at=None).first()) is not None:
        return redirect("portal:standing", queries.token_of(row.pk))
    counts = [reports_of(request), *([reports_of_number(number)] if number else [])]
    # Of one number only what can wait is refused: a gate that sparks again is told again.
    if counts[0].is_spent or (counts[-1].is_spent and not form.matter.is_urgent):
        form.add_error(None, _too_many(counts[0].is_spent, spot))
        return _page(request, form, spot, status=429)
    among = [told["unit"]] if told.get("unit") else [pk for pk, _name in units]
    where = (
        spot if spot is not None and spot.load_codes else spot_of_text(told["place"], [spot.unit_id] if spot else among)
    )
    unit_id = where.unit_id if where else spot.unit_id if spot else among[0] if len(among) == 1 else None
    if unit_id is None:
        field = "unit" if "unit" in form.fields else None
        form.add_error(field, _("Choose the station that you belong to: your address alone does not say it."))
        return _page(request, form, spot, status=422)
    entry = _entry(form, where=where, unit_id=unit_id, spot=spot, number=number)
    try:
        row, is_new = _taken(entry)
    except OperationalError:
        form.add_error(None, _("Very many people report just now. Nothing is lost: send it once more in a minute."))
        return _page(request, form, spot, status=503)
    except ValueError:  # sent before, to another station
        form.data = {**form.data_told(), "client_key": uuid4().hex}
        form.add_error(
            None, _("This was sent before, to another station. If it is meant for this one too, send it again.")
        )
        return _page(request, form, spot, status=422)
    for one in counts if is_new else ():
        one.add()
    same_again(request, form, now=row.pk)
    return redirect("portal:standing", queries.token_of(row.pk))


def _taken(entry: OrderEntry) -> tuple[Order, bool]:
    """The order that a report becomes, and whether it is new. What was sent before and is over is meant anew."""
    row, is_new = take_in(entry, actor=ACTOR)
    if row.is_over and not is_new:
        return take_in(replace(entry, client_key=f"portal:{uuid4().hex}"), actor=ACTOR)
    return row, is_new


def _too_many(of_address: bool, spot: Spot | None) -> str:
    """Why a report is not taken by the page, until when, and where it is taken."""
    phones = queries.phones_for(spot.unit_id if spot else None, at=timezone.now())
    told = {"phones": pgettext("between names", ", ").join(phones)}
    if of_address:
        words = _("Very many reports came over your connection. Try again in a quarter of an hour, or call %(phones)s.")
    else:
        words = _("Six reports came with this telephone number within an hour. Try again after it, or call %(phones)s.")
    return words % told


def _entry(form: ReportForm, *, where: Spot | None, unit_id: int, spot: Spot | None, number: str) -> OrderEntry:
    """What the order is opened from. An account is believed only to whoever calls from one of its numbers; else what
    was written stands in the words, for the station to look at."""
    told, matter = form.cleaned_data, form.matter
    now = timezone.now()
    account_id = customers.account_by_number(unit_id, told["account"].strip()) if told["account"].strip() else None
    path = str(Unit.objects.values_list("path", flat=True).get(pk=unit_id))
    is_theirs = account_id is not None and account_id in customers.ids_by_phone([path], number)
    load_code = where.load_code if where else ""
    if not load_code and account_id is not None and matter.kind == Kind.FAULT:
        load_code = customers.customers_by_id([account_id])[account_id].load_code
    said = [told["text"].strip()]
    if told["account"].strip() and not is_theirs:
        said.append(f"（来人自报户号，未核对：{told['account'].strip()}）")
    return OrderEntry(
        kind=matter.kind,
        topic=matter.topic or told["topic"],
        unit_id=unit_id,
        account_id=account_id if is_theirs else None,
        load_code=load_code,
        caller=told["caller"],
        contact_name=told["contact_name"],
        channel=Channel.QR if spot else Channel.WEB,
        text="\n".join(filter(None, said)),
        place=told["place"].strip() or (where.name if where else ""),
        received_at=now,
        client_key=f"portal:{told['client_key']}" if told["client_key"] else "",
        source_ref=queries.ref_of(where, names_account=bool(told["account"].strip())),
    )


@require_GET
@at_the_door
def places(request: HttpRequest) -> HttpResponse:
    """Names of places that fit what is typed: a street or a village, never a door."""
    count = looks_of(request)
    if count.is_spent:
        return too_often(request, phones=queries.phones_for(None, at=timezone.now()))
    count.add()
    units = {unit.pk: unit.name for unit in units_reported_to()}
    wanted = request.GET.get("unit", "")
    among = [pk for pk in units if str(pk) == wanted] or list(units)
    found = spots_like(plain(request.GET.get("place", "")), among, limit=_SUGGESTED)
    return render(
        request, "portal/places.html", {"found": [(name, pk, units[pk]) for name, pk in found], "many": len(units) > 1}
    )


@require_GET
@at_the_door
def known(request: HttpRequest) -> HttpResponse:
    """Whether a place is without supply by what everybody may know."""
    count = looks_of(request)
    if count.is_spent:
        return HttpResponse(status=429)
    count.add()
    wanted = request.GET.get("unit", "")
    units = [unit.pk for unit in units_reported_to()]
    spot = spot_of_text(plain(request.GET.get("place", "")), [pk for pk in units if str(pk) == wanted] or units)
    return render(request, "portal/known.html", _known_at(spot))
