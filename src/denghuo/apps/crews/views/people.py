"""Setting crews up: who is in them, what they may do, when they are on duty."""

from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from denghuo.apps.crews import actions, queries
from denghuo.apps.crews.forms import CertificateForm, CrewForm, DutyForm, MemberForm, ReasonForm
from denghuo.apps.crews.models import Certificate, Crew, CrewMember, Duty, Skill
from denghuo.apps.crews.views.board import crew_page
from denghuo.apps.crews.views.frame import crew_of, stations, who
from denghuo.apps.organization.access import Permission, permission_required


def _entry(form: CrewForm) -> actions.CrewEntry:
    told = form.cleaned_data
    return actions.CrewEntry(name=told["name"], vehicle=told["vehicle"], base_x=told["base_x"], base_y=told["base_y"])


@require_http_methods(["GET", "POST"])
@permission_required(Permission.CREWS_EDIT)
def new(request: HttpRequest) -> HttpResponse:
    """Set up a crew."""
    units = stations(request)
    form = CrewForm(request.POST or None, units=units)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                made = actions.open_crew(unit_id=form.cleaned_data["unit"], entry=_entry(form), **who(request))
        except IntegrityError:
            form.add_error("name", _("The station has a crew of this name already."))
        else:
            messages.success(request, _("The crew is set up. Now say who is in it."))
            return redirect("crews:crew", made.pk)
    return render(request, "crews/new.html", {"form": form, "units": units}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required(Permission.CREWS_EDIT)
def edit(request: HttpRequest, crew_id: int) -> HttpResponse:
    """Call a crew otherwise, or give it another vehicle or base."""
    found = crew_of(request, crew_id)
    initial = {name: getattr(found, name) for name in ("name", "vehicle", "base_x", "base_y")}
    form = CrewForm(request.POST or None, units=[found.unit], initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                actions.change_crew(crew_id=found.pk, entry=_entry(form), **who(request))
        except IntegrityError:
            form.add_error("name", _("The station has a crew of this name already."))
        else:
            messages.success(request, _("Saved."))
            return redirect("crews:crew", found.pk)
    context = {"form": form, "units": [found.unit], "crew": found}
    return render(request, "crews/new.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required(Permission.CREWS_EDIT)
def close(request: HttpRequest, crew_id: int) -> HttpResponse:
    """Let a crew drive out no more."""
    found = crew_of(request, crew_id)
    try:
        actions.close_crew(crew_id=found.pk, **who(request))
    except ValueError:
        messages.error(request, _("It still has something to do. Withdraw that first, or let it finish."))
        return redirect("crews:crew", found.pk)
    messages.success(request, _("The crew is closed. Its people are free for another."))
    return redirect("crews:home")


@require_POST
@permission_required(Permission.CREWS_EDIT)
def join(request: HttpRequest, crew_id: int) -> HttpResponse:
    """Take somebody into a crew, or give them another phone or place."""
    found = _open(request, crew_id)
    own = [one.user for one in queries.members_of([found.pk]).get(found.pk, [])]
    free = queries.people_without_a_crew(request.data_scope)  # type: ignore[attr-defined]
    form = MemberForm(request.POST, people=[*own, *free], auto_id="member-%s")
    if not form.is_valid():
        return crew_page(request, found, member_form=form)
    told = form.cleaned_data
    actions.join_crew(
        crew_id=found.pk, user_id=told["user"], phone=told["phone"], is_leader=told["is_leader"], **who(request)
    )
    messages.success(request, _("Saved."))
    return redirect("crews:crew", found.pk)


@require_POST
@permission_required(Permission.CREWS_EDIT)
def leave(request: HttpRequest, member_id: int) -> HttpResponse:
    """Take somebody out of their crew."""
    row = _member(request, member_id)
    actions.leave_crew(member_id=row.pk, **who(request))
    messages.success(request, _("%(name)s is in the crew no more.") % {"name": row.user})
    return redirect("crews:crew", row.crew_id)


@require_POST
@permission_required(Permission.CREWS_DISPATCH)
def phone(request: HttpRequest, member_id: int) -> HttpResponse:
    """Show the number that somebody carries on duty, and record that it was seen."""
    row = _member(request, member_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why you need the number."))
        return redirect("crews:crew", row.crew_id)
    reason = form.cleaned_data["reason"]
    actions.unmask_phone(subject=f"crews.member:{row.pk}", reason=reason, **who(request))
    context = {"name": str(row.user), "number": row.phone, "back": row.crew, "crew": row.crew}
    return render(request, "crews/number.html", context)


@require_POST
@permission_required(Permission.CREWS_EDIT)
def certificate(request: HttpRequest, crew_id: int) -> HttpResponse:
    """Note a certificate of somebody in the crew."""
    found = _open(request, crew_id)
    own = [(one.user_id, str(one.user)) for one in queries.members_of([found.pk]).get(found.pk, [])]
    form = CertificateForm(request.POST, people=own, auto_id="certificate-%s")
    if not form.is_valid():
        return crew_page(request, found, certificate_form=form)
    told: dict[str, Any] = form.cleaned_data
    actions.record_certificate(
        user_id=told["user"],
        skill=Skill(told["skill"]),
        number=told["number"],
        valid_until=told["valid_until"],
        **who(request),
    )
    messages.success(request, _("Saved."))
    return redirect("crews:crew", found.pk)


@require_POST
@permission_required(Permission.CREWS_EDIT)
def drop_certificate(request: HttpRequest, certificate_id: int) -> HttpResponse:
    """Take a certificate back."""
    scope = request.data_scope  # type: ignore[attr-defined]
    try:
        row = queries.certificate_for(scope=scope, certificate_id=certificate_id)
    except Certificate.DoesNotExist as missing:
        raise Http404 from missing
    actions.withdraw_certificate(certificate_id=row.pk, **who(request))
    messages.success(request, _("The certificate counts no more."))
    membership = queries.membership_of(row.user_id)
    return redirect("crews:crew", membership.crew_id) if membership else redirect("crews:home")


@require_POST
@permission_required(Permission.CREWS_EDIT)
def duty(request: HttpRequest, crew_id: int) -> HttpResponse:
    """Put a crew on duty."""
    found = _open(request, crew_id)
    form = DutyForm(request.POST, auto_id="duty-%s")
    if form.is_valid():
        try:
            actions.set_duties(crew_id=found.pk, spans=form.spans(), **who(request))
        except ValueError:
            form.add_error("from_time", _("The crew is on duty then already, at least in part."))
        else:
            messages.success(request, _("Saved."))
            return redirect("crews:crew", found.pk)
    return crew_page(request, found, duty_form=form)


@require_POST
@permission_required(Permission.CREWS_EDIT)
def drop_duty(request: HttpRequest, duty_id: int) -> HttpResponse:
    """Take a duty back."""
    try:
        row = queries.duty_for(scope=request.data_scope, duty_id=duty_id)  # type: ignore[attr-defined]
    except Duty.DoesNotExist as missing:
        raise Http404 from missing
    try:
        actions.withdraw_duty(duty_id=row.pk, **who(request))
    except ValueError:
        messages.warning(request, _("It is over, and stays."))
    else:
        messages.success(request, _("Withdrawn."))
    return redirect("crews:crew", row.crew_id)


def _open(request: HttpRequest, crew_id: int) -> Crew:
    """A crew that drives out, else there is none to change."""
    found = crew_of(request, crew_id)
    if found.closed_at is not None:
        raise Http404
    return found


def _member(request: HttpRequest, member_id: int) -> CrewMember:
    try:
        return queries.member_for(scope=request.data_scope, member_id=member_id)  # type: ignore[attr-defined]
    except CrewMember.DoesNotExist as missing:
        raise Http404 from missing
