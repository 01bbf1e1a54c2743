"""Messages through a gateway that answers after 20 ms, on SQLite; beside one task for each message in the task queue
that a Django site would keep in its database. The queue does less: it knows no order of urgency, no rate, no receipts,
and a message whose worker is killed is either lost or sent twice.
"""

import importlib.util
import logging
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import django
from bench.common import BenchRow, timed
from django.conf import settings

from denghuo.main import environment

QUEUED, SENT, REPORTED, HOUSEHOLDS, PRINTED = 20_000, 1_000, 1_000, 10_000, 200
DELAY_S = 0.02
PEER = "django-tasks-db"
AT = datetime(2026, 7, 1, tzinfo=UTC)
SYSTEM: dict[str, Any] = {"at": AT, "actor": "bench"}
NAN = float("nan")
_where = {"url": ""}


def post(number: int) -> None:
    """One message as a plain task sends it."""
    import httpx

    told = {"id": f"task-{number}", "to": f"1380013{number % 10_000:04d}", "text": "停电了"}
    httpx.post(_where["url"], json=told, headers={"idempotency-key": told["id"]}, trust_env=False).raise_for_status()


def post_later(number: int) -> None:
    """The same as a task: the queue replaces this name by its own object."""
    post(number)


def gateway(told: Connection) -> None:
    """A gateway in a process of its own, until it is told to end."""
    from denghuo.main.demo.gateway import Deed, FakeGateway

    with FakeGateway(deed=lambda _: Deed(delay_s=DELAY_S), keep_all=False) as fake:
        told.send(fake.url("webhook"))
        told.recv()


