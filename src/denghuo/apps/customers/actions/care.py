"""The special-care register is kept: who comes in, is reviewed, is visited, goes out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from denghuo.adapters.phones import is_phone, plain_number
from denghuo.apps.customers import queries, snapshot
from denghuo.apps.customers.facts import (
    CareCorrected,
    CareEnded,
    CareRegistered,
    CareReviewDue,
    CareReviewed,
    CareVisitDue,
    CareVisited,
)
from denghuo.apps.customers.models import Account, Care, CareKind, Carer, CareVisit
from denghuo.apps.ledger.actions import record
from denghuo.apps.notices.actions import NoticeEntry, queue_notice
from denghuo.apps.organization.access import Permission
from denghuo.apps.organization.queries import people_who

_DUE_AT_ONCE = 500


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
    plan: str = ""
    plan_with: str = ""
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
    *,
    care_id: int,
    visited_date: date,
    met: bool,
    note: str = "",
    next_date: date | None = None,
    at: datetime,
    actor: str,
) -> CareVisit:
    """Somebody went there. Where they were met the next visit is due on the day agreed with them, else a plan's time
    later; where not, the visit stays due. One that is written down late takes nothing back: what was planned since then
    stays.

    Raises:
        ValueError: the next visit would not come after this one.
    """
    if next_date is not None and next_date <= visited_date:
        raise ValueError("the next visit comes after this one")
    care = Care.objects.select_for_update().get(pk=care_id)
    visit = CareVisit.objects.create(
        care=care, visited_date=visited_date, met=met, note=note, recorded_at=at, recorded_by=actor
    )
    if met:
        care.next_visit_date = next_date or _next_visit(care, visited_date)
        care.save(update_fields=["next_visit_date"])
    fact = CareVisited(care_id=care_id, account_id=care.account_id, visited_date=visited_date, met=met)
    record(fact, at=at, actor=actor)
    return visit


def _next_visit(care: Care, visited_date: date) -> date | None:
    planned = care.next_visit_date
    if care.visit_every_days:
        later = visited_date + timedelta(days=care.visit_every_days)
        return max(planned, later) if planned else later
    return None if planned and planned <= visited_date else planned  # the one that was planned is made


@transaction.atomic
def call_care_due(*, at: datetime, actor: str) -> int:
    """A round: say of every visit and every review that has come due that it is, once for each due day, and tell who
    answers for the customer. Returns how many."""
    today = timezone.localdate(at)
    rows = Care.objects.select_for_update(of=("self",)).filter(ended_at=None, account__closed_date=None)
    rows = rows.select_related("account__unit")
    visits = _untold(rows, "next_visit_date", "visit_told_date", today)
    reviews = _untold(rows, "review_date", "review_told_date", today)
    _tell(visits, reviews, at=at, actor=actor)
    for care in visits:
        assert care.next_visit_date is not None
        record(CareVisitDue(due_date=care.next_visit_date, **_of(care)), at=at, actor=actor)
    for care in reviews:
        record(CareReviewDue(due_date=care.review_date, **_of(care)), at=at, actor=actor)
    return len(visits) + len(reviews)


def _of(care: Care) -> dict[str, int]:
    return {"care_id": care.pk, "account_id": care.account_id, "unit_id": care.account.unit_id}


def _untold(rows: QuerySet[Care], due: str, told: str, today: date) -> list[Care]:
    """Entries of which something has come due that nobody was told of, and now is."""
    untold = rows.filter(Q(**{told: None}) | ~Q(**{told: F(due)}), **{f"{due}__lte": today})
    found = list(untold.order_by(due, "pk")[:_DUE_AT_ONCE])
    for care in found:
        setattr(care, told, getattr(care, due))
        care.save(update_fields=[told])
    return found


def _tell(visits: Sequence[Care], reviews: Sequence[Care], *, at: datetime, actor: str) -> None:
    """Who answers for these customers is told in one notice, how many and where they stand, not who they are. Of a
    customer nobody answers for those are told who look after the file of the unit."""
    cares = {care.pk: care for care in (*visits, *reviews)}
    answers = queries.who_answers_for(cares.values())
    due: dict[int, tuple[set[int], set[int]]] = {}
    for place, found in enumerate((visits, reviews)):
        for care in found:
            user_id = answers[care.pk]
            path = care.account.unit.path
            people = [user_id] if user_id else [one.pk for one in people_who(Permission.CUSTOMERS_REVIEW, path=path)]
            for one in people:
                due.setdefault(one, (set(), set()))[place].add(care.pk)
    with translation.override(settings.LANGUAGE_CODE):
        for person_id, (to_visit, to_review) in sorted(due.items()):
            mine = any(answers[pk] == person_id for pk in to_visit | to_review)
            entry = NoticeEntry(
                kind="customers.care_due",
                subject=_due_words(len(to_visit), len(to_review)),
                path=f"{reverse('customers:care')}?due=1{'&mine=1' if mine else ''}",
            )
            queue_notice(recipient_id=person_id, key=f"care-due-{at:%Y%m%d%H%M}", entry=entry, at=at, actor=actor)


def _due_words(visits: int, reviews: int) -> str:
    parts = [
        ngettext("%(n)d visit is due", "%(n)d visits are due", visits) % {"n": visits} if visits else "",
        ngettext("%(n)d review is due", "%(n)d reviews are due", reviews) % {"n": reviews} if reviews else "",
    ]
    return _("Special care: %(what)s") % {"what": _(", ").join(filter(None, parts))}
