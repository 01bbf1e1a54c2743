"""From reports to the devices that opened: the most probable set, and how sure each part of it is.

Let a set of cuts have opened, none behind another. Its weight is the chance that just these have (every cut opens by
itself, at its rate times the pace of the day), times the likelihood of what was told behind each of them given that it
is out, times that of the rest given that it has supply. Whether more has opened behind an opened cut cannot be seen,
unless it had before, and is summed over. Both the heaviest set and the sum over all sets factor along the tree, so one
pass from the ends gives them exactly: at each cut, either all that is behind it is out, or its parts are what they are.
What is not known of an outage (how many of its customers report, and since when) is summed over at its cut; what is
not known of the day (the pace of failures, the share of stray reports) is summed over at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.locate import _kernels
from denghuo.engines.locate._likelihood import HOURS_PER_YEAR, Likelihood, likelihood_of, rows_of
from denghuo.engines.locate.candidates import Candidates
from denghuo.engines.locate.chances import Chances
from denghuo.engines.locate.checks import check_locate, refuse
from denghuo.engines.locate.evidence import Evidence

__all__ = ["Instead", "Located", "OpenedDevice", "Outage", "Support", "locate"]

Ints = NDArray[Any]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class OpenedDevice:
    """A device that may have opened: its ``branch``, its ``cut``, the ``probability`` that this cut is what took
    supply away from those behind it, and how many ``customers`` and ``reports`` are behind it.

    ``same_branches`` are the other devices of the cut, which evidence cannot tell from it; it is the likeliest of them,
    with ``share_of_cut`` of their openings.
    """

    cut: int
    branch: int
    probability: float
    share_of_cut: float
    same_branches: tuple[int, ...]
    customers: int
    reports: int


@dataclass(frozen=True, kw_only=True)
class Support:
    """What speaks for a device having opened, and against it, behind it.

    ``reports`` of ``customers``, from ``loads_reporting`` of ``loads``; ``meters_off`` of ``meters``; ``lit`` customers
    and meters said to have supply; ``silent_loads`` whose customers and meters say nothing.
    """

    loads: int
    loads_reporting: int
    silent_loads: int
    customers: int
    reports: int
    meters: int
    meters_off: int
    lit: int


@dataclass(frozen=True, kw_only=True)
class Instead:
    """What it may be instead of a device: with the device's own probability these make one.

    ``above``: a device further up took supply away. ``below``: one or several further down did, and it did not.
    ``part``: none did, and a part of the load has a fault of its own (of several, of one at least). ``stray``: none
    did, and who reports has supply as far as devices go.
    """

    above: float
    below: float
    part: float
    stray: float


@dataclass(frozen=True, kw_only=True)
class Outage:
    """One of the devices of the most probable set, with its evidence, and who else may be meant.

    ``rivals``: devices above and below on the same way, the most probable first; below there may be several at once.
    ``nested``: devices behind it that had
    rather opened before, and will leave theirs without supply when it is closed again; their ``probability`` is given
    that it opened. ``report_share`` of its customers that is expected to report, and ``began_min`` minutes ago (NaN
    where no report has an age): means given that it opened.
    """

    device: OpenedDevice
    support: Support
    rivals: tuple[OpenedDevice, ...]
    nested: tuple[OpenedDevice, ...]
    report_share: float
    began_min: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Located:
    """Which devices opened, and how sure that is.

    ``outages`` of the most probable set, the one with most reports first; ``set_probability`` of exactly this set;
    ``second_cuts``, ``second_probability`` the next best set. ``cause_probability`` [cut] that this cut took supply
    away, ``out_probability`` [load] that the load is without supply, 1 where it is known (NaN nowhere). What it may be
    instead [cut], see :meth:`instead`: ``above_probability``, ``part_probability``, ``stray_probability``.
    ``stray_loads`` report although they have supply by the most probable set; ``known_reports`` come from loads that
    are known to be out. ``pace`` of failures and ``stray_share`` of supplied customers who report, as it looks:
    posterior means. ``log_evidence`` of everything told, for comparing chances.
    """

    outages: tuple[Outage, ...]
    set_probability: float
    second_cuts: tuple[int, ...]
    second_probability: float
    cause_probability: Floats
    above_probability: Floats
    part_probability: Floats
    stray_probability: Floats
    out_probability: Floats
    stray_loads: tuple[int, ...]
    known_reports: int
    pace: float
    stray_share: float
    log_evidence: float

    def instead(self, cut: int) -> Instead:
        """What it may be instead of the devices of a cut."""
        columns = (self.above_probability, self.part_probability, self.stray_probability)
        above, part, stray = (float(column[cut]) for column in columns)
        below = 1.0 - above - part - stray - float(self.cause_probability[cut])
        return Instead(above=above, below=max(below, 0.0), part=part, stray=stray)


def locate(
    candidates: Candidates,
    evidence: Evidence,
    *,
    chances: Chances | None = None,
    shut: Sequence[int] = (),
    opened: Sequence[int] = (),
    known_out: Any = None,
    most_rivals: int = 4,
) -> Located:
    """Find the devices whose opening explains best who reports and who does not.

    Args:
        candidates: What can have opened as the switches are known to stand.
        evidence: What customers and meters have told.
        chances: What is believed beforehand.
        shut: Branches of devices that are known to be closed: told by remote control, seen by a crew.
        opened: Branches of devices that are known to be open though the switching state does not have it yet.
        known_out: Loads known to be without supply for another reason, planned work say [load]; their reports are
            explained.
        most_rivals: How many other devices to name for each outage.

    Returns:
        The most probable set at the most probable pace of the day, exactly; probabilities summed over all sets, paces
        and rates of reporting, exactly on the grids of ``chances``.

    Raises:
        LocateError: with all findings of :func:`check_locate`.

    Example:
        >>> from denghuo.engines.grid import BranchKind, SwitchKind, build_grid
        >>> from denghuo.engines.locate import build_evidence, compile_candidates
        >>> from denghuo.engines.topology import compile_topology
        >>> grid = build_grid(
        ...     nodes={"id": ["bus", "a", "b", "c"]},
        ...     branches={
        ...         "id": ["QF1", "FU1", "FU2"],
        ...         "from_node": [0, 1, 1],
        ...         "to_node": [1, 2, 3],
        ...         "kind": [BranchKind.SWITCH] * 3,
        ...     },
        ...     switches={"branch": [0, 1, 2], "kind": [SwitchKind.BREAKER, SwitchKind.FUSE, SwitchKind.FUSE]},
        ...     loads={"id": ["T1", "T2"], "node": [2, 3], "lv_customers": [60, 40]},
        ...     sources={"id": ["S"], "node": [0]},
        ... )
        >>> candidates = compile_candidates(compile_topology(grid))
        >>> def opened(report_load):
        ...     found = locate(candidates, build_evidence(grid, report_load=report_load))
        ...     return [grid.branches.id[one.device.branch].item() for one in found.outages]
        >>> opened([0]), opened([0] * 20), opened([0] * 8 + [1] * 5)
        ([], ['FU1'], ['QF1'])
    """
    chances = Chances() if chances is None else chances
    refuse(
        check_locate(candidates, evidence, chances=chances, shut=shut, opened=opened, known_out=known_out),
    )
    out = np.zeros(len(candidates.cut_of_load), np.bool_) if known_out is None else np.asarray(known_out, np.bool_)
    held = _Held.of(candidates, shut, opened)
    likelihood = likelihood_of(candidates, rows_of(candidates, evidence, out), held.rate_h, chances)
    search = _Search.over(candidates.parent, likelihood, held, chances)
    return _Account(candidates, evidence, likelihood, search, out).located(most_rivals)


@dataclass(frozen=True, kw_only=True)
class _Held:
    """Rate [1/h] and state of each cut, and the share of each device in the openings of its cut, as far as some are
    known to be open or shut."""

    rate_h: Floats
    state: Ints
    member_share: Floats

    @classmethod
    def of(cls, candidates: Candidates, shut: Sequence[int], opened: Sequence[int]) -> _Held:
        branch, cut = candidates.member_branch, candidates.member_cut
        is_open = np.isin(branch, np.asarray(opened, np.int64))
        rate = np.where(np.isin(branch, np.asarray(shut, np.int64)), 0.0, candidates.member_rate_per_year)
        of_cut = np.bincount(cut, weights=rate, minlength=len(candidates)).astype(np.float64)
        state = np.where(of_cut > 0.0, _kernels.FREE, _kernels.HELD_SHUT)
        state[cut[is_open]] = _kernels.HELD_OPEN
        weight = np.where(state[cut] == _kernels.HELD_OPEN, is_open.astype(np.float64), rate)
        total = np.bincount(cut, weights=weight, minlength=len(candidates))[cut]
        share = np.divide(weight, total, out=np.zeros(len(weight)), where=total > 0.0)
        return cls(rate_h=of_cut / HOURS_PER_YEAR, state=state, member_share=share)


@dataclass(frozen=True, kw_only=True)
class _Search:
    """The sums and the best sets; ``pace_weight`` [pace] after all that was told. ``none`` [cut] is the chance that
    nothing has opened, neither on the way to a cut nor behind it, ``no_part`` [cut] that nothing has and all reports
    are stray."""

    member_share: Floats
    pace_weight: Floats
    log_evidence: float
    cause: Floats
    none: Floats
    no_part: Floats
    out: Floats
    best: Flags
    second: Flags
    best_probability: float
    second_probability: float

    @classmethod
    def over(cls, parent: Ints, likelihood: Likelihood, held: _Held, chances: Chances) -> _Search:
        paces = likelihood.paces
        by_pace = {pace: _kernels.opening(held.rate_h, held.state, chances.window_h * pace) for pace in chances.paces}
        chance_of = [by_pace[pace] for pace in paces.pace.tolist()]
        out = np.ascontiguousarray((likelihood.out[:, None] - likelihood.supplied).T)
        sums = [_kernels.weigh(parent, *chance, of) for chance, of in zip(chance_of, out, strict=True)]
        total = np.array([one[0] for one in sums])
        weight = paces.log_weight + total + likelihood.all_supplied
        log_evidence = float(np.logaddexp.reduce(weight))
        pace_weight = np.exp(weight - log_evidence)
        spread = [_kernels.spread(parent, one[1], one[2]) for one in sums]
        cause, dark, none = (np.tensordot(pace_weight, np.array([one[k] for one in spread]), axes=1) for k in range(3))
        strays = np.array([one[2] for one in spread]) * np.exp(likelihood.no_part.T)
        top = int(np.argmax(pace_weight))
        best, second, *_ = _kernels.best_two(parent, *chance_of[top], out[top])

        def probability(chosen: Flags) -> float:
            weights = [_kernels.weight_of(parent, chosen, *chance_of[k], out[k]) for k in range(len(total))]
            return float(pace_weight @ np.exp(np.array(weights) - total))

        return cls(
            member_share=held.member_share,
            pace_weight=pace_weight,
            log_evidence=log_evidence,
            cause=np.minimum(cause, 1.0),
            none=np.minimum(none, 1.0),
            no_part=np.minimum(np.tensordot(pace_weight, strays, axes=1), 1.0),
            out=np.minimum(dark, 1.0),
            best=best,
            second=second,
            best_probability=probability(best),
            second_probability=probability(second) if len(parent) else 0.0,
        )


class _Account:
    """What is told of a search."""

    def __init__(
        self, candidates: Candidates, evidence: Evidence, likelihood: Likelihood, search: _Search, known_out: Flags
    ) -> None:
        self.candidates, self.evidence, self.likelihood, self.search = candidates, evidence, likelihood, search
        self.dark = known_out | ~candidates.supplied
        self.above = np.append(search.out, 0.0)[candidates.parent]  # the last for those that none is above
        counted = np.where(self.dark, 0, 1)
        order, start = candidates.load_order, candidates.load_start
        columns = {
            "loads": counted,
            "loads_reporting": counted * (evidence.reports > 0),
            "silent_loads": counted * (evidence.reports + evidence.meters_off + evidence.lit == 0),
            "customers": counted * evidence.customers,
            "reports": counted * evidence.reports,
            "meters": counted * evidence.meters,
            "meters_off": counted * evidence.meters_off,
            "lit": counted * evidence.lit,
        }
        self.behind = {}
        for name, column in columns.items():
            running = np.concatenate([[0], np.cumsum(column[order])])
            self.behind[name] = running[start[candidates.end]] - running[start[:-1]]

    def located(self, most_rivals: int) -> Located:
        search, paces = self.search, self.likelihood.paces
        outages = [self._outage(int(cut), most_rivals) for cut in np.flatnonzero(search.best)]
        outages.sort(key=lambda one: (-one.support.reports, one.device.cut))
        cut = self.candidates.cut_of_load
        dark = np.zeros(len(search.best) + 1, np.bool_)  # the last for loads behind no cut
        chance = np.append(search.out, 0.0)
        for one in np.flatnonzero(search.best):
            dark[one : self.candidates.end[one]] = True
        stray = (self.evidence.reports > 0) & ~dark[cut] & ~self.dark
        return Located(
            outages=tuple(outages),
            set_probability=search.best_probability,
            second_cuts=tuple(np.flatnonzero(search.second).tolist()),
            second_probability=search.second_probability,
            cause_probability=_frozen(search.cause),
            above_probability=_frozen(self.above),
            part_probability=_frozen(np.maximum(search.none - search.no_part, 0.0)),
            stray_probability=_frozen(search.no_part),
            out_probability=_frozen(np.where(self.dark, 1.0, chance[cut])),
            stray_loads=tuple(np.flatnonzero(stray).tolist()),
            known_reports=int(self.evidence.reports[self.dark].sum()),
            pace=float(search.pace_weight @ paces.pace),
            stray_share=float(search.pace_weight @ paces.stray_share),
            log_evidence=search.log_evidence,
        )

    def _outage(self, cut: int, most_rivals: int) -> Outage:
        latents = self.likelihood.latents
        weight = latents.log_weight + self.likelihood.if_out[cut]
        weight = np.exp(weight - weight.max())
        weight /= weight.sum()
        began = float(weight @ latents.start_min)
        return Outage(
            device=self._device(cut, self.search.cause[cut]),
            support=Support(**{name: int(column[cut]) for name, column in self.behind.items()}),
            rivals=tuple(self._device(rival, self.search.cause[rival]) for rival in self._rivals(cut, most_rivals)),
            nested=self._nested(cut, weight),
            report_share=float(weight @ latents.report_share),
            began_min=began if np.isfinite(began) else float("nan"),
        )

    def _nested(self, cut: int, latent_chance: Floats) -> tuple[OpenedDevice, ...]:
        found = self.likelihood
        starts = found.latents.starts
        if starts == 1:  # nothing tells before from after
            return ()
        span = (cut, int(self.candidates.end[cut]))
        parent = self.candidates.parent
        chance = _kernels.nested_chance(parent, span, latent_chance, found.if_out, found.opened_before, starts)
        return tuple(self._device(cut + int(one), chance[one]) for one in np.flatnonzero(chance > 0.5))

    def _rivals(self, cut: int, most: int) -> list[int]:
        """Cuts above and below, the most probable first."""
        above = []
        up = int(self.candidates.parent[cut])
        while up >= 0:
            above.append(up)
            up = int(self.candidates.parent[up])
        found = np.concatenate([np.array(above, np.int64), np.arange(cut + 1, self.candidates.end[cut])])
        chance = self.search.cause[found]
        return [int(one) for one in found[np.argsort(-chance, kind="stable")][:most]]

    def _device(self, cut: int, probability: float) -> OpenedDevice:
        candidates = self.candidates
        members = np.arange(candidates.member_start[cut], candidates.member_start[cut + 1])
        share = self.search.member_share[members]
        members = members[np.argsort(-share, kind="stable")]
        return OpenedDevice(
            cut=cut,
            branch=int(candidates.member_branch[members[0]]),
            probability=float(probability),
            share_of_cut=float(share.max()),
            same_branches=tuple(candidates.member_branch[members[1:]].tolist()),
            customers=int(self.behind["customers"][cut]),
            reports=int(self.behind["reports"][cut]),
        )


def _frozen(array: Any) -> Any:
    array.setflags(write=False)
    return array
