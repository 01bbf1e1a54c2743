"""The agent's desk: who calls, what to say, what to write down."""

import re
from dataclasses import dataclass
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
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.hotline import actions, queries
from denghuo.apps.hotline.forms import LOCAL_MINUTE, NUMBER_WANTED, DeskRuleForm, NoteForm, local_today
from denghuo.apps.hotline.models import CallNote, Exchange, NoteKind
from denghuo.apps.hotline.views.announcements import who
from denghuo.apps.knowledge import queries as knowledge
from denghuo.apps.organization.access import Permission, may, permission_required, scope_of

_HITS = 5
_LONGEST_NUMBER = 40
_ENDING = re.compile(r"[0-9]{1,4}$")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Whom the desk shows: the call in hand, or a number that was typed in. ``token`` tells one from the next."""

    exchange: Exchange
    call_id: str
    number: str
    state: str
    since: datetime | None

    @property
    def token(self) -> str:
        return f"{self.exchange.pk}/{self.call_id}"


def _asked(request: HttpRequest, typed: str) -> tuple[Asked | None, str]:
    """The draft that is opened again, the number typed in, or else the call in hand; and why a number typed in cannot
    be looked up, as a sentence.
    """
    exchanges = queries.exchanges_within(request.data_scope)  # type: ignore[attr-defined]
    if draft := _draft(request):
        return _of_key(request, draft.exchange, call_id=draft.call_id, number=draft.number), ""
    if not typed or not exchanges:
        return _in_hand(request, exchanges), ""
    seat = queries.seat_of(request.user.pk or 0)
    own = next((one for one in exchanges if seat and one.pk == seat.exchange_id), exchanges[0])
    number = queries.dialed(typed)
    if queries.can_be_looked_up(own, number):
        return Asked(exchange=own, call_id="", number=number, state="", since=None), ""
    part = bool(number) or queries.dialed(typed.replace("*", "0")) != ""
    why = _("A masked number or a part of one cannot be looked up here.") if part else NUMBER_WANTED
    return _in_hand(request, exchanges), str(why)


def _draft(request: HttpRequest) -> CallNote | None:
    """The note that this person began and wants to go on with."""
    key, scope = _key_of(request, "draft"), request.data_scope  # type: ignore[attr-defined]
    return queries.open_draft(scope, note_id=key, username=request.user.get_username()) if key else None


def _key_of(request: HttpRequest, name: str) -> int | None:
    key = request.GET.get(name, "")
    return int(key) if key.isascii() and key.isdigit() and len(key) < 18 else None


def _of_key(request: HttpRequest, exchange: Exchange, *, call_id: str, number: str) -> Asked:
    """Whom a note is about: the call in hand as it stands now, if it is that one."""
    hand = _in_hand(request, [exchange])
    if hand and call_id and hand.call_id == call_id:
        return hand
    return Asked(exchange=exchange, call_id=call_id, number=number, state="", since=None)


def _in_hand(request: HttpRequest, exchanges: list[Exchange]) -> Asked | None:
    hand = queries.call_in_hand(request.user.pk or 0)
    if hand is None or hand.exchange.pk not in {one.pk for one in exchanges}:
        return None
    return Asked(exchange=hand.exchange, call_id=hand.call_id, number=hand.number, state=hand.state, since=hand.since)


@require_GET
@permission_required(Permission.HOTLINE_WORK)
def desk(request: HttpRequest) -> HttpResponse:
    """Who calls, whether they are without supply, what to say, and the note."""
    typed = request.GET.get("number", "").strip().replace("\x00", "")[:_LONGEST_NUMBER]
    asked, why_not = _asked(request, typed)
    wrong = {"typed": typed, "why_not": why_not, "ending": _ending(typed)} if why_not else None
    return _page(request, asked, wrong=wrong)


def _ending(typed: str) -> str:
    """The digits at the end of a number, as far as a list of calls may be searched by them."""
    found = _ENDING.search(typed)
    return found[0] if found else ""


def _page(
    request: HttpRequest, asked: Asked | None, form: NoteForm | None = None, *, wrong: dict[str, str] | None = None
) -> HttpResponse:
    username = request.user.get_username()
    context: dict[str, Any] = {
        "asked": asked,
        "kept": _kept(request),
        "seat": queries.seat_of(request.user.pk or 0),
        "exchanges": queries.exchanges_within(request.data_scope),  # type: ignore[attr-defined]
        "drafts": [
            (note, queries.masked(note.number))
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
    pop = queries.pop_of(asked.exchange, asked.number, call_id=asked.call_id, at=now)
    times = queries.times_to_promise(asked.exchange, at=now)
    due_at = draft.due_at if draft and draft.due_at else queries.proposed_at(asked.exchange, at=now)
    # A call is named by its id alone; only a number that this person typed goes back to them.
    initial: dict[str, Any] = {
        "exchange_id": asked.exchange.pk,
        "call_id": asked.call_id,
        "number": "" if asked.call_id else asked.number,
        "due_at": timezone.localtime(due_at).strftime(LOCAL_MINUTE),
    }
    if draft:
        initial |= {"text": draft.text, "kind": draft.kind, "follow_up": draft.follow_up}
    form = form or NoteForm(initial=initial)
    form.offer(times)
    return {
        "pop": pop,
        "number": queries.masked(asked.number),
        "form": form,
        "told": _versions(draft.told_versions if draft else []),
        "query": "停电" if pop.out else "",
        "findings": _findings(request, draft.text if draft else ""),
    }


def _kept(request: HttpRequest) -> queries.Kept | None:
    """The note that this person kept a moment ago."""
    key, scope = _key_of(request, "kept"), request.data_scope  # type: ignore[attr-defined]
    if key is None:
        return None
    return queries.kept_note(scope, note_id=key, username=request.user.get_username(), at=timezone.now())


def _knows(request: HttpRequest) -> tuple[str, ...]:
    return scope_of(request.user, Permission.KNOWLEDGE_VIEW)


def _versions(keys: list[int]) -> list[Any]:
    """Versions of articles that the caller was told, in the order told."""
    return [knowledge.version_told(key) for key in keys]


@require_GET
@permission_required(Permission.HOTLINE_WORK)
def desk_call(request: HttpRequest) -> HttpResponse:
    """Which call is in hand now: the page's script asks again and again, so it is small."""
    hand = _in_hand(request, queries.exchanges_within(request.data_scope))  # type: ignore[attr-defined]
    told = {"token": hand.token if hand else "", "number": queries.masked(hand.number) if hand else ""}
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
    told = form.cleaned_data
    key = _key(told)
    entry = actions.NoteEntry(
        text=told.get("text", ""),
        kind=NoteKind(told["kind"]) if told.get("kind") else None,
        told_versions=_told_keys(request, request.POST.getlist("told")),
        follow_up=bool(told.get("follow_up")),
        due_at=told.get("due_at"),
    )
    if "keep" not in request.POST:
        note = actions.save_note(**key, entry=entry, **who(request))
        context = {"saved_at": note and note.saved_at, "findings": _findings(request, entry.text)}
        return render(request, "hotline/desk_saved.html", context)
    try:
        note = actions.keep_note(**key, entry=entry, **who(request))
    except ValueError:
        actions.save_note(**key, entry=entry, **who(request))
        form.add_error(None, _why_not(entry, key["number"]))
        return _page(request, _of_key(request, exchange, call_id=key["call_id"], number=key["number"]), form)
    return redirect(f"{reverse('hotline:desk')}?{urlencode({'kept': note.pk})}")


def _key(told: dict[str, Any]) -> dict[str, Any]:
    """Which call or number a form is about: of a call, the number is the one that the exchange told."""
    exchange_id, call_id = told["exchange_id"], told.get("call_id", "")
    number = queries.number_of_call(exchange_id, call_id) if call_id else told.get("number", "")
    return {"exchange_id": exchange_id, "call_id": call_id, "number": number}


def _why_not(entry: actions.NoteEntry, number: str) -> str:
    if not entry.text.strip():
        return _("Write what the call was about.")
    if entry.kind is None:
        return _("Choose what kind of business it was.")
    if not number:
        return _("The number was withheld, so nobody can be called back.")
    return _("Promise the call for a time that is still to come, in the hours at which people are called.")


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
    address = reverse("hotline:desk")
    return redirect(address if told["call_id"] else f"{address}?{urlencode({'number': told['number']})}")


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
