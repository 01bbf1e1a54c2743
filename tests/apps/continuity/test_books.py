"""What was read of the books is kept, and follows every booking."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import Queue
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from denghuo.apps.continuity import queries
from denghuo.apps.continuity.actions import book_interruptions
from denghuo.apps.continuity.models import Interruption
from denghuo.apps.network.actions import OperationRow, correct_switching
from denghuo.apps.network.models import SwitchingOperation
from denghuo.apps.outages.actions import classify_outage
from denghuo.apps.outages.models import Cause, Outage
from denghuo.engines.reliability import OutageKind
from tests.apps.continuity.conftest import USER_HOURS, Told, booked_world, local, signed_in, tell
from tests.apps.continuity.conftest import YEAR as YEAR_ASKED
from tests.world import AT, World

YEAR = [local("2025-01-01T00:00"), local("2026-01-01T00:00")]
SINCE_2024 = [local("2024-01-01T00:00"), local("2026-01-01T00:00")]


@pytest.fixture
def world(transactional_db: None) -> World:
    """Without a transaction around the test: within one, nothing read is kept."""
    return booked_world()


def hours(world: World, edges: list[Any] = YEAR) -> float:
    view = queries.View(network_ids=(world.network.pk,), as_of=local("2026-05-01T08:00"))
    return float(queries.indices(view, edges=edges).user_hours[0])


def reads(work: Callable[[], object]) -> list[str]:
    """The statements that read interruptions as columns."""
    with CaptureQueriesContext(
        connection,
    ) as told:
        work()
    return [one["sql"] for one in told.captured_queries if "julianday" in one["sql"] or "EXTRACT(EPOCH" in one["sql"]]


def test_asked_again_nothing_is_read(world: World) -> None:
    assert hours(world) == pytest.approx(USER_HOURS)
    assert reads(lambda: hours(world)) == []


def test_only_the_year_that_was_booked_is_read_again(world: World) -> None:
    hours(world, SINCE_2024)
    more = (("QL2", "open", "2025-09-01T08:00"), ("QL2", "close", "2025-09-01T09:00"))
    tell(world.network.pk, Told("B-9", OutageKind.FAULT, Cause.UNKNOWN, more))
    statements = reads(lambda: hours(world, SINCE_2024))
    assert len(statements) == 1
    assert "2025-01-01" in statements[0]
    last = Interruption.objects.order_by("-pk")[1].pk
    assert f"id > {last}" in statements[0], "of the year, only what is new"
    assert hours(world) == pytest.approx(USER_HOURS + 1)


def test_a_correction_is_followed(world: World) -> None:
    hours(world)
    wrong = SwitchingOperation.objects.get(event_number="B-3", closes=True)
    right = OperationRow(
        device_code="QL2", closes=True, operated_at=local("2025-07-01T04:00"), event_number="B-3", note=""
    )
    correct_switching(operation_id=wrong.pk, right=right, note="", at=AT, actor="test")
    assert hours(world) == pytest.approx(USER_HOURS + 2)


def test_an_outage_that_never_happened_leaves_the_figures(world: World) -> None:
    hours(world)
    for operation in SwitchingOperation.objects.filter(event_number="B-3"):
        correct_switching(operation_id=operation.pk, right=None, note="", at=AT, actor="test")
    assert not Interruption.objects.filter(outage__number="B-3").exists()
    assert hours(world) == pytest.approx(USER_HOURS - 3)


def test_another_kind_is_followed(world: World) -> None:
    view = queries.View(network_ids=(world.network.pk,), as_of=local("2026-05-01T08:00"))
    queries.breakdown(view, edges=YEAR, by="cause")
    outage = Outage.objects.get(number="B-2")
    classify_outage(
        outage_id=outage.pk,
        kind=OutageKind.FAULT_EXTERNAL,
        cause=Cause.FLOOD,
        place="",
        note="",
        at=AT,
        actor="test",
    )
    found = queries.breakdown(view, edges=YEAR, by="cause")
    by_cause = dict(zip(found.keys, found.table.user_hours.tolist(), strict=True))
    assert by_cause[str(Cause.FLOOD.value)] == pytest.approx(15)
    assert by_cause[str(Cause.WIND.value)] == 0


def test_what_is_taken_back_is_not_kept(world: World) -> None:
    """A transaction sees its own bookings; when it fails, nobody else has."""
    before = hours(world)
    with transaction.atomic():
        Interruption.objects.filter(outage__number="B-3").delete()
        assert hours(world) == pytest.approx(before - 3)
        transaction.set_rollback(True)
    assert hours(world) == pytest.approx(before)


def test_two_who_book_an_outage_at_once_book_it_once(world: World) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite lets one write at a time")
    before = Interruption.objects.count()
    told: dict[str, Any] = {
        "network_id": world.network.pk,
        "outage_ids": list(Outage.objects.values_list("pk", flat=True)),
        "at": AT,
        "actor": "test",
    }
    others: Queue[int] = Queue()

    def book() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            others.put(cursor.fetchone()[0])
        try:
            book_interruptions(**told)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            book_interruptions(**told)
            other = pool.submit(book)
            pid = others.get()
            while not other.done() and not waits(pid):
                pass
        other.result()
    assert Interruption.objects.count() == before


def waits(pid: int) -> bool:
    """Whether a session stands still for another one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE pid = %s AND NOT granted", [pid])
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("name", ["home", "parts", "frequent"])
def test_more_interruptions_take_no_more_queries(world: World, name: str) -> None:
    client = signed_in(world.chen)

    def count() -> int:
        client.get(reverse(f"continuity:{name}"), YEAR_ASKED)
        with CaptureQueriesContext(connection) as told:
            assert client.get(reverse(f"continuity:{name}"), YEAR_ASKED).status_code == 200
        return len(told)

    before = count()
    more = [
        Told(
            f"M-{day}",
            OutageKind.FAULT,
            Cause.UNKNOWN,
            (("QF1", "open", f"2025-11-{day:02d}T08:00"), ("QF1", "close", f"2025-11-{day:02d}T09:00")),
        )
        for day in range(1, 29)
    ]
    tell(world.network.pk, *more)
    assert count() == before
    assert before <= 20
