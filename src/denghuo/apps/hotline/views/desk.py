"""The agent's desk: who calls, what to say, what to write down."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.hotline import actions, queries
from denghuo.apps.hotline.forms import DeskRuleForm, NoteForm, local_today
from denghuo.apps.hotline.models import CallNote, NoteKind
from denghuo.apps.hotline.views.announcements import who
from denghuo.apps.hotline.views.asked import Asked, asked_of, ending, in_hand, key_in, of_key
from denghuo.apps.hotline.views.intake import (
    accounts_of,
    customer_search,
    kept_of,
    kind_of_order,
    order_context,
    order_entry,
    reader,
)
from denghuo.apps.knowledge import queries as knowledge
from denghuo.apps.organization.access import Permission, may, permission_required, scope_of
from denghuo.apps.organization.when import LOCAL_MINUTE
from denghuo.apps.sealed import masked_phone

_HITS = 5
_LONGEST_NUMBER = 40


@require_GET
@permission_required(Permission.HOTLINE_WORK)
def desk(request: HttpRequest) -> HttpResponse:
    """Who calls, whether they are without supply, what to say, and the note."""
    typed = request.GET.get("number", "").strip().replace("\x00", "")[:_LONGEST_NUMBER]
    asked, why_not = asked_of(request, typed)
    wrong = {"typed": typed, "why_not": why_not, "ending": ending(typed)} if why_not else None
    return _page(request, asked, wrong=wrong)


def _page(
    request: HttpRequest, asked: Asked | None, form: NoteForm | None = None, *, wrong: dict[str, str] | None = None
) -> HttpResponse:
    username = request.user.get_username()
    context: dict[str, Any] = {
        "asked": asked,
        "kept": kept_of(request, key_in(request, "kept")),
        "seat": queries.seat_of(request.user.pk or 0),
        "exchanges": queries.exchanges_within(request.data_scope),  # type: ignore[attr-defined]
        "drafts": [
            (note, masked_phone(note.number))
            for note in queries.open_drafts(request.data_scope, username=username)  # type: ignore[attr-defined]
        ],
        **(wrong or {}),
    }
    if asked is not None:
        context |= _of_caller(request, asked, form)
    answer = render(request, "hotline/desk.html", context, status=422 if form is not None else 200)
    answer["Cache-Control"] = "no-store"
    return answer


def _of_caller(request: HttpRequest, asked: Asked, form: NoteForm | None) -> dict[str, Any]:
    """What is known of who calls, and the note as far as it is written."""
    username, now = request.user.get_username(), timezone.now()
    draft = queries.draft_of(asked.exchange, call_id=asked.call_id, number=asked.number, username=username)
    chosen = asked.account_id
    if chosen is None and draft is not None:
        chosen = draft.account_id or queries.NOBODY
    whose: dict[str, Any] = {"account_id": chosen, "reader": reader(request)}
    pop = queries.pop_of(asked.exchange, asked.number, call_id=asked.call_id, at=now, **whose)
    times = queries.times_to_promise(asked.exchange, at=now)
    due_at = draft.due_at if draft and draft.due_at else queries.proposed_at(asked.exchange, at=now)
    form = form or NoteForm(initial=_initial(asked, draft) | {"due_at": _local(due_at)})
    form.offer(times)
    return {
        "pop": pop,
        "number": masked_phone(asked.number),
        "form": form,
        **order_context(asked.exchange, form, pop),
        "accounts": accounts_of(pop),
        "customer_search": customer_search(request, asked.exchange),
        "told": _versions(draft.told_versions if draft else []),
        "query": "停电" if pop.out else "",
        "findings": _findings(request, draft.text if draft else ""),
    }


def _initial(asked: Asked, draft: CallNote | None) -> dict[str, Any]:
    """What the form begins with. A call is named by its id alone; only a number that this person typed goes back to
    them."""
    initial: dict[str, Any] = {
        "exchange_id": asked.exchange.pk,
        "call_id": asked.call_id,
        "number": "" if asked.call_id else asked.number,
    }
    if draft:
        written = ("text", "kind", "follow_up", "topic", "place", "load_code", "passed_on", "promise")
        initial |= {name: getattr(draft, name) for name in written}
        initial |= {"unit": draft.unit_id, "promise_at": draft.promise_at and _local(draft.promise_at)}
    return initial


def _local(at: datetime) -> str:
    return timezone.localtime(at).strftime(LOCAL_MINUTE)


def _knows(request: HttpRequest) -> tuple[str, ...]:
    return scope_of(request.user, Permission.KNOWLEDGE_VIEW)


def _versions(keys: list[int]) -> list[Any]:
    """Versions of articles that the caller was told, in the order told."""
    return [knowledge.version_told(key) for key in keys]


@require_GET
@permission_required(Permission.HOTLINE_WORK)
def desk_call(request: HttpRequest) -> HttpResponse:
    """Which call is in hand now: the page's script asks again and again, so it is small."""
    hand = in_hand(request, queries.exchanges_within(request.data_scope))  # type: ignore[attr-defined]
    told = {"token": hand.token if hand else "", "number": masked_phone(hand.number) if hand else ""}
    answer = JsonResponse(told | {"state": hand.state if hand else ""})
    answer["Cache-Control"] = "no-store"
    return answer


