"""Asterisk's manager events: recorded traces against the truth, and the ways in which traces mislead."""

from __future__ import annotations

import csv
import gzip
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.adapters.telephony import (
    AgentState,
    CallOutcome,
    CallRecord,
    TelephonyCode,
    TelephonyError,
    TelephonyLog,
    Unknowable,
    read_ami_trace,
)
from denghuo.adapters.telephony.ami_calls import CallAssembler
from denghuo.adapters.telephony.ami_messages import AmiMessage, AmiParser

DATA = Path(__file__).parent / "data" / "telephony"
QUEUE_EVENTS = DATA / "asterisk_run1.ami_queue_events.txt.gz"
START = 1_700_000_000


def truth() -> dict[str, dict[str, str]]:
    with gzip.open(DATA / "asterisk_run1.truth.csv.gz", "rt") as stream:
        return {row["call"]: row for row in csv.DictReader(stream)}


def check_against_truth(log: TelephonyLog) -> None:
    known = truth()
    assert {call.call_id for call in log.calls} == known.keys()
    for call in log.calls:
        row = known[call.call_id]
        assert call.outcome.name.lower() == row["outcome"]
        told = (call.caller, call.agent, str(call.position), call.menu)
        assert told == (row["caller"], row["agent"], row["position"], row["menu"])
        waited_s = float(row["connected"] or row["left"]) - float(row["joined"])
        assert call.wait_s == pytest.approx(waited_s, abs=1e-4)
        assert call.queued_at is not None
        assert call.queued_at.timestamp() == pytest.approx(float(row["joined"]), abs=1e-5)
        assert call.entered_at < call.queued_at
        if row["talk"]:
            assert call.talk_s == pytest.approx(float(row["talk"]), abs=1.0)
    assert log.problems == ()


def test_recorded_queue_events_are_as_it_was() -> None:
    log = read_ami_trace(QUEUE_EVENTS)
    check_against_truth(log)
    assert log.unknowable == (Unknowable.WRAP_UP,)


@pytest.mark.data
def test_a_full_recorded_trace_is_as_it_was(reference_data: Path) -> None:
    log = read_ami_trace(reference_data / "hotline/telephony/asterisk_run1.ami_full.txt.gz")
    check_against_truth(log)
    assert log.counts["Response Success"].ignored > 90


class Exchange:
    """Events as Asterisk would send them, told by the second."""

    def __init__(self, **options: float) -> None:
        self.assembler = CallAssembler(queue_limits_s=options)
        self.sent = 0

    def send(self, at_s: float, event: str, **fields: object) -> Exchange:
        self.sent += 1
        told = {key.casefold(): str(value) for key, value in fields.items()}
        told = {"event": event, "timestamp": f"{START + at_s:.6f}", **told}
        self.assembler.feed(AmiMessage(event, "", told, self.sent))
        return self

    def caller(self, at_s: float, event: str, call: str = "c1", **fields: object) -> Exchange:
        named = {"uniqueid": call, "linkedid": f"l-{call}", "queue": "q", "calleridnum": "13800000000", "exten": "q"}
        return self.send(at_s, event, **{**named, **fields})

    def agent(self, at_s: float, event: str, call: str = "c1", name: str = "A1", **fields: object) -> Exchange:
        named = {"interface": f"PJSIP/{name}", "membername": name, "destuniqueid": f"{call}-leg"}
        return self.caller(at_s, event, call, **{**named, **fields})

    def calls(self) -> tuple[CallRecord, ...]:
        self.assembler.finish()
        return self.assembler.log().calls

    def call(self) -> CallRecord:
        (call,) = self.calls()
        return call

    def codes(self) -> list[TelephonyCode]:
        return [problem.code for problem in self.assembler.account.problems]


