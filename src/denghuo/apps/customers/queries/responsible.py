"""Who answers for whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.db.models import Count, Q

from denghuo.apps.customers.models import Account, ContactCard, Extent, Responsibility, SupplyPoint
from denghuo.apps.customers.queries.values import Responsible
from denghuo.apps.network.queries import network_snapshot
from denghuo.apps.network.queries.changes import network_of_unit
from denghuo.apps.organization.access import within

_MOST_ENDED = 200


@dataclass(frozen=True)
class Answers:
    """Somebody who answers, by key and name."""

    user_id: int
    name: str
    responsibility_id: int


@dataclass(frozen=True)
class Answering:
    """Everybody who answers now in some units."""

    rows: dict[tuple[int, str, str], Answers]
    areas: dict[int, dict[str, str]]

    def of(self, unit_id: int, *, number: str, load_code: str) -> Answers | None:
        """Who answers for an account: the narrowest responsibility that fits."""
        area = self.areas.get(unit_id, {}).get(load_code, "")
        for extent, target in (
            (Extent.ACCOUNT, number),
            (Extent.LOAD, load_code),
            (Extent.AREA, area),
            (Extent.STATION, ""),
        ):
            found = self.rows.get((unit_id, extent, target)) if target or extent == Extent.STATION else None
            if found:
                return found
        return None


def answering(unit_ids: Iterable[int], *, numbers: Iterable[str] | None = None) -> Answering:
    """Everybody who answers now in these units; the areas of loads are read only where areas are given out.
    ``numbers``: of accounts that somebody answers for by name, only these."""
    wanted = set(unit_ids)
    rows = Responsibility.objects.filter(unit_id__in=wanted, until_at=None)
    if numbers is not None:
        told = set(numbers)
        rows = rows.filter(~Q(extent=Extent.ACCOUNT) | Q(target__in=told) if told else ~Q(extent=Extent.ACCOUNT))
    # Columns, not rows of models: in a storm this is asked for every word that comes in.
    names = ("unit_id", "extent", "target", "user_id", "user__display_name", "user__username", "pk")
    found = {
        (unit_id, extent, target): Answers(user_id, display_name or username, pk)
        for unit_id, extent, target, user_id, display_name, username, pk in rows.values_list(*names)
    }
    by_area = {unit_id for unit_id, extent, _ in found if extent == Extent.AREA}
    return Answering(found, {unit_id: loads_of(unit_id).areas for unit_id in by_area})


@dataclass(frozen=True)
class Loads:
    """Names and areas of the loads of a unit's network, by code."""

    names: dict[str, str]
    areas: dict[str, str]


def loads_of(unit_id: int) -> Loads:
    """The loads of a unit's network; without a network there are none."""
    network = network_of_unit(unit_id)
    return _loads(network.pk, network.model_key) if network else Loads({}, {})


@lru_cache(maxsize=64)
def _loads(network_id: int, _model_key: UUID) -> Loads:
    loads = network_snapshot(network_id).grid.loads
    codes = loads.id.tolist()
    return Loads(dict(zip(codes, loads.name.tolist(), strict=True)), dict(zip(codes, loads.area.tolist(), strict=True)))


def responsible_for(account_id: int) -> Responsible | None:
    """Who answers for an account now; None: nobody does, which ought not to be."""
    row = Account.objects.filter(pk=account_id).prefetch_related("supply_points").first()
    if row is None:
        return None
    load_code = next((point.load_code for point in row.supply_points.all() if not point.position), "")
    found = answering([row.unit_id]).of(row.unit_id, number=row.number, load_code=load_code)
    return _told(Responsibility.objects.select_related("user").get(pk=found.responsibility_id)) if found else None


def responsible_on(unit_id: int, load_code: str) -> Responsible | None:
    """Who answers for a load."""
    found = answering([unit_id]).of(unit_id, number="", load_code=load_code)
    return _told(Responsibility.objects.select_related("user").get(pk=found.responsibility_id)) if found else None


def _told(row: Responsibility) -> Responsible:
    card = ContactCard.objects.filter(user_id=row.user_id).first()
    return Responsible(
        user_id=row.user_id,
        username=row.user.get_username(),
        name=str(row.user),
        extent=row.extent,
        target=row.target,
        since_at=row.since_at,
        phone=card.phone if card else "",
        title=card.title if card else "",
        office=card.office if card else "",
        hours=card.hours if card else "",
    )


