"""The demo county's hotline: its exchange, its people, and two years of calls, hit by the station's own outages."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from time import sleep
from zoneinfo import ZoneInfo

import numpy as np
from django.db import transaction

from denghuo.apps.hotline import queries as hotline
from denghuo.apps.hotline.actions import (
    Source,
    approve_announcement,
    draft_announcement,
    expire_announcement,
    import_numbers,
    link_agent,
    name_agents,
    name_cause,
    open_exchange,
    publish_announcement,
    record_calls,
    set_target,
)
from denghuo.apps.hotline.models import Announcement, CallerNumber, Exchange, Measure
from denghuo.apps.network import queries as network
from denghuo.apps.organization.models import Unit, User
from denghuo.apps.outages import queries as outages
from denghuo.main.demo.hotline import CallHistory, Wave, duty, people, signing_in_around, simulate_calls
from denghuo.main.demo.knowledge import load_knowledge
from denghuo.main.demo.station import SEED

ACTOR = "demo"
EXCHANGE_CODE = "lampcounty"
_COUNTY = "lampcounty"
TARGET = 0.95
_NUMBERS_PER_LOAD = 3
_LATEST = 50
# Somebody looks around meanwhile, and on SQLite one writes at a time: calls are recorded in steps of less than a
# second, with a pause longer than who waits for the lock takes to look again (a tenth of a second).
_BATCH = 2_000
_PAUSE_S = 0.12


def load_hotline(*, network_id: int, now: datetime, progress: Callable[[float], None]) -> None:
    """Put the hotline in; ``now`` is local. One that was stopped on its way is carried on."""
    zone = now.tzinfo
    assert isinstance(zone, ZoneInfo)
    numbers = callers_of(network_id)
    waves = {key: _as_usual(wave) for key, wave in _waves(network_id, numbers).items()}
    first = min((wave.started_at.astimezone(zone) for wave in waves.values()), default=now)
    start = datetime.combine(first.date().replace(day=1), time(), tzinfo=zone)
    history = simulate_calls(
        start=start, now=now, waves=list(waves.values()), seed=SEED, progress=lambda share: progress(0.6 * share)
    )
    exchange = hotline.exchange_of_code(EXCHANGE_CODE) or _opened(history, numbers, since=start.date(), now=now)
    _record(exchange.pk, history, now, progress)
    if not Announcement.objects.filter(exchange=exchange).exists():
        with transaction.atomic():
            names = {one.code: (one.name, one.team) for one in people()}
            name_agents(exchange_id=exchange.pk, names=names, at=now, actor=ACTOR)
            _announce(exchange.pk, waves, now)
            seat_the_agent(exchange.pk, now)


@transaction.atomic
def _opened(history: CallHistory, numbers: dict[str, list[CallerNumber]], *, since: date, now: datetime) -> Exchange:
    """The county's exchange with all that it goes by, before its first call."""
    county = Unit.objects.get(code=_COUNTY)
    exchange = open_exchange(unit_id=county.pk, code=EXCHANGE_CODE, name="灯火县95598", at=now, actor=ACTOR)
    set_target(
        unit_id=county.pk,
        from_date=since,
        measure=Measure.ANSWER_RATE,
        share=TARGET,
        source="演示目标",
        at=now,
        actor=ACTOR,
    )
    load_knowledge(unit_id=county.pk, at=now, actor=ACTOR)
    for entry in history.causes:
        name_cause(unit_id=county.pk, entry=entry, at=now, actor=ACTOR)
    rows = [row for listed in numbers.values() for row in listed]
    import_numbers(unit_id=county.pk, numbers=rows, source_name="demo", at=now, actor=ACTOR)
    return exchange


