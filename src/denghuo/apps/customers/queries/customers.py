"""One customer, several, or everybody on a load."""

from collections.abc import Iterable, Sequence

from django.db.models import Count, Prefetch, QuerySet

from denghuo.apps.customers.models import Account, Care, Phone, SupplyPoint
from denghuo.apps.customers.queries.responsible import Answering, answering
from denghuo.apps.customers.queries.values import Customer, CustomerRef, Letter
from denghuo.apps.customers.snapshot import keys
from denghuo.apps.organization.access import within
from denghuo.apps.sealed import masked_address, masked_name

_AT_ONCE = 500  # keys in one question
_MOST_OF_A_NUMBER = 20


def account_for(scope: Iterable[str], account_id: int) -> Account | None:
    """The row of an account with its person and premises, if it lies in the scope."""
    rows = _with_all(Account.objects.filter(within(scope, field="unit__path"), pk=account_id))
    return rows.first()


def customer(scope: Iterable[str], account_id: int) -> Customer | None:
    """One customer, masked; None: there is none, or it is somebody else's."""
    row = account_for(scope, account_id)
    return _told([row])[0] if row else None


def customers_by_id(account_ids: Iterable[int]) -> dict[int, Customer]:
    """Customers by account, masked. For callers who know already that these may be seen."""
    wanted = list(dict.fromkeys(account_ids))
    found: dict[int, Customer] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        rows = _with_all(Account.objects.filter(pk__in=wanted[start : start + _AT_ONCE]))
        found |= {one.account_id: one for one in _told(list(rows))}
    return found


def letters(account_ids: Iterable[int]) -> list[Letter]:
    """Whom letters to these go to, in full and in the order given. For the action that records it."""
    wanted = list(dict.fromkeys(account_ids))
    rows = Account.objects.filter(pk__in=wanted).select_related("person", "premises__place").in_bulk()
    return [
        Letter(
            account_id=row.pk,
            name=row.person.name,
            number=row.number,
            address=f"{row.premises.place.name}{row.premises.door}",
        )
        for row in (rows[one] for one in wanted if one in rows)
    ]


def customers_on(unit_id: int, load_codes: Iterable[str]) -> list[Customer]:
    """Everybody whose main supply hangs on one of these loads and who has not moved out, by load and number."""
    codes = list(dict.fromkeys(load_codes))
    found: list[Customer] = []
    for start in range(0, len(codes), _AT_ONCE):
        rows = _with_all(
            Account.objects.filter(
                pk__in=SupplyPoint.objects.filter(
                    unit_id=unit_id, load_code__in=codes[start : start + _AT_ONCE], position=0
                ).values("account_id"),
                closed_date=None,
            )
        )
        found += _told(list(rows))
    place = {code: index for index, code in enumerate(codes)}
    return sorted(found, key=lambda one: (place.get(one.load_code, 0), one.number))


def refs_on(unit_id: int, load_codes: Iterable[str]) -> list[CustomerRef]:
    """The same as what tells them apart alone, for thousands at once."""
    codes = list(dict.fromkeys(load_codes))
    place = {code: index for index, code in enumerate(codes)}
    found: list[tuple[str, str, int, int, str, str | None]] = []
    for start in range(0, len(codes), _AT_ONCE):
        points = SupplyPoint.objects.filter(unit_id=unit_id, load_code__in=codes[start : start + _AT_ONCE], position=0)
        found += points.filter(account__closed_date=None).values_list(
            "load_code", "account__number", "account_id", "account__unit_id", "account__category",
            "account__important__level",
        )  # fmt: skip
    care = dict(
        Care.objects.filter(account__unit_id=unit_id, ended_at=None).order_by().values_list("account_id", "kind")
    )
    found.sort(key=lambda row: (place[row[0]], row[1]))
    return [CustomerRef(pk, unit, category, care.get(pk, ""), level or "") for _, _, pk, unit, category, level in found]


def counts_on(unit_id: int) -> dict[str, int]:
    """How many accounts hang on each load of a unit's network with their main supply."""
    rows = SupplyPoint.objects.filter(unit_id=unit_id, position=0, account__closed_date=None).exclude(load_code="")
    return dict(rows.order_by().values_list("load_code").annotate(count=Count("pk")))


