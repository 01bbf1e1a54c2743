"""Where a caller is whom nobody knows: the place that was said, on the network of the station that it belongs to."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from denghuo.apps.customers.queries import loads_of
from denghuo.apps.customers.queries.spots import Spot, spot_of_text, spots_like
from denghuo.apps.hotline.models import Exchange
from denghuo.apps.hotline.queries.outs import Supply
from denghuo.apps.organization.models import Unit, UnitKind
from denghuo.apps.organization.queries import units_within
from denghuo.apps.outages.models import Outage

_LIKE = 6
# A county, a town or a street said before the village.
_ABOVE = re.compile(r"省|自治区|市|县|区|街道|镇|乡")
_LONGEST_ABOVE = 24
_COUNTED = re.compile(r"(\d{1,9})")


@dataclass(frozen=True, kw_only=True)
class District:
    """A transformer district of a place; ``out`` is the number of the outage that keeps it out, "" where none does."""

    code: str
    name: str
    out: str


@dataclass(frozen=True, kw_only=True)
class OutThere:
    """An outage that keeps so many of a place's districts out."""

    outage: Outage
    district_count: int


@dataclass(frozen=True, kw_only=True)
class Where:
    """A place that was said, as the network knows it: the station, its transformer districts, those without supply
    first, and what keeps them out."""

    unit_id: int
    unit_name: str
    name: str
    districts: tuple[District, ...]
    outs: tuple[OutThere, ...]

    @property
    def load_code(self) -> str:
        """The load that it must be: the only one, or one of those that are all out in the same outage; else ""."""
        if len(self.districts) == 1 or (self.districts and len({one.out for one in self.districts}) == 1 and self.outs):
            return self.districts[0].code
        return ""

    @property
    def is_all_out(self) -> bool:
        """Whether nobody there has supply."""
        return bool(self.districts) and all(one.out for one in self.districts)

    def has(self, load_code: str) -> bool:
        """Whether a load is one of this place's."""
        return any(one.code == load_code for one in self.districts)


def stations_of(exchange: Exchange) -> list[Unit]:
    """The stations that an exchange serves; without any, its own unit: somebody there works on what is reported."""
    units = units_within([str(exchange.unit.path)])
    return [one for one in units if one.kind == UnitKind.STATION] or [
        one for one in units if one.pk == exchange.unit_id
    ]


def where_of(exchange: Exchange, text: str, *, supply: Supply | None = None) -> Where | None:
    """The place or area that a text begins with, at a station that the exchange serves; None: it could be anywhere."""
    stations = {one.pk: one for one in stations_of(exchange)}
    found = (spot_of_text(told, list(stations), fewest=1) for told in _said(text.strip()))
    spot = next((one for one in found if one is not None), None)
    return _told(spot, stations[spot.unit_id], supply or Supply(exchange)) if spot else None


def _said(text: str) -> Iterator[str]:
    """A text, and what is left of it without county and town."""
    yield text
    for above in _ABOVE.finditer(text[:_LONGEST_ABOVE]):
        if len(text) > above.end() + 1:
            yield text[above.end() :]


def _told(spot: Spot, unit: Unit, supply: Supply) -> Where:
    names = loads_of(unit.pk).names
    events = {code: supply.events(code, unit.pk) for code in spot.load_codes}
    out = {code: found[0] for code, found in events.items() if found}
    districts = [
        District(code=code, name=names.get(code, ""), out=out[code][1] if code in out else "")
        for code in spot.load_codes
        if code in names
    ]
    districts.sort(key=lambda one: (not one.out, _as_counted(one.name), one.code))
    return Where(
        unit_id=unit.pk,
        unit_name=unit.name,
        name=spot.name,
        districts=tuple(districts),
        outs=tuple(_outs(Counter(out.values()))),
    )


def _as_counted(name: str) -> list[tuple[int, str]]:
    """A key that puts number 2 before number 10."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in _COUNTED.split(name)]


def _outs(counted: Counter[tuple[int, str]]) -> Iterator[OutThere]:
    """The outages at a place, that with most districts first."""
    for (network_id, number), count in counted.most_common():
        outage = Outage.objects.filter(network_id=network_id, number=number).select_related("feeder").first()
        if outage is not None:
            yield OutThere(outage=outage, district_count=count)


def places_like(exchange: Exchange, text: str) -> list[str]:
    """Names of places that hold a text, to choose from."""
    names = spots_like(text, [one.pk for one in stations_of(exchange)], limit=_LIKE, fewest=1)
    return list(dict.fromkeys(name for name, _unit_id in names))
