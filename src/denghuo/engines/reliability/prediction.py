"""Analytic prediction for radial networks with ties: how often and how long each load will be without supply.

Every failure is followed through what happens next: which device clears it, who goes dark, what is switched back from
the normal side, what is taken over by a tie, and who waits for the repair. Expected values per year come out exactly,
without drawing lots, in time that grows with the number of sections and failures, not with their product.

Sources: R. Billinton and R. N. Allan, Reliability Evaluation of Power Systems, 2nd ed. (1996), ch. 7; R. N. Allan et
al., "A reliability test system for educational purposes: basic distribution system data and results", IEEE Trans.
Power Syst. 6 (1991) 813-820. Method and assumptions: ``docs/engines/prediction.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.grid import BranchKind, Finding, FindingCode, Grid
from denghuo.engines.reliability.prediction_model import Failures, Model, build_model
from denghuo.engines.standards import Basis
from denghuo.engines.topology import Topology

__all__ = ["Failures", "LoadByFailure", "Prediction", "SystemIndices", "WeightByFailure", "failures_of", "predict_grid"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

HOURS_PER_YEAR = 8760.0


@dataclass(frozen=True, kw_only=True)
class SystemIndices:
    """Indices of a set of loads, a year. Undefined ones are NaN.

    ``customers`` served on the chosen basis; ``saifi`` interruptions per customer; ``saidi_h`` hours per customer;
    ``caidi_h`` hours per interruption; ``asai`` and ``asui`` share of demanded hours that are served and not served
    (year of 8760 h); ``ens_kwh`` energy not supplied, average demand times hours [kWh], unknown where the demand of one
    of the loads is; ``aens_kwh`` the same per customer.
    """

    customers: int
    saifi: float
    saidi_h: float
    caidi_h: float
    asai: float
    asui: float
    ens_kwh: float
    aens_kwh: float


@dataclass(frozen=True, kw_only=True)
class WeightByFailure:
    """What each failure adds to the system a year, in the order of ``Prediction.failures``: [failure].

    ``interruptions`` customers interrupted; ``hours`` customer-hours; ``kwh`` energy not supplied [kWh], NaN where the
    failure takes out a load of unknown demand.
    """

    interruptions: Floats
    hours: Floats
    kwh: Floats


@dataclass(frozen=True, kw_only=True)
class LoadByFailure:
    """What each failure adds to each load a year: [load, failure]. Rows of loads without supply are 0."""

    interruptions: Floats
    hours: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Prediction:
    """Expected interruptions of every load, in the order of ``topology.grid.loads``; NaN where a load has no supply.

    ``interruptions_per_year`` (lambda), ``hours_per_interruption`` (r, NaN where nothing ever interrupts),
    ``hours_per_year`` (U) and ``unserved_kwh_per_year`` (average demand times U; NaN where the demand is unknown).
    ``findings``: loops and double supply that were taken as open ties.
    """

    topology: Topology
    failures: Failures
    interruptions_per_year: Floats
    hours_per_interruption: Floats
    hours_per_year: Floats
    unserved_kwh_per_year: Floats
    findings: tuple[Finding, ...]
    model: Model

    def system(self, *, basis: Basis = Basis.LV_CUSTOMERS, loads: Flags | None = None) -> SystemIndices:
        """Indices over all supplied loads, or over those that ``loads`` [load] names, weighted by the basis' counts."""
        counted = np.isfinite(self.hours_per_year) if loads is None else loads & np.isfinite(self.hours_per_year)
        weight = _weight(self.topology.grid, basis)[counted]
        customers = float(weight.sum())
        often = float(weight @ self.interruptions_per_year[counted])
        hours = float(weight @ self.hours_per_year[counted])
        ens = float(self.unserved_kwh_per_year[counted].sum()) if counted.any() else float("nan")
        unavailable = _ratio(hours, customers * HOURS_PER_YEAR)
        return SystemIndices(
            customers=int(customers),
            saifi=_ratio(often, customers),
            saidi_h=_ratio(hours, customers),
            caidi_h=_ratio(hours, often),
            asai=1.0 - unavailable,
            asui=unavailable,
            ens_kwh=ens,
            aens_kwh=_ratio(ens, customers),
        )

    def by_failure(self, *, basis: Basis = Basis.LV_CUSTOMERS) -> WeightByFailure:
        """How much each failure adds to the system's customers interrupted, customer-hours and unserved energy a year.

        Their sums are the numerators of SAIFI, SAIDI and ENS: nothing is left over.
        """
        kw = self.topology.grid.loads.kw
        interruptions, hours = self.model.weigh(_by_section(self.topology, _weight(self.topology.grid, basis)))
        _, kwh = self.model.weigh(_by_section(self.topology, np.nan_to_num(kw)))
        unknown, _ = self.model.weigh(_by_section(self.topology, np.isnan(kw)))
        return WeightByFailure(interruptions=interruptions, hours=hours, kwh=np.where(unknown > 0.0, np.nan, kwh))

    @cached_property
    def matrix(self) -> LoadByFailure:
        """What each failure adds to each load. Dense: loads times failures numbers, made when first asked for."""
        interruptions, hours = self.model.matrix(self.topology.load_section)
        return LoadByFailure(interruptions=interruptions, hours=hours)


