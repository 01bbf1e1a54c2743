"""What is known of days, as the forecast page says it: what it moves, and what knowing it is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.staffing.models import KnownDays, KnownKind
from denghuo.apps.staffing.snapshot.known import OUTAGES, WEATHER
from denghuo.apps.staffing.views.frame import percent


@dataclass(frozen=True, kw_only=True)
class Move:
    """Days on end that one thing moves; ``by`` of the calls in percent, signed, between ``low`` and ``high``."""

    first: date
    last: date
    name: str
    note: str
    by: str
    low: str
    high: str
    calls: str
    new: bool


def name_of(name: str) -> str:
    """What moves the calls, in words."""
    if name == OUTAGES:
        return _("Planned outages")
    return _("Weather") if name == WEATHER else str(KnownKind(name).label)


def moves(told: Sequence[dict[str, Any]], known: Sequence[KnownDays]) -> list[Move]:
    """Days of a forecast that something known moves, as spells of days on end, the next first."""
    found = []
    for name, rows in groupby(sorted(told, key=lambda one: (one["name"], one["day"])), key=lambda one: one["name"]):
        spell: list[dict[str, Any]] = []
        for row in rows:
            if spell and date.fromisoformat(row["day"]) - date.fromisoformat(spell[-1]["day"]) > timedelta(days=1):
                found.append(_move(name, spell, known))
                spell = []
            spell.append(row)
        found.append(_move(name, spell, known))
    return sorted(found, key=lambda one: (one.first, one.name))


def _move(name: str, spell: Sequence[dict[str, Any]], known: Sequence[KnownDays]) -> Move:
    """Calls of the spell with it, next to those without; the bounds weighed likewise."""
    first, last = (date.fromisoformat(spell[at]["day"]) for at in (0, -1))
    bare = [_bare(one) for one in spell]
    weights = bare if sum(bare) > 0 else [1.0] * len(spell)
    by = {edge: sum(w * one[edge] for w, one in zip(weights, spell, strict=True)) / sum(weights) - 1
          for edge in ("factor", "low", "high")}  # fmt: skip
    rows = [row for row in known if row.kind == name and row.first <= last and row.last >= first]
    return Move(
        first=first,
        last=last,
        name=name_of(name),
        note=_(", ").join(dict.fromkeys(row.note for row in rows if row.note)),
        by=_signed(by["factor"]),
        low=_signed(by["low"]),
        high=_signed(by["high"]),
        calls=f"{sum(one['calls'] for one in spell):+,.0f}",
        new=any(one["new"] for one in spell),
    )


def _bare(one: dict[str, Any]) -> float:
    """The calls of a day without what moves it."""
    gained = one["factor"] - 1
    return float(one["calls"] / gained) if abs(gained) > 1e-9 else 0.0


def _signed(share: float) -> str:
    return f"{100 * share:+.0f}%"


def worth(errors: dict[str, Any]) -> list[dict[str, Any]]:
    """Errors with what is known of days and without, of the last four weeks and of the days of each kind."""
    if "without" not in errors:
        return []
    rows = [
        {
            "name": _("The last four weeks"),
            "days": len(errors["days"]),
            "with": percent(errors["overall"]["wape_share"][0]),
            "without": percent(errors["without"]["wape_share"][0]),
            "bias": percent(errors["overall"]["bias_share"][0]),
            "bias_without": percent(errors["without"]["bias_share"][0]),
            "better": _better(errors["overall"]["wape_share"][0], errors["without"]["wape_share"][0]),
        }
    ]
    for one in errors["known"]:
        days = _("Days of: %(kind)s") % {"kind": name_of(one["name"])} if one["name"] else _("Days of none of these")
        rows.append(
            {
                "name": days,
                "days": one["days"],
                "with": percent(one["wape_share"]),
                "without": percent(one["without_wape_share"]),
                "bias": percent(one["bias_share"]),
                "bias_without": percent(one["without_bias_share"]),
                "better": _better(one["wape_share"], one["without_wape_share"]),
            }
        )
    return rows


def _better(mine: float | None, plain: float | None) -> bool | None:
    """Whether knowing helps, by half a point at least; None where it makes no difference."""
    if mine is None or plain is None or abs(mine - plain) < 0.005:
        return None
    return mine < plain
