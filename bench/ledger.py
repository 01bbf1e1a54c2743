"""Recording facts and running what follows, on SQLite, one transaction each; beside the task queue that a Django site
would keep in its database. Both write one row in the action and one in the reaction. The queue does less: it keeps no
chain of digests, its task shares no transaction with its completion, and it leaves a task unfinished for ever when its
worker is killed.
"""

import importlib.util
import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import django
from bench.common import BenchRow
from django.conf import settings

from denghuo.main import environment

FACTS = 500
PEER = "django-tasks-db"
AT = datetime(2026, 7, 1, tzinfo=UTC)
NAN = float("nan")


@dataclass(frozen=True, kw_only=True)
class LampLit:
    number: int
    street: str


def light(number: int) -> None:
    """What the action and the reaction do besides: one row."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO lamp (number) VALUES (%s)", [number])


def light_later(number: int) -> None:
    """The same as a task: the queue replaces this name by its own object."""
    light(number)


def rows() -> list[BenchRow]:
    """Recording, following and verifying."""
    with tempfile.TemporaryDirectory() as folder:
        return _measured(Path(folder))


def _measured(folder: Path) -> list[BenchRow]:
    has_peer = _set_up(folder, has_peer=bool(importlib.util.find_spec("django_tasks_db")))
    from denghuo.apps.ledger import chain, deliveries

    recorded, followed = _rounds(_record, deliveries.drain)
    enqueued, worked = _rounds(_enqueue, _work) if has_peer else (NAN, NAN)
    started = time.perf_counter()
    count = chain.verify().count
    verified = time.perf_counter() - started
    size = f"{FACTS} facts, one reaction each"
    return [
        _row("act and record the fact", size, recorded, enqueued, f"{FACTS / recorded:,.0f} actions/s"),
        _row("run what follows from it", size, followed, worked, f"{FACTS / followed:,.0f} reactions/s"),
        _row("verify the chain", f"{count:,} facts", verified, NAN, f"{count / verified:,.0f} facts/s"),
    ]


def _row(work: str, size: str, ours_s: float, peer_s: float, note: str) -> BenchRow:
    peers = {} if peer_s != peer_s else {PEER: peer_s}
    return BenchRow(work=work, size=size, ours_s=ours_s, peak_mb=NAN, peers=peers, note=note)


def _set_up(folder: Path, *, has_peer: bool) -> bool:
    database = environment.database(f"sqlite:///{folder / 'bench.sqlite3'}", pool=0, busy_s=30)
    settings.configure(
        DATABASES={"default": {**database, "CONN_MAX_AGE": None}},
        INSTALLED_APPS=["denghuo.apps.ledger", *(["django_tasks", "django_tasks_db"] if has_peer else [])],
        TASKS={"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from denghuo.apps.ledger import registry

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE lamp (number integer NOT NULL)")
    registry.register(LampLit, context="town")
    registry.subscribe(LampLit, reaction="town.count", target=lambda fact, **_: light(fact.number), background=True)
    logging.disable(logging.INFO)
    if has_peer:
        from django_tasks import task

        globals()["light_later"] = task()(light_later)
    return has_peer


def _rounds(first: Callable[[], object], second: Callable[[], object], *, repeat: int = 5) -> tuple[float, float]:
    """Median seconds of both, taken in turns, after one round to warm up."""
    seconds: list[tuple[float, float]] = []
    for _ in range(repeat + 1):
        started = time.perf_counter()
        first()
        between = time.perf_counter()
        second()
        seconds.append((between - started, time.perf_counter() - between))
    return statistics.median(one for one, _ in seconds[1:]), statistics.median(two for _, two in seconds[1:])


def _record() -> None:
    from django.db import transaction

    from denghuo.apps.ledger.actions import record

    for number in range(FACTS):
        with transaction.atomic():
            light(number)
            record(LampLit(number=number, street="东街"), at=AT, actor="li")


def _enqueue() -> None:
    from django.db import transaction

    for number in range(FACTS):
        with transaction.atomic():
            light(number)
            light_later.enqueue(number=number)  # type: ignore[attr-defined]


def _work() -> None:
    from django.core.management import call_command

    call_command("db_worker", batch=True, startup_delay=False, interval=0, verbosity=0)
