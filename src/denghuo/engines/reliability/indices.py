"""Reliability indices of DL/T 836-2016 and IEEE 1366-2012 from interruptions, by any grouping and period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.reliability import _kernels
from denghuo.engines.reliability._kernels import Rules
from denghuo.engines.reliability._prepare import prepare
from denghuo.engines.reliability._run import Cells, sum_cells
from denghuo.engines.reliability.groups import Groups
from denghuo.engines.reliability.interruptions import Interruptions
from denghuo.engines.standards import Basis, Standard, Variant, counts_short

__all__ = ["IndexTable", "Served", "compute_indices"]

Floats = NDArray[np.float64]

_US_PER_H = 3.6e9


@dataclass(frozen=True, kw_only=True)
class Served:
    """What is supplied, on average over the period: one number, one per group, or one per table row; NaN unknown.

    ``mv_users``, ``lv_customers`` how many are served on each basis; ``kva`` connected capacity [kVA].
    """

    mv_users: ArrayLike = np.nan
    lv_customers: ArrayLike = np.nan
    kva: ArrayLike = np.nan

    def of(self, basis: Basis) -> ArrayLike:
        """Users or customers, by the basis."""
        return self.mv_users if basis is Basis.MV_USERS else self.lv_customers


@dataclass(frozen=True, kw_only=True)
class IndexTable:
    """Figures by period and group: row = period position x group count + group. Columns are float64[rows].

    Stored are sums; the rates are derived from them, and undefined where they would divide by nothing (NaN).

    * ``group``, ``period`` which group and period a row is; ``period_hours`` how long that is [h]
    * ``users_served`` by the basis, ``kva_served`` connected capacity [kVA]
    * ``user_hours`` Σ t·n [h], ``user_interruptions`` Σ n, without short interruptions where these do not count
    * ``short_user_interruptions`` Σ n of every short loss; ``short_user_events`` Σ n of interruptions that are short
      when the losses of one event are joined
    * ``kva_hours`` [kVA·h], ``kva_interruptions`` [kVA], ``energy_kwh`` energy not supplied [kWh]
    * ``event_count`` events that begin here, ``event_hours`` their spans added up [h]
    * ``interrupted_users`` distinct users out
    * ``row_count`` interruption rows behind the figures; ``open_row_count`` of these still out, ``carried_row_count``
      begun before the period
    * ``repeated_users``, ``repeated_with_short_users`` float64[rows, ``at_least``]; ``long_total_users``,
      ``long_single_users`` float64[rows, ``longer_than_h``]: users beyond each threshold

    All but the last four, ``event_count``, ``event_hours`` and ``interrupted_users`` add up over groups; an event in
    two groups counts in both. All but ``interrupted_users`` and the last four add up over periods.
    """

    standard: Standard
    variant: Variant
    basis: Basis
    group: NDArray[np.int32]
    period: NDArray[np.int32]
    period_hours: Floats
    users_served: Floats
    kva_served: Floats
    user_hours: Floats
    user_interruptions: Floats
    short_user_interruptions: Floats
    short_user_events: Floats
    kva_hours: Floats
    kva_interruptions: Floats
    energy_kwh: Floats
    event_count: Floats
    event_hours: Floats
    interrupted_users: Floats
    row_count: Floats
    open_row_count: Floats
    carried_row_count: Floats
    at_least: tuple[int, ...]
    longer_than_h: tuple[float, ...]
    repeated_users: Floats
    repeated_with_short_users: Floats
    long_total_users: Floats
    long_single_users: Floats

    @cached_property
    def hours_per_user(self) -> Floats:
        """Σ t·n / N [h]: SAIDI."""
        return _ratio(self.user_hours, self.users_served)

    @cached_property
    def interruptions_per_user(self) -> Floats:
        """Σ n / N: SAIFI."""
        return _ratio(self.user_interruptions, self.users_served)

    @cached_property
    def availability_share(self) -> Floats:
        """1 - Σ t·n / (N·T): ASAI."""
        return 1 - self.hours_per_user / self.period_hours

    @cached_property
    def hours_per_interruption(self) -> Floats:
        """Σ t·n / Σ n [h]: CAIDI of IEEE 1366."""
        return _ratio(self.user_hours, self.user_interruptions)

    @cached_property
    def hours_per_interrupted_user(self) -> Floats:
        """Σ t·n / distinct users out [h]: CTAIDI of IEEE 1366."""
        return _ratio(self.user_hours, self.interrupted_users)

    @cached_property
    def interruptions_per_interrupted_user(self) -> Floats:
        """Σ n / distinct users out: CAIFI."""
        return _ratio(self.user_interruptions, self.interrupted_users)

    @cached_property
    def short_interruptions_per_user(self) -> Floats:
        """Σ n of every short loss / N: MAIFI of IEEE 1366."""
        return _ratio(self.short_user_interruptions, self.users_served)

    @cached_property
    def short_events_per_user(self) -> Floats:
        """Σ n of short interruptions, those of one event joined, / N: MAIFI of DL/T 836, MAIFI_E of IEEE 1366."""
        return _ratio(self.short_user_events, self.users_served)

    @cached_property
    def kva_hours_per_kva(self) -> Floats:
        """Σ kVA·t / total kVA [h]: ASIDI."""
        return _ratio(self.kva_hours, self.kva_served)

    @cached_property
    def kva_interruptions_per_kva(self) -> Floats:
        """Σ kVA / total kVA: ASIFI."""
        return _ratio(self.kva_interruptions, self.kva_served)

    @cached_property
    def hours_per_event(self) -> Floats:
        """Σ span of events / events [h]: MID."""
        return _ratio(self.event_hours, self.event_count)

    @cached_property
    def users_per_event(self) -> Floats:
        """Σ n / events: MIC."""
        return _ratio(self.user_interruptions, self.event_count)

    @cached_property
    def energy_per_user_kwh(self) -> Floats:
        """Σ W / N [kWh]: AENS."""
        return _ratio(self.energy_kwh, self.users_served)

    @cached_property
    def repeated_share(self) -> Floats:
        """Users with at least n sustained interruptions / N, for each n of ``at_least``: CEMI_n. float64[rows, n]."""
        return _ratio(self.repeated_users, self.users_served[:, None])

    @cached_property
    def repeated_with_short_share(self) -> Floats:
        """Users with at least n interruptions, short ones too / N, for each n of ``at_least``: CEMSMI_n. float64[rows,
        n]."""
        return _ratio(self.repeated_with_short_users, self.users_served[:, None])

    @cached_property
    def long_total_share(self) -> Floats:
        """Users out for at least t in all, short ones left out / N, for each t of ``longer_than_h``: CELID-t."""
        return _ratio(self.long_total_users, self.users_served[:, None])

    @cached_property
    def long_single_share(self) -> Floats:
        """Users with a single interruption of at least t / N, for each t of ``longer_than_h``: CELID-s."""
        return _ratio(self.long_single_users, self.users_served[:, None])


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Numerator / denominator, NaN where there is nothing to divide by."""
    result = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), np.nan)
    np.divide(numerator, denominator, out=result, where=~np.isnan(denominator) & (denominator > 0))
    return result


