"""Figures over days, by day, by interval, and around an outage."""

from datetime import date, datetime, time, timedelta
from math import isnan
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema
from ninja.errors import ValidationError
from pydantic import AwareDatetime

from denghuo.apps.hotline import queries
from denghuo.apps.hotline.forms import Asked, ask, local_today
from denghuo.apps.outages import queries as outages
from denghuo.apps.outages.models import Outage

router = Router()


class QuestionIn(Schema):
    """What is asked, as on the month's page. Left out: this month, every queue within reach."""

    month: str = Field("", description="YYYY-MM; not together with since or until")
    since: str = Field("", description="First local day, YYYY-MM-DD")
    until: str = Field("", description="Last local day, YYYY-MM-DD")
    queue: str = Field("", description="Key of a queue; empty: all")


class FiguresOut(Schema):
    """Calls counted, seconds summed [s], rates 0..1, means [s]. null: a rate over nothing, which is not 0."""

    calls: int
    requests: int = Field(description="Entered the queue for a person, and are over")
    first_requests: int
    answered: int
    in_time: int = Field(description="Answered within the definition's limit")
    abandoned: int
    abandoned_soon: int
    sent_away: int
    refused: int
    announced: int
    lost_before: int = Field(description="Hung up in the menu or the announcement")
    failed: int
    lasting: int = Field(description="Not over where their source ends")
    redials: int
    callers: int
    callers_solved: int
    wait_s: float
    wait_known: int = Field(description="Calls whose wait is in wait_s; so with the other sums")
    lost_wait_s: float
    lost_wait_known: int
    talk_s: float
    talk_known: int
    wrap_up_s: float
    wrap_up_known: int
    answer_rate: float | None
    answer_rate_without_soon: float | None
    answer_rate_all: float | None
    service_level: float | None
    callers_solved_share: float | None
    announced_share: float | None
    mean_wait_s: float | None
    mean_lost_wait_s: float | None
    mean_talk_s: float | None
    mean_handling_s: float | None


class QueueOut(Schema):
    id: int
    code: str
    name: str
    exchange: str = Field(description="Code of its exchange")


class AskedOut(Schema):
    """What was asked: local days from ``since`` to ``until``, both counted; calls of these queues."""

    since: date
    until: date
    queues: list[QueueOut]
    first_day: date | None = Field(description="First day with a call; of days before, nothing is known")
    unknowable: list[str] = Field(description="What no source of these exchanges can tell, so that it is in no figure")


class TargetOut(Schema):
    share: float
    from_date: date
    source: str
    unit: str


class VerdictOut(Schema):
    """The answer rate against the target."""

    reached: bool
    short_share: float = Field(description="By how much the rate lies below the target; 0 where it does not")
    missing_calls: int = Field(description="Calls that would have had to be answered besides")


class FiguresOfDaysOut(AskedOut):
    figures: FiguresOut | None = Field(description="null: no call is known of these days")
    target: TargetOut | None = Field(description="Of the answer rate, in force on the last day")
    verdict: VerdictOut | None


class DayOut(Schema):
    day: date
    figures: FiguresOut


class DaysOut(AskedOut):
    days: list[DayOut] = Field(description="Days with calls; of the others, no call is known")


class IntervalOut(Schema):
    begins_at: AwareDatetime
    minute: int = Field(description="The first of its minutes, of the local day")
    figures: FiguresOut


class IntervalsOut(AskedOut):
    interval_min: int
    intervals: list[IntervalOut] = Field(description="Intervals with calls")


class WaveIntervalOut(Schema):
    begins_at: AwareDatetime
    ends_at: AwareDatetime
    during: bool = Field(description="Whether the outage had begun: the quarter of an hour in which it did is divided")
    calls: int
    usual: float | None = Field(
        description="Mean of the same weekday over the four weeks before, of part of a quarter of an hour by the "
        "minutes; null: not known"
    )
    customers_out: int = Field(description="Customers without supply, the most at once")
    above_usual: float | None = Field(description="Calls above the usual that count at this outage and at no other")
    announced: int = Field(description="Hung up content with the announcement of this outage")
    figures: FiguresOut


class WaveOut(Schema):
    """Calls around an outage. Nothing, where it has not begun or no exchange within reach serves it."""

    outage_id: int
    outage: str
    exchanges: list[str]
    interval_min: int
    intervals: list[WaveIntervalOut]
    total: FiguresOut | None = Field(description="Everything counted since the outage began")
    above_usual: float | None = Field(description="The same since it began; null: not known")
    announced: int = Field(description="Hung up content with the announcement of this outage")
    peak_at: AwareDatetime | None = Field(description="When the interval with most calls since then begins")


