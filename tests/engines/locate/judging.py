"""How right a method is over many storms: the engine, the lowest common ancestor, and the threshold roll-up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.locate import Candidates, Chances, Evidence, Located, locate
from tests.engines.locate.storms import REPORTS_NEEDED, Night, Scene, strike

Ranked = list[list[int]]
"""For each outage found the cuts it may be, the likeliest first."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """Shares over the outages with three or more reports; ``extra`` found outages per storm that are none."""

    outages: int
    first: float
    first_three: float
    extra: float
    stated: NDArray[np.float64]
    right: NDArray[np.bool_]

    @property
    def calibration_error(self) -> float:
        """Expected calibration error over ten bins: how far what is stated is from how often it is right."""
        gaps = [number * abs(stated - right) for number, stated, right in self.reliability]
        return sum(gaps) / len(self.stated) if gaps else float("nan")

    @property
    def reliability(self) -> list[tuple[int, float, float]]:
        """(how many, stated on average, right) by tenth of what is stated."""
        bins = np.minimum(np.nan_to_num(self.stated, nan=-1.0) * 10, 9).astype(int)
        return [
            (int((bins == k).sum()), float(self.stated[bins == k].mean()), float(self.right[bins == k].mean()))
            for k in range(10)
            if (bins == k).any()
        ]


Method = Callable[[Candidates, Evidence], tuple[Ranked, list[float]]]


def by_engine(chances: Chances | None = None) -> Method:
    def method(candidates: Candidates, evidence: Evidence) -> tuple[Ranked, list[float]]:
        found: Located = locate(candidates, evidence, chances=chances)
        ranked = [[one.device.cut, *(rival.cut for rival in one.rivals)] for one in found.outages]
        return ranked, [one.device.probability for one in found.outages]

    return method


def by_common_ancestor(candidates: Candidates, evidence: Evidence) -> tuple[Ranked, list[float]]:
    """In each line (cut of 400 loads at most) the smallest cut with all reporting loads behind it; loads with one
    report count only where there are no others."""
    root = _lines(candidates)
    reports = evidence.reports
    found = []
    inner = candidates.cut_of_load
    for line in np.unique(root[inner[(reports > 0) & (inner >= 0)]]):
        here = (inner >= 0) & (root[inner] == line)
        several = here & (reports > 1)
        reporting = np.unique(inner[several if several.any() else here & (reports > 0)])
        low, high = int(reporting.min()), int(reporting.max())
        while not (candidates.end[low] > high):
            low = int(candidates.parent[low])
            if low < 0:
                break
        if low >= 0:
            found.append(low)
    return [_with_neighbors(candidates, cut) for cut in found], [np.nan] * len(found)


@cache
def _lines(candidates: Candidates) -> NDArray[np.int64]:
    """The topmost cut of 400 loads at most above each cut."""
    root = np.arange(len(candidates))
    for cut in range(len(root)):
        if candidates.parent[cut] >= 0 and len(candidates.loads_behind(int(candidates.parent[cut]))) <= 400:
            root[cut] = root[candidates.parent[cut]]
    return root


def by_roll_up(*, calls: int = 2, devices: int = 2, share: float = 0.3) -> Method:
    """The rule of commercial systems: ``calls`` on a transformer are its outage, ``devices`` of those behind a device,
    and at least ``share`` of them, are that device's; upward as far as it goes."""

    def method(candidates: Candidates, evidence: Evidence) -> tuple[Ranked, list[float]]:
        size = len(candidates)
        inner = candidates.cut_of_load
        own = np.bincount(inner[inner >= 0], weights=evidence.reports[inner >= 0], minlength=size)
        children, out_children = np.zeros(size), np.zeros(size)
        out = np.zeros(size, np.bool_)
        for cut in range(size - 1, -1, -1):
            enough = out_children[cut] >= devices and out_children[cut] >= share * children[cut]
            out[cut] = enough or own[cut] >= calls
            if candidates.parent[cut] >= 0:
                children[candidates.parent[cut]] += 1
                out_children[candidates.parent[cut]] += out[cut]
        covered = np.zeros(size, np.bool_)
        found = []
        for cut in range(size):
            above = candidates.parent[cut]
            covered[cut] = above >= 0 and (covered[above] or out[above])
            if out[cut] and not covered[cut]:
                found.append(cut)
        return [_with_neighbors(candidates, cut) for cut in found], [np.nan] * len(found)

    return method


def _with_neighbors(candidates: Candidates, cut: int) -> list[int]:
    """The cut, the one above and the largest one below: what a dispatcher would look at next."""
    above = [int(candidates.parent[cut])] if candidates.parent[cut] >= 0 else []
    below = np.flatnonzero(candidates.parent == cut)
    size = candidates.load_start[candidates.end[below]] - candidates.load_start[below]
    return [cut, *above, *below[np.argsort(-size, kind="stable")][:1].tolist()]


def judge(scene: Scene, night: Night, method: Method, *, storms: int, seed: int, faults: int | None = None) -> Score:
    """Right is right to the same set of loads: devices in a row cannot be told apart."""
    candidates = scene.candidates
    first = third = total = extra = 0
    stated: list[float] = []
    right: list[bool] = []
    for number in range(storms):
        storm = strike(scene, night, np.random.default_rng([seed, number]), faults)
        ranked, sure = method(candidates, storm.evidence)
        truth = set(storm.cuts.tolist())
        stated += sure
        right += [one[0] in truth for one in ranked]
        extra += sum(not any(_related(candidates, one[0], cut) for cut in truth) for one in ranked)
        for cut, reports in zip(storm.cuts.tolist(), storm.reports.tolist(), strict=True):
            if reports < REPORTS_NEEDED:
                continue
            total += 1
            near = [one for one in ranked if _related(candidates, one[0], cut)]
            first += any(one[0] == cut for one in near)
            third += any(cut in one[:3] for one in near)
    return Score(
        outages=total,
        first=first / max(total, 1),
        first_three=third / max(total, 1),
        extra=extra / storms,
        stated=np.array(stated),
        right=np.array(right, np.bool_),
    )


def _related(candidates: Candidates, one: int, other: int) -> bool:
    low, high = min(one, other), max(one, other)
    return bool(low <= high < candidates.end[low])
