"""Where somebody is without saying who they are: a place, an area or the code of a sticker. Nobody is told by it.

The code of a sticker is made of the codes of a unit and of a transformer alone, so that it stays what it is whatever
happens to this server: what hangs at a pole is read for twenty years.
"""

import re
from base64 import b32encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from statistics import mean
from uuid import UUID

from django.db.models import Count

from denghuo.apps.customers.models import Place, SupplyPoint
from denghuo.apps.customers.queries.responsible import loads_of
from denghuo.apps.network.queries import spot_of as device_spot
from denghuo.apps.network.queries.changes import network_of_unit
from denghuo.apps.organization.models import Unit, UnitKind

FEWEST = 5  # of a place with fewer doors it could be told who lives there
CODE_LENGTH = 10
_SHORTEST, _LONGEST = 2, 120
_LOOKED_AT = 60
_TOWN = re.compile(r"^.{1,12}?(?:街道|[镇乡])(?=.{2})")


@dataclass(frozen=True, kw_only=True)
class Spot:
    """Somewhere in a station: what it is called, on which loads it hangs as far as that is known, and how an order
    refers to it."""

    unit_id: int
    name: str
    load_codes: tuple[str, ...]
    ref: str

    @property
    def load_code(self) -> str:
        """The load, where it can be but one."""
        return self.load_codes[0] if len(self.load_codes) == 1 else ""


def sticker_code(unit_code: str, load_code: str = "") -> str:
    """The code that a sticker at a transformer carries; without one, that of the station.

    >>> sticker_code("lamp", "T1")
    'MSVRJ74TYN'
    """
    return b32encode(sha256(f"{unit_code}\n{load_code}".encode()).digest()).decode()[:CODE_LENGTH]


def spot_of_code(code: str) -> Spot | None:
    """Where a sticker hangs; None: no such code was ever printed here."""
    wanted = code.strip().upper()
    if len(wanted) != CODE_LENGTH:
        return None
    for unit in units_reported_to():
        if sticker_code(unit.code) == wanted:
            return Spot(unit_id=unit.pk, name=unit.name, load_codes=(), ref="")
        network = network_of_unit(unit.pk)
        load_code = _codes(unit.pk, unit.code, network.model_key).get(wanted) if network else None
        if load_code is not None:
            name = loads_of(unit.pk).areas.get(load_code, "") or unit.name
            return Spot(unit_id=unit.pk, name=name, load_codes=(load_code,), ref=f"portal.code:{wanted}")
    return None


@lru_cache(maxsize=64)
def _codes(unit_id: int, unit_code: str, _model_key: UUID) -> dict[str, str]:
    return {sticker_code(unit_code, code): code for code in loads_of(unit_id).areas}


def units_reported_to() -> list[Unit]:
    """The stations that a customer can choose from: without any, every unit with a network."""
    stations = list(Unit.objects.filter(kind=UnitKind.STATION).order_by("path"))
    return stations or list(Unit.objects.filter(network__isnull=False).order_by("path"))


def spot_of_text(text: str, unit_ids: Sequence[int], *, fewest: int = FEWEST) -> Spot | None:
    """The place or area that an address begins with, the longest that fits, with its town or without; None where it
    could be two. ``fewest`` doors a place has: whoever works here may know of every place."""
    told = text.strip()[:_LONGEST]
    if len(told) < _SHORTEST:
        return None
    near = Place.objects.filter(unit_id__in=unit_ids, name__contains=told[:_SHORTEST]).order_by("name")
    near |= Place.objects.filter(unit_id__in=unit_ids, name__in=_beginnings(told))
    names: dict[str, list[Place | Spot]] = {}
    for row in _known_places([row for row in near[:_LOOKED_AT] if _fits(row.name, told)], fewest):
        names.setdefault(_village(row.name), []).append(row)
    if not names:
        areas = [spot for unit_id in unit_ids for spot in _areas(unit_id).values() if _fits(spot.name, told)]
        for spot in areas:
            names.setdefault(_village(spot.name), []).append(spot)
    best = names[max(names, key=len)] if names else []
    if len(best) != 1:
        return None
    return _of_place(best[0]) if isinstance(best[0], Place) else best[0]


