"""Notices on paper: one to post up, or one for everybody on a list, ready to be stamped and signed."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from denghuo.apps.notices import actions, queries
from denghuo.apps.notices.forms import PaperForm
from denghuo.apps.notices.models import NoticeCase
from denghuo.apps.notices.views.figures import who
from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import Permission, permission_required


@require_http_methods(["GET", "POST"])
@permission_required(Permission.NOTICES_SEND)
def paper(request: HttpRequest) -> HttpResponse:
    """Ask what the notices say and for whom they are; answer with a file to print."""
    form = PaperForm(request.POST or None, initial=_asked(request))
    if not form.is_valid():
        context = {"form": form}
        return render(request, "notices/paper.html", context, status=422 if form.errors else 200)
    told, scope = form.cleaned_data, request.data_scope  # type: ignore[attr-defined]
    unit = organization.units_within(scope)[0]
    sheet = queries.Sheet(
        case=NoticeCase(told["case"]),
        number=told["number"],
        area=told["area"],
        line=told["line"],
        start_at=told["start_at"],
        end_at=told["end_at"],
        reason=told["reason"],
        phone=told["phone"],
        link=told["link"],
        issuer=unit.name,
        issued_on=timezone.localdate(),
        receipt=told["receipt"],
    )
    people = told["people"] or [("", "", "")]
    content = queries.printed(sheet, people, size=told["size"])
    actions.record_printing(
        about=request.GET.get("ref", "")[:80], case=sheet.case.value, notice_count=len(people), **who(request)
    )
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = 'inline; filename="notices.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer


def _asked(request: HttpRequest) -> dict[str, object]:
    """What the address says already: another page may lead here with an outage's own words."""
    told: dict[str, object] = {name: request.GET[name] for name in PaperForm.base_fields if name in request.GET}
    for name in ("start_at", "end_at"):
        try:
            told[name] = timezone.localtime(datetime.fromisoformat(str(told.get(name))))
        except ValueError:
            told.pop(name, None)
    return told
