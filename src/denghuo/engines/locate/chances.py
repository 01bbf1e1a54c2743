"""What is believed of those who report, of meters and of the pace of outages, before the first report."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Chances"]


@dataclass(frozen=True, kw_only=True)
class Chances:
    """Chances by which evidence is weighed. Grids are summed over, so the truth need only lie within their range.

    Of a network:
        ``window_h`` how far back an outage that nobody has seen may reach [h]. ``paces`` by how much more often than
        on the mean of the year things fail just now, from calm days to storms, with ``pace_weights``.

    Of customers without supply, by outage:
        ``report_shares`` the share that reports sooner or later, with ``report_weights``. ``concentrations`` how alike
        loads are in this: the share at one load is beta-distributed about that of the outage, with so many customers'
        worth of certainty (equal weights). ``delay_min`` mean time until a report comes [min], exponential but for
        ``slow_share`` of them, which come at any time.

    Of customers with supply:
        ``stray_shares`` the share whose report says nothing about devices (a fuse in the house, a wrong address), with
        ``stray_weights``. ``part_per_year`` how often a part of a load's customers loses supply by a fault of its own
        [1/year per load of several customers], and ``part_share`` of them on average does.

    Of meters:
        ``meter_share`` of those that can tell do tell that their supply has gone, ``meter_concentration`` how alike
        they are at one load (where the concentrator is dead all are silent); ``meter_stray_share`` tell so although
        supplied. ``lit_though_out_share`` the chance that somebody who is told of as supplied is behind the open
        device after all (a wrong link between customer and transformer), against 1 where the load has supply.
    """

    window_h: float = 3.0
    paces: tuple[float, ...] = (1.0, 10.0, 100.0, 1000.0)
    pace_weights: tuple[float, ...] = (0.4, 0.3, 0.2, 0.1)
    report_shares: tuple[float, ...] = (0.005, 0.015, 0.03, 0.05, 0.08, 0.12, 0.17, 0.23, 0.3, 0.4, 0.55, 0.75)
    report_weights: tuple[float, ...] = (0.5, 0.7, 0.9, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.8, 0.5, 0.3)
    concentrations: tuple[float, ...] = (4.0, 25.0)
    delay_min: float = 12.0
    slow_share: float = 0.2
    stray_shares: tuple[float, ...] = (1e-5, 1e-4, 1e-3)
    stray_weights: tuple[float, ...] = (0.4, 0.4, 0.2)
    part_per_year: float = 0.01
    part_share: float = 0.3
    meter_share: float = 0.7
    meter_concentration: float = 1.5
    meter_stray_share: float = 1e-3
    lit_though_out_share: float = 0.05
