"""Orders as pages and other contexts ask for them."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import takewhile

from django.db.models import F, Q, QuerySet, prefetch_related_objects
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.adapters.phones import digits_of
from denghuo.apps.customers import queries as customers
from denghuo.apps.customers.queries import Moment
from denghuo.apps.network.models import Load
from denghuo.apps.orders.models import (
    Appeal,
    CallBackResult,
    Channel,
    Draft,
    Finding,
    HandOver,
    Order,
    OrderStep,
    State,
    StepRule,
    Suspension,
    Who,
)
from denghuo.apps.orders.queries.confirming import CONFIRMS, ENDS, refused_as_own
from denghuo.apps.orders.queries.readers import ABOUT_PEOPLE, CONFIDENTIAL, Reader, deals_with, holds, readable
from denghuo.apps.orders.queries.rules import rule_book
from denghuo.apps.organization.access import within
from denghuo.apps.organization.models import Unit
from denghuo.apps.sealed import blind

CALLER_INDEX = "orders.order.caller"
_NUMBER = re.compile(r"^(?:\d{6}-)?0*(\d{1,12})$")
_PHONE = re.compile(r"^[\d\s+-]{7,}$")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which orders are asked for; what is empty asks for nothing. ``handler``, ``offered_to`` and ``to_decide`` are
    user names: who has it in hand, who is to answer, who is to decide."""

    text: str = ""
    kind: str = ""
    state: str = ""
    due: str = ""
    handler: str = ""
    offered_to: str = ""
    to_decide: str = ""
    since: date | None = None
    until: date | None = None


def of_units(scope: Iterable[str]) -> Q:
    """Orders of a scope by the keys of its units, which the index begins with: by paths every order would be read."""
    return Q(unit__in=list(Unit.objects.filter(within(scope, field="path")).values_list("pk", flat=True)))


def order_for(scope: Iterable[str], order_id: int, *, offered: bool = False, reader: Reader | None = None) -> Order:
    """One order, if it lies in the scope and may be read; ``offered``: or if it is offered to a unit of the scope.

    Raises:
        Order.DoesNotExist: there is none, or it is somebody else's.
    """
    inside = within(scope, field="unit__path")
    if offered:
        inside |= Q(pk__in=_offered_to_units(scope))
    rows = Order.objects.select_related("unit", "account", "parent", "merged_into")
    return rows.get(inside, readable(reader), pk=order_id)


def order_of_key(client_key: str) -> Order | None:
    """The order that was opened under a key."""
    return Order.objects.filter(client_key=client_key).first() if client_key else None


def find(scope: Iterable[str], wanted: Wanted, *, at: datetime, reader: Reader | None = None) -> "QuerySet[Order]":
    """Orders of a scope that may be read: what is due first, where open ones are asked for, else the newest first."""
    scope = tuple(scope)
    inside = of_units(scope)
    if wanted.offered_to:
        inside = (inside & Q(pk__in=_offered_to(wanted.offered_to))) | Q(pk__in=_offered_to_units(scope))
    rows = Order.objects.filter(inside, readable(reader)).select_related("unit", "account")
    if wanted.to_decide:
        rows = rows.filter(_undecided(wanted.to_decide))
    if wanted.text.strip():
        rows = rows.filter(_spoken_of(scope, wanted.text.strip()))
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.state:
        # Whoever types the number of an order means that one, however far it is.
        of_state = Q(closed_at=None) if wanted.state == "open" else Q(state=wanted.state)
        rows = rows.filter(of_state | _numbered(wanted.text.strip()))
    if wanted.handler:
        rows = rows.filter(handler=wanted.handler, closed_at=None)
    if wanted.since:
        rows = rows.filter(received_at__gte=_midnight(wanted.since))
    if wanted.until:
        rows = rows.filter(received_at__lt=_midnight(wanted.until + timedelta(days=1)))
    return _by_due(rows, wanted, at)


def _by_due(rows: "QuerySet[Order]", wanted: Wanted, at: datetime) -> "QuerySet[Order]":
    if wanted.due == "overdue":
        rows = rows.filter(_OVERDUE | Q(next_due_at__lte=at), closed_at=None)
    elif wanted.due == "soon":
        rows = rows.filter(closed_at=None, overdue_at=None, next_due_at__gt=at).filter(
            Q(next_warn_at__lte=at) | Q(next_due_at__lte=at + timedelta(hours=2))
        )
    if wanted.due or wanted.handler or wanted.state == "open":
        return rows.order_by(F("next_due_at").asc(nulls_last=True), "pk")
    return rows.order_by("-received_at", "-pk")


