"""Whoever answers for a customer by name hears of what came in for them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from denghuo.apps.customers import queries as customers
from denghuo.apps.customers.queries import Customer
from denghuo.apps.ledger.actions import record
from denghuo.apps.notices.actions import NoticeEntry, queue_notice
from denghuo.apps.orders.facts import OrderOpened, ResponsibleTold
from denghuo.apps.orders.models import Channel, Kind, Order, Topic
from denghuo.apps.orders.queries.readers import ABOUT_PEOPLE
from denghuo.apps.organization.access import Permission, may
from denghuo.apps.organization.models import User

# More faults of somebody's customers in an hour than these are one matter, told once in the hour.
_EACH, _WITHIN = 2, timedelta(hours=1)


def tell_responsible(facts: Sequence[OrderOpened], *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction, to many at once: whoever answers for an account hears that an order was opened for it; of many faults
    together, as in a storm, once."""
    del delivery_key  # a notice is there once for its key
    # What is said about people is not told to the one whom it may be about.
    ids = [fact.order_id for fact in facts if fact.account_id is not None and fact.kind not in ABOUT_PEOPLE]
    rows = [row for row in Order.objects.filter(pk__in=ids).select_related("unit").order_by("pk") if _is_news(row)]
    found = customers.customers_by_id(row.account_id for row in rows if row.account_id is not None)
    people = User.objects.in_bulk({one.responsible_id for one in found.values() if one.responsible_id})
    told = []
    for row in rows:
        person = people.get(found[row.account_id].responsible_id or 0) if row.account_id in found else None
        if person is not None and _is_told(person, row):
            _tell(person, row, found, at=at, actor=actor)
            told.append(row.pk)
    if told:
        record(ResponsibleTold(order_ids=tuple(told)), at=at, actor=actor)


def _is_news(row: Order) -> bool:
    """Whether somebody came with it: what the system raises by itself is told to whom it concerns."""
    return row.channel != Channel.SYSTEM and row.topic != Topic.CARE_VISIT


def _is_told(person: User, row: Order) -> bool:
    """Not who wrote it down, nor who is asked and was told so, nor who may not see it."""
    asked = row.first_asked == person.username and (row.kind != Kind.FAULT or row.topic == Topic.DANGER)
    wrote = row.steps.filter(step="open", actor=person.username).exists()
    return person.is_active and not asked and not wrote and may(person, Permission.ORDERS_VIEW, path=row.unit.path)


def _tell(person: User, row: Order, found: Mapping[int, Customer], *, at: datetime, actor: str) -> None:
    assert row.account_id is not None
    key, entry = f"order-mine-{row.pk}", _single(row)
    if row.kind == Kind.FAULT and row.topic != Topic.DANGER and _is_one_of_many(person, row, found):
        key, entry = f"order-mine-many-{timezone.localtime(row.opened_at):%Y%m%d%H}", _gathered()
    queue_notice(recipient_id=person.pk, key=key, entry=entry, at=at, actor=actor)


def _is_one_of_many(person: User, row: Order, found: Mapping[int, Customer]) -> bool:
    """Whether others of their customers reported faults shortly before."""
    before = Order.objects.filter(
        kind=Kind.FAULT,
        unit_id=row.unit_id,
        account__isnull=False,
        opened_at__gt=row.opened_at - _WITHIN,
        pk__lt=row.pk,
    ).order_by("-pk")
    ids = list(before.values_list("account_id", flat=True)[:200])
    known = {**customers.customers_by_id(set(ids) - found.keys()), **found}
    return _count(person, ids, known) >= _EACH


def _count(person: User, account_ids: Iterable[int | None], known: Mapping[int, Customer]) -> int:
    return sum(one in known and known[one].responsible_id == person.pk for one in account_ids if one is not None)


def _single(row: Order) -> NoticeEntry:
    with translation.override(settings.LANGUAGE_CODE):
        told = {"number": row.number, "kind": row.get_kind_display(), "topic": row.get_topic_display()}
        subject = str(_("A customer of yours: %(kind)s, %(topic)s (%(number)s)")) % told
    return NoticeEntry(kind="orders.mine", subject=subject, path=reverse("orders:order", args=[row.pk]))


def _gathered() -> NoticeEntry:
    with translation.override(settings.LANGUAGE_CODE):
        subject = str(_("Many of your customers report faults: they stand in your list"))
    return NoticeEntry(kind="orders.mine", subject=subject, path=f"{reverse('customers:home')}?mine=1")
