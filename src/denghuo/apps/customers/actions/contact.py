"""How people want to be reached."""

from collections.abc import Mapping
from datetime import datetime, time

from django.db import transaction
from django.db.models import Max

from denghuo.adapters.phones import is_phone, kind_of_number, plain_number
from denghuo.apps.customers import snapshot
from denghuo.apps.customers.facts import ConsentTold, ContactWishSet, PhoneAdded, PhoneRemoved
from denghuo.apps.customers.models import Consent, FileChange, Person, Phone, Purpose
from denghuo.apps.ledger.actions import record

_FIELD_OF = {Purpose.OUTAGE: "for_outages", Purpose.BILL: "for_bills", Purpose.NEWS: "for_news"}


@transaction.atomic
def set_quiet_hours(
    *, person_id: int, quiet_from: time | None, quiet_until: time | None, at: datetime, actor: str
) -> None:
    """Say between which local times somebody wants to hear only of what concerns safety; None: at any time.

    Raises:
        ValueError: one end without the other.
    """
    if (quiet_from is None) != (quiet_until is None):
        raise ValueError("quiet hours have two ends")
    Person.objects.filter(pk=person_id).update(quiet_from=quiet_from, quiet_until=quiet_until)
    record(ContactWishSet(person_id=person_id), at=at, actor=actor)


@transaction.atomic
def add_phone(
    *, person_id: int, number: str, note: str = "", verified: bool = False, at: datetime, actor: str
) -> Phone:
    """Add a number, called after those that are there. One that is there already is not added again.

    Raises:
        ValueError: not a telephone number.
    """
    plain = plain_number(number)
    if not is_phone(plain):
        raise ValueError("not a telephone number")
    person = Person.objects.select_for_update().get(pk=person_id)
    key = snapshot.keys().phone(plain)
    there = person.phones.filter(key=key).first()
    if there is not None:
        return there
    last = person.phones.aggregate(last=Max("position"))["last"]
    phone = Phone.objects.create(
        person=person,
        number=plain,
        key=key,
        kind=kind_of_number(plain),
        position=0 if last is None else last + 1,
        note=note,
        verified_at=at if verified else None,
    )
    _note_change(person_id, FileChange.What.PHONE_ADDED, at=at, actor=actor)
    record(PhoneAdded(person_id=person_id, phone_id=phone.pk), at=at, actor=actor)
    return phone


def _note_change(person_id: int, what: str, *, at: datetime, actor: str) -> None:
    """That it was changed, and not to which number: a number that is gone leaves nothing."""
    FileChange.objects.create(person_id=person_id, what=what, told_at=at, told_by=actor)


@transaction.atomic
def call_first(*, phone_id: int, at: datetime, actor: str) -> None:
    """Have a number called before the person's others."""
    phone = Phone.objects.select_related("person").get(pk=phone_id)
    others = list(phone.person.phones.exclude(pk=phone_id))
    for place, one in enumerate([phone, *others]):
        one.position = place
    Phone.objects.bulk_update([phone, *others], ["position"])
    record(ContactWishSet(person_id=phone.person_id), at=at, actor=actor)


@transaction.atomic
def remove_phone(*, phone_id: int, at: datetime, actor: str) -> None:
    """Forget a number, and what was said about it."""
    phone = Phone.objects.select_for_update().get(pk=phone_id)
    person_id = phone.person_id
    phone.delete()
    _note_change(person_id, FileChange.What.PHONE_REMOVED, at=at, actor=actor)
    record(PhoneRemoved(person_id=person_id, phone_id=phone_id), at=at, actor=actor)


@transaction.atomic
def tell_consents(
    *, phone_id: int, given: Mapping[Purpose, bool], how: str, at: datetime, actor: str
) -> tuple[Purpose, ...]:
    """What somebody says about the purposes of a number, and how they said it; returns what is different from before.

    Raises:
        ValueError: it is not told how.
    """
    if not how.strip():
        raise ValueError("say how it was agreed or refused")
    phone = Phone.objects.select_for_update().get(pk=phone_id)
    different = tuple(purpose for purpose, yes in given.items() if getattr(phone, _FIELD_OF[purpose]) != yes)
    for purpose in different:
        setattr(phone, _FIELD_OF[purpose], given[purpose])
        Consent.objects.create(
            phone=phone, purpose=purpose, given=given[purpose], how=how.strip()[:120], told_at=at, told_by=actor
        )
    phone.save(update_fields=list(_FIELD_OF.values()))
    for purpose in different:
        record(ConsentTold(phone_id=phone_id, purpose=purpose, given=given[purpose]), at=at, actor=actor)
    return different
