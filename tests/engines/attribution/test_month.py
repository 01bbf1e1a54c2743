"""What goes in: what is refused, and whose the unusual is."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from denghuo.engines.attribution import (
    REDIALS,
    AttributionCode,
    AttributionError,
    Cause,
    HotlineMonth,
    QueueModel,
    Way,
    check_model,
    check_month,
    excess_of_players,
)
from tests.engines.attribution.months import made_month

MONTH, CAUSES = made_month(np.random.default_rng(1))


def test_a_sound_month_has_no_findings() -> None:
    assert check_month(MONTH, CAUSES) == []


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("usual_calls_per_h", np.full((4, 6), -1.0), AttributionCode.NEGATIVE),
        ("observed_calls_per_h", np.nan, AttributionCode.UNKNOWN),
        ("usual_handling_s", 0.0, AttributionCode.NOT_POSITIVE),
        ("observed_handling_s", np.inf, AttributionCode.UNKNOWN),
        ("usual_seats", np.ones((3, 6)), AttributionCode.SHAPES_DIFFER),
        ("observed_seats", -2, AttributionCode.NEGATIVE),
        ("offered_calls", 0.0, AttributionCode.NOBODY_CALLED),
        ("answered_calls", 1e9, AttributionCode.MORE_ANSWERED_THAN_OFFERED),
        ("interval_s", 0.0, AttributionCode.NOT_POSITIVE),
    ],
)
def test_findings_name_the_field(field: str, value: object, code: AttributionCode) -> None:
    found = check_month(replace(MONTH, **{field: value}))
    assert (code, field) in [(one.code, one.field) for one in found]


def test_everything_wrong_is_said_at_once() -> None:
    causes = [Cause(code="storm", volume=-1.0, capacity=np.ones(5)), Cause(code=REDIALS), Cause(code="heat")]
    found = check_month(replace(MONTH, usual_seats=np.nan), causes)
    assert [(one.field, one.code.value) for one in found] == [
        ("usual_seats", "unknown"),
        ("causes", "named_twice"),
        ("storm.volume", "negative"),
        ("storm.capacity", "shapes_differ"),
    ]
    with pytest.raises(AttributionError) as refused:
        excess_of_players(replace(MONTH, usual_seats=np.nan), causes)
    assert list(refused.value.findings) == found


def test_a_month_without_intervals_of_days_is_refused() -> None:
    month = HotlineMonth(
        usual_calls_per_h=[60.0, 60.0],
        observed_calls_per_h=60,
        usual_handling_s=180,
        observed_handling_s=180,
        usual_seats=4,
        observed_seats=4,
        offered_calls=[60, 60],
        answered_calls=[50, 50],
        interval_s=3600,
    )
    assert ("usual_calls_per_h", "shapes_differ") in [(one.field, one.code.value) for one in check_month(month)]


def test_numbers_of_a_model() -> None:
    model = QueueModel(patience_s=np.nan, redial_share=-0.1, redial_delay_s=-1, seat_scale=0)
    assert [one.field for one in check_model(model)] == ["patience_s", "redial_share", "redial_delay_s", "seat_scale"]
    assert check_model(QueueModel(patience_s=120)) == []


def test_a_month_is_its_own() -> None:
    usual = np.full((2, 3), 60.0)
    month = replace(MONTH, usual_calls_per_h=usual)
    usual[:] = 0.0
    assert np.all(np.asarray(month.usual_calls_per_h) == 60.0)
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(month.usual_calls_per_h)[0, 0] = 1.0


@given(st.integers(0, 2**32 - 1))
def test_all_that_is_unusual_is_somebodys(seed: int) -> None:
    month, causes = made_month(np.random.default_rng(seed))
    excess = excess_of_players(month, causes)
    np.testing.assert_allclose(excess.sum(axis=0), month.observed - month.usual, atol=1e-9)
    for at, cause in enumerate(causes):
        for way in Way:
            assert np.all(excess[at, way][np.broadcast_to(cause.weights(way), excess.shape[2:]) == 0] == 0)


def test_overlapping_causes_share_by_weight() -> None:
    causes = [Cause(code="storm", volume=3.0), Cause(code="heat", volume=1.0), Cause(code="people", capacity=1.0)]
    excess = excess_of_players(MONTH, causes)
    np.testing.assert_allclose(excess[0, Way.VOLUME], 3 * excess[1, Way.VOLUME])
    np.testing.assert_allclose(excess[2, Way.CAPACITY], (MONTH.observed - MONTH.usual)[Way.CAPACITY])
    np.testing.assert_allclose(excess[3, Way.HANDLING], (MONTH.observed - MONTH.usual)[Way.HANDLING])
