"""Calls reviewed by a sheet: which are drawn, the scores, and how far scorers differ."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from denghuo.adapters.telephony.records import CallOutcome
from denghuo.apps.hotline import actions, queries
from denghuo.apps.hotline.forms import ScoreForm, SheetForm, local_today
from denghuo.apps.hotline.models import Call, Review, ReviewSheet
from denghuo.apps.hotline.views.announcements import who
from denghuo.apps.hotline.views.figures import number, percent
from denghuo.apps.hotline.views.intake import reader
from denghuo.apps.hotline.views.pages import asked_of, framed
from denghuo.apps.knowledge import queries as knowledge
from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import Permission, permission_required, scope_of
from denghuo.apps.sealed import masked_phone

_LISTED = 50
_ROWS_PER_PAGE = 20


@require_GET
@permission_required(Permission.HOTLINE_EDIT)
def reviews(request: HttpRequest) -> HttpResponse:
    """The calls of a month that are to be reviewed, what is left of them, and how far scorers differ."""
    asked, me = asked_of(request), request.user.get_username()
    found = queries.drawn(asked.span)
    told = queries.reviews_within(request.data_scope, span=asked.span)  # type: ignore[attr-defined]
    scored = [one for one in told if not one.replaced_at]
    open_ones = [one for one in found if not one.done]
    blind = {one.call_id for one in open_ones if me not in one.scorers}
    # What somebody was unhappy with comes first.
    mine = sorted((one for one in open_ones if me not in one.scorers), key=lambda one: not one.marks)
    shares = [one.points / one.most_points for one in scored]
    drifts = queries.drifts(told)
    names = organization.names_of(one.scorer for one in drifts)
    context = {
        "drawn": number(len(found)),
        "done": number(len(found) - len(open_ones)),
        "mean": percent(sum(shares) / len(shares) if shares else float("nan")),
        "double": number(sum(one.scorers_wanted > 1 for one in found)),
        "rows": Paginator(mine, _ROWS_PER_PAGE).get_page(request.GET.get("page")),
        "waiting": sum(me in one.scorers for one in open_ones),
        # A score is not shown to who may still be the call's second scorer.
        "scored": _named([one for one in reversed(scored) if one.call_id not in blind][:_LISTED]),
        "drifts": [
            {
                "name": names.get(one.scorer, one.scorer),
                "calls": number(one.call_count),
                "difference": f"{100 * one.mean_difference_share:+.1f}",
                "distance": percent(one.mean_distance_share),
            }
            for one in drifts
        ],
    }
    return render(request, "hotline/reviews.html", framed(request, asked, **context))


@require_http_methods(["GET", "POST"])
@permission_required(Permission.HOTLINE_EDIT)
def review(request: HttpRequest, call_id: int) -> HttpResponse:
    """Score one call, or correct one's score; who has scored it sees how others did, nobody before."""
    try:
        call = queries.call_for(scope=request.data_scope, call_id=call_id)  # type: ignore[attr-defined]
    except Call.DoesNotExist as missing:
        raise Http404 from missing
    told = queries.reviews_of(call)
    mine = next((one for one in told if one.scorer == request.user.get_username() and not one.replaced_at), None)
    sheet = mine.sheet if mine else queries.sheet_on(timezone.localdate(call.entered_at))
    wants_form = call.outcome == CallOutcome.ANSWERED and (
        mine is None or request.method == "POST" or "correct" in request.GET
    )
    form = _form(request, sheet, mine) if sheet and wants_form else None
    if form and form.is_valid() and _scored(request, form, call, mine):
        return redirect("hotline:review", call.pk) if mine else redirect("hotline:reviews")
    context = {
        "call": call,
        "caller": masked_phone(call.caller),
        "notes": queries.notes_of(call, reader=reader(request)),
        "sheet": sheet,
        "form": form,
        "reviews": _named(told) if mine else [],
        "mine": mine,
    }
    return render(request, "hotline/review.html", context, status=422 if form and form.errors else 200)


def _form(request: HttpRequest, sheet: ReviewSheet, mine: Review | None) -> ScoreForm:
    """The sheet to be filled in; a correction begins with what was given before."""
    scope = scope_of(request.user, Permission.KNOWLEDGE_VIEW)
    articles = {one.article_id: one.title for one in knowledge.versions(scope, on=local_today())}
    initial: dict[str, Any] = {"note": mine.note} if mine else {}
    for score in mine.scores.all() if mine else ():
        initial |= {f"points-{score.item_id}": score.points, f"article-{score.item_id}": score.article_id}
    items = list(sheet.items.all())
    told = request.POST if request.method == "POST" else None
    return ScoreForm(told, items=items, articles=list(articles.items()), corrects=mine is not None, initial=initial)


def _scored(request: HttpRequest, form: ScoreForm, call: Call, mine: Review | None) -> bool:
    """Record what the form says; where that cannot be, the form says why."""
    told = form.cleaned_data
    scores = [
        actions.ItemScore(item_id=item.pk, points=told[f"points-{item.pk}"], article_id=told[f"article-{item.pk}"])
        for item in form.items
    ]
    try:
        if mine is None:
            actions.review_call(call_id=call.pk, scores=scores, note=told["note"], **who(request))
        else:
            actions.correct_review(
                review_id=mine.pk, scores=scores, note=told["note"], reason=told["reason"], **who(request)
            )
    except ValueError:
        form.add_error(None, _("The call was scored, or the sheet changed, a moment ago. Open the page anew."))
        return False
    messages.success(request, _("Corrected. The score before stays visible here.") if mine else _("Scored."))
    return True


def _named(reviews: Sequence[Review]) -> list[tuple[Review, str]]:
    """Reviews with what their scorers are called."""
    names = organization.names_of(one.scorer for one in reviews)
    return [(one, names.get(one.scorer, one.scorer)) for one in reviews]


@require_http_methods(["GET", "POST"])
@permission_required(Permission.HOTLINE_EDIT)
def review_sheets(request: HttpRequest) -> HttpResponse:
    """By which sheet calls are scored, from when, and a form for another."""
    rows = queries.sheets()
    initial: dict[str, Any] = {"from_date": local_today()}
    if rows:
        items = "\n".join(f"{item.name} | {item.points}" for item in rows[0].items.all())
        initial |= {"name": rows[0].name, "items": items}
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
