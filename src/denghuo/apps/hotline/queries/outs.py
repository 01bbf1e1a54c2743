"""What is out at a load, and what is to be said of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from denghuo.apps.hotline.models import Exchange
from denghuo.apps.hotline.queries.announcements import given_at, published_text, worded
from denghuo.apps.hotline.queries.outdated import tells_otherwise
from denghuo.apps.network import queries as network
from denghuo.apps.network.queries import SupplyMarks
from denghuo.apps.network.queries.changes import network_of_unit
from denghuo.apps.outages import queries as outages
from denghuo.apps.outages.models import Outage, Suspicion, SuspicionState

_LASTING = 5  # outages of the area that fit beside a call; the list of outages has the rest
_SUSPECTED = 20
# Who asks about supply that is back does so soon after: before they looked at their lamps, or when only some are lit.
_JUST_BACK = timedelta(hours=2)


@dataclass(frozen=True, kw_only=True)
class OutAt:
    """An outage that keeps a load out, and what is to be said of it. ``promised_at`` is the restoration that was given
    last, ``is_past`` whether that was to be by now. ``published`` is whether callers hear an announcement of it, and
    ``is_outdated`` whether that tells another time, or one that has passed, so that other words are to be said."""

    outage: Outage
    since: datetime
    promised_at: datetime | None
    text: str
    published: bool
    is_outdated: bool = False
    is_past: bool = False


@dataclass(frozen=True, kw_only=True)
class BackAt:
    """An outage that kept a load out from ``since`` to ``back_at``, a little while ago."""

    outage: Outage
    since: datetime
    back_at: datetime


class Supply:
    """The logs of the networks that an exchange serves, each read once however many accounts a number has."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self._of_unit: dict[int | None, list[int]] = {}
        self._marks: dict[int, SupplyMarks] = {}

    def networks(self, unit_id: int | None) -> list[int]:
        """The network of a unit; of all units of the exchange where the unit has none, or nobody knows which it is."""
        if unit_id not in self._of_unit:
            own = network_of_unit(unit_id) if unit_id is not None else None
            rows = [own] if own else network.networks_within([str(self.exchange.unit.path)])
            self._of_unit[unit_id] = [row.pk for row in rows]
        return self._of_unit[unit_id]

    def marks(self, network_id: int) -> SupplyMarks:
        """Who is out by the log of a network, and who came back when."""
        if network_id not in self._marks:
            self._marks[network_id] = network.supply_marks(network_id)
        return self._marks[network_id]

    def knows(self, load_code: str, unit_id: int | None) -> bool:
        """Whether a load stands in the network of a unit, so that it can be told whether it is supplied."""
        return any(load_code in network.network_snapshot(one).grid.load_position for one in self.networks(unit_id))

    def events(self, load_code: str, unit_id: int | None) -> list[tuple[int, str]]:
        """Network and number of what keeps a load out."""
        found = [(one, self.marks(one).event_of_load.get(load_code)) for one in self.networks(unit_id)]
        return [(one, number) for one, number in found if number]

    def came_back_lately(self, load_code: str, unit_id: int | None, *, at: datetime) -> bool:
        """Whether a load got its supply back a little while ago, by the log."""
        for one in self.networks(unit_id):
            position = network.network_snapshot(one).grid.load_position.get(load_code)
            if position is None:
                continue
            back = network.from_datetime64(self.marks(one).restored_at[position])
            if back is not None and back > at - _JUST_BACK:
                return True
        return False


def out_at(
    exchange: Exchange, load_code: str, *, at: datetime, unit_id: int | None = None, supply: Supply | None = None
) -> list[OutAt]:
    """The outages that keep a load without supply, with what is to be said of each. ``unit_id`` is whose load it is;
    None: of any unit of the exchange."""
    found = []
    for network_id, number in (supply or Supply(exchange)).events(load_code, unit_id):
        rows = Outage.objects.filter(network_id=network_id, number=number)
        outage = rows.select_related("network__unit", "feeder").first()
        intervals = network.intervals_of_event(network_id, event_number=number)
        lost = next((one for one in intervals if one.load_code == load_code and one.ended_at is None), None)
        if outage is not None and lost is not None:
            found.append(_told_of(exchange, outage, since=lost.started_at, at=at))
    return found


def _told_of(exchange: Exchange, outage: Outage, *, since: datetime, at: datetime) -> OutAt:
    heard = published_text(outage.pk, exchange_id=exchange.pk)
    heard_at = heard.promised_at if heard is not None else None
    passed = heard_at is not None and heard_at <= at
    is_outdated = heard is not None and (passed or tells_otherwise(heard, outage, at=at))
    words = worded(outage, exchange=exchange, at=at) if heard is None or is_outdated else heard
    promised_at = given_at(outage) or heard_at
    return OutAt(
        outage=outage,
        since=since,
        promised_at=promised_at,
        text=words.text,
        published=heard is not None,
        is_outdated=is_outdated,
        is_past=promised_at is not None and promised_at <= at,
    )


def back_at(supply: Supply, load_code: str, unit_id: int | None, *, at: datetime) -> BackAt | None:
    """The outage that a load came back from last, if that was a little while ago; it may last for others."""
    if not supply.came_back_lately(load_code, unit_id, at=at):
        return None
    scope = [str(supply.exchange.unit.path)]
    over = outages.find(scope, wanted={"state": "restored"}, at=at).filter(restored_at__gte=at - _JUST_BACK)
    networks = supply.networks(unit_id)
    found = [
        BackAt(outage=outage, since=load.started_at, back_at=load.ended_at)
        for outage in [*outages.lasting_outages(scope), *over]
        if outage.network_id in networks
        for load in outages.loads_out(outage, at=at)
        if load.code == load_code and load.ended_at is not None and load.ended_at > at - _JUST_BACK
    ]
    return max(found, key=lambda one: one.back_at, default=None)


def suspected_at(supply: Supply, load_code: str, unit_id: int | None) -> Suspicion | None:
    """The suspected fault that a load lies behind, if there is one."""
    rows = Suspicion.objects.filter(network_id__in=supply.networks(unit_id), state=SuspicionState.OPEN)
    for row in rows.select_related("feeder").order_by("-lv_customers", "pk")[:_SUSPECTED]:
        if load_code in network.loads_behind(row.network_id, device_codes=[row.device_code]):
            return row
    return None


def outs_around(exchange: Exchange, *, at: datetime) -> Sequence[OutAt]:
    """Outages that last in the area of an exchange, the newest first: one of them may be the caller's."""
    rows = outages.lasting_outages([str(exchange.unit.path)])[: -_LASTING - 1 : -1]
    return [_told_of(exchange, row, since=row.started_at, at=at) for row in rows if row.started_at]