def rows() -> list[BenchRow]:
    """Queueing, sending, receipts, the list of those not told, notices on paper."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=gateway, args=(there,), daemon=True)
    process.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            return _measured(Path(folder), here.recv())
    finally:
        here.send(None)
        process.join()


def _measured(folder: Path, url: str) -> list[BenchRow]:
    _where["url"] = url
    has_peer = _set_up(folder, has_peer=bool(importlib.util.find_spec("django_tasks_db")))
    unit_id, gateway_id = _station(url)
    queued = _taking(lambda: _queue(unit_id, QUEUED, "planned"))
    listed = _unnotified()
    _forget()
    sent = statistics.median(_send(unit_id, str(turn)) for turn in range(3))
    reported = _report(gateway_id)
    by_tasks = _tasks() if has_peer else NAN
    printed = _print()
    return [
        _row("queue messages", f"{QUEUED:,}, sealed", queued, f"{QUEUED / queued:,.0f}/s"),
        _row("send", f"{SENT:,}, 16 threads, 20 ms", sent, f"{SENT / sent:,.0f}/s", peer_s=by_tasks, goal="> 200/s"),
        _row("take receipts", f"{REPORTED:,}, 50 a call", reported, f"{REPORTED / reported:,.0f}/s"),
        _row("who was not told", f"{HOUSEHOLDS:,} households", listed, ""),
        _row("notices on paper", f"{PRINTED} pages A5", printed, f"{PRINTED / printed:,.0f} pages/s", goal="< 3 s"),
    ]


def _row(work: str, size: str, ours_s: float, note: str, *, peer_s: float = NAN, goal: str = "–") -> BenchRow:
    peers = {} if peer_s != peer_s else {PEER: peer_s}
    return BenchRow(work=work, size=size, ours_s=ours_s, peak_mb=NAN, peers=peers, note=note, goal=goal)


def _taking(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _set_up(folder: Path, *, has_peer: bool) -> bool:
    database = environment.database(f"sqlite:///{folder / 'bench.sqlite3'}", pool=0, busy_s=30)
    own = ["denghuo.apps.ledger", "denghuo.apps.organization", "denghuo.apps.notices"]
    settings.configure(
        DATABASES={"default": {**database, "CONN_MAX_AGE": None}},
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            *own,
            *(["django_tasks", "django_tasks_db"] if has_peer else []),
        ],
        AUTH_USER_MODEL="organization.User",
        # Their tables as the models say: their migrations would ask for every other context.
        MIGRATION_MODULES=dict.fromkeys(("auth", "contenttypes", "organization", "notices")),
        TASKS={"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}},
        DATA_KEYS=environment.data_keys("DENGHUO_BENCH_KEYS", folder, algorithm="aes-gcm"),
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        STATICFILES_DIRS=[Path(environment.__file__).parent / "static"],  # the letters that notices are printed in
        USE_TZ=True,
    )
    django.setup()
    from django.core.management import call_command

    from denghuo.apps.ledger import registry
    from denghuo.apps.notices import facts as notices_facts
    from denghuo.apps.organization import facts as organization_facts

    call_command("migrate", verbosity=0, run_syncdb=True)
    registry.register_module(notices_facts, context="notices")
    registry.register_module(organization_facts, context="organization")
    logging.disable(logging.INFO)
    if has_peer:
        from django_tasks import task

        globals()["post_later"] = task()(post_later)
    return has_peer


def _station(url: str) -> tuple[int, int]:
    from denghuo.apps.notices.actions import GatewayEntry, set_gateway
    from denghuo.apps.organization.actions import open_unit
    from denghuo.apps.organization.models import UnitKind

    unit = open_unit(code="lamp", name="灯山供电所", kind=UnitKind.STATION, parent=None, **SYSTEM)
    entry = GatewayEntry(
        name="sms",
        kind="webhook",
        channel="sms",
        endpoint=url,
        secret="s",
        rate_per_s=5_000,
        price_fen=Decimal("4.5"),
    )
    return unit.pk, set_gateway(unit_id=unit.pk, entry=entry, **SYSTEM).pk


def _queue(unit_id: int, count: int, turn: str) -> None:
    from denghuo.apps.notices.actions import MessageEntry, queue_messages

    entries = [
        MessageEntry(
            key=f"{turn}:{number}",
            event="outages.planned",
            about=f"outages.outage:{turn}",
            channel="sms",
            ring=1 + number % 3,
            to_ref=f"customers.account:{number}",
            address=f"138{number:08d}",
            name="张三",
            text=f"计划停电通知：因线路检修，10kV灯山线定于7月8日停电，户号{number}。",
            unit_id=unit_id,
            legal=True,
        )
        for number in range(count)
    ]
    queue_messages(entries=entries, **SYSTEM)


def _unnotified() -> float:
    from denghuo.apps.notices.queries import unnotified

    refs = [f"customers.account:{number}" for number in range(HOUSEHOLDS)]
    return timed(lambda: unnotified("outages.outage:planned", refs), repeat=3, memory=False).seconds


def _forget() -> None:
    """What was queued to be counted is not to be sent."""
    from denghuo.apps.notices.models import Message

    Message.objects.all().delete()


def _send(unit_id: int, turn: str) -> float:
    from denghuo.apps.notices.models import Message
    from denghuo.apps.notices.sender import drain_messages

    _queue(unit_id, SENT, turn)
    seconds = _taking(drain_messages)
    assert not Message.objects.exclude(state="sent").exists()
    return seconds


def _report(gateway_id: int) -> float:
    from denghuo.adapters.messaging import Report, ReportKind
    from denghuo.apps.notices.actions import take_receipts
    from denghuo.apps.notices.models import Message

    tokens = list(Message.objects.values_list("token", flat=True)[:REPORTED])
    calls = [
        [Report(kind=ReportKind.DELIVERED, token=token, happened_at=AT) for token in tokens[start : start + 50]]
        for start in range(0, REPORTED, 50)
    ]

    def take() -> None:
        for reports in calls:
            take_receipts(gateway_id=gateway_id, reports=reports, at=AT + timedelta(minutes=1), actor="bench")

    return _taking(take)


def _tasks() -> float:
    from django.core.management import call_command

    for number in range(SENT):
        post_later.enqueue(number=number)  # type: ignore[attr-defined]
    return _taking(lambda: call_command("db_worker", batch=True, startup_delay=False, interval=0, verbosity=0))


def _print() -> float:
    from denghuo.apps.notices.models import NoticeCase
    from denghuo.apps.notices.queries import Sheet, printed

    sheet = Sheet(
        case=NoticeCase.PLANNED,
        area="青禾村、柳溪村",
        line="10kV灯山线",
        start_at=AT,
        end_at=AT + timedelta(hours=8),
        reason="线路绝缘化改造",
        phone="95598",
        issuer="灯山供电所",
        issued_on=date(2026, 7, 1),
        number="灯停〔2026〕12号",
        link="https://outage.example/12",
    )
    people = [(f"张{number}", f"{number:010d}", "青禾村3组12号") for number in range(PRINTED)]
    return timed(lambda: printed(sheet, people, size="A5"), repeat=3, memory=False).seconds
