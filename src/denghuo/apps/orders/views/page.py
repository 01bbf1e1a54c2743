"""The page of an order: where it stands, what its clocks say, what to do, and all that happened."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.customers import queries as customers
from denghuo.apps.customers.actions import SHOWN_FOR
from denghuo.apps.knowledge.queries import WordingFinding
from denghuo.apps.orders import actions, queries
from denghuo.apps.orders.actions import ReceiptEntry
from denghuo.apps.orders.forms import (
    AppealForm,
    HandOverForm,
    NumberForm,
    PromiseForm,
    ReassignForm,
    ReceiptForm,
    RemarkForm,
    SuspensionForm,
)
from denghuo.apps.orders.models import CallBackResult, Channel, Kind, Order, State, Topic
from denghuo.apps.orders.queries import ReceiptFinding, Tie
from denghuo.apps.orders.views.opening import better_said
from denghuo.apps.orders.views.reach import (
    deals,
    found,
    may_answer,
    may_unmask,
    reader,
    refusal,
    supervises,
    who,
    works,
)
from denghuo.apps.organization.access import Permission, may, permission_required

# Steps that have a form of their own.
APART = frozenset({"suspend", "merge", "finish", "reassign", "correct", "reclassify", "still_out", "unmerge"})
# What comes first where several steps are open: the way an order goes when nothing goes wrong.
_WAY = ("accept", "arrive", "contact", "restore", "call_back", "close", "resume")


@require_GET
@permission_required(Permission.ORDERS_VIEW)
def order(request: HttpRequest, order_id: int) -> HttpResponse:
    """One order."""
    return page(request, found(request, order_id, offered=True))


def page(
    request: HttpRequest,
    row: Order,
    *,
    form: ReceiptForm | None = None,
    said: Sequence[WordingFinding] = (),
    refused: Mapping[str, forms.Form] | None = None,
) -> HttpResponse:
    """The page of an order, with a receipt that is being written and what it had better not say; ``refused`` are forms
    by where they were sent to, which stay open as they were sent."""
    now = timezone.now()
    course = queries.course_of(row, at=now)
    above, working, dealing = supervises(request, row), works(request, row), deals(request, row)
    me = request.user.get_username()
    open_steps = queries.steps_open(row, username=me, supervises=above, at=now)
    plain = _plain_steps(row, open_steps, course) if working else {}
    main = _main_step(row, plain)
    context: dict[str, Any] = {
        "row": row,
        "course": course,
        "clocks": _by_clock(course.clocks),
        "customer": customers.customers_by_id([row.account_id]).get(row.account_id) if row.account_id else None,
        "ties": _ties(request, row),
        "findings": _findings(request, row),
        "visit_plan": visit_plan(request, row),
        "accounts": queries.accounts_changed(course.corrections),
        "may_correct": working and bool(queries.correctable(row, username=me, supervises=above, at=now)),
        "main": plain.get(main),
        "others": [rule for step, rule in plain.items() if step not in (main, "call_back")],
        **_calling_back(row, plain, now),
        **_theirs(request, row, open_steps, working=working, dealing=dealing),
        "answering": queries.unit_answering(row),
        "may_supervise": above,
        "may_urge": working and "urge" in open_steps,
        "receipt_open": form is not None or not main,
        "offers": [(one, may_answer(request, one)) for one in course.hand_overs if one.is_open],
        "reassign_form": reassign_form(None, row) if above and "reassign" in open_steps else None,
        "may_finish": dealing and "finish" in open_steps,
        "is_offered": any(one.is_open for one in course.hand_overs),
        **_suspending(row, course, dealing=dealing),
        **_alike(row, username=me, supervises=above, at=now, dealing=dealing),
        "sentence": _sentence(row, course.steps[-1].step if course.steps else "", now),
        "unknown_years": _unknown_years(course.clocks, now),
        "said": said,
        "refused": _looked_at(refused or {}),
        "now": now,
    }
    context |= _forms(row, form) if working else {}
    return render(request, "orders/order.html", context, status=422 if refused or (form and form.is_bound) else 200)


def _plain_steps(row: Order, open_steps: Mapping[str, Any], course: queries.Course) -> dict[str, Any]:
    """The steps that one button takes. A service that has nothing to do with supply brings none back."""
    apart = APART | {"urge"}
    if row.kind == Kind.SERVICE and not any(one.clock == "restore" for one in course.clocks):
        apart |= {"restore"}
    return {step: rule for step, rule in open_steps.items() if step not in apart}


def _suspending(row: Order, course: queries.Course, *, dealing: bool) -> dict[str, Any]:
    """What was asked for and decided about its clocks standing still, and whether that can be asked for."""
    return {
        "may_suspend": dealing and row.state not in (State.DONE, State.SUSPENDED) and not row.is_over,
        "suspensions": [one for one in course.suspensions if one.decided_at],
        "is_asked": any(one.decided_at is None for one in course.suspensions),
    }


def _calling_back(row: Order, plain: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What a customer who is called back can say, and how often they did not answer."""
    call = queries.last_call(row) if row.state == State.DONE else None
    said = call.result if call is not None else ""
    return {
        "call_back_results": CallBackResult.choices if "call_back" in plain else (),
        "tries": queries.tries_of(row, at=now) if "no_answer" in plain else None,
        "was_asked": bool(said),
        "unhappy": call if said == CallBackResult.DISSATISFIED else None,
    }


