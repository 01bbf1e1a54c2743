"""Lists that somebody works through: special care, who is cut off, what was unmasked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet

from denghuo.apps.customers.models import Account, Care, CareVisit, CutReason, SupplyPoint, Unmasking
from denghuo.apps.customers.queries.customers import customers_by_id
from denghuo.apps.customers.queries.reaching import care_told
from denghuo.apps.customers.queries.responsible import answering, answers_for_some
from denghuo.apps.customers.queries.values import CareOf, Customer, VisitPlan
from denghuo.apps.organization.access import within
from denghuo.apps.organization.queries import names_of

LOOKED_AT_WITHIN = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class CareLine:
    """An entry of the register with whose it is, and what is due of it."""

    care: CareOf
    customer: Customer
    review_is_due: bool
    visit_is_due: bool
    visit_days_over: int
    review_days_over: int
    last_visit_date: date | None


@dataclass(frozen=True, kw_only=True)
class UnmaskingLine:
    """A look at what is hidden: of whom, by whom, why, and what a review came to. ``subject`` ("hotline.call:3"): where
    it is nobody whom we know."""

    id: int
    customer: Customer | None
    subject: str
    subject_name: str
    what: str
    reason: str
    at: datetime
    username: str
    person: str
    finding: str
    finding_note: str
    reviewer: str


@dataclass(frozen=True)
class CareDue:
    """How many visits and reviews of somebody's customers are due."""

    visit_count: int
    review_count: int


def care_due_of(user_id: int, *, on: date) -> CareDue:
    """What is due of the register's entries that somebody answers for."""
    if not answers_for_some(user_id):
        return CareDue(0, 0)
    rows = Care.objects.filter(_is_due(on), ended_at=None, account__closed_date=None).select_related("account")
    cares = list(rows.defer("detail", "approach"))
    answers = who_answers_for(cares)
    mine = [care for care in cares if answers[care.pk] == user_id]
    return CareDue(
        visit_count=sum(care.next_visit_date is not None and care.next_visit_date <= on for care in mine),
        review_count=sum(care.review_date <= on for care in mine),
    )


def _is_due(on: date) -> Q:
    return Q(review_date__lte=on) | Q(next_visit_date__lte=on)


def who_answers_for(cares: Iterable[Care]) -> dict[int, int | None]:
    """Who answers for the customer of each entry, by the entry's key; None: nobody does."""
    cares = list(cares)
    points = SupplyPoint.objects.filter(account__in=[care.account_id for care in cares], position=0)
    loads = dict(points.order_by("-pk").values_list("account_id", "load_code"))
    who = answering({care.account.unit_id for care in cares})
    found: dict[int, int | None] = {}
    for care in cares:
        row, load_code = care.account, loads.get(care.account_id, "")
        answers = who.of(row.unit_id, number=row.number, load_code=load_code)
        found[care.pk] = answers.user_id if answers else None
    return found


def care_register(
    scope: Iterable[str], *, on: date, due_only: bool = False, of_user_id: int | None = None
) -> list[CareLine]:
    """The special-care register of a scope: what is due first comes first. ``of_user_id``: only customers that this
    person answers for."""
    inside = within(scope, field="account__unit__path")
    rows = Care.objects.filter(inside, ended_at=None, account__closed_date=None).prefetch_related("carers")
    if due_only:
        rows = rows.filter(_is_due(on))
    cares = list(rows)
    customers = customers_by_id(care.account_id for care in cares)
    last = _last_visits([care.pk for care in cares])
    lines = [
        CareLine(
            care=care_told(care),
            customer=customers[care.account_id],
            review_is_due=care.review_date <= on,
            visit_is_due=care.next_visit_date is not None and care.next_visit_date <= on,
            visit_days_over=(on - care.next_visit_date).days if care.next_visit_date is not None else 0,
            review_days_over=(on - care.review_date).days,
            last_visit_date=last.get(care.pk),
        )
        for care in cares
    ]
    kept = [line for line in lines if of_user_id is None or line.customer.responsible_id == of_user_id]
    return sorted(kept, key=_urgency)


def _urgency(line: CareLine) -> tuple[date, int]:
    days = [day for day in (line.care.review_date, line.care.next_visit_date) if day is not None]
    return min(days), line.care.care_id


def _last_visits(care_ids: list[int]) -> dict[int, date]:
    """When each was last met."""
    rows = CareVisit.objects.filter(care__in=care_ids, met=True).order_by("visited_date")
    return dict(rows.values_list("care_id", "visited_date"))


def may_be_cut(account_id: int, reason: str, *, at: datetime) -> bool:
    """Whether an account may be cut off for a reason: nobody who needs special care for arrears, unless somebody looked
    at their entry within the last days and knows what that would mean."""
    if reason != CutReason.ARREARS:
        return True
    care = Care.objects.filter(account_id=account_id, ended_at=None).first()
    return care is None or (care.reviewed_at is not None and care.reviewed_at >= at - LOOKED_AT_WITHIN)


def care_entry(account_id: int) -> Care | None:
    """The row of an account's entry that has not ended, with its carers."""
    return Care.objects.filter(account_id=account_id, ended_at=None).prefetch_related("carers", "visits").first()


def visit_plan(account_id: int) -> VisitPlan | None:
    """What a visit to a customer looks at and brings; None: they are not in the register."""
    row = Care.objects.filter(account_id=account_id, ended_at=None).first()
    if row is None:
        return None
    return VisitPlan(lines=tuple(row.plan_lines), agreed_with=row.plan_with, next_visit_date=row.next_visit_date)


def cut_accounts(scope: Iterable[str], *, reason: str = "", limit: int = 0) -> list[Customer]:
    """Accounts that are cut off, the longest first."""
    rows = Account.objects.filter(within(scope, field="unit__path"), supply_state="cut", closed_date=None)
    if reason:
        rows = rows.filter(cut_reason=reason)
    ids = list(rows.order_by("cut_since_date", "pk").values_list("pk", flat=True)[: limit or None])
    found = customers_by_id(ids)
    return [found[one] for one in ids]


def unmaskings(
    scope: Iterable[str], *, since: datetime, until: datetime, unreviewed_only: bool = False, limit: int = 500
) -> list[UnmaskingLine]:
    """Who saw what was hidden between two instants, the last first."""
    rows = _looks(scope).filter(unmasked_at__gte=since, unmasked_at__lt=until)
    if unreviewed_only:
        rows = rows.filter(finding="")
    told = list(rows[:limit])
    customers = customers_by_id(row.account_id for row in told if row.account_id is not None)
    names = names_of({row.unmasked_by for row in told} | {row.reviewed_by for row in told})
    return [
        UnmaskingLine(
            id=row.pk,
            customer=customers[row.account_id] if row.account_id is not None else None,
            subject=row.subject,
            subject_name=row.subject_name,
            what=str(row.get_what_display()),
            reason=row.reason,
            at=row.unmasked_at,
            username=row.unmasked_by,
            person=names.get(row.unmasked_by, row.unmasked_by),
            finding=row.finding,
            finding_note=row.finding_note,
            reviewer=names.get(row.reviewed_by, row.reviewed_by),
        )
        for row in told
    ]


def unmasking_for(scope: Iterable[str], unmasking_id: int) -> Unmasking | None:
    """One look at what is hidden, if it lies in the scope."""
    return _looks(scope).filter(pk=unmasking_id).first()


def _looks(scope: Iterable[str]) -> QuerySet[Unmasking]:
    scope = tuple(scope)
    ours = within(scope, field="account__unit__path") | within(scope, field="unit__path")
    return Unmasking.objects.filter(ours)
