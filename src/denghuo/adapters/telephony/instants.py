"""Calls at times when nobody can have called."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo

from denghuo.adapters.telephony.findings import Finding
from denghuo.adapters.telephony.records import TelephonyCode, TelephonyLog, TelephonyProblem

__all__ = ["believable", "is_believable"]

# Clocks that were never set begin at 1970 or 1980; one that is a few hours fast, or off by its time zone, is believed.
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_FAST = timedelta(days=1)


def is_believable(at: datetime, *, now: datetime) -> bool:
    """Whether somebody can have called then: neither before the year 2000 nor after tomorrow."""
    return _EARLIEST <= at <= now + _FAST


def believable(log: TelephonyLog, *, now: datetime, zone: tzinfo) -> TelephonyLog:
    """The log without calls at times when nobody can have called, each named among its problems, with its local time.

    >>> believable(TelephonyLog(calls=()), now=datetime(2026, 5, 1, tzinfo=UTC), zone=UTC).calls
    ()
    """
    odd = [call for call in log.calls if not is_believable(call.entered_at, now=now)]
    if not odd:
        return log
    told = tuple(
        TelephonyProblem(
            code=TelephonyCode.BAD_TIME,
            finding=Finding.TIME_NOT_BELIEVABLE,
            call_id=call.call_id,
            value=f"{call.entered_at.astimezone(zone):%Y-%m-%d %H:%M}",
        )
        for call in odd
    )
    left = {id(call) for call in odd}
    calls = tuple(call for call in log.calls if id(call) not in left)
    instants = [call.entered_at for call in calls]
    return replace(
        log,
        calls=calls,
        problems=(*log.problems, *told),
        first_at=min(instants, default=None),
        last_at=max(instants, default=None),
    )
