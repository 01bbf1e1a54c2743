"""Pages on which somebody says how an exchange's tables of calls are written, and finds that said again."""

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.adapters.telephony import TemplateError, template_of, template_text
from denghuo.adapters.telephony.template_files import parsed
from denghuo.apps.hotline import actions, queries
from denghuo.apps.hotline.models import TableTemplate
from denghuo.apps.organization.access import Permission, permission_required
from denghuo.apps.organization.queries import names_of
from denghuo.main.call_logs import jobs
from denghuo.main.call_logs.columns import ColumnsForm
from denghuo.main.call_logs.forms import TemplateFileForm
from denghuo.main.call_logs.jobs import Job, Status
from denghuo.main.call_logs.template_words import FIELD_NAMES, flaw_words
from denghuo.main.call_logs.views import exchanges_of, job_of


def _who(request: HttpRequest) -> dict[str, Any]:
    return {"at": timezone.now(), "actor": request.user.get_username()}


def _explained(job: Job) -> dict[str, Any]:
    """What stands in the first table of an upload whose columns can be explained."""
    seen = next((one.seen for one in job.told if one.seen is not None), None)
    if seen is None or job.status is not Status.DONE:
        raise Http404
    return seen


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required(Permission.HOTLINE_IMPORT)
def columns(request: HttpRequest, upload_id: str) -> HttpResponse:
    """Say which column is what; then the table is read for a look."""
    found, exchange = job_of(request, upload_id)
    form = ColumnsForm(request.POST or None, seen=_explained(found), told=found.template)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data["template"]
        kept = queries.table_template_named(exchange, told["name"])
        if form.cleaned_data["keep"] and kept is not None and kept.told != told:
            form.add_error("name", _("Another template of this exchange has this name. Choose another name."))
        else:
            jobs.start(replace(found, template=told, tries=True, keeps=form.cleaned_data["keep"]))
            return redirect("hotline:import-upload", found.id)
    context = {"form": form, "job": found, "exchange": exchange, "seen": form.seen}
    return render(request, "call_logs/columns.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required(Permission.HOTLINE_IMPORT)
def record(request: HttpRequest, upload_id: str) -> HttpResponse:
    """Record what was looked at, and keep how the table is written if that is wanted."""
    found, exchange = job_of(request, upload_id)
    if found.template is None or not found.tries or found.status is not Status.DONE:
        return redirect("hotline:import-upload", found.id)
    if found.keeps:
        try:
            actions.keep_table_template(exchange_id=exchange.pk, told=found.template, **_who(request))
        except actions.NameTakenError:
            messages.error(request, _("Another template of this exchange has this name. Choose another name."))
            return redirect("hotline:import-columns", found.id)
    jobs.start(replace(found, tries=False))
    return redirect("hotline:import-upload", found.id)


@require_http_methods(["GET", "POST"])
@permission_required(Permission.HOTLINE_IMPORT)
def templates(request: HttpRequest) -> HttpResponse:
    """The templates that are kept; one is taken out, removed, or read in from a file."""
    exchanges = exchanges_of(request)
    form = TemplateFileForm(request.POST or None, request.FILES or None, exchanges=exchanges)
    if request.method == "POST" and form.is_valid() and _keep(request, form):
        return redirect("hotline:import-templates")
    rows = queries.table_templates_within(request.data_scope)  # type: ignore[attr-defined]
    names = names_of(one.kept_by for one in rows)
    context = {
        "form": form,
        "exchanges": exchanges,
        "rows": [(one, _columns_told(one), names.get(one.kept_by, one.kept_by)) for one in rows],
    }
    return render(request, "call_logs/templates.html", context, status=422 if form.errors else 200)


def _keep(request: HttpRequest, form: TemplateFileForm) -> bool:
    """Keep the template of a file; False where it cannot be, and the form says why."""
    try:
        told = parsed(form.cleaned_data["file"].read())
        row = actions.keep_table_template(exchange_id=form.cleaned_data["exchange"].pk, told=told, **_who(request))
    except TemplateError as error:
        for problem in error.problems:
            form.add_error("file", flaw_words(problem, named=False))
        return False
    except actions.NameTakenError:
        form.add_error("file", _("Another template of this exchange has this name. Choose another name."))
        return False
    messages.success(request, _("The template “%(name)s” is kept.") % {"name": row.name})
    return True


def _columns_told(row: TableTemplate) -> list[tuple[str, str]]:
    """Which column is what."""
    told = {**row.told["columns"], **row.told.get("joined", {})}
    return [(str(FIELD_NAMES.get(field, field)), " / ".join(headings)) for field, headings in told.items()]


def _template(request: HttpRequest, template_id: int) -> TableTemplate:
    rows = queries.table_templates_within(request.data_scope)  # type: ignore[attr-defined]
    found = next((one for one in rows if one.pk == template_id), None)
    if found is None:
        raise Http404
    return found


@require_GET
@permission_required(Permission.HOTLINE_IMPORT)
def template_file(request: HttpRequest, template_id: int) -> HttpResponse:
    """A template as a file, for the command line, for another exchange, or to be edited."""
    row = _template(request, template_id)
    answer = HttpResponse(template_text(template_of(row.told)), content_type="application/toml; charset=utf-8")
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(row.name)}.toml"
    return answer


@require_POST
@permission_required(Permission.HOTLINE_IMPORT)
def remove_template(request: HttpRequest, template_id: int) -> HttpResponse:
    """Keep a template no longer."""
    row = _template(request, template_id)
    actions.remove_table_template(template_id=row.pk, **_who(request))
    messages.success(request, _("The template “%(name)s” is removed; what was read by it stays.") % {"name": row.name})
    return redirect("hotline:import-templates")
