"""Exams: drawing them, sitting them, and what came of them; and the questions that people author."""

import secrets

from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.knowledge import actions, queries
from denghuo.apps.knowledge.forms import DrawForm, QuestionForm
from denghuo.apps.knowledge.models import Paper, PaperQuestion, Question, QuestionKind, Sitting
from denghuo.apps.knowledge.views.reach import article_kept, is_editor, scope, units
from denghuo.apps.organization.access import Permission, permission_required, scope_of
from denghuo.apps.organization.models import User

_SEEDS = 2**31
_LISTED = 100


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the guard let nobody else in
    return request.user


@require_GET
@permission_required(Permission.KNOWLEDGE_VIEW)
def exams(request: HttpRequest) -> HttpResponse:
    """The exams there are, and how this person did in them."""
    papers = list(queries.papers_within(scope(request))[:_LISTED])
    own = {one.paper_id: one for one in queries.sittings_of(_person(request).pk)}
    context = {"rows": [(paper, own.get(paper.pk)) for paper in papers], "may_edit": is_editor(request)}
    return render(request, "knowledge/exams.html", context)


@require_http_methods(["GET", "POST"])
@permission_required(Permission.KNOWLEDGE_EDIT)
def draw(request: HttpRequest) -> HttpResponse:
    """Draw an exam."""
    today = timezone.localdate()
    form = DrawForm(request.POST or None, units=units(request))
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            actions.draw_exam(
                unit_id=told["unit"],
                title=told["title"],
                question_count=told["question_count"],
                pass_share=told["pass_percent"] / 100,
                seed=secrets.randbelow(_SEEDS) if told["seed"] is None else told["seed"],
                on=today,
                at=timezone.now(),
                actor=request.user.get_username(),
            )
        except actions.TooFewQuestionsError as error:
            form.add_error("question_count", _("There are only %d questions and key facts to ask.") % error.available)
        else:
            messages.success(request, _("The exam is drawn and can be sat."))
            return redirect("knowledge:exams")
    return render(request, "knowledge/draw.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required(Permission.KNOWLEDGE_VIEW)
def sit(request: HttpRequest, paper_id: int) -> HttpResponse:
    """Sit an exam, once; whoever has sat it sees how it went."""
    try:
        paper = queries.paper_for(scope=scope(request), paper_id=paper_id)
    except Paper.DoesNotExist as missing:
        raise Http404 from missing
    person = _person(request)
    sitting = queries.sitting_of(paper_id=paper.pk, user_id=person.pk)
    questions = queries.questions_of(paper)
    chosen = {question.pk: _chosen(request, question) for question in questions}
    left = sum(not told for told in chosen.values())
    if request.method == "POST" and sitting is None and (not left or "sure" in request.POST):
        try:
            sitting = actions.sit_exam(
                paper_id=paper.pk, user_id=person.pk, chosen=chosen, at=timezone.now(), actor=person.username
            )
        except IntegrityError:  # sent twice
            sitting = queries.sitting_of(paper_id=paper.pk, user_id=person.pk)
    if sitting is not None:
        return redirect("knowledge:result", sitting.pk)
    rows = [(question, chosen[question.pk], list(enumerate(_options(question)))) for question in questions]
    asked = left if request.method == "POST" else 0
    status = 422 if asked else 200
    return render(request, "knowledge/sit.html", {"paper": paper, "rows": rows, "left": asked}, status=status)


def _options(question: PaperQuestion) -> list[str]:
    return [_("True"), _("False")] if question.kind == QuestionKind.TRUTH else list(question.options)


def _chosen(request: HttpRequest, question: PaperQuestion) -> list[int]:
    count = len(_options(question))
    told = [text for text in request.POST.getlist(f"q{question.pk}") if text.isdecimal() and len(text) < 4]
    return [place for place in map(int, told) if place < count]


@require_GET
@permission_required(Permission.KNOWLEDGE_VIEW)
def result(request: HttpRequest, sitting_id: int) -> HttpResponse:
    """How an exam went: the score, and what was wrong with the way to the article."""
    leads = scope_of(request.user, Permission.KNOWLEDGE_EDIT)
    try:
        sitting = queries.sitting_for(user_id=_person(request).pk, leads=leads, sitting_id=sitting_id)
    except Sitting.DoesNotExist as missing:
        raise Http404 from missing
    rows = queries.answered(sitting)
    truths = (_("True"), _("False"))
    told = [
        (row, [(text or truths[place], right, chosen) for place, (text, right, chosen) in enumerate(row.options)])
        for row in rows
    ]
    context = {
        "sitting": sitting,
        "is_own": sitting.user_id == _person(request).pk,
        "percent": 100 * sitting.right_share,
        "pass_percent": 100 * sitting.paper.pass_share,
        "wrong": [pair for pair in told if not pair[0].is_right],
        "right": [pair for pair in told if pair[0].is_right],
    }
    return render(request, "knowledge/result.html", context)


@require_GET
@permission_required(Permission.KNOWLEDGE_EDIT)
def results(request: HttpRequest) -> HttpResponse:
    """Who knows it and who does not, and which articles go wrong."""
    people = queries.results_by_person(scope(request))
    articles = queries.results_by_article(scope(request), at=timezone.now())
    context = {
        "people": [(row, 100 * row.right_share) for row in people],
        "articles": [(row, None if row.wrong_share is None else 100 * row.wrong_share) for row in articles],
        "may_edit": True,
    }
    return render(request, "knowledge/results.html", context)


@require_http_methods(["GET", "POST"])
@permission_required(Permission.KNOWLEDGE_EDIT)
def new_question(request: HttpRequest, article_id: int) -> HttpResponse:
    """Author a question on what an article says: today, else last."""
    found = article_kept(request, article_id)
    shown = queries.version_in_force(found.pk, on=timezone.localdate()) or queries.versions_of(found.pk)[0]
    form = QuestionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.author_question(
            version_id=shown.pk,
            entry=form.cleaned_data["entry"],
            at=timezone.now(),
            actor=request.user.get_username(),
        )
        messages.success(request, _("The question is among those that exams are drawn from."))
        return redirect("knowledge:article", found.pk)
    context = {"form": form, "article": found, "version": shown}
    return render(request, "knowledge/question.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required(Permission.KNOWLEDGE_EDIT)
def withdraw_question(request: HttpRequest, question_id: int) -> HttpResponse:
    """Ask a question no more."""
    try:
        found = queries.question_for(scope=scope(request), question_id=question_id)
    except Question.DoesNotExist as missing:
        raise Http404 from missing
    actions.withdraw_question(question_id=found.pk, at=timezone.now(), actor=request.user.get_username())
    messages.success(request, _("It is asked no more."))
    return redirect("knowledge:article", found.version.article_id)
