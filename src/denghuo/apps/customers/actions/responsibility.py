"""Who answers for whom is given out and handed over; what was stays written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from denghuo.apps.customers.facts import ContactCardSet, ResponsibilityEnded, ResponsibilityGiven
from denghuo.apps.customers.models import ContactCard, Extent, Responsibility
from denghuo.apps.ledger.actions import record


@dataclass(frozen=True, kw_only=True)
class CardEntry:
    """How somebody is reached at work."""

    phone: str
    title: str = ""
    office: str = ""
    hours: str = ""


@transaction.atomic
def give_responsibility(
    *,
    unit_id: int,
    extent: Extent,
    targets: Sequence[str],
    user_id: int,
    because: str = "",
    at: datetime,
    actor: str,
) -> list[Responsibility]:
    """Have somebody answer for loads, areas, accounts or the station from now on. Whoever did before does no more.

    ``targets`` are codes of loads, names of areas or numbers of accounts; for the station there is one, "".
    """
    given = []
    for target in dict.fromkeys(targets):
        open_rows = Responsibility.objects.select_for_update().filter(unit_id=unit_id, extent=extent, target=target)
        before = open_rows.filter(until_at=None).first()
        if before is not None and before.user_id == user_id:
            continue
        if before is not None:
            before.until_at, before.ended_by, before.ended_because = at, actor, because[:200]
            before.save(update_fields=["until_at", "ended_by", "ended_because"])
        row = Responsibility.objects.create(
            unit_id=unit_id,
            extent=extent,
            target=target,
            user_id=user_id,
            since_at=at,
            given_by=actor,
            because=because[:200],
        )
        given.append((row, before.user_id if before else None))
    for row, before_user_id in given:
        fact = ResponsibilityGiven(
            responsibility_id=row.pk,
            unit_id=unit_id,
            extent=extent,
            target="" if extent == Extent.ACCOUNT else row.target,
            user_id=user_id,
            before_user_id=before_user_id,
        )
        record(fact, at=at, actor=actor)
    return [row for row, _ in given]


@transaction.atomic
def end_responsibility(*, responsibility_id: int, because: str, at: datetime, actor: str) -> bool:
    """Somebody answers for this no more, and nobody in their place; False: they did not any more.

    Raises:
        ValueError: no reason.
    """
    if not because.strip():
        raise ValueError("say why")
    row = Responsibility.objects.select_for_update().get(pk=responsibility_id)
    if row.until_at is not None:
        return False
    row.until_at, row.ended_by, row.ended_because = at, actor, because.strip()[:200]
    row.save(update_fields=["until_at", "ended_by", "ended_because"])
    record(ResponsibilityEnded(responsibility_id=row.pk, unit_id=row.unit_id, user_id=row.user_id), at=at, actor=actor)
    return True


@transaction.atomic
def set_contact_card(*, user_id: int, entry: CardEntry, at: datetime, actor: str) -> ContactCard:
    """Say how somebody is reached at work: what their card shows."""
    card, _ = ContactCard.objects.update_or_create(user_id=user_id, defaults=vars(entry))
    record(ContactCardSet(user_id=user_id), at=at, actor=actor)
    return card
