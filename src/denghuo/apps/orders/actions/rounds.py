"""What becomes due by the clock alone: warnings while there is time, deadlines passed, hand-overs stuck, signs."""

from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from denghuo.apps.ledger.actions import record, record_all
from denghuo.apps.notices.actions import NoticeEntry, queue_notice
from denghuo.apps.orders.actions.warnings import NEAR, Warnings
from denghuo.apps.orders.facts import (
    ClockRanOut,
    ClockWarned,
    HandOverStuck,
    PromiseBroken,
    PromiseWarned,
    RoutesLearned,
    SignEscalated,
    SignRaised,
    SignSeen,
)
from denghuo.apps.orders.models import (
    Clock,
    HandOver,
    Order,
    Promise,
    PromiseOf,
    RouteTime,
    RuleRevision,
    Sign,
    SignKind,
)
from denghuo.apps.orders.queries.clocks import due_next
from denghuo.apps.orders.queries.orders import load_names
from denghuo.apps.orders.queries.people import (
    answering_for,
    judging_within,
    people_by_username,
    supervisors_above,
    supervisors_of,
)
from denghuo.apps.orders.queries.promises import BINDING
from denghuo.apps.orders.queries.readers import CONFIDENTIAL, asked_first
from denghuo.apps.orders.queries.routes import routes_measured
from denghuo.apps.orders.queries.rules import rule_book
from denghuo.apps.orders.queries.signs import Shows, signs_settled, signs_showing
from denghuo.apps.orders.queries.warned import hand_over_key, promise_key, sign_key
from denghuo.apps.organization.models import Unit
from denghuo.apps.rows import update

_AT_ONCE = 500


@transaction.atomic
def watch_clocks(*, at: datetime, actor: str) -> int:
    """Warn of what can still be kept, and say what cannot any more; how many orders that was."""
    rows = Order.objects.select_for_update(of=("self",)).filter(closed_at=None).select_related("unit")
    near = list(rows.filter(next_warn_at__lte=at, next_due_at__gt=at, warned_at=None).order_by("pk")[:_AT_ONCE])
    late = list(rows.filter(next_due_at__lte=at).order_by("pk")[:_AT_ONCE])
    facts: list[ClockWarned | ClockRanOut] = []
    for told, kind_of_fact in ((near, ClockWarned), (late, ClockRanOut)):
        for row in told:
            assert row.next_due_at is not None
            facts.append(kind_of_fact(order_id=row.pk, clock=row.next_due_clock, due_at=row.next_due_at))
    for row in near:
        row.warned_at = at
    Order.objects.filter(pk__in=[row.pk for row in near]).update(warned_at=at)
    after = due_next(late, at=at + timedelta(seconds=1))
    names = ("next_due_at", "next_due_clock", "next_warn_at", "overdue_at", "warned_at")
    dues = ((after[row.pk], row.pk) for row in late)
    update(Order, names, [(due.due_at, due.clock, due.warn_at, due.overdue_at, None, pk) for due, pk in dues])
    warnings = Warnings(at=at, actor=actor)
    warnings.tell_of(near, "near")
    warnings.tell_of(late, "late")
    # What has passed is near no more.
    warnings.take_back({row.pk: () for row in late if row.warned_at is not None}, kinds=(NEAR,))
    warnings.take_back_counts()
    record_all(facts, at=at, actor=actor)
    return len(facts)


@transaction.atomic
def watch_promises(*, at: datetime, actor: str) -> int:
    """Warn of promises that can still be kept, and say which were not; how many that was."""
    rows = Promise.objects.select_for_update(of=("self",)).filter(BINDING, kept_at=None, moved_at=None)
    rows = rows.select_related("order__unit", "order__merged_into__unit").order_by("pk")
    book = rule_book()
    facts: list[PromiseBroken | PromiseWarned] = []
    broken = list(rows.filter(broken_at=None, due_at__lte=at)[:_AT_ONCE])
    Warnings(at=at, actor=actor).take_back_promises(broken)  # it cannot be kept any more
    for row in broken:
        row.broken_at = row.due_at
        row.save(update_fields=["broken_at"])
        facts.append(PromiseBroken(promise_id=row.pk, order_id=row.order_id, due_at=row.due_at))
    for row in rows.filter(warned_at=None, due_at__gt=at, due_at__lte=at + timedelta(days=1))[:_AT_ONCE]:
        clock = _CLOCK_OF.get(PromiseOf(row.what), Clock.CONTACT)
        order = row.order.merged_into or row.order
        rest_s = min(book.route_s(order.kind, order.state, clock), _REST_S)
        if at < row.due_at - timedelta(seconds=rest_s):
            continue
        row.warned_at = at
        row.save(update_fields=["warned_at"])
        _tell_promise(row, at=at, actor=actor)
        facts.append(PromiseWarned(promise_id=row.pk, order_id=row.order_id, due_at=row.due_at))
    record_all(facts, at=at, actor=actor)
    return len(facts)


