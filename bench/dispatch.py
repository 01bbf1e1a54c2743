"""The dispatcher's page on SQLite in a storm: 2,000 open fault orders behind a village network, a dozen outages, as
many suspected faults, ten crews on their way. Each request is the whole page, or what its script asks for every five
seconds, through Django's test client: database, judging, drawing up the HTML."""

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from bench.common import BenchRow

ORDERS, ALONE, TRANSFORMERS, CREWS, REQUESTS = 2_000, 400, 600, 10, 60
OUTAGES = SUSPICIONS = 12
NAN = float("nan")


def rows() -> list[BenchRow]:
    """The page, its moving parts, and nothing new."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DENGHUO_HOME": folder, "DJANGO_SETTINGS_MODULE": "denghuo.main.settings"}
        return list(_measured())


def _measured() -> Iterator[BenchRow]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import Client, override_settings

    call_command("migrate", verbosity=0)
    about = _storm(datetime.now(UTC))
    size = f"{ORDERS:,} open orders, {OUTAGES + SUSPICIONS} faults, {CREWS} crews"
    with override_settings(ALLOWED_HOSTS=["*"], WHITENOISE_AUTOREFRESH=True):
        client = Client()
        assert client.login(username="dispatcher", password="bench-bench-bench")
        yield _row("the dispatcher's page", size, _taken(client, {}), "p95 < 300 ms")
        yield _row("the same with an incident opened", size, _taken(client, {"about": about}), "–")
        yield _row("its moving parts", size, _taken(client, {"part": "now"}), "p95 < 300 ms")
        yield _row("nothing new", size, _taken(client, {"part": "now"}, keeps_up=True), "–")


def _taken(client: Any, asked: dict[str, str], *, keeps_up: bool = False) -> list[float]:
    """Seconds of each request; ``keeps_up``: of those alone that say what was seen, and are answered with nothing."""
    taken: list[float] = []
    seen = ""
    while len(taken) < REQUESTS:
        started = time.perf_counter()
        answer = client.get("/outages/dispatch/", asked | ({"seen": seen} if keeps_up else {}))
        seconds = time.perf_counter() - started
        assert answer.status_code in (200, 204)
        if answer.status_code == 200:
            begins = answer.content.decode().partition('data-seen="')[2]
            seen = begins.partition('"')[0]
        if keeps_up == (answer.status_code == 204):
            taken.append(seconds)
    return taken


def _row(work: str, size: str, taken: list[float], goal: str) -> BenchRow:
    p95 = float(np.quantile(taken, 0.95))
    note = f"p95 {1000 * p95:.0f} ms of {len(taken)} requests"
    return BenchRow(work=work, size=size, ours_s=statistics.median(taken), peak_mb=NAN, peers={}, note=note, goal=goal)


def _storm(now: datetime) -> str:
    """Everything that is open; the reference of the outage with most reports."""
    from denghuo.apps.network.actions import import_network
    from denghuo.apps.organization.actions import assign_role, open_unit, register_user
    from denghuo.apps.organization.models import Role, UnitKind

    told: dict[str, Any] = {"at": now - timedelta(hours=3), "actor": "bench"}
    unit = open_unit(code="station", name="供电所", kind=UnitKind.STATION, parent=None, **told)
    user = register_user(username="dispatcher", display_name="Dispatcher", password="bench-bench-bench", **told)
    assign_role(user=user, unit=unit, role=Role.DISPATCHER, **told)
    row = import_network(unit_id=unit.pk, name=unit.name, grid=_grid(), source_name="bench", digest="1", **told)
    _crews(unit.pk, now)
    _faults(row, unit.pk, now)
    from denghuo.apps.outages.models import Outage

    return Outage.objects.order_by("pk")[0].about


def _grid() -> Any:
    """A line with a fuse before every transformer."""
    from denghuo.engines.grid import BranchKind, SwitchKind, build_grid

    count = TRANSFORMERS
    nodes = ["S", *(f"n{n}" for n in range(count)), *(f"t{n}" for n in range(count))]
    trunk = [f"L{n}" for n in range(1, count)]
    fuses = [f"FU{n}" for n in range(count)]
    return build_grid(
        nodes={"id": nodes, "base_kv": [10.0] * len(nodes), "x": list(range(len(nodes))), "y": [0.0] * len(nodes)},
        branches={
            "id": ["QF1", *trunk, *fuses],
            "from_node": [0, *range(1, count), *range(1, count + 1)],
            "to_node": [1, *range(2, count + 1), *range(count + 1, 2 * count + 1)],
            "kind": [BranchKind.SWITCH, *[BranchKind.LINE] * len(trunk), *[BranchKind.SWITCH] * count],
        },
        switches={
            "branch": [0, *range(count, 2 * count)],
            "kind": [SwitchKind.BREAKER, *[SwitchKind.FUSE] * count],
            "normally_closed": [True] * (count + 1),
            "remote": [True, *[False] * count],
        },
        loads={
            "id": [f"T{n}" for n in range(count)],
            "name": [f"{n}号台区" for n in range(count)],
            "node": list(range(count + 1, 2 * count + 1)),
            "mv_users": [1] * count,
            "lv_customers": [80] * count,
            "kva": [100.0] * count,
            "area": [f"{n // 20}村" for n in range(count)],
        },
        sources={"id": ["S1"], "name": ["站"], "node": [0]},
        feeders={"id": ["F1"], "name": ["10kV一线"], "head_branch": [0]},
    )


def _crews(unit_id: int, now: datetime) -> None:
    from denghuo.apps.crews.actions import CrewEntry, join_crew, open_crew, set_duties
    from denghuo.apps.organization.models import User

    told: dict[str, Any] = {"at": now - timedelta(hours=3), "actor": "bench"}
    for number in range(CREWS):
        crew = open_crew(unit_id=unit_id, entry=CrewEntry(name=f"{number}班", base_x=float(number), base_y=0.0), **told)
        user = User.objects.create_user(username=f"crew{number}", display_name=f"{number}号")
        join_crew(crew_id=crew.pk, user_id=user.pk, phone="13900000000", is_leader=True, **told)
        set_duties(crew_id=crew.pk, spans=[(now - timedelta(hours=3), now + timedelta(hours=5))], **told)


def _faults(network: Any, unit_id: int, now: datetime) -> None:
    """Open fuses, orders from behind them and from elsewhere, and suspected faults, as rows."""
    from denghuo.apps.crews.models import Crew
    from denghuo.apps.ledger import deliveries
    from denghuo.apps.network.actions import record_switching
    from denghuo.apps.orders.actions import OrderEntry, open_order
    from denghuo.apps.orders.models import Kind, Topic
    from denghuo.apps.outages.actions import send_crew
    from denghuo.apps.outages.models import Outage, Report, ReportState, Suspicion

    at = now - timedelta(hours=2)
    for number in range(OUTAGES):
        told: dict[str, Any] = {"event_number": f"N-{number}", "note": "", "at": at, "actor": "bench"}
        record_switching(network_id=network.pk, device_code=f"FU{number}", closes=False, operated_at=at, **told)
    deliveries.drain()
    outages = list(Outage.objects.order_by("pk"))
    counts = {"load_count": 1, "mv_users": 1, "lv_customers": 80, "report_count": 20}
    times = dict.fromkeys(("first_reported_at", "suspected_at", "changed_at"), at)
    suspicions = [
        Suspicion.objects.create(
            network=network, number=f"G-{n}", device_code=f"FU{OUTAGES + n}", probability=0.9, **counts, **times
        )
        for n in range(SUSPICIONS)
    ]
    faults = [*outages, *suspicions]
    reports = []
    for number in range(ORDERS):
        fault = faults[number % len(faults)] if number >= ALONE else None
        load = f"T{number % len(faults)}" if fault else f"T{100 + number % 500}"
        received_at = now - timedelta(seconds=2 * number)
        entry = OrderEntry(
            kind=Kind.FAULT,
            topic=Topic.NO_SUPPLY,
            unit_id=unit_id,
            load_code=load,
            caller=f"139{number:08d}",
            received_at=received_at,
        )
        row = open_order(entry=entry, at=received_at, actor="bench")
        outage = fault if isinstance(fault, Outage) else None
        suspicion = fault if isinstance(fault, Suspicion) else None
        state = ReportState.OUT if outage else ReportState.SUSPECTED if suspicion else ReportState.ALONE
        told = {"network": network, "load_code": load, "who": row.pk, "reported_at": received_at, "taken_at": now}
        reports.append(Report(order=row, outage=outage, suspicion=suspicion, state=state, **told))
    Report.objects.bulk_create(reports)
    for crew, outage in zip(Crew.objects.all(), outages, strict=False):
        send_crew(about=outage.about, crew_id=crew.pk, note="", skill="", at=now, actor="bench")
