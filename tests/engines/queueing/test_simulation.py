"""What happens to calls and agents, looked at one by one."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from scipy import stats

from denghuo.engines.queueing import _simulation_draws as draws
from denghuo.engines.queueing.simulation import answer_rate, log_day, simulate
from denghuo.engines.queueing.simulation_checks import CallCenterError, CallCenterFindingCode, check_call_center
from denghuo.engines.queueing.simulation_model import (
    AgentGroup,
    Announcement,
    CallBacks,
    CallCenter,
    CallType,
    Pick,
    Redial,
    Redials,
    Tier,
    erlang_distribution,
    exponential,
    fixed,
    gamma,
    lognormal,
    never,
)
from denghuo.engines.queueing.simulation_results import CallLog, Outcome, Tally, estimate_mean, estimate_ratio
from tests.engines.queueing.simulated import days, mm

CALLS_AGAIN = Redials(
    after_abandoned=Redial(share=0.6, delay=exponential(300.0)),
    after_blocked=Redial(share=0.9, delay=lognormal(60.0, cv=1.0)),
    after_answered=Redial(share=0.1, delay=fixed(900.0)),
    persistence=0.9,
)
EDGES_S = [0.0, 1800.0, 3600.0, 5400.0, 9000.0]
WITHOUT_END = 10**9


def hotline(**options: Any) -> CallCenter:
    """Two types and one group through a day with a break and a tier."""
    faults = CallType(
        arrivals_per_h=[200, 300, 250, 220],
        service=lognormal(100.0, cv=1.2),
        patience=gamma(60.0, cv=1.4, zero_share=0.05),
        wrap_up=exponential(20.0),
        redials=CALLS_AGAIN,
    )
    bills = CallType(arrivals_per_h=[20, 30, 50, 20], service=erlang_distribution(80.0, stages=3), redials=CALLS_AGAIN)
    tier = Tier(from_s=2000.0, to_s=3000.0, heads=3)
    group = AgentGroup(heads=[8, 12, 0, 9], skills=(0, 1), pick=Pick.LONGEST_WAIT, tiers=(tier,))
    return CallCenter(**{"edges_s": EDGES_S, "types": (faults, bills), "groups": (group,)} | options)


def log_of(center: CallCenter, seed: int = 1) -> CallLog:
    return log_day(center, rng=np.random.default_rng(seed))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"waiting_places": 4},
        {"serve_after_close": False},
        {"waiting_places": 3, "serve_after_close": False, "busyness_cv": 0.3},
        {"announcements": (Announcement(call_type=0, from_s=1e3, to_s=4e3, heard_s=25.0, absorbed_share=0.3),)},
    ],
)
def test_both_ways_simulate_the_same(options: dict[str, Any]) -> None:
    """One line is simulated by a shortcut; more lines than anybody needs make it take the long way."""
    short = days(hotline(**options))
    long = days(hotline(**options, lines=WITHOUT_END))
    for name in ("sums", "attempts", "busy_s", "waiting_s"):
        np.testing.assert_allclose(getattr(short, name), getattr(long, name), rtol=1e-9, atol=1e-6)
    assert short.of(Tally.OFFERED).sum() > 20_000


def test_every_call_is_settled_once() -> None:
    spoken = Announcement(call_type=0, from_s=1e3, to_s=1e4, heard_s=25.0, absorbed_share=0.3)
    found = days(hotline(waiting_places=3, serve_after_close=False, announcements=(spoken,)))
    ends = (Tally.ANSWERED, Tally.ABANDONED, Tally.BLOCKED, Tally.CUT_OFF)
    np.testing.assert_array_equal(
        found.of(Tally.OFFERED, by_interval=True, by_type=True),
        sum(found.of(end, by_interval=True, by_type=True) for end in ends),
    )
    assert (found.of(Tally.CALLERS_ANSWERED) <= found.of(Tally.CALLERS)).all()
    assert found.attempts[..., 0].sum() == found.of(Tally.OFFERED).sum()


def test_one_state_of_the_generator_is_one_result() -> None:
    center = hotline()
    first, second = days(center), days(center)
    np.testing.assert_array_equal(first.sums, second.sums)
    shared = simulate(center, replications=30, rng=np.random.default_rng(1), workers=2)
    np.testing.assert_array_equal(first.sums, shared.sums)
    np.testing.assert_array_equal(first.sums[:3], days(center, replications=3).sums)
    assert not np.array_equal(first.sums, days(center, seed=2).sums)
    with pytest.raises(ValueError, match="read-only"):
        first.sums[0] = 0


def test_log_is_the_first_day() -> None:
    center = hotline(waiting_places=3)
    log, found = log_of(center), days(center)
    for outcome, tally in ((Outcome.ANSWERED, Tally.ANSWERED), (Outcome.BLOCKED, Tally.BLOCKED)):
        assert (log.outcome == outcome).sum() == found.of(tally)[0]
    assert log.wait_s.sum() == pytest.approx(found.of(Tally.WAIT_S)[0])
    assert len(np.unique(log.caller)) == found.of(Tally.CALLERS)[0]
    assert log.attempt.max() > 2


def test_one_more_agent_meets_the_same_callers() -> None:
    """And without impatience nobody waits longer for it."""
    few, more = log_of(mm(heads=11, seconds=28_800.0)), log_of(mm(heads=12, seconds=28_800.0))
    np.testing.assert_array_equal(few.arrival_s, more.arrival_s)
    np.testing.assert_array_equal(few.talk_s, more.talk_s)
    assert (more.wait_s <= few.wait_s).all() and more.wait_s.sum() < 0.8 * few.wait_s.sum()


def test_difference_of_two_rosters_is_surer_than_either() -> None:
    few, more = (days(mm(heads=heads, patience_s=90.0, seconds=28_800.0)) for heads in (11, 12))
    difference = estimate_mean(more.of(Tally.ANSWERED) - few.of(Tally.ANSWERED))
    assert difference.half_width < 0.4 * few.per_day(Tally.ANSWERED).half_width


@settings(max_examples=30)
@given(
    heads=st.lists(st.integers(0, 6), min_size=6, max_size=6),
    rates=st.lists(st.floats(0, 200), min_size=6, max_size=6),
    places=st.none() | st.integers(0, 5),
    lines=st.none() | st.integers(0, 8),
    after_s=st.sampled_from([0.0, 30.0]),
    closes=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_any_center(
    heads: list[int], rates: list[float], places: int | None, lines: int | None, after_s: float, closes: bool, seed: int
) -> None:
    """No seat serves two at once, nobody waits while an agent who could help is idle, every call is settled."""
    types = tuple(
        CallType(arrivals_per_h=rates[3 * k : 3 * k + 3], service=gamma(90.0, cv=1.0), patience=p, redials=CALLS_AGAIN)
        for k, p in enumerate((exponential(80.0), never()))
    )
    groups = (
        AgentGroup(heads=heads[:3], skills=(0, 1), after_s=(0.0, after_s)),
        AgentGroup(heads=heads[3:], skills=(1,)),
    )
    center = CallCenter(
        edges_s=[0.0, 900.0, 1800.0, 3600.0],
        types=types,
        groups=groups,
        waiting_places=places,
        lines=lines,
        serve_after_close=closes,
    )
    log, found = log_of(center, seed), days(center, replications=2, seed=seed)
    assert len(log) == found.of(Tally.OFFERED)[0]
    no_seat_twice(log)
    assert log.wait_s.min(initial=0.0) >= 0
    helped = (log.group == 0) & (log.call_type == 1)
    assert (log.wait_s[helped] >= after_s - 1e-6).all()
    if lines is not None:
        talking = (log.outcome != Outcome.BLOCKED) & (log.outcome != Outcome.CUT_OFF)
        assert most_at_once(log.arrival_s[talking], (log.arrival_s + log.wait_s + log.talk_s)[talking]) <= lines


def no_seat_twice(log: CallLog) -> None:
    served = np.flatnonzero(log.group >= 0)
    begin = (log.arrival_s + log.wait_s)[served]
    end = begin + (log.talk_s + log.wrap_up_s)[served]
    place = log.group[served] * 1_000 + log.seat[served]
    order = np.lexsort((begin, place))
    same = np.diff(place[order]) == 0
    assert (begin[order][1:][same] >= end[order][:-1][same] - 1e-6).all()


def most_at_once(begin: np.ndarray, end: np.ndarray) -> int:
    change = np.concatenate([np.ones(len(begin), int), -np.ones(len(end), int)])
    order = np.lexsort((change, np.concatenate([begin, end])))
    return int(np.cumsum(change[order]).max(initial=0))


def test_agents_finish_the_call_in_hand() -> None:
    types = (CallType(arrivals_per_h=400, service=fixed(240.0), patience=exponential(600.0)),)
    center = CallCenter(edges_s=[0, 1800, 3600, 5400], types=types, groups=(AgentGroup(heads=[10, 0, 4]),))
    log = log_of(center)
    begin = (log.arrival_s + log.wait_s)[log.outcome == Outcome.ANSWERED]
    assert not ((begin >= 1800) & (begin < 3600)).any()
    busy = simulate(center, replications=1, rng=np.random.default_rng(1)).busy_s[0, :, 0]
    assert 0 < busy[1] < 10 * 240 and busy.sum() == pytest.approx(240 * len(begin))
    assert most_at_once(begin[begin >= 3600], begin[begin >= 3600] + 240.0) == 4


def test_the_close() -> None:
    center = mm(calls_per_h=600, heads=12, seconds=7_200.0)
    served, cut = log_of(center), log_of(replace(center, serve_after_close=False))
    assert (served.outcome == Outcome.ANSWERED).all() and (served.arrival_s + served.wait_s).max() > 7_500
    late = cut.outcome == Outcome.CUT_OFF
    assert late.sum() == ((served.arrival_s + served.wait_s) > 7_200).sum() > 50
    assert cut.arrival_s[late] + cut.wait_s[late] == pytest.approx(7_200)
    alone = log_of(mm(heads=0, seconds=7_200.0))
    assert (alone.outcome == Outcome.CUT_OFF).all() and len(alone) > 500


def test_overflow_after_a_while() -> None:
    types = (CallType(arrivals_per_h=300, service=exponential(120.0)),)
    groups = (AgentGroup(heads=9), AgentGroup(heads=6, after_s=(20.0,)))
    log = log_of(CallCenter(edges_s=[0.0, 36_000.0], types=types, groups=groups))
    helped = log.group == 1
    assert helped.sum() > 100 and log.wait_s[helped].min() == pytest.approx(20.0, abs=1e-6)
    assert log.wait_s[~helped].min() == 0 and np.median(log.wait_s[helped]) == pytest.approx(20.0, abs=1e-6)


def test_skills_and_order_of_groups() -> None:
    types = tuple(CallType(arrivals_per_h=60, service=fixed(60.0)) for _ in range(3))
    groups = (AgentGroup(heads=2, skills=(0, 1)), AgentGroup(heads=2, skills=(2, 1)), AgentGroup(heads=2, skills=(1,)))
    center = CallCenter(edges_s=[0.0, 36_000.0], types=types, groups=groups)
    log = log_of(center)
    assert set(log.group[log.call_type == 0]) == {0} and set(log.group[log.call_type == 2]) == {1}
    assert (log.group[log.call_type == 1] == 2).mean() > 0.7  # who can do nothing else is asked first
    other = replace(types[1], groups=(1, 0, 2))
    log = log_of(replace(center, types=(types[0], other, types[2])))
    assert (log.group[log.call_type == 1] == 1).mean() > 0.4


def test_preference_or_longest_wait() -> None:
    types = tuple(CallType(arrivals_per_h=28, service=fixed(60.0)) for _ in range(2))
    waits = {
        pick: days(
            CallCenter(edges_s=[0.0, 200_000.0], types=types, groups=(AgentGroup(heads=1, skills=(1, 0), pick=pick),))
        ).mean_wait_s(by_type=True)
        for pick in Pick
    }
    assert waits[Pick.PREFERENCE].mean[0] > 5 * waits[Pick.PREFERENCE].mean[1]
    assert waits[Pick.LONGEST_WAIT].mean[0] == pytest.approx(waits[Pick.LONGEST_WAIT].mean[1], rel=0.1)


def test_call_backs_in_the_troughs() -> None:
    types = (CallType(arrivals_per_h=[200, 40], service=exponential(120.0), patience=exponential(60.0)),)
    backs = CallBacks(group=0, release_s=np.arange(60) * 30.0, service=fixed(90.0), due_after_s=600.0, idle_at_least=3)
    center = CallCenter(edges_s=[0.0, 3600.0, 7200.0], types=types, groups=(AgentGroup(heads=8),), call_backs=(backs,))
    log, found = log_of(center), days(center)
    made = log.outcome == Outcome.CALL_BACK
    begin, end = log.arrival_s + log.wait_s, log.arrival_s + log.wait_s + log.talk_s
    served = log.group >= 0
    for instant in begin[made]:
        busy = (begin[served] < instant) & (end[served] > instant)
        assert busy.sum() + (begin[made] == instant).sum() - 1 <= 8 - 3
    assert found.call_backs[0].tolist() == [[(log.wait_s[made] <= 600).sum(), (log.wait_s[made] > 600).sum()]]
    assert found.call_back_count.tolist() == [60] and 30 < made.sum() <= 60
    calm = days(replace(center, groups=(AgentGroup(heads=40),)))
    assert (calm.call_backs[:, 0] == [60, 0]).all()
    assert (days(replace(center, groups=(AgentGroup(heads=2),))).call_backs == 0).all()


def test_announcements_absorb() -> None:
    types = (CallType(arrivals_per_h=300, service=fixed(60.0)),)
    spoken = Announcement(call_type=0, from_s=3600.0, to_s=7200.0, heard_s=20.0, absorbed_share=0.8)
    center = CallCenter(
        edges_s=[0.0, 3600.0, 7200.0], types=types, groups=(AgentGroup(heads=20),), announcements=(spoken,)
    )
    found, log = days(center, replications=100), log_of(center)
    absorbed = found.ratio(Tally.ABSORBED, Tally.CALLERS, by_interval=True).mean
    assert absorbed[0] == 0 and absorbed[1] == pytest.approx(0.8, abs=0.01)
    settled = found.of(Tally.OFFERED) + found.of(Tally.ABSORBED)
    np.testing.assert_array_equal(found.of(Tally.CALLERS), settled)
    assert found.of(Tally.CUT_OFF).sum() > 0  # who was listening at the close
    heard = log.outcome == Outcome.ABSORBED
    assert (log.talk_s[heard] == 20).all() and (log.wait_s[heard] == 0).all()
    plain = log_of(replace(center, announcements=()))
    asked = log.arrival_s[~heard]
    late = asked[asked >= 3620.0][0]
    assert np.abs(plain.arrival_s - (late - 20.0)).min() < 1e-6


def test_answer_rate_is_as_sure_as_wished() -> None:
    center, rng = mm(patience_s=60.0, seconds=3600.0), np.random.default_rng
    rough = answer_rate(center, rng=rng(1), half_width_share=0.01)
    fine = answer_rate(center, rng=rng(1), half_width_share=0.003)
    assert rough.reached and fine.reached and fine.replications > 2 * rough.replications
    assert fine.by_interval.half_width[0] <= 0.003 and abs(rough.of_day.mean - fine.of_day.mean) < 0.02
    short = answer_rate(center, rng=rng(1), half_width_share=1e-6, max_replications=70)
    assert not short.reached and short.replications == 70
    same = simulate(center, replications=70, rng=rng(1)).answered_share()
    assert short.of_day.mean == same.mean and short.of_day.half_width == same.half_width
    more = answer_rate(center, heads=[12], rng=rng(1))
    assert more.of_day.mean > rough.of_day.mean
    with pytest.raises(ValueError, match="groups"):
        answer_rate(center, heads=[[1], [2]], rng=rng(1))


@njit
def _sample(kind: int, count: int) -> np.ndarray:
    found, state = np.empty(count), draws.stream(np.uint64(9), kind)
    for place in range(count):
        if kind == 0:
            found[place], state = draws.uniform(state)
        elif kind == 1:
            found[place], state = draws.exponential(state)
        elif kind == 2:
            found[place], state = draws.normal(state)
        else:
            found[place], state = draws.gamma(0.4 if kind == 3 else 7.5, state)
    return found


@pytest.mark.parametrize(
    ("kind", "law"),
    list(enumerate([stats.uniform(), stats.expon(), stats.norm(), stats.gamma(0.4), stats.gamma(7.5)])),
)
def test_random_numbers(kind: int, law: Any) -> None:
    found = _sample(kind, 400_000)
    assert stats.kstest(found, law.cdf).pvalue > 0.01
    assert abs(np.corrcoef(found[1:], found[:-1])[0, 1]) < 0.006
    for tail in (1e-3, 5e-5):  # where a ziggurat would be wrong: in the last layers, and beyond them
        for share in (tail, 1 - tail):
            assert (found < law.ppf(share)).mean() == pytest.approx(share, abs=4 * (tail / 400_000) ** 0.5)


def test_estimates() -> None:
    values = np.random.default_rng(1).normal(5.0, 2.0, (40, 3))
    found = estimate_mean(values)
    expected = stats.t.interval(0.95, 39, loc=values.mean(axis=0), scale=stats.sem(values, axis=0))
    np.testing.assert_allclose([found.low, found.high], expected)
    assert np.isnan(estimate_mean([3.0]).half_width)
    assert np.isnan(estimate_ratio([0.0, 0.0], [0.0, 0.0]).mean)
    exact = estimate_ratio(values[:, 0] * 3, values[:, 0])
    assert exact.mean == pytest.approx(3) and exact.half_width == pytest.approx(0, abs=1e-9)


def test_confidence_intervals_hold_what_they_promise() -> None:
    """Of many intervals for one answer rate about 95 % hold the true one."""
    center = mm(patience_s=60.0, seconds=3600.0)
    true = days(center, replications=20_000, seed=99).answered_share().mean
    found = [days(center, replications=20, seed=seed).answered_share() for seed in range(300)]
    assert 0.91 < np.mean([interval.low <= true <= interval.high for interval in found]) < 0.985


def test_findings_come_all_at_once() -> None:
    codes = CallCenterFindingCode
    wrong = CallCenter(
        edges_s=[0.0, 3600.0, 3600.0],
        types=(
            CallType(
                arrivals_per_h=[5, -1],
                service=never(),
                patience=gamma(np.nan, cv=1.0),
                redials=Redials(after_blocked=Redial(share=1.5, delay=fixed(-1.0)), max_attempts=0),
            ),
            CallType(arrivals_per_h=[1, 2, 3], service=exponential(10.0), groups=(4,)),
        ),
        groups=(
            AgentGroup(heads=[1.5, 2], skills=(0, 7), after_s=(1.0,), tiers=(Tier(from_s=9.0, to_s=5.0, heads=1),)),
        ),
        announcements=(Announcement(call_type=3, from_s=0.0, to_s=1.0, heard_s=1.0, absorbed_share=2.0),),
        call_backs=(CallBacks(group=2, release_s=[-1.0], service=fixed(1.0), idle_at_least=0),),
        waiting_places=-1,
        busyness_cv=-0.1,
    )
    found = {(finding.field, finding.code) for finding in check_call_center(wrong)}
    assert found >= {
        ("edges_s", codes.NOT_ASCENDING),
        ("types[0].arrivals_per_h", codes.NEGATIVE_NUMBER),
        ("types[0].service.mean_s", codes.NOT_A_NUMBER),
        ("types[0].patience.mean_s", codes.NOT_A_NUMBER),
        ("types[0].redials.after_blocked.share", codes.NOT_A_SHARE),
        ("types[0].redials.after_blocked.delay.mean_s", codes.NEGATIVE_NUMBER),
        ("types[0].redials.max_attempts", codes.NOT_POSITIVE),
        ("types[1].arrivals_per_h", codes.WRONG_LENGTH),
        ("types[1]", codes.TYPE_WITHOUT_GROUP),
        ("types[1].groups", codes.UNKNOWN_GROUP),
        ("groups[0].heads", codes.NOT_WHOLE),
        ("groups[0].skills", codes.UNKNOWN_TYPE),
        ("groups[0].after_s", codes.WRONG_LENGTH),
        ("groups[0].tiers[0]", codes.NOT_ASCENDING),
        ("announcements[0].call_type", codes.UNKNOWN_TYPE),
        ("announcements[0].absorbed_share", codes.NOT_A_SHARE),
        ("call_backs[0].group", codes.UNKNOWN_GROUP),
        ("call_backs[0].release_s", codes.NEGATIVE_NUMBER),
        ("call_backs[0].idle_at_least", codes.NOT_POSITIVE),
        ("waiting_places", codes.NEGATIVE_NUMBER),
        ("busyness_cv", codes.NEGATIVE_NUMBER),
    }
    with pytest.raises(CallCenterError) as refused:
        simulate(wrong, replications=1, rng=np.random.default_rng(1))
    assert len(refused.value.findings) == len(check_call_center(wrong))
    assert check_call_center(hotline()) == []
    positions = [
        finding.positions for finding in check_call_center(wrong) if finding.field == "types[0].arrivals_per_h"
    ]
    assert positions == [(1,)]


@pytest.mark.parametrize("options", [{"replications": 0}, {"workers": 0}, {"within_s": -1.0}])
def test_nothing_to_simulate(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Nothing to simulate"):
        simulate(mm(), **{"replications": 1, "rng": np.random.default_rng(1)} | options)
