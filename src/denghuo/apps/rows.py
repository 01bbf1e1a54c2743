"""Many rows at once: what `bulk_create` and `bulk_update` do, at a tenth of their time a row.

Values are taken as they stand on the objects, but for days, times, JSON and what is sealed, which are written in their
own way: no expressions, no defaults of the database. Keys of new rows are not fetched: rows that others refer to are
given keys beforehand (`reserve`) and put in with them (`insert_values`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain, islice
from typing import Any

from django.db import connection, models

from denghuo.apps.sealed import SealedTextField

_AT_ONCE = 2_000
_VALUES = 1_000  # in one statement: some tens of rows go in with half the work of as many statements


def insert(rows: Sequence[models.Model]) -> None:
    """Insert objects of one model: either all with their keys (see `reserve`), or none of which has one yet."""
    if not rows:
        return
    keyed = rows[0].pk is not None
    fields = [field for field in rows[0]._meta.concrete_fields if keyed or not field.primary_key]
    attributes = [field.attname for field in fields]
    values = ([told[name] for name in attributes] for told in map(vars, rows))
    _insert(_into(type(rows[0]), fields), fields, values)
    if keyed:
        for one in rows:
            one._state.adding, one._state.db = False, connection.alias


def update(model: type[models.Model], names: Sequence[str], values: Iterable[Sequence[Any]]) -> None:
    """Write fields of rows: each of ``values`` has one for every name, foreign keys as keys, and last the row's key."""
    meta = model._meta
    key = meta.pk
    assert key is not None
    fields: list[Any] = [meta.get_field(name) for name in names]
    quote = connection.ops.quote_name
    assigned = ", ".join(f"{quote(str(field.column))} = %s" for field in fields)
    where = f"{quote(str(key.column))} = %s"
    _many(f"UPDATE {quote(meta.db_table)} SET {assigned} WHERE {where}", [*fields, key], values)


def reserve(model: type[models.Model], count: int) -> Sequence[int]:
    """Keys for new rows of a model, in order, that nobody else will get: within a transaction that inserts them."""
    table, key = model._meta.db_table, model._meta.pk
    assert key is not None
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # Whoever writes holds the whole database, and a key that was given once is never given again.
            cursor.execute("SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = %s", [table])
            first = cursor.fetchone()[0] + 1
            return range(first, first + count)
        sequence = "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)"
        cursor.execute(sequence, [connection.ops.quote_name(table), key.column, count])
        return [key for (key,) in cursor.fetchall()]


def insert_values(model: type[models.Model], names: Sequence[str], values: Iterable[Sequence[Any]]) -> None:
    """Insert rows given as values: each of ``values`` has one for every name, foreign keys as keys. Every column that
    has to hold something is named, its own key too where others refer to it."""
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    into = _into(model, fields)
    if connection.vendor != "postgresql":
        _insert(into, fields, values)
        return
    with connection.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
        for row in _written(fields, values):
            copy.write_row(row)


def _into(model: type[models.Model], fields: Sequence[Any]) -> str:
    quote = connection.ops.quote_name
    return f"{quote(model._meta.db_table)} ({', '.join(quote(str(field.column)) for field in fields)})"


def _insert(into: str, fields: Sequence[Any], values: Iterable[Sequence[Any]]) -> None:
    """Insert rows, many with each statement; what is left over at the end with one statement of its own."""
    together = max(1, _VALUES // len(fields))
    row = f"({', '.join(['%s'] * len(fields))})"
    rest = _written(fields, values)

    def of(count: int) -> str:
        return f"INSERT INTO {into} VALUES {', '.join([row] * count)}"

    with connection.cursor() as cursor:
        while part := list(islice(rest, together * max(1, _AT_ONCE // together))):
            whole = len(part) - len(part) % together
            if whole:
                every = (list(chain(*part[at : at + together])) for at in range(0, whole, together))
                cursor.executemany(of(together), list(every))
            if left := part[whole:]:
                cursor.execute(of(len(left)), list(chain(*left)))


def _many(sql: str, fields: Sequence[Any], values: Iterable[Sequence[Any]]) -> None:
    """Run one statement for many rows, their values written as this database wants them."""
    rest = _written(fields, values)
    with connection.cursor() as cursor:
        while part := list(islice(rest, _AT_ONCE)):
            cursor.executemany(sql, part)


def _written(fields: Sequence[Any], values: Iterable[Sequence[Any]]) -> Iterator[list[Any]]:
    """Rows with their values as this database wants them."""
    writers = [(place, write) for place, field in enumerate(fields) if (write := _writer(field)) is not None]
    for told in values:
        row = list(told)
        for place, write in writers:
            if row[place] is not None:
                row[place] = write(row[place])
        yield row


def _writer(field: Any) -> Callable[[Any], Any] | None:
    """How a field's values are written; None: as they are."""
    if isinstance(field, models.DateTimeField):
        return _instant_text if connection.vendor == "sqlite" else None
    if isinstance(field, SealedTextField):
        return field.sealer()
    if isinstance(field, models.DateField | models.TimeField | models.JSONField):
        return lambda value: field.get_db_prep_save(value, connection)
    return None


@lru_cache(maxsize=16)
def _instant_text(value: datetime) -> str:
    """As Django writes instants into SQLite: UTC, without saying so."""
    return str(value.astimezone(UTC).replace(tzinfo=None))
