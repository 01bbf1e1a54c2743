"""What orders do when something happens elsewhere: a crew is sent, arrives, finishes; somebody was not reached.

The contexts of these facts lie above: each is asked only for what is read here.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any, Protocol

from django.conf import settings
from django.utils import timezone, translation
from django.utils.functional import Promise as Words
from django.utils.translation import gettext_lazy as _

from denghuo.apps.customers import queries as customers
from denghuo.apps.notices import queries as notices
from denghuo.apps.orders.actions.opening import OrderEntry, open_order
from denghuo.apps.orders.actions.promises import give_promise
from denghuo.apps.orders.actions.steps import take_step
from denghuo.apps.orders.actions.talk import make_remark
from denghuo.apps.orders.models import Channel, Clock, Finding, Kind, Order, OrderStep, PromiseOf, Remark, State, Topic
from denghuo.apps.orders.queries.clocks import clocks_of_all
from denghuo.apps.orders.queries.orders import last_call
from denghuo.apps.orders.queries.rules import rule_book
from denghuo.apps.orders.queries.still_out import SaysOut, back_by_log, still_out
from denghuo.apps.orders.snapshot.clocks import ClockShown

_CORRECTED = {
    "departed": _("The crew corrects: it set out at %(at)s."),
    "arrived": _("The crew corrects: it arrived at %(at)s."),
    "finished": _("The crew corrects: it finished at %(at)s."),
}
FOUND = frozenset(Finding.values)
# Nobody of ours has come yet.
_NOT_THERE = frozenset({State.REGISTERED, State.DISPATCHED, State.IN_HAND, State.SUSPENDED})
# What a clock of being sent and accepting begins anew with.
_ANEW = ("dispatch", "return", "reopen")
# What an order was told of its supply, and from when on that is asked anew.
_OF_SUPPLY = ("arrive", "restore", "still_out", "reopen")
# What a crew says when somebody has to come again.
NOT_DONE = {
    "nobody_there": _("Nobody there"),
    "needs_more": _("Needs more people or material"),
    "put_off": _("Not done today: another day is agreed"),
}


class Assigned(Protocol):
    """A crew was given orders."""

    @property
    def order_ids(self) -> tuple[int, ...]: ...


class Added(Assigned, Protocol):
    """A crew that is on its way serves more orders: since when it is sent, has accepted and is there."""

    @property
    def sent_at(self) -> datetime | None: ...
    @property
    def accepted_at(self) -> datetime | None: ...
    @property
    def arrived_at(self) -> datetime | None: ...
    @property
    def crew(self) -> str: ...


class Accepted(Assigned, Protocol):
    """A crew goes, since."""

    @property
    def accepted_at(self) -> datetime: ...


class Arrived(Assigned, Protocol):
    """A crew is there, since."""

    @property
    def arrived_at(self) -> datetime: ...


class Finished(Assigned, Protocol):
    """A crew has done its work, ``about`` something; when supply came back, if it did; on which day somebody comes
    again, if so agreed."""

    @property
    def about(self) -> str: ...
    @property
    def finding(self) -> str: ...
    @property
    def restored_at(self) -> datetime | None: ...
    @property
    def again_date(self) -> date | None: ...


class TimePutRight(Assigned, Protocol):
    """A crew says of a time it told whether it is right; ``what`` is the step, ``happened_at`` what holds now."""

    @property
    def what(self) -> str: ...
    @property
    def happened_at(self) -> datetime: ...
    @property
    def is_corrected(self) -> bool: ...


class Unreached(Protocol):
    """Somebody was called and did not answer: ``to_ref`` is a customer, ``about`` what it was about."""

    @property
    def message_id(self) -> int: ...
    @property
    def about(self) -> str: ...
    @property
    def to_ref(self) -> str: ...
    @property
    def ring(self) -> int: ...


class Reached(Unreached, Protocol):
    """Somebody answered what they were asked."""

    @property
    def event(self) -> str: ...
    @property
    def answer(self) -> str: ...


class StillOut(Protocol):
    """Somebody whose supply should be back says of an order that it is not."""

    @property
    def order_id(self) -> int: ...


class Lit(Protocol):
    """Somebody whose supply should be back says that it is."""

    @property
    def order_id(self) -> int: ...
    @property
    def said_at(self) -> datetime: ...


class Back(Assigned, Protocol):
    """By the switching log the customers of orders have supply again, or, where it was corrected, have not."""


class Released(Assigned, Protocol):
    """The crew that had orders does not go, and why, where somebody said so."""

    @property
    def reason(self) -> str: ...


def _written(words: "str | Words") -> str:
    """Words that stay in a row stand there in the language of the house, whoever's page they come from."""
    with translation.override(settings.LANGUAGE_CODE):
        return str(words)


