"""Loops over bare arrays. Places and cuts are numbered in preorder: parents first, every subtree a range."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[Any]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FREE, HELD_SHUT, HELD_OPEN = 0, 1, 2


@njit(cache=True)
def rate_of_cuts(parent: Ints, own: Floats, device: Floats, candidate: Flags, clears: Flags, passed: float) -> Floats:
    """How often the device feeding each place opens [1/year]: by itself, and for what fails behind it.

    What fails in a place goes up to the first candidate that clears, of which a share ``passed`` goes on to the next;
    where none is left above, to the topmost candidate on the way.
    """
    rate = np.zeros(len(parent))
    carried = own.copy()
    topmost = np.full(len(parent), -1, np.int64)
    above = np.zeros(len(parent), np.bool_)  # whether one that clears stands further up
    for place in range(len(parent)):
        up = parent[place]
        if up >= 0:
            topmost[place] = topmost[up]
            above[place] = above[up] or (clears[up] and candidate[up])
        if topmost[place] < 0 and candidate[place]:
            topmost[place] = place
    for place in range(len(parent) - 1, -1, -1):
        if candidate[place]:
            rate[place] += device[place]
            if clears[place]:
                share = passed if above[place] else 0.0
                rate[place] += (1.0 - share) * carried[place]
                carried[place] *= share
        if not above[place] and carried[place] > 0.0:
            if topmost[place] >= 0:
                rate[topmost[place]] += carried[place]
            carried[place] = 0.0
        if parent[place] >= 0:
            carried[parent[place]] += carried[place]
    return rate


@njit(cache=True)
def shielded(parent: Ints, behind: Ints, clears: Flags) -> Flags:
    """Places whose loads are just those behind a device above that ``clears``."""
    found = np.zeros(len(parent), np.bool_)
    for place in range(len(parent)):
        up = parent[place]
        found[place] = up >= 0 and behind[up] == behind[place] and (clears[up] or found[up])
    return found


@njit(cache=True)
def number_cuts(parent: Ints, behind: Ints, candidate: Flags) -> tuple[Ints, Ints, Ints]:
    """(innermost cut of each place, cut that each candidate belongs to, parent of each cut), -1 for none.

    Candidates on one way with the same loads behind them are one cut: no report tells them apart.
    """
    innermost = np.full(len(parent), -1, np.int64)
    member = np.full(len(parent), -1, np.int64)
    above = np.empty(len(parent), np.int64)
    loads = np.empty(len(parent), np.int64)
    count = 0
    for place in range(len(parent)):
        cut = innermost[parent[place]] if parent[place] >= 0 else -1
        if candidate[place] and behind[place] > 0:
            if cut < 0 or loads[cut] != behind[place]:
                above[count] = cut
                loads[count] = behind[place]
                cut = count
                count += 1
            member[place] = cut
        innermost[place] = cut
    return innermost, member, above[:count].copy()


@njit(cache=True)
def sum_up(parent: Ints, values: Any) -> None:
    """Add to every row of ``values`` the rows of its subtree, in place."""
    for cut in range(len(parent) - 1, -1, -1):
        if parent[cut] >= 0:
            for column in range(values.shape[1]):
                values[parent[cut], column] += values[cut, column]


@njit(cache=True)
def gather(sums: Floats, at: Ints, values: Floats) -> None:
    """Add each row of ``values`` to the row ``at`` of ``sums``, -1 to none."""
    for row in range(len(at)):
        if at[row] >= 0:
            for column in range(values.shape[1]):
                sums[at[row], column] += values[row, column]


@njit(cache=True)
def ends_of(parent: Ints) -> Ints:
    """One past the last cut of each subtree."""
    end = np.arange(1, len(parent) + 1)
    for cut in range(len(parent) - 1, -1, -1):
        if parent[cut] >= 0 and end[parent[cut]] < end[cut]:
            end[parent[cut]] = end[cut]
    return end


@njit(cache=True)
def add_exp(one: float, two: float) -> float:
    """log(exp(one) + exp(two))."""
    if one < two:
        one, two = two, one
    if two - one < -40.0 or two == -np.inf:
        return one
    return float(one + np.log1p(np.exp(two - one)))


@njit(cache=True)
def fold(parent: Ints, inside: Floats, log_weight: Floats, starts: int, opened: Floats, alike: Ints) -> Floats:
    """Likelihood of what was told behind each cut, given that it is out since a latent's start: log, in place; and
    returned the same summed over latents [cut].

    ``inside`` holds that of each cut's own loads and gets that of the cuts behind it. One behind may have ``opened``
    before, at an older start, all else being equal; whether it has opened since cannot be seen. Oldest starts first.
    Cuts of the same kind in ``alike`` (-1 none) have none behind them and were told the same: worked out once.
    """
    per_start = inside.shape[1] // starts
    kinds = alike.max() + 1 if len(alike) else 0
    passed, known = np.empty((kinds + 1, inside.shape[1])), np.full(kinds, -1, np.int64)
    out = np.empty(len(parent))
    for cut in range(len(parent) - 1, -1, -1):
        kind = alike[cut] if alike[cut] >= 0 else kinds
        if kind < kinds and known[kind] >= 0:
            out[cut] = out[known[kind]]
        else:
            out[cut] = _fold_cut(inside[cut], log_weight, per_start, starts, opened[cut], passed[kind])
            if kind < kinds:
                known[kind] = cut
        if parent[cut] >= 0:
            inside[parent[cut]] += passed[kind]
    return out


@njit(cache=True)
def _fold_cut(inside: Floats, log_weight: Floats, per_start: int, starts: int, opened: float, passed: Floats) -> float:
    """What one cut passes on to the one above, by latent, and what it is worth if it opens itself."""
    out = -np.inf
    scaled = np.empty(starts)
    for first in range(per_start):
        top = -np.inf
        for start in range(starts):
            top = max(top, inside[first + start * per_start])
        since = 0.0
        for start in range(starts):
            latent = first + start * per_start
            scaled[start] = np.exp(inside[latent] - top)
            since += scaled[start] / starts
            share = opened * (start + 1) / starts
            both = opened * since + (1.0 - share) * scaled[start]
            if both > 1e-280:
                passed[latent] = top + np.log(both)
            else:  # too small for plain numbers
                passed[latent] = _fold_one(inside, first, start, per_start, opened / starts, share)
        out = add_exp(out, log_weight[first] + top + np.log(scaled.sum()))  # every start has the same weight
    return out


@njit(cache=True)
def _fold_one(inside: Floats, first: int, last: int, per_start: int, each: float, share: float) -> float:
    value = np.log1p(-share) + inside[first + last * per_start]
    for start in range(last + 1):
        value = add_exp(value, np.log(each) + inside[first + start * per_start])
    return float(value)


@njit(cache=True)
def nested_chance(
    parent: Ints, span: tuple[int, int], latent_chance: Floats, inside: Floats, opened: Floats, starts: int
) -> Floats:
    """Chance that each cut behind the first of ``span`` had opened before that did, and none in between."""
    top, end = span
    per_start = len(latent_chance) // starts
    reached = np.zeros((end - top, len(latent_chance)))
    reached[0] = latent_chance
    found = np.zeros(end - top)
    older = np.empty(len(latent_chance))
    for cut in range(top + 1, end):
        before = np.log(opened[cut] / starts)
        for latent in range(len(latent_chance)):
            older[latent] = inside[cut, latent]
            if latent >= per_start:
                older[latent] = add_exp(older[latent], older[latent - per_start])
            up = reached[parent[cut] - top, latent]
            if up < 1e-12:
                continue
            not_before = np.log1p(-opened[cut] * (latent // per_start + 1) / starts) + inside[cut, latent]
            chance = 1.0 / (1.0 + np.exp(min(not_before - before - older[latent], 700.0)))
            found[cut - top] += up * chance
            reached[cut - top, latent] = up * (1.0 - chance)
    return found


@njit(cache=True)
def opening(rate_h: Floats, held: Ints, hours: float) -> tuple[Floats, Floats]:
    """log chance that each cut has opened, and that it has not, within so many hours."""
    opened, shut = np.empty(len(rate_h)), np.empty(len(rate_h))
    for cut in range(len(rate_h)):
        if held[cut] == HELD_OPEN:
            opened[cut], shut[cut] = 0.0, -np.inf
        elif held[cut] == HELD_SHUT or rate_h[cut] <= 0.0:
            opened[cut], shut[cut] = -np.inf, 0.0
        else:
            shut[cut] = -rate_h[cut] * hours
            opened[cut] = np.log(-np.expm1(shut[cut]))
    return opened, shut


@njit(cache=True)
def weigh(parent: Ints, opened: Floats, shut: Floats, out: Floats) -> tuple[float, Floats, Floats]:
    """Sum over all sets of opened cuts: (log of the sum, chance that a cut has opened if supply comes up to it, chance
    that then neither it nor any behind it has)."""
    inside = np.zeros(len(parent))
    chance, none = np.empty(len(parent)), np.empty(len(parent))
    all_shut = shut.copy()
    total = 0.0
    for cut in range(len(parent) - 1, -1, -1):
        if_open = opened[cut] + out[cut]
        if_shut = shut[cut] + inside[cut]
        value = add_exp(if_open, if_shut)
        chance[cut] = 0.0 if if_open == -np.inf else np.exp(if_open - value)
        none[cut] = 0.0 if all_shut[cut] == -np.inf else np.exp(all_shut[cut] - value)
        if parent[cut] >= 0:
            inside[parent[cut]] += value
            all_shut[parent[cut]] += all_shut[cut]
        else:
            total += value
    return total, chance, none


@njit(cache=True)
def spread(parent: Ints, chance: Floats, none: Floats) -> tuple[Floats, Floats, Floats]:
    """(chance that each cut is the one that took supply away, chance that what is behind it is out, chance that nothing
    has opened on the way to it nor behind it)."""
    cause, out, spared = np.empty(len(parent)), np.empty(len(parent)), np.empty(len(parent))
    for cut in range(len(parent)):
        reached = 1.0 if parent[cut] < 0 else 1.0 - out[parent[cut]]
        cause[cut] = reached * chance[cut]
        out[cut] = 1.0 - reached + cause[cut]
        spared[cut] = reached * none[cut]
    return cause, out, spared


@njit(cache=True)
def best_two(parent: Ints, opened: Floats, shut: Floats, out: Floats) -> tuple[Flags, Flags, float, float]:
    """The two best sets of opened cuts, none behind another, and the logs of their weights.

    Below a shut cut the second best is all at their best but one subtree at its second best: the one that loses least.
    """
    size = len(parent)
    first, gap = np.zeros(size + 1), np.full(size + 1, np.inf)  # gap: first minus second
    loses = np.full(size + 1, -1, np.int64)
    kids, least = np.zeros(size + 1), np.full(size + 1, np.inf)
    first_open, second_open = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    second_within = np.zeros(size, np.bool_)
    for cut in range(size - 1, -1, -1):
        if_open = opened[cut] + out[cut]
        if_shut = shut[cut] + kids[cut]
        first_open[cut] = if_open > if_shut
        if first_open[cut]:
            first[cut], gap[cut] = if_open, if_open - if_shut
        else:
            first[cut], gap[cut] = if_shut, if_shut - if_open
            second_open[cut] = True
            if least[cut] < gap[cut]:
                gap[cut], second_open[cut], second_within[cut] = least[cut], False, True
        up = parent[cut] if parent[cut] >= 0 else size
        kids[up] += first[cut]
        if gap[cut] < least[up]:
            least[up], loses[up] = gap[cut], cut
    best = _set_of(parent, loses, first_open, second_open, second_within, False)
    second = _set_of(parent, loses, first_open, second_open, second_within, True)
    return best, second, kids[size], kids[size] - least[size]


@njit(cache=True)
def _set_of(
    parent: Ints, loses: Ints, first_open: Flags, second_open: Flags, second_within: Flags, second: bool
) -> Flags:
    size = len(parent)
    rank = np.zeros(size, np.int8)  # 0 behind an opened cut, 1 at its best, 2 at its second best
    chosen = np.zeros(size, np.bool_)
    for cut in range(size):
        up = parent[cut]
        if up < 0:
            rank[cut] = 2 if second and loses[size] == cut else 1
        elif rank[up] == 0 or chosen[up]:
            rank[cut] = 0
        else:
            rank[cut] = 2 if rank[up] == 2 and second_within[up] and loses[up] == cut else 1
        chosen[cut] = (rank[cut] == 1 and first_open[cut]) or (rank[cut] == 2 and second_open[cut])
    return chosen


@njit(cache=True)
def weight_of(parent: Ints, chosen: Flags, opened: Floats, shut: Floats, out: Floats) -> float:
    """log of the weight of one set of opened cuts, whatever else has opened behind them."""
    dark = np.zeros(len(parent), np.bool_)
    total = 0.0
    for cut in range(len(parent)):
        dark[cut] = chosen[cut] or (parent[cut] >= 0 and dark[parent[cut]])
        if chosen[cut]:
            total += opened[cut] + out[cut]
        elif not dark[cut]:
            total += shut[cut]
    return total


@njit(cache=True)
def time_reports(
    reports: Ints,
    report_row: Ints,
    age: Floats,
    weight: Floats,
    stray: Floats,
    start: Floats,
    delay: tuple[float, float, float],
) -> tuple[Ints, Floats]:
    """Reports of each row since each start, and the log chance of their times, against even ones over the window
    [row, start]; those from before it are ``stray`` [report]. ``delay``: mean, share of the slow, window [min]."""
    mean, slow, window = delay
    after = np.empty((len(reports), len(start)), np.int64)
    times = np.zeros((len(reports), len(start)))
    for s in range(len(start)):
        after[:, s] = reports
        timely = (1.0 - slow) * 2.0 / mean / (1.0 - (1.0 + start[s] / mean) ** -2.0)
        for k in range(len(report_row)):
            since = start[s] - age[k]
            if since < 0.0:
                after[report_row[k], s] -= 1
                times[report_row[k], s] += stray[k]
            elif since >= 0.0:  # not where the age is unknown
                dense = timely * (1.0 + since / mean) ** -3.0 + slow / start[s]
                times[report_row[k], s] += weight[k] * np.log(window * dense)
    return after, times


@njit(cache=True)
def tell_apart(
    cut: Ints, after: Ints, silent: Ints, extra: Floats, tables: tuple[Floats, Floats, Floats], own: Floats
) -> None:
    """Add to ``own`` [cut, latent] how likely the reports of each row are if it is out.

    Latents run over the starts first; ``tables`` [count, latent] hold log rising factorials, log Γ(x + i) / Γ(x), of
    both parameters of the beta-binomial and of their sum.
    """
    per_start = own.shape[1] // after.shape[1]
    for row in range(len(cut)):
        if cut[row] < 0:
            continue
        for start in range(after.shape[1]):
            told = after[row, start]
            for latent in range(start * per_start, (start + 1) * per_start):
                own[cut[row], latent] += (
                    extra[row, start]
                    + tables[0][told, latent]
                    + tables[1][silent[row], latent]
                    - tables[2][told + silent[row], latent]
                )
