"""A month explained: exact sums, the theory, and what a person would expect."""

from dataclasses import replace
from math import fsum

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engines.attribution import (
    UNNAMED,
    AttributionCode,
    AttributionError,
    Cause,
    DayCalls,
    MonthExplanation,
    QueueModel,
    Scenarios,
    Way,
    explain_month,
)
from tests.engines.attribution.months import MODEL, TARGET, as_modeled, made_month, whole_month_shares

SEEDS = st.integers(0, 2**32 - 1)


def explained(seed: int, **options: object) -> MonthExplanation:
    month, causes = made_month(np.random.default_rng(seed))
    return explain_month(month, causes, target_answered_share=TARGET, model=MODEL, **options)  # type: ignore[arg-type]


@given(SEEDS)
@settings(max_examples=30)
def test_adds_up_by_day_and_by_month(seed: int) -> None:
    found = explained(seed)
    for day in range(4):
        parts = [found.usual_calls[day], *found.player_calls[:, day], found.unexplained_calls[day]]
        assert fsum(parts) == pytest.approx(TARGET * found.offered_calls[day] - found.answered_calls[day], abs=1e-10)
    month = [found.usual_share, *found.player_shares.tolist(), found.unexplained_share]
    assert fsum(month) == pytest.approx(TARGET - found.answered_share, abs=1e-13)
    assert found.shortfall_share == pytest.approx(TARGET - found.answered_share, abs=1e-13)


@given(SEEDS)
@settings(max_examples=20)
def test_days_together_are_the_month_as_one_game(seed: int) -> None:
    month, causes = made_month(np.random.default_rng(seed))
    found = explain_month(month, causes, target_answered_share=TARGET, model=MODEL)
    whole = whole_month_shares(month, causes, MODEL, TARGET)
    np.testing.assert_allclose(found.player_calls.sum(axis=1), whole, atol=1e-8)


@given(SEEDS)
@settings(max_examples=20)
def test_ways_add_up_to_their_cause(seed: int) -> None:
    found = explained(seed, by_way=True)
    np.testing.assert_allclose(found.way_calls[:-1].sum(axis=1), found.player_calls[:-1], atol=1e-9)
    assert np.isnan(found.way_calls[-1]).all()
    # The people of the made months only ever work by capacity.
    assert np.all(found.way_calls[2, [Way.VOLUME, Way.HANDLING]] == 0)
    plain = explained(seed)
    assert np.isnan(plain.way_calls).all()
    assert plain.player_calls.tolist() == found.player_calls.tolist()


def test_ways_are_the_owen_values_of_causes_taken_apart() -> None:
    # Alone on a day, a cause taken apart into two is two players in one union of their own.
    month, _ = made_month(np.random.default_rng(7), days=1)
    model = replace(MODEL, redial_share=0.0)
    whole = [Cause(code="one", volume=1, handling=1, capacity=1)]
    apart = [Cause(code="calls", volume=1), Cause(code="talk", handling=1), Cause(code="seats", capacity=1)]
    together = explain_month(month, whole, target_answered_share=TARGET, model=model, by_way=True)
    taken = explain_month(month, apart, target_answered_share=TARGET, model=model)
    np.testing.assert_allclose(together.way_calls[0, :, 0], taken.player_calls[:3, 0], atol=1e-9)


def test_a_month_as_the_model_has_it_leaves_nothing_unexplained() -> None:
    month, causes = made_month(np.random.default_rng(3))
    month = as_modeled(month, MODEL)
    found = explain_month(month, causes, target_answered_share=TARGET, model=MODEL)
    np.testing.assert_allclose(found.unexplained_calls, 0.0, atol=1e-9)
    assert found.modeled_answered_share == pytest.approx(found.answered_share, abs=1e-12)


def test_a_usual_month_is_nobodys_fault() -> None:
    month, causes = made_month(np.random.default_rng(3))
    month = replace(
        month,
        observed_calls_per_h=month.usual_calls_per_h,
        observed_handling_s=month.usual_handling_s,
        observed_seats=month.usual_seats,
    )
    found = explain_month(month, causes, target_answered_share=TARGET, model=replace(MODEL, redial_share=0))
    assert np.all(found.player_calls == 0)
    assert found.evaluation_count == 4
    np.testing.assert_allclose(found.usual_calls + found.unexplained_calls, found.missing_calls)


def test_causes_alike_get_alike_and_a_cause_without_effect_gets_nothing() -> None:
    month, _ = made_month(np.random.default_rng(5))
    causes = [Cause(code="left", volume=1), Cause(code="right", volume=1), Cause(code="never")]
    found = explain_month(month, causes, target_answered_share=TARGET, model=MODEL)
    np.testing.assert_allclose(found.player_calls[0], found.player_calls[1], atol=1e-9)
    assert np.all(found.player_calls[2] == 0)
    assert np.all(found.alone_calls[2] == 0)


def test_what_has_no_name_is_shown_and_not_hidden_in_the_rest() -> None:
    month, _ = made_month(np.random.default_rng(5))
    month = as_modeled(month, MODEL)
    found = explain_month(month, [], target_answered_share=TARGET, model=MODEL)
    assert found.players[0] == UNNAMED
    assert found.player_shares[0] > 0.05
    assert abs(found.unexplained_share) < 1e-12


