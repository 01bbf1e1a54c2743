"""One number fitted: found again where it is there to be found, and said where it is not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engines.attribution import AttributionError, Dial, calibrate, explain_month
from tests.engines.attribution.months import MODEL, TARGET, as_modeled, made_month

MONTH, CAUSES = made_month(np.random.default_rng(1), days=2, intervals=4)


@given(st.floats(0.6, 1.5), st.sampled_from(Dial))
@settings(max_examples=8)
def test_a_scale_is_found_again(scale: float, dial: Dial) -> None:
    truth = replace(MODEL, seat_scale=scale) if dial is Dial.SEATS else replace(MODEL, patience_s=120 * scale)
    found = calibrate(as_modeled(MONTH, truth), MODEL, dial=dial, tolerance_share=1e-6)
    assert found.met
    assert found.scale == pytest.approx(scale, rel=1e-4)
    assert found.after_share == pytest.approx(found.observed_share, abs=1e-6)


def test_the_model_that_comes_back_is_the_one_that_fits() -> None:
    month = as_modeled(MONTH, replace(MODEL, seat_scale=0.9))
    fit = calibrate(month, MODEL)
    found = explain_month(month, CAUSES, target_answered_share=TARGET, model=fit.model)
    assert found.modeled_answered_share == pytest.approx(fit.after_share, abs=1e-12)
    assert abs(found.modeled_answered_share - found.answered_share) < 2e-4


@pytest.mark.parametrize(("scale", "end"), [(0.2, 0.5), (5.0, 2.0)])
def test_what_cannot_be_met_is_said(scale: float, end: float) -> None:
    found = calibrate(as_modeled(MONTH, replace(MODEL, seat_scale=scale)), MODEL)
    assert not found.met
    assert found.scale == end
    assert found.model.seat_scale == end


def test_a_range_that_leaves_out_one_is_kept_to() -> None:
    found = calibrate(as_modeled(MONTH, MODEL), MODEL, least_scale=1.1, most_scale=1.5)
    assert (found.scale, found.met) == (1.1, False)


def test_what_is_refused() -> None:
    with pytest.raises(AttributionError) as refused:
        calibrate(replace(MONTH, usual_seats=-1), replace(MODEL, seat_scale=0), least_scale=2, most_scale=1)
    assert [one.field for one in refused.value.findings] == ["usual_seats", "seat_scale", "least_scale"]
