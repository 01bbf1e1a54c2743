"""Numbers of telephones, accounts and meters as people write them, and as they are compared."""

from __future__ import annotations

import re
from unicodedata import normalize

__all__ = ["is_phone", "kind_of_number", "plain_number"]

_BETWEEN = re.compile(r"[\s\-()（）./—–_]+")
_ABROAD = re.compile(r"^(?:\+|00)86(?=\d{9,})")
_PHONE = re.compile(r"\d{7,20}")
_MOBILE = re.compile(r"1\d{10}")


def plain_number(number: str) -> str:
    """A number as it is compared: nothing stands between its digits, and the country is this one.

    >>> plain_number("+86 138-0013-8000"), plain_number("（0571）8765 4321")
    ('13800138000', '057187654321')
    """
    if number.isascii() and number.isdigit() and not number.startswith("0086"):
        return number
    return _ABROAD.sub("", _BETWEEN.sub("", normalize("NFKC", number)))


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
