"""The Erlang models against integrals, chains solved by brute force, limits, and what was published."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.linalg import expm

from denghuo.engines.queueing import (
    QueueCode,
    QueueError,
    ServiceLevel,
    check_queue,
    erlang_b,
    erlang_c,
    load_for_blocking,
    queue_figures,
    servers_for_blocking,
)


def chain(calls_per_s: float, seats: int, handling_s: float, patience_s: float, places: int) -> NDArray[np.float64]:
    """The steady state, number by number."""
    number = np.arange(1, seats + places + 1)
    out = np.minimum(number, seats) / handling_s + np.maximum(number - seats, 0) / patience_s
    logs = np.concatenate([[0.0], np.cumsum(np.log(calls_per_s / out))])
    states = np.exp(logs - logs.max())
    return np.asarray(states / states.sum())


def fates(ahead: int, seats: int, handling_s: float, patience_s: float, within_s: float) -> tuple[float, float]:
    """Of one who finds so many waiting: answered within the target, abandoned within it; by the exponential of the
    stages a caller goes through."""
    size = ahead + 3  # places in the line, answered, abandoned
    rates = np.zeros((size, size))
    for place in range(ahead + 1):
        forward = seats / handling_s + place / patience_s
        rates[place, place - 1 if place else ahead + 1] = forward
        rates[place, ahead + 2] = 1 / patience_s
        rates[place, place] = -forward - 1 / patience_s
    end = expm(rates * within_s)[ahead]
    return float(end[ahead + 1]), float(end[ahead + 2])


@pytest.mark.parametrize(
    ("load", "seats", "patience_s", "places"),
    [(2.0, 3, 120.0, 12), (6.0, 3, 60.0, 9), (0.4, 1, 300.0, 4), (9.0, 1, 30.0, 6), (28.0, 30, 120.0, 40)],
)
def test_every_figure_against_the_chain(load: float, seats: int, patience_s: float, places: int) -> None:
    handling_s, within_s = 180.0, 25.0
    rate = load / handling_s
    states = chain(rate, seats, handling_s, patience_s, places)
    found = queue_figures(
        rate * 3600,
        seats=seats,
        handling_s=handling_s,
        patience_s=patience_s,
        waiting_places=places,
        within_s=within_s,
    )
    waiting = np.arange(places + 1)
    line = states[seats:]
    answered, abandoned = np.array([fates(j, seats, handling_s, patience_s, within_s) for j in range(places)]).T
    assert found.blocked_share == pytest.approx(states[-1], rel=1e-10)
    assert found.wait_share == pytest.approx(line[:-1].sum(), rel=1e-10)
    assert found.queue_length == pytest.approx(waiting @ line, rel=1e-10)
    assert found.abandoned_share == pytest.approx(waiting @ line / patience_s / rate, rel=1e-10)
    assert found.busy_seats == pytest.approx(np.minimum(np.arange(seats + places + 1), seats) @ states, rel=1e-10)
    assert found.answered_in_time_share == pytest.approx(states[:seats].sum() + answered @ line[:-1], rel=1e-9)
    assert found.abandoned_in_time_share == pytest.approx(abandoned @ line[:-1], rel=1e-9)
    assert found.mean_wait_s == pytest.approx(found.queue_length / (rate * (1 - states[-1])), rel=1e-9)


def test_waits_of_the_answered_and_of_the_abandoned_are_the_means_of_their_distributions() -> None:
    times = np.linspace(0, 2_000, 20_001)
    found = queue_figures(520, seats=20, handling_s=180, patience_s=90, waiting_places=25, within_s=times)
    for share, total, mean in (
        (found.answered_in_time_share, found.answered_share, found.mean_wait_answered_s),
        (found.abandoned_in_time_share, found.abandoned_share, found.mean_wait_abandoned_s),
    ):
        assert np.trapezoid(1 - share / total, times) == pytest.approx(mean[0], rel=1e-5)


def test_the_offered_wait_of_erlang_a_has_its_known_density() -> None:
    """v(x) = λ π(n-1) exp(λ(1 - e^(-θx))/θ - nμx) (Zeltyn and Mandelbaum 2005)."""
    rate, seats, handling_s, patience_s, within_s = 0.17, 30, 180.0, 120.0, 20.0
    states = chain(rate, seats, handling_s, patience_s, 400)

    def density(wait_s: float) -> float:
        grown = rate * patience_s * -math.expm1(-wait_s / patience_s)
        return float(rate * states[seats - 1] * math.exp(grown - seats * wait_s / handling_s))

    late = quad(lambda x: density(x) * math.exp(-x / patience_s), within_s, 2_000, epsabs=1e-13)[0]
    found = queue_figures(rate * 3600, seats=seats, handling_s=handling_s, patience_s=patience_s, within_s=within_s)
    assert found.answered_share - found.answered_in_time_share == pytest.approx(late, rel=1e-8)


@given(
    load=st.floats(0, 3_000),
    seats=st.one_of(st.integers(0, 2_000).map(float), st.floats(0, 60)),
    patience_s=st.one_of(st.floats(1, 3_600), st.just(math.inf)),
    places=st.one_of(st.integers(0, 400).map(float), st.just(math.inf)),
    within_s=st.floats(0, 900),
)
def test_shares_are_shares_and_every_call_is_settled_once(
    load: float, seats: float, patience_s: float, places: float, within_s: float
) -> None:
    found = queue_figures(
        load * 20, seats=seats, handling_s=180, patience_s=patience_s, waiting_places=places, within_s=within_s
    )
    for name in ("wait_share", "abandoned_share", "blocked_share", "answered_share"):
        assert -1e-12 <= getattr(found, name) <= 1 + 1e-12, name
    if found.stable:
        assert found.answered_share + found.abandoned_share + found.blocked_share == pytest.approx(1, abs=1e-9)
        assert found.answered_in_time_share <= found.answered_share + 1e-12
        assert found.busy_seats <= seats * (1 + 1e-9)
        levels = [float(found.service_level(definition)) for definition in ServiceLevel]
        assert all(math.isnan(level) or -1e-9 <= level <= 1 + 1e-9 for level in levels)
        assert levels[0] <= levels[3] + 1e-12 or math.isnan(levels[3])
    else:
        assert np.isinf(found.mean_wait_s) and found.answered_in_time_share == 0


@given(load=st.floats(0.01, 50), seats=st.floats(0, 60))
def test_blocking_between_whole_seats_is_the_integral(load: float, seats: float) -> None:
    integral = quad(lambda t: math.exp(-t + seats * math.log1p(t / load)), 0, np.inf, limit=400)[0]
    assert float(erlang_b(load, seats)) == pytest.approx(1 / integral, rel=1e-6)


@given(load=st.floats(0.05, 500), blocking=st.floats(1e-6, 0.9))
def test_inverses_come_back(load: float, blocking: float) -> None:
    seats = servers_for_blocking(load, blocking_share=blocking)
    assert erlang_b(load, seats) == pytest.approx(blocking, rel=1e-8)
    assert load_for_blocking(seats, blocking_share=blocking) == pytest.approx(load, rel=1e-8)


@pytest.mark.parametrize("seats", [10_000, 9_000, 11_000])
def test_ten_thousand_seats_stay_numbers(seats: int) -> None:
    found = queue_figures(200_000, seats=seats, handling_s=180, patience_s=120, within_s=[0, 20, 600])
    assert found.answered_share[0] == pytest.approx(min(1.0, seats / 10_000), abs=5e-3)
    assert np.all(np.diff(found.answered_in_time_share) >= 0)
    assert float(erlang_b(10_000, 10_000)) == pytest.approx(math.sqrt(2 / math.pi / 10_000), rel=0.01)


def test_load_far_above_the_seats_is_answered_at_their_rate() -> None:
    found = queue_figures(200_000, seats=[0, 1, 3], handling_s=180, patience_s=120)
    assert found.answered_share == pytest.approx(np.array([0, 1, 3]) / 10_000, rel=1e-9)
    assert found.queue_length == pytest.approx((10_000 - np.array([0, 1, 3])) * 120 / 180, rel=1e-9)


def test_overload_without_abandonment_is_said_and_not_computed() -> None:
    found = queue_figures([180, 200, 400], seats=10, handling_s=180)
    assert found.stable.tolist() == [True, False, False]
    assert found.mean_wait_s[1:].tolist() == [np.inf, np.inf]
    assert found.wait_share[1:].tolist() == [1, 1] and found.answered_share[2] == pytest.approx(0.5)
    assert erlang_c(20, 10) == 1


def test_limits_meet() -> None:
    b = queue_figures(300, seats=14, handling_s=180, waiting_places=0)
    assert b.blocked_share == pytest.approx(float(erlang_b(15, 14)), rel=1e-12)
    c = queue_figures(200, seats=14, handling_s=180)
    assert c.wait_share == pytest.approx(float(erlang_c(10, 14)), rel=1e-12)
    nearly = queue_figures(200, seats=14, handling_s=180, patience_s=1e9)
    assert nearly.mean_wait_s == pytest.approx(float(c.mean_wait_s), rel=1e-4)
    assert nearly.answered_in_time_share == pytest.approx(float(c.answered_in_time_share), rel=1e-5)
    wide = queue_figures(200, seats=14, handling_s=180, waiting_places=4_000)
    assert wide.mean_wait_s == pytest.approx(float(c.mean_wait_s), rel=1e-9)


def test_no_calls_and_no_seats() -> None:
    found = queue_figures(0, seats=[0, 3], handling_s=180, patience_s=120)
    assert found.answered_share.tolist() == [0, 1] and found.wait_share.tolist() == [1, 0]
    assert np.isnan(found.occupancy_share[0]) and np.isnan(found.mean_wait_answered_s[0])
    assert np.isnan(load_for_blocking(0, blocking_share=0.1))


def test_unknown_stays_unknown_and_wrong_is_refused_all_at_once() -> None:
    assert np.isnan(queue_figures([np.nan, 100], seats=5, handling_s=180).answered_share).tolist() == [True, False]
    with pytest.raises(QueueError) as raised:
        queue_figures([-1, 5], seats=[1, 2, 3], handling_s=0)
    assert {finding.code for finding in raised.value.findings} == {
        QueueCode.NEGATIVE,
        QueueCode.NOT_POSITIVE,
        QueueCode.SHAPES_DIFFER,
    }
    assert check_queue(calls_per_h=1.0, handling_s=180.0) == []


@pytest.mark.data
def test_the_printed_traffic_table(reference_data: Path) -> None:
    """Offered traffic by channels and blocking: to the tenth that is printed, and to the digits of the exact check."""
    with (reference_data / "hotline/tables/erlang_b_traffic_table.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    channels, percent, printed, tolerance, exact = np.array([[float(x) for x in row.values()] for row in rows]).T
    found = load_for_blocking(channels, blocking_share=percent / 100)
    assert len(rows) > 90
    assert np.all(np.abs(found - printed) <= tolerance)
    np.testing.assert_allclose(found, exact, atol=6e-6)


@pytest.mark.data
def test_the_published_points(reference_data: Path) -> None:
    """Erlang A, B and C figures of the published points, within the tolerance of each source."""
    with (reference_data / "hotline/tables/erlang_points.csv").open(encoding="utf-8") as lines:
        rows = {
            (row["model"], row["inputs"], row["metric"]): (float(row["published"]), float(row["tolerance"]))
            for row in csv.DictReader(lines)
        }
    a = queue_figures(200, seats=14, handling_s=180, patience_s=300)
    c = queue_figures(200, seats=[14, 11], handling_s=180)
    found = {
        "P(abandon)": a.abandoned_share,
        "ASA min (all calls)": a.mean_wait_s / 60,
        "service level (pyworkforce definition)": a.service_level(),
        "ASA_seconds": c.mean_wait_s[0],
    }
    seen = 0
    for (_, _, metric), (published, tolerance) in rows.items():
        if metric in found:
            assert abs(float(found[metric]) - published) <= tolerance, metric
            seen += 1
    assert seen == len(found)
