"""Stickers with a code to print: at a transformer, at its meter boxes, at the counter."""

from dataclasses import dataclass

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from denghuo.adapters.stickers import SIZES, Sticker, stickers_pdf
from denghuo.apps.customers.queries.responsible import loads_of
from denghuo.apps.customers.queries.spots import sticker_code
from denghuo.apps.notices.queries.sheets import letters_font
from denghuo.apps.organization.access import Permission, permission_required
from denghuo.apps.organization.models import Unit
from denghuo.apps.organization.queries import stations_within, units_within
from denghuo.apps.portal import queries

_MOST = 400


@dataclass(frozen=True)
class Row:
    """A transformer that a sticker can be printed for."""

    load_code: str
    name: str
    area: str
    sticker: str


def _stations(request: HttpRequest) -> list[Unit]:
    scope = request.data_scope  # type: ignore[attr-defined]
    return stations_within(scope) or units_within(scope)


def _unit(request: HttpRequest, told: str) -> Unit:
    stations = _stations(request)
    found = next((one for one in stations if str(one.pk) == told), None) if told else next(iter(stations), None)
    if found is None:
        raise Http404
    return found


def _rows(unit: Unit) -> list[Row]:
    loads = loads_of(unit.pk)
    rows = [
        Row(code, name, loads.areas.get(code, ""), sticker_code(unit.code, code)) for code, name in loads.names.items()
    ]
    return sorted(rows, key=lambda row: (row.area, row.load_code))


def _address(request: HttpRequest) -> str:
    """What customers reach this site by: told by the operator, else what this browser reached it by."""
    return (settings.PUBLIC_ADDRESS or request.build_absolute_uri("/")).rstrip("/")


@require_GET
@permission_required(Permission.CUSTOMERS_EDIT)
def stickers(request: HttpRequest) -> HttpResponse:
    """Which stickers to print."""
    unit, wanted = _unit(request, request.GET.get("unit", "")), request.GET.get("q", "").strip()[:100]
    rows = [one for one in _rows(unit) if wanted.casefold() in f"{one.load_code} {one.name} {one.area}".casefold()]
    context = {
        "unit": unit,
        "stations": _stations(request),
        "rows": rows[:_MOST],
        "more": max(len(rows) - _MOST, 0),
        "q": wanted,
        "sizes": list(SIZES),
        "station_sticker": sticker_code(unit.code),
        "address": _address(request),
        "is_open": settings.PUBLIC_REPORTS,
        "is_told": bool(settings.PUBLIC_ADDRESS),
    }
    return render(request, "portal/stickers.html", context)


@require_POST
@permission_required(Permission.CUSTOMERS_EDIT)
def print_stickers(request: HttpRequest) -> HttpResponse:
    """A PDF of those chosen."""
    unit, size = _unit(request, request.POST.get("unit", "")), request.POST.get("size", "")
    chosen = set(request.POST.getlist("load")[:_MOST])
    rows = [one for one in _rows(unit) if one.load_code in chosen]
    if size not in SIZES or not (rows or "" in chosen):
        told = {"trouble": _("Choose at least one sticker, and a size.")}
        return render(request, "portal/nothing_chosen.html", {**told, "unit": unit}, status=422)
    phones = queries.phones_for(unit.pk, at=timezone.now())
    wanted = [(row.area or unit.name, row.load_code, row.sticker) for row in rows]
    if "" in chosen:
        wanted.insert(0, (unit.name, "", sticker_code(unit.code)))
    sheets = [
        Sticker(
            place=place,
            equipment=equipment,
            station=unit.name,
            code=code,
            phone=" ".join(phones),
            link=_address(request) + reverse("portal:at-sticker", args=[code]),
        )
        for place, equipment, code in wanted
    ]
    answer = HttpResponse(stickers_pdf(sheets, font=letters_font(), size=size), content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="stickers-{unit.code}.pdf"'
    return answer
