"""Numbers, the ladder and prices: what stands in the nearest unit on a day, else what the product brings along."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from denghuo.apps.crews.models import Channel, LadderRule, PriceItem, Rule, RuleKind, Whom
from denghuo.apps.organization.models import Unit

DEFAULT = _("Default of this product")
DEFAULTS: dict[str, float] = {
    RuleKind.SPEED_KM_PER_H: 30.0,
    RuleKind.OPEN_MIN: 45.0,
    RuleKind.LONG_DAY_H: 8.0,
    RuleKind.TIRED_MIN: 15.0,
    RuleKind.EXPIRES_DAYS: 30.0,
    RuleKind.CLOCK_OFF_S: 300.0,
    RuleKind.POSITION_DAYS: 90.0,
}


@dataclass(frozen=True, kw_only=True)
class Number:
    """A number in force, since when, and where it is written; no day: the product's default."""

    kind: RuleKind
    value: float
    source: str | Promise
    from_date: date | None


@dataclass(frozen=True, kw_only=True)
class Rung:
    """A rung of the ladder in force."""

    rung: int
    after_s: int
    channel: Channel
    whom: Whom
    source: str | Promise
    from_date: date | None = None


# A crew has three minutes to accept: by heart, not from a text; so are the steps before and after it.
DEFAULT_LADDER = tuple(
    Rung(rung=rung, after_s=after_s, channel=channel, whom=whom, source=DEFAULT)
    for rung, after_s, channel, whom in (
        (1, 60, Channel.SMS, Whom.LEADER),
        (2, 120, Channel.VOICE, Whom.LEADER),
        (3, 180, Channel.VOICE, Whom.SECOND),
        (4, 300, Channel.NOTICE, Whom.SUPERVISOR),
    )
)


def nearest_first(unit: Unit) -> list[int]:
    """Keys of a unit and of everything above it, the unit first."""
    return [int(part) for part in str(unit.path or "").strip("/").split("/") if part][::-1]


def numbers(unit: Unit, *, on: date) -> dict[str, Number]:
    """Every number that holds in a unit on a day."""
    near = nearest_first(unit)
    rows = list(Rule.objects.filter(unit_id__in=near, from_date__lte=on))
    found: dict[str, Number] = {}
    for kind in RuleKind:
        mine = [row for row in rows if row.kind == kind]
        best = min(mine, key=lambda row: (near.index(row.unit_id), -row.from_date.toordinal()), default=None)
        if best is None:
            found[kind] = Number(kind=kind, value=DEFAULTS[kind], source=DEFAULT, from_date=None)
        else:
            found[kind] = Number(kind=kind, value=best.value, source=best.source, from_date=best.from_date)
    return found


def number(unit: Unit, kind: RuleKind, *, on: date) -> float:
    """One number that holds in a unit on a day."""
    return numbers(unit, on=on)[kind].value


def rules_to_come(unit: Unit, *, after: date) -> list[Rule]:
    """What will hold in a unit from a later day."""
    return list(Rule.objects.filter(unit_id=unit.pk, from_date__gt=after).order_by("from_date", "kind"))


def ladder(unit: Unit, *, on: date) -> tuple[Rung, ...]:
    """The ladder that holds in a unit on a day, lowest rung first: the rows of one unit and one day together."""
    near = nearest_first(unit)
    rows = LadderRule.objects.filter(unit_id__in=near, from_date__lte=on)
    listed = sorted(rows, key=lambda row: (near.index(row.unit_id), -row.from_date.toordinal(), row.rung))
    if not listed:
        return DEFAULT_LADDER
    first = listed[0]
    return tuple(
        Rung(
            rung=row.rung,
            after_s=row.after_s,
            channel=Channel(row.channel),
            whom=Whom(row.whom),
            source=row.source,
            from_date=row.from_date,
        )
        for row in listed
        if (row.unit_id, row.from_date) == (first.unit_id, first.from_date)
    )


def prices(unit: Unit, *, on: date) -> list[PriceItem]:
    """The price list of a unit on a day: of each code the latest row of the nearest unit, unless it was lifted."""
    near = nearest_first(unit)
    rows = PriceItem.objects.filter(unit_id__in=near, from_date__lte=on)
    held: dict[str, PriceItem] = {}
    for row in sorted(rows, key=lambda one: (near.index(one.unit_id), -one.from_date.toordinal(), -one.pk)):
        held.setdefault(row.code, row)
    return sorted((row for row in held.values() if not row.is_lifted), key=lambda row: row.code)


def prices_to_come(unit: Unit, *, after: date) -> list[PriceItem]:
    """Rows of a unit's price list that begin later."""
    return list(PriceItem.objects.filter(unit_id=unit.pk, from_date__gt=after).order_by("from_date", "code"))


def price_rows(ids: Sequence[int]) -> dict[int, PriceItem]:
    """Rows of price lists by key, whether they hold or not."""
    return {row.pk: row for row in PriceItem.objects.filter(pk__in=ids)}