_OVERDUE = Q(overdue_at__isnull=False)


_WAITING = {"accepted_at": None, "refused_at": None}


def _offered_to(username: str) -> "QuerySet[HandOver, int]":
    """Orders that wait for somebody's answer."""
    return HandOver.objects.filter(to_username=username, **_WAITING).values_list("order", flat=True)


def _offered_to_units(scope: Iterable[str]) -> "QuerySet[HandOver, int]":
    """Orders that wait for the answer of a unit of the scope, wherever they are now."""
    rows = HandOver.objects.filter(within(scope, field="to_unit__path"), to_username="", **_WAITING)
    return rows.values_list("order", flat=True)


def _undecided(but: str) -> Q:
    """Orders of which a suspension or an appeal waits to be decided by somebody who has not asked for it."""
    asked = Suspension.objects.filter(decided_at=None, order__closed_at=None).exclude(asked_by=but)
    filed = Appeal.objects.filter(decided_at=None).exclude(filed_by=but)
    return Q(pk__in=asked.values("order")) | Q(pk__in=filed.values("order"))


def _spoken_of(scope: tuple[str, ...], text: str) -> Q:
    """What somebody typed: an order's number, a telephone, an account, or words."""
    found = Q(place__icontains=text) | Q(text__icontains=text) | Q(load_code__iexact=text)
    found |= _numbered(text)
    if _PHONE.match(text):
        found |= Q(caller_index=blind(digits_of(text), context=CALLER_INDEX))
    hits = customers.search(scope, text, limit=20).hits
    return found | Q(account__in=[hit.customer.account_id for hit in hits]) if hits else found


def _numbered(text: str) -> Q:
    """The order of this number, told in full or by what ends it."""
    number = _NUMBER.match(text)
    return Q(pk=int(number[1])) if number else Q(pk__in=[])


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day))  # noqa: DTZ001 (the zone follows)


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What waits in a scope."""

    open: int
    mine: int
    soon: int
    overdue: int
    offered: int
    to_decide: int


def counts(scope: Iterable[str], *, reader: Reader, decides: Iterable[str], at: datetime) -> Counts:
    """How many orders of a scope are open, one's own, nearly due, overdue, offered to somebody, and to be decided by
    them, who ``decides`` in another scope."""
    scope, decides, username = tuple(scope), tuple(decides), reader.username

    def of(wanted: Wanted) -> int:
        return find(scope, wanted, at=at, reader=reader).order_by().count()

    return Counts(
        open=of(Wanted(state="open")),
        mine=of(Wanted(handler=username)),
        soon=of(Wanted(due="soon")),
        overdue=of(Wanted(due="overdue")),
        offered=of(Wanted(offered_to=username)),
        to_decide=find(decides, Wanted(to_decide=username), at=at, reader=reader).order_by().count(),
    )


def open_of_account(account_id: int, *, reader: Reader | None) -> list[Order]:
    """What is open of a customer and may be read, the newest first."""
    rows = Order.objects.filter(readable(reader), account_id=account_id, closed_at=None)
    return list(rows.order_by("-received_at", "-pk"))


def open_of_caller(number: str, *, reader: Reader | None) -> list[Order]:
    """What is open of a telephone number and may be read, the newest first."""
    digits = "".join(filter(str.isdigit, number))
    if not digits:
        return []
    index = blind(digits, context=CALLER_INDEX)
    rows = Order.objects.filter(readable(reader), caller_index=index, closed_at=None)
    return list(rows.order_by("-received_at", "-pk"))


def orders_by_id(order_ids: Iterable[int]) -> dict[int, Order]:
    """Orders by key. For callers who know already that these may be seen."""
    return {row.pk: row for row in Order.objects.filter(pk__in={*order_ids}).select_related("unit", "account")}


@dataclass(frozen=True, kw_only=True)
class AccountFinding:
    """What was found at a customer's the last times, such as wiring of their own."""

    order_id: int
    number: str
    finding: str
    kind: str
    topic: str
    at: datetime


