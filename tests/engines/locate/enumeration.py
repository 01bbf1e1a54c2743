"""Small random networks, and the plainest account of what their evidence says: every state, one after the other.

Written from docs/engines/locate.md and not from the engine: plain numbers instead of logs, no passes over trees.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
from hypothesis import strategies as st
from scipy.special import betaln

from denghuo.engines.grid import BranchKind, Grid, SwitchKind, build_grid
from denghuo.engines.locate import Candidates, Chances, Evidence, build_evidence

COARSE = Chances(
    paces=(5.0, 400.0),
    pace_weights=(0.7, 0.3),
    report_shares=(0.05, 0.4),
    report_weights=(2.0, 1.0),
    load_spreads=(0.5,),
    most_starts=2,
    timed_reports=1.5,
    stray_shares=(1e-3, 1e-2),
    stray_weights=(3.0, 1.0),
    wrong_link_shares=(0.0, 0.05),
    wrong_link_weights=(1.0, 1.0),
    part_per_year=3.0,
    part_sizes=(0.25, 0.8),
)


@st.composite
def grids(draw: st.DrawFn, *, most_switches: int = 4) -> Grid:
    """Radial: a source, a few switches and lines, loads anywhere."""
    switch_count = draw(st.integers(1, most_switches))
    is_switch = draw(st.permutations([True] * switch_count + [False] * draw(st.integers(0, 2))))
    parent = [draw(st.integers(0, node)) for node in range(len(is_switch))]
    load_nodes = draw(st.lists(st.integers(0, len(is_switch)), min_size=1, max_size=4))
    switches = [branch for branch, flag in enumerate(is_switch) if flag]
    return build_grid(
        nodes={"id": [f"n{node}" for node in range(len(is_switch) + 1)], "base_kv": [10.0] * (len(is_switch) + 1)},
        branches={
            "id": [f"b{branch}" for branch in range(len(is_switch))],
            "from_node": parent,
            "to_node": [branch + 1 for branch in range(len(is_switch))],
            "kind": [BranchKind.SWITCH if flag else BranchKind.LINE for flag in is_switch],
            "length_km": [20.0] * len(is_switch),
        },
        switches={"branch": switches, "kind": draw(st.lists(st.sampled_from(SwitchKind), **_size(len(switches))))},
        loads={
            "id": [f"t{load}" for load in range(len(load_nodes))],
            "node": load_nodes,
            "mv_users": [1] * len(load_nodes),
            "lv_customers": draw(st.lists(st.integers(0, 9), **_size(len(load_nodes)))),
        },
        sources={"id": ["s"], "node": [0]},
    )


@st.composite
def told(draw: st.DrawFn, grid: Grid, *, with_ages: bool = True) -> Evidence:
    """Reports, half of them with an age, meters and people with supply."""
    size = len(grid.loads.id)
    count = draw(st.integers(0, 7))
    age = st.one_of(st.just(float("nan")), st.sampled_from([0.0, 1.5, 4.0, 8.0]))
    meters = draw(st.lists(st.integers(0, 3), **_size(size)))
    return build_evidence(
        grid,
        report_load=draw(st.lists(st.integers(0, size - 1), **_size(count))),
        age_min=draw(st.lists(age, **_size(count))) if with_ages else None,
        meters=meters,
        meters_off=[draw(st.integers(0, number)) for number in meters],
        lit=draw(st.lists(st.integers(0, 1), **_size(size))),
    )


def _size(count: int) -> dict[str, int]:
    return {"min_size": count, "max_size": count}


@dataclass(frozen=True, kw_only=True)
class State:
    """Which cuts have opened, each with a latent (its place in the grid); what of it shows; the weight by day."""

    opened: dict[int, int]
    visible: frozenset[int]
    weight: np.ndarray


class Enumeration:
    """All states of a small network."""

    def __init__(
        self,
        candidates: Candidates,
        evidence: Evidence,
        chances: Chances,
        *,
        shut: tuple[int, ...] = (),
        opened: tuple[int, ...] = (),
    ) -> None:
        self.candidates, self.evidence, self.chances = candidates, evidence, chances
        self.rate, self.fixed = self._held(shut, opened)
        self.rows = self._rows()
        self.starts = self._starts()
        self.window_min = chances.window_h * 60.0
        spreads = len(chances.load_spreads)
        shares = [(p, s) for p in range(len(chances.report_shares)) for s in range(spreads)]
        self.latents = [(start, *one) for start in range(len(self.starts)) for one in shares]
        total = sum(row["n"] for row in self.rows) / max(sum(row["customers"] for row in self.rows), 1)
        self.days = [
            (pace, stray, link * total, w1 * w2 * w3)
            for pace, w1 in zip(chances.paces, _normal(chances.pace_weights), strict=True)
            for stray, w2 in zip(chances.stray_shares, _normal(chances.stray_weights), strict=True)
            for link, w3 in zip(chances.wrong_link_shares, _normal(chances.wrong_link_weights), strict=True)
        ]
        self.if_supplied = [[self._supplied(row, day) for day in self.days] for row in self.rows]
        self.if_out = [[self._out(row, latent) for latent in self.latents] for row in self.rows]
        self.states = list(self._states())

    def _held(self, shut: tuple[int, ...], opened: tuple[int, ...]) -> tuple[list[float], dict[int, bool]]:
        rate = [0.0] * len(self.candidates)
        fixed: dict[int, bool] = {}
        rows = zip(
            self.candidates.member_branch, self.candidates.member_cut, self.candidates.member_rate_per_year, strict=True
        )
        for branch, cut, per_year in rows:
            rate[cut] += 0.0 if branch in shut else per_year
            if branch in opened:
                fixed[int(cut)] = True
        for cut, per_year in enumerate(rate):
            if per_year == 0.0:
                fixed.setdefault(cut, False)
        return rate, fixed

    def _rows(self) -> list[dict]:
        kept: dict = {}
        for load, customers in enumerate(self.evidence.customers.tolist()):
            cut = int(self.candidates.cut_of_load[load])
            row = kept.setdefault(
                ("cut", cut) if customers <= 1 else ("load", load),
                {"cut": cut, "customers": 0, "n": 0, "ages": [], "meters": 0, "off": 0, "lit": 0},
            )
            mine = self.evidence.age_min[self.evidence.report_load == load].tolist()
            row["customers"] += customers
            row["n"] += len(mine)
            row["ages"] += mine
            row["meters"] += int(self.evidence.meters[load])
            row["off"] += int(self.evidence.meters_off[load])
            row["lit"] += int(self.evidence.lit[load])
        for row in kept.values():
            row["customers"] = max(row["customers"] - row["lit"], row["n"])
        return list(kept.values())

    def _starts(self) -> list[float]:
        known = [age for row in self.rows for age in row["ages"] if not math.isnan(age)]
        if not known:
            return [math.inf]
        oldest = max(known) + 1.0
        count = max(math.ceil(2.0 * oldest / self.chances.delay_min), 1)
        assert count <= self.chances.most_starts, "the coarse grid is even"
        return [oldest * step / count for step in range(count, 0, -1)]

    def _density(self, age: float) -> float:
        known = [one for row in self.rows for one in row["ages"] if not math.isnan(one)]
        if math.isnan(age) or len(known) < 2:
            return 1.0
        half = self.chances.delay_min / 2.0
        near = sum(abs(one - age) <= half for one in known) - 1
        return near / (len(known) - 1) * self.window_min / (2.0 * half)

    def _supplied(self, row: dict, day: tuple[float, float, float, float]) -> float:
        pace, stray, link, _ = day
        share = min(stray + link, 0.2)
        by_link = link / (stray + link)
        strays = _beta_binomial(row["n"], row["customers"], share, max(1.0 / share, row["customers"]))
        for age in row["ages"]:
            strays *= (1.0 - by_link + by_link * self._density(age)) ** self._counts(row)
        part = self._part(pace)
        told = (1.0 - part) * strays + (part * self._in_part(row) if row["customers"] > 1 else 0.0)
        off = self.chances.meter_stray_share
        return told * off ** row["off"] * (1.0 - off) ** (row["meters"] - row["off"])

    def _part(self, pace: float) -> float:
        """Chance that a load has a fault of a part of its own."""
        return 1.0 - math.exp(-self.chances.part_per_year * self.chances.window_h * pace / 8760.0)

    def _in_part(self, row: dict) -> float:
        """What a row tells if it has one: of some of its customers as many report as of an outage."""
        c, found = self.chances, 0.0
        for start, share, spread in self.latents:
            weight = _normal(c.report_weights)[share] / len(c.load_spreads) / len(self.starts)
            by_now, certainty = self._by_now(start, share, spread)
            after, times = self._timed(row, self.starts[start])
            several = after + row["customers"] - row["n"]
            parts = [_beta_binomial(after, several, size * by_now, certainty) for size in c.part_sizes]
            found += weight * times * sum(parts) / len(parts)
        return found

    def _by_now(self, start: int, share: int, spread: int) -> tuple[float, float]:
        """The share of an outage's customers that has reported by now, and how certain it is."""
        c, began, mean = self.chances, self.starts[start], self.chances.report_shares[share]
        come = 1.0 - (1.0 + began / c.delay_min) ** -2.0
        by_now = mean * ((1.0 - c.slow_share) * come + c.slow_share * min(began / self.window_min, 1.0))
        return by_now, max((1.0 - mean) / (mean * c.load_spreads[spread] ** 2) - 1.0, 1.0)

    def _counts(self, row: dict) -> float:
        """What the time of one of its reports counts."""
        return min(self.chances.timed_reports / row["n"], 1.0)

    def _timed(self, row: dict, start: float) -> tuple[int, float]:
        """Reports since ``start``, and the chance of the times of all, against even ones."""
        c = self.chances
        come = 1.0 - (1.0 + start / c.delay_min) ** -2.0
        after, times = row["n"], 1.0
        for age in row["ages"]:
            if age > start:
                after -= 1
                near = self._density(age)
                lumps = [w * (1.0 + (near - 1.0) * k / (s + k)) ** self._counts(row) for _, s, k, w in self.days]
                times *= self.usual_stray * sum(lumps)
            elif age <= start:
                timely = 2.0 / c.delay_min * (1.0 + (start - age) / c.delay_min) ** -3.0 / come
                dense = self.window_min * ((1.0 - c.slow_share) * timely + c.slow_share / start)
                times *= dense ** self._counts(row)
        return after, times

    @property
    def usual_stray(self) -> float:
        return sum(weight * (one + link) for _, one, link, weight in self.days)

    def _out(self, row: dict, latent: tuple[int, int, int]) -> float:
        c = self.chances
        start = self.starts[latent[0]]
        by_now, certainty = self._by_now(*latent)
        after, told = self._timed(row, start)
        told *= math.exp(-self.usual_stray * max(1.0 - start / self.window_min, 0.0) * row["customers"])
        told *= _beta_binomial(after, after + row["customers"] - row["n"], by_now, certainty)
        told *= _beta_binomial(row["off"], row["meters"], c.meter_share, c.meter_concentration)
        return told * c.lit_though_out_share ** row["lit"]

    def _states(self):
        size = len(self.candidates)
        for choice in product([None, *range(len(self.latents))], repeat=size):
            opened = {cut: latent for cut, latent in enumerate(choice) if latent is not None}
            weight = self._weight(opened)
            if weight is not None and weight.any():
                visible = frozenset(cut for cut in opened if self._above(cut, opened) is None)
                yield State(opened=opened, visible=visible, weight=weight)

    def _above(self, cut: int, opened: dict[int, int]) -> int | None:
        """The nearest opened cut above."""
        up = int(self.candidates.parent[cut])
        while up >= 0 and up not in opened:
            up = int(self.candidates.parent[up])
        return up if up >= 0 else None

    def _weight(self, opened: dict[int, int]) -> np.ndarray | None:
        weight = np.array([day[3] for day in self.days])
        for cut in range(len(self.candidates)):
            above = self._above(cut, opened)
            factor = self._of_cut(cut, opened.get(cut), None if above is None else opened[above])
            if factor is None:
                return None
            weight = weight * factor
        for number, row in enumerate(self.rows):
            cause = (
                row["cut"] if row["cut"] in opened else (self._above(row["cut"], opened) if row["cut"] >= 0 else None)
            )
            out = self.if_out[number][opened[cause]] if cause is not None else self.if_supplied[number]
            weight = weight * np.array(out)
        return weight

    def _of_cut(self, cut: int, mine: int | None, above: int | None):
        """Chance of a cut's own state; None where it cannot be."""
        c = self.chances
        hours = self.rate[cut] * c.window_h / 8760.0
        if above is None:
            chance = np.array([1.0 - math.exp(-hours * day[0]) for day in self.days])
            if cut in self.fixed:
                chance = np.full(len(self.days), float(self.fixed[cut]))
            if mine is None:
                return 1.0 - chance
            _, share, _ = self.latents[mine]
            weight = _normal(c.report_weights)[share] / len(c.load_spreads) / len(self.starts)
            return chance * weight
        before = min(max(1.0 - math.exp(-hours * c.nested_pace), 1e-9), 0.5)
        older = (self.latents[above][0] + 1) / len(self.starts)
        if mine is None:
            return 1.0 - before * older
        alike = self.latents[mine][1:] == self.latents[above][1:]
        if not alike or self.latents[mine][0] > self.latents[above][0]:
            return None
        return before / len(self.starts)

    @property
    def by_day(self) -> np.ndarray:
        return sum((state.weight for state in self.states), np.zeros(len(self.days)))

    def chance(self, holds) -> float:
        """Of the states for which ``holds``."""
        return sum(state.weight.sum() for state in self.states if holds(state)) / self.by_day.sum()

    def strays_only(self, cut: int) -> float:
        """That no cut on the way to this one nor behind it has opened, and no load that reports has a fault of its own
        part."""
        behind = range(cut, int(self.candidates.end[cut]))
        rows = [n for n, row in enumerate(self.rows) if row["cut"] in behind and row["n"] > 0 and row["customers"] > 1]
        found = np.zeros(len(self.days))
        for state in self.states:
            if not any(one in state.opened for one in behind) and self._above(cut, state.opened) is None:
                found += state.weight * np.prod([self._no_part(one) for one in rows], axis=0)
        return float(found.sum() / self.by_day.sum())

    def _no_part(self, number: int) -> np.ndarray:
        """Chance by day that a load with supply has no such fault, after what it told."""
        row = self.rows[number]
        off = self.chances.meter_stray_share
        of_meters = off ** row["off"] * (1.0 - off) ** (row["meters"] - row["off"])
        in_part = np.array([self._part(day[0]) for day in self.days]) * self._in_part(row) * of_meters
        return 1.0 - in_part / np.array(self.if_supplied[number])

    def is_out(self, cut: int):
        return lambda state: cut in state.opened or self._above(cut, state.opened) is not None


def _normal(weights: tuple[float, ...]) -> list[float]:
    return [weight / sum(weights) for weight in weights]


def _beta_binomial(told: int, of: int, mean: float, certainty: float) -> float:
    first, second = mean * certainty, (1.0 - mean) * certainty
    return math.exp(betaln(first + told, second + of - told) - betaln(first, second))
