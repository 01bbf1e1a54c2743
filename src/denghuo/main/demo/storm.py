"""A storm over the demo station: what breaks, and who notices. Played by `denghuo demo storm` into a running site.

Everything happens at the instant it is recorded, through the same actions that people and machines use; only the
waiting in between is shortened. What broke is known here alone: everybody else has to find out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from denghuo.apps.customers import queries as customers
from denghuo.apps.customers.models import Purpose
from denghuo.apps.customers.queries import Customer
from denghuo.apps.network import queries as network
from denghuo.apps.orders.models import Channel

SEED = 723
# How many customers hang behind what is chosen.
_TRIP, _SECTION, _FUSE = (700, 3_000), (0.25, 0.75), (15, 260)
_FAULTS = 4
_TRIPPING = ("breaker", "recloser")
_CALLING_SHARE, _CALLING_MEAN_S = 0.11, 12 * 60
_CHANNELS: tuple[tuple[Channel, float], ...] = (
    (Channel.HOTLINE, 0.72),
    (Channel.PHONE, 0.08),
    (Channel.WEB, 0.1),
    (Channel.QR, 0.06),
    (Channel.COUNTER, 0.04),
)
_SAID = ("家里突然停电了", "整栋楼都没电", "刚才一声响，就没电了", "停电了，什么时候能来", "村里都黑了", "跳闸推不上去")


@dataclass(frozen=True, kw_only=True)
class StormPlan:
    """What breaks: a device that trips and tells so itself, the one that parts its line for a first restoration, a fuse
    behind it that nobody notices until the line is back, and fuses elsewhere that only customers can tell of."""

    network_id: int
    unit_id: int
    trip: str
    section: str
    nested: str
    fuses: tuple[str, ...]

    @property
    def devices(self) -> tuple[str, ...]:
        """Everything that opens by itself."""
        return (self.trip, self.nested, *self.fuses)


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Somebody who will say that their supply is gone, so long after it went."""

    after_s: float
    customer: Customer
    number: str
    channel: Channel
    said: str


class NoStormError(LookupError):
    """The network has nothing in its normal state that a storm could break as planned."""


def plan_storm(network_id: int, unit_id: int, *, since: datetime | None = None, seed: int = SEED) -> StormPlan:
    """What a storm breaks on a network as it stands: where it can be, what is restored in steps. ``since``: it began
    then; where supply came back later, something else happened that would explain what its callers say.

    Raises:
        NoStormError: nothing fits.
    """
    found = next(_plans(network_id, unit_id, since, np.random.default_rng(seed)), None)
    if found is None:
        raise NoStormError("no device trips with enough customers behind it and fuses elsewhere")
    return found


def _plans(network_id: int, unit_id: int, since: datetime | None, rng: np.random.Generator) -> Iterator[StormPlan]:
    """Every plan that fits; those whose line can be restored in steps come first."""
    behind = _behind(network_id, since)
    kinds = network.device_kinds(network_id)
    whole: list[StormPlan] = []
    trips = [one for one in behind if kinds[one] in _TRIPPING and _TRIP[0] <= behind[one][1] <= _TRIP[1]]
    for trip in rng.permutation(sorted(trips)).tolist():
        loads, count = behind[trip]
        inside = [one for one in behind if one != trip and behind[one][0] < loads]
        sections = [
            one
            for one in inside
            if kinds[one] not in ("fuse", *_TRIPPING) and _SECTION[0] * count <= behind[one][1] <= _SECTION[1] * count
        ]
        fuses = [one for one in inside if kinds[one] == "fuse" and _FUSE[0] <= behind[one][1] <= _FUSE[1]]
        others = list(_apart(behind, kinds, loads, rng))
        if fuses and len(others) >= _FAULTS:
            section = max(sections, key=lambda one: behind[one][1], default="")
            # Behind what comes back first, so that it is noticed while the crew is still there.
            early = [one for one in fuses if not section or not behind[one][0] <= behind[section][0]] or fuses
            nested = str(rng.choice(sorted(early)))
            plan = StormPlan(
                network_id=network_id,
                unit_id=unit_id,
                trip=trip,
                section=section,
                nested=nested,
                fuses=tuple(others[:_FAULTS]),
            )
            if section:
                yield plan
            else:
                whole.append(plan)
    yield from whole