def findings_of_account(account_id: int, *, limit: int = 5, reader: Reader | None) -> list[AccountFinding]:
    """What was found at a customer's, the last first."""
    rows = Order.objects.filter(readable(reader), account_id=account_id).exclude(finding=Finding.UNKNOWN)
    rows = rows.order_by("-received_at", "-pk")
    return [
        AccountFinding(
            order_id=row.pk,
            number=row.number,
            finding=row.finding,
            kind=row.kind,
            topic=row.topic,
            at=row.received_at,
        )
        for row in rows[:limit]
    ]


_TONES = {State.CLOSED: "done", State.TERMINATED: "filed", State.MERGED: "filed", State.SUSPENDED: "waiting"}


def customer_moments(
    account_id: int, load_code: str, unit_id: int, *, limit: int, before: datetime | None
) -> list[Moment]:
    """Orders of a customer as moments of their timeline, the last first."""
    del load_code, unit_id  # an order is of an account, not of a place
    rows = Order.objects.filter(readable(None), account_id=account_id).order_by("-received_at", "-pk")
    if before is not None:
        rows = rows.filter(received_at__lt=before)
    return [
        Moment(
            at=row.received_at,
            kind=f"orders.{row.kind}",
            text=_("%(kind)s, %(topic)s: %(state)s")
            % {
                "kind": row.get_kind_display(),
                "topic": row.get_topic_display(),
                "state": row.get_state_display(),
            },
            path=reverse("orders:order", args=[row.pk]),
            tone="breached" if row.overdue_at else _TONES.get(State(row.state), "act"),
        )
        for row in rows[:limit]
    ]


def steps_open(order: Order, *, username: str, supervises: bool, at: datetime) -> dict[str, StepRule]:
    """The steps that somebody may take now, by code: by the state, and by who they are."""
    rules = rule_book().steps_of(order.kind, timezone.localdate(at))
    deals = deals_with(order, username, supervises=supervises)
    allowed = {
        Who.WORKS: deals,
        Who.HANDLER: holds(order, username, supervises=supervises),
        Who.SUPERVISES: supervises,
    }
    found = {
        step: rule
        for step, rule in rules.items()
        if step != "open"
        and order.state in rule.from_states
        and (allowed[Who(rule.who)] or (step in _FOR_ALL and rule.who == Who.WORKS))
    }
    for step in CONFIRMS | ENDS:
        if step in found and refused_as_own(order, step, username):
            del found[step]
    if order.kind in ABOUT_PEOPLE and not supervises:
        found.pop("merge", None)  # it ends an order as well
    said = last_said(order) if {"call_back", "no_answer"} & found.keys() else ""
    if said == CallBackResult.DISSATISFIED and not supervises:
        found.pop("call_back", None)  # who is not satisfied is not made satisfied by a second click
    if said:
        found.pop("no_answer", None)  # they were reached
    if "close" in found and not tries_of(order, at=at).is_enough:
        del found["close"]
    return found


# To press and to bring it before others is for everybody, of whatever they may read.
_FOR_ALL = frozenset({"urge", "escalate"})


@dataclass(frozen=True, kw_only=True)
class Tries:
    """Calls back since the work was finished: whether the customer was reached, how often they did not answer, how
    often that counts (within the gap of the rule once), and from when the next one counts."""

    reached: bool
    count: int
    wanted: int
    next_at: datetime | None

    @property
    def is_enough(self) -> bool:
        """Whether the order may be closed."""
        return self.reached or self.count >= self.wanted


def tries_of(order: Order, *, at: datetime) -> Tries:
    """The calls back to a customer; nobody can be called of whom no number is known."""
    rule = rule_book().number(timezone.localdate(at))
    if not _can_be_called(order):
        return Tries(reached=True, count=0, wanted=rule.call_back_tries, next_at=None)
    steps = order.steps.filter(step__in=("finish", "call_back", "no_answer")).order_by("-told_at", "-pk")
    told = list(steps.values_list("step", "told_at"))
    calls = list(takewhile(lambda one: one[0] != "finish", told))
    count, next_at = 0, None
    for step, told_at in reversed(calls):
        if step == "no_answer" and (next_at is None or told_at >= next_at):
            count, next_at = count + 1, told_at + timedelta(seconds=rule.call_back_gap_s)
    reached = len(calls) == len(told) or any(step == "call_back" for step, _ in calls)
    return Tries(reached=reached, count=count, wanted=rule.call_back_tries, next_at=next_at)