_CLOCK_OF = {
    PromiseOf.ARRIVE: Clock.ARRIVE,
    PromiseOf.VISIT: Clock.ARRIVE,
    PromiseOf.RESTORE: Clock.RESTORE,
    PromiseOf.ANSWER: Clock.ANSWER,
}
_REST_S = 4 * 3_600


def _tell_promise(row: Promise, *, at: datetime, actor: str) -> None:
    order = row.order.merged_into or row.order
    people = people_by_username([order.handler, row.given_by]).values()
    with translation.override(settings.LANGUAGE_CODE):
        due = timezone.localtime(row.due_at)
        values = {"number": order.number, "what": PromiseOf(row.what).label, "at": f"{due:%m-%d %H:%M}"}
        entry = NoticeEntry(
            kind="orders.promise",
            subject=_("Order %(number)s: %(what)s is promised by %(at)s") % values,
            text=_("Keep it, or tell the customer another time before this one passes."),
            path=reverse("orders:order", args=[order.pk]),
            urgent=True,
        )
    for person in list(people) or answering_for(order):
        queue_notice(recipient_id=person.pk, key=promise_key(row), entry=entry, at=at, actor=actor)


@transaction.atomic
def watch_hand_overs(*, at: datetime, actor: str) -> int:
    """Sound the alarm over hand-overs that nobody answers; how many that was."""
    after = timedelta(seconds=rule_book().number(timezone.localdate(at)).stuck_after_s)
    rows = HandOver.objects.select_for_update(of=("self",)).filter(accepted_at=None, refused_at=None, stuck_at=None)
    stuck = list(
        rows.filter(offered_at__lte=at - after, order__closed_at=None)
        .select_related("order__unit", "to_unit")
        .order_by("pk")
    )
    for row in stuck:
        row.stuck_at = at
        row.save(update_fields=["stuck_at"])
        _tell_stuck(row, at=at, actor=actor)
    facts = [HandOverStuck(hand_over_id=row.pk, order_id=row.order_id, offered_at=row.offered_at) for row in stuck]
    record_all(facts, at=at, actor=actor)
    return len(stuck)


def _tell_stuck(row: HandOver, *, at: datetime, actor: str) -> None:
    order = row.order
    both = people_by_username([row.from_username, row.to_username, asked_first(order)]).values()
    with translation.override(settings.LANGUAGE_CODE):
        since = timezone.localtime(row.offered_at)
        entry = NoticeEntry(
            kind="orders.stuck",
            subject=_("Order %(number)s: the hand-over of %(at)s waits for an answer")
            % {"number": order.number, "at": f"{since:%m-%d %H:%M}"},
            path=reverse("orders:order", args=[order.pk]),
            urgent=True,
        )
    above = set(answering_for(order))  # both sides: who waits, and who lets wait
    if row.to_unit is not None:
        above |= set(judging_within(row.to_unit) if order.kind in CONFIDENTIAL else supervisors_of(row.to_unit))
    for person in {*both, *above}:
        queue_notice(recipient_id=person.pk, key=hand_over_key(row), entry=entry, at=at, actor=actor)


@transaction.atomic
def raise_signs(*, at: datetime, actor: str) -> int:
    """Tell whoever must know what shows before it is complained of; how many signs that was."""
    showing = signs_showing(at=at)
    units = Unit.objects.in_bulk({one.unit_id for one in showing})
    know_by_at = at + timedelta(seconds=rule_book().number(timezone.localdate(at)).must_know_within_s)
    raised = []
    for one in showing:
        people = supervisors_of(units[one.unit_id])
        row = Sign.objects.create(raised_at=at, know_by_at=know_by_at, told_count=len(people), **vars(one))
        raised.append(row)
        for person in people:
            entry = _sign_entry(one)
            queue_notice(recipient_id=person.pk, key=sign_key(row), entry=entry, at=at, actor=actor)
    facts = [
        SignRaised(
            sign_id=row.pk,
            kind=row.kind,
            unit_id=row.unit_id,
            order_id=row.order_id,
            account_id=row.account_id,
            load_code=row.load_code,
            order_count=row.order_count,
        )
        for row in raised
    ]
    record_all(facts, at=at, actor=actor)
    return len(raised)