def waiting(limit_s: int | None = None) -> Exchange:
    """A caller who came at 0 s and joined at 1 s, second in the queue; one agent is there."""
    exchange = Exchange()
    exchange.agent(0, "QueueMemberAdded", status=1, paused=0)
    exchange.caller(0, "Newchannel").caller(1, "QueueCallerJoin", position=1, count=1)
    if limit_s is not None:
        exchange.caller(1.1, "CEL", eventname="APP_START", application="Queue", appdata=f"q,r,,,{limit_s}")
    return exchange


def leave(exchange: Exchange, at_s: float) -> Exchange:
    exchange.caller(at_s, "QueueCallerAbandon", position=1, originalposition=1, holdtime=int(at_s - 1))
    return exchange.caller(at_s + 0.00001, "QueueCallerLeave", position=1, count=0)


def test_hanging_up_is_an_abandonment() -> None:
    exchange = waiting(25).caller(8.9, "HangupRequest")
    call = leave(exchange, 9).caller(9.0001, "Hangup").call()
    assert (call.outcome, call.wait_s, call.agent) == (CallOutcome.ABANDONED, pytest.approx(8.0, abs=1e-4), "")


def test_a_hang_up_beats_the_limit() -> None:
    exchange = waiting(25).caller(25.9, "HangupRequest")
    assert leave(exchange, 26).caller(26.0001, "Hangup").call().outcome is CallOutcome.ABANDONED


@pytest.mark.parametrize("field", ["status", "queuestatus", "result"])
def test_the_dial_plan_tells_of_a_time_out(field: str) -> None:
    exchange = leave(waiting(), 26).caller(26.1, "UserEvent", userevent="QueueExit", **{field: "TIMEOUT"})
    call = exchange.caller(26.11, "Hangup").call()
    assert (call.outcome, call.left_because) == (CallOutcome.TIMED_OUT, "TIMEOUT")


def test_a_variable_tells_of_a_time_out() -> None:
    exchange = leave(waiting(), 26).caller(26.00002, "VarSet", variable="QUEUESTATUS", value="TIMEOUT")
    assert exchange.caller(26.01, "Hangup").call().outcome is CallOutcome.TIMED_OUT


def test_the_queues_own_limit_tells_of_a_time_out() -> None:
    assert leave(waiting(25), 25.9).caller(25.91, "Hangup").call().outcome is CallOutcome.TIMED_OUT


def test_a_known_limit_tells_of_a_time_out() -> None:
    exchange = Exchange(q=25)
    exchange.caller(1, "QueueCallerJoin", position=1)
    assert leave(exchange, 26).call().outcome is CallOutcome.TIMED_OUT


def test_a_channel_that_lives_on_was_sent_out() -> None:
    assert leave(waiting(), 15).caller(19, "Hangup").call().outcome is CallOutcome.TIMED_OUT
    busy = leave(waiting(), 15).caller(15.1, "Newexten", application="Playback", extension="q")
    assert busy.caller(15.2, "Hangup").call().outcome is CallOutcome.TIMED_OUT


def test_a_caller_sent_to_the_next_queue_was_sent_out() -> None:
    exchange = leave(waiting(), 15).caller(15.01, "QueueCallerJoin", queue="second", position=1)
    exchange.caller(17, "HangupRequest").caller(17, "QueueCallerAbandon", queue="second", holdtime=2)
    first, second = exchange.caller(17, "QueueCallerLeave", queue="second").caller(17.01, "Hangup").calls()
    assert (first.queue, first.outcome) == ("q", CallOutcome.TIMED_OUT)
    assert (second.queue, second.outcome) == ("second", CallOutcome.ABANDONED)


def test_an_empty_queue_sends_its_callers_out() -> None:
    exchange = waiting().agent(3, "QueueMemberRemoved")
    exchange = leave(exchange, 5).caller(5.1, "UserEvent", userevent="Next", menu="voicemail")
    assert exchange.caller(9, "Hangup").call().outcome is CallOutcome.LEFT_EMPTY


def test_leaving_by_a_key_sends_no_abandonment() -> None:
    exchange = waiting().caller(5, "QueueCallerLeave").caller(5.1, "Newexten", application="VoiceMail", extension="1")
    assert exchange.caller(9, "Hangup").call().outcome is CallOutcome.LEFT_BY_KEY


