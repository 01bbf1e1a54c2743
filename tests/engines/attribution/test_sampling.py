"""Orders drawn: what is exact whatever is drawn, and how far the rest is off."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from denghuo.engines.attribution import AttributionError, coalition_members, sampled_shapley_values, shapley_values
from tests.engines.attribution import games

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS, st.integers(1, 4))
def test_interactions_of_two_are_exact_after_one_pair(seed: int, pairs: int) -> None:
    rng = np.random.default_rng(seed)
    effects, together = rng.normal(size=9), np.triu(rng.normal(size=(9, 9)), 1)

    def value(who: np.ndarray) -> np.ndarray:
        return who @ effects + np.einsum("mi,ij,mj->m", who, together, who)

    found = sampled_shapley_values(value, player_count=9, pair_count=pairs, rng=rng)
    expected = effects + (together.sum(axis=0) + together.sum(axis=1)) / 2
    np.testing.assert_allclose(found.values, expected, atol=1e-12)
    if pairs > 1:
        np.testing.assert_allclose(found.standard_error, 0.0, atol=1e-12)
    else:
        assert np.isnan(found.standard_error).all()


@given(SEEDS)
def test_adds_up_whatever_is_drawn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=64)
    bits = 1 << np.arange(6)
    found = sampled_shapley_values(lambda who: values[who @ bits], player_count=6, pair_count=2, rng=rng)
    assert found.values.sum() == pytest.approx(values[-1] - values[0], abs=1e-12)


def test_errors_are_as_large_as_they_say() -> None:
    values = games.airport([8, 11, 13, 18, 20, 27])
    bits, exact = 1 << np.arange(6), shapley_values(values)
    rng = np.random.default_rng(5)
    runs = [
        sampled_shapley_values(lambda who: values[who @ bits], player_count=6, pair_count=40, rng=rng)
        for _ in range(300)
    ]
    off = np.array([run.values - exact for run in runs])
    said = np.sqrt(np.mean([run.standard_error**2 for run in runs], axis=0))
    np.testing.assert_allclose(off.std(axis=0), said, rtol=0.15)
    assert np.all(np.abs(off.mean(axis=0)) < 4 * said / np.sqrt(300))


def test_coalitions_are_worked_out_once() -> None:
    asked: list[np.ndarray] = []

    def value(who: np.ndarray) -> np.ndarray:
        asked.append(who)
        return who.sum(axis=1).astype(float)

    found = sampled_shapley_values(value, player_count=4, pair_count=200, rng=np.random.default_rng(1))
    assert len(asked) == 1
    assert sorted(map(tuple, asked[0])) == sorted(map(tuple, coalition_members(4)))
    assert found.coalition_count == 16


def test_the_same_seed_gives_the_same_shares() -> None:
    costs = np.arange(1.0, 41.0)
    one, other = (
        sampled_shapley_values(
            lambda who: np.max(who * costs, axis=1), player_count=40, pair_count=400, rng=np.random.default_rng(3)
        )
        for _ in range(2)
    )
    assert one.values.tolist() == other.values.tolist()
    # Step k of the runway is shared by the 41 - k planes that need it.
    exact = np.cumsum(1.0 / np.arange(40, 0, -1))
    large = costs > 10  # the others pay so seldom that their spread is hardly seen
    assert np.all(np.abs(one.values - exact)[large] < 5 * one.standard_error[large])


def test_what_is_refused() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(AttributionError) as refused:
        sampled_shapley_values(lambda who: who.sum(axis=1), player_count=0, pair_count=0, rng=rng)
    assert [one.field for one in refused.value.findings] == ["player_count", "pair_count"]
    with pytest.raises(AttributionError, match="unknown"):
        sampled_shapley_values(lambda who: who.sum(axis=1) + np.nan, player_count=2, pair_count=1, rng=rng)
