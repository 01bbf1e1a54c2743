"""An order on paper, and its evidence as one file: what happened, who did it, what each clock said, by which rule."""

import base64
import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.customers import queries as customers
from denghuo.apps.orders import actions, queries
from denghuo.apps.orders.models import Order
from denghuo.apps.orders.queries import Course, Exhibit
from denghuo.apps.orders.templatetags.orders import (
    appeal_about,
    appeal_answer,
    certainty_name,
    changed_parts,
    clock_name,
    due_of,
    effect_words,
    late_words,
    layer_name,
    limit_kind_name,
    limit_text,
    measured,
    promise_state,
    since_words,
    state_name,
    step_name,
    suspension_answer,
)
from denghuo.apps.orders.views.page import visit_plan
from denghuo.apps.orders.views.reach import found, who
from denghuo.apps.organization.access import Permission, permission_required
from denghuo.apps.workbooks import Sheets, new_workbook

# In the file itself, which is read where nothing of ours is at hand.
_STYLE = base64.b64encode((Path(__file__).parent.parent / "static/orders/evidence.css").read_bytes()).decode()


def _context(row: Order, course: Course) -> dict[str, Any]:
    customer = customers.customers_by_id([row.account_id]).get(row.account_id) if row.account_id else None
    accounts = queries.accounts_changed(course.corrections)
    plain = {"row": row, "course": course, "customer": customer, "accounts": accounts, "now": timezone.now()}
    return plain | {"answering": queries.unit_answering(row)}


@require_GET
@permission_required(Permission.ORDERS_VIEW)
def printed(request: HttpRequest, order_id: int) -> HttpResponse:
    """An order on one sheet, to be signed."""
    row = found(request, order_id)
    context = _context(row, queries.course_of(row, at=timezone.now()))
    return render(request, "orders/print.html", context | {"visit_plan": visit_plan(request, row)})


@require_POST
@permission_required(Permission.ORDERS_WORK)
def evidence(request: HttpRequest, order_id: int) -> HttpResponse:
    """Everything that an order is judged by, in one file."""
    row = found(request, order_id)
    course = queries.course_of(row, at=timezone.now())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        exhibits = queries.exhibits_of(row.pk)
        told = {"exhibits": exhibits, "style": f"data:text/css;base64,{_STYLE}"}
        page = render_to_string("orders/evidence.html", _context(row, course) | told)
        bundle.writestr(f"{row.number}.html", page)
        bundle.writestr(f"{row.number}.xlsx", _workbook(course, exhibits, timezone.now()))
    actions.hand_out_evidence(order_id=row.pk, **who(request))
    disposition = content_disposition_header(True, f"{row.number}.zip") or "attachment"
    return HttpResponse(packed.getvalue(), content_type="application/zip", headers={"Content-Disposition": disposition})


def _workbook(course: Course, exhibits: Sequence[Exhibit], at: datetime) -> bytes:
    written = io.BytesIO()
    with new_workbook(written) as book:
        sheets = Sheets(book)
        sheets.add(_("Steps"), [_step_head(), *_steps(course)], widths=[20, 20, 16, 14, 14, 16, 40, 30])
        sheets.add(_("Corrections"), [_correction_head(), *_corrections(course)], widths=[20, 16, 18, 30, 30, 40])
        sheets.add(_("Clocks"), [_clock_head(), *_clocks(course)], widths=[14, 8, 16, 14, 20, 20, 20, 14, 50, 24])
        sheets.add(_("Hand-overs"), [_hand_head(), *_hands(course)], widths=[20, 16, 16, 40, 20, 16])
        sheets.add(_("Suspensions"), [_suspension_head(), *_suspensions(course)], widths=[20, 16, 20, 40, 14, 20, 16])
        sheets.add(_("Promises"), [_promise_head(), *_promises(course, at)], widths=[20, 16, 16, 20, 40, 16, 20, 20])
        sheets.add(_("Appeals"), [_appeal_head(), *_appeals(course)], widths=[20, 16, 16, 60, 14, 20, 16, 60])
        sheets.add(_("Conversation"), [_talk_head(), *_talk(course)], widths=[20, 18, 16, 80])
        told = [_exhibit_head(), *map(_exhibit, exhibits)]
        sheets.add(_("Told by others"), told, widths=[20, 20, 24, 50, 16, 30, 40])
    return written.getvalue()


def _step_head() -> list[str]:
    return [
        _("Happened at"),
        _("Recorded at"),
        _("Step"),
        _("From"),
        _("To"),
        _("By"),
        _("Reason"),
        _("Effect on clocks"),
    ]


