"""What a proposal comes to if it is sent this minute: what an alert shows, and what its one button sends."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache

from denghuo.apps.hotline import queries as hotline
from denghuo.apps.staffing.models import Surge, SurgeState
from denghuo.apps.staffing.queries.sent import rate_of, sending_now
from denghuo.apps.staffing.queries.surges import wording_of
from denghuo.apps.staffing.snapshot.surges import Measure

_KEPT_S = 120
# A minute later an answer rate is expected to be a little different; only what is worse than this is a new proposal.
RATE_MAY_FALL_BY = 0.03
PARTS = ("customers", "calls", "measures", "people", "words", "cost_fen", "after")


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What stands on an alert, as the browser hands it back: what somebody agrees to by pressing its button."""

    customers: int
    calls: int
    measures: tuple[str, ...]
    people: tuple[tuple[str, tuple[int, ...]], ...]  # by tier: who is called up
    words: str  # what callers would hear; "" where nothing is to be announced
    cost_fen: int
    after: float | None

    def as_text(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, kw_only=True)
class SurgeOffer:
    """A proposal as it is this minute: ``before`` and ``after`` are the answer rates with the people there are and with
    it; ``put_off`` counts the call-backs that would wait, ``until`` when; ``told`` is what would be sent."""

    surge: Surge
    shown: Shown
    before: float
    until: datetime
    put_off: int
    told: dict[str, Any]

    @property
    def after(self) -> float:
        return float("nan") if self.shown.after is None else self.shown.after


def shown_in(text: str) -> Shown | None:
    """What a browser hands back of an alert; None where it is nothing of that kind."""
    try:
        told = json.loads(text)
        return Shown(
            customers=int(told["customers"]),
            calls=int(told["calls"]),
            measures=tuple(str(one) for one in told["measures"]),
            people=tuple((str(tier), tuple(int(one) for one in ids)) for tier, ids in told["people"]),
            words=str(told["words"]),
            cost_fen=int(told["cost_fen"]),
            after=None if told["after"] is None else float(told["after"]),
        )
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None


def offer_of(surge: Surge, *, at: datetime) -> SurgeOffer | None:
    """What would be sent of a proposal this minute; None where nothing is proposed, it is decided, or it is too late.
    It is worked out once a minute: boards ask for it every second."""
    measures = [one for one in surge.told["recommended"].split("+") if one]
    if surge.state != SurgeState.PROPOSED or not surge.outage.lasts or not measures:
        return None
    minute = at.replace(second=0, microsecond=0)
    key = _key(surge, minute)
    told = cache.get(key)
    if told is None:
        try:
            told = sending_now(surge, measures, at=max(minute, datetime.fromisoformat(surge.told["at"])))
        except ValueError:
            told = {}
        cache.set(key, told, _KEPT_S)
    return _offer(surge, told, at=at) if told else None


def _key(surge: Surge, minute: datetime) -> str:
    rows = json.dumps([surge.told, surge.sent], sort_keys=True, default=str)
    digest = hashlib.sha256(rows.encode()).hexdigest()
    return f"staffing.offer:{surge.pk}:{surge.proposed_at.timestamp()}:{minute.timestamp()}:{digest}"


def _offer(surge: Surge, told: dict[str, Any], *, at: datetime) -> SurgeOffer:
    chosen = told["measures"]
    announces = any(one["measure"] == Measure.ANNOUNCEMENT for one in chosen)
    until = max(datetime.fromisoformat(one["until_at"]) for one in chosen)
    owed = hotline.owed([str(surge.unit.path)]).filter(due_at__lt=until).count()
    after = rate_of(told)
    return SurgeOffer(
        surge=surge,
        shown=Shown(
            customers=surge.customers,
            calls=round(surge.told["wave_total"]["mean"]),
            measures=tuple(one["measure"] for one in chosen),
            people=tuple((one["measure"], tuple(one["agent_ids"])) for one in chosen if one["agent_ids"]),
            words=wording_of(surge, at=at)[0] if announces else "",
            cost_fen=told["cost_fen"],
            after=None if after != after else round(after, 4),
        ),
        before=rate_of(told["without"]),
        until=until,
        put_off=owed if any(one["measure"] == Measure.CALL_BACKS for one in chosen) else 0,
        told=told,
    )


def changed(shown: Shown, now: Shown) -> tuple[str, ...]:
    """Which parts of what was shown are different now, so that somebody has to look again: whatever would be done
    otherwise, more calls or customers, a higher cost, and a lower answer rate. What gets cheaper by the minute is not.
    """
    differs: Mapping[str, bool] = {
        "customers": shown.customers != now.customers,
        "calls": shown.calls != now.calls,
        "measures": shown.measures != now.measures,
        "people": shown.people != now.people,
        "words": shown.words != now.words,
        "cost_fen": now.cost_fen > shown.cost_fen,
        "after": (now.after is None) != (shown.after is None)
        or (now.after or 0.0) < (shown.after or 0.0) - RATE_MAY_FALL_BY,
    }
    return tuple(part for part in PARTS if differs[part])
