"""The special-care register is kept: who comes in, is reviewed, is visited, goes out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from denghuo.adapters.customer_tables import is_phone, plain_number
from denghuo.apps.customers import snapshot
from denghuo.apps.customers.facts import (
    CareCorrected,
    CareEnded,
    CareRegistered,
    CareReviewed,
    CareVisitDue,
    CareVisited,
)
from denghuo.apps.customers.models import Account, Care, CareKind, Carer, CareVisit
from denghuo.apps.ledger.actions import record

_VISITS_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class CarerEntry:
    """Somebody who looks after a person, and how they are reached."""

    name: str
    number: str
    relation: str = ""


@dataclass(frozen=True, kw_only=True)
class CareEntry:
    """What is written of somebody in the register. ``agreed_how``: how they agreed to be in it."""

    kind: CareKind
    proof: str
    proof_seen_date: date
    agreed_how: str
    review_date: date
    detail: str = ""
    approach: str = ""
    backup_min: int | None = None
    visit_every_days: int | None = None
    next_visit_date: date | None = None
    carers: Sequence[CarerEntry] = ()


@transaction.atomic
def register_care(*, account_id: int, entry: CareEntry, at: datetime, actor: str) -> Care:
    """Take somebody into the register, or put right what is written of them.

    Raises:
        ValueError: without proof or agreement, or a carer's number that is none.
    """
    if not (entry.proof.strip() and entry.agreed_how.strip()):
        raise ValueError("the register needs a proof and their agreement")
    account = Account.objects.select_for_update().get(pk=account_id)
    care = Care.objects.filter(account=account, ended_at=None).first()
    is_new = care is None
    care = care or Care(account=account, registered_at=at, registered_by=actor)
    for name, value in vars(entry).items():
        if name != "carers":
            setattr(care, name, value)
    if care.next_visit_date is None and care.visit_every_days:
        care.next_visit_date = timezone.localdate(at) + timedelta(days=care.visit_every_days)
    care.save()
    _set_carers(care, entry.carers)
    if is_new:
        fact = CareRegistered(
            care_id=care.pk, account_id=account_id, unit_id=account.unit_id, review_date=care.review_date
        )
        record(fact, at=at, actor=actor)
    else:
        record(CareCorrected(care_id=care.pk, account_id=account_id), at=at, actor=actor)
    return care


def _set_carers(care: Care, carers: Sequence[CarerEntry]) -> None:
    keys = snapshot.keys()
    plain = [plain_number(carer.number) for carer in carers]
    if not all(map(is_phone, plain)):
        raise ValueError("not a telephone number")
    care.carers.all().delete()
    Carer.objects.bulk_create(
        Carer(care=care, name=one.name, number=number, key=keys.phone(number), relation=one.relation, position=place)
        for place, (one, number) in enumerate(zip(carers, plain, strict=True))
    )


@transaction.atomic
def review_care(*, care_id: int, review_date: date, at: datetime, actor: str) -> None:
    """Somebody looked whether the entry still holds, and says when to look again.

    Raises:
        ValueError: the next review is not after this one.
    """
    care = Care.objects.select_for_update().get(pk=care_id, ended_at=None)
    if review_date <= timezone.localdate(at):
        raise ValueError("the next review lies ahead")
    care.review_date, care.reviewed_at, care.reviewed_by = review_date, at, actor
    care.save(update_fields=["review_date", "reviewed_at", "reviewed_by"])
    record(CareReviewed(care_id=care_id, account_id=care.account_id, review_date=review_date), at=at, actor=actor)


@transaction.atomic
def end_care(*, care_id: int, because: str, at: datetime, actor: str) -> None:
    """Take somebody out of the register. Their carers are forgotten: nobody has a reason to call them any more.

    Raises:
        ValueError: no reason.
    """
    if not because.strip():
        raise ValueError("say why")
    care = Care.objects.select_for_update().get(pk=care_id, ended_at=None)
    care.ended_at, care.ended_by, care.ended_because = at, actor, because.strip()[:200]
    care.next_visit_date = None
    care.save()
    care.carers.all().delete()
    record(CareEnded(care_id=care_id, account_id=care.account_id), at=at, actor=actor)


@transaction.atomic
def record_care_visit(
    *, care_id: int, visited_date: date, met: bool, note: str = "", at: datetime, actor: str
) -> CareVisit:
    """Somebody went there. Where they were met the next visit is due a plan's time later; where not, the visit stays
    due."""
    care = Care.objects.select_for_update().get(pk=care_id)
    visit = CareVisit.objects.create(
        care=care, visited_date=visited_date, met=met, note=note, recorded_at=at, recorded_by=actor
    )
    if met and care.visit_every_days:
        care.next_visit_date = visited_date + timedelta(days=care.visit_every_days)
        care.save(update_fields=["next_visit_date"])
    fact = CareVisited(care_id=care_id, account_id=care.account_id, visited_date=visited_date, met=met)
    record(fact, at=at, actor=actor)
    return visit


@transaction.atomic
def call_care_visits(*, at: datetime, actor: str) -> int:
    """A round: say of every visit that has come due that it is, once for each due day. Returns how many."""
    today = timezone.localdate(at)
    due = Care.objects.select_for_update(of=("self",)).filter(ended_at=None, next_visit_date__lte=today)
    untold = due.filter(Q(visit_told_date=None) | ~Q(visit_told_date=F("next_visit_date")))
    cares = list(untold.select_related("account").order_by("next_visit_date", "pk")[:_VISITS_AT_ONCE])
    for care in cares:
        assert care.next_visit_date is not None
        care.visit_told_date = care.next_visit_date
        care.save(update_fields=["visit_told_date"])
    for care in cares:
        assert care.next_visit_date is not None
        fact = CareVisitDue(
            care_id=care.pk,
            account_id=care.account_id,
            unit_id=care.account.unit_id,
            due_date=care.next_visit_date,
        )
        record(fact, at=at, actor=actor)
    return len(cares)