def position_of_text(text: str, unit_ids: Sequence[int]) -> tuple[float, float] | None:
    """Where an address is on the drawing of the network, amid the loads of its place; None where that is not known."""
    spot = spot_of_text(text, unit_ids, fewest=1)
    network = network_of_unit(spot.unit_id) if spot else None
    if spot is None or network is None:
        return None
    found = (device_spot(network.pk, code=code) for code in spot.load_codes)
    known = [(one.x, one.y) for one in found if one is not None and one.x is not None and one.y is not None]
    return (mean(x for x, _y in known), mean(y for _x, y in known)) if known else None


def _beginnings(told: str) -> list[str]:
    return [told[:length] for length in range(_SHORTEST, len(told) + 1)]


def _village(name: str) -> str:
    """A name without the town before it, which people leave away."""
    return _TOWN.sub("", name) or name


def _fits(name: str, told: str) -> bool:
    return told.startswith((name, _village(name)))


def spots_like(text: str, unit_ids: Sequence[int], *, limit: int, fewest: int = FEWEST) -> list[tuple[str, int]]:
    """Names of places and areas that hold a text, and the unit of each. Nobody's door is among them."""
    told = text.strip()[:_LONGEST]
    if len(told) < _SHORTEST:
        return []
    rows = Place.objects.filter(unit_id__in=unit_ids, name__icontains=told).order_by("name")[:_LOOKED_AT]
    names = [(row.name, row.unit_id) for row in _known_places(rows, fewest)]
    known = {(_village(name), unit_id) for name, unit_id in names}
    areas = [(name, unit_id) for unit_id in unit_ids for name in _areas(unit_id) if told in name]
    names += [(name, unit_id) for name, unit_id in areas if (_village(name), unit_id) not in known]
    return sorted(set(names), key=lambda one: (not one[0].startswith(told), len(one[0]), one))[:limit]


def _known_places(rows: Iterable[Place], fewest: int = FEWEST) -> list[Place]:
    """Of some places those where so many live that naming one names nobody."""
    by_key = {row.pk: row for row in rows}
    counted = Place.objects.filter(pk__in=list(by_key)).annotate(doors=Count("premises"))
    return [by_key[pk] for pk, doors in counted.values_list("pk", "doors") if doors >= fewest]


def _of_place(row: Place) -> Spot:
    points = SupplyPoint.objects.filter(account__premises__place=row, account__closed_date=None, position=0)
    codes = sorted(set(points.exclude(load_code="").order_by().values_list("load_code", flat=True)))
    return Spot(unit_id=row.unit_id, name=row.name, load_codes=tuple(codes), ref=f"portal.place:{row.pk}")


def spot_of_ref(ref: str, unit_id: int) -> Spot | None:
    """The spot that an order refers to; None: it names none that is still there."""
    kind, _, key = ref.partition(":")
    if kind == "portal.code":
        return spot_of_code(key)
    if kind == "portal.area":
        return _areas(unit_id).get(key)
    if kind == "portal.place" and key.isdecimal():
        found = _known_places(Place.objects.filter(pk=int(key), unit_id=unit_id))
        return _of_place(found[0]) if found else None
    return None


def _areas(unit_id: int) -> dict[str, Spot]:
    network = network_of_unit(unit_id)
    return _areas_of(unit_id, network.model_key) if network else {}


@lru_cache(maxsize=64)
def _areas_of(unit_id: int, _model_key: UUID) -> dict[str, Spot]:
    codes: dict[str, list[str]] = {}
    for code, area in loads_of(unit_id).areas.items():
        if _SHORTEST <= len(area) <= _LOOKED_AT:
            codes.setdefault(area, []).append(code)
    return {
        name: Spot(unit_id=unit_id, name=name, load_codes=tuple(loads), ref=f"portal.area:{name}")
        for name, loads in codes.items()
    }
