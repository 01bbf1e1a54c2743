"""Whom a deed concerns hears of it at once. Whoever did it knows, and is not told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from denghuo.apps.notices.actions import NoticeEntry, queue_notice
from denghuo.apps.orders.models import Order
from denghuo.apps.orders.queries.warned import told_key
from denghuo.apps.organization.models import User

_WORDS = {
    "offered": _("Order %(number)s is offered to you"),
    "accepted": _("Order %(number)s was taken over"),
    "refused": _("Order %(number)s was not taken over"),
    "asked": _("Order %(number)s came in, and is asked of you"),
    "given": _("Order %(number)s is in your hands now"),
    "returned": _("Order %(number)s was returned to you"),
    "reported": _("Order %(number)s, a report of misconduct, is for you to judge"),
    "confirm": _("Order %(number)s: the work is done, to call the customer back and to close it is for you"),
    "taken": _("Order %(number)s is in other hands now"),
    "suspension": _("Order %(number)s: whether its clocks may stand still is for you to decide"),
    "granted": _("Order %(number)s: its clocks stand still"),
    "declined": _("Order %(number)s: its clocks run on"),
    "appeal": _("Order %(number)s: an appeal is for you to decide"),
    "upheld": _("Order %(number)s: the appeal is upheld"),
    "rejected": _("Order %(number)s: the appeal is rejected"),
    "urged": _("Order %(number)s: the customer asks again"),
    "escalated": _("Order %(number)s is brought before you"),
    "joined": _("Order %(number)s takes in what came later of the same matter"),
    "merged": _("Order %(number)s is the same matter as one that came in before, and goes on there"),
    "parted": _("Order %(number)s was taken out of a merge, and goes on by itself"),
    "eased": _("Order %(number)s was corrected, and is due later now or not late any more"),
}
_URGENT = {"asked", "parted", "offered", "given", "returned", "reported", "confirm", "suspension", "urged", "escalated"}


@dataclass(frozen=True, kw_only=True)
class Telling:
    """What was done to an order, when and by whom."""

    order: Order
    at: datetime
    actor: str

    def tell(self, what: str, people: Iterable[User], *, key: str, why: str = "") -> None:
        """Tell people of it, once each for a key; ``why`` in the words of whoever did it."""
        with translation.override(settings.LANGUAGE_CODE):
            subject = str(_WORDS[what]) % {"number": self.order.number}
        entry = NoticeEntry(
            kind=f"orders.{what}",
            subject=subject,
            text=why,
            path=reverse("orders:order", args=[self.order.pk]),
            urgent=what in _URGENT,
        )
        for person in sorted({*people}, key=lambda one: one.pk):
            if person.username != self.actor:
                told = told_key(what, key)
                queue_notice(recipient_id=person.pk, key=told, entry=entry, at=self.at, actor=self.actor)
