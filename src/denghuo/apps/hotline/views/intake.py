"""The part of the desk that becomes an order: whose matter it is, what about, and what became of it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.customers import queries as customers
from denghuo.apps.hotline import queries
from denghuo.apps.hotline.forms import NoteForm
from denghuo.apps.hotline.models import Exchange, NoteKind
from denghuo.apps.hotline.views.asked import key_in
from denghuo.apps.orders import queries as orders
from denghuo.apps.orders.models import Order, PromiseOf, Topic
from denghuo.apps.organization.access import Permission, may, permission_required
from denghuo.apps.organization.queries import units_within

_FOUND = 8
_LONGEST = 100
_CHASED = 3
# What was proposed moves with what is known; whatever else was chosen stays.
_PROPOSED = {Topic.NO_SUPPLY, Topic.ARREARS, Topic.RECONNECT, Topic.OUTAGES, Topic.OTHER}
_ORDER = ("kind", "topic", "place", "load_code", "unit", "passed_on", "promise", "promise_at")
_NOTE_KIND = {kind: note_kind for note_kind, kind in queries.KIND_OF.items()}


def order_entry(told: dict[str, Any]) -> dict[str, Any]:
    """What a form says of the order, as a note takes it."""
    names = ("topic", "place", "load_code")
    return {name: told.get(name, "") for name in names} | {
        "account_id": told.get("account"),
        "unit_id": told.get("unit"),
        "passed_on": bool(told.get("passed_on")),
        "promise": PromiseOf(told["promise"]) if told.get("promise") else None,
        "promise_at": told.get("promise_at"),
        "chased_id": told.get("chase"),
    }


def reader(request: HttpRequest) -> orders.Reader:
    return orders.reader_of(request.user)


def kind_of_order(request: HttpRequest, order_id: int) -> str:
    """The kind of business that an open order is; "" where there is none."""
    try:
        row = orders.order_for(request.data_scope, order_id, reader=reader(request))  # type: ignore[attr-defined]
    except Order.DoesNotExist:
        return ""
    return _NOTE_KIND.get(row.kind, "")  # type: ignore[call-overload]


def order_context(exchange: Exchange, form: NoteForm, about: queries.About) -> dict[str, Any]:
    """What the fields of an order are shown with: which there are depends on the kind and on who calls."""
    kind = str(form["kind"].value() or "")
    passed_on = bool(form["passed_on"].value())
    proposal = queries.proposed(kind, about) if kind in queries.KIND_OF else None
    where = where_context(exchange, form, about)
    if proposal is not None and form["topic"].value() not in queries.topics_of(kind):
        _fill(form, "topic", proposal.topic)
    return {
        "kind": kind,
        "is_enquiry": kind == NoteKind.ENQUIRY,
        "opens": queries.opens_order(kind, passed_on=passed_on),
        "proposal": proposal,
        "chased": about.orders[:_CHASED],
        "now": timezone.now(),
        **where,
    }


def where_context(exchange: Exchange, form: NoteForm, about: queries.About, *, follows: bool = False) -> dict[str, Any]:
    """Where a matter is, and who works on it: asked where nobody knows the customer. ``follows``: another place was
    said just now, and the unit goes with it."""
    kind, place = str(form["kind"].value() or ""), str(form["place"].value() or "").strip()
    asks = about.known is None or about.known.customer is None
    where = queries.where_of(exchange, place) if asks and place else None
    units = _units(exchange, kind)
    form.of_kind(kind, units, where=where)
    chosen = str(form["unit"].value() or "")
    if where is not None and (follows or not chosen):
        chosen = str(where.unit_id)
    if chosen not in {str(pk) for pk, _name in units}:
        chosen = str(units[0][0]) if len(units) == 1 or kind != NoteKind.FAULT_REPORT else ""
    _fill(form, "unit", chosen)
    if where is not None and not where.has(str(form["load_code"].value() or "")):
        _fill(form, "load_code", where.load_code)
    return {
        "asks_where": asks,
        "where": where,
        "place_said": place,
        "places": queries.places_like(exchange, place) if asks and place and where is None else [],
        "asks_unit": asks and len(units) > 1,
    }


def accounts_of(about: queries.About) -> list[dict[str, Any]]:
    """The accounts that a number is known of, to choose from, and whether each is without supply."""
    chosen = about.known.account_id if about.known else None
    return [
        {"caller": one, "chosen": one.account_id == chosen, "is_dark": one.account_id in about.dark}
        for one in about.callers
        if one.customer is not None
    ]


def _fill(form: NoteForm, name: str, value: Any) -> None:
    """Propose a value, also in a form that was sent without one."""
    if form.is_bound:
        told: Any = form.data
        form.data = told.copy()
        form.data[name] = value  # type: ignore[index]
    else:
        form.initial[name] = form[name].initial = value  # a field that was asked remembers what it said


def _units(exchange: Exchange, kind: str) -> list[tuple[int, str]]:
    """Who can work on it: the stations that an exchange serves; but for faults its own unit before them."""
    stations = [(one.pk, one.name) for one in queries.stations_of(exchange)]
    own = [(one.pk, one.name) for one in units_within([str(exchange.unit.path)]) if one.pk == exchange.unit_id]
    return stations if kind == NoteKind.FAULT_REPORT else list(dict.fromkeys([*own, *stations]))


def customer_search(request: HttpRequest, exchange: Exchange) -> bool:
    """Whether this person may look customers up where the exchange is."""
    return may(request.user, Permission.CUSTOMERS_VIEW, path=exchange.unit.path)


def kept_of(request: HttpRequest, key: int | None) -> queries.Kept | None:
    """The note that this person kept a moment ago."""
    if key is None:
        return None
    scope = request.data_scope  # type: ignore[attr-defined]
    return queries.kept_note(scope, note_id=key, username=request.user.get_username(), at=timezone.now())


def _told(request: HttpRequest) -> tuple[Exchange, str, NoteForm]:
    """The form as it stands in the page: whose exchange it is, which number, and what is chosen so far."""
    form = NoteForm(request.POST)
    form.is_valid()
    told = form.cleaned_data
    scope = request.data_scope  # type: ignore[attr-defined]
    exchange = next((one for one in queries.exchanges_within(scope) if one.pk == told.get("exchange_id")), None)
    if exchange is None:
        raise Http404
    call_id = told.get("call_id", "")
    number = queries.number_of_call(exchange.pk, call_id) if call_id else told.get("number", "")
    return exchange, number, form


def _shown_anew(form: NoteForm, about: queries.About) -> NoteForm:
    """The form with what was proposed put in line with what is known now."""
    initial = {name: form[name].value() for name in _ORDER}
    kind, topic = initial["kind"], initial["topic"]
    if kind in queries.KIND_OF and (topic not in queries.topics_of(kind) or topic in _PROPOSED):
        initial["topic"] = queries.proposed(kind, about).topic
    return NoteForm(initial=initial)


@require_POST
@permission_required(Permission.HOTLINE_WORK)
def desk_about(request: HttpRequest) -> HttpResponse:
    """Another account was chosen: what is known of it, and what the order is then likely to be about."""
    exchange, number, form = _told(request)
    chosen = form.cleaned_data.get("account")
    about = queries.about_of(exchange, number, account_id=chosen, at=timezone.now(), reader=reader(request))
    shown = _shown_anew(form, about)
    context = {"pop": about, "form": shown, "swapped": True, **order_context(exchange, shown, about)}
    return _unkept(render(request, "hotline/desk_about.html", context))


@require_POST
@permission_required(Permission.HOTLINE_WORK)
def desk_order(request: HttpRequest) -> HttpResponse:
    """Another kind was chosen: the fields of its order."""
    exchange, number, form = _told(request)
    chosen = form.cleaned_data.get("account")
    about = queries.about_of(exchange, number, account_id=chosen, at=timezone.now(), reader=reader(request))
    shown = _shown_anew(form, about)
    context = {"pop": about, "form": shown, **order_context(exchange, shown, about)}
    return _unkept(render(request, "hotline/desk_order.html", context))


@require_POST
@permission_required(Permission.HOTLINE_WORK)
def desk_where(request: HttpRequest) -> HttpResponse:
    """Another place was said: the station and the transformer districts that it belongs to, and what is out there."""
    exchange, number, form = _told(request)
    chosen = form.cleaned_data.get("account")
    about = queries.about_of(exchange, number, account_id=chosen, at=timezone.now(), reader=reader(request))
    shown = NoteForm(initial={name: form[name].value() for name in _ORDER})
    context = {"form": shown, **where_context(exchange, shown, about, follows=True)}
    return _unkept(render(request, "hotline/desk_where.html", context))


@require_POST
@permission_required(Permission.HOTLINE_WORK)
def desk_customers(request: HttpRequest) -> HttpResponse:
    """Customers that fit what is typed; the one that is chosen and was not found by the number stays."""
    exchange, number, form = _told(request)
    if not customer_search(request, exchange):
        raise PermissionDenied
    text = request.POST.get("customer", "").replace("\x00", "").strip()[:_LONGEST]
    scope = [str(exchange.unit.path)]
    found = customers.search(scope, text, limit=_FOUND) if text else None
    known = {one.account_id for one in queries.whom_of(exchange, number, reader=reader(request))}
    chosen = form.cleaned_data.get("account")
    kept = queries.caller_on(exchange, chosen) if chosen and chosen not in known else None
    hits = [queries.told_of(hit.customer) for hit in found.hits] if found else []
    context = {
        "text": text,
        "kept": kept,
        "hits": [one for one in hits if one.account_id not in known and one.account_id != chosen],
        "known_already": [one for one in hits if one.account_id in known],
        "more": bool(found and found.more),
    }
    return _unkept(render(request, "hotline/desk_customers.html", context))


@require_GET
@permission_required(Permission.HOTLINE_WORK)
def desk_kept(request: HttpRequest) -> HttpResponse:
    """What became of a note that was kept a moment ago: a report is placed on the network soon after."""
    kept = kept_of(request, key_in(request, "kept"))
    if kept is None:
        return HttpResponse()
    return _unkept(render(request, "hotline/desk_kept.html", {"kept": kept}))


def _unkept(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = "no-store"
    return answer