def test_a_caller_refused_at_a_full_queue_is_found() -> None:
    exchange = waiting().send(0.5, "QueueParams", queue="q", max=1)
    exchange.caller(2, "Newchannel", "c2").caller(2.5, "UserEvent", "c2", userevent="IvrMenu", menu="outage", queue="")
    exchange.caller(2.51, "UserEvent", "c2", userevent="QueueExit", status="FULL", queue="")
    exchange.caller(2.6, "Hangup", "c2")
    refused = next(call for call in exchange.calls() if call.call_id == "c2")
    assert (refused.outcome, refused.queue, refused.menu) == (CallOutcome.REFUSED, "q", "outage")
    assert refused.left_because == "FULL"
    assert len(exchange.assembler.calls) == 1


def test_a_full_queue_is_inferred_where_nobody_says_so() -> None:
    exchange = waiting().send(0.5, "QueueParams", queue="q", max=1)
    exchange.caller(2, "Newchannel", "c2").caller(2.5, "UserEvent", "c2", userevent="IvrMenu", menu="outage", queue="")
    exchange.caller(2.6, "Hangup", "c2")
    refused = next(call for call in exchange.calls() if call.call_id == "c2")
    assert (refused.outcome, refused.queue) == (CallOutcome.REFUSED, "q")


def test_callers_who_never_asked_for_a_person() -> None:
    exchange = waiting()
    exchange.caller(2, "Newchannel", "c2").caller(3, "UserEvent", "c2", userevent="Announce", announcement="东区停电")
    exchange.caller(15, "UserEvent", "c2", userevent="AnnounceEnd", announcement="东区停电").caller(16, "Hangup", "c2")
    exchange.caller(20, "Newchannel", "c3").caller(21, "UserEvent", "c3", userevent="Announce", announcement="东区停电")
    exchange.caller(24, "Hangup", "c3")
    exchange.caller(30, "Newchannel", "leg").caller(31, "Hangup", "leg")
    told = {call.call_id: call for call in exchange.calls()}
    assert told.keys() == {"c1", "c2", "c3"}
    assert (told["c2"].outcome, told["c2"].announcement_s) == (CallOutcome.ANNOUNCED, 12.0)
    assert (told["c3"].outcome, told["c3"].announcement_s) == (CallOutcome.LOST_IN_ANNOUNCEMENT, 3.0)
    assert told["c2"].queued_at is None


def answered() -> Exchange:
    exchange = waiting().agent(2, "AgentCalled").caller(7, "QueueCallerLeave")
    return exchange.agent(7.0001, "AgentConnect", holdtime=6, ringtime=5)


def test_ringing_is_seconds_here_and_milliseconds_there() -> None:
    exchange = waiting().agent(2, "AgentRingNoAnswer", name="A0", ringtime=6000)
    exchange.agent(7, "AgentConnect", holdtime=6, ringtime=4).agent(17, "AgentComplete", talktime=10, holdtime=6)
    assert exchange.call().ring_s == 4.0
    assert [event.seconds for event in exchange.assembler.agent_events] == [None, 6.0, 4.0, 10.0]


def test_a_completion_without_the_caller_is_joined_by_what_links_them() -> None:
    for links in ({"destuniqueid": "c1-leg"}, {"destlinkedid": "l-c1"}, {}):
        exchange = answered().caller(17, "Hangup")
        exchange.send(17.2, "AgentComplete", queue="q", interface="PJSIP/A1", membername="A1", talktime=10, **links)
        call = exchange.call()
        assert (call.outcome, call.agent, call.talk_s) == (CallOutcome.ANSWERED, "A1", pytest.approx(10.2, abs=1e-3))
        assert exchange.codes() == []


