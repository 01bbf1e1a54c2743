"""Where a team stands among others."""

import re

_DIGITS = "〇一二三四五六七八九"
_PARTS = re.compile(
    r"[0-9]+|[一二三四五六七八九]?十[一二三四五六七八九]?|[〇一二三四五六七八九]|[^0-9〇一二三四五六七八九十]+"
)


def team_order(team: str) -> tuple[bool, list[tuple[bool, int, str]]]:
    """What to sort teams by: numbers in their names by value, Chinese ones up to 99 too; those without one last.

    >>> sorted(["机动班", "三班", "十二班", "十班", "一班", "2班"], key=team_order)
    ['一班', '2班', '三班', '十班', '十二班', '机动班']
    """
    told = [(part, _value(part)) for part in _PARTS.findall(team)]
    key = [(True, 0, part) if value is None else (False, value, "") for part, value in told]
    return all(value is None for _part, value in told), key


def _value(part: str) -> int | None:
    """The number that a part of a name is; None where it is another word."""
    if part[0] in "0123456789":
        return int(part)
    if "十" in part:
        tens, _ten, ones = part.partition("十")
        return 10 * (_DIGITS.index(tens) if tens else 1) + (_DIGITS.index(ones) if ones else 0)
    return _DIGITS.index(part) if part in _DIGITS else None
