"""Pages of the import: give a file, see what it would change, say yes, see what became of it."""

import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.adapters.outage_lists import write_events_template
from denghuo.adapters.recognition import FileKind
from denghuo.adapters.tables import write_network_template, write_switching_log_template
from denghuo.apps.network import queries as network
from denghuo.apps.organization.access import Permission, permission_required
from denghuo.apps.organization.models import Unit
from denghuo.apps.organization.queries import names_of, stations_within, units_within
from denghuo.main import uploading
from denghuo.main.imports import jobs
from denghuo.main.imports.forms import KIND_NAMES, UploadForm
from denghuo.main.imports.history import imports_of
from denghuo.main.imports.jobs import Job, Stage, Status
from denghuo.main.imports.words import Sentence

_ROWS_PER_PAGE = 20
_TEMPLATES = {
    FileKind.NETWORK: (write_network_template, {"zh": "电网台账模板", "en": "network template"}),
    FileKind.LOG: (write_switching_log_template, {"zh": "操作记录模板", "en": "switching log template"}),
    FileKind.OUTAGES: (write_events_template, {"zh": "停电事件模板", "en": "outage register template"}),
}
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _units(request: HttpRequest) -> list[Unit]:
    scope = request.data_scope  # type: ignore[attr-defined]
    return stations_within(scope) or units_within(scope)


def _job(request: HttpRequest, job_id: str) -> tuple[Job, Unit]:
    """An import into a unit within reach; any other is not there."""
    found = jobs.load(job_id) if re.fullmatch(r"[0-9a-f]{32}", job_id) else None
    scope = request.data_scope  # type: ignore[attr-defined]
    unit = next((unit for unit in units_within(scope) if found and unit.pk == found.unit_id), None)
    if found is None or unit is None:
        raise Http404
    return found, unit