def test_holds_and_transfers_are_noted() -> None:
    exchange = answered().caller(8, "Hold", "c1-leg").caller(10.5, "Unhold", "c1-leg")
    exchange.send(12, "BlindTransfer", transfereeuniqueid="c1", extension="8001")
    call = exchange.agent(12.1, "AgentComplete", talktime=5, reason="transfer").call()
    assert (call.hold_s, call.transferred_to, call.left_because) == (2.5, "8001", "transfer")


def test_missing_events_are_told_and_made_up_for() -> None:
    lost_connect = waiting().caller(7, "QueueCallerLeave").agent(20, "AgentComplete", holdtime=6, talktime=13)
    call = lost_connect.call()
    assert (call.outcome, call.wait_s, call.talk_s) == (CallOutcome.ANSWERED, 6.0, 13.0)
    assert lost_connect.codes() == [TelephonyCode.MISSING_EVENT]
    lost_completion = answered().caller(20, "Hangup").caller(40, "Newchannel", "other")
    call = lost_completion.call()
    assert (call.outcome, call.talk_s) == (CallOutcome.ANSWERED, pytest.approx(13.0, abs=1e-3))
    assert lost_completion.codes() == [TelephonyCode.MISSING_EVENT]
    lost_join = Exchange().agent(7, "AgentConnect", holdtime=6).agent(9, "AgentComplete", holdtime=6, talktime=2)
    assert (lost_join.call().wait_s, lost_join.codes()) == (6.0, [TelephonyCode.UNKNOWN_CALL])
    lost_leave = waiting().caller(9, "HangupRequest").caller(9, "Hangup").caller(20, "Newchannel", "other")
    assert (lost_leave.call().outcome, lost_leave.codes()) == (CallOutcome.ABANDONED, [TelephonyCode.MISSING_EVENT])


def test_events_told_twice_count_once() -> None:
    exchange = answered()
    for _ in range(2):
        exchange.agent(7.0001, "AgentConnect", holdtime=6, ringtime=5)
    for _ in range(2):
        exchange.agent(17, "AgentComplete", holdtime=6, talktime=10)
    assert exchange.call().outcome is CallOutcome.ANSWERED
    assert exchange.codes() == [TelephonyCode.DUPLICATE_EVENT] * 3


def test_a_cut_in_the_middle_of_a_call_leaves_it_lasting() -> None:
    assert waiting().call().outcome is CallOutcome.LASTING
    talking = answered().call()
    assert (talking.outcome, talking.agent, talking.wait_s) == (CallOutcome.LASTING, "A1", pytest.approx(6, abs=1e-3))


def test_a_clock_set_back_is_told() -> None:
    exchange = waiting()
    exchange.agent(-3600, "AgentConnect", holdtime=6).agent(-3590, "AgentComplete", talktime=10, holdtime=6)
    call = exchange.call()
    assert (call.wait_s, call.talk_s) == (6.0, 10.0)
    assert TelephonyCode.CLOCK_WENT_BACK in exchange.codes()


def test_the_live_state() -> None:
    exchange = waiting()
    exchange.caller(2, "QueueCallerJoin", "c2", position=2, calleridnum="139")
    exchange.caller(3, "QueueCallerJoin", "vip", position=1, calleridnum="<unknown>")
    snapshot = exchange.assembler.snapshot()
    assert [(one.call_id, one.position, one.caller) for one in snapshot.waiting] == [
        ("vip", 1, ""),
        ("c1", 2, "13800000000"),
        ("c2", 3, "139"),
    ]
    exchange.agent(4, "AgentCalled", "vip")
    assert exchange.assembler.snapshot().agents[0].state is AgentState.RINGING
    exchange.caller(5, "QueueCallerLeave", "vip").agent(5, "AgentConnect", "vip", holdtime=2)
    snapshot = exchange.assembler.snapshot()
    assert [one.call_id for one in snapshot.waiting] == ["c1", "c2"]
    (agent,) = snapshot.agents
    assert (agent.state, agent.call_id, agent.queues) == (AgentState.TALKING, "vip", ("q",))
    assert agent.since is not None
    assert agent.since.timestamp() == START + 5
    exchange.agent(6, "QueueMemberPause", paused=1, pausedreason="lunch")
    assert exchange.assembler.snapshot().agents[0].state is AgentState.TALKING
    exchange.agent(9, "AgentComplete", "vip", talktime=4)
    assert exchange.assembler.snapshot().agents[0].state is AgentState.PAUSED