def test_alone_and_avoidable_stand_around_the_share_where_causes_make_each_other_worse() -> None:
    # 60 calls/h on 4 seats is easy, 90 is a squeeze; so is 60 on 2 seats; 90 on 2 seats is far worse than both.
    month, _ = made_month(np.random.default_rng(5), days=1, intervals=2)
    month = replace(
        month,
        usual_calls_per_h=np.full((1, 2), 60.0),
        observed_calls_per_h=90.0,
        observed_handling_s=180,
        usual_seats=6,
        observed_seats=4,
    )
    causes = [Cause(code="storm", volume=1), Cause(code="people", capacity=1)]
    found = explain_month(month, causes, target_answered_share=TARGET, model=replace(MODEL, redial_share=0))
    for player in (0, 1):
        assert found.alone_calls[player, 0] < found.player_calls[player, 0] < found.avoidable_calls[player, 0]


def test_calls_that_are_answered_better_than_the_target_help() -> None:
    month, _ = made_month(np.random.default_rng(5), days=1, intervals=2)
    month = replace(month, observed_calls_per_h=np.asarray(month.usual_calls_per_h) * 1.2, observed_handling_s=180)
    month = replace(month, usual_seats=60, observed_seats=60)
    found = explain_month(month, [Cause(code="campaign", volume=1)], target_answered_share=TARGET, model=MODEL)
    more = 0.2 * np.sum(month.usual_calls_per_h) / 2
    assert found.player_calls[0, 0] == pytest.approx(-(1 - TARGET) * more, rel=1e-6)


def test_redials_cost_more_on_a_day_with_a_cause() -> None:
    month, _ = made_month(np.random.default_rng(8), days=2)
    usual = np.tile(np.asarray(month.usual_calls_per_h)[:1], (2, 1))
    month = replace(
        month,
        usual_calls_per_h=usual,
        observed_calls_per_h=usual * [[1.0], [1.6]],
        observed_handling_s=180,
        usual_seats=np.ceil(usual / 20) + 1,
        observed_seats=np.ceil(usual / 20) + 1,
    )
    storm = Cause(code="storm", volume=[[0], [1]])
    found = explain_month(month, [storm], target_answered_share=TARGET, model=MODEL)
    assert found.players[-1] == "redials"
    assert 0 <= found.player_calls[-1, 0] < found.player_calls[-1, 1]


def test_days_with_too_many_players_are_drawn() -> None:
    month, _ = made_month(np.random.default_rng(9), days=2)
    weights = np.random.default_rng(2).random((7, 2, 6))
    causes = [Cause(code=f"c{at}", volume=w, handling=w[::-1], capacity=w) for at, w in enumerate(weights)]
    exact = explain_month(month, causes, target_answered_share=TARGET, model=MODEL)
    with pytest.raises(AttributionError) as refused:
        explain_month(month, causes, target_answered_share=TARGET, model=MODEL, most_exact_players=6)
    assert [(one.code, one.positions) for one in refused.value.findings] == [(AttributionCode.TOO_MANY_PLAYERS, (0, 1))]
    drawn = explain_month(
        month,
        causes,
        target_answered_share=TARGET,
        model=MODEL,
        by_way=True,
        most_exact_players=6,
        pair_count=40,
        rng=np.random.default_rng(4),
    )
    np.testing.assert_allclose(drawn.player_calls.sum(axis=0), exact.player_calls.sum(axis=0), atol=1e-9)
    off = np.abs(drawn.player_calls - exact.player_calls)
    assert np.all(off <= 5 * drawn.standard_error_calls + 1e-9)
    assert drawn.standard_error_calls.max() > 0 == exact.standard_error_calls.max()
    np.testing.assert_allclose(drawn.alone_calls, exact.alone_calls, atol=1e-9)
    np.testing.assert_allclose(drawn.avoidable_calls, exact.avoidable_calls, atol=1e-9)
    np.testing.assert_allclose(drawn.usual_calls, exact.usual_calls, atol=1e-9)


def test_any_model_of_a_day_will_do() -> None:
    """A fluid that answers what the seats can do and forgets the rest, worked out by hand."""

    def fluid(scenarios: Scenarios, *, interval_s: float, patience_s: float, redial_delay_s: float) -> DayCalls:
        able = scenarios.seats * 3600 / scenarios.handling_s
        hours = interval_s / 3600
        offered = scenarios.calls_per_h.sum(axis=1) * hours
        return DayCalls(offered=offered, answered=np.minimum(able, scenarios.calls_per_h).sum(axis=1) * hours)

    month, _ = made_month(np.random.default_rng(5), days=1, intervals=2)
    month = replace(
        month,
        usual_calls_per_h=np.full((1, 2), 100.0),
        observed_calls_per_h=[[140.0, 100.0]],
        observed_handling_s=180,
        usual_seats=6,  # 120 calls an hour
        observed_seats=[[5, 6]],
        offered_calls=[120],
        answered_calls=[100],
    )
    causes = [Cause(code="storm", volume=1), Cause(code="people", capacity=1)]
    found = explain_month(
        month, causes, target_answered_share=1.0, model=QueueModel(patience_s=1, days=fluid), by_way=True
    )
    # Unanswered in the first half hour: storm alone 10, people alone 0, both 20.
    assert found.player_calls[:, 0].tolist() == pytest.approx([15, 5, 0, 0])
    assert found.alone_calls[:, 0].tolist() == pytest.approx([10, 0, 0, 0])
    assert found.avoidable_calls[:, 0].tolist() == pytest.approx([20, 10, 0, 0])
    assert found.evaluation_count == 4


def test_what_is_refused() -> None:
    month, causes = made_month(np.random.default_rng(1))
    with pytest.raises(AttributionError) as refused:
        explain_month(month, causes, target_answered_share=95, model=replace(MODEL, patience_s=-1))
    assert [one.field for one in refused.value.findings] == ["patience_s", "target_answered_share"]
