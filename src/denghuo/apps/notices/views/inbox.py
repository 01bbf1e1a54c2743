"""What I am told."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.notices import actions, queries
from denghuo.apps.notices.models import Notice

_ROWS_PER_PAGE = 20


@require_GET
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """My notices, unread ones first."""
    rows = Paginator(queries.notices_of(request.user.pk or 0), _ROWS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "notices/home.html", {"rows": rows})


@require_POST
@login_required
def read(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Open a notice: it is read then, and leads to its page."""
    try:
        row = queries.notice_for(request.user.pk or 0, notice_id)
    except Notice.DoesNotExist as missing:
        raise Http404 from missing
    actions.read_notice(notice_id=row.pk, at=timezone.now(), actor=request.user.get_username())
    return redirect(row.path or "notices:home")
