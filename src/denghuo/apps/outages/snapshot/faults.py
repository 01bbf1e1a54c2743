"""Open reports and words of meters become evidence, and what the engine finds becomes plain values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from denghuo.apps.network import queries as network
from denghuo.apps.network.models import Network
from denghuo.apps.outages.models import MeterWord, ReportState
from denghuo.apps.outages.queries import Evident, evidence_of, judging_for, networks_reported
from denghuo.engines.locate import (
    Candidates,
    Evidence,
    Located,
    OpenedDevice,
    Outage,
    Support,
    Told,
    compile_candidates,
    gather_evidence,
    locate,
)

_KEPT_NETWORKS = 8


@dataclass(frozen=True, kw_only=True)
class Pointed:
    """A device that reports point to, who is behind it, and the evidence as it is kept and shown."""

    device_code: str
    probability: float
    load_codes: frozenset[str]
    mv_users: int
    lv_customers: int
    report_count: int
    told: dict[str, Any]


def locate_faults(
    network_id: int, reports: Sequence[Evident], *, shut_codes: Sequence[str], at: datetime
) -> list[Pointed]:
    """The devices whose opening explains best what these reports, and the meters, say; most reports first. Several
    reports of one load that no device explains point to what feeds it: something is wrong there, whatever it is.

    ``shut_codes``: devices that somebody has seen closed.
    """
    candidates = _candidates(network_id)
    snapshot = network.network_snapshot(network_id)
    grid = snapshot.grid
    branches = grid.branch_position
    rule = judging_for(network_id, on=timezone.localdate(at))
    evidence = _evidence(network_id, reports, held=timedelta(seconds=rule.meter_word_holds_s), at=at)
    if not (evidence.reports.any() or evidence.meters_off.any()):
        return []
    shut = [branches[code] for code in shut_codes if code in branches]
    found = locate(candidates, evidence, shut=shut)
    pointed = [_pointed(candidates, found, one) for one in found.outages]
    explained = set().union(*(one.load_codes for one in pointed))
    parts = _parts(candidates, found, evidence, explained, several=rule.several_reports)
    return pointed + [one for one in parts if one.device_code not in shut_codes]


def make_ready(*, at: datetime) -> None:
    """Read in what faults are sought with, first where supply is reported missing, and seek once.

    For a process that has just begun: else the first batch after a kill does this while it holds the database, and in
    a storm everybody who reports waits a second for it.
    """
    for network_id in networks_reported(at_most=_KEPT_NETWORKS):
        network.supply_marks(network_id)
        locate(_candidates(network_id), _evidence(network_id, evidence_of(network_id), held=timedelta(0), at=at))


def _parts(
    candidates: Candidates, found: Located, evidence: Evidence, explained: set[str], *, several: int
) -> list[Pointed]:
    """Loads with several reports that no device of the set explains, each as the device that feeds it."""
    grid, told = candidates.topology.grid, evidence.reports + evidence.meters_off
    pointing = [
        int(load)
        for load in np.flatnonzero((told >= several) & (candidates.cut_of_load >= 0))
        if grid.loads.id[load] not in explained
    ]
    by_cut: dict[int, list[int]] = {}
    for load in pointing:
        by_cut.setdefault(int(candidates.cut_of_load[load]), []).append(load)
    return [_part(candidates, found, evidence, cut, loads) for cut, loads in sorted(by_cut.items())]


def _part(candidates: Candidates, found: Located, evidence: Evidence, cut: int, loads: list[int]) -> Pointed:
    grid = candidates.topology.grid
    members = np.flatnonzero(candidates.member_cut == cut)
    branch = int(candidates.member_branch[members[np.argmax(candidates.member_rate_per_year[members])]])
    reports = int(evidence.reports[loads].sum())
    support = dict.fromkeys(Support.__dataclass_fields__, 0) | {
        "loads": len(loads),
        "loads_reporting": len(loads),
        "customers": int(evidence.customers[loads].sum()),
        "reports": reports,
        "meters": int(evidence.meters[loads].sum()),
        "meters_off": int(evidence.meters_off[loads].sum()),
        "lit": int(evidence.lit[loads].sum()),
    }
    return Pointed(
        device_code=str(grid.branches.id[branch]),
        probability=float(found.cause_probability[cut]),
        load_codes=frozenset(grid.loads.id[loads].tolist()),
        mv_users=int(grid.loads.mv_users[loads].sum()),
        lv_customers=int(grid.loads.lv_customers[loads].sum()),
        report_count=reports,
        told={
            "support": support,
            "same": [],
            "instead": vars(found.instead(cut)).copy(),
            "rivals": [],
            "report_share": None,
            "began_min": None,
            "part": True,
        },
    )


def _candidates(network_id: int) -> Candidates:
    keys = Network.objects.values_list("model_key", "log_key").get(pk=network_id)
    return _compiled(network_id, *keys)


@lru_cache(maxsize=_KEPT_NETWORKS)
def _compiled(network_id: int, _model_key: UUID, _log_key: UUID) -> Candidates:
    snapshot = network.network_snapshot(network_id)
    return compile_candidates(snapshot.topology, closed=network.log_snapshot(network_id).replayed.closed)


def _evidence(network_id: int, reports: Sequence[Evident], *, held: timedelta, at: datetime) -> Evidence:
    """What was told, as columns: reports of the grid's loads, customers who see light again, meters of late."""
    grid = network.network_snapshot(network_id).grid
    position = grid.load_position
    rows = [
        (Told.SUPPLY if one.state == ReportState.LIT else Told.NO_SUPPLY, position[one.load_code], one.who, one.told_at)
        for one in reports
        if one.load_code in position
    ]
    words = MeterWord.objects.filter(network_id=network_id, told_at__gt=at - held, told_at__lte=at)
    rows += [
        (Told.METER_ON if lit else Told.METER_OFF, position[code], pk, told_at)
        for pk, code, lit, told_at in words.values_list("pk", "load_code", "lit", "told_at")
        if code in position
    ]
    return gather_evidence(
        grid,
        told=np.array([row[0] for row in rows], np.int64),
        load=np.array([row[1] for row in rows], np.int64),
        who=np.array([row[2] for row in rows], np.int64),
        told_at=network.to_datetime64([row[3] for row in rows]),
        at=network.to_datetime64([at])[0],
        restored_at=network.supply_marks(network_id).restored_at,
    )


def _pointed(candidates: Candidates, found: Located, outage: Outage) -> Pointed:
    grid = candidates.topology.grid
    device = outage.device
    loads: NDArray[Any] = candidates.loads_behind(device.cut)
    told = {
        "support": {name: int(getattr(outage.support, name)) for name in outage.support.__dataclass_fields__},
        "same": [str(grid.branches.id[branch]) for branch in device.same_branches],
        "instead": vars(found.instead(device.cut)).copy(),
        "rivals": [_rival(grid, one) for one in outage.rivals],
        "report_share": _finite(outage.report_share),
        "began_min": _finite(outage.began_min),
        "part": False,
    }
    return Pointed(
        device_code=str(grid.branches.id[device.branch]),
        probability=float(device.probability),
        load_codes=frozenset(grid.loads.id[loads].tolist()),
        mv_users=int(grid.loads.mv_users[loads].sum()),
        lv_customers=int(grid.loads.lv_customers[loads].sum()),
        report_count=int(outage.support.reports),
        told=told,
    )


def _rival(grid: Any, device: OpenedDevice) -> dict[str, Any]:
    return {
        "device": str(grid.branches.id[device.branch]),
        "probability": float(device.probability),
        "customers": int(device.customers),
        "reports": int(device.reports),
    }


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