def predict_grid(
    topology: Topology,
    *,
    failures: Failures | None = None,
    upstream_switching_h: float = 1.0,
    tie_switching_h: float | None = None,
    remote_switching_h: float | None = None,
    fuse_success: float = 1.0,
    breaker_success: float = 1.0,
    transfer_success: float = 1.0,
    power_factor: float = 0.9,
) -> Prediction:
    """Predict the interruptions of every load of a radially operated network.

    A failure in a section is cleared by the nearest fuse, recloser or breaker on the way to the source, and if that
    does not work by the next one; everything behind it loses supply. The failed section is cut out at all its
    switches. What still hangs on the source is back after the upstream switching time, what reaches another supply
    over a normally open tie after the tie switching time, the rest after the repair. No step lasts longer than the
    repair.

    Args:
        topology: The compiled network. Closed loops are taken as if opened (see ``findings``). failures: What fails,
        how often and for how long; by default :func:`failures_of` the grid. upstream_switching_h: Hours to isolate
        and restore from the normal side, where neither the failure nor the switch
            (``operating_h``) says otherwise.
        tie_switching_h: Hours until a tie takes over; by default as upstream.
        remote_switching_h: Hours to operate a remote-controlled switch; by default as the manual ones.
        fuse_success: Probability that a fuse clears what it should.
        breaker_success: The same of breakers and reclosers. What no device clears takes down all that the source feeds.
        transfer_success: Probability that a transfer over a tie can be made (Billinton and Allan 7.7.3).
        power_factor: kW per kVA, to compare demand with what a tie or its source can carry. A tie with too little room
            takes over section by section outward from itself what fits.

    Returns:
        Expected values per load; system indices and contributions on request.

    Raises:
        ValueError: a probability outside 0..1, a negative time or rate, or failures of branches that do not exist.

    Example:
        >>> from denghuo.engines.grid import BranchKind, SwitchKind, build_grid
        >>> from denghuo.engines.topology import compile_topology
        >>> grid = build_grid(
        ...     nodes={"id": ["bus", "a", "b", "c"]},
        ...     branches={
        ...         "id": ["QF1", "L1", "QS1", "L2"],
        ...         "from_node": [0, 1, 1, 2],
        ...         "to_node": [1, 1, 2, 3],
        ...         "kind": [BranchKind.SWITCH, BranchKind.LINE, BranchKind.SWITCH, BranchKind.LINE],
        ...         "failure_rate_per_year": [0.0, 0.1, 0.0, 0.2],
        ...         "repair_h": [4.0, 4.0, 4.0, 4.0],
        ...     },
        ...     switches={"branch": [0, 2], "kind": [SwitchKind.BREAKER, SwitchKind.DISCONNECTOR]},
        ...     loads={"id": ["A", "B"], "node": [1, 3], "lv_customers": [60, 40], "kw": [50.0, 20.0]},
        ...     sources={"id": ["S"], "node": [0]},
        ... )
        >>> prediction = predict_grid(compile_topology(grid), upstream_switching_h=0.5)
        >>> prediction.hours_per_year.round(3).tolist()
        [0.5, 1.2]
        >>> round(prediction.system().saifi, 3), round(prediction.system().ens_kwh, 3)
        (0.3, 49.0)
    """
    chosen = failures_of(topology.grid) if failures is None else failures
    model = build_model(
        topology,
        chosen,
        upstream_h=upstream_switching_h,
        tie_h=upstream_switching_h if tie_switching_h is None else tie_switching_h,
        remote_h=remote_switching_h,
        success=(fuse_success, breaker_success, transfer_success),
        power_factor=power_factor,
    )
    often, hours = model.indices(topology.load_section)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_h = np.where(often > 0.0, hours / often, np.nan)
    return Prediction(
        topology=topology,
        failures=chosen,
        interruptions_per_year=_frozen(often),
        hours_per_interruption=_frozen(mean_h),
        hours_per_year=_frozen(hours),
        unserved_kwh_per_year=_frozen(hours * topology.grid.loads.kw),
        findings=_findings(topology, model),
        model=model,
    )


