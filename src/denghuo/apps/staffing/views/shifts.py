"""Shifts, what may follow what, the teams' pattern and the skills a shift needs."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from denghuo.apps.organization.access import Permission, permission_required
from denghuo.apps.organization.models import Unit
from denghuo.apps.staffing import actions, queries
from denghuo.apps.staffing.forms import (
    HALF,
    AllowForm,
    RetireForm,
    RotaForm,
    ShiftForm,
    SkillNeedForm,
    SuccessionForm,
    WithdrawShiftForm,
    clock,
    clocks_of,
)
from denghuo.apps.staffing.models import Rota, Shift
from denghuo.apps.staffing.views.frame import may_edit, today, unit_of, unit_to_edit, who

Told = dict[str, Any]


def _set_shift(unit: Unit, told: Told, by: Told) -> None:
    entry = actions.ShiftEntry(
        name=told["name"],
        start_min=told["starts"],
        length_min=told["length_min"],
        night=told["night"],
        breaks=tuple(told["pauses"]),
    )
    actions.set_shift(unit_id=unit.pk, entry=entry, from_date=told["from_date"], source=told["source"], **by)


def _set_rota(unit: Unit, told: Told, by: Told) -> None:
    cycle, halved = told["cycle"]
    places = told["places"]
    actions.set_rota(
        unit_id=unit.pk,
        from_date=told["from_date"],
        cycle=cycle,
        halved=halved,
        places=places,
        source=told["source"],
        **by,
    )


_DEEDS: dict[str, Callable[[Unit, Told, Told], object]] = {
    "shift": _set_shift,
    "retire": lambda _unit, told, by: actions.retire_shift(shift_id=told["shift"], until_date=told["until_date"], **by),
    "withdraw": lambda _unit, told, by: actions.withdraw_shift(shift_id=told["shift"], **by),
    "succession": lambda _unit, told, by: actions.forbid_succession(
        earlier_id=told["earlier"], later_id=told["later"], source=told["source"], **by
    ),
    "allow": lambda _unit, told, by: actions.allow_succession(earlier_id=told["earlier"], later_id=told["later"], **by),
    "rota": _set_rota,
    "need": lambda _unit, told, by: actions.set_skill_need(shift_id=told.pop("shift"), **told, **by),
}


def _forms(request: HttpRequest, unit: Unit) -> dict[str, forms.Form]:
    """Every form of the page; the one that was sent is bound."""
    shifts = queries.shifts_of(unit.pk, first=today())
    teams = list(dict.fromkeys(one.team for one in queries.agents_of_unit(unit.pk, since=today())))
    last = next(iter(queries.rotas_of(unit.pk)), None)
    sent = request.POST.get("form", "") if request.method == "POST" else ""
    dated = {"from_date": today()}
    classes: dict[str, tuple[Callable[..., forms.Form], Told, Told]] = {
        "shift": (ShiftForm, {"shifts": queries.shifts_of(unit.pk)}, dated),
        "withdraw": (WithdrawShiftForm, {"shifts": _unworked(unit)}, {}),
        "retire": (RetireForm, {"shifts": shifts}, {"until_date": today()}),
        "succession": (SuccessionForm, {"shifts": shifts}, {}),
        "allow": (AllowForm, {"shifts": queries.shifts_of(unit.pk)}, {}),
        "rota": (
            RotaForm,
            {"shifts": shifts, "teams": teams, "last": last, "today": today()},
            dated | _written(last, unit),
        ),
        "need": (SkillNeedForm, {"shifts": shifts}, dated),
    }
    return {
        name: made(request.POST if name == sent else None, initial=initial, auto_id=f"{name}-%s", **given)
        for name, (made, given, initial) in classes.items()
    }


def _unworked(unit: Unit) -> list[Shift]:
    worked = queries.shifts_worked(unit.pk)
    return [one for one in queries.shifts_of(unit.pk) if one.pk not in worked]


def _written(row: Rota | None, unit: Unit) -> Told:
    """The last pattern as it would be written."""
    return {} if row is None or not row.cycle else {"cycle": ", ".join(_days_of(row, unit))}


def _days_of(row: Rota, unit: Unit) -> list[str]:
    named = {one.pk: one.name for one in queries.shifts_of(unit.pk)}
    return [named.get(key, "-") + HALF * (place in row.halved) for place, key in enumerate(row.cycle)]


@require_http_methods(["GET", "POST"])
@permission_required(Permission.STAFFING_VIEW)
def shifts(request: HttpRequest) -> HttpResponse:
    """Which shifts there are and how they follow each other, and forms to change that."""
    unit = unit_of(request)
    editable = may_edit(request, unit)
    told = _forms(request, unit) if unit is not None and editable else {}
    sent = next((one for one in told.values() if one.is_bound), None)
    if request.method == "POST":
        if not editable:
            raise PermissionDenied
        if sent is None:
            raise Http404
        if sent.is_valid():
            _DEEDS[request.POST["form"]](unit_to_edit(request), dict(sent.cleaned_data), who(request))
            messages.success(request, _("Set. Plans and proposals made from now on go by it."))
            return redirect("staffing:shifts")
    context: dict[str, Any] = {"unit": unit, "forms": told, "may_edit": editable}
    if unit is not None:
        context |= _listed(unit)
    return render(request, "staffing/shifts.html", context, status=422 if sent and sent.errors else 200)


def _listed(unit: Unit) -> dict[str, Any]:
    return {
        "shifts": [
            (
                one,
                *clocks_of(one),
                [
                    f"{clock((one.start_min + begin) % 1440)}–{clock((one.start_min + end) % 1440)}"
                    for begin, end in one.breaks
                ],
            )
            for one in queries.shifts_of(unit.pk)
        ],
        "unworked": {one.pk for one in _unworked(unit)},
        "successions": queries.successions_of(unit.pk),
        "rotas": [(one, _rota_words(one, unit)) for one in queries.rotas_of(unit.pk)],
        "needs": queries.skill_needs_of(unit.pk, on=today().replace(year=today().year + 5)),
    }


def _rota_words(row: Rota, unit: Unit) -> list[str]:
    """The days of the pattern in words."""
    named = {one.pk: one.name for one in queries.shifts_of(unit.pk)}
    return [
        (_("half: %(shift)s") if place in row.halved else "%(shift)s") % {"shift": named[key]}
        if key in named
        else _("off")
        for place, key in enumerate(row.cycle)
    ]
