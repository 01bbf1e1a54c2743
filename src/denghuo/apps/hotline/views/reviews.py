"""Calls reviewed by a sheet: which are drawn, the scores, and how far scorers differ."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from denghuo.apps.hotline import actions, queries
from denghuo.apps.hotline.forms import SheetForm, local_today
from denghuo.apps.hotline.models import Call, ReviewSheet
from denghuo.apps.hotline.views.announcements import who
from denghuo.apps.hotline.views.figures import number, percent
from denghuo.apps.hotline.views.pages import asked_of, framed
from denghuo.apps.knowledge import queries as knowledge
from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import Permission, permission_required, scope_of

_LISTED = 50
_ROWS_PER_PAGE = 20
# What a sheet may look like, until somebody writes their own.
_SUGGESTED = """开头语和结束语规范 | 10
服务用语文明 | 15
准确理解客户诉求 | 15
答复内容正确 | 30
记录完整准确 | 15
处理及时、不推诿 | 15"""


@require_GET
@permission_required(Permission.HOTLINE_EDIT)
def reviews(request: HttpRequest) -> HttpResponse:
    """The calls of a month that are to be reviewed, what is left of them, and how far scorers differ."""
    asked, me = asked_of(request), request.user.get_username()
    found = queries.drawn(asked.span)
    scored = queries.reviews_within(request.data_scope, span=asked.span)  # type: ignore[attr-defined]
    open_ones = [one for one in found if not one.done]
    blind = {one.call_id for one in open_ones if me not in one.scorers}
    # What somebody was unhappy with comes first.
    mine = sorted((one for one in open_ones if me not in one.scorers), key=lambda one: not one.marks)
    shares = [one.points / one.most_points for one in scored]
    drifts = queries.drifts(scored)
    names = organization.names_of(one.scorer for one in drifts)
    context = {
        "drawn": number(len(found)),
        "done": number(len(found) - len(open_ones)),
        "mean": percent(sum(shares) / len(shares) if shares else float("nan")),
        "double": number(sum(one.scorers_wanted > 1 for one in found)),
        "rows": Paginator(mine, _ROWS_PER_PAGE).get_page(request.GET.get("page")),
        "waiting": sum(me in one.scorers for one in open_ones),
        # A score is not shown to who may still be the call's second scorer.
        "scored": [one for one in reversed(scored) if one.call_id not in blind][:_LISTED],
        "drifts": [
            {
                "name": names.get(one.scorer, one.scorer),
                "calls": number(one.call_count),
                "difference": f"{100 * one.mean_difference_share:+.1f}",
                "distance": percent(one.mean_distance_share),
            }
            for one in drifts
        ],
        "sheet": queries.sheet_on(asked.span.last),
    }
    return render(request, "hotline/reviews.html", framed(request, asked, **context))


@require_http_methods(["GET", "POST"])
@permission_required(Permission.HOTLINE_EDIT)
def review(request: HttpRequest, call_id: int) -> HttpResponse:
    """Score one call; who has scored it sees how others did, nobody before."""
    try:
        call = queries.call_for(scope=request.data_scope, call_id=call_id)  # type: ignore[attr-defined]
    except Call.DoesNotExist as missing:
        raise Http404 from missing
    sheet = queries.sheet_on(timezone.localdate(call.entered_at))
    told = queries.reviews_of(call)
    mine = any(one.scorer == request.user.get_username() for one in told)
    wrong = ""
    if request.method == "POST":
        try:
            if sheet is None:
                raise ValueError
            note = request.POST.get("note", "")
            actions.review_call(call_id=call.pk, scores=_scores(request, sheet), note=note, **who(request))
        except ValueError:
            wrong = _("Give every item its points, and name an article only where points were lost.")
        else:
            messages.success(request, _("Scored."))
            return redirect("hotline:reviews")
    context = {
        "call": call,
        "caller": queries.masked(call.caller),
        "notes": queries.notes_of(call),
        "sheet": sheet,
        "items": _items(request, sheet),
        "articles": knowledge.versions(scope_of(request.user, Permission.KNOWLEDGE_VIEW), on=local_today()),
        "reviews": told if mine else [],
        "mine": mine,
        "wrong": wrong,
    }
    return render(request, "hotline/review.html", context, status=422 if wrong else 200)


def _items(request: HttpRequest, sheet: ReviewSheet | None) -> list[tuple[Any, str]]:
    """The items of a sheet with what was given to each before it was refused."""
    items = sheet.items.all() if sheet else ()
    return [(item, request.POST.get(f"points-{item.pk}", "")) for item in items]


def _scores(request: HttpRequest, sheet: ReviewSheet) -> list[actions.ItemScore]:
    scope = scope_of(request.user, Permission.KNOWLEDGE_VIEW)
    known = set(knowledge.versions(scope, on=local_today()).values_list("article_id", flat=True))
    scores = []
    for item in sheet.items.all():
        points, article = request.POST.get(f"points-{item.pk}", ""), request.POST.get(f"article-{item.pk}", "")
        article_id = int(article[:18]) if article.isascii() and article.isdigit() else None
        if article_id is not None and article_id not in known:
            raise ValueError("no such article")
        scores.append(actions.ItemScore(item_id=item.pk, points=int(points[:6]), article_id=article_id))
    return scores


@require_http_methods(["GET", "POST"])
@permission_required(Permission.HOTLINE_EDIT)
def review_sheets(request: HttpRequest) -> HttpResponse:
    """By which sheet calls are scored, from when, and a form for another."""
    rows = queries.sheets()
    initial = {"from_date": local_today(), "items": _SUGGESTED}
    if rows:
        initial["items"] = "\n".join(f"{item.name} | {item.points}" for item in rows[0].items.all())
    form = SheetForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_review_sheet(**form.cleaned_data, **who(request))
        except ValueError:
            form.add_error("from_date", _("Calls have been scored by the sheet of this day: choose another day."))
        else:
            messages.success(request, _("Saved. Calls from that day on are scored by it."))
            return redirect("hotline:review-sheets")
    context = {"form": form, "rows": rows}
    return render(request, "hotline/review_sheets.html", context, status=422 if form.errors else 200)
