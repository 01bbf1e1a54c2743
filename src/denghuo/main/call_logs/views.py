"""Pages of call logs: give some, see what was read of them."""

import re
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.adapters.telephony import Finding, Unknowable
from denghuo.apps.hotline import queries
from denghuo.apps.hotline.models import Exchange
from denghuo.apps.organization.access import Permission, permission_required
from denghuo.main import processes, uploading
from denghuo.main.call_logs import jobs
from denghuo.main.call_logs.columns import outcome_name
from denghuo.main.call_logs.forms import CallLogForm
from denghuo.main.call_logs.jobs import Job, Status, Told
from denghuo.main.call_logs.sentences import sentence
from denghuo.main.call_logs.words import FORMATS, UNKNOWABLE, UNKNOWN_FORMAT
from denghuo.main.processes import CALL_LOGS

_SHOWN_PROBLEMS = 20


def exchanges_of(request: HttpRequest) -> list[Exchange]:
    """The exchanges within reach."""
    return queries.exchanges_within(request.data_scope)  # type: ignore[attr-defined]


def job_of(request: HttpRequest, upload_id: str) -> tuple[Job, Exchange]:
    """An upload for an exchange within reach; any other is not there."""
    found = jobs.load(upload_id) if re.fullmatch(r"[0-9a-f]{32}", upload_id) else None
    exchange = next((one for one in exchanges_of(request) if found and one.pk == found.exchange_id), None)
    if found is None or exchange is None:
        raise Http404
    return found, exchange


@require_http_methods(["GET", "POST"])
@permission_required(Permission.HOTLINE_IMPORT)
def home(request: HttpRequest) -> HttpResponse:
    """The logs to give, and the exchange that they are of."""
    exchanges = exchanges_of(request)
    kept = queries.table_templates_within(request.data_scope)  # type: ignore[attr-defined]
    form = CallLogForm(request.POST or None, request.FILES or None, exchanges=exchanges, templates=kept)
    if request.method == "POST" and form.is_valid():
        created = _keep(request, form)
        if created is not None:
            return redirect("hotline:import-upload", created.id)
    context = {
        "form": form,
        "exchanges": exchanges,
        "most_bytes": settings.UPLOAD_BYTES,
        "most_mb": settings.UPLOAD_BYTES // 1_000_000,
    }
    return render(request, "call_logs/home.html", context, status=422 if form.errors else 200)


def _keep(request: HttpRequest, form: CallLogForm) -> Job | None:
    """Keep the logs and have them read; None where that cannot be, and the form says why."""
    now, told = timezone.now(), form.cleaned_data
    processes.forget_old(CALL_LOGS, now=now)

    def create() -> Job:
        return jobs.create(
            told["upload"],
            exchange_id=told["exchange"].pk,
            actor=request.user.get_username(),
            language=get_language() or settings.LANGUAGE_CODE,
            at=now,
            template=told["tables"].told if told["tables"] else None,
            asks=told["asks"],
        )

    return uploading.begin(form, create=create, start=jobs.start)


@never_cache
@require_GET
@permission_required(Permission.HOTLINE_IMPORT)
def upload(request: HttpRequest, upload_id: str) -> HttpResponse:
    """One upload: how far it is, and what was read."""
    found, exchange = job_of(request, upload_id)
    partial = request.htmx and not request.htmx.boosted  # type: ignore[attr-defined]
    context = {
        "job": found,
        "exchange": exchange,
        "name": _shown_name(found),
        "cards": [_card(one) for one in found.told],
        "failure": found.failure.told(get_language() or settings.LANGUAGE_CODE) if found.failure else "",
        "first": min((one.first_at for one in found.told if one.first_at), default=None),
        "last": max((one.last_at for one in found.told if one.last_at), default=None),
        **{status.name.lower(): found.status is status for status in Status},
    }
    return render(request, "call_logs/state.html" if partial else "call_logs/upload.html", context)


def _shown_name(found: Job) -> str:
    return found.names[0] + (f" + {len(found.names) - 1}" if len(found.names) > 1 else "")


def _card(told: Told) -> dict[str, Any]:
    """What was read of one log, in words."""
    shown = told.troubles[:_SHOWN_PROBLEMS]
    troubles = [sentence(Finding(one.finding), file=one.file, line=one.line, given=one.given) for one in shown]
    return {
        "told": told,
        "names": ", ".join(told.names),
        "format": FORMATS[told.kind] if told.is_known else "",
        "unknowable": [UNKNOWABLE[Unknowable(code)] for code in told.unknowable],
        "troubles": [UNKNOWN_FORMAT] if not told.is_known else troubles,
        "rest": told.trouble_count - len(shown) if told.is_known else 0,
        "preview": [_previewed(row) for row in told.preview],
        "unread": _unread(told),
        "is_asked": told.seen is not None and not told.is_tried and not told.is_refused,
    }


def _previewed(row: dict[str, Any]) -> dict[str, Any]:
    """One call as it would be recorded."""
    return row | {"at": datetime.fromisoformat(row["at"]), "outcome": outcome_name(row["outcome"])}


def _unread(told: Told) -> str:
    """Why nothing of a table could be read as it is explained, in one sentence; "" where something could."""
    if told.calls or not told.is_tried:
        return ""
    times = [one for one in told.troubles if one.finding in (Finding.NO_INSTANT, Finding.NO_DATE)]
    if times:
        given = {"value": str(times[0].given["value"]), "column": str(times[0].given["event"])}
        words = _("No row can be read: “%(value)s” in the column “%(column)s” is not a time as you said it is written.")
        return words % given + " " + _("Choose another way or another column.")
    return _("No row can be read as the columns are explained. What was odd says why.")


@require_POST
@permission_required(Permission.HOTLINE_IMPORT)
def again(request: HttpRequest, upload_id: str) -> HttpResponse:
    """Read an upload again that did not come to its end."""
    found, _exchange = job_of(request, upload_id)
    if found.status in (Status.FAILED, Status.INTERRUPTED):
        jobs.start(found)
    return redirect("hotline:import-upload", found.id)