def responsibilities_of_account(account_id: int) -> list[Responsibility]:
    """Everybody who ever answered for an account by name, by its load or by its area, newest first."""
    row = Account.objects.filter(pk=account_id).prefetch_related("supply_points").first()
    if row is None:
        return []
    load_code = next((point.load_code for point in row.supply_points.all() if not point.position), "")
    area = loads_of(row.unit_id).areas.get(load_code, "") if load_code else ""
    targets = [(Extent.ACCOUNT, row.number), (Extent.LOAD, load_code), (Extent.AREA, area), (Extent.STATION, "")]
    fits = Q(pk__in=[])
    for extent, target in targets:
        if target or extent == Extent.STATION:
            fits |= Q(extent=extent, target=target)
    return list(Responsibility.objects.filter(fits, unit_id=row.unit_id).select_related("user").order_by("-since_at"))


def responsibilities_within(scope: Iterable[str], *, ended: bool = False) -> list[Responsibility]:
    """Responsibilities of a scope that hold now, or those that ended, newest first."""
    rows = Responsibility.objects.filter(within(scope, field="unit__path"), until_at__isnull=not ended)
    rows = rows.select_related("user", "unit")
    return list(rows.order_by("-until_at")[:_MOST_ENDED] if ended else rows.order_by("unit__path", "extent", "target"))


def accounts_of(user_id: int, scope: Iterable[str]) -> list[int]:
    """The open accounts within a scope that somebody answers for now, by number."""
    rows = Responsibility.objects.filter(within(scope, field="unit__path"), user_id=user_id, until_at=None)
    unit_ids = set(rows.values_list("unit_id", flat=True))
    who = answering(unit_ids)
    points = SupplyPoint.objects.filter(unit_id__in=unit_ids, position=0, account__closed_date=None)
    told = points.order_by("account__number", "pk").values_list("account_id", "unit_id", "account__number", "load_code")
    by_name = {target: one for (_unit, extent, target), one in who.rows.items() if extent == Extent.ACCOUNT}
    of_load: dict[tuple[int, str], bool] = {}
    found = []
    for account_id, unit_id, number, load_code in told:
        if number in by_name:
            mine = (one := who.of(unit_id, number=number, load_code=load_code)) is not None and one.user_id == user_id
        else:
            key = (unit_id, load_code)
            if key not in of_load:
                one = who.of(unit_id, number="", load_code=load_code)
                of_load[key] = one is not None and one.user_id == user_id
            mine = of_load[key]
        if mine:
            found.append(account_id)
    return found


def answers_for_some(user_id: int) -> bool:
    """Whether somebody answers for any customers now."""
    return Responsibility.objects.filter(user_id=user_id, until_at=None).exists()


@dataclass(frozen=True, kw_only=True)
class Uncovered:
    """A load for whose customers nobody answers."""

    unit_id: int
    load_code: str
    load_name: str
    area: str
    account_count: int


def uncovered(unit_id: int) -> list[Uncovered]:
    """Loads with customers for whom nobody answers, most customers first; ``load_code`` "": those without a load.

    Accounts that somebody answers for by name are not among them.
    """
    return _uncovered(unit_id, answering([unit_id]))


def left_without(row: Responsibility) -> int:
    """How many accounts nobody would answer for any more if this responsibility ended."""
    who = answering([row.unit_id])
    rest = Answering({key: one for key, one in who.rows.items() if one.responsibility_id != row.pk}, who.areas)
    now, then = (sum(one.account_count for one in _uncovered(row.unit_id, told)) for told in (who, rest))
    return then - now


def _uncovered(unit_id: int, who: Answering) -> list[Uncovered]:
    loads = loads_of(unit_id)
    if (unit_id, Extent.STATION, "") in who.rows:
        return []
    by_name = [target for (_, extent, target) in who.rows if extent == Extent.ACCOUNT]
    points = SupplyPoint.objects.filter(unit_id=unit_id, position=0, account__closed_date=None)
    counts = points.exclude(account__number__in=by_name).order_by().values_list("load_code").annotate(n=Count("pk"))
    found = [
        Uncovered(
            unit_id=unit_id,
            load_code=code,
            load_name=loads.names.get(code, ""),
            area=loads.areas.get(code, ""),
            account_count=count,
        )
        for code, count in counts
        if who.of(unit_id, number="", load_code=code) is None
    ]
    return sorted(found, key=lambda one: (-one.account_count, one.load_code))


def card_of(user_id: int) -> ContactCard | None:
    """How somebody is reached at work."""
    return ContactCard.objects.filter(user_id=user_id).select_related("user").first()