def compute_indices(
    interruptions: Interruptions,
    *,
    period: ArrayLike,
    standard: Standard,
    served: Served,
    by: Groups | None = None,
    basis: Basis = Basis.MV_USERS,
    variant: Variant = Variant.ALL,
    as_of: np.datetime64 | None = None,
    load_factor: float = np.nan,
    distinct_users: ArrayLike | None = None,
    at_least: Sequence[int] = (),
    longer_than_h: Sequence[float] = (),
    join_repeats: bool = True,
) -> IndexTable:
    """Every reliability index, by period and group.

    An interruption gives its user-hours to each period it reaches into, and counts for frequency once, in the period
    where it begins. Whether it is short is a question of its whole duration. Rows of one event and one load are one
    interruption: the durations add up, the users count once (a customer who loses supply again within the same event is
    not interrupted twice). Where a load is out only in part, its thresholds go by the mean over its users.

    Args:
        interruptions: what happened.
        period: ascending instants datetime64[us] UTC, two or more: the edges of one or several adjoining periods,
            half-open.
        standard: whose threshold between short and sustained; under IEEE 1366 short ones stay out of all but their own
            columns.
        served: users, customers and capacity supplied.
        by: groups of the rows; left out, all are one group.
        basis: who is counted.
        variant: which outages are counted, see :class:`Variant`.
        as_of: the instant up to which the facts are known; nothing after it counts. Left out, rows without an end run
            to the last edge, and every other end is taken as it is.
        load_factor: kW demand per connected kVA, for energy where ``kw`` is unknown.
        distinct_users: distinct users interrupted, one per row of the table, where the loads are not known.
        at_least: the n of CEMI_n and CEMSMI_n.
        longer_than_h: the durations of CELID-t and CELID-s [h].
        join_repeats: False counts each row as an interruption of its own.

    Returns:
        One row per period and group.

    Raises:
        ValueError: edges that do not ascend, groups of another length, or served numbers that fit neither groups nor
        rows.

    Source: DL/T 836.1/.2-2016; IEEE Std 1366-2012, clause 3.

    Example:
        >>> from denghuo.engines.reliability import build_interruptions
        >>> rows = build_interruptions(
        ...     start=["2026-01-31T23:00", "2026-02-10T08:00"],
        ...     end=["2026-02-01T01:00", "2026-02-10T08:02"],
        ...     mv_users=[30, 50],
        ... )
        >>> table = compute_indices(rows, period=["2026-01-01", "2026-02-01", "2026-03-01"],
        ...                         standard=Standard.DLT836, served=Served(mv_users=100))
        >>> table.user_hours.round(4).tolist(), table.interruptions_per_user.tolist()
        ([30.0, 31.6667], [0.3, 0.5])
    """
    edges = np.array(period, dtype="datetime64[us]")
    if edges.ndim != 1 or len(edges) < 2 or not np.all(edges[1:] > edges[:-1]):
        raise ValueError("A period takes two or more ascending instants")
    group_count = 1 if by is None else by.count
    rows, _ = prepare(
        interruptions,
        group=None if by is None else by.code,
        basis=basis,
        variant=variant,
        last_edge=edges[-1],
        as_of=as_of,
        join_repeats=join_repeats,
    )
    rules = Rules(
        edges=edges.view(np.int64),
        per_us=(len(edges) - 1) / float((edges[-1] - edges[0]).astype(np.int64)),
        group_count=group_count,
        short_us=standard.short_s * 1_000_000,
        with_short=counts_short(standard, variant),
        load_factor=float(load_factor),
        at_least=np.array(at_least, dtype=np.float64),
        longer_us=np.array(longer_than_h, dtype=np.float64) * _US_PER_H,
    )
    return _table(
        sum_cells(rows, rules),
        edges,
        group_count,
        served,
        setting=(standard, variant, basis),
        at_least=tuple(at_least),
        longer_than_h=tuple(float(hours) for hours in longer_than_h),
        distinct_users=distinct_users,
    )