@require_GET
@permission_required(Permission.HOTLINE_WORK)
def desk_articles(request: HttpRequest) -> HttpResponse:
    """The articles that answer best, each with the sentence to say; those told already stay."""
    query = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    told = _told_keys(request, request.GET.getlist("told"))
    scope = _knows(request)
    hits = knowledge.search(scope, query=query, on=local_today(), at_most=_HITS) if query and scope else []
    context = {
        "hits": [hit for hit in hits if hit.version.pk not in told],
        "told": _versions(told),
        "query": query,
        "more": f"{reverse('knowledge:home')}?{urlencode({'q': query})}",
    }
    return render(request, "hotline/desk_articles.html", context)


def _told_keys(request: HttpRequest, told: list[str]) -> list[int]:
    """Keys of versions that exist where this person looks things up."""
    keys = [int(one) for one in dict.fromkeys(told[:50]) if one.isascii() and one.isdigit() and len(one) < 18]
    scope = _knows(request)
    if not keys or not scope:
        return []
    known = set(knowledge.versions(scope, on=local_today()).filter(pk__in=keys).values_list("pk", flat=True))
    return [key for key in keys if key in known]


def _findings(request: HttpRequest, text: str) -> list[knowledge.WordingFinding]:
    rules = knowledge.wording_rules(request.data_scope, on=local_today())  # type: ignore[attr-defined]
    return knowledge.check_wording(text, rules=rules) if text else []


@require_POST
@permission_required(Permission.HOTLINE_WORK)
def desk_note(request: HttpRequest) -> HttpResponse:
    """Save the note as it is typed, or keep it for good."""
    form = NoteForm(request.POST)
    if not form.is_valid() and "exchange_id" in form.errors:
        raise Http404
    exchanges = queries.exchanges_within(request.data_scope)  # type: ignore[attr-defined]
    exchange = next((one for one in exchanges if one.pk == form.cleaned_data["exchange_id"]), None)
    if exchange is None:
        raise Http404
    key, entry = _key(form.cleaned_data), _entry(request, form.cleaned_data)
    if "keep" not in request.POST and entry.chased_id is None:
        note = actions.save_note(**key, entry=entry, **who(request))
        context = {"saved_at": note and note.saved_at, "findings": _findings(request, entry.text)}
        return render(request, "hotline/desk_saved.html", context)
    try:
        if entry.chased_id is not None and not entry.text.strip():
            return _chase(request, key, entry.chased_id)
        note = actions.keep_note(**key, entry=entry, **who(request))
    except actions.NoteRefusedError as refused:
        actions.save_note(**key, entry=entry, **who(request))
        form.add_error(None, _WHY_NOT[refused.code])
        asked = of_key(request, exchange, call_id=key["call_id"], number=key["number"], account_id=entry.account_id)
        return _page(request, asked, form)
    return redirect(f"{reverse('hotline:desk')}?{urlencode({'kept': note.pk})}")


def _entry(request: HttpRequest, told: dict[str, Any]) -> actions.NoteEntry:
    """What the form says; what is not a value yet, as somebody types it, says nothing."""
    chased = told.get("chase")
    kind = told.get("kind") or (kind_of_order(request, chased) if chased else "")
    return actions.NoteEntry(
        text=told.get("text", ""),
        kind=NoteKind(kind) if kind else None,
        told_versions=_told_keys(request, request.POST.getlist("told")),
        follow_up=bool(told.get("follow_up")),
        due_at=told.get("due_at"),
        **order_entry(told),
    )