def _looked_at(refused: Mapping[str, forms.Form]) -> Mapping[str, forms.Form]:
    """Forms that were refused: the page opens at the first field that is wrong."""
    for form in refused.values():
        wrong = next((name for name in form.errors if name in form.fields), "")
        if wrong:
            form.fields[wrong].widget.attrs["autofocus"] = True
    return refused


def _unknown_years(clocks: Sequence[Any], now: datetime) -> list[int]:
    return queries.unknown_years(timezone.localdate(now)) if any(one.unknown for one in clocks) else []


def _alike(row: Order, *, username: str, supervises: bool, at: datetime, dealing: bool) -> dict[str, Any]:
    """What may be the same matter, and which of it whoever looks may merge."""
    alike = queries.alike(row) if dealing and not row.is_over else []
    mergeable = queries.mergeable(row, alike, username=username, supervises=supervises, at=at)
    done_before = any(not queries.goes_on([row, one]) for one in alike)
    return {"alike": alike, "mergeable": mergeable, "done_before": done_before}


def _kin_shown(request: HttpRequest, row: Order) -> set[int]:
    """What the order is a part of, and its parts, as far as whoever looks may know of them."""
    keys = [row.parent_id or 0, *row.children.values_list("pk", flat=True)]
    return queries.readable_ids(keys, reader(request))


def _theirs(
    request: HttpRequest, row: Order, open_steps: Mapping[str, Any], *, working: bool, dealing: bool
) -> dict[str, Any]:
    """Whether this order is theirs who look at it: what is about people of ours is not everybody's."""
    me = request.user.get_username()
    is_own_work = row.state == State.DONE and queries.is_own_work(row, me)
    return {
        "may_work": dealing,
        "may_say": working,
        "is_not_theirs": working and not dealing,
        "is_own_work": is_own_work,
        "kin_shown": _kin_shown(request, row),
        # While what it was merged into goes on.
        "may_unmerge": "unmerge" in open_steps and row.merged_into is not None and not row.merged_into.is_over,
        "confirmers": _(", ").join(map(str, queries.confirmers_of(row, but=me))) if is_own_work else "",
        "may_unmask": may_unmask(request, row),
    }


def _findings(request: HttpRequest, row: Order) -> list[queries.AccountFinding]:
    """What was found at the customer's before."""
    if not row.account_id:
        return []
    return queries.findings_of_account(row.account_id, limit=3, reader=reader(request))


def _ties(request: HttpRequest, row: Order) -> list[tuple[Tie, bool]]:
    """What it hangs together with, and whether who looks may go there."""
    return [(tie, may(request.user, tie.permission, path=row.unit.path)) for tie in queries.ties_of(row.pk)]


