"""The chain of digests that makes a later change of any recorded byte visible."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from django.db import DatabaseError

from denghuo.apps.ledger.models import Fact

START = "0" * 64
_CHUNK = 1_000
_COLUMNS = ("id", "previous_hash", "kind", "at", "actor", "data", "hash")


class BreakCode(Enum):
    """How a row fails to continue the chain."""

    MISSING = "missing"  # rows between the one before and this one are gone
    CONTENT = "content"  # the row does not match its own digest, or cannot be read
    LINK = "link"  # the row does not carry the digest of the one before
    HEAD = "head"  # the last digest is not the one that was noted elsewhere


@dataclass(frozen=True, kw_only=True)
class ChainBreak:
    """One place where the chain does not hold."""

    fact_id: int
    code: BreakCode


@dataclass(frozen=True, kw_only=True)
class ChainReport:
    """What a walk along the whole chain found. Note `head` elsewhere: it convicts a tail that was cut off."""

    count: int
    head: str
    breaks: tuple[ChainBreak, ...]


def digest(*, fact_id: int, previous_hash: str, kind: str, at: datetime, actor: str, data: str) -> str:
    """Return the SHA-256 over everything a fact says, its place and its predecessor, as hexadecimal text."""
    words = [fact_id, previous_hash, kind, at.astimezone(UTC).isoformat(), actor, data]
    return hashlib.sha256(json.dumps(words, separators=(",", ":")).encode()).hexdigest()


def verify(*, head: str | None = None) -> ChainReport:
    """Walk all facts in order and return every break; `head` is a digest noted earlier that must still occur."""
    breaks: list[ChainBreak] = []
    count, last_id, last_hash = 0, 0, START
    head_seen = head is None or head == START
    for fact_id, row in _rows():
        count += 1
        if fact_id != last_id + 1:
            breaks.append(ChainBreak(fact_id=fact_id, code=BreakCode.MISSING))
        elif row is not None and row["previous_hash"] != last_hash:
            breaks.append(ChainBreak(fact_id=fact_id, code=BreakCode.LINK))
        if not _holds(fact_id, row):
            breaks.append(ChainBreak(fact_id=fact_id, code=BreakCode.CONTENT))
        last_id, last_hash = fact_id, row["hash"] if row is not None else ""
        head_seen = head_seen or last_hash == head
    if not head_seen:
        breaks.append(ChainBreak(fact_id=last_id, code=BreakCode.HEAD))
    return ChainReport(count=count, head=last_hash, breaks=tuple(breaks))


def _holds(fact_id: int, row: dict[str, Any] | None) -> bool:
    if row is None or not isinstance(row["at"], datetime):
        return False
    said = {name: row[name] for name in ("previous_hash", "kind", "at", "actor", "data")}
    try:
        return digest(fact_id=fact_id, **said) == row["hash"]
    except TypeError:  # SQLite hands out bytes where somebody has put bytes
        return False


def _rows() -> Iterator[tuple[int, dict[str, Any] | None]]:
    """Yield (id, columns) in order; None for a row so damaged that the database cannot hand it out."""
    last_id = None
    while True:
        later = Fact.objects.all() if last_id is None else Fact.objects.filter(id__gt=last_id)
        ids = list(later.order_by("id").values_list("id", flat=True)[:_CHUNK])
        if not ids:
            return
        yield from _read(ids)
        last_id = ids[-1]


def _read(ids: list[int]) -> Iterator[tuple[int, dict[str, Any] | None]]:
    try:
        rows = list(Fact.objects.filter(id__gte=ids[0], id__lte=ids[-1]).order_by("id").values(*_COLUMNS))
    except (DatabaseError, ValueError, TypeError):
        if len(ids) == 1:
            yield ids[0], None
            return
        for fact_id in ids:
            yield from _read([fact_id])
    else:
        yield from ((row["id"], row) for row in rows)
