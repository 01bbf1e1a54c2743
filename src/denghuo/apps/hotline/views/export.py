"""The figures and the calls of one question as a workbook: the same numbers as on the page."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from denghuo.apps.hotline import actions, queries
from denghuo.apps.hotline.forms import Asked, CallsForm
from denghuo.apps.hotline.models import OUTCOME_CHOICES
from denghuo.apps.hotline.views.pages import asked_of
from denghuo.apps.organization.access import Permission, permission_required
from denghuo.apps.sealed import masked_phone
from denghuo.apps.workbooks import Sheets, Shown, file_name_of, handed_out, new_workbook

_MOST_CALLS = 200_000
_AT_ONCE = 2_000
_CALL_COLUMNS = (
    *("call_id", "caller", "entered_at", "queued_at", "outcome", "queue_id", "agent_id"),
    *("wait_s", "talk_s", "wrap_up_s", "attempt"),
)
_COUNTS = ("calls", "requests", "answered", "in_time", "abandoned", "sent_away", "refused", "announced", "redials")


@require_http_methods(["GET", "POST"])
@permission_required(Permission.HOTLINE_VIEW)
@permission_required(Permission.EXPORT)
def export(request: HttpRequest) -> HttpResponse:
    """Hand the figures and calls out as a workbook, numbers masked, and record that it was done."""
    asked = asked_of(request)
    if request.method == "GET":  # who had to sign in on the way comes back by address: to the figures
        return redirect(asked.address("home"))
    narrow = CallsForm(request.GET)
    wanted = narrow.cleaned_data if narrow.is_valid() else {}
    rows = queries.calls_found(
        asked.span, wanted=wanted | {"since": wanted.get("since_at"), "until": wanted.get("until_at")}
    )
    count = rows.count()
    written = workbook(asked, rows)
    actions.export_calls(
        unit_paths=[str(one.unit.path) for one in asked.exchanges],
        query=request.GET.urlencode()[:500],
        row_count=min(count, _MOST_CALLS),
        at=timezone.now(),
        actor=request.user.get_username(),
    )
    span = asked.span
    return handed_out(written, file_name=file_name_of(_("Hotline"), f"{span.first:%Y%m%d}", f"{span.last:%Y%m%d}"))


def workbook(asked: Asked, rows: Any) -> bytes:
    """Days, then calls."""
    target = BytesIO()
    with new_workbook(target) as book:
        sheets = Sheets(book)
        sheets.add(_("By day"), _day_rows(asked), widths=(14, *[14] * 13))
        sheets.add(_("Calls"), _call_rows(asked, rows), widths=(22, 18, 22, 22, 20, 14, 16, 10, 10, 10, 10))
    return target.getvalue()


def _day_rows(asked: Asked) -> Iterator[list[Any]]:
    yield [
        _("Day"),
        _("All calls"),
        _("Asked for a person"),
        _("Answered"),
        _("In time"),
        _("Gave up waiting"),
        _("Sent away"),
        _("Refused"),
        _("Served by announcements"),
        _("Redials"),
        _("Answer rate (%)"),
        _("In time (%)"),
        _("Callers served (%)"),
        _("Mean wait (s)"),
    ]
    for day, told in [*asked.by_day.items(), (_("Together"), asked.figures)]:
        rates = (told.answer_rate, told.service_level, told.callers_solved_share)
        yield [
            day,
            *(getattr(told, name) for name in _COUNTS),
            *(Shown(100 * rate, 2) for rate in rates),
            Shown(told.mean_wait_s, 1),
        ]


def _call_rows(asked: Asked, rows: Any) -> Iterator[list[Any]]:
    """Calls as bare columns, with each name looked up once."""
    outcomes = {code: str(name) for code, name in OUTCOME_CHOICES}
    queues = {one.pk: str(one) for one in asked.queues}
    agents = {one.pk: str(one) for one in queries.agents_of([one.pk for one in asked.exchanges])}
    yield [
        _("Id"),
        _("Number (masked)"),
        _("Reached the exchange"),
        _("Asked for a person"),
        _("How it ended"),
        _("Queue"),
        _("Agent"),
        _("Wait (s)"),
        _("Talk (s)"),
        _("Wrap-up (s)"),
        _("Attempt"),
    ]
    told = rows[:_MOST_CALLS].values_list(*_CALL_COLUMNS)
    for call_id, caller, entered_at, queued_at, outcome, queue_id, agent_id, *rest in told.iterator(_AT_ONCE):
        names = (outcomes[outcome], queues[queue_id], agents.get(agent_id))
        yield [call_id, masked_phone(caller), entered_at, queued_at, *names, *rest]
