"""One box for everything: a number of an account, a phone or a meter; a name, two characters of it, its initials; a
place, a door.

Every word narrows what the others found. What a word may mean is tried in order of how sure it is, and only as far as
the page has room: nothing is counted, so a search takes as long in a million customers as in a thousand.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from unicodedata import normalize

from django.db.models import Exists, OuterRef, QuerySet

from denghuo.adapters.phones import plain_number
from denghuo.apps.customers.models import Account, Meter, Place, Premises, SearchKey
from denghuo.apps.customers.queries.customers import customers_by_id, ids_by_phone
from denghuo.apps.customers.queries.values import Found, Hit
from denghuo.apps.customers.snapshot import Keys, asked_words, is_number, keys, split_address
from denghuo.apps.organization.queries import units_within

MOST_FOUND = 20
_MOST_PLACES = 200  # whose name holds a word
_MOST_READINGS = 8  # of a query, each word in each of its meanings
_MOST_NUMBERED = 100
_MOST_OF_A_VILLAGE = 3000  # whose doors are opened to see of which group they are
_GROUP = re.compile(r"(.*?)第?0*(\d+)(?:村民小)?[组社队]")


@dataclass(frozen=True)
class _Meaning:
    """What a word may stand for: accounts it names, or keys they must have, or places they must be at; the group of a
    village that their door begins with."""

    why: str
    account_ids: tuple[int, ...] | None = None
    keys: tuple[int, ...] = ()
    place_ids: tuple[int, ...] | None = None
    group: str = ""

    def and_also(self, other: "_Meaning") -> "_Meaning":
        """Both at once."""
        return replace(
            self,
            account_ids=_both(self.account_ids, other.account_ids),
            keys=(*self.keys, *other.keys),
            place_ids=_both(self.place_ids, other.place_ids),
            group=self.group or other.group,
        )


def _both(one: tuple[int, ...] | None, other: tuple[int, ...] | None) -> tuple[int, ...] | None:
    if one is None or other is None:
        return other if one is None else one
    kept = set(other)
    return tuple(each for each in one if each in kept)


def search(scope: Iterable[str], text: str, *, limit: int = MOST_FOUND) -> Found:
    """The first customers of a scope that every word fits, surest first."""
    scope = tuple(scope)
    words = asked_words(text)
    unit_ids = [unit.pk for unit in units_within(scope)]
    blind = keys()
    meanings = [list(_meanings(word, scope, unit_ids, blind)) for word in words]
    why: dict[int, tuple[str, ...]] = {}
    if words and unit_ids and all(meanings):
        for reading in islice(product(*meanings), _MOST_READINGS):
            joined = reading[0]
            for other in reading[1:]:
                joined = joined.and_also(other)
            reasons = tuple(dict.fromkeys(one.why for one in reading))
            for account_id in _accounts(joined, unit_ids, most=limit + 1):
                why.setdefault(account_id, reasons)
            if len(why) > limit:
                break
    ids = list(islice(why, limit))
    found = customers_by_id(ids)
    hits = tuple(Hit(customer=found[one], why=why[one]) for one in ids)
    return Found(hits=hits, more=len(why) > limit, words=tuple(words))


def _meanings(word: str, scope: tuple[str, ...], unit_ids: list[int], blind: Keys) -> Iterator[_Meaning]:
    """What a word may stand for, surest first; what nobody has is left out."""
    if is_number(word):
        yield from _numbered(plain_number(word), scope, unit_ids)
    names = tuple(blind.name_asked(word))
    if names and not word.isdecimal() and _any(names, unit_ids):
        yield _Meaning("name", keys=names)
    initials = tuple(blind.initials_asked(word))
    if initials and _any(initials, unit_ids):
        yield _Meaning("initials", keys=initials)
    yield from _somewhere(word, unit_ids, blind)


def _numbered(number: str, scope: tuple[str, ...], unit_ids: list[int]) -> Iterator[_Meaning]:
    accounts = Account.objects.filter(number__gte=number, number__lt=_behind(number), unit_id__in=unit_ids)
    ids = tuple(accounts.order_by("number").values_list("pk", flat=True)[:_MOST_NUMBERED])
    if ids:
        yield _Meaning("account", account_ids=ids)
    if called := tuple(ids_by_phone(scope, number)):
        yield _Meaning("phone", account_ids=called)
    meters = Meter.objects.filter(number=number, supply_point__unit_id__in=unit_ids)
    if metered := tuple(meters.values_list("supply_point__account_id", flat=True)[:_MOST_NUMBERED]):
        yield _Meaning("meter", account_ids=metered)


def _behind(number: str) -> str:
    """The first text that no longer begins like this: so an index of numbers finds a beginning."""
    return number[:-1] + chr(ord(number[-1]) + 1)


def _somewhere(word: str, unit_ids: list[int], blind: Keys) -> Iterator[_Meaning]:
    """A place that has the word in its name; a group or a door of it; a door anywhere."""
    places = Place.objects.filter(unit_id__in=unit_ids)
    if ids := tuple(places.filter(name__contains=word).values_list("pk", flat=True)[:_MOST_PLACES]):
        yield _Meaning("place", place_ids=ids)
    place, door = split_address(word)
    if group := _GROUP.fullmatch(door):  # 1组 is no door 1
        place += group[1]
        ids = tuple(places.filter(name__contains=place).values_list("pk", flat=True)[:_MOST_PLACES])
        if ids or not place:
            yield _Meaning("place", place_ids=ids if place else None, group=group[2])
        return
    key = blind.door_asked(door) if door else None
    if key is None:
        return
    if not place:
        if _any((key,), unit_ids):
            yield _Meaning("door", keys=(key,))
        return
    if ids := tuple(places.filter(name__contains=place).values_list("pk", flat=True)[:_MOST_PLACES]):
        yield _Meaning("door", keys=(key,), place_ids=ids)


def _any(wanted: Sequence[int], unit_ids: list[int]) -> bool:
    """Whether somebody has the first of these keys: all of them together are asked for later."""
    return SearchKey.objects.filter(key=wanted[0], unit_id__in=unit_ids).exists()


def _accounts(meaning: _Meaning, unit_ids: list[int], *, most: int) -> list[int]:
    """The first accounts for which all of this is so."""
    if meaning.group:
        ids = _accounts(replace(meaning, group=""), unit_ids, most=_MOST_OF_A_VILLAGE)
        return _of_group(meaning.group, ids)[:most]
    if meaning.account_ids is not None:
        return _among(meaning, unit_ids, most)
    if meaning.keys:
        rows: QuerySet[SearchKey] = SearchKey.objects.filter(key=meaning.keys[0], unit_id__in=unit_ids)
        for other in meaning.keys[1:]:
            same = SearchKey.objects.filter(key=other, unit_id=OuterRef("unit_id"), account_id=OuterRef("account_id"))
            rows = rows.filter(Exists(same))
        if meaning.place_ids is not None:
            rows = rows.filter(account__premises__place_id__in=meaning.place_ids)
        return list(rows.values_list("account_id", flat=True)[:most])
    premises = Premises.objects.filter(place_id__in=meaning.place_ids or ())
    return list(premises.values_list("accounts__pk", flat=True).exclude(accounts=None)[:most])


def _of_group(group: str, account_ids: Sequence[int]) -> list[int]:
    """Which of some accounts live in a group. A group is no key of the index, for a village has few: it would say
    where somebody lives."""
    begins = re.compile(rf"第?0*{group}(?:村民小)?(?:[组社队]|-)")
    doors = dict(Account.objects.filter(pk__in=account_ids).values_list("pk", "premises__door"))
    return [one for one in account_ids if begins.match(normalize("NFKC", doors[one] or ""))]


def _among(meaning: _Meaning, unit_ids: list[int], most: int) -> list[int]:
    """Which of the accounts a number names fit the other words too."""
    kept = list(meaning.account_ids or ())
    if meaning.place_ids is not None:
        inside = Account.objects.filter(pk__in=kept, premises__place_id__in=meaning.place_ids)
        fits = set(inside.values_list("pk", flat=True))
        kept = [one for one in kept if one in fits]
    for key in meaning.keys:
        having = SearchKey.objects.filter(key=key, unit_id__in=unit_ids, account_id__in=kept)
        fits = set(having.values_list("account_id", flat=True))
        kept = [one for one in kept if one in fits]
    return kept[:most]
