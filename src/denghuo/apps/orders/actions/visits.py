"""A planned visit comes due as work: an order in the hands of whoever answers for the customer, closed by the visit."""

from datetime import date, datetime, time
from typing import Protocol

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from denghuo.apps.customers import queries as customers
from denghuo.apps.orders.actions.opening import OrderEntry, open_order
from denghuo.apps.orders.actions.steps import take_step
from denghuo.apps.orders.actions.talk import make_remark
from denghuo.apps.orders.models import Channel, Kind, Order, Remark, Topic
from denghuo.apps.orders.queries.rules import rule_book


class VisitDue(Protocol):
    """A visit of the special-care register has come due."""

    @property
    def care_id(self) -> int: ...
    @property
    def account_id(self) -> int: ...
    @property
    def due_date(self) -> date: ...


class Visited(Protocol):
    """Somebody went there, and met them or not."""

    @property
    def account_id(self) -> int: ...
    @property
    def visited_date(self) -> date: ...
    @property
    def met(self) -> bool: ...


class Ended(Protocol):
    """Somebody left the register."""

    @property
    def account_id(self) -> int: ...


def follow_visit_due(fact: VisitDue, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: the visit is an order of its own, once for each due day, and none while one before it is open."""
    del delivery_key  # the key of the order is of the due day
    if _waiting(fact.account_id):
        return
    row, who = customers.customers_by_id([fact.account_id])[fact.account_id], customers.responsible_for(fact.account_id)
    with translation.override(settings.LANGUAGE_CODE):
        text = _("Special care: the visit planned for %(date)s.") % {"date": fact.due_date}
    entry = OrderEntry(
        kind=Kind.SERVICE,
        topic=Topic.HOME_VISIT,
        unit_id=row.unit_id,
        account_id=row.account_id,
        load_code=row.load_code,
        channel=Channel.SYSTEM,
        place=row.address,
        text=text,
        received_at=at,
        handler=who.username if who else "",
        client_key=f"home-visit:{fact.care_id}:{fact.due_date}",
        source_ref=f"customers.care:{fact.care_id}",
    )
    open_order(entry=entry, at=at, actor=actor)


def follow_visited(fact: Visited, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: a visit that was made closes its order; where nobody was met it stays open, and says so. A visit of
    long ago, written down late, leaves open what is due now."""
    del delivery_key  # an order that is closed is not found again, and a remark of one moment is made once
    care = customers.care_entry(fact.account_id)
    due_date = care.next_visit_date if care else None
    if fact.met and due_date is not None and due_date <= timezone.localdate(at):
        return
    for row in _waiting(fact.account_id):
        if not fact.met:
            with translation.override(settings.LANGUAGE_CODE):
                text = _("Visited on %(date)s, nobody met.") % {"date": fact.visited_date}
            make_remark(order_id=row.pk, side=Remark.Side.INSIDE, text=text, at=at, actor=actor)
            continue
        noon = timezone.make_aware(datetime.combine(fact.visited_date, time(12)))
        for step in ("arrive", "finish", "close"):
            told_at = max(min(noon, at), row.received_at) if step == "arrive" else None
            _take(row, step, at=at, actor=actor, told_at=told_at)


def follow_care_ended(fact: Ended, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: who left the register is visited no more."""
    del delivery_key  # an order that has ended is not found again
    with translation.override(settings.LANGUAGE_CODE):
        reason = _("They left the special-care register.")
    for row in _waiting(fact.account_id):
        _take(row, "terminate", at=at, actor=actor, reason=reason)


def _waiting(account_id: int) -> list[Order]:
    rows = Order.objects.filter(account_id=account_id, topic=Topic.HOME_VISIT, closed_at=None)
    return list(rows.order_by("pk"))


def _take(
    row: Order, step: str, *, at: datetime, actor: str, told_at: datetime | None = None, reason: str = ""
) -> None:
    """A step, if the order can take it: a suspended one runs on first."""
    row.refresh_from_db()
    rules = rule_book().steps_of(row.kind, timezone.localdate(at))
    if row.state == "suspended" and step != "terminate":
        take_step(order_id=row.pk, step="resume", at=at, actor=actor)
        row.refresh_from_db()
    rule = rules.get(step)
    if rule is not None and row.state in rule.from_states:
        take_step(order_id=row.pk, step=step, at=at, actor=actor, told_at=told_at, reason=reason)