def asked_of(request: HttpRequest, question: QuestionIn) -> Asked:
    """The question within the scope.

    Raises:
        ValidationError: 422, it is none.
    """
    asked = ask(request.data_scope, question.dict(), today=local_today())  # type: ignore[attr-defined]
    if asked.form.errors:
        raise refused(asked.form.errors.get_json_data())
    return asked


def refused(errors: dict[str, list[dict[str, Any]]]) -> ValidationError:
    """What a form does not take, as an answer."""
    return ValidationError(
        [{"loc": ["query", name], "msg": error["message"]} for name in errors for error in errors[name]]
    )


def said(asked: Asked) -> dict[str, Any]:
    """What every answer repeats of the question."""
    codes = {one.pk: one.code for one in asked.exchanges}
    return {
        "since": asked.span.first,
        "until": asked.span.last,
        "queues": [
            {"id": one.pk, "code": one.code, "name": str(one), "exchange": codes[one.exchange_id]}
            for one in asked.queues
            if one.pk in asked.span.queue_ids
        ],
        "first_day": asked.first_day,
        "unknowable": list(queries.unknowable_of(list(codes))),
    }


def known(value: float) -> float | None:
    """A number, or null where there is none."""
    return None if isnan(value) else value


def _figures(told: queries.Figures) -> dict[str, float | None]:
    return {name: known(getattr(told, name)) for name in FiguresOut.model_fields}


@router.get("/figures", response=FiguresOfDaysOut, url_name="hotline-figures")
def figures(request: HttpRequest, question: Query[QuestionIn]) -> dict[str, Any]:
    """Everything counted of a month or some days, against the target."""
    asked = asked_of(request, question)
    told, aim = asked.figures, asked.target
    found = queries.verdict(told, aim)
    return {
        **said(asked),
        "figures": _figures(told) if told.calls else None,
        "target": aim and {"share": aim.share, "from_date": aim.from_date, "source": aim.source, "unit": aim.unit.name},
        "verdict": found and {name: getattr(found, name) for name in VerdictOut.model_fields},
    }


@router.get("/days", response=DaysOut, url_name="hotline-days")
def days(request: HttpRequest, question: Query[QuestionIn]) -> dict[str, Any]:
    """The same, day by day."""
    asked = asked_of(request, question)
    return {**said(asked), "days": [{"day": day, "figures": _figures(one)} for day, one in asked.by_day.items()]}


@router.get("/intervals", response=IntervalsOut, url_name="hotline-intervals")
def intervals(request: HttpRequest, day: date | None = None, queue: str = "") -> dict[str, Any]:
    """One local day, interval by interval; without a day, today."""
    day = day or local_today()
    asked = asked_of(request, QuestionIn(month="", since=day.isoformat(), until=day.isoformat(), queue=queue))
    rows = [
        {"begins_at": _begins_at(day, minute), "minute": minute, "figures": _figures(one)}
        for (_day, minute), one in queries.by_interval(asked.span).items()
    ]
    return {**said(asked), "interval_min": queries.INTERVAL_MIN, "intervals": rows}


def _begins_at(day: date, minute: int) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min) + timedelta(minutes=minute))


@router.get("/outages/{int:outage_id}/calls", response=WaveOut, url_name="hotline-outage-calls")
def outage_calls(request: HttpRequest, outage_id: int) -> dict[str, Any]:
    """The calls that an outage brought, interval by interval, against the usual ones."""
    scope = request.data_scope  # type: ignore[attr-defined]
    try:
        outage = outages.outage_for(scope=scope, outage_id=outage_id)
    except Outage.DoesNotExist as missing:
        raise Http404("No such outage within reach.") from missing
    exchanges = queries.exchanges_of_outage(outage, scope=scope)
    wave = queries.call_wave(outage, exchanges, at=timezone.now())
    return {
        "outage_id": outage.pk,
        "outage": outage.number,
        "exchanges": [one.code for one in exchanges],
        "interval_min": queries.INTERVAL_MIN,
        "intervals": _wave_intervals(wave) if wave else [],
        "total": _figures(wave.total) if wave else None,
        "above_usual": known(wave.above_usual) if wave else None,
        "announced": wave.announced_calls if wave else 0,
        "peak_at": wave.begins[wave.peak] if wave else None,
    }


def _wave_intervals(wave: queries.CallWave) -> list[dict[str, Any]]:
    columns = (wave.usual, wave.above, wave.announced, wave.customers_out)
    rows = zip(
        wave.begins, (*wave.begins[1:], wave.end), wave.figures, *(column.tolist() for column in columns), strict=True
    )
    return [
        {
            "begins_at": begin,
            "ends_at": end,
            "during": place >= wave.during.start,
            "calls": told.calls,
            "usual": known(usual),
            "customers_out": customers,
            "above_usual": known(above),
            "announced": announced,
            "figures": _figures(told),
        }
        for place, (begin, end, told, usual, above, announced, customers) in enumerate(rows)
    ]
