"""What a customer is found by, as blind numbers: any two neighbors of the name, its initials, the door, a number.

Whoever holds the tables and not the keys learns which accounts share a number here and how often, not what it says.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import normalize

from pypinyin import Style, lazy_pinyin

from denghuo.adapters.phones import plain_number
from denghuo.apps.sealed import keyring

LEAST_DIGITS = 4  # of what is looked for as the number of an account, a phone or a meter

_MOST_PAIRS = 24  # of a long name, such as a company's
_LONGEST_INITIALS = 6
_REMEMBERED = 1 << 16  # pairs, initials and doors: a file has the same ones again and again
_BLANKS = re.compile(r"[\s·•・,，.。()（）]+")
_PARTS = re.compile(r"\d+|[a-z]+")
_NUMBER = re.compile(r"\d+[A-Za-z]?")
# Down to the village, the street or the estate everybody may read an address; behind it the door begins.
_KINDS_OF_PLACE = "社区|小区|花园|公寓|家园|新村|村|大街|街|大道|路|巷|弄|苑|屯|寨|庄|坊"
_PLACE = re.compile(rf"^(.*?(?:{_KINDS_OF_PLACE}))(.*)$")
# Surnames that are read otherwise than the same character elsewhere.
_SURNAMES = {
    "曾": "z", "单": "s", "解": "x", "仇": "q", "区": "o", "查": "z", "盖": "g", "缪": "m", "翟": "z", "朴": "p",
    "种": "c", "召": "s", "乐": "y", "覃": "q", "重": "c", "尉": "w",
}  # fmt: skip


@dataclass(frozen=True)
class Keys:
    """The blind numbers of an installation, made ready once for many texts."""

    _name: Callable[[str], int]
    _initials: Callable[[str], int]
    _door: Callable[[str], int]
    _phone: Callable[[str], int]

    def names(self, name: str, *, company: bool = False) -> set[int]:
        """Under what a name is kept."""
        plain = plain_name(name)
        initials = initials_of(plain, company=company)[:_LONGEST_INITIALS]
        pairs = _pairs(plain)[:_MOST_PAIRS]
        return {
            *map(self._name, pairs),
            *(self._initials(initials[:length]) for length in range(2, len(initials) + 1)),
        }

    def name_asked(self, word: str) -> list[int]:
        """Every key that a customer has whose name has this in it."""
        return [self._name(pair) for pair in dict.fromkeys(_pairs(plain_name(word)))]

    def initials_asked(self, word: str) -> list[int]:
        """The key of customers whose initials begin so."""
        letters = plain_name(word)
        if not (letters.isascii() and letters.isalnum() and 2 <= len(letters) <= _LONGEST_INITIALS):
            return []
        return [self._initials(letters)]

    def doors(self, door: str) -> set[int]:
        """Under what a door is kept: all its numbers, and the last alone, for people leave out the group."""
        plain = plain_door(door)
        return {self._door(one) for one in {plain, plain.rsplit("-", 1)[-1]} if one}

    def door_asked(self, door: str) -> int | None:
        """The key of a door, however its numbers are joined: 3组12号 is 3-12."""
        plain = plain_door(door)
        return self._door(plain) if plain else None

    def phone(self, number: str) -> int:
        """The key of a telephone number."""
        return self._phone(plain_number(number))


def keys() -> Keys:
    """The blind numbers of this installation."""
    ring = keyring()
    name, initials, door = (
        lru_cache(_REMEMBERED)(ring.blinder(f"customers.{what}")) for what in ("name", "initials", "door")
    )
    return Keys(name, initials, door, ring.blinder("customers.phone"))


def plain_name(name: str) -> str:
    """A name as it is compared: full-width and half-width, large and small are one, and nothing stands between.

    >>> plain_name("Ａ 欧阳·小明 ")
    'a欧阳小明'
    """
    return _BLANKS.sub("", name if name.isalnum() and not name.isascii() else normalize("NFKC", name).casefold())


def plain_door(door: str) -> str:
    """A door as it is compared: its numbers and letters, else its words.

    >>> plain_door("３组12号"), plain_door("3-12"), plain_door("村口小店")
    ('3-12', '3-12', '村口小店')
    """
    plain = normalize("NFKC", door).casefold()
    return "-".join(_PARTS.findall(plain)) or _BLANKS.sub("", plain)


def initials_of(name: str, *, company: bool = False) -> str:
    """The first letters of a name's pinyin. A company is read word by word, a person letter by letter and the surname
    as a surname.

    >>> initials_of("张三"), initials_of("单小明"), initials_of("重庆路小学", company=True)
    ('zs', 'sxm', 'cqlxx')
    """
    if company:
        return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()
    letters = [_initial(one) for one in name[:_LONGEST_INITIALS]]
    if name and name[0] in _SURNAMES:
        letters[0] = _SURNAMES[name[0]]
    return "".join(letters)


@lru_cache(maxsize=30_000)
def _initial(character: str) -> str:
    return "".join(lazy_pinyin(character, style=Style.FIRST_LETTER)).lower()[:1]


def split_address(address: str) -> tuple[str, str]:
    """The place that everybody may read, and the door.

    >>> split_address("灯火镇青禾村3组12号"), split_address("柳溪路8号灯塔小区5幢301室"), split_address("青禾村")
    (('灯火镇青禾村', '3组12号'), ('柳溪路8号灯塔小区', '5幢301室'), ('青禾村', ''))
    >>> split_address("12号")
    ('', '12号')
    """
    flat = "".join(normalize("NFKC", address).split())
    place, rest = "", flat
    while found := _PLACE.match(rest):
        place, rest = place + found[1], found[2]
    if not place and rest and not _NUMBER.search(rest):
        return rest, ""
    return place, rest


def is_number(word: str) -> bool:
    """Whether a word is looked for as a number."""
    plain = plain_number(word)
    return len(plain) >= LEAST_DIGITS and plain.isascii() and sum(map(str.isdigit, plain)) >= LEAST_DIGITS


def asked_words(text: str, *, most: int = 4) -> list[str]:
    """The words of what somebody typed. A number written with blanks is one.

    >>> asked_words(" 张三　青禾村 "), asked_words("138 0013 8000")
    (['张三', '青禾村'], ['13800138000'])
    """
    flat = normalize("NFKC", text).replace("\0", "")
    if is_number(flat) and plain_number(flat).isdigit():
        return [plain_number(flat)]
    return flat.split()[:most]


def _pairs(plain: str) -> list[str]:
    """Every two neighbors; one character alone is its own."""
    return [plain[place : place + 2] for place in range(max(len(plain) - 1, 1))] if plain else []