def _steps(course: Course) -> list[list[Any]]:
    return [
        [
            one.told_at,
            one.at,
            step_name(one.step),
            state_name(one.from_state) if one.from_state else "",
            state_name(one.to_state),
            course.names.get(one.actor, one.actor),
            one.reason,
            effect_words(one.effects),
        ]
        for one in course.steps
    ]


def _correction_head() -> list[str]:
    return [_("Corrected at"), _("By"), _("What"), _("It was"), _("It is"), _("Reason")]


def _corrections(course: Course) -> list[list[Any]]:
    accounts = queries.accounts_changed(course.corrections)
    return [
        [one.at, course.names.get(one.actor, one.actor), part["label"], part["was"], part["now"], one.reason]
        for one in course.corrections
        for part in changed_parts(one, accounts)
    ]


def _clock_head() -> list[str]:
    return [
        _("Clock"),
        _("Run"),
        _("Whose limit"),
        _("Limit"),
        _("Shows"),
        _("Started at"),
        _("Due at"),
        _("Too late"),
        _("Where it is written"),
        _("How sure"),
    ]


def _clocks(course: Course) -> list[list[Any]]:
    return [
        [
            clock_name(one.clock),
            one.run + 1,
            f"{layer_name(one.limit.layer)} / {limit_kind_name(one.limit.limit_kind)}",
            limit_text(one.limit),
            measured(one.shown_s, one.limit.measure),
            one.started_at,
            due_of(one) or "",
            late_words(one),
            " ".join(filter(None, (one.limit.basis, since_words(one.limit)))),
            certainty_name(one.limit.certainty),
        ]
        for one in course.clocks
    ]


def _hand_head() -> list[str]:
    return [_("Offered at"), _("From"), _("To"), _("Reason"), _("Answered at"), _("Answer")]


def _hands(course: Course) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for one in course.hand_overs:
        answer = _("taken over") if one.accepted_at else (_("refused") if one.refused_at else _("no answer yet"))
        to = course.names.get(one.to_username, one.to_username) or str(one.to_unit or "")
        rows.append(
            [
                one.offered_at,
                course.names.get(one.from_username, one.from_username),
                to,
                one.reason,
                one.accepted_at or one.refused_at or "",
                answer,
            ]
        )
    return rows


def _suspension_head() -> list[str]:
    return [_("Asked at"), _("By"), _("Why"), _("What happened"), _("Decision"), _("Decided at"), _("Decided by")]


def _suspensions(course: Course) -> list[list[Any]]:
    return [
        [
            one.asked_at,
            course.names.get(one.asked_by, one.asked_by),
            one.get_cause_display(),
            one.reason,
            " · ".join(filter(None, (suspension_answer(one), one.decision))),
            one.decided_at or "",
            course.names.get(one.decided_by, one.decided_by),
        ]
        for one in course.suspensions
    ]


def _promise_head() -> list[str]:
    return [
        _("Given at"),
        _("By"),
        _("What"),
        _("By when"),
        _("What the customer was told"),
        _("State"),
        _("Kept at"),
        _("Moved at"),
    ]


def _promises(course: Course, at: datetime) -> list[list[Any]]:
    return [
        [
            one.given_at,
            course.names.get(one.given_by, one.given_by),
            one.get_what_display(),
            one.due_at,
            one.note,
            promise_state(one, at)["label"],
            one.kept_at or "",
            one.moved_at or "",
        ]
        for one in course.promises
    ]


def _appeal_head() -> list[str]:
    return [
        _("Filed at"),
        _("By"),
        _("Against"),
        _("Why this is not ours"),
        _("Decision"),
        _("Decided at"),
        _("Decided by"),
        _("Reason"),
    ]


def _appeals(course: Course) -> list[list[Any]]:
    return [
        [
            one.filed_at,
            course.names.get(one.filed_by, one.filed_by),
            appeal_about(one),
            one.text,
            appeal_answer(one),
            one.decided_at or "",
            course.names.get(one.decided_by, one.decided_by),
            one.decision,
        ]
        for one in course.appeals
    ]


def _talk_head() -> list[str]:
    return [_("Said at"), _("Who to whom"), _("By"), _("What was said")]


def _talk(course: Course) -> list[list[Any]]:
    return [
        [one.at, one.get_side_display(), course.names.get(one.actor, one.actor), one.text] for one in course.remarks
    ]


def _exhibit_head() -> list[str]:
    return [
        _("Happened at"),
        _("Recorded at"),
        _("Whose record"),
        _("What"),
        _("By"),
        _("Place"),
        _("Reference"),
    ]


def _exhibit(one: Exhibit) -> list[Any]:
    return [one.at, one.recorded_at or "", one.source, one.what, one.who, one.position, one.reference]
