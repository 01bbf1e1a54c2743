"""What is hidden is shown to whoever says why, what left the house is noted, and who wants to be forgotten is."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from denghuo.apps.customers import snapshot
from denghuo.apps.customers.facts import (
    CareEnded,
    CustomerAnonymized,
    CustomersExported,
    CustomerUnmasked,
    LookNoted,
    UnmaskingReviewed,
)
from denghuo.apps.customers.models import (
    Account,
    Care,
    CareKind,
    CareVisit,
    Person,
    PersonKind,
    Unmasked,
    UnmaskFinding,
    Unmasking,
)
from denghuo.apps.customers.queries import Letter, letters, open_matters
from denghuo.apps.ledger.actions import record
from denghuo.apps.notices.actions import NoticeEntry, queue_notice
from denghuo.apps.organization.models import User

SHOWN_FOR = timedelta(seconds=60)
ANONYMOUS = ""
FORGOTTEN = "档案已匿名。"  # it stays in the row, in the language of the house


@transaction.atomic
def unmask(*, account_id: int, what: Unmasked, reason: str, at: datetime, actor: str) -> Unmasking:
    """Let somebody see what is hidden, who says why. That it was shown is recorded; what it was is not.

    Raises:
        ValueError: no reason.
    """
    if not reason.strip():
        raise ValueError("say why it is needed")
    row = Unmasking.objects.create(
        account_id=account_id,
        what=what,
        reason=reason.strip()[:200],
        unmasked_at=at,
        unmasked_by=actor,
        until_at=at + SHOWN_FOR,
    )
    record(CustomerUnmasked(account_id=account_id, what=what, reason=row.reason), at=at, actor=actor)
    return row


@transaction.atomic
def unmask_letters(*, account_ids: Sequence[int], reason: str, at: datetime, actor: str) -> list[Letter]:
    """Whom letters go to, in full and in the order given, for somebody who prints them; recorded for each.

    Raises:
        ValueError: no reason.
    """
    found = letters(account_ids)
    for one in found:
        unmask(account_id=one.account_id, what=Unmasked.LETTER, reason=reason, at=at, actor=actor)
    return found


class Look(Protocol):
    """Somebody saw, elsewhere, what is hidden of somebody who is no customer that we know."""

    @property
    def subject(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def unit_id(self) -> int | None: ...
    @property
    def reason(self) -> str: ...


def follow_look(fact: Look, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: the look stands among those that somebody else reviews. Without a unit nobody could review it, or it
    stands there already."""
    del delivery_key  # nobody sees the same thing twice at one instant
    if fact.unit_id is None:
        return
    kind = fact.subject.partition(":")[0]
    what = Unmasked.MESSAGE if kind == "notices.message" else Unmasked.PHONES
    told = {"unit_id": fact.unit_id, "what": what, "subject_name": fact.name, "until_at": at + SHOWN_FOR}
    told |= {"reason": fact.reason[:200]}
    key = {"subject": fact.subject, "unmasked_at": at, "unmasked_by": actor}
    row, is_new = Unmasking.objects.get_or_create(**key, defaults=told)
    if is_new:
        record(LookNoted(unmasking_id=row.pk, subject=row.subject), at=at, actor=actor)


@transaction.atomic
def review_unmasking(*, unmasking_id: int, finding: UnmaskFinding, note: str = "", at: datetime, actor: str) -> None:
    """Somebody else looked whether it was needed. Whoever looked at what is hidden hears that they are to be asked.

    Raises:
        ValueError: it was themselves, or nobody says what is to be asked.
    """
    row = Unmasking.objects.select_for_update().get(pk=unmasking_id)
    if row.unmasked_by == actor:
        raise ValueError("nobody reviews themselves")
    if finding == UnmaskFinding.DOUBTFUL and not note.strip():
        raise ValueError("say what is to be asked")
    row.finding, row.finding_note, row.reviewed_at, row.reviewed_by = finding, note[:200], at, actor
    row.save()
    record(UnmaskingReviewed(unmasking_id=unmasking_id, finding=finding), at=at, actor=actor)
    who = User.objects.filter(username=row.unmasked_by, is_active=True).first()
    if finding == UnmaskFinding.DOUBTFUL and who is not None:
        with translation.override(settings.LANGUAGE_CODE):
            words = _("Asked about what you looked at on %(day)s: %(note)s")
            told = {"day": f"{timezone.localtime(row.unmasked_at):%m-%d %H:%M}", "note": row.finding_note}
            path = reverse("customers:account", args=[row.account_id]) if row.account_id is not None else ""
        entry = NoticeEntry(kind="customers.asked", subject=words % told, path=path)
        queue_notice(recipient_id=who.pk, key=f"look-{row.pk}", entry=entry, at=at, actor=actor)


@transaction.atomic
def export_customers(*, unit_paths: Sequence[str], register: str, row_count: int, at: datetime, actor: str) -> None:
    """Note that a list of customers left the house."""
    record(CustomersExported(unit_paths=tuple(unit_paths), register=register, row_count=row_count), at=at, actor=actor)


@transaction.atomic
def anonymize(*, person_id: int, reason: str, at: datetime, actor: str) -> tuple[int, ...]:
    """Take out of every row of a person what says who they are. Accounts, meters and what happened to them stay, and
    cannot be led back to anybody. Returns the accounts.

    Raises:
        ValueError: no reason, or an account or a matter of theirs is still open.
    """
    if not reason.strip():
        raise ValueError("say why")
    person = Person.objects.select_for_update().get(pk=person_id)
    accounts = list(Account.objects.filter(person=person).select_related("premises"))
    if any(account.closed_date is None for account in accounts):
        raise ValueError("an account of theirs is still open")
    if open_matters([account.pk for account in accounts]):
        raise ValueError("a matter of theirs is still open")
    keys, company = snapshot.keys(), person.kind == PersonKind.COMPANY
    old = [
        (key, account.pk)
        for account in accounts
        for key in snapshot.keys_of(person.name, account.premises.door, keys, company=company)
    ]
    snapshot.replace_keys(person.unit_id, new=(), old=old)
    person.phones.all().delete()
    for account in accounts:
        account.premises.door = ANONYMOUS
        account.premises.save(update_fields=["door"])
    _forget_care(accounts, at=at, actor=actor)
    Account.objects.filter(person=person).update(digest=None, cut_record="", changed_at=at)
    person.forgotten_key = snapshot.forgotten_key(person.name)
    person.name, person.number, person.anonymized_at = ANONYMOUS, "", at
    person.quiet_from = person.quiet_until = None
    person.save()
    ids = tuple(account.pk for account in accounts)
    record(CustomerAnonymized(person_id=person_id, account_ids=ids, reason=reason.strip()[:200]), at=at, actor=actor)
    return ids


def _forget_care(accounts: Sequence[Account], *, at: datetime, actor: str) -> None:
    """What the register says of them, but for that they were in it, is about their health; nobody is in it any more."""
    cares = Care.objects.filter(account__in=accounts)
    CareVisit.objects.filter(care__in=cares).update(note=ANONYMOUS)
    for care in cares:
        care.carers.all().delete()
        care.detail = care.approach = care.proof = care.plan = ANONYMOUS
        care.plan_with, care.kind, care.next_visit_date = "", CareKind.OTHER, None
        is_new = care.ended_at is None
        if is_new:
            care.ended_at, care.ended_by, care.ended_because = at, actor, FORGOTTEN
        care.save()
        if is_new:
            record(CareEnded(care_id=care.pk, account_id=care.account_id), at=at, actor=actor)