def _behind(network_id: int, since: datetime | None) -> dict[str, tuple[frozenset[str], int]]:
    """The loads and customers behind every device that stands closed, where nobody is out and nobody was since."""
    snapshot = network.network_snapshot(network_id)
    grid = snapshot.grid
    closed = network.log_snapshot(network_id).replayed.closed
    weight = dict(zip(grid.loads.id.tolist(), grid.loads.lv_customers.tolist(), strict=True))
    marks = network.supply_marks(network_id)
    touched = set(marks.event_of_load)
    if since is not None:
        touched |= set(grid.loads.id[marks.restored_at >= network.to_datetime64([since])[0]].tolist())
    found = {}
    for code, position in grid.switch_position.items():
        if not closed[position]:
            continue
        loads = frozenset(network.loads_behind(network_id, device_codes=[code]))
        if loads and not loads & touched:
            found[code] = (loads, sum(weight[one] for one in loads))
    return found


def _apart(
    behind: dict[str, tuple[frozenset[str], int]], kinds: dict[str, str], trip: frozenset[str], rng: np.random.Generator
) -> Iterator[str]:
    """Fuses that share no customer with the trip or with each other."""
    taken = set(trip)
    wanted = sorted(one for one in behind if kinds[one] == "fuse" and _FUSE[0] <= behind[one][1] <= _FUSE[1])
    for code in rng.permutation(wanted).tolist():
        if not behind[code][0] & taken:
            taken |= behind[code][0]
            yield code


def callers(plan: StormPlan, device_code: str, *, rng: np.random.Generator) -> list[Caller]:
    """Who of those behind a device will report, and when."""
    codes = network.loads_behind(plan.network_id, device_codes=[device_code])
    people = customers.customers_on(plan.unit_id, codes)
    chosen = [one for one in people if rng.random() < _CALLING_SHARE]
    # Whoever is alone behind a fuse still has two neighbors who call.
    chosen += [one for one in people if one not in chosen][: max(3 - len(chosen), 0)]
    reach = customers.reach_of([one.account_id for one in chosen], purpose=Purpose.OUTAGE)
    names, shares = [name for name, _ in _CHANNELS], [share for _, share in _CHANNELS]
    return [
        Caller(
            after_s=float(rng.exponential(_CALLING_MEAN_S)),
            customer=one,
            number=next((way.number for way in reach.get(one.account_id, ()) if not way.carer), ""),
            channel=names[int(rng.choice(len(names), p=shares))],
            said=str(rng.choice(_SAID)),
        )
        for one in chosen
    ]


def strays(plan: StormPlan, *, rng: np.random.Generator, most: int = 3) -> list[Caller]:
    """A few who call though nothing of ours is broken: cut off for arrears, or with a fault of their own."""
    lit = _lit_loads(plan)
    some = [str(one) for one in rng.choice(lit, size=min(80, len(lit)), replace=False)]
    people = customers.customers_on(plan.unit_id, some)
    cut = [one for one in people if one.is_cut][:1]
    own = [one for one in people if not one.is_cut][: most - len(cut)]
    reach = customers.reach_of([one.account_id for one in (*cut, *own)], purpose=Purpose.OUTAGE)
    return [
        Caller(
            after_s=float(rng.uniform(120, 1500)),
            customer=one,
            number=next((way.number for way in reach.get(one.account_id, ())), ""),
            channel=Channel.HOTLINE,
            said="就我家没电",
        )
        for one in (*cut, *own)
    ]


def _lit_loads(plan: StormPlan) -> Sequence[str]:
    dark = set(network.loads_behind(plan.network_id, device_codes=plan.devices))
    loads = network.network_snapshot(plan.network_id).grid.loads
    return [str(one) for one in loads.id.tolist() if one not in dark]