def failures_of(
    grid: Grid,
    *,
    line_failure_rate_per_km_year: float = float("nan"),
    line_repair_h: float = float("nan"),
    transformer_failure_rate_per_year: float = float("nan"),
    transformer_repair_h: float = float("nan"),
) -> Failures:
    """What can fail in a grid: every branch with a failure rate of its own or, where it has none, the default of its
    kind.

    Rates in failures per year (lines: per km and year times ``length_km``), repairs in hours. A default left NaN adds
    nothing: lines and transformers without data of their own then never fail.

    Raises:
        ValueError: a line or a transformer that fails has no repair time.
    """
    branches = grid.branches
    is_line = np.isin(branches.kind, (BranchKind.LINE, BranchKind.CABLE))
    is_transformer = branches.kind == BranchKind.TRANSFORMER
    rate, repair = branches.failure_rate_per_year.copy(), branches.repair_h.copy()
    default_rate = np.where(is_line, line_failure_rate_per_km_year * branches.length_km, np.nan)
    default_rate[is_transformer] = transformer_failure_rate_per_year
    default_repair = np.where(is_line, line_repair_h, np.where(is_transformer, transformer_repair_h, np.nan))
    rate = np.where(np.isnan(rate), default_rate, rate)
    repair = np.where(np.isnan(repair), default_repair, repair)
    failing = np.flatnonzero(rate > 0.0)
    unknown = failing[np.isnan(repair[failing])]
    if len(unknown):
        first = unknown[0]
        what = BranchKind(int(branches.kind[first])).name.lower()
        raise ValueError(
            f"{len(unknown)} of {len(failing)} branches that fail have no repair time, "
            f"first {what} {branches.id[first]}"
        )
    return Failures(branch=failing.astype(np.int32), rate_per_year=rate[failing], repair_h=repair[failing])


def _weight(grid: Grid, basis: Basis) -> NDArray[Any]:
    return grid.loads.lv_customers if basis is Basis.LV_CUSTOMERS else grid.loads.mv_users


def _by_section(topology: Topology, weight: NDArray[Any]) -> Floats:
    summed = np.zeros(topology.section_count)
    np.add.at(summed, topology.load_section, weight)
    return summed


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator else float("nan")


def _findings(topology: Topology, model: Model) -> tuple[Finding, ...]:
    ids = topology.grid.switch_id
    codes = {True: FindingCode.SUPPLIED_TWICE, False: FindingCode.CLOSED_LOOP}
    return tuple(
        Finding(code=codes[bool(twice)], component="switches", field="normally_closed", ids=(str(ids[switch]),))
        for switch, twice in zip(model.loop_switch, model.loop_between_sources, strict=True)
    )


def _frozen(array: Any) -> Any:
    array.setflags(write=False)
    return array
