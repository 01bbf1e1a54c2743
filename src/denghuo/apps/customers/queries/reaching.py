"""How customers are reached: numbers in the clear, for whatever sends messages or dials, and for nothing else."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from denghuo.adapters.phones import kind_of_number, plain_number
from denghuo.apps.customers.models import Account, Care, Carer, Person, Phone, Purpose
from denghuo.apps.customers.queries.values import CareOf, Reach, Way
from denghuo.apps.sealed import masked_name

_AT_ONCE = 500
_FIELD_OF = {Purpose.OUTAGE: "for_outages", Purpose.BILL: "for_bills", Purpose.NEWS: "for_news"}


def reach_of(account_ids: Iterable[int], *, purpose: str) -> dict[int, list[Reach]]:
    """The numbers of accounts, in the order in which they are called: their own first, then those of carers.

    ``consented`` says whether a number may be used for this purpose (``outage``, ``bill``, ``news``). Carers agreed to
    be called about the supply of whom they look after, and about nothing else.

    Raises:
        ValueError: no such purpose.
    """
    field = _FIELD_OF[Purpose(purpose)]
    found: dict[int, list[Reach]] = {}
    for part in _parts(account_ids):
        rows = list(Account.objects.filter(pk__in=part).select_related("person"))
        phones: dict[int, list[Phone]] = defaultdict(list)
        for phone in Phone.objects.filter(person__in={row.person_id for row in rows}):
            phones[phone.person_id].append(phone)
        for row in rows:
            found[row.pk] = [_own(row.pk, row.person, phone, field) for phone in phones[row.person_id]]
        carers = Carer.objects.filter(care__account__in=part, care__ended_at=None).select_related(
            "care__account__person"
        )
        for carer in carers.order_by("position", "pk"):
            found[carer.care.account_id].append(_of_carer(carer, purpose))
    return found


def ways_of(account_ids: Iterable[int], *, purpose: str) -> dict[int, list[Way]]:
    """The same without any number, for whoever only asks whether there is one."""
    field = _FIELD_OF[Purpose(purpose)]
    found: dict[int, list[Way]] = {}
    for part in _parts(account_ids):
        persons = dict(Account.objects.filter(pk__in=part).order_by().values_list("pk", "person_id"))
        phones: dict[int, list[Way]] = defaultdict(list)
        rows = Phone.objects.filter(person__in=persons.values()).values_list("person", "kind", field)
        for person_id, kind, consented in rows:
            phones[person_id].append(Way(kind, consented, carer=False))
        found |= {pk: phones[person_id][:] for pk, person_id in persons.items()}
        carers = Carer.objects.filter(care__account__in=part, care__ended_at=None).select_related("care")
        for carer in carers:
            way = Way(kind_of_number(carer.number), purpose == Purpose.OUTAGE, carer=True)
            found[carer.care.account_id].append(way)
    return found


def _own(account_id: int, person: Person, phone: Phone, field: str) -> Reach:
    return Reach(
        account_id=account_id,
        number=plain_number(phone.number),
        kind=phone.kind,
        consented=getattr(phone, field),
        carer=False,
        name=masked_name(person.name),
        relation="",
        quiet_from=person.quiet_from,
        quiet_until=person.quiet_until,
    )


def _of_carer(carer: Carer, purpose: str) -> Reach:
    person = carer.care.account.person
    return Reach(
        account_id=carer.care.account_id,
        number=plain_number(carer.number),
        kind=kind_of_number(carer.number),
        consented=purpose == Purpose.OUTAGE,
        carer=True,
        name=masked_name(carer.name),
        relation=carer.relation,
        quiet_from=person.quiet_from,
        quiet_until=person.quiet_until,
    )


def care_of(account_ids: Iterable[int]) -> dict[int, CareOf]:
    """Entries of the special-care register that have not ended, by account."""
    found: dict[int, CareOf] = {}
    for part in _parts(account_ids):
        rows = Care.objects.filter(account__in=part, ended_at=None).prefetch_related("carers")
        found |= {row.account_id: care_told(row) for row in rows}
    return found


def care_told(row: Care) -> CareOf:
    """An entry of the register as others see it."""
    return CareOf(
        care_id=row.pk,
        account_id=row.account_id,
        kind=row.kind,
        kind_name=str(row.get_kind_display()),
        backup_min=row.backup_min,
        carer_count=len(row.carers.all()),
        review_date=row.review_date,
        next_visit_date=row.next_visit_date,
    )


def _parts(account_ids: Iterable[int]) -> Iterator[list[int]]:
    wanted = list(dict.fromkeys(account_ids))
    return (wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE))