def _record(exchange_id: int, history: CallHistory, now: datetime, progress: Callable[[float], None]) -> None:
    calls, entries = history.calls, history.entries
    steps = -(-max(len(calls), len(entries)) // _BATCH)
    for done, step in enumerate(reversed(range(steps)), 1):  # the last days first: they are looked at first
        span = slice(step * _BATCH, (step + 1) * _BATCH)
        record_calls(
            exchange_id=exchange_id,
            calls=calls[span],
            entries=entries[span],
            source=Source(name="演示总机"),
            at=now,
            actor=ACTOR,
        )
        progress(0.6 + 0.4 * done / steps)
        sleep(_PAUSE_S)


def _announce(exchange_id: int, waves: dict[int, Wave], now: datetime) -> None:
    """What callers heard of large outages: worded, approved and published as the shift leader did it then."""
    leader = "leader"
    for outage_id, wave in waves.items():
        at = wave.usually_heard_at
        if at is None or at > now:
            continue
        drafted_at, approved_at = at - timedelta(minutes=15), at - timedelta(minutes=5)
        row = draft_announcement(exchange_id=exchange_id, outage_id=outage_id, at=drafted_at, actor=ACTOR)
        approve_announcement(announcement_id=row.pk, version=row.latest, at=approved_at, actor=leader)
        publish_announcement(announcement_id=row.pk, at=at, actor=leader)
        if wave.restored_at is not None:
            expire_announcement(announcement_id=row.pk, because="restored", at=wave.restored_at, actor=ACTOR)


def seat_the_agent(exchange_id: int, now: datetime) -> None:
    """The visitor who signs in as the agent sits where calls come in now; whoever sat there before is back."""
    on, usual = duty(now.date(), now.hour), {one.code: one for one in people()}
    agents = {agent.code: agent for agent in hotline.agents_of([exchange_id])}
    person = User.objects.filter(username="agent").first()
    if person is not None and on[0].code in agents:
        left = [code for code, agent in agents.items() if agent.user_id == person.pk and code in usual]
        names = {code: (usual[code].name, usual[code].team) for code in left}
        names |= {on[0].code: (str(person), on[0].team)}
        name_agents(exchange_id=exchange_id, names=names, at=now, actor=ACTOR)
        link_agent(agent_id=agents[on[0].code].pk, user_id=person.pk, at=now, actor=ACTOR)


def day_of_calls(network_id: int, at: datetime) -> CallHistory:
    """All the calls of a local day, those too that are still to come, as the demo's past would have them."""
    start = datetime.combine(at.date(), time(), tzinfo=at.tzinfo)
    found, heard = _waves(network_id, callers_of(network_id), since=start), _heard_now()
    waves = [replace(wave, heard=heard.get(key, ())) for key, wave in found.items()]
    end = start + timedelta(days=1) - timedelta(seconds=1)
    history = simulate_calls(start=start, now=end, waves=waves, seed=SEED, progress=lambda _share: None)
    return replace(history, entries=signing_in_around(start, history.causes))


def outages_now(network_id: int) -> tuple[object, ...]:
    """What the telephones ring for: differs once an outage begins, grows or ends, or an announcement does."""
    latest = outages.outages_of(network_id)[-_LATEST:]
    told = tuple((one.pk, one.started_at, one.restored_at, one.lv_customers) for one in latest)
    return *told, *_heard_now().items()


def _heard_now() -> dict[int, tuple[tuple[datetime, datetime | None], ...]]:
    """From when until when callers hear of the latest outages that are announced, by the outage's key."""
    found: dict[int, tuple[tuple[datetime, datetime | None], ...]] = {}
    for row in Announcement.objects.filter(published_at__isnull=False, exchange__code=EXCHANGE_CODE)[:_LATEST]:
        assert row.published_at is not None
        found[row.outage_id] = (*found.get(row.outage_id, ()), (row.published_at, row.expired_at))
    return found


def _as_usual(wave: Wave) -> Wave:
    """A wave of the past, with its announcement from the usual time on until supply was back."""
    at = wave.usually_heard_at
    return wave if at is None else replace(wave, heard=((at, wave.restored_at),))


def callers_of(network_id: int) -> dict[str, list[CallerNumber]]:
    """A few customers of every load, by its code. The numbers begin as no mobile number in use does."""
    loads = network.network_snapshot(network_id).grid.loads
    rng = np.random.default_rng([SEED, 1990])
    family = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
    given = "春夏秋冬梅兰竹菊山川林海云雨晴雪"
    told: dict[str, list[CallerNumber]] = {}
    number = 0
    for code, area in zip(loads.id.tolist(), loads.area.tolist(), strict=True):
        told[code] = []
        for _ in range(_NUMBERS_PER_LOAD):
            number += 1
            name = family[int(rng.integers(len(family)))] + "".join(
                given[int(n)] for n in rng.integers(len(given), size=2)
            )
            told[code].append(
                CallerNumber(
                    number=f"1991{number:07d}",
                    name=name,
                    account=f"0501{number:06d}",
                    address=f"{area}{int(rng.integers(1, 300))}号",
                    load_code=code,
                )
            )
    return told


def _waves(
    network_id: int, numbers: dict[str, list[CallerNumber]], *, since: datetime | None = None
) -> dict[int, Wave]:
    """The outages of the log as the hotline feels them, by key: planned ones were told of, so fewer call."""
    waves = {}
    for one in outages.outages_of(network_id):
        if one.started_at is None or (since is not None and one.started_at < since):
            continue
        told = 0.25 if one.planned_start_at else 1.0
        waves[one.pk] = Wave(
            started_at=one.started_at,
            restored_at=one.restored_at,
            customers=round(told * one.lv_customers),
            numbers=tuple(row.number for code in outages.load_codes_of(one)[:40] for row in numbers.get(code, ())),
            announcement=hotline.announcement_code(one.pk),
        )
    return waves
