"""Text from files that do not say how they are encoded."""

from __future__ import annotations

import re

__all__ = ["decoded"]

_NOT_ASCII = re.compile(rb"[\x80-\xff]+")


def decoded(data: bytes) -> str:
    """UTF-8, else what Chinese Windows writes, else Latin-1, which takes any byte.

    Chinese characters are two bytes above ASCII each, so they come in even runs; accented letters mostly stand alone.

    >>> decoded("城关线".encode("gb18030")), decoded("Subestação São João".encode("latin-1"))
    ('城关线', 'Subestação São João')
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    if all(len(run) % 2 == 0 for run in _NOT_ASCII.findall(data)):
        try:
            return data.decode("gb18030")
        except UnicodeDecodeError:
            pass
    return data.decode("latin-1")