@require_http_methods(["GET", "POST"])
@permission_required(Permission.NETWORK_IMPORT)
def home(request: HttpRequest) -> HttpResponse:
    """Templates to fill in, the file to give, and what was imported so far."""
    units = _units(request)
    form = UploadForm(request.POST or None, request.FILES or None, units=units)
    if request.method == "POST" and form.is_valid():
        given = _keep(request, form)
        if given is not None:
            return redirect("imports:job", given.id)
    networks = network.networks_within(request.data_scope)  # type: ignore[attr-defined]
    history = imports_of({one.pk: one.name for one in networks})
    context = {
        "form": form,
        "units": units,
        "kinds": [(kind, KIND_NAMES[kind]) for kind in FileKind],
        "most_bytes": settings.UPLOAD_BYTES,
        "most_mb": settings.UPLOAD_BYTES // 1_000_000,
        "unfinished": _unfinished(units),
        "rows": Paginator(history, _ROWS_PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "imports/home.html", context, status=422 if form.errors else 200)


def _unfinished(units: list[Unit]) -> list[dict[str, Any]]:
    """Imports to come back to, each with what it waits for."""
    names = {unit.pk: unit.name for unit in units}
    states = {
        Status.WORKING: (_("being worked on"), "doing"),
        Status.READY: (_("waits for a yes"), "act"),
        Status.OUTDATED: (_("to be looked at again"), "waiting"),
        Status.INTERRUPTED: (_("interrupted"), "warning"),
    }
    waiting = jobs.unfinished(names)
    people = names_of(found.actor for found in waiting)
    return [
        {
            "job": found,
            "person": people.get(found.actor, found.actor),
            "unit_name": names[found.unit_id],
            "kind_name": KIND_NAMES[found.kind] if found.kind else "",
            "label": states[found.status][0],
            "tone": states[found.status][1],
        }
        for found in waiting
    ]


def _keep(request: HttpRequest, form: UploadForm) -> Job | None:
    """Keep the upload and have it looked at; None where that cannot be, and the form says why."""
    now, told = timezone.now(), form.cleaned_data
    jobs.forget_old(now=now)

    def create() -> Job:
        return jobs.create(
            told["upload"],
            unit_id=told["unit"].pk,
            kind=told["kind"],
            actor=request.user.get_username(),
            language=get_language() or settings.LANGUAGE_CODE,
            at=now,
        )

    return uploading.begin(form, create=create, start=jobs.start)


@require_GET
@permission_required(Permission.NETWORK_IMPORT)
def template(request: HttpRequest, kind: str, language: str) -> HttpResponse:
    """An empty workbook to fill in."""
    del request
    if kind not in set(FileKind) or language not in ("zh", "en"):
        raise Http404
    write, names = _TEMPLATES[FileKind(kind)]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "template.xlsx"
        write(path, language=language)
        content = path.read_bytes()
    name = f"{names[language]}.xlsx"
    return FileResponse(BytesIO(content), as_attachment=True, filename=name, content_type=_XLSX)  # type: ignore[return-value]


@never_cache
@require_GET
@permission_required(Permission.NETWORK_IMPORT)
def job(request: HttpRequest, job_id: str) -> HttpResponse:
    """One import: how far it is, what it would change, what is wrong, or what became of it."""
    found, unit = _job(request, job_id)
    partial = request.htmx and not request.htmx.boosted  # type: ignore[attr-defined]
    return render(request, "imports/state.html" if partial else "imports/job.html", _context(found, unit))


def _context(found: Job, unit: Unit) -> dict[str, Any]:
    language = get_language() or settings.LANGUAGE_CODE
    known = network.networks_within([unit.path or "-"])

    def told(several: tuple[Sentence, ...]) -> list[str]:
        return [one.told(language) for one in several]

    return {
        "job": found,
        "unit": unit,
        "network": next((one for one in known if one.unit_id == unit.pk), None),
        "kind_name": KIND_NAMES[found.kind] if found.kind else "",
        "problems": told(found.problems),
        "notes": told(found.notes),
        "changes": [(_table_name(change.table), change) for change in found.changes],
        "has_marked": found.marked.is_file(),
        "stages": _stages(found),
        **{status.name.lower(): found.status is status for status in Status},
    }


def _stages(found: Job) -> list[tuple[str, str]]:
    """What is done, in hand and to come: word and tone."""
    order = [Stage.READING, Stage.STORING] if found.confirmed else [Stage.READING, Stage.COMPARING]
    words = {
        Stage.READING: _("Reading and checking"),
        Stage.COMPARING: _("Comparing with what is there"),
        Stage.STORING: _("Storing, all of it or nothing"),
    }
    here = order.index(found.stage) if found.stage in order else 0
    tones = ["done"] * here + ["doing"] + ["waiting"] * (len(order) - here - 1)
    return [(words[stage], tone) for stage, tone in zip(order, tones, strict=True)]


def _table_name(table: str) -> str:
    names = {
        "nodes": _("Nodes"),
        "branches": _("Branches"),
        "switches": _("Switching devices"),
        "transformers": _("Transformers"),
        "loads": _("Loads"),
        "sources": _("Sources"),
        "feeders": _("Feeders"),
        "operations": _("Operations"),
        "outages": _("Outages"),
    }
    return names[table]


@require_POST
@permission_required(Permission.NETWORK_IMPORT)
def confirm(request: HttpRequest, job_id: str) -> HttpResponse:
    """Take it in; or, where the network was changed meanwhile, look again."""
    found, unit = _job(request, job_id)
    if found.status is Status.READY and found.sweeps and not request.POST.get("sure"):
        return render(request, "imports/job.html", {**_context(found, unit), "unsure": True}, status=422)
    again = found.status in (Status.OUTDATED, Status.INTERRUPTED, Status.FAILED)
    if found.status is Status.READY or again:
        jobs.start(replace(found, confirmed=not again, actor=request.user.get_username()))
    return redirect("imports:job", found.id)


@require_POST
@permission_required(Permission.NETWORK_IMPORT)
def discard(request: HttpRequest, job_id: str) -> HttpResponse:
    """Throw the upload away; what was taken in stays."""
    found, _unit = _job(request, job_id)
    if found.status is not Status.WORKING:
        jobs.forget(found)
    return redirect("imports:home")


@require_GET
@permission_required(Permission.NETWORK_IMPORT)
def marked(request: HttpRequest, job_id: str) -> HttpResponseBase:
    """The file handed back, with what is wrong marked where it stands."""
    found, _unit = _job(request, job_id)
    if not found.marked.is_file():
        raise Http404
    name = _("%(name)s, marked.xlsx") % {"name": Path(found.name).stem}
    return FileResponse(found.marked.open("rb"), as_attachment=True, filename=name, content_type=_XLSX)
