"""The reliability page, what stands behind it and its API, over a million booked interruptions on SQLite, through
Django's own client: address, session, permissions, figures, page. Asked before means since the last booking. No peer:
nothing comparable keeps interruptions and answers from them."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import Any

import django
import numpy as np
from bench.common import BenchRow

STATIONS, INTERRUPTIONS, REQUESTS, LOOKS = 4, 1_000_000, 40, 10
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
KINDS, KIND_SHARES = (11, 12, 31, 33, 41, 51), (0.45, 0.08, 0.25, 0.12, 0.07, 0.03)
QUESTIONS = ("", "?period=last_year", "?period=this_month", "?basis=lv_customers", "?standard=ieee1366", "?variant=F")


def rows() -> list[BenchRow]:
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"DENGHUO_HOME": home, "DJANGO_SETTINGS_MODULE": "denghuo.main.settings"}
        django.setup()
        fill(stations=STATIONS, interruptions=INTERRUPTIONS, now=NOW)
        return _measure()


def fill(*, stations: int, interruptions: int, now: datetime, seed: int = 1) -> None:
    """Stations like the demo's with three years of random outages, straight into the tables."""
    from django.core.management import call_command

    from denghuo.apps.network.actions import import_network
    from denghuo.apps.organization.actions import assign_role, open_unit, register_user
    from denghuo.apps.organization.models import Role, UnitKind
    from denghuo.main.demo.load import demo_grid

    call_command("migrate", verbosity=0)
    by: Any = {"at": now, "actor": "bench"}
    county = open_unit(code="county", name="County", kind=UnitKind.COUNTY, parent=None, **by)
    manager = register_user(username="manager", display_name="Manager", password="bench", **by)
    assign_role(user=manager, unit=county, role=Role.MANAGER, **by)
    grid = demo_grid()
    for number in range(stations):
        station = open_unit(
            code=f"station-{number}", name=f"Station {number + 1}", kind=UnitKind.STATION, parent=county, **by
        )
        network = import_network(
            unit_id=station.pk, name=station.name, grid=grid, source_name="bench", digest="bench", **by
        )
        _book(network.pk, interruptions // stations, now, np.random.default_rng(seed + number))


def _book(network_id: int, count: int, now: datetime, rng: np.random.Generator) -> None:
    """Outages of half a line each, about as many interruptions as asked for, and the operations around them."""
    from django.db import connection, transaction

    from denghuo.apps.continuity.models import Booking, Interruption
    from denghuo.apps.network import queries as network
    from denghuo.apps.network.models import SwitchingOperation
    from denghuo.apps.outages.models import Outage

    snapshot, feeders = network.network_snapshot(network_id), network.feeder_ids(network_id)
    feeder_of_load, loads = snapshot.feeder_of_load, snapshot.grid.loads
    first = datetime(now.year - 2, 1, 1, tzinfo=UTC)
    outages, tables = [], []
    while sum(len(table) for table in tables) < count:
        number, feeder = len(outages) + 1, int(rng.integers(len(feeders)))
        hit = np.flatnonzero(feeder_of_load == feeder)
        hit = hit[rng.random(len(hit)) < rng.uniform(0.1, 0.9)]
        start = first + timedelta(seconds=float(rng.integers((now - first).total_seconds() - 86_400)))
        hours = float(rng.lognormal(0.4, 0.9))
        kind = int(rng.choice(KINDS, p=KIND_SHARES))
        cause = int(rng.choice([10, 20, 21, 22, 30, 31])) if kind < 20 else int(rng.choice([60, 61]))
        outages.append((number, feeder, kind, cause, start, hours))
        tables.append(hit)
    with transaction.atomic():
        told = [
            Outage(
                network_id=network_id,
                number=f"{network_id}-{number}",
                kind=kind,
                cause=cause,
                started_at=start,
                feeder_id=feeders[feeder],
            )
            for number, feeder, kind, cause, start, _ in outages
        ]
        outage_pk = [one.pk for one in Outage.objects.bulk_create(told, batch_size=1_000)]
        operation_pk = [_operations(SwitchingOperation, network_id, outages, closes, now) for closes in (False, True)]
        sql = f"""INSERT INTO {Interruption._meta.db_table} (network_id, outage_id, load_id, feeder_id, kind, cause,
                  started_at, ended_at, opened_by_id, closed_by_id, mv_users, lv_customers, kva, kw)
                  VALUES ({", ".join(["%s"] * 14)})"""
        with connection.cursor() as cursor:
            for row, ((_, feeder, kind, cause, start, hours), hit) in enumerate(zip(outages, tables, strict=True)):
                ends = start + timedelta(hours=hours)
                early = rng.random(len(hit)) * 0.5 * hours
                keys = (operation_pk[0][row], operation_pk[1][row])
                cursor.executemany(
                    sql,
                    [
                        (
                            network_id,
                            outage_pk[row],
                            int(snapshot.load_pk[load]),
                            feeders[feeder],
                            kind,
                            cause,
                            start.replace(tzinfo=None),
                            (ends - timedelta(hours=float(before))).replace(tzinfo=None),
                            *keys,
                            int(loads.mv_users[load]),
                            int(loads.lv_customers[load]),
                            float(loads.kva[load]),
                            float(loads.kw[load]),
                        )
                        for load, before in zip(hit.tolist(), early, strict=True)
                    ],
                )
        for year in range(first.year, now.year + 1):
            Booking.objects.update_or_create(network_id=network_id, year=year, defaults={"revision": 1})


def _operations(model: Any, network_id: int, outages: list[Any], closes: bool, now: datetime) -> list[int]:
    told = [
        model(
            network_id=network_id,
            device_code=f"K{number % 100:03d}",
            closes=closes,
            operated_at=start + timedelta(hours=hours) if closes else start,
            event_number=f"{network_id}-{number}",
            recorded_at=now,
            recorded_by="bench",
        )
        for number, _, _, _, start, hours in outages
    ]
    return [one.pk for one in model.objects.bulk_create(told, batch_size=1_000)]


def _measure() -> list[BenchRow]:
    from django.test import Client
    from django.urls import reverse

    from denghuo.apps.continuity.models import Booking, Interruption
    from denghuo.apps.continuity.snapshot import booked, books_of
    from denghuo.apps.organization.models import User

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(username="manager"))
    home, parts = reverse("continuity:home"), reverse("continuity:parts")
    held = Interruption.objects.count()
    networks = sorted(set(Booking.objects.values_list("network_id", flat=True)))

    def get(address: str) -> None:
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)

    def read() -> None:
        since, until = (datetime(year, 1, 1, tzinfo=UTC) for year in (NOW.year - 2, NOW.year + 1))
        booked(books_of(networks, first_year=NOW.year - 2, last_year=NOW.year), since, until)

    reading = _each([read])
    again = _each([read])
    get(home)  # compiles what has never run on this machine
    cold = _each([lambda address=home + question: get(address) for question in QUESTIONS[1:]])
    warm = _each([lambda address=home + question: get(address) for question in islice(cycle(QUESTIONS), REQUESTS)])
    booked_again = []
    for _ in range(LOOKS):
        _book_again()
        booked_again += _each([lambda: get(home)])
    deep = [f"{parts}?page={page}" for page in range(1, 11)]
    get(deep[0])
    paged = _each([lambda address=address: get(address) for address in islice(cycle(deep), REQUESTS)])
    size = f"{held:,} interruptions of {len(networks)} stations"
    spread = "median of {count}; 95th percentile {p95:.0f} ms"
    result = [
        ("read every interruption into columns, once after a start", reading),
        ("the same, nothing booked since", again),
        ("reliability overview, a question nobody has asked yet", cold),
        ("reliability overview, asked before", warm),
        ("reliability overview, the first look after an outage was booked", booked_again),
        ("one page of the interruptions behind a figure", paged),
    ]
    return [
        BenchRow(
            work=work,
            size=size,
            ours_s=statistics.median(seconds),
            peak_mb=float("nan"),
            peers={},
            goal="p95 < 300 ms" if work.startswith("reliability overview") else "–",
            note=spread.format(count=len(seconds), p95=1e3 * float(np.percentile(seconds, 95))),
        )
        for work, seconds in result
    ]


def _book_again() -> None:
    """The latest outage of one station, as a correction of its log would."""
    from django.db.models import F

    from denghuo.apps.continuity.models import Booking, Interruption

    latest = Interruption.objects.order_by("-started_at")[0]
    rows = list(Interruption.objects.filter(outage_id=latest.outage_id))
    Interruption.objects.filter(outage_id=latest.outage_id).delete()
    for row in rows:
        row.pk = None
    Interruption.objects.bulk_create(rows)
    booking = Booking.objects.filter(network_id=latest.network_id, year=latest.started_at.year)
    booking.update(revision=F("revision") + 1)


def _each(work: list[Callable[[], None]]) -> list[float]:
    seconds = []
    for one in work:
        started = time.perf_counter()
        one()
        seconds.append(time.perf_counter() - started)
    return seconds
