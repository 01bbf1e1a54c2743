"""What belongs to another unit's hotline shows on no list, in no workbook, no stream and no answer to a program."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from denghuo.adapters.telephony.records import CallOutcome
from denghuo.apps.hotline import actions
from denghuo.apps.hotline.models import Agent, CauseKind, Measure
from denghuo.apps.organization.actions import assign_role
from denghuo.apps.organization.models import Role
from denghuo.apps.outages.actions import OutageEntry, register_outage
from denghuo.engines.reliability import OutageKind
from tests.apps.hotline.conftest import Hotline, Ring, call
from tests.apps.network.conftest import signed_in
from tests.world import AT, World

SYSTEM: dict[str, Any] = {"at": AT, "actor": "test"}
NUMBER, MASKED = "13800000077", "138****0077"
EXCHANGE, AGENT, CAUSE, SOURCE, OUTAGE, REASON = "灯山总机", "何雨甲", "大风", "年度责任书", "T-2", "回访报修"
MONTH = {"month": "2026-05"}
DAY = {"day": "2026-05-01"}


@pytest.fixture
def lamp(world: World, hotline: Hotline, ring: Ring) -> Hotline:
    """Lamp station's hotline with one of everything; Bai of the other station, who may do everything there."""
    ring(call(NUMBER, 1), call(NUMBER, 3, CallOutcome.ABANDONED, wait_s=50.0))
    exchange_id = hotline.exchange.pk
    Agent.objects.filter(exchange_id=exchange_id, code="A001").update(name=AGENT, team="一班", user=hotline.agent)
    hour = timedelta(hours=1)
    told: dict[str, Any] = {"started_at": AT, "ended_at": AT + hour}
    actions.name_cause(
        unit_id=world.lamp.pk, entry=actions.CauseEntry(kind=CauseKind.STORM, name=CAUSE, **told), **SYSTEM
    )
    aim = {"measure": Measure.ANSWER_RATE, "share": 0.9, "source": SOURCE}
    actions.set_target(unit_id=world.lamp.pk, from_date=AT.date(), **aim, **SYSTEM)
    actions.ask_call_back(exchange_id=exchange_id, number=NUMBER, reason=REASON, due_at=AT + hour, **SYSTEM)
    entry = OutageEntry(number=OUTAGE, kind=OutageKind.PLANNED, planned_start_at=AT, planned_end_at=AT + hour)
    planned = register_outage(network_id=world.network.pk, entry=entry, **SYSTEM)
    actions.draft_announcement(exchange_id=exchange_id, outage_id=planned.pk, **SYSTEM)
    now = timezone.now()
    state = {
        "waiting": [{"call_id": "1", "caller": NUMBER, "queue": "95598", "since": now.isoformat()}],
        "agents": [{"agent": "A001", "state": "talking", "since": now.isoformat()}],
    }
    actions.update_board(exchange_id=exchange_id, state=state, connected=True, at=now, actor="listener")
    for user, unit in ((world.bai, world.wick), (world.gu, world.lamp)):
        assign_role(user=user, unit=unit, role=Role.ADMINISTRATOR, **SYSTEM)
        assign_role(user=user, unit=unit, role=Role.SHIFT_LEADER, **SYSTEM)
    return hotline


def shown(client: Client, name: str, query: dict[str, str]) -> str:
    answer = client.get(reverse(name), query)
    assert answer.status_code == 200, (name, answer.status_code)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode() + body.decode().encode("latin-1", "backslashreplace").decode("unicode_escape")


LISTS: list[tuple[str, dict[str, str], str]] = [
    ("hotline:home", MONTH, SOURCE),
    ("hotline:board", {}, AGENT),
    ("hotline:board", {}, MASKED),
    ("hotline:stream", {}, AGENT),
    ("hotline:stream", {}, MASKED),
    ("hotline:calls", {"counted": "calls", **MONTH}, MASKED),
    ("hotline:agents", MONTH, AGENT),
    ("hotline:causes", {}, CAUSE),
    ("hotline:targets", {}, SOURCE),
    ("hotline:seats", {}, AGENT),
    ("hotline:sources", {}, EXCHANGE),
    ("hotline:import", {}, EXCHANGE),
    ("hotline:announcements", {}, OUTAGE),
    ("hotline:call-backs", {}, MASKED),
    ("hotline:reviews", {}, "138****"),
    ("api:hotline-calls", MONTH, MASKED),
    ("api:hotline-live", {}, MASKED),
    ("api:hotline-announcements", {"expired": "true"}, OUTAGE),
]


@pytest.mark.parametrize(("name", "query", "words"), LISTS, ids=[f"{one[0]}-{one[2]}" for one in LISTS])
def test_lists_hold_nothing_of_another_unit(
    world: World, lamp: Hotline, name: str, query: dict[str, str], words: str
) -> None:
    if name != "hotline:reviews":  # what is drawn for review is drawn by lot
        assert words in shown(signed_in(world.gu), name, query), "the own unit sees it, else nothing is proved"
    theirs = shown(signed_in(world.bai), name, query)
    for secret in (words, EXCHANGE, AGENT, MASKED, NUMBER):
        assert secret not in theirs, secret


FIGURES = [("api:hotline-figures", MONTH), ("api:hotline-days", MONTH), ("api:hotline-intervals", DAY)]


@pytest.mark.parametrize(("name", "query"), FIGURES, ids=[one[0] for one in FIGURES])
def test_figures_count_nothing_of_another_unit(world: World, lamp: Hotline, name: str, query: dict[str, str]) -> None:
    own, theirs = (signed_in(user).get(reverse(name), query).content.decode() for user in (world.gu, world.bai))
    assert '"requests": 2' in own.replace('":2', '": 2')
    assert '"requests": 2' not in theirs.replace('":2', '": 2')


def test_a_workbook_holds_nothing_of_another_unit(world: World, lamp: Hotline) -> None:
    def cells(client: Client) -> set[object]:
        answer = client.post(reverse("hotline:export") + "?month=2026-05&counted=calls")
        book = openpyxl.load_workbook(BytesIO(answer.content))
        return {cell.value for sheet in book.worksheets for row in sheet.iter_rows() for cell in row}

    assert MASKED in cells(signed_in(world.gu))
    theirs = signed_in(world.bai).post(reverse("hotline:export") + "?month=2026-05&counted=calls")
    if theirs["Content-Type"].startswith("application/vnd"):
        assert MASKED not in cells(signed_in(world.bai))
    else:
        assert MASKED not in theirs.content.decode()


def test_an_exchange_of_another_unit_cannot_be_named(world: World, lamp: Hotline) -> None:
    client, queue = signed_in(world.bai), lamp.exchange.queues.get().pk
    asked = client.get(reverse("hotline:calls"), {"queue": str(queue), "counted": "calls", **MONTH})
    assert MASKED not in asked.content.decode()
    assert client.get(reverse("api:hotline-figures"), {"queue": str(queue), **MONTH}).status_code == 422
    upload = {"exchange": str(lamp.exchange.pk), "template": ""}
    assert client.post(reverse("hotline:import"), upload).status_code == 422