def _chase(request: HttpRequest, key: dict[str, Any], order_id: int) -> HttpResponse:
    """The caller presses for an order, and there is nothing to write."""
    row = actions.chase_order(**key, order_id=order_id, **who(request))
    words = ngettext(
        "Order %(number)s is chased, %(count)d time so far.",
        "Order %(number)s is chased, %(count)d times so far.",
        row.urged_count,
    )
    messages.success(request, words % {"number": row.number, "count": row.urged_count})
    return redirect(_back(key["call_id"], key["number"]))


def _back(call_id: str, number: str) -> str:
    """Where the page of who calls stands: a call in hand comes up by itself."""
    address = reverse("hotline:desk")
    return address if call_id else f"{address}?{urlencode({'number': number})}"


def _key(told: dict[str, Any]) -> dict[str, Any]:
    """Which call or number a form is about: of a call, the number is the one that the exchange told."""
    exchange_id, call_id = told["exchange_id"], told.get("call_id", "")
    number = queries.number_of_call(exchange_id, call_id) if call_id else told.get("number", "")
    return {"exchange_id": exchange_id, "call_id": call_id, "number": number}


_WHY_NOT = {
    "text": gettext_lazy("Write what the call was about."),
    "kind": gettext_lazy("Choose what kind of business it was."),
    "number": gettext_lazy("The number was withheld, so nobody can be called back."),
    "hours": gettext_lazy(
        "Promise the call for a time that is still to come, in the hours at which people are called."
    ),
    "account": gettext_lazy("This account is not there any more. Choose the customer again."),
    "unit": gettext_lazy("Choose the unit that works on it."),
    "station": gettext_lazy("Choose the station that works on it: this place alone does not say which it is."),
    "topic": gettext_lazy("Choose what it is about."),
    "whom": gettext_lazy("Say whom this is from: find the customer, or write down the place."),
    "promise": gettext_lazy("A promise needs an order, what is promised, and a time that is still to come."),
    "over": gettext_lazy("This order is over. Open another one, or look it up."),
}


@require_POST
@permission_required(Permission.HOTLINE_WORK)
def desk_urge(request: HttpRequest) -> HttpResponse:
    """Note that the caller presses for an answer."""
    form = NoteForm(request.POST)
    if not form.is_valid():
        raise Http404
    told = form.cleaned_data
    exchanges = queries.exchanges_within(request.data_scope)  # type: ignore[attr-defined]
    if told["exchange_id"] not in {one.pk for one in exchanges}:
        raise Http404
    key = _key(told)
    if not key["number"]:
        raise Http404
    try:
        row = actions.urge_answer(**key, **who(request))
    except actions.UrgedTooSoonError as error:
        again = f"{timezone.localtime(error.next_at):%H:%M}"
        messages.warning(request, _("Noted already; the next time counts from %(time)s on.") % {"time": again})
    else:
        messages.success(request, _("Noted, for time number %(count)d.") % {"count": row.count})
    return redirect(_back(told["call_id"], told["number"]))


@require_http_methods(["GET", "POST"])
@permission_required(Permission.HOTLINE_VIEW)
def desk_rules(request: HttpRequest) -> HttpResponse:
    """How the desk works, from when, by which rule; and a form for another."""
    rows = queries.desk_rules()
    # The rule is the whole installation's: who may change it must be responsible for all exchanges.
    whole = bool(scope_of(request.user, Permission.HOTLINE_EDIT)) and all(
        may(request.user, Permission.HOTLINE_EDIT, path=one.unit.path) for one in queries.all_exchanges()
    )
    names = [name for name in DeskRuleForm.base_fields if name not in ("from_date", "source")]
    initial = {name: getattr(rows[0], name) for name in names} | {"from_date": local_today()}
    form = DeskRuleForm(request.POST or None, initial=initial) if whole else None
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        if form.is_valid():
            rule = form.save(commit=False)
            actions.set_desk_rule(from_date=rule.from_date, told=rule, **who(request))
            messages.success(request, _("Saved. The desk works by it from that day on."))
            return redirect("hotline:desk-rules")
    context = {"form": form, "rows": rows}
    return render(request, "hotline/desk_rules.html", context, status=422 if form and form.errors else 200)
