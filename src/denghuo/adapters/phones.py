"""Telephone numbers as people and exchanges write them, and as they are compared, sent to and dialed."""

import re
from unicodedata import normalize

__all__ = ["dialed", "digits_of", "is_phone", "kind_of_number", "plain_number"]

_BETWEEN = re.compile(r"[\s\-()（）./—–_]+")
_HOME = re.compile(r"^(?:\+86|0086(?=\d{9}))")
_PHONE = re.compile(r"\d{7,20}")
_MOBILE = re.compile(r"1\d{10}")


def plain_number(number: str) -> str:
    """A number as it is compared: nothing stands between its digits, and the country is this one.

    >>> plain_number("+86 138-0013-8000"), plain_number("（0571）8765 4321"), plain_number("+852 5123 4567")
    ('13800138000', '057187654321', '+85251234567')
    """
    if number.isascii() and number.isdigit() and not number.startswith("0086"):
        return number
    return _HOME.sub("", _BETWEEN.sub("", normalize("NFKC", number)))


def dialed(text: str) -> str:
    """The plain number that somebody typed; "" where it has anything else than digits.

    >>> dialed("+86 138-0013 8000"), dialed("１３８"), dialed("138****8000"), dialed("abc")
    ('13800138000', '138', '', '')
    """
    plain = plain_number(text)
    return plain if plain.isascii() and plain.isdigit() else ""


def digits_of(text: str) -> str:
    """What digits there are in what somebody wrote for a number, without the country's code: better than none.

    >>> digits_of("+86 138-0013 8000"), digits_of("13800138000 (son)"), digits_of("+852 5123 4567"), digits_of("none")
    ('13800138000', '13800138000', '85251234567', '')
    """
    return "".join(filter(str.isdecimal, plain_number(text)))


def is_phone(number: str) -> bool:
    """Whether a plain number can be called.

    >>> is_phone("13800138000"), is_phone("95598"), is_phone("无")
    (True, False, False)
    """
    return _PHONE.fullmatch(number) is not None


def kind_of_number(number: str) -> str:
    """``mobile``, which takes text messages, or ``landline``.

    >>> kind_of_number("138 0013 8000"), kind_of_number("0571-87654321")
    ('mobile', 'landline')
    """
    return "mobile" if _MOBILE.fullmatch(plain_number(number)) else "landline"
