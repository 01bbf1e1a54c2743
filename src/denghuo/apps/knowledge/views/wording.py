"""Wording rules: the list, trying a sentence, and their keeping."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.knowledge import actions, queries
from denghuo.apps.knowledge.forms import RuleForm
from denghuo.apps.knowledge.models import WordingRule
from denghuo.apps.knowledge.views.reach import is_editor, scope, units
from denghuo.apps.organization.access import Permission, may, permission_required

_LONGEST_TRIAL = 2_000


@require_GET
@permission_required(Permission.KNOWLEDGE_VIEW)
def wording(request: HttpRequest) -> HttpResponse:
    """What not to say and what to say instead; and a sentence to try."""
    today = timezone.localdate()
    text = request.GET.get("text", "")[:_LONGEST_TRIAL]
    rules = queries.wording_rules_seen(scope(request), on=today)
    found = queries.check_wording(text, rules=queries.wording_rules(scope(request), on=today)) if text else []
    context = {
        "rows": [(row, may(request.user, Permission.KNOWLEDGE_EDIT, path=row.unit.path)) for row in rules],
        "text": text,
        "findings": found,
        "pieces": _pieces(text, found),
        "may_edit": is_editor(request),
    }
    return render(request, "knowledge/wording.html", context)


@require_POST
@permission_required(Permission.KNOWLEDGE_VIEW)
def check_wording(request: HttpRequest) -> HttpResponse:
    """What a text that is being written says and ought not to, and what to say instead."""
    text, today = request.POST.get("text", "")[:_LONGEST_TRIAL], timezone.localdate()
    found = queries.check_wording(text, rules=queries.wording_rules(scope(request), on=today)) if text else []
    return render(request, "knowledge/better_said.html", {"findings": found})


def _pieces(text: str, found: list[queries.WordingFinding]) -> list[queries.Piece]:
    """The text with what was found marked."""
    pieces, place = [], 0
    for one in found:
        pieces += [queries.Piece(text[place : one.start]), queries.Piece(text[one.start : one.end], is_hit=True)]
        place = one.end
    return [*pieces, queries.Piece(text[place:])]


@require_http_methods(["GET", "POST"])
@permission_required(Permission.KNOWLEDGE_EDIT)
def new_rule(request: HttpRequest) -> HttpResponse:
    """Tell what not to say."""
    form = RuleForm(request.POST or None, units=units(request), initial={"from_date": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        _set(request, form, form.cleaned_data["unit"])
        return redirect("knowledge:wording")
    return render(request, "knowledge/rule.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required(Permission.KNOWLEDGE_EDIT)
def rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Tell from a day on something else of a phrase; the rule as it was is kept."""
    found = _rule(request, rule_id)
    initial = {name: getattr(found, name) for name in ("phrase", "instead", "reason", "source")}
    form = RuleForm(request.POST or None, units=[], initial=initial | {"from_date": timezone.localdate()})
    form.fields["phrase"].disabled = True
    if request.method == "POST" and form.is_valid():
        _set(request, form, found.unit_id)
        return redirect("knowledge:wording")
    return render(request, "knowledge/rule.html", {"form": form, "rule": found}, status=422 if form.errors else 200)


def _rule(request: HttpRequest, rule_id: int) -> WordingRule:
    try:
        found = queries.wording_rule_for(scope=scope(request), rule_id=rule_id)
    except WordingRule.DoesNotExist as missing:
        raise Http404 from missing
    if not may(request.user, Permission.KNOWLEDGE_EDIT, path=found.unit.path):
        raise Http404
    return found


def _set(request: HttpRequest, form: RuleForm, unit_id: int) -> None:
    actions.set_wording_rule(unit_id=unit_id, entry=form.entry(), at=timezone.now(), actor=request.user.get_username())
    messages.success(request, _("Saved."))


@require_POST
@permission_required(Permission.KNOWLEDGE_EDIT)
def lift_rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Allow a phrase again."""
    found = _rule(request, rule_id)
    actions.lift_wording_rule(
        rule_id=found.pk,
        from_date=timezone.localdate(),
        at=timezone.now(),
        actor=request.user.get_username(),
    )
    messages.success(request, _("The phrase is allowed from today on."))
    return redirect("knowledge:wording")


@require_POST
@permission_required(Permission.KNOWLEDGE_EDIT)
def default_rules(request: HttpRequest) -> HttpResponse:
    """Take over the rules that this product brings along, in the topmost unit that the person keeps."""
    count = actions.take_over_default_wording(
        unit_id=units(request)[0].pk,
        from_date=timezone.localdate(),
        at=timezone.now(),
        actor=request.user.get_username(),
    )
    told = ngettext("%(count)d rule was taken over.", "%(count)d rules were taken over.", count) % {"count": count}
    messages.success(request, told)
    return redirect("knowledge:wording")
