"""When supply is expected back: what was said, how long such faults take, and who is right how often."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.db.models import Q

from denghuo.apps.network import queries as network
from denghuo.apps.organization.access import within
from denghuo.apps.outages.models import Estimate, Method, Outage, Suspicion
from denghuo.engines.standards import OutageKind

HISTORY = timedelta(days=730)
# A time further ahead is asked about before it is taken, and one still further is refused: whoever reported is told.
# Choices of this product, not a norm.
FAR_AHEAD, MOST_AHEAD = timedelta(days=3), timedelta(days=30)
_LEAST = 12  # fewer faults of one kind of device tell less than all of them
_CLOSE = timedelta(minutes=30)
_LEAVES = [int(kind) for kind in OutageKind if kind.within(OutageKind.FAULT)]


@dataclass(frozen=True, kw_only=True)
class Usual:
    """How long faults took until the last customer had supply again [min]: by half and by nine in ten of ``faults``,
    and by the share that was asked for. ``device_kind`` whose faults these are, "" where of all devices."""

    faults: int
    device_kind: str
    half_min: float
    most_min: float
    share_min: float


@dataclass(frozen=True, kw_only=True)
class Score:
    """How right a team's, or a method's, expected times were: of so many outages, by the last word before supply came.

    Errors in minutes, above 0 where supply came later than said.
    """

    method: str
    team: str
    outages: int
    mean_error_min: float
    mean_abs_error_min: float
    close_share: float
    late_share: float
    changed: int


def estimates_of(*, outage_ids: Sequence[int] = (), suspicion_ids: Sequence[int] = ()) -> list[Estimate]:
    """Everything that was said of when supply is expected back, in order."""
    return list(Estimate.objects.filter(Q(outage_id__in=outage_ids) | Q(suspicion_id__in=suspicion_ids)))


def estimates_of_outage(outage: Outage) -> list[Estimate]:
    """The same of an outage, with what was said while it was only suspected."""
    return estimates_of(outage_ids=[outage.pk], suspicion_ids=[one.pk for one in outage.suspicions.all()])


def last_word_of(subject: Outage | Suspicion) -> Estimate | None:
    """What was said last of when supply is expected back."""
    said = estimates_of_outage(subject) if isinstance(subject, Outage) else estimates_of(suspicion_ids=[subject.pk])
    return said[-1] if said else None


def is_said(last: Estimate | None, expected_at: datetime, method: str, team: str) -> bool:
    """Whether the last word is the same, to the minute, from the same."""
    if last is None or (last.method, last.team) != (method, team):
        return False
    return last.expected_at.replace(second=0, microsecond=0) == expected_at.replace(second=0, microsecond=0)


def asks_reason(last: Estimate | None, expected_at: datetime) -> bool:
    """Whether a time changes what somebody has said before: why, is told with it. What history gave, anybody may
    change."""
    if last is None or last.method == Method.HISTORY:
        return False
    return last.expected_at.replace(second=0, microsecond=0) != expected_at.replace(second=0, microsecond=0)


def runs_as_planned(subject: Outage | Suspicion | None, *, at: datetime) -> bool:
    """Whether it is planned work that has not gone beyond its end: no crew is sent to who reports it."""
    if not isinstance(subject, Outage) or subject.planned_end_at is None or subject.plan_cancelled_at is not None:
        return False
    return subject.tone == "planned" and subject.lasts and at < subject.planned_end_at


def usual(network_id: int, *, device_code: str, share: float, at: datetime) -> Usual | None:
    """How long faults took here in the last two years: those of the same kind of device where there are enough."""
    rows = Outage.objects.filter(
        network_id=network_id, kind__in=_LEAVES, started_at__gte=at - HISTORY, restored_at__lt=at
    ).values_list("device_code", "started_at", "restored_at")
    took = [(code, (end - start).total_seconds() / 60) for code, start, end in rows if start and end]
    if not took:
        return None
    kinds = network.device_kinds(network_id)
    kind = kinds.get(device_code, "")
    same = [minutes for code, minutes in took if kind and kinds.get(code) == kind]
    chosen = same if len(same) >= _LEAST else [minutes for _, minutes in took]
    half, most, asked = np.quantile(chosen, [0.5, 0.9, share]).tolist()
    return Usual(
        faults=len(chosen),
        device_kind=kind if len(same) >= _LEAST else "",
        half_min=half,
        most_min=most,
        share_min=asked,
    )


def scores(scope: Iterable[str], *, since: datetime, until: datetime) -> list[Score]:
    """How right expected times were, by method and team, of outages that were over within a span."""
    rows = (
        Estimate.objects.filter(
            Q(outage__restored_at__gte=since, outage__restored_at__lt=until)
            | Q(suspicion__outage__restored_at__gte=since, suspicion__outage__restored_at__lt=until)
        )
        .filter(
            within(scope, field="outage__network__unit__path") | within(scope, field="suspicion__network__unit__path")
        )
        .select_related("outage", "suspicion__outage")
        .order_by("told_at", "pk")
    )
    told: dict[tuple[int, str, str], list[tuple[float, int]]] = {}
    for row in rows:
        outage = row.outage or row.suspicion.outage  # type: ignore[union-attr]
        if outage is None or outage.restored_at is None or row.told_at >= outage.restored_at:
            continue
        late_min = (outage.restored_at - row.expected_at).total_seconds() / 60
        told.setdefault((outage.pk, row.method, row.team), []).append((late_min, row.pk))
    by_team: dict[tuple[str, str], list[list[tuple[float, int]]]] = {}
    for (_, method, team), said in told.items():
        by_team.setdefault((method, team), []).append(said)
    return [_score(method, team, said) for (method, team), said in sorted(by_team.items())]


def _score(method: str, team: str, said: list[list[tuple[float, int]]]) -> Score:
    errors = np.array([one[-1][0] for one in said])
    return Score(
        method=method,
        team=team,
        outages=len(said),
        mean_error_min=float(errors.mean()),
        mean_abs_error_min=float(np.abs(errors).mean()),
        close_share=float((np.abs(errors) <= _CLOSE.total_seconds() / 60).mean()),
        late_share=float((errors > 0).mean()),
        changed=sum(len(one) - 1 for one in said),
    )


def subject_of(about: str) -> Outage | Suspicion | None:
    """The outage or suspected fault that a reference names."""
    thing, _, key = about.partition(":")
    if not key.isdecimal():
        return None
    if thing == "outages.outage":
        return Outage.objects.select_related("network__unit", "feeder").filter(pk=int(key)).first()
    if thing == "outages.suspicion":
        return Suspicion.objects.select_related("network__unit", "feeder", "outage").filter(pk=int(key)).first()
    return None
