"""How many text messages a text becomes, as Chinese operators count and charge.

One of up to 70 characters; a longer one is cut into parts of 67, since each part then carries a header that puts them
together again. Every character counts, the signature with its brackets included; one outside the basic plane counts
twice, for it is sent as two UTF-16 units (GSM 03.40, UCS-2).
"""

from dataclasses import dataclass

__all__ = ["ONE", "PART", "Length", "length", "segments"]

ONE, PART = 70, 67


@dataclass(frozen=True, kw_only=True)
class Length:
    """How long a text is: characters as charged, messages that it becomes, characters left in the last of them."""

    characters: int
    segments: int
    left: int


def length(text: str, *, signature: str = "") -> Length:
    """The length of a text with its signature.

    >>> length("您好" * 30, signature="灯火供电")
    Length(characters=66, segments=1, left=4)
    >>> length("您好" * 40)
    Length(characters=80, segments=2, left=54)
    """
    whole = f"【{signature}】{text}" if signature else text
    characters = len(whole.encode("utf-16-le")) // 2
    if characters <= ONE:
        return Length(characters=characters, segments=1, left=ONE - characters)
    parts = -(-characters // PART)
    return Length(characters=characters, segments=parts, left=parts * PART - characters)


def segments(text: str, *, signature: str = "") -> int:
    """How many messages a text is charged as."""
    return length(text, signature=signature).segments
