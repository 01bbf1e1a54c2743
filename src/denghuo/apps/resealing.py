"""Personal data sealed anew with the newest key: how old keys go out of use.

No value changes, only how it lies on the disk, so no fact is recorded. A few rows are read, opened, sealed and written
at a time, and only over the very bytes that were read: what somebody writes meanwhile stays, with whatever key it has.
What the newest key sealed is passed over by the database itself, so whoever is interrupted begins again and does the
rest.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

from denghuo.adapters.sealing import SealError
from denghuo.apps.sealed import SealedTextField, keyring

_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Resealed:
    """What came of a column: values sealed anew, values that no key opens, values that others changed meanwhile."""

    column: str
    resealed_count: int = 0
    unopened_count: int = 0
    changed_count: int = 0


def sealed_fields() -> list[SealedTextField]:
    """Every column of personal data, in order of its table."""
    found = [
        field
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, SealedTextField)
    ]
    return sorted(found, key=name_of)


def name_of(field: SealedTextField) -> str:
    """A column, as the database calls it."""
    return f"{field.model._meta.db_table}.{field.column}"


def count_older(field: SealedTextField) -> int:
    """How many values of a column an older key sealed."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {_table(field)} WHERE {_is_older(field)}", [_newest()])
        count: int = cursor.fetchone()[0]
    return count


def reseal(field: SealedTextField, *, tell: Callable[[Resealed], None] | None = None) -> Resealed:
    """Seal every value of a column with the newest key that another one sealed; ``tell`` hears how far it is."""
    done = Resealed(column=name_of(field))
    for rows in _older(field):
        fresh: list[tuple[bytes, Any, bytes]] = []
        for key, raw in rows:
            try:
                text = keyring().open(raw, context=field.context)
            except SealError:
                continue
            fresh.append((keyring().seal(text, context=field.context), key, raw))
        written = _write(field, fresh)
        done = replace(
            done,
            resealed_count=done.resealed_count + written,
            unopened_count=done.unopened_count + len(rows) - len(fresh),
            changed_count=done.changed_count + len(fresh) - written,
        )
        if tell is not None:
            tell(done)
    return done


def _older(field: SealedTextField) -> Iterator[list[tuple[Any, bytes]]]:
    """Keys and bytes of rows that an older key sealed, some at a time in order of their keys."""
    pk, column = _key(field), connection.ops.quote_name(str(field.column))
    last: Any = None
    while True:
        behind, told = (f" AND {pk} > %s", [last]) if last is not None else ("", [])
        sql = f"SELECT {pk}, {column} FROM {_table(field)} WHERE {_is_older(field)}{behind} ORDER BY {pk} LIMIT %s"
        with connection.cursor() as cursor:
            cursor.execute(sql, [_newest(), *told, _AT_ONCE])
            rows = [(key, bytes(raw)) for key, raw in cursor.fetchall()]
        if not rows:
            return
        yield rows
        last = rows[-1][0]


def _write(field: SealedTextField, fresh: list[tuple[bytes, Any, bytes]]) -> int:
    """Write values over the bytes that they were read from; how many were still there."""
    column = connection.ops.quote_name(str(field.column))
    sql = f"UPDATE {_table(field)} SET {column} = %s WHERE {_key(field)} = %s AND {column} = %s"
    with transaction.atomic(), connection.cursor() as cursor:
        written = 0
        for values in fresh:
            cursor.execute(sql, values)
            written += cursor.rowcount
    return written


def _newest() -> bytes:
    """The byte with which values of the newest key begin."""
    return bytes([keyring().keys[-1].number])


def _is_older(field: SealedTextField) -> str:
    column = connection.ops.quote_name(str(field.column))
    return f"LENGTH({column}) > 0 AND SUBSTR({column}, 1, 1) <> %s"


def _table(field: SealedTextField) -> str:
    return connection.ops.quote_name(field.model._meta.db_table)


def _key(field: SealedTextField) -> str:
    key: models.Field[Any, Any] | None = field.model._meta.pk
    assert key is not None
    return connection.ops.quote_name(str(key.column))
