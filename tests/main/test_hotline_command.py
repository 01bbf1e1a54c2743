"""`denghuo hotline`: exchanges, logs read from files, and the live line."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from denghuo.adapters.telephony import (
    AgentState,
    AgentStatus,
    CallOutcome,
    CallRecord,
    LiveBatch,
    LiveSnapshot,
    WaitingCaller,
)
from denghuo.apps.hotline import queries
from denghuo.apps.hotline.models import Board, Call
from denghuo.apps.organization.actions import open_unit
from denghuo.apps.organization.models import UnitKind
from denghuo.main import cli
from denghuo.main.listening import follow
from denghuo.main.telephone_logs import LogFormat, recognize
from tests.world import AT

pytestmark = pytest.mark.django_db(transaction=True)
DATA = Path(__file__).resolve().parents[1] / "adapters/data/telephony"
QUEUE_LOG, TRACE = DATA / "asterisk_run1.queue_log.gz", DATA / "asterisk_run1.ami_queue_events.txt.gz"


@pytest.fixture
def exchange() -> None:
    open_unit(code="lamp", name="灯山", kind=UnitKind.STATION, parent=None, at=AT, actor="test")
    assert cli.main(["hotline", "exchange", "95598", "总机", "--unit", "lamp"]) == 0


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert cli.main(["hotline", *arguments, "--json"]) == 0
    return dict(json.loads(capsys.readouterr().out))


@pytest.mark.usefixtures("exchange")
def test_a_log_is_read_once_however_often(capsys: pytest.CaptureFixture[str]) -> None:
    first = told(capsys, "import", str(QUEUE_LOG), "--exchange", "95598")
    again = told(capsys, "import", str(QUEUE_LOG), "--exchange", "95598")
    assert (first["calls"], first["new"], again["new"]) == (81, 81, 0)
    assert "refused_calls" in first["never told by this source"]


@pytest.mark.usefixtures("exchange")
def test_what_another_exchange_told_is_not_counted_twice(capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "import", str(QUEUE_LOG), "--exchange", "95598")
    assert cli.main(["hotline", "exchange", "west", "西站总机", "--unit", "lamp"]) == 0
    assert cli.main(["hotline", "import", str(QUEUE_LOG), "--exchange", "west"]) == 2
    assert "81 are known from the exchange 总机" in capsys.readouterr().err
    assert Call.objects.count() == 81
    assert told(capsys, "import", str(QUEUE_LOG), "--exchange", "west", "--anyway")["new"] == 81


@pytest.mark.usefixtures("exchange")
def test_a_second_source_completes_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "import", str(QUEUE_LOG), "--exchange", "95598")
    traced = told(capsys, "import", str(TRACE), "--exchange", "95598")
    assert (traced["new"], traced["problem count"]) == (0, 0)
    assert Call.objects.count() == 81
    listed = told(capsys, "list")
    assert [row["new"] for row in listed["last read"]] == [0, 81]


@pytest.mark.usefixtures("exchange")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["import", "nowhere.log", "--exchange", "95598"], "nowhere.log"),
        (["import", str(QUEUE_LOG), "--exchange", "12398"], "known: 95598"),
        (["import", str(cli.__file__), "--exchange", "95598"], "no queue log"),
        (["exchange", "95598", "again", "--unit", "lamp"], "already"),
        (["exchange", "二", "again", "--unit", "lamp"], "no code"),
        (["exchange", "2", "again", "--unit", "wick"], "known: lamp"),
        (["listen", "--exchange", "95598"], "no secret"),
    ],
)
def test_what_cannot_be_is_said(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DENGHUO_PBX_SECRET", raising=False)
    assert cli.main(["hotline", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_files_are_recognized_by_what_they_hold(tmp_path: Path) -> None:
    table, events = tmp_path / "calls.csv", tmp_path / "events.log"
    table.write_text("呼入时间,主叫号码\n", encoding="utf-8")
    events.write_text("Event-Name: CUSTOM\n", encoding="utf-8")
    assert [recognize(path) for path in (QUEUE_LOG, TRACE, table, events)] == [
        LogFormat.QUEUE_LOG,
        LogFormat.AMI,
        LogFormat.TABLE,
        LogFormat.FREESWITCH,
    ]


@pytest.mark.usefixtures("exchange")
def test_the_live_line_reaches_the_board_and_the_records() -> None:
    call = CallRecord(
        call_id="1",
        queue="95598",
        caller="19900000001",
        entered_at=AT,
        queued_at=AT,
        outcome=CallOutcome.ABANDONED,
        wait_s=30.0,
        ended_at=AT + timedelta(seconds=30),
    )
    waiting = WaitingCaller(call_id="2", queue="95598", caller="19900000002", since=AT, position=1)
    agent = AgentStatus(agent="A001", state=AgentState.TALKING, since=AT)
    snapshot = LiveSnapshot(at=AT, waiting=(waiting,), agents=(agent,))

    async def batches() -> AsyncIterator[LiveBatch]:
        yield LiveBatch(calls=(), agent_events=(), problems=(), snapshot=snapshot, connected=True)
        yield LiveBatch(calls=(call,), agent_events=(), problems=(), snapshot=LiveSnapshot(at=AT), connected=True)
        yield LiveBatch(calls=(call,), agent_events=(), problems=(), snapshot=snapshot, connected=False)

    exchange = queries.exchange_of_code("95598")
    assert exchange is not None
    asyncio.run(follow(batches(), exchange_id=exchange.pk, source_name="test"))
    board = Board.objects.get()
    assert (board.revision, board.connected) == (3, False)
    assert board.state["waiting"][0]["caller"] == "19900000002"
    assert board.state["agents"][0]["state"] == "talking"
    assert [row.call_id for row in Call.objects.all()] == ["1"]


def test_without_a_hotline_there_is_nothing_to_forecast(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["staffing", "forecast"]) == 2
    assert "no hotline" in capsys.readouterr().err
