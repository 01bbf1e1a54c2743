"""What people are told of clocks that run out, and what of it is taken back because it holds no more."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from denghuo.apps.notices import queries as notices
from denghuo.apps.notices.actions import NoticeEntry, queue_notice, withdraw_notices
from denghuo.apps.orders.models import Clock, HandOver, Order, Promise, Sign, Suspension
from denghuo.apps.orders.queries.warned import (
    hand_over_key,
    late_key,
    near_key,
    promise_key,
    sign_key,
    told_key,
    warned_counts,
    warned_people,
)
from denghuo.apps.organization.models import User

NEAR, LATE = "orders.near", "orders.late"
_AT_ONCE = 500
_ONE_BY_ONE = 3


@dataclass(frozen=True, kw_only=True)
class Warnings:
    """What is told and taken back at an instant."""

    at: datetime
    actor: str

    def tell_of(self, rows: list[Order], what: str) -> None:
        """Whoever has an order is told that it is ``near`` or ``late``; of more than a few of one person at once in one
        notice, which takes the place of the one before it."""
        of: dict[User, list[Order]] = defaultdict(list)
        for row, people in zip(rows, warned_people(rows, what), strict=True):
            for person in people:
                of[person].append(row)
        counts = warned_counts(what, at=self.at) if any(len(mine) > _ONE_BY_ONE for mine in of.values()) else {}
        with translation.override(settings.LANGUAGE_CODE):
            for person, mine in sorted(of.items(), key=lambda pair: pair[0].pk):
                told = [_of_many(counts[person.pk], what, self.at)] if len(mine) > _ONE_BY_ONE else _of_each(mine, what)
                for key, entry in told:
                    queue_notice(recipient_id=person.pk, key=key, entry=entry, at=self.at, actor=self.actor)

    def take_back(self, still: Mapping[int, Collection[str]], kinds: Collection[str] = (NEAR, LATE)) -> None:
        """Take back what was told of orders, by their keys, but for what still holds of each: one question for many."""
        every = list(still)
        for start in range(0, len(every), _AT_ONCE):
            holds = {reverse("orders:order", args=[pk]): still[pk] for pk in every[start : start + _AT_ONCE]}
            held = notices.notices_held(kinds, holds)
            gone = [one.pk for one in held if one.key not in holds[one.path]]
            withdraw_notices(notice_ids=gone, at=self.at, actor=self.actor)

    def take_back_promises(self, promises: Iterable[Promise]) -> None:
        """Take back that promises can still be kept, of those that were warned of."""
        warned = [one for one in promises if one.warned_at is not None]
        orders = {one.order.merged_into_id or one.order_id for one in warned} | {one.order_id for one in warned}
        self._take_back_keys(("orders.promise",), _paths(orders), [promise_key(one) for one in warned])

    def take_back_offer(self, offer: HandOver) -> None:
        """Take back that a hand-over is offered, and that it waits for an answer."""
        keys = [told_key("offered", str(offer.pk)), hand_over_key(offer)]
        self._take_back_keys(("orders.offered", "orders.stuck"), _paths([offer.order_id]), keys)

    def take_back_asking(self, told: Suspension) -> None:
        """Take back that a suspension waits for a decision."""
        key = told_key("suspension", str(told.pk))
        self._take_back_keys(("orders.suspension",), _paths([told.order_id]), [key])

    def take_back_sign(self, sign: Sign) -> None:
        """Take back that a sign waits for an answer."""
        keys = [sign_key(sign), *(sign_key(sign, what) for what in ("late", "above"))]
        self._take_back_keys(("orders.sign", "orders.sign_late"), [reverse("orders:signs")], keys)

    def _take_back_keys(self, kinds: Collection[str], paths: Collection[str], keys: Collection[str]) -> None:
        if keys:
            held = notices.notices_held(kinds, paths).filter(key__in=list(keys))
            withdraw_notices(notice_ids=[one.pk for one in held], at=self.at, actor=self.actor)

    def take_back_counts(self) -> None:
        """Take back what was told of many orders at once: where none is left, and what a later one replaces."""
        for what, kind in (("near", NEAR), ("late", LATE)):
            held = list(notices.notices_held((kind,), (_list_path(what),)))
            counts = warned_counts(what, at=self.at) if held else {}
            newest = {one.recipient_id: one.pk for one in sorted(held, key=lambda one: (one.queued_at, one.pk))}
            gone = [one.pk for one in held if one.recipient_id not in counts or newest[one.recipient_id] != one.pk]
            withdraw_notices(notice_ids=gone, at=self.at, actor=self.actor)


def _paths(order_ids: Iterable[int]) -> list[str]:
    return [reverse("orders:order", args=[pk]) for pk in order_ids]


def _list_path(what: str) -> str:
    return f"{reverse('orders:home')}?due={'soon' if what == 'near' else 'overdue'}"


def _of_many(count: int, what: str, at: datetime) -> tuple[str, NoticeEntry]:
    words = _("%(n)d orders are nearly due") if what == "near" else _("%(n)d orders are overdue")
    entry = NoticeEntry(kind=f"orders.{what}", subject=words % {"n": count}, path=_list_path(what), urgent=True)
    return f"orders-{what}-{at:%Y%m%d%H%M%S}", entry


def _of_each(rows: list[Order], what: str) -> Iterable[tuple[str, NoticeEntry]]:
    for row in rows:
        assert row.next_due_at is not None and (what == "late" or row.warned_at is not None)
        due = timezone.localtime(row.next_due_at)
        values = {"number": row.number, "clock": Clock(row.next_due_clock).label, "at": f"{due:%m-%d %H:%M}"}
        words = (
            _("Order %(number)s: %(clock)s is due at %(at)s, and the rest takes all the time left: act now")
            if what == "near"
            else _("Order %(number)s: %(clock)s was due at %(at)s")
        )
        path = reverse("orders:order", args=[row.pk])
        key = near_key(row.pk, row.warned_at) if what == "near" else late_key(row.pk, row.next_due_at)
        yield key, NoticeEntry(kind=f"orders.{what}", subject=words % values, path=path, urgent=True)