def ids_by_phone(scope: Iterable[str], number: str) -> list[int]:
    """Accounts that a number belongs to, first those of the person, then those a carer looks after."""
    if not number.strip():
        return []
    key = keys().phone(number)
    inside = within(scope, field="unit__path")
    own = Account.objects.filter(inside, person__in=Phone.objects.filter(key=key).values("person_id"))
    cared = Account.objects.filter(inside, cares__carers__key=key, cares__ended_at=None)
    ids = [
        *own.order_by("closed_date", "number").values_list("pk", flat=True)[:_MOST_OF_A_NUMBER],
        *cared.order_by("number").values_list("pk", flat=True)[:_MOST_OF_A_NUMBER],
    ]
    return list(dict.fromkeys(ids))


def by_phone(scope: Iterable[str], number: str) -> list[Customer]:
    """Customers that a number belongs to: their own, or that of somebody who looks after them."""
    ids = ids_by_phone(scope, number)
    found = customers_by_id(ids)
    return [found[one] for one in ids]


def account_by_number(unit_id: int, number: str) -> int | None:
    """The account with this number in a unit."""
    return Account.objects.filter(unit_id=unit_id, number=number).values_list("pk", flat=True).first()


def _with_all(rows: QuerySet[Account]) -> QuerySet[Account]:
    """What a customer is told from, in four questions however many there are."""
    return rows.select_related("unit", "person", "premises__place", "important").prefetch_related(
        Prefetch("supply_points", SupplyPoint.objects.filter(position=0).order_by("pk"), to_attr="main_points"),
        Prefetch("cares", Care.objects.filter(ended_at=None), to_attr="care_now"),
    )


def _told(rows: Sequence[Account]) -> list[Customer]:
    who = answering({row.unit_id for row in rows})
    return [_one(row, who) for row in rows]


def _one(row: Account, who: Answering) -> Customer:
    points, cares = row.main_points, row.care_now  # type: ignore[attr-defined]
    load_code = points[0].load_code if points else ""
    answers = who.of(row.unit_id, number=row.number, load_code=load_code)
    place = row.premises.place.name
    return Customer(
        account_id=row.pk,
        number=row.number,
        unit_id=row.unit_id,
        load_code=load_code,
        name=masked_name(row.person.name),
        address=masked_address(f"{place}{row.premises.door}") if row.premises.door else place,
        place=place,
        category=row.category,
        supply_state=row.supply_state,
        cut_reason=row.cut_reason,
        cut_since_date=row.cut_since_date,
        cut_record=row.cut_record,
        care_kind=cares[0].kind if cares else "",
        important=row.important.level if hasattr(row, "important") else "",
        responsible_id=answers.user_id if answers else None,
        responsible_name=answers.name if answers else "",
        closed_date=row.closed_date,
        person_id=row.person_id,
    )


def any_customers(scope: Iterable[str]) -> bool:
    """Whether there is any customer in a scope."""
    return Account.objects.filter(within(scope, field="unit__path")).exists()


def within_reach(scope: Iterable[str], account_ids: Sequence[int]) -> list[int]:
    """Those of some accounts that lie in the scope, in their order."""
    rows = Account.objects.filter(within(scope, field="unit__path"), pk__in=account_ids)
    there = set(rows.values_list("pk", flat=True))
    return [one for one in account_ids if one in there]


def other_accounts(account: Account) -> list[Account]:
    """What else the same person is supplied under in the same unit."""
    rows = Account.objects.filter(person_id=account.person_id, unit_id=account.unit_id).exclude(pk=account.pk)
    return list(rows.select_related("premises__place")[:_MOST_OF_A_NUMBER])


def accounts_of_person(person_id: int) -> list[int]:
    """Every account of a person, closed ones too."""
    return list(Account.objects.filter(person_id=person_id).order_by("pk").values_list("pk", flat=True))


def open_count(person_id: int) -> int:
    """Under how many accounts a person is supplied."""
    return Account.objects.filter(person_id=person_id, closed_date=None).count()
