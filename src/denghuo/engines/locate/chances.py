"""What is believed of those who report, of meters and of the pace of outages, before the first report."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Chances"]


@dataclass(frozen=True, kw_only=True)
class Chances:
    """Chances by which evidence is weighed. Grids are summed over, so the truth need only lie within their range.

    Of a network:
        ``window_h`` how far back an outage that nobody has seen may reach [h]. ``paces`` by how much more often than
        on the mean of the year things fail just now, from calm days to storms, with ``pace_weights``; ``nested_pace``
        the same behind a device that is open already, where parts may have lost supply before.

    Of customers without supply, by outage:
        ``report_shares`` the share that reports sooner or later, with ``report_weights``. ``load_spreads`` how unlike
        loads are in this: the share at one load is beta-distributed about that of the outage, with a standard deviation
        of so many times the mean (equal weights; less where that would be more than a beta distribution allows).
        ``delay_min`` mean time until a report comes [min], Lomax-distributed with shape 2, but for ``slow_share`` of
        them, which come at any time; starts of outages are sought at ``most_starts`` instants at most, and the times of
        a load's reports count as much as those of ``timed_reports`` would: neighbors do not call by themselves.

    Of customers with supply:
        ``stray_shares`` the share whose report says nothing about devices (a fuse in the house, a wrong address), with
        ``stray_weights``. ``wrong_link_shares`` of all that was told, with ``wrong_link_weights``, come on top: told by
        customers who hang elsewhere than the books say. ``part_per_year`` how often a part of a load's customers loses
        supply by a fault of its own [1/year per load of several customers]; such a part has one of ``part_sizes`` of
        the load's customers, each as likely, and of these as many report as of those behind a device.

    Of meters:
        ``meter_share`` of those that can tell do tell that their supply has gone, ``meter_concentration`` how alike
        they are at one load (where the concentrator is dead all are silent); ``meter_stray_share`` tell so although
        supplied. ``lit_though_out_share`` the chance that somebody who is told of as supplied is behind the open
        device after all (a wrong link between customer and transformer), against 1 where the load has supply.
    """

    window_h: float = 3.0
    paces: tuple[float, ...] = (1.0, 10.0, 50.0, 200.0, 600.0)
    pace_weights: tuple[float, ...] = (0.3, 0.2, 0.2, 0.2, 0.1)
    nested_pace: float = 100.0
    report_shares: tuple[float, ...] = (0.01, 0.02, 0.035, 0.055, 0.08, 0.12, 0.17, 0.23, 0.3, 0.4, 0.55, 0.75)
    report_weights: tuple[float, ...] = (0.1, 0.3, 0.6, 0.9, 1.0, 1.0, 1.0, 1.0, 1.0, 0.8, 0.5, 0.3)
    load_spreads: tuple[float, ...] = (0.3, 0.8)
    delay_min: float = 12.0
    slow_share: float = 0.2
    most_starts: int = 12
    timed_reports: float = 8.0
    stray_shares: tuple[float, ...] = (1e-5, 1e-4, 3e-4, 1e-3, 3e-3)
    stray_weights: tuple[float, ...] = (0.3, 0.3, 0.2, 0.15, 0.05)
    wrong_link_shares: tuple[float, ...] = (0.0, 0.02, 0.06)
    wrong_link_weights: tuple[float, ...] = (0.4, 0.4, 0.2)
    part_per_year: float = 0.008
    part_sizes: tuple[float, ...] = (0.2, 0.4, 0.7)
    meter_share: float = 0.7
    meter_concentration: float = 1.5
    meter_stray_share: float = 1e-3
    lit_though_out_share: float = 0.05
