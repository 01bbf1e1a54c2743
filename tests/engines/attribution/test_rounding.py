"""What is shown adds up to what is shown as the total."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from denghuo.engines.attribution import AttributionError, round_to_total

PARTS = st.lists(st.floats(-1e6, 1e6), max_size=12)


@given(PARTS, st.integers(0, 4))
def test_adds_up_and_stays_near(parts: list[float], decimals: int) -> None:
    shown = round_to_total(parts, decimals=decimals)
    digits = [round(part * 10**decimals) for part in shown.tolist()]
    assert sum(digits) == round(sum(map(Fraction, parts), Fraction()) * 10**decimals)
    assert np.all(np.abs(shown - np.array(parts)) < 10.0**-decimals * (1 + 1e-6))


@given(st.lists(st.integers(-100, 100), min_size=1))
def test_what_is_whole_stays(parts: list[int]) -> None:
    assert round_to_total(parts, decimals=0).tolist() == parts


def test_unknown_parts_have_no_total() -> None:
    with pytest.raises(AttributionError, match="unknown"):
        round_to_total([1.0, np.nan], decimals=1)
