"""Orders on SQLite: opened one by one, two thousand open ones read with all their clocks in one call, the list and a
month as pages over a hundred thousand. The intake through HTTP with all that follows is measured in `intake`."""

import os
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
from bench.common import BenchRow, timed

AT = datetime(2026, 6, 1, 1, tzinfo=UTC)
OPENED, OPEN, PAST = 300, 2_000, 100_000
_MIN = timedelta(minutes=1)
_ANSWERED = (("accept", 5), ("contact", 60), ("finish", 1_000), ("close", 1_400))


def rows() -> list[BenchRow]:
    """Opening, clocks, pages."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DENGHUO_HOME": folder, "DJANGO_SETTINGS_MODULE": "denghuo.main.settings"}
        return list(_measured())


def _measured() -> Iterator[BenchRow]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import override_settings

    call_command("migrate", verbosity=0)
    unit_id = _station()
    _load(unit_id)
    yield _opening(unit_id)
    yield _clocks()
    with override_settings(ALLOWED_HOSTS=["testserver"], SECURE_SSL_REDIRECT=False):
        yield _page(
            "the list of orders, what is due first", "/orders/", size=f"{PAST + OPEN:,} orders", goal="≤ 300 ms"
        )
        month = "/orders/month/?month=2026-04"
        yield _page("a month of orders, every limit by its own kind", month, size="6,200 orders in it", goal="≤ 300 ms")


def _station() -> int:
    from denghuo.apps.organization.actions import assign_role, open_unit, register_user, take_over_calendar
    from denghuo.apps.organization.models import Role, UnitKind

    who = {"at": AT, "actor": "bench"}
    unit = open_unit(code="lamp", name="灯山供电所", kind=UnitKind.STATION, parent=None, **who)
    user = register_user(username="head", display_name="所长", password=None, **who)
    assign_role(user=user, unit=unit, role=Role.STATION_HEAD, **who)
    take_over_calendar(**who)
    return int(unit.pk)


def _load(unit_id: int) -> None:
    """A hundred thousand orders that are over, and two thousand that are not."""
    from denghuo.apps.orders.actions import OrderEntry, PastOrder, PastStep, import_orders

    rng = np.random.default_rng(1)
    way = (("dispatch", 1), ("accept", 2), ("arrive", 30), ("restore", 80), ("finish", 85), ("close", 200))
    orders = []
    for n in range(PAST + OPEN):
        is_open = n >= PAST
        minutes = int(rng.integers(0, 500)) if is_open else int(rng.integers(1_440, 700_000))
        received_at = AT - minutes * _MIN
        kind, topic = ("complaint", "attitude") if n % 10 == 0 else ("fault", "no_supply")
        entry = OrderEntry(kind=kind, topic=topic, unit_id=unit_id, received_at=received_at, first_asked="head")
        way_of = _ANSWERED if kind == "complaint" else way
        steps = [
            PastStep(step=step, told_at=received_at + after * _MIN, actor="head")
            for step, after in way_of
            if not is_open or after < 60
        ]
        orders.append(PastOrder(entry=entry, steps=tuple(steps)))
    for start in range(0, len(orders), 5_000):
        import_orders(unit_id=unit_id, orders=orders[start : start + 5_000], source_name="bench", at=AT, actor="bench")


def _opening(unit_id: int) -> BenchRow:
    from denghuo.apps.orders.actions import OrderEntry, open_order

    started = time.perf_counter()
    for n in range(OPENED):
        entry = OrderEntry(
            kind="fault",
            topic="no_supply",
            unit_id=unit_id,
            received_at=AT,
            caller=f"128{n:08d}",
            client_key=f"bench-{n}",
        )
        open_order(entry=entry, at=AT, actor="bench")
    return BenchRow(
        work="opening an order: row, first step, first deadline, fact",
        size="1",
        goal="≤ 4 ms",
        ours_s=(time.perf_counter() - started) / OPENED,
        peak_mb=float("nan"),
        peers={},
        note="one process, one transaction each, the caller sealed",
    )


def _clocks() -> BenchRow:
    from denghuo.apps.orders.models import Order
    from denghuo.apps.orders.queries import clocks_of_all

    rows = list(Order.objects.filter(closed_at=None).order_by("-pk")[:OPEN])
    told = timed(lambda: clocks_of_all(rows, at=AT), repeat=5, memory=False)
    return BenchRow(
        work="all clocks of open orders, in all layers",
        size=f"{len(rows):,} orders",
        goal="≤ 1 s",
        ours_s=told.seconds,
        peak_mb=float("nan"),
        peers={},
        note="steps read from rows, a few calls of the engine",
    )


def _page(work: str, path: str, *, size: str, goal: str) -> BenchRow:
    from django.test import Client

    from denghuo.apps.organization.models import User

    client = Client()
    client.force_login(User.objects.get(username="head"))
    told = timed(lambda: client.get(path), repeat=15, memory=False)
    assert told.result.status_code == 200, told.result.status_code
    return BenchRow(
        work=work,
        size=size,
        goal=goal,
        ours_s=told.seconds,
        peak_mb=float("nan"),
        peers={},
        note="the whole page, without the network",
    )
