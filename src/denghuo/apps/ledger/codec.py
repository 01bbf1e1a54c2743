"""Fact dataclasses to canonical JSON and back, typed by their annotations."""

import dataclasses
import json
import math
import types
import typing
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

_Convert = Callable[[Any], Any]


@dataclasses.dataclass(frozen=True)
class _Codec:
    encode: _Convert
    decode: _Convert


def check(fact_class: type) -> None:
    """Raise `TypeError` unless every field of the fact class can be written and read back."""
    params = getattr(fact_class, "__dataclass_params__", None)
    if params is None or not params.frozen or not all(f.kw_only for f in dataclasses.fields(fact_class)):
        raise TypeError(f"{fact_class.__qualname__} is not a frozen, keyword-only dataclass")
    _fields(fact_class)


def dump(fact: Any) -> str:
    """Return the fact as JSON with sorted keys and no blanks. A value of another type than annotated is an error."""
    return json.dumps(
        _encode_fields(type(fact), fact), ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    )


def parse(fact_class: type, text: str) -> Any:
    """Return the fact that :func:`dump` wrote. Fields added since then take their defaults."""
    return _decode_fields(fact_class, json.loads(text))


@cache
def _fields(owner: type) -> dict[str, _Codec]:
    hints = typing.get_type_hints(owner)
    found = {}
    for field in dataclasses.fields(owner):
        try:
            found[field.name] = _codec(hints[field.name])
        except TypeError as error:
            raise TypeError(f"{owner.__qualname__}.{field.name}: {error}") from None
    return found


def _encode_fields(owner: type, value: Any) -> dict[str, Any]:
    _expect(value, owner)
    encoded = {}
    for name, codec in _fields(owner).items():
        try:
            encoded[name] = codec.encode(getattr(value, name))
        except (TypeError, ValueError) as error:
            raise type(error)(f"{owner.__qualname__}.{name}: {error}") from None
    return encoded


def _decode_fields(owner: type, data: dict[str, Any]) -> Any:
    codecs = _fields(owner)
    return owner(**{name: codecs[name].decode(value) for name, value in data.items()})


def _codec(hint: Any) -> _Codec:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union) and len(arguments) == 2 and type(None) in arguments:
        return _optional(_codec(next(a for a in arguments if a is not type(None))))
    if origin is tuple and len(arguments) == 2 and arguments[1] is ...:
        return _sequence(_codec(arguments[0]))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _Codec(encode=lambda value: hint(value).value, decode=hint)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        check(hint)
        return _Codec(
            encode=lambda value: _encode_fields(hint, value), decode=lambda value: _decode_fields(hint, value)
        )
    if hint in _PLAIN:
        return _PLAIN[hint]
    raise TypeError(f"a fact cannot hold {hint!r}")


def _optional(inner: _Codec) -> _Codec:
    return _Codec(
        encode=lambda value: None if value is None else inner.encode(value),
        decode=lambda value: None if value is None else inner.decode(value),
    )


def _sequence(inner: _Codec) -> _Codec:
    return _Codec(
        encode=lambda value: [inner.encode(item) for item in _expect(value, tuple)],
        decode=lambda value: tuple(inner.decode(item) for item in value),
    )


def _expect(value: Any, *allowed: type) -> Any:
    if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
        raise TypeError(f"expected {allowed[0].__name__}, got {type(value).__name__} {value!r}")
    return value


def _finite(value: Any) -> float:
    number = float(_expect(value, float, int))
    if not math.isfinite(number):
        raise ValueError(f"{number} is not a fact: what is unknown is None")
    return number


def _instant(value: Any) -> str:
    if _expect(value, datetime).utcoffset() is None:
        raise ValueError(f"{value} has no time zone")
    return value.astimezone(UTC).isoformat()


def _day(value: Any) -> str:
    if isinstance(value, datetime):
        raise TypeError("expected date, got datetime")
    return _expect(value, date).isoformat()


def _amount(value: Any) -> str:
    if not _expect(value, Decimal).is_finite():
        raise ValueError(f"{value} is not a fact: what is unknown is None")
    return str(value)


_PLAIN: dict[Any, _Codec] = {
    bool: _Codec(encode=lambda value: _expect(value, bool), decode=bool),
    int: _Codec(encode=lambda value: int(_expect(value, int)), decode=int),
    float: _Codec(encode=_finite, decode=float),
    # A choice of a TextChoices is a str: only its value is kept.
    str: _Codec(encode=lambda value: str.__str__(_expect(value, str)), decode=str),
    Decimal: _Codec(encode=_amount, decode=Decimal),
    datetime: _Codec(encode=_instant, decode=datetime.fromisoformat),
    date: _Codec(encode=_day, decode=date.fromisoformat),
}
