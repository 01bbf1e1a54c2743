"""What can be wrong with a call center before it is simulated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.queueing.simulation_model import CallCenter, CallType, Distribution, Law, Redial

__all__ = ["CallCenterError", "CallCenterFinding", "CallCenterFindingCode", "check_call_center"]


class CallCenterFindingCode(StrEnum):
    """What can be wrong with a call center."""

    NOT_ASCENDING = "not_ascending"
    WRONG_LENGTH = "wrong_length"
    NOT_A_NUMBER = "not_a_number"
    NEGATIVE_NUMBER = "negative_number"
    NOT_WHOLE = "not_whole"
    NOT_A_SHARE = "not_a_share"
    NOT_POSITIVE = "not_positive"
    UNKNOWN_TYPE = "unknown_type"
    UNKNOWN_GROUP = "unknown_group"
    TYPE_WITHOUT_GROUP = "type_without_group"
    GROUP_WITHOUT_SKILL = "group_without_skill"
    REPEATED = "repeated"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCenterFinding:
    """One thing wrong: in which ``field`` (``types[0].service.mean_s``), at which ``positions`` where it is a list."""

    code: CallCenterFindingCode
    field: str
    positions: tuple[int, ...] = ()


class CallCenterError(ValueError):
    """A call center that cannot be simulated; ``findings`` says why."""

    def __init__(self, findings: list[CallCenterFinding]) -> None:
        self.findings = findings
        super().__init__("; ".join(f"{finding.code} in {finding.field}" for finding in findings))


Findings = Iterator[CallCenterFinding]
Code = CallCenterFindingCode


def check_call_center(center: CallCenter) -> list[CallCenterFinding]:
    """Everything wrong with ``center`` at once; empty when nothing is.

    Example:
        >>> from denghuo.engines.queueing.simulation_model import AgentGroup, exponential
        >>> center = CallCenter(
        ...     edges_s=[0.0, 3600.0],
        ...     types=(CallType(arrivals_per_h=-5, service=exponential(120.0)),),
        ...     groups=(AgentGroup(heads=2.5),),
        ... )
        >>> [(finding.code.value, finding.field) for finding in check_call_center(center)]
        [('negative_number', 'types[0].arrivals_per_h'), ('not_whole', 'groups[0].heads')]
    """
    return [
        *_whole(center),
        *(found for position in range(len(center.types)) for found in _type(center, position)),
        *(found for position in range(len(center.groups)) for found in _group(center, position)),
        *_announcements(center),
        *_call_backs(center),
    ]


def _whole(center: CallCenter) -> Findings:
    edges = np.atleast_1d(np.asarray(center.edges_s, dtype=np.float64))
    if edges.size < 2:
        yield CallCenterFinding(code=Code.EMPTY, field="edges_s")
    else:
        yield from _where(Code.NOT_A_NUMBER, "edges_s", ~np.isfinite(edges))
        yield from _where(Code.NOT_ASCENDING, "edges_s", np.diff(edges, prepend=-1.0) <= 0)
        if edges[0] != 0:
            yield CallCenterFinding(code=Code.NOT_ASCENDING, field="edges_s", positions=(0,))
    for name, held in (("types", center.types), ("groups", center.groups)):
        if not held:
            yield CallCenterFinding(code=Code.EMPTY, field=name)
    for name in ("waiting_places", "lines"):
        if getattr(center, name) is not None:
            yield from _counts(name, getattr(center, name))
    yield from _not_negative("busyness_cv", center.busyness_cv)


def _type(center: CallCenter, position: int) -> Findings:
    call_type, field = center.types[position], f"types[{position}]"
    yield from _per_interval(center, f"{field}.arrivals_per_h", call_type.arrivals_per_h)
    yield from _not_negative(f"{field}.arrivals_per_h", call_type.arrivals_per_h)
    yield from _distribution(f"{field}.service", call_type.service)
    yield from _distribution(f"{field}.patience", call_type.patience, endless=True)
    if call_type.wrap_up is not None:
        yield from _distribution(f"{field}.wrap_up", call_type.wrap_up)
    yield from _redials(field, call_type)
    able = {place for place, group in enumerate(center.groups) if position in group.skills}
    if not able:
        yield CallCenterFinding(code=Code.TYPE_WITHOUT_GROUP, field=field)
    if call_type.groups is not None:
        yield from _known(Code.UNKNOWN_GROUP, f"{field}.groups", call_type.groups, len(center.groups))
        if able - set(call_type.groups) or set(call_type.groups) - able:
            yield CallCenterFinding(code=Code.UNKNOWN_GROUP, field=f"{field}.groups")


def _redials(field: str, call_type: CallType) -> Findings:
    redials = call_type.redials
    for name in ("after_abandoned", "after_blocked", "after_answered"):
        redial: Redial | None = getattr(redials, name)
        if redial is not None:
            yield from _shares(f"{field}.redials.{name}.share", redial.share)
            yield from _distribution(f"{field}.redials.{name}.delay", redial.delay)
    yield from _counts(f"{field}.redials.max_attempts", redials.max_attempts, at_least=1)
    yield from _shares(f"{field}.redials.persistence", redials.persistence)


def _group(center: CallCenter, position: int) -> Findings:
    group, field = center.groups[position], f"groups[{position}]"
    yield from _per_interval(center, f"{field}.heads", group.heads)
    yield from _counts(f"{field}.heads", group.heads)
    if not group.skills and all(backs.group != position for backs in center.call_backs):
        yield CallCenterFinding(code=Code.GROUP_WITHOUT_SKILL, field=field)
    yield from _known(Code.UNKNOWN_TYPE, f"{field}.skills", group.skills, len(center.types))
    if group.after_s is not None:
        if len(group.after_s) != len(group.skills):
            yield CallCenterFinding(code=Code.WRONG_LENGTH, field=f"{field}.after_s")
        yield from _not_negative(f"{field}.after_s", group.after_s, endless=True)
    for place, tier in enumerate(group.tiers):
        yield from _counts(f"{field}.tiers[{place}].heads", tier.heads)
        yield from _span(f"{field}.tiers[{place}]", tier)


def _announcements(center: CallCenter) -> Findings:
    for place, announcement in enumerate(center.announcements):
        field = f"announcements[{place}]"
        yield from _known(Code.UNKNOWN_TYPE, f"{field}.call_type", (announcement.call_type,), len(center.types))
        yield from _span(field, announcement)
        yield from _not_negative(f"{field}.heard_s", announcement.heard_s)
        yield from _shares(f"{field}.absorbed_share", announcement.absorbed_share)


def _call_backs(center: CallCenter) -> Findings:
    for place, backs in enumerate(center.call_backs):
        field = f"call_backs[{place}]"
        yield from _known(Code.UNKNOWN_GROUP, f"{field}.group", (backs.group,), len(center.groups))
        yield from _not_negative(f"{field}.release_s", backs.release_s)
        yield from _distribution(f"{field}.service", backs.service)
        yield from _not_negative(f"{field}.due_after_s", backs.due_after_s, endless=True)
        yield from _counts(f"{field}.idle_at_least", backs.idle_at_least, at_least=1)


def _distribution(field: str, law: Distribution, *, endless: bool = False) -> Findings:
    yield from _shares(f"{field}.zero_share", law.zero_share)
    if law.law is Law.NEVER:
        if not endless:
            yield CallCenterFinding(code=Code.NOT_A_NUMBER, field=f"{field}.mean_s")
    elif law.law is Law.QUANTILES:
        quantiles = np.array(law.quantiles_s)
        if quantiles.size < 2:
            yield CallCenterFinding(code=Code.EMPTY, field=f"{field}.quantiles_s")
        yield from _not_negative(f"{field}.quantiles_s", quantiles)
        yield from _where(Code.NOT_ASCENDING, f"{field}.quantiles_s", np.diff(quantiles, prepend=-np.inf) < 0)
    else:
        yield from _not_negative(f"{field}.mean_s", law.mean_s)
        yield from _not_negative(f"{field}.cv", law.cv)
        if law.law is not Law.FIXED and law.mean_s == 0:
            yield CallCenterFinding(code=Code.NOT_POSITIVE, field=f"{field}.mean_s")
        if law.law is Law.GAMMA and law.cv == 0:
            yield CallCenterFinding(code=Code.NOT_POSITIVE, field=f"{field}.cv")


def _where(code: Code, field: str, wrong: NDArray[np.bool_]) -> Findings:
    positions = tuple(np.flatnonzero(wrong).tolist())
    if positions:
        yield CallCenterFinding(code=code, field=field, positions=positions if wrong.ndim else ())


def _not_negative(field: str, values: Any, *, endless: bool = False) -> Findings:
    numbers = np.asarray(values, dtype=np.float64)
    yield from _where(Code.NOT_A_NUMBER, field, np.isnan(numbers) | (np.isinf(numbers) & (not endless)))
    yield from _where(Code.NEGATIVE_NUMBER, field, numbers < 0)


def _counts(field: str, values: Any, *, at_least: int = 0) -> Findings:
    numbers = np.asarray(values, dtype=np.float64)
    yield from _not_negative(field, numbers)
    yield from _where(Code.NOT_WHOLE, field, np.isfinite(numbers) & (numbers != np.floor(numbers)))
    yield from _where(Code.NOT_POSITIVE, field, (numbers >= 0) & (numbers < at_least))


def _shares(field: str, values: Any) -> Findings:
    numbers = np.asarray(values, dtype=np.float64)
    yield from _where(Code.NOT_A_SHARE, field, ~((numbers >= 0) & (numbers <= 1)))


def _per_interval(center: CallCenter, field: str, values: Any) -> Findings:
    if np.shape(values) not in ((), (1,), (center.interval_count,)):
        yield CallCenterFinding(code=Code.WRONG_LENGTH, field=field)


def _known(code: Code, field: str, positions: tuple[int, ...], count: int) -> Findings:
    named = np.array(positions, dtype=np.int64)
    yield from _where(code, field, (named < 0) | (named >= count))
    if len(set(positions)) < len(positions):
        yield CallCenterFinding(code=Code.REPEATED, field=field)


def _span(field: str, held: Any) -> Findings:
    yield from _not_negative(f"{field}.from_s", held.from_s)
    yield from _not_negative(f"{field}.to_s", held.to_s, endless=True)
    if held.to_s <= held.from_s:
        yield CallCenterFinding(code=Code.NOT_ASCENDING, field=field)
