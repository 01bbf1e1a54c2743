"""When fewer people are rostered than are required."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from denghuo.apps.staffing import queries
from denghuo.apps.staffing.forms import clock
from denghuo.apps.staffing.snapshot import INTERVAL_MIN


@dataclass(frozen=True, kw_only=True)
class Lack:
    """Half hours of a day in a row in which people are missing, and how many at most."""

    day: date
    begin: str
    end: str
    half_hours: int
    people: int


def lacking(demand: queries.Demand) -> Iterator[Lack]:
    """Every time that is short, in order, of the days for which a roster is published or drafted."""
    if demand.heads is None:
        return
    missing = np.where(demand.heads.sum(axis=1)[:, None] > 0, demand.requirement.required - demand.heads, 0)
    for day, row in zip(demand.requirement.days, missing, strict=True):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], row > 0, [0]))))
        for begin, end in edges.reshape(-1, 2).tolist():
            yield Lack(
                day=day,
                begin=clock(begin * INTERVAL_MIN),
                end=clock(end * INTERVAL_MIN),
                half_hours=end - begin,
                people=int(row[begin:end].max()),
            )
