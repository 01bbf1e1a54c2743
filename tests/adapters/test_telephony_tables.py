"""Tables of calls of any exchange: recognized by their headings, read by a template, with every doubt told."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean, median

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from denghuo.adapters.telephony import (
    COMMON,
    CallOutcome,
    CallTemplate,
    Finding,
    TelephonyCode,
    TelephonyError,
    TelephonyLog,
    read_calls,
)
from denghuo.adapters.telephony.csv_calls import _seconds

CHINESE = (
    "流水号,呼入时间,主叫号码,技能组,坐席工号,排队时长(秒),振铃时长(毫秒),通话时长,结果\n"
    "1,2026-03-01 08:05:00,05711234567,抢修,1024,20,3000,0:01:05,已接\n"
    "2,2026/3/1 8:06,匿名,抢修,,45,,,排队放弃\n"
    "3,2026年3月1日8时7分,05717654321,抢修,,60,,,排队超时\n"
    "4,2026-03-01 08:08:00,05717654321,抢修,,,,,队列已满\n"
)


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def outcomes(log: TelephonyLog) -> list[CallOutcome]:
    return [call.outcome for call in log.calls]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_common_chinese_headings(tmp_path: Path, encoding: str) -> None:
    log = read_calls(written(tmp_path / "calls.csv", CHINESE, encoding))
    first = log.calls[0]
    assert first.entered_at == datetime(2026, 3, 1, 0, 5, tzinfo=UTC)
    assert first.connected_at == datetime(2026, 3, 1, 0, 5, 20, tzinfo=UTC)
    assert first.ended_at == datetime(2026, 3, 1, 0, 6, 25, tzinfo=UTC)
    assert (first.wait_s, first.ring_s, first.talk_s, first.agent) == (20.0, 3.0, 65.0, "1024")
    assert (first.call_id, first.caller, first.queue) == ("1", "05711234567", "抢修")
    assert outcomes(log) == [
        CallOutcome.ANSWERED,
        CallOutcome.ABANDONED,
        CallOutcome.TIMED_OUT,
        CallOutcome.REFUSED,
    ]
    assert log.problems == ()


def test_the_same_in_a_workbook_and_gzipped(tmp_path: Path) -> None:
    plain = read_calls(written(tmp_path / "calls.csv", CHINESE))
    packed = tmp_path / "calls.csv.gz"
    packed.write_bytes(gzip.compress(CHINESE.encode("gb18030")))
    book = Workbook()
    assert book.active is not None
    book.active.append(["95598 呼入明细"])
    for line in CHINESE.splitlines():
        book.active.append(line.split(","))
    book.active.cell(row=3, column=2).value = datetime(2026, 3, 1, 8, 5)  # noqa: DTZ001 - as a workbook holds it
    book.save(tmp_path / "calls.xlsx")
    assert read_calls(packed).calls == plain.calls
    assert read_calls(tmp_path / "calls.xlsx").calls == plain.calls


def test_english_headings_and_another_zone(tmp_path: Path) -> None:
    text = (
        "Start Time,Caller ID,Agent,Wait Time (min),Talk Time,Status\n2026-03-01T08:05:00+01:00,138,A,1.5,65,Answered\n"
    )
    (call,) = read_calls(written(tmp_path / "calls.csv", text)).calls
    assert (call.entered_at, call.wait_s) == (datetime(2026, 3, 1, 7, 5, tzinfo=UTC), 90.0)
    assert call.call_id == "row 2"


def test_a_declared_template(tmp_path: Path) -> None:
    template = CallTemplate(
        name="ours",
        columns={
            "entered_at": ("T0",),
            "wait_s": ("W",),
            "ring_s": ("R",),
            "talk_s": ("S",),
            "agent": ("WHO",),
            "outcome": ("CODE",),
        },
        timezone="UTC",
        time_formats=("%d.%m.%Y %H:%M:%S",),
        duration_unit_s=0.001,
        outcomes={"10": CallOutcome.ANSWERED, "20": CallOutcome.ABANDONED},
        wait_excludes_ring=True,
    )
    text = (
        "T0;W;R;S;WHO;CODE\n01.03.2026 08:05:00;20000;4000;65000;A1;10\n01.03.2026 08:06:00;9000;;;;20\nx;1;1;1;;20\n"
    )
    log = read_calls(written(tmp_path / "calls.csv", text), template=template)
    assert [(call.wait_s, call.ring_s, call.talk_s) for call in log.calls] == [(24.0, 4.0, 65.0), (9.0, None, None)]
    assert [problem.code for problem in log.problems] == [TelephonyCode.BAD_TIME, TelephonyCode.MISSING_FIELD]
    assert (log.counts["row"].read, log.counts["row"].used) == (3, 2)
    with pytest.raises(TelephonyError, match="T0"):
        read_calls(written(tmp_path / "other.csv", CHINESE), template=template)


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    text = (
        "呼入时间,接通时间,结束时间,坐席,排队时长,通话时长,结果\n"
        "2026-03-01 08:05:00,2026-03-01 08:04:00,2026-03-01 08:06:00,1,-3,long,已接\n"
        "2026-03-01 08:05:00,,,,5,,奇怪\n"
        ",,,,5,,放弃\n"
    )
    log = read_calls(written(tmp_path / "calls.csv", text))
    assert [(problem.line, problem.code, problem.event) for problem in log.problems] == [
        (2, TelephonyCode.BAD_VALUE, "排队时长"),
        (2, TelephonyCode.BAD_VALUE, "通话时长"),
        (2, TelephonyCode.IMPOSSIBLE_ORDER, "接通时间"),
        (3, TelephonyCode.UNKNOWN_OUTCOME, "结果"),
        (4, TelephonyCode.MISSING_FIELD, "呼入时间"),
    ]
    assert log.calls[0].wait_s is None
    assert log.calls[0].talk_s == 120.0


def test_times_of_day_go_past_midnight(tmp_path: Path) -> None:
    text = "日期,呼入时间,接通时间,结束时间,坐席,结果\n20260301,23:59:50,0:00:10,0:03:00,1,已接\n"
    (call,) = read_calls(written(tmp_path / "calls.csv", text)).calls
    assert (call.wait_s, call.talk_s) == (20.0, 170.0)
    assert call.entered_at == datetime(2026, 3, 1, 15, 59, 50, tzinfo=UTC)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\0\1\2", b"PK\x03\x04 cut", "呼入时间\n".encode()])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "calls.csv"
    path.write_bytes(content)
    with pytest.raises(TelephonyError) as refused:
        read_calls(path)
    assert refused.value.problems[0].code is TelephonyCode.NOT_RECOGNIZED


@given(st.integers(0, 359_999))
def test_durations_as_they_are_written(seconds: int) -> None:
    hours, rest = divmod(seconds, 3600)
    minutes, last = divmod(rest, 60)
    for text in (f"{hours}:{minutes:02}:{last:02}", f"{hours}小时{minutes}分{last}秒", f"{seconds}秒", f"{seconds}"):
        assert _seconds(text, 1.0) == seconds


@given(st.text(max_size=30))
def test_no_text_breaks_a_duration(text: str) -> None:
    told = _seconds(text, 1.0)
    assert told is None or isinstance(told, float)


def test_the_common_headings_do_not_contradict_each_other() -> None:
    headings = [heading.casefold() for names in COMMON.columns.values() for heading in names]
    assert len(headings) == len(set(headings))


@pytest.mark.data
def test_the_anonymous_bank_to_the_figure(reference_data: Path) -> None:
    folder = reference_data / "hotline/calls"
    log = read_calls(folder / "anonymous_bank_1999_january.csv.gz")
    stats = json.loads((folder / "anonymous_bank_1999_january_stats.json").read_text())["january"]
    answered = [call for call in log.calls if call.outcome is CallOutcome.ANSWERED]
    lost = [call for call in log.calls if call.outcome is CallOutcome.ABANDONED]
    in_menu = [call for call in log.calls if call.outcome is CallOutcome.LOST_IN_ANNOUNCEMENT]
    phantoms = [one for one in log.problems if one.code is TelephonyCode.PHANTOM_CALL]
    waits = [call.wait_s for call in answered if call.wait_s is not None]
    talks = [call.talk_s for call in answered if call.talk_s is not None]
    figures = {
        "rows": log.counts["row"].read,
        "phantom": len(phantoms),
        "agent": len(answered),
        "hang": len(lost) + len(in_menu),
        "hang_in_vru": len(in_menu),
        "hang_in_queue": len(lost),
        "offered_to_agents": len(answered) + len(lost),
        "mean_q_time_answered_s": round(fmean(waits), 2),
        "mean_q_time_abandoned_s": round(fmean(call.wait_s or 0.0 for call in lost), 2),
        "mean_service_s": round(fmean(talks), 2),
        "median_service_s": median(talks),
        "short_service_lt10s": round(sum(talk < 10 for talk in talks) / len(talks), 4),
        "answered_without_wait": round(sum(wait == 0 for wait in waits) / len(waits), 4),
        "answered_within_20s_of_offered": round(sum(wait <= 20 for wait in waits) / (len(waits) + len(lost)), 4),
        "identified_queue_abandons": sum(call.caller != "" for call in lost),
        "agents": len({call.agent for call in answered} - {""}),
    }
    assert figures == {name: stats[name] for name in figures}
    assert len({call.key for call in log.calls}) == len(log.calls)


def test_what_nobody_can_have_called_at_is_left_out(tmp_path: Path) -> None:
    odd = CHINESE.replace("2026-03-01 08:05:00", "1970-01-01 08:05:00").replace("2026/3/1 8:06", "2099/3/1 8:06")
    log = read_calls(written(tmp_path / "calls.csv", odd), now=datetime(2026, 3, 1, tzinfo=UTC))
    assert [call.call_id for call in log.calls] == ["3", "4"]
    assert [(one.finding, one.line, one.event, one.value) for one in log.problems] == [
        (Finding.ROW_NOT_BELIEVABLE, 2, "呼入时间", "1970-01-01 08:05:00"),
        (Finding.ROW_NOT_BELIEVABLE, 3, "呼入时间", "2099/3/1 8:06"),
    ], "each by its line, with the time as it is written"


def test_a_day_and_a_time_in_columns_of_their_own_are_told_as_written(tmp_path: Path) -> None:
    text = "日期,呼入时间,结果\n20991130,10:32:00,放弃\n20260301,10:32:00,放弃\n"
    log = read_calls(written(tmp_path / "calls.csv", text), now=datetime(2026, 3, 1, tzinfo=UTC))
    assert [(one.line, one.value) for one in log.problems] == [(2, "20991130 10:32:00")]
    assert len(log.calls) == 1
