"""What became of a note: its order, the outage it joined, what the caller is told, what is owed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from denghuo.apps.hotline.models import Call, CallBack, CallNote
from denghuo.apps.hotline.queries.callers import caller_of, caller_on
from denghuo.apps.hotline.queries.outs import OutAt, out_at
from denghuo.apps.hotline.queries.topics import OF_SUPPLY
from denghuo.apps.orders import queries as orders
from denghuo.apps.orders.models import Kind, Order, Topic
from denghuo.apps.organization.access import within
from denghuo.apps.outages import queries as outages
from denghuo.apps.outages.models import Report, ReportState, Suspicion


def key_of(note: CallNote) -> str:
    """Under what an order is opened of a note: once, however often it is kept."""
    return f"hotline.note:{note.pk}"


@dataclass(frozen=True, kw_only=True)
class Became:
    """The order that a note became, or pressed for (``urged``). ``sentence`` is what the caller may be told of it.

    ``suspicion`` is the suspected fault that it was put on, ``expected_at`` when that is expected to be mended;
    ``waits``: it is a report of missing supply, and not placed on the network yet.
    """

    order: Order
    urged: bool
    sentence: str
    suspicion: Suspicion | None
    expected_at: datetime | None
    waits: bool


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A note that was kept, and what it leads to: its order, its call, once the exchange told it, the call that is
    owed, and the outages that keep the caller out.
    """

    note: CallNote
    call: Call | None
    owed: CallBack | None
    out: tuple[OutAt, ...]
    became: Became | None


def kept_note(scope: Iterable[str], *, note_id: int, username: str, at: datetime) -> Kept | None:
    """A note that this person kept, if its exchange lies in the scope."""
    rows = CallNote.objects.filter(within(scope, field="exchange__unit__path"), kept_at__isnull=False)
    rows = rows.select_related("exchange__unit", "order__unit")
    note = rows.filter(pk=note_id, written_by=username).first()
    if note is None:
        return None
    calls = Call.objects.filter(exchange_id=note.exchange_id, call_id=note.call_id).exclude(call_id="")
    out = tuple(_out(note, at=at))
    return Kept(
        note=note,
        call=calls.order_by("-entered_at").first(),
        owed=note.call_backs.first(),
        out=out,
        became=_became(note, note.order, out, at=at) if note.order else None,
    )


def _out(note: CallNote, *, at: datetime) -> list[OutAt]:
    """What keeps out whoever the note is about."""
    if note.order is not None:
        load_code, unit_id = note.order.load_code, note.order.unit_id
    else:
        exchange = note.exchange
        known = caller_on(exchange, note.account_id) if note.account_id else None
        known = known or caller_of(Call(exchange=exchange, caller=note.number))
        load_code, unit_id = (known.load_code, known.unit_id) if known else ("", 0)
    return out_at(note.exchange, load_code, at=at, unit_id=unit_id) if load_code else []


def _became(note: CallNote, order: Order, out: Sequence[OutAt], *, at: datetime) -> Became:
    report = outages.report_of_order(order.pk) if order.kind == Kind.FAULT else None
    urged = order.client_key != key_of(note)
    return Became(
        order=order,
        urged=urged,
        sentence=_sentence(order, "urge" if urged else "open", out, on=timezone.localdate(note.kept_at or at)),
        suspicion=report.suspicion if report and report.state == ReportState.SUSPECTED else None,
        expected_at=_expected(report, at=at),
        waits=report is None and order.kind == Kind.FAULT and order.topic in OF_SUPPLY,
    )


def _sentence(order: Order, step: str, out: Sequence[OutAt], *, on: date) -> str:
    """What the caller may be told of a step: of missing supply that an outage explains, what is said of that; that a
    crew comes is not said to somebody who is cut off."""
    if order.kind == Kind.FAULT and step == "open":
        if order.topic in OF_SUPPLY and out:
            return out[0].text
        if order.topic == Topic.ARREARS:
            return ""
    rule = orders.rule_book().steps_of(order.kind, on).get(step)
    return rule.sentence.replace("{number}", order.number) if rule else ""


def _expected(report: Report | None, *, at: datetime) -> datetime | None:
    """When what a report was put on is expected to be mended, if that lies ahead."""
    if report is None or report.suspicion is None:
        return None
    told = outages.estimates_of(suspicion_ids=[report.suspicion.pk])
    return told[-1].expected_at if told and told[-1].expected_at > at else None
