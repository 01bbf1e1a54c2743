"""A fact reads back as it was written, and nothing that would not is accepted."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from denghuo.apps.ledger import codec


class Phase(IntEnum):
    A = 1
    B = 2


class Color(Enum):
    RED = "red"


@dataclass(frozen=True, kw_only=True)
class Place:
    name: str
    height_m: float | None


@dataclass(frozen=True, kw_only=True)
class Everything:
    flag: bool
    number: int
    share: float
    amount: Decimal
    text: str
    at: datetime
    day: date
    phase: Phase
    color: Color | None
    places: tuple[Place, ...]
    place: Place | None


_finite = st.floats(allow_nan=False, allow_infinity=False)
_text = st.text(st.characters(codec="utf-8"))
_places = st.builds(Place, name=_text, height_m=st.none() | _finite)
_everything = st.builds(
    Everything,
    flag=st.booleans(),
    number=st.integers(),
    share=_finite,
    amount=st.decimals(allow_nan=False, allow_infinity=False),
    text=_text,
    at=st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))]), min_value=datetime(2, 1, 1)),  # noqa: DTZ001
    day=st.dates(),
    phase=st.sampled_from(Phase),
    color=st.none() | st.sampled_from(Color),
    places=st.lists(_places, max_size=3).map(tuple),
    place=st.none() | _places,
)


@given(_everything)
def test_round_trip(fact):
    codec.check(Everything)
    written = codec.dump(fact)
    read = codec.parse(Everything, written)
    assert read == fact
    assert str(read.amount) == str(fact.amount)  # 1.10 stays 1.10
    assert type(read.phase) is Phase
    assert codec.dump(read) == written


@dataclass(frozen=True, kw_only=True)
class Sample:
    number: int = 0
    share: float = 0.0
    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    day: date = date(2026, 1, 1)
    text: str = ""
    amount: Decimal = Decimal(0)
    flag: bool = False
    phase: Phase = Phase.A
    ids: tuple[int, ...] = ()


@pytest.mark.parametrize(
    "values",
    [
        {"number": "1"},
        {"number": True},
        {"number": np.int64(1)},
        {"share": float("nan")},
        {"share": float("inf")},
        {"share": "0.5"},
        {"at": datetime(2026, 1, 1)},  # noqa: DTZ001
        {"at": date(2026, 1, 1)},
        {"day": datetime(2026, 1, 1, tzinfo=UTC)},
        {"text": None},
        {"amount": 1.1},
        {"amount": Decimal("NaN")},
        {"flag": 1},
        {"phase": 9},
        {"ids": [1, 2]},
        {"ids": ("1",)},
    ],
    ids=str,
)
def test_a_value_that_does_not_fit_is_refused_with_the_name_of_its_field(values):
    (name,) = values
    with pytest.raises((TypeError, ValueError), match=rf"^Sample\.{name}: "):
        codec.dump(Sample(**values))


def test_a_member_of_a_text_choice_is_kept_as_its_value():
    class Role(StrEnum):
        AGENT = "agent"

    assert json.loads(codec.dump(Sample(text=Role.AGENT)))["text"] == "agent"


def test_facts_written_before_a_field_existed_take_its_default():
    assert codec.parse(Sample, '{"number": 7}') == Sample(number=7)


def test_what_a_fact_class_cannot_hold_is_said_when_it_is_registered():
    @dataclass(frozen=True, kw_only=True)
    class Loose:
        anything: dict

    @dataclass(kw_only=True)
    class Melted:
        number: int

    @dataclass(frozen=True)
    class Positional:
        number: int

    with pytest.raises(TypeError, match=r"Loose\.anything: a fact cannot hold"):
        codec.check(Loose)
    for wrong in (Melted, Positional, int):
        with pytest.raises(TypeError, match="not a frozen, keyword-only dataclass"):
            codec.check(wrong)
