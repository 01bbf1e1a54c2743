"""The value by its axioms, by its definition, and by games that are in print."""

from math import fsum

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from denghuo.engines.attribution import (
    MOST_PLAYERS,
    AttributionCode,
    AttributionError,
    coalition_members,
    harsanyi_dividends,
    interacting_coalitions,
    owen_values,
    shapley_values,
)
from tests.engines.attribution import games

NUMBERS = st.integers(-1000, 1000).map(float)
TABLES = st.integers(0, 4).flatmap(lambda n: arrays(np.float64, 1 << n, elements=NUMBERS))
PAIRS = st.integers(1, 4).flatmap(lambda n: st.tuples(*(arrays(np.float64, 1 << n, elements=NUMBERS),) * 2))
PARTITIONS = st.sampled_from([[[0, 1], [2, 3]], [[3], [0, 2], [1]], [[0, 1, 2, 3]], [[2, 0, 3], [1]]])


@given(TABLES)
def test_is_the_mean_over_every_order(values: np.ndarray) -> None:
    count = len(values).bit_length() - 1
    expected = games.mean_over_orders(values, games.every_order(count))
    np.testing.assert_allclose(shapley_values(values), expected, atol=1e-9)


@given(TABLES)
def test_adds_up(values: np.ndarray) -> None:
    assert abs(fsum(shapley_values(values)) - (values[-1] - values[0])) <= 1e-12 * max(1.0, np.abs(values).max())


@settings(max_examples=40)
@given(PAIRS, NUMBERS, NUMBERS)
def test_is_linear(tables: tuple[np.ndarray, np.ndarray], a: float, b: float) -> None:
    one, other = tables
    together = a * shapley_values(one) + b * shapley_values(other)
    np.testing.assert_allclose(shapley_values(a * one + b * other), together, atol=1e-6)


@settings(max_examples=40)
@given(arrays(np.float64, 16, elements=NUMBERS), st.permutations(range(4)))
def test_names_do_not_matter(values: np.ndarray, renamed: list[int]) -> None:
    bits = np.array([1 << player for player in renamed])
    moved = values[coalition_members(4) @ bits]
    np.testing.assert_allclose(shapley_values(moved), shapley_values(values)[renamed], atol=1e-9)


@settings(max_examples=40)
@given(arrays(np.float64, 8, elements=NUMBERS), NUMBERS)
def test_who_changes_nothing_gets_what_he_brings(values: np.ndarray, own: float) -> None:
    found = shapley_values(np.concatenate((values, values + own)))
    assert found[3] == pytest.approx(own, abs=1e-9)
    np.testing.assert_allclose(found[:3], shapley_values(values), atol=1e-9)


@settings(max_examples=30)
@given(arrays(np.float64, (8, 2, 2), elements=NUMBERS))
def test_many_games_at_once(values: np.ndarray) -> None:
    one_by_one = [[shapley_values(values[:, i, j]) for j in range(2)] for i in range(2)]
    np.testing.assert_allclose(shapley_values(values), np.moveaxis(np.array(one_by_one), 2, 0), atol=1e-9)


def test_games_in_print() -> None:
    # Littlechild and Owen: each pays for what it needs beyond the next smaller, shared with all who need it too.
    assert shapley_values(games.airport([8, 11, 13, 18])).round(12).tolist() == [2.0, 3.0, 4.0, 9.0]
    # Shapley and Shubik: the smallest holder has as much power as the middle one.
    np.testing.assert_allclose(shapley_values(games.majority([50, 49, 1], 51)), [2 / 3, 1 / 6, 1 / 6])
    # The Security Council needs five permanent members and four of ten others: too many orders to go through.
    council = games.majority([7] * 5 + [1] * 10, 39)
    np.testing.assert_allclose(shapley_values(council)[[0, 14]], [421 / 2145, 4 / 2145])


@given(TABLES)
def test_dividends_make_the_game(values: np.ndarray) -> None:
    dividends = harsanyi_dividends(values)
    members = coalition_members(len(values).bit_length() - 1)
    for coalition, value in enumerate(values):
        within = (np.arange(len(values)) & ~coalition) == 0
        assert dividends[within].sum() == pytest.approx(value, abs=1e-9)
    per_head = np.divide(dividends, members.sum(axis=1), out=np.zeros_like(values), where=members.any(axis=1))
    np.testing.assert_allclose(shapley_values(values), per_head @ members, atol=1e-9)


def test_dividends_leave_the_table_alone() -> None:
    values = np.array([0.0, 1.0, 2.0, 7.0])
    harsanyi_dividends(values)
    assert values.tolist() == [0.0, 1.0, 2.0, 7.0]


@settings(max_examples=40)
@given(arrays(np.float64, 4, elements=NUMBERS), st.integers(0, 15))
def test_interaction_is_found_where_it_is(each: np.ndarray, coalition: int) -> None:
    members = coalition_members(4)
    values = members @ each
    assert not interacting_coalitions(values, tolerance=1e-9).any()
    bonus = np.all(members | ~members[coalition], axis=1)
    expected = [coalition] if members[coalition].sum() >= 2 else []
    assert np.flatnonzero(interacting_coalitions(values + bonus, tolerance=1e-6)).tolist() == expected


@settings(max_examples=40)
@given(arrays(np.float64, 16, elements=NUMBERS), PARTITIONS)
def test_unions_join_without_a_break(values: np.ndarray, unions: list[list[int]]) -> None:
    expected = games.mean_over_orders(values, games.orders_of_unions(unions))
    np.testing.assert_allclose(owen_values(values, unions=unions), expected, atol=1e-9)


@settings(max_examples=40)
@given(arrays(np.float64, 16, elements=NUMBERS), PARTITIONS)
def test_unions_get_what_they_would_get_as_one_player(values: np.ndarray, unions: list[list[int]]) -> None:
    bits = np.array([sum(1 << player for player in union) for union in unions])
    between = shapley_values(values[coalition_members(len(unions)) @ bits])
    within = owen_values(values, unions=unions)
    np.testing.assert_allclose([within[union].sum() for union in unions], between, atol=1e-9)


def test_coalitions_that_no_union_forms_are_not_looked_at() -> None:
    values = games.airport([8, 11, 13, 18])
    known = owen_values(values, unions=[[0, 1], [2, 3]])
    values[0b0101] = np.nan  # one of each union
    assert owen_values(values, unions=[[0, 1], [2, 3]]).tolist() == known.tolist()
    assert np.isnan(shapley_values(values)).any()


@pytest.mark.parametrize("values", [[1.0, 2.0, 3.0], [], 5.0])
def test_a_table_has_a_row_for_each_coalition(values: object) -> None:
    with pytest.raises(AttributionError) as refused:
        shapley_values(values)  # type: ignore[arg-type]
    assert [one.code for one in refused.value.findings] == [AttributionCode.NOT_A_TABLE_OF_COALITIONS]


def test_what_else_is_refused() -> None:
    with pytest.raises(AttributionError, match="unknown"):
        shapley_values([0.0, np.inf])
    with pytest.raises(AttributionError, match="too_many_players"):
        coalition_members(MOST_PLAYERS + 1)
    for unions in ([[0]], [[0, 1], [1]], [[0, 2]]):
        with pytest.raises(AttributionError, match="not_a_partition"):
            owen_values([0.0, 1.0, 2.0, 3.0], unions=unions)


def test_nobody_gets_nothing() -> None:
    assert shapley_values([5.0]).shape == (0,)
