"""Two years of Lamp station, short enough to add up by hand."""

from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone

from denghuo.apps.ledger import deliveries
from denghuo.apps.network.actions import OperationRow, import_switching_log
from denghuo.apps.organization.models import User
from denghuo.apps.outages.actions import OutageEntry, register_outages
from denghuo.apps.outages.models import Cause
from denghuo.engines.reliability import OutageKind
from tests.kept import Kept
from tests.world import AT, World, make_world


def local(text: str) -> datetime:
    """An instant as people in the station write it."""
    return datetime.fromisoformat(text).replace(tzinfo=timezone.get_default_timezone())


@dataclass(frozen=True)
class Told:
    """One outage: its entry and the operations that make it."""

    number: str
    kind: OutageKind
    cause: Cause
    operations: tuple[tuple[str, str, str], ...]
    planned: tuple[str, str] | None = None


# Users out: QL1 takes T4, T5, T6 out; QF1 these and T1, T2, T3; QL2 takes T5, FU1 takes T3.
STORY = (
    # 2024: 3 users, 2 h.
    Told(
        "A-1",
        OutageKind.FAULT_INTERNAL,
        Cause.LIGHTNING,
        (("QL1", "open", "2024-03-10T08:00"), ("QL1", "close", "2024-03-10T10:00")),
    ),
    # 3 users, 3 h, the last of them beyond what was approved.
    Told(
        "B-1",
        OutageKind.PLANNED_MAINTENANCE_INTERNAL,
        Cause.MAINTENANCE,
        (("QL1", "open", "2025-03-05T08:00"), ("QL1", "close", "2025-03-05T11:00")),
        ("2025-03-05T08:00", "2025-03-05T10:00"),
    ),
    # 6 users; three of them back after 1 h, three after 4 h.
    Told(
        "B-2",
        OutageKind.FAULT_INTERNAL,
        Cause.WIND,
        (
            ("QF1", "open", "2025-06-20T14:00"),
            ("QL1", "open", "2025-06-20T14:40"),
            ("QF1", "close", "2025-06-20T15:00"),
            ("QL1", "close", "2025-06-20T18:00"),
        ),
    ),
    # 1 user, 1 h in June and 2 h in July.
    Told(
        "B-3",
        OutageKind.FAULT_EXTERNAL,
        Cause.EXTERNAL_DAMAGE,
        (("QL2", "open", "2025-06-30T23:00"), ("QL2", "close", "2025-07-01T02:00")),
    ),
    # 1 user, 2 minutes: short.
    Told(
        "B-4",
        OutageKind.FAULT_INTERNAL,
        Cause.TREES,
        (("FU1", "open", "2025-08-01T12:00"), ("FU1", "close", "2025-08-01T12:02")),
    ),
)
YEAR = {"period": "days", "since": "2025-01-01", "until": "2025-12-31"}
USERS = 7
USER_HOURS = 3 * 3 + (3 * 1 + 3 * 4) + 3 + 2 / 60
USER_INTERRUPTIONS = 3 + 6 + 1 + 1


def tell(network_id: int, *story: Told) -> None:
    """Enter outages and what was switched, as people do."""
    entries = [
        OutageEntry(
            number=one.number,
            kind=one.kind,
            cause=one.cause,
            planned_start_at=local(one.planned[0]) if one.planned else None,
            planned_end_at=local(one.planned[1]) if one.planned else None,
        )
        for one in story
    ]
    rows = [
        OperationRow(device_code=code, closes=deed == "close", operated_at=local(at), event_number=one.number)
        for one in story
        for code, deed, at in one.operations
    ]
    register_outages(network_id=network_id, entries=entries, at=AT, actor="test")
    import_switching_log(network_id=network_id, rows=rows, at=AT, actor="test")
    deliveries.drain()  # on a slow machine, what follows may be left to a worker


def booked_world() -> World:
    """The town, its two years booked."""
    world = make_world()
    tell(world.network.pk, *STORY)
    return world


@pytest.fixture(scope="module")
def built_world(kept: Kept) -> World:
    return kept(booked_world)


@pytest.fixture
def world(built_world: World, db: None) -> World:
    return deepcopy(built_world)


def signed_in(user: User, language: str = "en") -> Client:
    """A browser in which this person is signed in."""
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client
