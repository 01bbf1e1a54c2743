"""Counts split into how many came in a day and when: totals, shares by interval, and what does not fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

PATTERNS = 7
_POOL_DAYS = 2.0  # a weekday's profile leans on that of all days as if it held this many days of it
_WAVE = 6.0  # standard deviations beyond which an interval is the work of an incident
_MOST_OF_DAY = 0.25  # a day with more than this share of it odd is another kind of day, not one with an incident
_TAME, _TAME_CALLS = 2.0, 10.0
_BULK = 0.3  # intervals of at least this part of the average are used to size up a day
_FEWEST_CLOSED = 3
_EXPECTED_CLOSED = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Split:
    """Days with calls: ``rows`` their positions; ``total`` calls of each had nothing been missing or odd;
    ``known_share`` of its profile that is known; ``share`` [days, intervals] completed; ``base`` [patterns, intervals]
    usual shares; ``open`` [patterns, intervals]; ``unusual`` [all days, intervals] left out as incidents."""

    rows: NDArray[np.int64]
    total: Floats
    known_share: Floats
    share: Floats
    base: Floats
    open: Flags
    unusual: Flags


def split(counts: Floats, pattern: NDArray[np.int64], *, ignored: Flags) -> Split:
    """``counts`` [days, intervals], NaN unknown; ``ignored`` marks what is known to be an incident."""
    known = ~np.isnan(counts) & ~ignored
    filled = np.where(known, counts, 0.0)
    rows = np.flatnonzero(filled.sum(axis=1) > 0)
    kind, given, known = pattern[rows], filled[rows], known[rows]
    served = _open(given, kind, known)
    resting = np.bincount(pattern[(~np.isnan(counts) & ~ignored).any(axis=1) & (filled.sum(axis=1) == 0)], minlength=7)
    served[(resting >= _FEWEST_CLOSED) & (np.bincount(kind, minlength=PATTERNS) == 0)] = False
    odd = _odd(given, kind, known, _base(_tamed(given, kind, known), kind, known, served))
    kept = known & ~odd
    base = _base(np.where(kept, given, 0.0), kind, kept, served)
    for _ in range(2):
        total, share = _complete(given, kept, base[kind])
        base = _base(share * total[:, None], kind, np.ones_like(kept), served)
    total, share = _complete(given, kept, base[kind])
    unusual = np.zeros(counts.shape, dtype=np.bool_)
    unusual[rows] = odd
    return Split(
        rows=rows,
        total=total,
        known_share=np.where(kept, base[kind], 0.0).sum(axis=1),
        share=share,
        base=base,
        open=served,
        unusual=unusual,
    )


def _open(given: Floats, kind: NDArray[np.int64], known: Flags) -> Flags:
    """Intervals served on each pattern: not those without a single call where dozens would have been expected."""
    served = np.broadcast_to(given.sum(axis=0) > 0, (PATTERNS, given.shape[1])).copy()
    pooled = given.sum(axis=0) / max(given.sum(), 1.0)
    for one in range(PATTERNS):
        mine = kind == one
        if mine.sum() >= _FEWEST_CLOSED:
            calls = given[mine].sum(axis=0)
            expected = (given[mine].sum(axis=1)[:, None] * pooled * known[mine]).sum(axis=0)
            served[one] &= ~((calls == 0) & (expected >= _EXPECTED_CLOSED))
    return served


def _base(given: Floats, kind: NDArray[np.int64], known: Flags, served: Flags) -> Floats:
    """Usual share of each interval by pattern, leaning on all days where a pattern has few."""
    pooled = _ratio(given.sum(axis=0), known.sum(axis=0))
    pooled /= pooled.sum()
    base = np.empty((PATTERNS, given.shape[1]))
    for one in range(PATTERNS):
        mine = kind == one
        days = known[mine].sum(axis=0)
        size = _ratio(given[mine].sum(), known[mine].any(axis=1).sum())
        own = _ratio(given[mine].sum(axis=0), days)
        lean = _POOL_DAYS * float(size) if size > 0 else 1.0
        base[one] = np.where(served[one], own * days + lean * pooled, 0.0) / np.maximum(days + _POOL_DAYS, 1.0)
        base[one] /= max(float(base[one].sum()), 1e-300)
    return base


def _tamed(given: Floats, kind: NDArray[np.int64], known: Flags) -> Floats:
    """Counts cut at a multiple of their weekday's median, so that one wave does not become the profile."""
    tamed = given.copy()
    for one in np.unique(kind).tolist():
        mine = kind == one
        middle = np.ma.median(np.ma.masked_array(given[mine], ~known[mine]), axis=0).filled(0.0)
        tamed[mine] = np.minimum(given[mine], _TAME * middle + _TAME_CALLS)
    return tamed


def _odd(given: Floats, kind: NDArray[np.int64], known: Flags, base: Floats) -> Flags:
    """Cells far from what the size of their day and the usual profile say, on the scale of counts, sqrt(n + 1/4)."""
    usual = base[kind]
    bulk = known & (usual > _BULK / given.shape[1])
    ratio = np.where(bulk, given / np.where(bulk, usual, 1.0), np.nan)
    enough = bulk.any(axis=1)
    size = given.sum(axis=1)
    size[enough] = np.nanmedian(ratio[enough], axis=1)
    away = 2 * (np.sqrt(given + 0.25) - np.sqrt(size[:, None] * usual + 0.25))
    away[~known] = 0.0
    spread = np.maximum(1.4826 * np.median(np.abs(away), axis=0), 1.0)
    far = np.abs(away) > _WAVE * spread
    odd = far & (np.where(far, usual, 0.0).sum(axis=1) <= _MOST_OF_DAY)[:, None]
    left_out: Flags = odd & known
    return left_out


def _complete(given: Floats, kept: Flags, usual: Floats) -> tuple[Floats, Floats]:
    """Totals as if everything had been kept, and shares with the gaps filled by the usual profile."""
    seen = np.where(kept, given, 0.0).sum(axis=1)
    part = np.where(kept, usual, 0.0).sum(axis=1)
    total = np.where(part > 0, seen / np.where(part > 0, part, 1.0), given.sum(axis=1))
    total = np.maximum(total, 0.5)
    share = np.where(kept, given / total[:, None], usual)
    return total, share / share.sum(axis=1, keepdims=True)


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    quotient: Floats = np.divide(
        numerator, denominator, out=np.zeros_like(np.asarray(numerator, dtype=np.float64)), where=denominator > 0
    )
    return quotient