def follow_assignment(fact: Assigned, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: a crew was sent; its orders are dispatched, but for those that another one serves already. Who says
    that what was done has not helped them waits for the one that is sent now."""
    del delivery_key  # a step that was taken is not open any more
    anew = {key for key, says in still_out(fact.order_ids).items() if not says.by_log}
    rows = Order.objects.filter(pk__in=fact.order_ids).order_by("pk")
    _all([row.pk for row in rows if row.pk in anew or not _is_served(row)], "dispatch", at=at, actor=actor)


def follow_added(fact: Added, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: orders are served by a crew that was sent before them. What it has done by now it did for them too: it
    is not asked to accept again, nor to arrive. Where nobody was sent for an order until its time had run out, that
    stays so: for it the crew was sent when somebody found that it belongs there."""
    del delivery_key  # a step that was taken is not open any more
    rows = list(Order.objects.filter(pk__in=fact.order_ids))
    unserved = {row.pk for row in rows if not _is_served(row)}
    late = unserved & {pk for pk, shown in clocks_of_all(rows, at=at).items() if any(map(_ran_out, shown))}
    words = _("%(crew)s had been sent there already.") if fact.crew else _("A crew had been sent there already.")
    told: dict[str, Any] = {"at": at, "actor": actor, "reason": _written(words) % {"crew": fact.crew}}
    for keys, is_late in ((unserved - late, False), (late, True)):
        _all(keys, "dispatch", **told, told_at=None if is_late else fact.sent_at)
    for step, done_at in (("accept", fact.accepted_at), ("arrive", fact.arrived_at)):
        if done_at is not None:
            there = Order.objects.filter(pk__in=fact.order_ids, state=State.ON_SITE).values_list("pk", flat=True)
            keys = {row.pk for row in rows} - (set(there) if step == "arrive" else set())
            _all(keys - late, step, **told, told_at=done_at, in_order=True)
            _all(keys & late, step, **told)


def _ran_out(shown: ClockShown) -> bool:
    """Whether nobody was sent or there in time, and still is not."""
    return shown.clock in (Clock.DISPATCH, Clock.ARRIVE) and shown.runs and shown.late


def follow_acceptance(fact: Accepted, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: the crew goes; of its orders nobody else has to say so."""
    del delivery_key  # a step that was taken is not open any more
    _all(fact.order_ids, "accept", at=at, actor=actor, told_at=fact.accepted_at)


def follow_arrival(fact: Arrived, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: the crew is there, since the instant that its telephone told, unless somebody was before; who has
    supply by then waits for none."""
    del delivery_key  # a step that was taken is not open any more
    there = set(_there(fact.order_ids))
    _all([key for key in fact.order_ids if key not in there], "arrive", at=at, actor=actor, told_at=fact.arrived_at)
    _restore(_there(fact.order_ids), at=at, actor=actor)


def follow_finish(fact: Finished, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: the work is done; what was found stays with each order, and it waits to be called back. What could not
    be done waits to be dispatched anew, and so does whoever says that they are still without supply, where the work has
    not helped them; the day agreed with the customer is a promise."""
    del delivery_key  # a step that was taken is not open any more, and a promise of the same day is given once
    if fact.finding in NOT_DONE:
        _all(fact.order_ids, "return", at=at, actor=actor, reason=_written(NOT_DONE[fact.finding]))
    else:
        says = still_out(fact.order_ids)
        left = {key for key, one in says.items() if one.is_left_by(fact.about, fact.restored_at)}
        done = [key for key in fact.order_ids if key not in left]
        if fact.restored_at is not None:
            _restore(done, at=at, actor=actor, told_at=fact.restored_at)
        _all(done, "finish", at=at, actor=actor, finding=fact.finding)
        found = Finding(fact.finding).label if fact.finding in FOUND else ""
        words = _("Still without supply; the crew found: %(found)s.") if found else _("Still without supply.")
        why = _written(words) % {"found": _written(found)}
        _all(_unsent(left, says), "return", at=at, actor=actor, reason=why)
    if fact.again_date is not None:
        _promise_visit(fact.order_ids, fact.again_date, at=at, actor=actor)


def _restore(order_ids: Iterable[int], *, at: datetime, actor: str, told_at: datetime | None = None) -> None:
    """Supply is back to the customers of orders: to each since when the log says so, to others as it is told
    (``told_at``), to others not. Their clock begins with the arrival, so it does not end before it."""
    last = _last_of_supply(order_ids)
    waiting = [key for key in order_ids if key not in last or last[key].step != "restore"]
    by_log = back_by_log(waiting)
    for key in waiting:
        since, words = by_log.get(key, told_at), _("By the switching log, since %(at)s.")
        if since is None:
            continue
        reason = _written(words) % {"at": f"{timezone.localtime(since):%Y-%m-%d %H:%M}"} if key in by_log else ""
        came_at = last[key].told_at if key in last and last[key].step == "arrive" else since
        _all([key], "restore", at=at, actor=actor, told_at=max(since, came_at), reason=reason)


def _last_of_supply(order_ids: Iterable[int]) -> dict[int, OrderStep]:
    """What orders were last told of their supply, since somebody came or they were opened anew."""
    steps = OrderStep.objects.filter(order_id__in=list(order_ids), step__in=_OF_SUPPLY).order_by("pk")
    return {step.order_id: step for step in steps}


def follow_back(fact: Back, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: by the log supply is back; where a crew is there, the clock of restoring stands still from then on,
    also while it goes on working for others."""
    del delivery_key  # who was told to have supply is not told so again
    _restore(_there(fact.order_ids), at=at, actor=actor)


def follow_not_back(fact: Back, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: the log was corrected, and supply that was back by it is not. The clock of restoring has run on all the
    time; what was done is open again."""
    del delivery_key  # what is open again is not opened once more
    text = _written(_("The switching log was corrected: supply is not back."))
    _not_restored(fact.order_ids, text, at=at, actor=actor)
    _all(fact.order_ids, "reopen", at=at, actor=actor, reason=text)


def _not_restored(order_ids: Iterable[int], text: str, *, at: datetime, actor: str) -> None:
    """Where somebody is there and supply was told to be back, it was not: the clock goes on from when it was told."""
    for key, told in _last_of_supply(order_ids).items():
        if told.step == "restore":
            _all([key], "still_out", at=at, actor=actor, told_at=told.told_at, reason=text)


def _there(order_ids: Iterable[int]) -> list[int]:
    """Orders where somebody is there."""
    rows = Order.objects.filter(pk__in=list(order_ids), state=State.ON_SITE)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _unsent(order_ids: Iterable[int], says: Mapping[int, SaysOut]) -> list[int]:
    """Those to whom nobody else was sent since they said so."""
    sent = OrderStep.objects.filter(order_id__in=order_ids, step="dispatch").values_list("order_id", "at")
    since = {key for key, sent_at in sent if sent_at > says[key].said_at}
    return sorted(set(order_ids) - since)


def _promise_visit(order_ids: Iterable[int], on: date, *, at: datetime, actor: str) -> None:
    """Somebody comes on a day: that is kept by the last minute of it."""
    due_at = timezone.make_aware(datetime.combine(on, time(23, 59)))
    rows = Order.objects.filter(pk__in=order_ids, closed_at=None).order_by("pk")
    for row in rows if due_at > at else ():
        note = _written(_("The day that the crew agreed with the customer"))
        give_promise(order_id=row.pk, what=PromiseOf.VISIT, due_at=due_at, note=note, at=at, actor=actor)


def follow_time_answered(fact: TimePutRight, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: a crew corrected a time. It stands in the conversation for whoever judges the order; no clock moves,
    see docs/decisions/corrected-times.md."""
    del delivery_key  # told twice is the same sentence twice, and that is looked for
    if not fact.is_corrected:
        return
    words = _CORRECTED.get(fact.what, _("The crew corrects a time that it told: %(at)s."))
    text = _written(words) % {"at": f"{timezone.localtime(fact.happened_at):%Y-%m-%d %H:%M}"}
    for order_id in fact.order_ids:
        if not Remark.objects.filter(order_id=order_id, side=Remark.Side.INSIDE, text=text).exists():
            make_remark(order_id=order_id, side=Remark.Side.INSIDE, text=text, at=at, actor=actor)


def _all(
    order_ids: Iterable[int],
    step: str,
    *,
    at: datetime,
    actor: str,
    told_at: datetime | None = None,
    in_order: bool = False,
    finding: str | None = None,
    reason: str = "",
) -> None:
    """A step of every order that can take it; others were moved by somebody meanwhile, and stay as they are. No step is
    told for a time before the order came in; being sent and accepting, and others that are ``in_order``, not for one
    before it was last sent or brought back."""
    book = rule_book()
    for row in Order.objects.filter(pk__in=order_ids).order_by("pk"):
        rule = book.steps_of(row.kind, timezone.localdate(at)).get(step)
        if rule is None or row.state not in rule.from_states or (step == "dispatch" and row.state == rule.to_state):
            continue
        when = None if told_at is None else max(told_at, row.received_at)
        if when is not None and (in_order or step in ("dispatch", "accept")):
            when = max([when, *row.steps.filter(step__in=_ANEW).values_list("told_at", flat=True)])
            if when > at:  # it was sent or brought back since, and that has its own answer
                continue
        found = finding if finding in FOUND else None
        stays = row.handler if step in ("accept", "return") else None  # a crew does it; whoever has it in hand keeps it
        told: dict[str, Any] = {"told_at": when, "finding": found, "reason": reason, "handler": stays}
        take_step(order_id=row.pk, step=step, at=at, actor=actor, **told)


def _is_served(row: Order) -> bool:
    """Whether a crew was sent, goes or is there: another that serves it as well does not set it back."""
    if row.state != State.IN_HAND:
        return row.state in (State.DISPATCHED, State.ON_SITE)
    taken = row.steps.filter(step="accept").order_by("-pk").values_list("from_state", flat=True)
    return taken.first() == State.DISPATCHED


def _visit_key(about: str, account_id: int) -> str:
    """What tells the visit of somebody who did not answer, about one matter, from every other order."""
    return f"care-visit:{about}:{account_id}"


def follow_unreached(fact: Unreached, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: a special-care customer does not answer; somebody goes there, by an order of its own."""
    del delivery_key  # the key of the order is of the message
    kind, key = (*fact.to_ref.split(":"), "", "")[:2]
    if fact.ring != 1 or kind != "customers.account" or not key.isdigit():
        return
    row = customers.customers_by_id([int(key)]).get(int(key))
    if row is None or not row.care_kind:
        return
    entry = OrderEntry(
        kind=Kind.SERVICE,
        topic=Topic.CARE_VISIT,
        unit_id=row.unit_id,
        account_id=row.account_id,
        load_code=row.load_code,
        channel=Channel.SYSTEM,
        place=row.address,
        received_at=at,
        client_key=_visit_key(fact.about, row.account_id),
        source_ref=fact.about,
    )
    open_order(entry=entry, at=at, actor=actor)


def follow_reached(fact: Reached, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: a special-care customer answers after all. Who is safe need not be visited: the visit that was opened
    ends, unless somebody is there already; what else they say stands in its conversation."""
    del delivery_key  # a visit that is over is not ended once more
    kind, key = (*fact.to_ref.split(":"), "", "")[:2]
    if fact.ring != 1 or kind != "customers.account" or not key.isdigit():
        return
    visit = Order.objects.filter(client_key=_visit_key(fact.about, int(key)), closed_at=None).first()
    if visit is None:
        return
    meant = notices.answers_of(fact.event).get(fact.answer.strip(), fact.answer)
    text = _written(_("The customer answered after all: %(answer)s.")) % {"answer": _written(meant)}
    if fact.answer.strip() == notices.SAFE and visit.state in _NOT_THERE:
        _all([visit.pk], "terminate", at=at, actor=actor, reason=text)
    else:
        make_remark(order_id=visit.pk, side=Remark.Side.CUSTOMER, text=text, at=at, actor=actor)


def follow_release(fact: Released, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: the crew does not go; its orders wait to be dispatched anew. Where the log says that supply is back
    nobody has to be: the work is over, and they wait to be called back."""
    del delivery_key  # a step that was taken is not open any more
    words = _("The crew does not go: %(why)s") if fact.reason else _("The crew does not go.")
    why = _written(words) % {"why": fact.reason}
    back = back_by_log(fact.order_ids)
    _all([key for key in fact.order_ids if key not in back], "return", at=at, actor=actor, reason=why)
    _all([key for key in fact.order_ids if key in back], "finish", at=at, actor=actor, reason=why)


def follow_still_out(fact: StillOut, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: called back, a customer says that they are still without supply; what was done is open again. In an
    order that is still open it stands in the conversation."""
    del delivery_key  # an order that is open again is not opened once more, and a remark is made once
    text = _written(_("Still without supply."))
    _not_restored([fact.order_id], text, at=at, actor=actor)
    before = Order.objects.values_list("reopened_count", flat=True).get(pk=fact.order_id)
    _all([fact.order_id], "reopen", at=at, actor=actor, reason=text)
    # What they said at the same instant stands there already, and says whose supply it is where orders were merged.
    is_said = Remark.objects.filter(order_id=fact.order_id, side=Remark.Side.CUSTOMER, at=at).exists()
    if not is_said and Order.objects.values_list("reopened_count", flat=True).get(pk=fact.order_id) == before:
        make_remark(order_id=fact.order_id, side=Remark.Side.CUSTOMER, text=text, at=at, actor=actor)


def follow_lit(fact: Lit, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: a customer says that their supply is back. Where nobody was sent yet, nobody has to be: the work is
    over, and they were asked. In an order that is still worked on it stands in the conversation."""
    del delivery_key  # called back twice is called back, and a remark is made once
    text = _written(_("Supply is back, says the customer."))
    if Order.objects.get(pk=fact.order_id).state == State.REGISTERED:
        _all([fact.order_id], "finish", at=at, actor=actor, told_at=min(fact.said_at, at), reason=text)
    row = Order.objects.get(pk=fact.order_id)
    if row.state in (*_NOT_THERE, State.ON_SITE):
        make_remark(order_id=fact.order_id, side=Remark.Side.CUSTOMER, text=text, at=at, actor=actor)
    elif last_call(row) is None:
        _all([fact.order_id], "call_back", at=at, actor=actor, told_at=min(fact.said_at, at))
