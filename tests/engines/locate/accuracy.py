"""The accuracy study: real networks, storms that keep to what the engine believes and storms that do not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from tests.engines.locate.judging import Method, Score, by_common_ancestor, by_engine, by_roll_up, judge
from tests.engines.locate.storms import Night, Scene

SHARES = (0.1, 0.3)
NIGHTS = {
    "as described": Night(),
    "only 3 % report": Night(report_share=0.03),
    "loads differ": Night(load_spread=0.8),
    "areas differ": Night(area_spread=0.6),
    "outages differ": Night(rate_spread=0.8),
    "late and scattered": Night(delay_median_min=25.0, delay_spread=1.4),
    "first quarter of an hour": Night(within_min=15.0),
    "no phone known of 20 %": Night(no_phone_share=0.2),
    "5 % linked to a wrong load": Night(wrong_link_share=0.05),
    "ten times the stray reports": Night(stray_share=2e-3),
    "three faults of parts of a load": Night(parts=3.0),
    "protection fails in 25 %": Night(failed_protection_share=0.25),
    "meters at 30 % of loads": Night(metered_share=0.3),
    "all of it at once": Night(
        load_spread=0.8,
        rate_spread=0.6,
        delay_spread=1.4,
        no_phone_share=0.2,
        wrong_link_share=0.05,
        stray_share=1e-3,
        parts=2.0,
        failed_protection_share=0.15,
    ),
}
METHODS: dict[str, Method] = {
    "Denghuo": by_engine(),
    "common ancestor": by_common_ancestor,
    "roll-up from 2 calls": by_roll_up(calls=2, share=0.2),
    "roll-up from 1 call": by_roll_up(calls=1, share=0.2),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One kind of night on one network, at one share of customers who report."""

    network: str
    night: str
    report_share: float
    scores: dict[str, Score]


def nights_of(name: str) -> Iterator[Night]:
    """The night at 10 % and at 30 %, unless it has a share of its own."""
    night = NIGHTS[name]
    if night.report_share != Night().report_share:
        yield night
    else:
        yield from (replace(night, report_share=share) for share in SHARES)


def study(scenes: Iterable[Scene], *, storms: int, seed: int) -> Iterator[Row]:
    """Every night on every network by every method, each on the same storms."""
    for scene in scenes:
        for name in NIGHTS:
            for night in nights_of(name):
                scores = {
                    method: judge(scene, night, work, storms=storms, seed=seed) for method, work in METHODS.items()
                }
                yield Row(network=scene.name, night=name, report_share=night.report_share, scores=scores)


def page(rows: Iterable[Row], *, storms: int) -> str:
    """The study as a section of docs/validation.md."""
    rows = list(rows)
    lines = [HEAD.format(storms=storms)]
    for row in rows:
        share = f"{row.report_share:.0%}".replace("%", " %")
        cells = [f"{score.first:.3f} / {score.first_three:.3f} / {score.extra:.2f}" for score in row.scores.values()]
        cells[0] = f"**{cells[0]}**"
        outages, error = row.scores["Denghuo"].outages, row.scores["Denghuo"].calibration_error
        lines.append(f"| {row.network} | {row.night} | {share} | {outages} | {' | '.join(cells)} | {error:.3f} |")
    lines.append(RELIABILITY)
    for night in ("as described", "all of it at once"):
        for row in rows:
            if row.night == night:
                shown = ", ".join(f"{s:.2f}: {r:.2f} ({n})" for n, s, r in row.scores["Denghuo"].reliability)
                share = f"{row.report_share:.0%}".replace("%", " %")
                lines.append(f"| {row.network} | {night} | {share} | {shown} |")
    return "\n".join(lines) + "\n"


HEAD = """
## Which device opened

The engine [locate](engines/locate.md) on real networks and made storms: {storms} storms each, one to eight faults drawn
by rate, weather and chance, customers who report by a rule that is not the engine's (`tests/engines/locate/storms.py`).
Counted are the outages with three or more reports. Each cell: share found first / among the first three / outages found
that are none, per storm. Right is the right set of loads: devices in a row with the same loads behind them cannot be
told apart. IEEE 9500 is the demo station; PSAU13 has a meter per load, and its switches' kinds, which its model does
not tell, are laid over. The peers are the lowest common ancestor of the reports of a line, and the roll-up by
thresholds: calls on a transformer are its outage, two devices and a fifth of those behind a device are that device's.
Of these the neighbors above and below stand in for second and third place. The last column is the expected calibration
error over ten bins of all devices named.

| Network | Night | Report | Outages | Denghuo | Common ancestor | Roll-up, 2 calls | Roll-up, 1 call | Calibration |
|---|---|--:|--:|---|---|---|---|--:|"""
RELIABILITY = """
What is called so sure is right so often: by tenth of the stated probability, its mean, the share that was right, and
how many were named.

| Network | Night | Report | Stated: right (number) |
|---|---|--:|---|"""
