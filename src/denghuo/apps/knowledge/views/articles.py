"""The list that is searched, an article, and its keeping."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from denghuo.apps.knowledge import actions, queries
from denghuo.apps.knowledge.forms import ArticleForm, MistakeForm, ReviewedForm, SearchForm, WithdrawForm
from denghuo.apps.knowledge.models import Article, Version
from denghuo.apps.knowledge.views.reach import article_kept, article_seen, is_editor, scope, units
from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import Permission, may, permission_required

_ROWS_PER_PAGE = 50
_HITS = 30
_REVIEW_AFTER = timedelta(days=365)


@vary_on_headers("HX-Request")  # the same address answers with the page, or with what was found only
@require_GET
@permission_required(Permission.KNOWLEDGE_VIEW)
def home(request: HttpRequest) -> HttpResponse:
    """Every article that holds today, or what answers a query."""
    form = SearchForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    query, topic = wanted.get("q", "").strip(), wanted.get("topic", "")
    today = timezone.localdate()
    on = None if wanted.get("all") else today
    context: dict[str, Any] = {"form": form, "query": query, "today": today, "may_edit": is_editor(request)}
    if query:
        context["hits"] = queries.search(scope(request), query=query, on=on, topic=topic, at_most=_HITS)
    else:
        rows = queries.versions(scope(request), on=on, topic=topic)
        context["rows"] = Paginator(rows, _ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context["filtered"] = bool(query or topic or wanted.get("all"))
    page = "knowledge/found.html" if request.htmx else "knowledge/home.html"  # type: ignore[attr-defined]
    return render(request, page, context)


@require_GET
@permission_required(Permission.KNOWLEDGE_VIEW)
def article(request: HttpRequest, article_id: int) -> HttpResponse:
    """What an article says today; where it says nothing today, what it said last."""
    found, today = article_seen(request, article_id), timezone.localdate()
    versions = queries.versions_of(found.pk)
    held = queries.version_in_force(found.pk, on=today)
    shown = held or versions[0]
    may_edit = may(request.user, Permission.KNOWLEDGE_EDIT, path=found.unit.path)
    names = organization.names_of(one.published_by for one in versions)
    context = {
        "article": found,
        "version": shown,
        "state": _state(found, held, shown, today),
        "key_facts": list(shown.key_facts.all()),
        "versions": [(one, names.get(one.published_by, one.published_by), one == held) for one in versions],
        "may_edit": may_edit,
        "questions": queries.questions_on(shown) if may_edit else [],
        "may_note": is_editor(request),
        "mistakes": queries.mistakes_of(found) if is_editor(request) else [],
        "reviewed_form": ReviewedForm(initial={"next_on": today + _REVIEW_AFTER}),
        "mistake_form": MistakeForm(),
    }
    return render(request, "knowledge/article.html", context)


def _state(article: Article, held: Version | None, shown: Version, today: date) -> str:
    """Whether it holds: holds, coming, ended or withdrawn."""
    if held:
        return "holds"
    if article.withdrawn_from and article.withdrawn_from <= today:
        return "withdrawn"
    return "coming" if shown.valid_from > today else "ended"


@require_GET
@permission_required(Permission.KNOWLEDGE_VIEW)
def version(request: HttpRequest, article_id: int, version_number: int) -> HttpResponse:
    """What a version said, and what it changed."""
    found = article_seen(request, article_id)
    versions = {one.number: one for one in queries.versions_of(found.pk)}
    if version_number not in versions:
        raise Http404
    shown, before = versions[version_number], versions.get(version_number - 1)
    parts = [
        (label, queries.changes(old, new))
        for (label, new), (_label, old) in zip(_parts(shown), _parts(before) if before else _parts(shown), strict=True)
    ]
    context = {
        "article": found,
        "version": shown,
        "before": before,
        "after": versions.get(version_number + 1),
        "parts": [(label, changes) for label, changes in parts if changes],
        "publisher": organization.names_of([shown.published_by]).get(shown.published_by, shown.published_by),
    }
    return render(request, "knowledge/version.html", context)


def _parts(version: Version) -> list[tuple[str, str]]:
    """Everything a version says, under its name."""
    return [
        (_("Title"), version.title),
        (_("What to say to the caller"), version.script),
        (_("Text"), version.body),
        (_("Key facts"), "\n".join(f"{one.what} | {one.answer}" for one in version.key_facts.all())),
        (_("Keywords"), version.keywords),
        (_("Legal basis or source"), version.basis),
    ]


@require_http_methods(["GET", "POST"])
@permission_required(Permission.KNOWLEDGE_EDIT)
def new(request: HttpRequest) -> HttpResponse:
    """Write a new article."""
    today = timezone.localdate()
    initial = {"valid_from": today, "review_on": today + _REVIEW_AFTER}
    form = ArticleForm(request.POST or None, units=units(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        published = actions.publish_article(
            unit_id=form.cleaned_data["unit"],
            entry=form.entry(),
            at=timezone.now(),
            actor=request.user.get_username(),
        )
        messages.success(request, _("Published. It can be found at once."))
        return redirect("knowledge:article", published.article_id)
    return render(request, "knowledge/edit.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required(Permission.KNOWLEDGE_EDIT)
def edit(request: HttpRequest, article_id: int) -> HttpResponse:
    """Publish what an article says from a day on, beside what it said before."""
    found = article_kept(request, article_id)
    latest = queries.versions_of(found.pk)[0]
    today = timezone.localdate()
    facts = "\n".join(f"{one.what} | {one.answer}" for one in latest.key_facts.all())
    told = {name: getattr(latest, name) for name in ("title", "topic", "script", "body", "keywords", "basis")}
    dated = {"valid_from": max(today, latest.valid_from), "review_on": today + _REVIEW_AFTER}
    form = ArticleForm(request.POST or None, initial=told | dated | {"key_facts": facts, "after_number": latest.number})
    if request.method == "POST" and form.is_valid():
        try:
            actions.publish_version(
                article_id=found.pk,
                after_number=form.cleaned_data["after_number"] or 0,
                keeps_questions=form.cleaned_data["keeps_questions"],
                entry=form.entry(),
                at=timezone.now(),
                actor=request.user.get_username(),
            )
        except actions.StaleArticleError:
            form.add_error(None, _("Somebody else published a version, or withdrew the article, in the meantime."))
        else:
            messages.success(request, _("Published. What it said before is kept."))
            return redirect("knowledge:article", found.pk)
    context = {"form": form, "article": found, "version": latest}
    return render(request, "knowledge/edit.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required(Permission.KNOWLEDGE_EDIT)
def withdraw(request: HttpRequest, article_id: int) -> HttpResponse:
    """Say that an article holds no more."""
    found = article_kept(request, article_id)
    form = WithdrawForm(request.POST or None, initial={"from_date": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            actions.withdraw_article(
                article_id=found.pk, **form.cleaned_data, at=timezone.now(), actor=request.user.get_username()
            )
        except actions.StaleArticleError:
            form.add_error(None, _("It is withdrawn already."))
        else:
            messages.success(request, _("Withdrawn. What was told before stays readable."))
            return redirect("knowledge:article", found.pk)
    context = {"form": form, "article": found, "version": queries.versions_of(found.pk)[0]}
    return render(request, "knowledge/withdraw.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required(Permission.KNOWLEDGE_EDIT)
def reviewed(request: HttpRequest, article_id: int) -> HttpResponse:
    """Say that an article was read again and still holds."""
    found = article_kept(request, article_id)
    form = ReviewedForm(request.POST)
    if form.is_valid():
        actions.review_article(
            article_id=found.pk,
            next_on=form.cleaned_data["next_on"],
            at=timezone.now(),
            actor=request.user.get_username(),
        )
        messages.success(request, _("Noted: it still holds."))
    else:
        messages.error(request, _("Say on which day to read it again."))
    return redirect("knowledge:article", found.pk)


@require_POST
@permission_required(Permission.KNOWLEDGE_EDIT)
def note_mistake(request: HttpRequest, article_id: int) -> HttpResponse:
    """Note that what an article says was told wrongly, whoever keeps the article."""
    found = article_seen(request, article_id)
    form = MistakeForm(request.POST)
    if form.is_valid():
        actions.note_mistake(
            article_id=found.pk, **form.cleaned_data, at=timezone.now(), actor=request.user.get_username()
        )
        messages.success(request, _("Noted. The next exams ask for it more often."))
    else:
        messages.error(request, _("Say in a sentence what was told wrongly."))
    return redirect("knowledge:article", found.pk)


@require_GET
@permission_required(Permission.KNOWLEDGE_EDIT)
def review(request: HttpRequest) -> HttpResponse:
    """What has to be read again, or ends soon."""
    rows = queries.due_for_review(scope(request), on=timezone.localdate())
    return render(request, "knowledge/review.html", {"rows": rows, "may_edit": True})