def _table(
    cells: Cells,
    edges: NDArray[np.datetime64],
    group_count: int,
    served: Served,
    *,
    setting: tuple[Standard, Variant, Basis],
    at_least: tuple[int, ...],
    longer_than_h: tuple[float, ...],
    distinct_users: ArrayLike | None,
) -> IndexTable:
    standard, variant, basis = setting
    sums, counts = cells.sums, cells.user_counts
    rows, period_count = len(sums), len(edges) - 1
    hours = np.diff(edges).astype(np.int64) / _US_PER_H
    interrupted = counts[:, 0]
    if distinct_users is not None:
        interrupted = np.broadcast_to(np.asarray(distinct_users, dtype=np.float64), rows).copy()
    n, t = len(at_least), len(longer_than_h)
    return _frozen(
        IndexTable(
            standard=standard,
            variant=variant,
            basis=basis,
            group=np.tile(np.arange(group_count, dtype=np.int32), period_count),
            period=np.repeat(np.arange(period_count, dtype=np.int32), group_count),
            period_hours=np.repeat(hours, group_count),
            users_served=_per_row(served.of(basis), group_count, period_count),
            kva_served=_per_row(served.kva, group_count, period_count),
            user_hours=sums[:, _kernels.USER_US] / _US_PER_H,
            user_interruptions=sums[:, _kernels.USER_INTERRUPTIONS],
            short_user_interruptions=sums[:, _kernels.SHORT_INTERRUPTIONS],
            short_user_events=sums[:, _kernels.SHORT_EVENTS],
            kva_hours=sums[:, _kernels.KVA_US] / _US_PER_H,
            kva_interruptions=sums[:, _kernels.KVA_INTERRUPTIONS],
            energy_kwh=sums[:, _kernels.KW_US] / _US_PER_H,
            event_count=sums[:, _kernels.EVENTS],
            event_hours=sums[:, _kernels.EVENT_US] / _US_PER_H,
            interrupted_users=interrupted,
            row_count=sums[:, _kernels.ROWS],
            open_row_count=sums[:, _kernels.OPEN_ROWS],
            carried_row_count=sums[:, _kernels.CARRIED_ROWS],
            at_least=at_least,
            longer_than_h=longer_than_h,
            repeated_users=counts[:, 1 : 1 + n],
            repeated_with_short_users=counts[:, 1 + n : 1 + 2 * n],
            long_total_users=counts[:, 1 + 2 * n : 1 + 2 * n + t],
            long_single_users=counts[:, 1 + 2 * n + t :],
        )
    )


def _frozen(table: IndexTable) -> IndexTable:
    for column in vars(table).values():
        if isinstance(column, np.ndarray):
            column.setflags(write=False)
    return table


def _per_row(values: ArrayLike, group_count: int, period_count: int) -> Floats:
    """One number, one per group, or one per row -> one per row."""
    array = np.asarray(values, dtype=np.float64)
    rows = group_count * period_count
    if array.ndim == 0 or array.shape == (rows,):
        return np.broadcast_to(array, rows).copy()
    if array.shape == (group_count,):
        return np.tile(array, period_count)
    raise ValueError(
        f"Served takes one number, {group_count} (groups) or {rows} (rows of the table), got {array.shape}"
    )
