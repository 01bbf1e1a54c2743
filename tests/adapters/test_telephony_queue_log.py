"""Asterisk's queue log: a recorded one against what is known of each of its calls, and everything that can be wrong."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from denghuo.adapters.telephony import (
    AgentEventKind,
    CallOutcome,
    CallRecord,
    Finding,
    TelephonyCode,
    TelephonyError,
    TelephonyLog,
    Unknowable,
    believable,
    merge_calls,
    read_queue_log,
)
from denghuo.adapters.telephony.queue_log import QueueLogAssembler

DATA = Path(__file__).parent / "data" / "telephony"
RECORDED = DATA / "asterisk_run1.queue_log.gz"
START = 1_700_000_000


def lines_of(path: Path) -> list[str]:
    with gzip.open(path, "rt") as stream:
        return stream.read().splitlines()


def truth() -> dict[str, dict[str, str]]:
    with gzip.open(DATA / "asterisk_run1.truth.csv.gz", "rt") as stream:
        return {row["call"]: row for row in csv.DictReader(stream)}


def log_of(*lines: str) -> TelephonyLog:
    """A log of lines that begin with seconds after its start."""
    assembler = QueueLogAssembler()
    for number, line in enumerate(lines, start=1):
        assembler.account.line = number
        seconds, _, rest = line.partition("|")
        whole, dot, fraction = seconds.partition(".")
        assembler.feed(f"{START + int(whole)}{dot}{fraction}|{rest}")
    return assembler.log()


def only(log: TelephonyLog) -> CallRecord:
    (call,) = log.calls
    return call


def codes(log: TelephonyLog) -> list[TelephonyCode]:
    return [problem.code for problem in log.problems]


def finished(log: TelephonyLog) -> set[CallRecord]:
    return {call for call in log.calls if call.outcome is not CallOutcome.LASTING}


def test_recorded_calls_are_as_they_were() -> None:
    log = read_queue_log(RECORDED)
    known = truth()
    assert {call.call_id for call in log.calls} == known.keys()
    for call in log.calls:
        row = known[call.call_id]
        assert call.outcome.name.lower() == row["outcome"]
        assert (call.caller, call.agent, str(call.position)) == (row["caller"], row["agent"], row["position"])
        waited_s = float(row["connected"] or row["left"]) - float(row["joined"])
        assert call.wait_s == pytest.approx(waited_s, abs=1.0)
        assert call.talk_s == (float(row["talk"]) if row["talk"] else None)
    assert log.problems == ()
    assert Unknowable.REFUSED_CALLS in log.unknowable
    assert sum(count.read for count in log.counts.values()) == log.lines == 246
    assert sum(one.kind is AgentEventKind.RANG_UNANSWERED for one in log.agent_events) == 4


@pytest.mark.parametrize(
    ("line", "outcome", "reason"),
    [
        ("20|c|q|NONE|ABANDON|1|2|20", CallOutcome.ABANDONED, "ABANDON"),
        ("20|c|q|NONE|EXITWITHTIMEOUT|1|2|20", CallOutcome.TIMED_OUT, "EXITWITHTIMEOUT"),
        ("20|c|q|NONE|EXITEMPTY|1|2|20", CallOutcome.LEFT_EMPTY, "EXITEMPTY"),
        ("20|c|q|NONE|EXITWITHKEY|7|1|2|20", CallOutcome.LEFT_BY_KEY, "EXITWITHKEY 7"),
        ("20|c|q|NONE|SYSCOMPAT", CallOutcome.FAILED, "SYSCOMPAT"),
        ("20|c|q|NONE|EXITWITHTIMEOUT|1", CallOutcome.TIMED_OUT, "EXITWITHTIMEOUT"),
    ],
)
def test_every_way_out_of_the_queue(line: str, outcome: CallOutcome, reason: str) -> None:
    call = only(log_of("0|c|q|NONE|ENTERQUEUE||13800000000|2", line))
    assert (call.outcome, call.left_because, call.wait_s, call.position) == (outcome, reason, 20.0, 2)


@pytest.mark.parametrize(
    ("line", "target"),
    [
        ("30|c|q|A1|BLINDTRANSFER|8001|internal|5|25|1", "8001"),
        ("30|c|q|A1|TRANSFER|8001|internal|5|25|1", "8001"),
        ("30|c|q|A1|ATTENDEDTRANSFER|BRIDGE|0a1b|5|25|1", "0a1b"),
        ("30|c|q|A1|ATTENDEDTRANSFER|LINK|PJSIP/1-2|PJSIP/3-4|5|25|1", "PJSIP/1-2|PJSIP/3-4"),
    ],
)
def test_a_transfer_ends_the_agents_part(line: str, target: str) -> None:
    call = only(log_of("0|c|q|NONE|ENTERQUEUE||138|1", "5|c|q|A1|CONNECT|5|x|3", line))
    assert (call.outcome, call.transferred_to, call.talk_s, call.ring_s) == (CallOutcome.ANSWERED, target, 25.0, 3.0)


def test_what_agents_do() -> None:
    log = log_of(
        "0|MANAGER|q|A1|ADDMEMBER|PAUSED",
        "1|NONE|q|A1|UNPAUSE|",
        "2|NONE|NONE|A2|AGENTLOGIN|PJSIP/2",
        "3|c|q|A1|RINGNOANSWER|15000",
        "4|NONE|NONE|A2|PAUSEALL|午餐",
        "5|NONE|NONE|A2|AGENTLOGOFF|PJSIP/2|3",
        "6|NONE|q|A1|REMOVEMEMBER|",
    )
    kind = AgentEventKind
    assert [(one.agent, one.kind) for one in log.agent_events] == [
        ("A1", kind.LOGGED_IN),
        ("A1", kind.PAUSED),
        ("A1", kind.RESUMED),
        ("A2", kind.LOGGED_IN),
        ("A1", kind.RANG_UNANSWERED),
        ("A2", kind.PAUSED),
        ("A2", kind.LOGGED_OUT),
        ("A1", kind.LOGGED_OUT),
    ]
    assert log.agent_events[4].seconds == 15.0
    assert log.agent_events[5].reason == "午餐"
    assert log.calls == ()


def test_fractional_times_are_used() -> None:
    call = only(log_of("0.25|c|q|NONE|ENTERQUEUE||138|1", "5.75|c|q|A|CONNECT|5|x|2", "9.5|c|q|A|COMPLETEAGENT|5|3|1"))
    assert (call.wait_s, call.talk_s, call.precise) == (5.5, 3.75, True)


@pytest.mark.parametrize("number", ["", "anonymous", "<unknown>", "Anonymous", "unknown"])
def test_a_withheld_number_is_no_number(number: str) -> None:
    assert only(log_of(f"0|c|q|NONE|ENTERQUEUE||{number}|1")).caller == ""


def test_two_exchanges_with_the_same_ids_do_not_mix() -> None:
    log = log_of(
        "0|1.1|q|NONE|ENTERQUEUE||138|1",
        "3|1.1|q|NONE|ENTERQUEUE||139|4",
        "10|1.1|q|A|CONNECT|10|x|2",
        "12|1.1|q|NONE|ABANDON|2|4|9",
        "20|1.1|q|A|COMPLETECALLER|10|10|1",
    )
    assert TelephonyCode.SAME_ID in codes(log)
    assert [(call.caller, call.outcome, call.wait_s) for call in log.calls] == [
        ("138", CallOutcome.ANSWERED, 10.0),
        ("139", CallOutcome.ABANDONED, 9.0),
    ]


def test_one_call_in_two_queues_is_two_records() -> None:
    log = log_of(
        "0|c|hot|NONE|ENTERQUEUE||138|1",
        "9|c|hot|NONE|EXITWITHTIMEOUT|1|1|9",
        "9|c|all|NONE|ENTERQUEUE||138|1",
        "12|c|all|A|CONNECT|3|x|1",
        "15|c|all|A|COMPLETEAGENT|3|3|1",
    )
    assert [(call.queue, call.outcome) for call in log.calls] == [
        ("hot", CallOutcome.TIMED_OUT),
        ("all", CallOutcome.ANSWERED),
    ]


def test_a_log_written_twice_counts_once() -> None:
    lines = [line.split("|", 1) for line in lines_of(RECORDED)]
    told = [f"{int(seconds) - START}|{rest}" for seconds, rest in lines]
    once, twice = log_of(*told), log_of(*told, *told)
    assert finished(once) == finished(twice)
    assert codes(twice).count(TelephonyCode.DUPLICATE_EVENT) == 81 + 64 + 64 + 17


def test_a_clock_that_goes_back_is_told_and_waits_stay_sane() -> None:
    log = log_of("3600|c|q|NONE|ENTERQUEUE||138|1", "10|c|q|A|CONNECT|10|x|2", "20|c|q|A|COMPLETEAGENT|10|10|1")
    call = only(log)
    assert codes(log) == [TelephonyCode.CLOCK_WENT_BACK, TelephonyCode.CONTRADICTION]
    assert (call.wait_s, call.talk_s) == (10.0, 10.0)


def test_a_call_begun_before_the_log_is_computed_back() -> None:
    log = log_of("10|c|q|A|CONNECT|7|x|2", "20|c|q|A|COMPLETECALLER|7|10|1", "21|d|q|A|COMPLETECALLER|4|6|1")
    first, second = sorted(log.calls, key=lambda call: call.call_id)
    at = datetime.fromtimestamp(START, UTC)
    assert (first.queued_at, first.wait_s, first.talk_s) == (at + timedelta(seconds=3), 7.0, 10.0)
    assert (second.queued_at, second.connected_at) == (at + timedelta(seconds=11), at + timedelta(seconds=15))
    assert TelephonyCode.UNKNOWN_CALL in codes(log)
    assert TelephonyCode.MISSING_EVENT in codes(log)


def test_a_restart_ends_what_was_going_on() -> None:
    log = log_of(
        "0|a|q|NONE|ENTERQUEUE||1|1",
        "1|b|q|NONE|ENTERQUEUE||2|2",
        "5|a|q|A|CONNECT|5|x|1",
        "9|NONE|NONE|NONE|QUEUESTART|",
    )
    assert [call.outcome for call in log.calls] == [CallOutcome.ANSWERED, CallOutcome.FAILED]
    assert log.calls[0].talk_s is None
    assert codes(log) == [TelephonyCode.RESTARTED, TelephonyCode.RESTARTED]


def test_every_broken_line_is_told(tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    good = f"{START}|c|q|NONE|ENTERQUEUE||138|1\n".encode()
    path.write_bytes(
        good
        + b"later|c|q|NONE|ABANDON|1|1|4\n"
        + f"{START + 4}|c|q|NONE|\n".encode()
        + b"\xff\xfe rubbish\n"
        + b"\0\0\0\0\n"
        + b"x" * 200_000
        + b"\n"
        + f"{START + 5}|c|q|NONE|ABANDON|1|1|5\n".encode()
        + f"{START + 6}|c|q|NONE|EXITWITHTIMEOUT|1|1|6\n".encode()
        + f"{START + 7}|d|q|NONE|ABANDON\n".encode()
        + f"{START + 8}|NONE|q|NONE|ENTERQUEUE||138|1\n".encode()
        + f"{START + 8}|c|q|A|OUR_OWN|1\n".encode() * 2
        + f"{START + 9}|e|q|NONE|ENTERQ".encode()
    )
    log = read_queue_log(path)
    assert [(problem.line, problem.code) for problem in log.problems] == [
        (2, TelephonyCode.BAD_TIME),
        (3, TelephonyCode.MISSING_FIELD),
        (4, TelephonyCode.UNREADABLE_LINE),
        (5, TelephonyCode.UNREADABLE_LINE),
        (6, TelephonyCode.LINE_TOO_LONG),
        (8, TelephonyCode.DUPLICATE_EVENT),
        (9, TelephonyCode.UNKNOWN_CALL),
        (10, TelephonyCode.MISSING_FIELD),
        (11, TelephonyCode.UNKNOWN_EVENT),
        (13, TelephonyCode.CUT_OFF),
    ]
    assert only(log).outcome is CallOutcome.ABANDONED
    assert log.counts["OUR_OWN"].ignored == 2
    assert log.unread == len(f"{START + 9}|e|q|NONE|ENTERQ")


@pytest.mark.parametrize("end", ["\n", "\nand its last line"])
def test_another_file_is_refused(tmp_path: Path, end: str) -> None:
    path = tmp_path / "queue_log"
    path.write_text(f"once upon a time\nthere was a log{end}")
    with pytest.raises(TelephonyError) as refused:
        read_queue_log(path)
    assert refused.value.problems[0].code is TelephonyCode.NOT_RECOGNIZED
    with pytest.raises(TelephonyError):
        read_queue_log(tmp_path / "nowhere")


def test_a_damaged_archive_gives_what_is_before_the_damage(tmp_path: Path) -> None:
    path = tmp_path / "queue_log.gz"
    path.write_bytes(RECORDED.read_bytes()[:-700])
    log = read_queue_log(path)
    assert TelephonyCode.CUT_OFF in codes(log)
    assert finished(log) <= finished(read_queue_log(RECORDED))
    assert len(log.calls) > 30


@given(st.binary(max_size=400))
def test_no_bytes_break_the_assembler(data: bytes) -> None:
    assembler = QueueLogAssembler()
    for line in data.decode("latin-1").split("\n"):
        assembler.feed(line)
        assembler.feed(f"{START}|{line}")
        assembler.feed(f"{START}|a|q|x|COMPLETEAGENT|{line}")
        assembler.feed(f"{START}|a|q|x|ATTENDEDTRANSFER|{line}")
    assert assembler.log().lines == 0


RECORDED_LINES = lines_of(RECORDED)


def read_lines(lines: list[str], unfinished: tuple[str, ...] = ()) -> TelephonyLog:
    assembler = QueueLogAssembler()
    assembler.resume(unfinished)
    for line in lines:
        assembler.feed(line)
    return assembler.log()


WHOLE = read_lines(RECORDED_LINES)


@given(st.integers(0, len(RECORDED_LINES)))
def test_a_log_read_in_two_parts_gives_the_same_calls(place: int) -> None:
    first = read_lines(RECORDED_LINES[:place])
    second = read_lines(RECORDED_LINES[place:], first.unfinished)
    assert finished(first) | finished(second) == finished(WHOLE)
    assert not finished(first) & finished(second)
    assert first.agent_events + second.agent_events == WHOLE.agent_events
    assert second.problems == ()


@given(st.integers(0, len(RECORDED_LINES)), st.integers(0, 80))
def test_parts_that_overlap_or_forget_are_merged_to_the_same_calls(place: int, overlap: int) -> None:
    first = read_lines(RECORDED_LINES[:place])
    second = read_lines(RECORDED_LINES[max(0, place - overlap) :])
    merged = merge_calls(first.calls, second.calls)
    assert [call.call_id for call in merged] == [call.call_id for call in WHOLE.calls]
    for call, known in zip(merged, WHOLE.calls, strict=True):
        assert (call.outcome, call.agent, call.wait_s, call.talk_s, call.caller) == (
            known.outcome,
            known.agent,
            known.wait_s,
            known.talk_s,
            known.caller,
        )
    assert merge_calls(merged, WHOLE.calls) == merged


def test_rotated_files_are_one_log(tmp_path: Path) -> None:
    old, new = tmp_path / "queue_log.1.gz", tmp_path / "queue_log"
    old.write_bytes(gzip.compress("".join(f"{line}\n" for line in RECORDED_LINES[:100]).encode()))
    new.write_text("".join(f"{line}\n" for line in RECORDED_LINES[100:]))
    assert read_queue_log(old, new).calls == WHOLE.calls


@pytest.mark.parametrize("second", ["4119660600", "1764470000000", "60"])
def test_a_log_of_times_that_cannot_be_is_told_from_another_file(tmp_path: Path, second: str) -> None:
    """The years 2100 and 1970, and milliseconds: the lines have the form, and no time is one."""
    path = tmp_path / "queue_log"
    path.write_text(f"{second}|c1|95598|NONE|ENTERQUEUE||138\n{second}|c1|95598|NONE|ABANDON|1|1|5\n")
    with pytest.raises(TelephonyError) as refused:
        read_queue_log(path)
    assert [(one.finding, one.value) for one in refused.value.problems] == [(Finding.TIMES_NOT_SECONDS, second)]
    path.write_text("a|b|c|d|e\nf|g|h|i|j\n")
    with pytest.raises(TelephonyError) as refused:
        read_queue_log(path)
    assert refused.value.problems[0].finding is Finding.NO_QUEUE_LOG


def test_calls_yet_to_come_are_told_in_local_time() -> None:
    log = log_of("0|c1|95598|NONE|ENTERQUEUE||138", "90000|c2|95598|NONE|ENTERQUEUE||139")
    left = believable(log, now=datetime.fromtimestamp(START - 3600, UTC), zone=ZoneInfo("Asia/Shanghai"))
    assert [call.call_id for call in left.calls] == ["c1"]
    assert (left.problems[-1].finding, left.problems[-1].value) == (Finding.TIME_NOT_BELIEVABLE, "2023-11-16 07:13")
