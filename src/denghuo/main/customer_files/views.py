"""Pages of customer files: give one, see what it would do, say yes, see what it did."""

import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.adapters.customer_tables import write_customers_template
from denghuo.apps.customers import queries
from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import Permission, permission_required
from denghuo.apps.organization.models import Unit
from denghuo.main import processes, uploading
from denghuo.main.customer_files import jobs
from denghuo.main.customer_files.forms import CustomerFileForm
from denghuo.main.customer_files.jobs import Job, Status
from denghuo.main.processes import CUSTOMERS

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TEMPLATE_NAMES = {"zh": "客户档案模板.xlsx", "en": "Customers, to fill in.xlsx"}


def _stations(request: HttpRequest) -> list[Unit]:
    return organization.stations_within(request.data_scope)  # type: ignore[attr-defined]


def _job(request: HttpRequest, file_id: str) -> tuple[Job, Unit]:
    """An upload for a station within reach; any other is not there."""
    found = jobs.load(file_id) if re.fullmatch(r"[0-9a-f]{32}", file_id) else None
    unit = next((one for one in _stations(request) if found and one.pk == found.unit_id), None)
    if found is None or unit is None:
        raise Http404
    return found, unit


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required(Permission.CUSTOMERS_IMPORT)
def home(request: HttpRequest) -> HttpResponse:
    """The file to give, the template, and what was taken in."""
    stations = _stations(request)
    form = CustomerFileForm(request.POST or None, request.FILES or None, units=stations)
    if request.method == "POST" and form.is_valid():
        kept = _keep(request, form)
        if kept is not None:
            return redirect("customers:import-upload", kept.id)
    context = {
        "form": form,
        "stations": stations,
        "most_bytes": settings.UPLOAD_BYTES,
        "most_mb": settings.UPLOAD_BYTES // 1_000_000,
        "imports": queries.imports_within(request.data_scope),  # type: ignore[attr-defined]
        "deeds": {"imports": True, "review": True},
    }
    return render(request, "customer_files/home.html", context, status=422 if form.errors else 200)


def _keep(request: HttpRequest, form: CustomerFileForm) -> Job | None:
    """Keep the file and have it looked at; None where that cannot be, and the form says why."""
    now, told = timezone.now(), form.cleaned_data
    processes.forget_old(CUSTOMERS, now=now)

    def create() -> Job:
        return jobs.create(
            told["upload"],
            unit_id=told["unit"].pk,
            actor=request.user.get_username(),
            language=get_language() or settings.LANGUAGE_CODE,
            at=now,
        )

    return uploading.begin(form, create=create, start=jobs.start)


@require_GET
@permission_required(Permission.CUSTOMERS_IMPORT)
def template(request: HttpRequest, language: str) -> HttpResponse:
    """An empty workbook to fill in."""
    del request
    if language not in _TEMPLATE_NAMES:
        raise Http404
    with TemporaryDirectory() as folder:
        path = Path(folder) / "template.xlsx"
        write_customers_template(path, language=language)
        content = path.read_bytes()
    name = _TEMPLATE_NAMES[language]
    return FileResponse(BytesIO(content), as_attachment=True, filename=name, content_type=_XLSX)  # type: ignore[return-value]


@never_cache
@require_GET
@permission_required(Permission.CUSTOMERS_IMPORT)
def upload(request: HttpRequest, file_id: str) -> HttpResponse:
    """One upload: how far it is, what it would do, what it did."""
    found, unit = _job(request, file_id)
    partial = request.htmx and not request.htmx.boosted  # type: ignore[attr-defined]
    return render(request, "customer_files/state.html" if partial else "customer_files/upload.html", _told(found, unit))


def _told(found: Job, unit: Unit) -> dict[str, Any]:
    language = get_language() or settings.LANGUAGE_CODE
    return {
        "job": found,
        "unit": unit,
        "seen": found.seen,
        "problems": [one.told(language) for one in found.problems],
        "has_refused": found.refused.is_file(),
        "sweeps": sweeps(found),
        **{status.name.lower(): found.status is status for status in Status},
    }


def sweeps(job: Job) -> bool:
    """Whether closing what the file does not name would close more than it names."""
    seen = job.seen
    return seen is not None and seen.absent_count > seen.row_count


@require_POST
@permission_required(Permission.CUSTOMERS_IMPORT)
def confirm(request: HttpRequest, file_id: str) -> HttpResponse:
    """Take it in; or look again, where looking did not come to its end."""
    found, unit = _job(request, file_id)
    close = bool(request.POST.get("close_absent"))
    if found.status is Status.READY and close and sweeps(found) and not request.POST.get("sure"):
        context = {**_told(found, unit), "unsure": True}
        return render(request, "customer_files/upload.html", context, status=422)
    if found.status is Status.READY:
        jobs.start(replace(found, confirmed=True, close_absent=close, actor=request.user.get_username()))
    elif found.status in (Status.FAILED, Status.INTERRUPTED):
        jobs.start(replace(found, confirmed=False))
    return redirect("customers:import-upload", found.id)


@require_POST
@permission_required(Permission.CUSTOMERS_IMPORT)
def discard(request: HttpRequest, file_id: str) -> HttpResponse:
    """Throw the upload away, or stop what works on it; what was taken in stays."""
    found, _unit = _job(request, file_id)
    if found.status is Status.WORKING:
        jobs.ask_to_stop(found)
        return redirect("customers:import-upload", found.id)
    jobs.forget(found)
    return redirect("customers:import")


@never_cache
@require_GET
@permission_required(Permission.CUSTOMERS_IMPORT)
def refused(request: HttpRequest, file_id: str) -> HttpResponseBase:
    """The rows that cannot be taken in, as they were typed, with what is wrong and what to do."""
    found, _unit = _job(request, file_id)
    if not found.refused.is_file():
        raise Http404
    name = _("%(name)s, to be put right.xlsx") % {"name": Path(found.name).stem}
    return FileResponse(found.refused.open("rb"), as_attachment=True, filename=name, content_type=_XLSX)
