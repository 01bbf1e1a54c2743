"""What a chart of a page is made of, whichever context draws it; `partials/chart.html` and `js/charts.js` show it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line or row of columns. ``role`` decides how it looks: now, before, target, projection."""

    name: str
    role: str
    exact: Floats
    digits: int = 3

    @property
    def values(self) -> list[float | None]:
        """As many digits as a drawing needs."""
        return [None if np.isnan(value) else round(value, self.digits) for value in self.exact.tolist()]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of the table below a chart."""

    label: str
    cells: list[str]
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """What is drawn (``drawn``), what it says, and its table. Without ``series`` nothing is drawn, for ``empty``."""

    key: str
    shape: str  # columns, lines (a day each), curve (any x) or bars
    title: str
    about: str
    unit: str
    labels: list[str] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    hrefs: list[str] = field(default_factory=list)
    head: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    foot: list[str] = field(default_factory=list)
    empty: str = ""
    more: str = ""
    note: str = ""
    floor: float = 0.0  # where the axis of values begins

    @property
    def data_id(self) -> str:
        """Where the page's script finds what is drawn."""
        return f"{self.key}-data"

    @property
    def drawn(self) -> dict[str, Any]:
        """For the page's script."""
        return {
            "shape": self.shape,
            "title": self.title,
            "unit": self.unit,
            "labels": self.labels,
            "series": [{"name": one.name, "role": one.role, "values": one.values} for one in self.series],
            "hrefs": self.hrefs,
            "floor": self.floor,
        }
