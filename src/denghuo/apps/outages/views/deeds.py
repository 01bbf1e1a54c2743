"""What a dispatcher does from the page: one action each, and the page as it is afterwards."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from denghuo.apps.crews import queries as crews
from denghuo.apps.crews.models import Crew
from denghuo.apps.network import queries as network
from denghuo.apps.orders import queries as orders
from denghuo.apps.orders.models import Order
from denghuo.apps.organization.access import Permission, permission_required
from denghuo.apps.outages import actions, queries
from denghuo.apps.outages.forms import (
    AboutForm,
    ConfirmForm,
    DismissForm,
    EstimateForm,
    JoinForm,
    SameForm,
    SendForm,
)
from denghuo.apps.outages.models import Method, Outage, Suspicion
from denghuo.apps.outages.views.dispatch import after


def reach(request: HttpRequest, about: str) -> None:
    """What a deed is about lies within reach, else it is not there."""
    scope, (thing, _colon, key) = request.data_scope, about.partition(":")  # type: ignore[attr-defined]
    find: dict[str, Callable[[int], Any]] = {
        "outages.outage": lambda pk: queries.outage_for(scope=scope, outage_id=pk),
        "outages.suspicion": lambda pk: queries.suspicion_for(scope=scope, suspicion_id=pk),
        "orders.order": lambda pk: orders.order_for(scope, pk),
    }
    if thing not in find or not key.isdecimal():
        raise Http404
    try:
        find[thing](int(key))
    except (Outage.DoesNotExist, Suspicion.DoesNotExist, Order.DoesNotExist) as missing:
        raise Http404 from missing


def told(request: HttpRequest, form: Form) -> dict[str, Any] | None:
    """What was typed, if it can be; what it is about lies within reach."""
    valid = form.is_valid()
    about = form.cleaned_data.get("about")
    if not about:
        raise Http404
    reach(request, about)
    return form.cleaned_data if valid else None


def who(request: HttpRequest) -> dict[str, Any]:
    """When and by whom a deed is done."""
    return {"at": timezone.now(), "actor": request.user.get_username()}


def _over() -> str:
    return _("It is over already, or somebody was quicker. Nothing was done.")


@require_POST
@permission_required(Permission.CREWS_DISPATCH)
def take(request: HttpRequest) -> HttpResponse:
    """Say "I have it", or that one has it no more."""
    asked = told(request, AboutForm(request.POST))
    about = str(request.POST.get("about", "")) if asked is None else asked["about"]
    if request.POST.get("leave"):
        actions.leave_incident(about=about, **who(request))
        return after(request, about, _("It is in nobody's hands now."))
    try:
        actions.take_incident(about=about, **who(request))
    except actions.NothingToDoError:
        return after(request, about, _over(), failed=True)
    return after(request, about, _("You have it."))


@require_POST
@permission_required(Permission.CREWS_DISPATCH)
def send(request: HttpRequest) -> HttpResponse:
    """Send a crew."""
    form = SendForm(request.POST)
    asked = told(request, form)
    if asked is None:
        return after(request, form.cleaned_data["about"], _("Choose a crew."), failed=True)
    try:
        crew = crews.crew_for(scope=request.data_scope, crew_id=asked["crew"])  # type: ignore[attr-defined]
    except Crew.DoesNotExist as missing:
        raise Http404 from missing
    entry = {name: asked[name] for name in ("about", "note", "seen")}
    # Who drops an incident on a crew has chosen no certificate: what such work asks for holds.
    entry["skill"] = asked["skill"] if "skill" in request.POST else queries.needed_skill(asked["about"])
    try:
        actions.send_crew(**entry, crew_id=crew.pk, **who(request))
    except actions.SentMeanwhileError as meanwhile:
        said = _("%(crews)s was sent there meanwhile. Nothing was done: send again if another is needed too.")
        return after(request, asked["about"], said % {"crews": _(", ").join(meanwhile.args)}, failed=True)
    except actions.NothingToDoError:
        return after(request, asked["about"], _over(), failed=True)
    except actions.CrewCannotGoError:
        said = _("%(crew)s cannot go: nobody is in it, or nobody has the certificate for this work.")
        return after(request, asked["about"], said % {"crew": crew}, failed=True)
    return after(request, asked["about"], _("%(crew)s is sent. It is asked to accept.") % {"crew": crew})


@require_POST
@permission_required(Permission.CREWS_DISPATCH)
@permission_required(Permission.NETWORK_OPERATE)
def confirm(request: HttpRequest) -> HttpResponse:
    """A suspected fault is seen: its device is open, and the switching log says so from now on."""
    form = ConfirmForm(request.POST, auto_id="confirm-%s")
    asked = told(request, form)
    about = form.cleaned_data["about"]
    suspicion_id = _suspicion_of(about)
    if asked is None:
        return after(request, about, "", confirm_form=form)
    try:
        row = actions.confirm_fault(
            suspicion_id=suspicion_id,
            device_code=asked["device_code"].strip(),
            opened_at=asked["opened_at"],
            **who(request),
        )
    except actions.DeviceUnknownError:
        form.add_error("device_code", _("The network has no switching device with this code."))
        return after(request, about, "", confirm_form=form)
    except actions.NotOpenedError as refused:
        form.add_error("opened_at", not_opened(refused.found))
        return after(request, about, "", confirm_form=form)
    except ValueError:
        return after(request, about, _over(), failed=True)
    if row.outage is not None:
        said = _("By the log it stands open already, in outage %(number)s: its reports belong there now.")
        return after(request, row.outage.about, said % {"number": row.outage.number})
    return after(request, about, _("Confirmed. It stands in the switching log."))


def not_opened(found: network.Opening) -> str:
    """Why, by the log, nobody loses supply by an opening that was told."""
    if found.stands_open:
        return _("By the log it stands open already, and nobody is without supply by it. Look at the log first.")
    if found.closed_at is not None:
        said = _(
            "The log has it closed at %(at)s, after that. If it has opened again, tell a time since then; if not,"
            " dismiss it."
        )
        return said % {"at": f"{timezone.localtime(found.closed_at):%m-%d %H:%M:%S}"}
    if found.event_number:
        said = _(
            "By the log everybody behind it was without supply then already, in outage %(number)s. Tell a time after"
            " that, or record the switching there."
        )
        return said % {"number": found.event_number}
    return _("By the log nobody loses supply when it opens: they are fed another way.")


@require_POST
@permission_required(Permission.CREWS_DISPATCH)
@permission_required(Permission.NETWORK_OPERATE)
def dismiss(request: HttpRequest) -> HttpResponse:
    """A suspected fault was none: somebody has seen its device closed."""
    form = DismissForm(request.POST, auto_id="dismiss-%s")
    asked = told(request, form)
    about = form.cleaned_data["about"]
    suspicion_id = _suspicion_of(about)
    if asked is None:
        return after(request, about, "", dismiss_form=form)
    try:
        actions.dismiss_suspicion(suspicion_id=suspicion_id, reason=asked["reason"], **who(request))
    except ValueError:
        return after(request, about, _over(), failed=True)
    return after(request, about, _("Dismissed. Its reports are placed anew."))


def _suspicion_of(about: str) -> int:
    thing, _colon, key = about.partition(":")
    if thing != "outages.suspicion":
        raise Http404
    return int(key)


@require_POST
@permission_required(Permission.CREWS_DISPATCH)
def estimate(request: HttpRequest) -> HttpResponse:
    """Say when supply is expected back."""
    subject = queries.subject_of(request.POST.get("about", ""))
    last = queries.last_word_of(subject) if subject is not None else None
    form = EstimateForm(request.POST, auto_id="estimate-%s", last=last)
    asked = told(request, form)
    about = form.cleaned_data["about"]
    if asked is None:
        return after(request, about, "", estimate_form=form)
    try:
        give(about, asked, **who(request))
    except ValueError:
        return after(request, about, _over(), failed=True)
    return after(request, about, _("Said. Whoever reported is told."))


def give(about: str, asked: dict[str, Any], *, at: datetime, actor: str) -> None:
    """An expected time as it was told in a form."""
    actions.give_estimate(
        about=about,
        expected_at=asked["expected_at"],
        method=Method(asked["method"]),
        team=asked["team"].strip(),
        reason=asked["reason"].strip(),
        at=at,
        actor=actor,
    )


@require_POST
@permission_required(Permission.CREWS_DISPATCH)
def as_planned(request: HttpRequest) -> HttpResponse:
    """A planned outage needs no crew: whoever reported it is told when the plan ends."""
    form = AboutForm(request.POST)
    asked = told(request, form)
    if asked is None:
        raise Http404
    subject = queries.subject_of(asked["about"])
    end_at = subject.planned_end_at if isinstance(subject, Outage) else None
    if end_at is None or not queries.runs_as_planned(subject, at=timezone.now()):
        return after(request, asked["about"], _over(), failed=True)
    said = {"expected_at": end_at, "method": Method.PLAN, "team": "", "reason": _("As planned")}
    try:
        give(asked["about"], said, **who(request))
    except ValueError:
        return after(request, asked["about"], _over(), failed=True)
    return after(request, asked["about"], _("No crew is needed. Whoever reported is told when the plan ends."))


@require_POST
@permission_required(Permission.CREWS_DISPATCH)
def join(request: HttpRequest) -> HttpResponse:
    """Put an order to a fault, or take it away from there again."""
    form = JoinForm(request.POST)
    if not request.POST.get("about"):
        return after(request, f"orders.order:{request.POST.get('order', '')}", _("Choose a fault."), failed=True)
    asked = told(request, form)
    if asked is None:
        return after(request, form.cleaned_data["about"], _("Choose a fault."), failed=True)
    reach(request, f"orders.order:{asked['order']}")
    try:
        if request.POST.get("part"):
            actions.part_report(order_id=asked["order"], **who(request))
            return after(request, asked["about"], _("Taken away. It is placed by what the network says."))
        actions.join_report(order_id=asked["order"], about=asked["about"], **who(request))
    except actions.NothingToDoError:
        return after(request, asked["about"], _over(), failed=True)
    return after(request, asked["about"], _("It belongs to this fault now."))


@require_POST
@permission_required(Permission.CREWS_DISPATCH)
def same(request: HttpRequest) -> HttpResponse:
    """Merge orders that are the same matter into the one that came in first."""
    form = SameForm(request.POST)
    if not form.is_valid():
        return after(request, "", _("Choose at least two orders."), failed=True)
    keys = form.cleaned_data["orders"]
    for key in keys:
        reach(request, f"orders.order:{key}")
    try:
        found = actions.find_same(order_ids=keys, **who(request))
    except ValueError:
        said = _("Only open orders of one kind and unit can be merged, into one still worked on. Nothing was done.")
        return after(request, f"orders.order:{keys[0]}", said, failed=True)
    count = len(found.order_ids)
    said = ngettext("%(n)d order was merged into it.", "%(n)d orders were merged into it.", count)
    return after(request, f"orders.order:{found.into_id}", said % {"n": count})
