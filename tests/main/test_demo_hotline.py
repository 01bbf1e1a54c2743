"""The demo's hotline: the same calls for the same days, hit by the station's outages, and going on as time does."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from denghuo.adapters.telephony import AgentState, CallOutcome, CallRecord, LiveBatch
from denghuo.apps.hotline.models import CauseKind
from denghuo.main.demo.hotline import CallHistory, Wave, duty, signing_in_around, simulate_calls
from denghuo.main.demo.line import demo_line, snapshot_at

ZONE = ZoneInfo("Asia/Shanghai")
DAY = datetime(2026, 3, 3, tzinfo=ZONE)
NUMBERS = ("19910000001", "19910000002", "19910000003")
STORM = Wave(started_at=DAY.replace(hour=15), restored_at=DAY.replace(hour=18), customers=4000, numbers=NUMBERS)
HEARD = DAY.replace(hour=15, minute=7)


def lived(*, start: datetime = DAY, days: int = 1, waves: tuple[Wave, ...] = ()) -> CallHistory:
    end = start + timedelta(days=days) - timedelta(seconds=1)
    return simulate_calls(start=start, now=end, waves=waves, seed=1, progress=lambda _share: None)


def between(calls: list[CallRecord], first: int, last: int) -> list[CallRecord]:
    return [call for call in calls if first <= call.entered_at.astimezone(ZONE).hour < last]


def test_a_day_is_the_same_whenever_one_looks_back() -> None:
    alone, among = lived(), lived(start=DAY - timedelta(days=2), days=3)
    assert alone.calls == [call for call in among.calls if call.entered_at >= DAY]


def test_calls_are_as_an_exchange_would_tell_them() -> None:
    history = lived(days=2)
    assert 600 < len(history.calls) < 2_000
    for call in history.calls:
        assert call.ended_at is not None
        assert call.ended_at >= call.entered_at
        if call.outcome is CallOutcome.ANSWERED:
            assert call.connected_at is not None
            local = call.connected_at.astimezone(ZONE)
            assert call.agent in {one.code for one in duty(local.date(), local.hour)}
    assert len({call.call_id for call in history.calls}) == len(history.calls)


def test_an_outage_is_heard() -> None:
    plain, hit = lived(), lived(waves=(STORM,))
    assert len(between(hit.calls, 15, 16)) > len(between(plain.calls, 15, 16)) + 60
    assert sum(call.caller in NUMBERS for call in between(hit.calls, 15, 18)) > 30
    assert not any(call.outcome is CallOutcome.ANNOUNCED for call in hit.calls)


def test_what_is_published_is_heard_by_those_who_call_then() -> None:
    until = HEARD + timedelta(minutes=30)
    silent = lived(waves=(STORM,)).calls
    told = lived(waves=(replace(STORM, announcement="outage-7", heard=((HEARD, until),)),)).calls
    heard = [call for call in told if call.outcome is CallOutcome.ANNOUNCED]
    assert len(heard) > 10
    assert all(HEARD <= call.entered_at < until and call.announcement == "outage-7" for call in heard)
    over = [[(call.call_id, call.outcome, call.ended_at) for call in calls] for calls in (silent, told)]
    before = [[one for one in calls if one[2] and one[2] < HEARD] for calls in over]
    assert before[0] == before[1], "what is over stays as it was told"


def test_what_hits_the_hotline_in_december_is_named_and_felt() -> None:
    start = datetime(2025, 12, 8, tzinfo=ZONE)
    history = simulate_calls(
        start=datetime(2025, 12, 7, tzinfo=ZONE),
        now=datetime(2025, 12, 9, tzinfo=ZONE),
        waves=(),
        seed=1,
        progress=lambda _share: None,
    )
    assert [cause.kind for cause in history.causes] == [CauseKind.SYSTEM_FAILURE]
    day = between([call for call in history.calls if call.entered_at >= start], 9, 20)
    answered = sum(call.outcome is CallOutcome.ANSWERED for call in day)
    assert answered < 0.7 * len(day)


def test_people_come_and_go_in_pairs() -> None:
    entries = lived(days=4).entries
    by_agent: dict[str, list[str]] = {}
    for one in sorted(entries, key=lambda one: one.at):
        by_agent.setdefault(one.agent, []).append(one.kind.name)
    assert len(by_agent) == 24
    for kinds in by_agent.values():
        assert kinds[::2] == ["LOGGED_IN"] * len(kinds[::2])


def test_the_state_of_a_moment() -> None:
    history = lived(waves=(STORM,))
    at = DAY.replace(hour=15, minute=14)
    now = snapshot_at(history.calls, at)
    talking = {one.agent for one in now.agents if one.state is AgentState.TALKING}
    expected = {
        call.agent
        for call in history.calls
        if call.connected_at and call.ended_at and call.connected_at <= at < call.ended_at
    }
    assert talking == expected
    assert len(now.agents) == len(duty(at.date(), at.hour))
    assert [one.position for one in now.waiting] == list(range(1, len(now.waiting) + 1))


def test_the_line_goes_on_as_time_does() -> None:
    history, clock = lived(), [DAY.replace(hour=10)]

    def now() -> datetime:
        clock[0] += timedelta(minutes=30)
        return clock[0]

    async def hear(count: int) -> list[LiveBatch]:
        heard = []
        line = demo_line(now=now, day_of=lambda _at: history, since=clock[0], tick_s=0.0)
        async for batch in line:
            heard.append(batch)
            if len(heard) == count:
                break
        return heard

    batches = asyncio.run(hear(6))
    told = [call for batch in batches for call in batch.calls]
    expected = [
        call for call in history.calls if call.ended_at and DAY.replace(hour=10) < call.ended_at <= DAY.replace(hour=13)
    ]
    assert sorted(call.call_id for call in told) == sorted(call.call_id for call in expected)
    assert told == sorted(set(told), key=told.index), "none twice"


@pytest.mark.parametrize("hour", range(24))
def test_enough_people_sit_there(hour: int) -> None:
    for day in range(8):
        on = duty((DAY + timedelta(days=day)).date(), hour)
        assert len(on) >= (6 if hour >= 8 else 3)
        assert len({one.code for one in on}) == len(on)


def test_who_comes_before_midnight_or_goes_after_it_is_told() -> None:
    told = signing_in_around(DAY, [])
    hour = timedelta(hours=1)
    hours = {
        (one.kind.name, one.agent): (one.at - DAY) / hour for one in told if -0.5 * hour < one.at - DAY < 0.5 * hour
    }
    gone = [agent for (kind, agent), after in hours.items() if kind == "LOGGED_OUT" and after > 0]
    came = [agent for (kind, agent), after in hours.items() if kind == "LOGGED_IN" and after < 0]
    assert set(gone) <= {one.code for one in duty((DAY - hour).date(), 23)}
    assert set(came) <= {one.code for one in duty(DAY.date(), 0)}
    assert gone
    assert came