def visit_plan(request: HttpRequest, row: Order) -> customers.VisitPlan | None:
    """What a planned visit looks at and brings, for whoever may see the customer."""
    if row.topic != Topic.HOME_VISIT or not may(request.user, Permission.CUSTOMERS_VIEW, path=row.unit.path):
        return None
    return customers.visit_plan(row.account_id) if row.account_id else None


def _main_step(row: Order, plain: dict[str, Any]) -> str:
    """The one step that most likely comes next: the first of the way that was not taken since the order last moved."""
    way = {State.DONE: ("call_back", "close"), State.ON_SITE: ("restore",)}.get(State(row.state), _WAY)
    if row.state == State.DONE and queries.is_dissatisfied(row):
        return ""  # what comes next is for people to say: something is left to do
    skipped = {"contact", "restore", "call_back"} & set(row.steps.values_list("step", flat=True))
    if row.kind == Kind.FAULT:
        skipped.add("contact")  # whoever is there talks to the customer
    return next((step for step in way if step in plain and step not in skipped), "")


def _sentence(row: Order, step: str, now: Any) -> str:
    """What the customer may be told of the last step; of what nobody asked for, nothing."""
    if row.channel == Channel.SYSTEM:
        return ""
    rule = queries.rule_book().steps_of(row.kind, timezone.localdate(now)).get(step)
    return rule.sentence.replace("{number}", row.number) if rule else ""


def _by_clock(clocks: list[Any]) -> list[tuple[str, int, list[Any]]]:
    """Each run of each clock with its layers, the nearest first."""
    runs: dict[tuple[str, int], list[Any]] = {}
    for one in clocks:
        runs.setdefault((one.clock, one.run), []).append(one)
    order_of = sorted(runs.items(), key=lambda pair: (not pair[1][0].runs, pair[1][0].started_at, pair[0]))
    return [(clock, run + 1, sorted(rows, key=lambda one: one.limit.limit_s)) for (clock, run), rows in order_of]


def _forms(row: Order, form: ReceiptForm | None) -> dict[str, Any]:
    return {
        "hand_over_form": hand_over_form(None, row),
        "suspension_form": SuspensionForm(auto_id="suspension_%s"),
        "promise_form": PromiseForm(auto_id="promise_%s"),
        "remark_form": RemarkForm(auto_id="remark_%s"),
        "appeal_form": AppealForm(auto_id="appeal_%s"),
        "receipt_form": form or receipt_form(row),
        "receipt_findings": [] if form is None else _receipt_findings(row, form),
    }


def _others(row: Order) -> list[tuple[str, str]]:
    """Whom it can be given to and who does not have it in hand."""
    return [(user.username, str(user)) for user in queries.hands_for(row) if user.username != row.handler]


def hand_over_form(data: Any, row: Order) -> HandOverForm:
    """To whom an order can be offered: to somebody, or to another unit."""
    units = [(unit.pk, unit.name) for unit in queries.units_for_hands(row)]
    return HandOverForm(data, people=_others(row), units=units, auto_id="hand_%s")


def reassign_form(data: Any, row: Order) -> ReassignForm:
    """Into whose hands it can be put."""
    return ReassignForm(data, people=_others(row), auto_id="reassign_%s")


def receipt_form(row: Order, data: Any = None) -> ReceiptForm:
    """The receipt of an order of its kind."""
    findings = queries.findings_for(row.kind)
    lit = row.steps.filter(step__in=("restore", "still_out")).order_by("pk").last()
    initial = {"restored_at": lit.told_at} if lit is not None and lit.step == "restore" else {}
    return ReceiptForm(data, initial=initial, findings=findings, with_supply=row.kind == Kind.FAULT)


def _receipt_findings(row: Order, form: ReceiptForm) -> list[tuple[ReceiptFinding, str, str]]:
    told = dict(form.cleaned_data) if form.is_valid() else {}
    checked = queries.check_receipt(row, ReceiptEntry(**told), at=timezone.now())
    return [(one, finding_words(one), str(form.fields[one.field].label)) for one in checked if one.field in form.fields]


