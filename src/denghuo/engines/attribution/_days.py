"""One day: its coalitions worked out in one go, and their values shared out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.attribution.month import Way
from denghuo.engines.attribution.queue_model import DayCalls, QueueModel
from denghuo.engines.attribution.sampling import sampled_shapley_values
from denghuo.engines.attribution.shapley import coalition_members, shapley_values, share_of_parts

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, slots=True)
class Accounts:
    """What every day needs: the usual, float64[3, days, intervals]; what players add, float64[players, 3, days,
    intervals], all but redials, who come last; and the options of the caller."""

    usual: Floats
    excess: Floats
    interval_s: float
    target_share: float
    model: QueueModel
    by_way: bool
    most_exact_players: int
    pair_count: int
    rng: np.random.Generator | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DayParts:
    """A day: offered and answered calls as usual and with all players; float64[4, players] of shares, alone,
    avoidable and standard errors; float64[players, 3] of ways."""

    usual: tuple[float, float]
    modeled: tuple[float, float]
    by_player: Floats
    by_way: Floats
    evaluation_count: int


@dataclass(slots=True)
class _Day:
    """Works out coalitions of the players at work on one day."""

    accounts: Accounts
    number: int
    players: Ints
    evaluation_count: int = 0

    @property
    def redials(self) -> Flags:
        """Which of the day's players are the redials."""
        return np.equal(self.players, len(self.accounts.excess))

    def calls(self, shares: Floats) -> DayCalls:
        """Offered and answered calls of coalitions float64[ways, coalitions, players], a player in it by 1 or 0, in
        each way of its own."""
        redials = self.redials
        added = self.accounts.excess[self.players[~redials], :, self.number]
        arrays = self.accounts.usual[:, self.number][:, None] + shares[:, :, ~redials] @ added.transpose(1, 0, 2)
        trying_again = shares[0][:, redials].sum(axis=1)
        self.evaluation_count += shares.shape[1]
        return self.accounts.model.work_out(arrays, redials=trying_again, interval_s=self.accounts.interval_s)

    def missing(self, calls: DayCalls) -> Floats:
        """Calls missing to the target."""
        return self.accounts.target_share * calls.offered - calls.answered


def explain_day(accounts: Accounts, number: int, players: Ints) -> DayParts:
    """Share out one day among its players, every coalition seen or orders drawn."""
    day = _Day(accounts=accounts, number=number, players=players)
    player_count = len(accounts.excess) + 1
    by_player = np.zeros((4, player_count))
    by_way = np.full((player_count, len(Way)), np.nan)
    if len(players) > accounts.most_exact_players:
        calls, by_player[:, players] = _drawn(day)
    else:
        calls, values = _exact(day)
        by_player[:3, players] = values[:3]
        if accounts.by_way:
            by_way[:-1] = 0.0
            _split_by_way(day, day.missing(calls), by_player[0], by_way)
    ends = [(float(calls.offered[at]), float(calls.answered[at])) for at in (0, -1)]
    return DayParts(
        usual=ends[0],
        modeled=ends[1],
        by_player=by_player,
        by_way=by_way,
        evaluation_count=day.evaluation_count,
    )


def _every_way(members: Flags) -> Floats:
    return np.repeat(members[None].astype(np.float64), len(Way), axis=0)


def _exact(day: _Day) -> tuple[DayCalls, Floats]:
    """All coalitions; shares, alone and avoidable calls of the day's players."""
    count = len(day.players)
    calls = day.calls(_every_way(coalition_members(count)))
    missing = day.missing(calls)
    single = 1 << np.arange(count)
    return calls, np.stack(
        (shapley_values(missing), missing[single] - missing[0], missing[-1] - missing[len(missing) - 1 - single])
    )


def _drawn(day: _Day) -> tuple[DayCalls, Floats]:
    """Orders drawn; the coalitions of nobody, one, all but one, and all are worked out beside."""
    count = len(day.players)
    assert day.accounts.rng is not None
    one = np.eye(count, dtype=np.bool_)
    calls = day.calls(_every_way(np.concatenate((np.zeros((1, count), bool), one, ~one, np.ones((1, count), bool)))))
    missing = day.missing(calls)
    found = sampled_shapley_values(
        lambda members: day.missing(day.calls(_every_way(members))),
        player_count=count,
        pair_count=day.accounts.pair_count,
        rng=day.accounts.rng,
    )
    alone, avoidable = missing[1 : count + 1] - missing[0], missing[-1] - missing[count + 1 : -1]
    return calls, np.stack((found.values, alone, avoidable, found.standard_error))


def _split_by_way(day: _Day, missing: Floats, shares: Floats, by_way: Floats) -> None:
    """Fill in the ways of each player: all in its only way, or shared between its ways after Owen."""
    members = coalition_members(len(day.players))
    excess = day.accounts.excess
    for at, player in enumerate(day.players.tolist()):
        if player == len(excess):
            continue
        ways = np.flatnonzero(np.any(excess[player, :, day.number] != 0, axis=1))
        if len(ways) == 1:
            by_way[player, ways] = shares[player]
            continue
        parts = coalition_members(len(ways))[1:-1]
        without = np.flatnonzero(~members[:, at])
        coalitions = np.repeat(_every_way(members[without])[:, None], len(parts), axis=1)
        coalitions[ways, :, :, at] = parts.T[:, :, None]
        broken = day.missing(day.calls(coalitions.reshape(len(Way), -1, len(day.players))))
        table = np.concatenate(
            (missing[without][None], broken.reshape(len(parts), -1), missing[without + (1 << at)][None])
        )
        by_way[player, ways] = shapley_values(share_of_parts(table))