def _can_be_called(order: Order) -> bool:
    """Whether somebody asked for it, and told a number or has one in the customer file that may be used."""
    if order.caller or order.channel == Channel.SYSTEM or order.account_id is None:
        return bool(order.caller)
    ways = customers.ways_of([order.account_id], purpose="outage")
    return any(way.consented and not way.carer for way in ways.get(order.account_id, ()))


def is_dissatisfied(order: Order) -> bool:
    """Whether the customer was not satisfied when they were called back last."""
    return last_said(order) == CallBackResult.DISSATISFIED


def last_said(order: Order) -> str:
    """What the customer said of the work when called back last, since it was finished; "" where they did not."""
    call = last_call(order)
    return call.result if call is not None else ""


def last_call(order: Order) -> OrderStep | None:
    """The last call back since the work was finished; None where nobody was reached."""
    last = order.steps.filter(step__in=("finish", "call_back")).order_by("-told_at", "-pk").first()
    return last if last is not None and last.step == "call_back" else None


def alike(order: Order, *, within_h: int = 48) -> list[Order]:
    """Open orders of the same kind from the same customer, caller or place: perhaps the same matter. Each report of
    misconduct is judged by itself."""
    if order.kind in CONFIDENTIAL:
        return []
    same = Q(pk__in=[])
    if order.account_id:
        same |= Q(account_id=order.account_id)
    if order.caller_index is not None:
        same |= Q(caller_index=order.caller_index)
    if order.load_code:
        same |= Q(load_code=order.load_code)
    since = order.received_at - timedelta(hours=within_h)
    rows = Order.objects.filter(same, kind=order.kind, unit_id=order.unit_id, closed_at=None, received_at__gte=since)
    kin = [one for one in (order.pk, order.parent_id) if one is not None]  # a part is no other order of the same
    return list(rows.exclude(pk__in=kin).exclude(parent=order).order_by("-received_at", "-pk")[:20])


def first_come(orders: Iterable[Order]) -> Order:
    """The order that came in first: what is the same matter goes on with it, so that no promise starts anew."""
    return min(orders, key=lambda one: (one.received_at, one.pk))


def goes_on(orders: Iterable[Order]) -> bool:
    """Whether the one that came in first is still worked on, or all are done: what is not done goes on with nothing
    that is."""
    orders = list(orders)
    return first_come(orders).state != State.DONE or all(one.state == State.DONE for one in orders)


def may_merge(orders: Iterable[Order], *, username: str, supervises: bool, at: datetime) -> bool:
    """Whether somebody may say that orders are the same matter: it goes on with the one that came in first, they deal
    with that, and may end the others with it."""
    orders = list(orders)
    first = first_come(orders)
    return (
        goes_on(orders)
        and deals_with(first, username, supervises=supervises)
        and all(
            "merge" in steps_open(one, username=username, supervises=supervises, at=at)
            for one in orders
            if one.pk != first.pk
        )
    )


def mergeable(
    order: Order, others: Collection[Order], *, username: str, supervises: bool, at: datetime
) -> frozenset[int]:
    """The keys of those that somebody may say to be the same matter as an order."""
    prefetch_related_objects([order, *others], "corrections")
    return frozenset(
        one.pk for one in others if may_merge([order, one], username=username, supervises=supervises, at=at)
    )


def load_codes(unit_id: int) -> frozenset[str]:
    """The transformer areas of a unit's network; none where it has no network."""
    rows = Load.objects.filter(network__unit=unit_id, network__revision__gt=0, retired_at=None)
    return frozenset(rows.values_list("code", flat=True))


def load_names(places: Collection[tuple[int, str]]) -> dict[tuple[int, str], str]:
    """What transformer areas are called, with their codes, by unit and code; the code alone where the network of the
    unit does not know it."""
    units, codes = {unit_id for unit_id, _code in places}, {code for _unit_id, code in places}
    rows = Load.objects.filter(network__unit__in=units, code__in=codes, network__revision__gt=0, retired_at=None)
    known = {(unit_id, code): name for unit_id, code, name in rows.values_list("network__unit", "code", "name")}
    told = {place: known.get(place) or place[1] for place in places}
    return {place: name if name == place[1] else f"{name} {place[1]}" for place, name in told.items()}


def units_for(scope: Iterable[str]) -> list[Unit]:
    """Units that orders are opened in."""
    return list(Unit.objects.filter(within(scope, field="path")).order_by("path"))


def draft_of(username: str) -> str:
    """What somebody was writing."""
    row = Draft.objects.filter(username=username).first()
    return str(row.content) if row else ""
