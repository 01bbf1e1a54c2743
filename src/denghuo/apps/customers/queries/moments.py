"""What the customer file itself knows of a customer's history."""

from collections.abc import Iterator
from datetime import date, datetime, time

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext

from denghuo.apps.customers.models import (
    Account,
    Boundary,
    Care,
    CareVisit,
    Category,
    Consent,
    FileChange,
    ImportantLevel,
    SupplyChange,
    Unmasking,
)
from denghuo.apps.customers.queries.responsible import responsibilities_of_account
from denghuo.apps.customers.queries.values import Moment
from denghuo.apps.notices.models import Channel, State
from denghuo.apps.notices.queries import event_label, messages_to
from denghuo.apps.organization.queries import names_of


def customer_moments(account_id: int, load_code: str, unit_id: int, *, limit: int, before: datetime) -> list[Moment]:
    """The newest moments before an instant: opened and closed, cut off and connected, special care, who answers, what
    was agreed, who looked at what is hidden, and what they were told."""
    del load_code, unit_id
    told = [
        *_account(account_id),
        *_changes(account_id, limit),
        *_supply(account_id),
        *_care(account_id),
        *_answering(account_id),
        *_privacy(account_id, limit),
        *_messages(account_id, limit, before),
    ]
    return sorted((one for one in told if one.at < before), key=lambda one: one.at, reverse=True)[:limit]


def _begin(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _account(account_id: int) -> Iterator[Moment]:
    row = Account.objects.get(pk=account_id)
    if row.opened_date:
        yield Moment(at=_begin(row.opened_date), kind="account", text=_("Account opened"), of_a_day=True)
    if row.closed_date:
        yield Moment(at=_begin(row.closed_date), kind="account", text=_("Account closed"), of_a_day=True)


_FIELDS = {
    "name": _lazy("Customer's name"),
    "kind": _lazy("Kind of customer"),
    "address": _lazy("Address"),
    "category": _lazy("Category"),
    "load_code": _lazy("Load"),
    "meter_number": _lazy("Meter"),
    "voltage": _lazy("Voltage"),
    "capacity_kva": _lazy("Capacity (kVA)"),
    "boundary": _lazy("Ownership boundary"),
    "boundary_note": _lazy("Where exactly"),
    "opened_date": _lazy("Opened on"),
}
_WORDS: dict[str, dict[str, str | Promise]] = {
    "category": {one.value: one.label for one in Category},
    "boundary": {one.value: one.label for one in Boundary},
    "level": {one.value: one.label for one in ImportantLevel},
}


def _changes(account_id: int, limit: int) -> Iterator[Moment]:
    """What somebody put right in the file: what it was and is, but for what lies sealed."""
    rows = FileChange.objects.filter(Q(account=account_id) | Q(account=None), person__accounts=account_id)
    rows = rows.order_by("-told_at", "-pk")[:limit]
    names = names_of(row.told_by for row in rows)
    for row in rows:
        parts = pgettext("between names", ", ").join(_detail(*one) for one in row.details)
        told = {"what": row.get_what_display(), "parts": parts, "who": names.get(row.told_by, row.told_by)}
        words = _("%(what)s: %(parts)s · %(who)s") if parts else _("%(what)s · %(who)s")
        yield Moment(at=row.told_at, kind="file", text=words % told)


def _detail(field: str, was: str, now: str) -> str:
    """A field, and what became of it."""
    known = _WORDS.get(field, {})
    change = f"{known.get(was, was) or '–'} → {known.get(now, now) or '–'}" if was or now else ""
    return f"{_FIELDS.get(field, '')} {change}".strip()


def _supply(account_id: int) -> Iterator[Moment]:
    rows = list(SupplyChange.objects.filter(account_id=account_id))
    names = names_of(row.told_by for row in rows)
    for row in rows:
        who = names.get(row.told_by, row.told_by)
        if row.state == "cut":
            words = _("Cut off since %(day)s: %(reason)s %(record)s · %(who)s")
            day = f"{row.since_date:%Y-%m-%d}" if row.since_date else "–"
            told = {"day": day, "reason": row.get_reason_display(), "record": row.record, "who": who}
            yield Moment(at=row.told_at, kind="supply", text=words % told, tone="breached")
        else:
            words = _("Connected again %(record)s · %(who)s") % {"record": row.record, "who": who}
            yield Moment(at=row.told_at, kind="supply", text=words, tone="done")


def _care(account_id: int) -> Iterator[Moment]:
    path = reverse("customers:care")
    for row in Care.objects.filter(account_id=account_id):
        yield Moment(at=row.registered_at, kind="care", text=_("Taken into the special-care register"), path=path)
        if row.reviewed_at:
            words = _("Special care reviewed, again by %(day)s") % {"day": f"{row.review_date:%Y-%m-%d}"}
            yield Moment(at=row.reviewed_at, kind="care", text=words, tone="done")
        if row.ended_at:
            words = _("Left the special-care register: %(because)s") % {"because": row.ended_because}
            yield Moment(at=row.ended_at, kind="care", text=words)
    for visit in CareVisit.objects.filter(care__account_id=account_id):
        words = _("Visited at home") if visit.met else _("Visited at home, nobody met")
        tone = "done" if visit.met else "waiting"
        yield Moment(at=_begin(visit.visited_date), kind="care", text=words, tone=tone, of_a_day=True)


def _answering(account_id: int) -> Iterator[Moment]:
    for row in responsibilities_of_account(account_id):
        what = f"{row.get_extent_display()} {row.target}".strip()
        words = _("%(name)s answers from now on (%(what)s)") % {"name": row.user, "what": what}
        yield Moment(
            at=row.since_at, kind="responsible", text=words, path=reverse("customers:card", args=[row.user_id])
        )


def _privacy(account_id: int, limit: int) -> Iterator[Moment]:
    looks = list(Unmasking.objects.filter(account_id=account_id)[:limit])
    consents = Consent.objects.filter(phone__person__accounts=account_id).order_by("-pk")[:limit]
    names = names_of([*(row.unmasked_by for row in looks), *(row.told_by for row in consents)])
    for row in looks:
        told = {
            "who": names.get(row.unmasked_by, row.unmasked_by),
            "what": row.get_what_display(),
            "reason": row.reason,
        }
        yield Moment(at=row.unmasked_at, kind="privacy", text=_("%(who)s saw: %(what)s. %(reason)s") % told)
    for one in consents:
        words = _("%(purpose)s: agreed (%(how)s)") if one.given else _("%(purpose)s: refused (%(how)s)")
        told = {"purpose": one.get_purpose_display(), "how": one.how}
        yield Moment(at=one.told_at, kind="consent", text=words % told)


_HEARD = {State.DELIVERED: "done", State.UNDELIVERABLE: "breached", State.EXPIRED: "breached"}


def _messages(account_id: int, limit: int, before: datetime) -> Iterator[Moment]:
    for row in messages_to(f"customers.account:{account_id}", before=before, limit=limit):
        told = {
            "how": Channel(row.channel).label,
            "what": event_label(row.event),
            "state": State(row.state).label,
        }
        words = _("%(how)s: %(what)s, %(state)s") % told
        yield Moment(at=row.queued_at, kind="message", text=words, tone=_HEARD.get(State(row.state), ""))