def finding_words(one: ReceiptFinding) -> str:
    """Why the check says something."""
    return {
        "missing": _("is missing"),
        "says_nothing": _("says nothing: write what it was, so that the next one who comes knows"),
        "short": _("is very short: would somebody else understand it?"),
        "number": _("holds a telephone number: personal data does not belong here"),
        "not_of_kind": _("does not fit this kind of order"),
        "no_contact": _("nobody has recorded that the customer was contacted"),
        "no_arrival": _("nobody has recorded an arrival, though our equipment was repaired"),
        "future": _("lies in the future"),
        "before_arrival": _("lies before the arrival"),
    }[one.code]


@require_http_methods(["GET", "POST"])
@permission_required(Permission.ORDERS_WORK)
def receipt(request: HttpRequest, order_id: int) -> HttpResponse:
    """Write the receipt, which finishes the work."""
    row = found(request, order_id)
    if request.method == "GET":
        return redirect("orders:order", row.pk)
    if not deals(request, row):
        messages.warning(request, refusal(actions.StepRefusedError("who", "finish")))
        return redirect("orders:order", row.pk)
    form = receipt_form(row, request.POST)
    said = better_said(request, "found", "done", "told_customer")
    # What ought not to be said is read once more before it stays: a rule may be wrong about a sentence.
    reads_again = bool(said) and "as_said" not in request.POST
    if reads_again:
        messages.warning(request, _("Read once more what is marked below, or tick that these words are kept."))
    if not form.is_valid() or (reads_again and any(one.forbids for one, *_told in _receipt_findings(row, form))):
        return _not_yet(request, row, form, said)
    if reads_again:
        return page(request, row, form=form, said=said)
    try:
        actions.write_receipt(order_id=row.pk, entry=ReceiptEntry(**form.cleaned_data), **who(request))
    except ValueError as error:
        if isinstance(error, actions.StepRefusedError):
            messages.warning(request, refusal(error))
            return page(request, row, form=form)
        return _not_yet(request, row, form, said)
    messages.success(request, _("The work is finished. The customer is called back before the order is closed."))
    return redirect("orders:order", row.pk)


def _not_yet(request: HttpRequest, row: Order, form: ReceiptForm, said: Sequence[WordingFinding]) -> HttpResponse:
    """A receipt that lacks something: what, at the top, and the page opens at the first of it."""
    found = _receipt_findings(row, form)
    lacking = [(str(form.fields[name].label), name) for name in form.errors if name in form.fields]
    lacking += [(label, one.field) for one, _words, label in found if one.forbids and one.field not in form.errors]
    names = _(", ").join(dict.fromkeys(label for label, _name in lacking))
    messages.warning(request, _("The receipt is not taken yet. Look at: %(fields)s.") % {"fields": names})
    if lacking:
        form.fields[lacking[0][1]].widget.attrs["autofocus"] = True
    return page(request, row, form=form, said=said)


@require_POST
@permission_required(Permission.ORDERS_WORK)
def check_receipt(request: HttpRequest, order_id: int) -> HttpResponse:
    """What the receipt still lacks, while it is written."""
    row = found(request, order_id)
    form = receipt_form(row, request.POST)
    return render(
        request, "orders/receipt_check.html", {"receipt_findings": _receipt_findings(row, form), "asked": True}
    )


@require_http_methods(["GET", "POST"])
@permission_required(Permission.ORDERS_WORK)
def show_number(request: HttpRequest, order_id: int) -> HttpResponse:
    """The caller's full number, once, for a reason."""
    row = found(request, order_id)
    if not may_unmask(request, row):
        raise PermissionDenied
    if request.method == "GET":
        return redirect("orders:order", row.pk)
    form, number = NumberForm(request.POST), ""
    try:
        if form.is_valid():
            number = actions.show_caller(order_id=row.pk, **form.cleaned_data, **who(request))
    except ValueError:
        form.add_error("reason", _("Say what the number is needed for."))
    if form.errors:
        return page(request, row, refused={request.path: form})
    context = {"row": row, "number": number, "now": timezone.now()}
    answer = render(request, "orders/number.html", context)
    answer["Cache-Control"] = "no-store"
    # Hidden again after a minute, as in the customer file, also where nobody goes back.
    answer["Refresh"] = f"{int(SHOWN_FOR.total_seconds())}; url={reverse('orders:order', args=[row.pk])}"
    return answer
