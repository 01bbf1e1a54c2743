"""Seats for a week of half-hours, and a day of a hotline in full; beside pyworkforce where it does the same work."""

import importlib.metadata
import importlib.util
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from bench.common import BenchRow, timed
from numpy.typing import NDArray

from denghuo.engines.queueing import (
    Targets,
    day_performance,
    hold_answer_rate,
    queue_figures,
    redial_figures,
    size_seats,
)

HANDLING_S, PATIENCE_S = 180.0, 120.0
WEEK = np.random.default_rng(1).uniform(20, 600, 336)
TARGETS = Targets(service_level_share=0.8)


def rows() -> list[BenchRow]:
    """Every measurement of this engine."""
    return [
        _row("seats for 80/20, Erlang C", "336 half-hours", _sizing(math.inf), _pyworkforce(), goal="< 1 ms"),
        _row("seats for 80/20, Erlang A", "336 half-hours", _sizing(PATIENCE_S), goal="< 5 ms", note=_no_erlang_a()),
        _row("all figures, Erlang A", "10,000 queues of 30 seats", _many),
        _row("redials, fixed point", "336 half-hours, 30 seats", _redials),
        _row("a day, state by state", "96 intervals, 30 seats", _day(redial_share=0.0), goal="< 1 ms"),
        _row("a day with redials", "96 intervals, 30 seats", _day(redial_share=0.46), goal="< 10 ms"),
        _row(
            "seats that hold 95 % in every interval",
            "two weeks of half-hours, redials",
            _held,
            note="no peer does this",
        ),
    ]


def _row(
    work: str,
    size: str,
    ours: Callable[[], Any],
    peer: Callable[[], Any] | None = None,
    *,
    goal: str = "–",
    note: str = "",
) -> BenchRow:
    mine = timed(ours, repeat=21)
    peers = {}
    if peer is not None:
        theirs = timed(peer, repeat=5, memory=False)
        np.testing.assert_array_equal(mine.result.seats, theirs.result)
        peers, note = {"pyworkforce": theirs.seconds}, "same seats from both, checked"
    return BenchRow(work=work, size=size, ours_s=mine.seconds, peak_mb=mine.peak_mb, peers=peers, goal=goal, note=note)


def _sizing(patience_s: float) -> Callable[[], Any]:
    return lambda: size_seats(WEEK, targets=TARGETS, handling_s=HANDLING_S, patience_s=patience_s)


def _pyworkforce() -> Callable[[], NDArray[np.int64]] | None:
    if not importlib.util.find_spec("pyworkforce"):
        return None
    from pyworkforce.queuing import ErlangC

    def work() -> NDArray[np.int64]:
        asked = (ErlangC(transactions=calls / 2, aht=3, interval=30, asa=20 / 60, shrinkage=0.0) for calls in WEEK)
        return np.array([one.required_positions(service_level=0.8)["raw_positions"] for one in asked])

    return work


def _no_erlang_a() -> str:
    """Why no peer stands beside Erlang A, by what is installed."""
    if not importlib.util.find_spec("pyworkforce"):
        return "pyworkforce is not installed"
    from pyworkforce import queuing

    version = importlib.metadata.version("pyworkforce")
    has = "has one, which is not compared" if hasattr(queuing, "ErlangA") else "has none"
    return f"pyworkforce {version}, as installed, {has}"


def _held() -> Any:
    hour = (np.arange(48) + 0.5) / 2
    calls = 20 + 280 * np.exp(-(((hour - 10) / 2.5) ** 2)) + 260 * np.exp(-(((hour - 19) / 2) ** 2))
    return hold_answer_rate(
        np.tile(calls, 14),
        target_share=0.95,
        interval_s=1800,
        handling_s=HANDLING_S,
        patience_s=PATIENCE_S,
        redial_share=0.46,
        minimum_seats=3,
    )


def _many() -> Any:
    calls = np.linspace(300, 900, 10_000)
    return queue_figures(calls, seats=30, handling_s=HANDLING_S, patience_s=PATIENCE_S)


def _redials() -> Any:
    return redial_figures(WEEK + 200, seats=30, handling_s=HANDLING_S, patience_s=PATIENCE_S, redial_share=0.46)


def _day(*, redial_share: float) -> Callable[[], Any]:
    hour = (np.arange(96) + 0.5) / 4
    load = 6 + 18 * np.exp(-(((hour - 10) / 2.5) ** 2)) + 20 * np.exp(-(((hour - 19) / 2) ** 2))
    return lambda: day_performance(
        load * 20,
        seats=np.where((hour > 7) & (hour < 22), 30, 8),
        interval_s=900,
        handling_s=HANDLING_S,
        patience_s=PATIENCE_S,
        redial_share=redial_share,
    )