def test_the_exchanges_list_puts_the_state_right() -> None:
    exchange = waiting()
    exchange.send(60, "QueueParams", queue="q", max=10)
    exchange.caller(60, "QueueEntry", "c9", position=1, wait=20)
    exchange.send(60, "QueueStatusComplete")
    assert [one.call_id for one in exchange.assembler.snapshot().waiting] == ["c9"]
    told = {call.call_id: call for call in exchange.calls()}
    assert told["c1"].outcome is CallOutcome.LASTING
    assert told["c9"].queued_at is not None
    assert told["c9"].queued_at.timestamp() == START + 40
    assert exchange.codes() == [TelephonyCode.GAP]


TRACE = gzip.decompress(QUEUE_EVENTS.read_bytes())[:15_000]


def messages_of(*parts: bytes) -> list[AmiMessage]:
    parser = AmiParser(CallAssembler().account)
    return [message for part in parts for message in parser.feed(part)]


@settings(max_examples=40)
@given(st.lists(st.integers(0, len(TRACE)), max_size=12))
def test_messages_do_not_depend_on_how_bytes_arrive(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(TRACE)]
    parts = [TRACE[start:end] for start, end in pairwise(places)]
    assert messages_of(*parts) == messages_of(TRACE)


def test_line_ends_do_not_matter() -> None:
    assert messages_of(TRACE.replace(b"\n", b"\r\n")) == messages_of(TRACE)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    assembler = CallAssembler()
    parser = AmiParser(assembler.account)
    block = b"Event: AgentConnect\nTimestamp: 1700000000.5\nUniqueid: c\nQueue: q\nHoldTime: 1\n"
    for part in (data, b"\n\n", block, data, b"\n\n", block.replace(b"AgentConnect", b"UserEvent"), data, b"\n\n"):
        for message in parser.feed(part):
            assembler.feed(message)
    for message in parser.close():
        assembler.feed(message)
    assembler.finish()
    assert len(assembler.log().calls) <= 4


def test_rubbish_in_a_trace_is_told(tmp_path: Path) -> None:
    path = tmp_path / "trace.txt"
    event = b"Event: QueueCallerJoin\r\nTimestamp: 1700000000.5\r\nUniqueid: c\r\nQueue: q\r\nPosition: 1\r\n"
    cut, whole = event[:60], event + b"\r\n"
    path.write_bytes(
        b"Asterisk Call Manager/7.0.3\r\n" + cut + whole + b"no colon\r\nX: 1\r\n\r\n\0\0\r\nEvent: " + b"y" * 99_999
    )
    log = read_ami_trace(path)
    assert [problem.code for problem in log.problems] == [
        TelephonyCode.CUT_OFF,
        TelephonyCode.UNREADABLE_LINE,
        TelephonyCode.CUT_OFF,
        TelephonyCode.UNREADABLE_LINE,
        TelephonyCode.LINE_TOO_LONG,
    ]
    assert [call.call_id for call in log.calls] == ["c"]


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trace.txt"
    path.write_text("time,caller\n1,2\n")
    with pytest.raises(TelephonyError) as refused:
        read_ami_trace(path)
    assert refused.value.problems[0].code is TelephonyCode.NOT_RECOGNIZED


def test_events_without_a_time_need_a_clock() -> None:
    exchange = Exchange()
    told = {"event": "QueueCallerJoin", "uniqueid": "c", "queue": "q"}
    exchange.assembler.feed(AmiMessage("QueueCallerJoin", "", told, 1))
    assert exchange.codes() == [TelephonyCode.MISSING_FIELD]
    assert exchange.calls() == ()