def _sign_entry(one: Shows) -> NoticeEntry:
    with translation.override(settings.LANGUAGE_CODE):
        words = {
            SignKind.REPEAT: _("One customer has come %(n)d times: look before it becomes a complaint"),
            SignKind.CLUSTER: _("%(n)d orders from %(load)s: look what they have in common"),
            SignKind.PROMISE: _("A promise was not kept: call the customer"),
            SignKind.DANGER: _("Danger was reported: see that somebody is on the way"),
            SignKind.UNHAPPY: _("Called back, a customer is not satisfied: look what is left to do"),
        }[SignKind(one.kind)]
        place = (one.unit_id, one.load_code)
        load = load_names([place])[place] if one.kind == SignKind.CLUSTER else ""
        subject = words % {"n": one.order_count, "load": load}
    return NoticeEntry(kind="orders.sign", subject=subject, path=reverse("orders:signs"), urgent=True)


@transaction.atomic
def watch_signs(*, at: datetime, actor: str) -> int:
    """Signs that nobody has answered by when they had to be known: whoever was told is reminded, once, and those above
    are told; how many signs that was. Of which nothing is left, those are answered by that."""
    for row in signs_settled():
        with translation.override(settings.LANGUAGE_CODE):
            answer = _settled_by(row)
        _answer(row, answer, at=at, actor=actor)
    rows = Sign.objects.select_for_update(of=("self",)).filter(seen_at=None, escalated_at=None, know_by_at__lte=at)
    facts = []
    for row in rows.select_related("unit", "order").order_by("pk")[:_AT_ONCE]:
        near, above = supervisors_of(row.unit), supervisors_above(row.unit)
        for what, people in (("late", near), ("above", above)):
            entry = _late_entry(row, what)
            for person in people:
                queue_notice(recipient_id=person.pk, key=sign_key(row, what), entry=entry, at=at, actor=actor)
        row.escalated_at, row.above_count = at, len(above)
        row.save(update_fields=["escalated_at", "above_count"])
        fact = SignEscalated(
            sign_id=row.pk, know_by_at=row.know_by_at, reminded_count=len(near), above_count=len(above)
        )
        facts.append(fact)
    record_all(facts, at=at, actor=actor)
    return len(facts)


def _settled_by(row: Sign) -> str:
    """Why nothing is left of a sign."""
    if row.order is not None and row.order.kind in CONFIDENTIAL:
        return _("It is judged as a report of misconduct.")
    if row.kind == SignKind.UNHAPPY:
        return _("Asked once more, the customer says otherwise.")
    return _("All that it was about is done.")


def _late_entry(row: Sign, what: str) -> NoticeEntry:
    with translation.override(settings.LANGUAGE_CODE):
        values = {"sign": row.get_kind_display(), "at": f"{timezone.localtime(row.know_by_at):%m-%d %H:%M}"}
        words = (
            _("Early sign “%(sign)s”: say what is done about it, which was due at %(at)s")
            if what == "late"
            else _("Early sign “%(sign)s”: the station has not answered it by %(at)s")
        )
        return NoticeEntry(
            kind="orders.sign_late",
            subject=words % values,
            text=_("Unit: %(unit)s") % {"unit": row.unit.name},
            path=reverse("orders:signs"),
            urgent=True,
        )


@transaction.atomic
def see_sign(*, sign_id: int, answer: str, at: datetime, actor: str) -> Sign:
    """Say what is done about a sign.

    Raises:
        ValueError: nothing is said, or somebody did already.
    """
    row = Sign.objects.select_for_update().get(pk=sign_id)
    if row.seen_at is not None or not answer.strip():
        raise ValueError("somebody says once what is done about a sign")
    _answer(row, answer, at=at, actor=actor)
    return row


def _answer(row: Sign, answer: str, *, at: datetime, actor: str) -> None:
    row.seen_at, row.seen_by, row.answer = at, actor, answer.strip()
    row.save(update_fields=["seen_at", "seen_by", "answer"])
    Warnings(at=at, actor=actor).take_back_sign(row)
    record(SignSeen(sign_id=row.pk), at=at, actor=actor)


@transaction.atomic
def learn_routes(*, at: datetime, actor: str) -> int:
    """Measure how long the rest of each way takes, from what was done lately; how many ways that was."""
    measured, order_count = routes_measured(at=at)
    if not measured:
        return 0
    for (kind, state, clock), (median_s, count) in measured.items():
        told = {"median_s": median_s, "order_count": count, "learned_at": at}
        RouteTime.objects.update_or_create(kind=kind, state=state, clock=clock, defaults=told)
    RuleRevision.objects.update_or_create(pk=1, defaults={"key": uuid4()})
    record(RoutesLearned(route_count=len(measured), order_count=order_count), at=at, actor=actor)
    return len(measured)
