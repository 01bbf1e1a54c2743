"""What a person types about articles, wording and exams."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from denghuo.apps.knowledge.actions import ArticleEntry, QuestionEntry, WordingEntry
from denghuo.apps.knowledge.models import QuestionKind, Topic
from denghuo.apps.organization.models import Unit

_BARS = str.maketrans({"｜": "|"})
_STARS = ("*", "＊")
_LONGEST_LINE = 200
_YEARS = (2000, 2100)  # a year typed digit by digit begins as 0002


class DayField(forms.DateField):
    """A day in a year that somebody may mean."""

    def __init__(self, **told: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **told)

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        if day and not _YEARS[0] <= day.year <= _YEARS[1]:
            raise forms.ValidationError(_("Choose a year from %d to %d.") % _YEARS)
        return day


class KeyFactsField(forms.CharField):
    """Key facts, one in a line: what is asked | the answer."""

    widget = forms.Textarea

    def clean(self, value: Any) -> tuple[tuple[str, str], ...]:
        text = super().clean(value).translate(_BARS)
        pairs = []
        for line in (line.strip() for line in text.splitlines() if line.strip()):
            what, bar, answer = (part.strip() for part in line.partition("|"))
            if not (what and bar and answer) or max(len(what), len(answer)) > _LONGEST_LINE:
                raise forms.ValidationError(_("“%s” is not written as: what | answer.") % line[:40])
            pairs.append((what, answer))
        return tuple(pairs)


class SearchForm(forms.Form):
    """What to look for."""

    q = forms.CharField(label=_("Look for"), required=False)
    topic = forms.ChoiceField(label=_("Topic"), choices=[("", _("All")), *Topic.choices], required=False)
    all = forms.BooleanField(label=_("Also what does not hold today"), required=False)


class UnitForm(forms.Form):
    """A form on something that belongs to a unit; with one unit to choose from it is not asked."""

    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int, help_text=_("It holds there and everywhere below."))

    def __init__(self, *args: Any, units: Sequence[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if units:
            self.fields["unit"].choices = [(one.pk, one.name) for one in units]  # type: ignore[attr-defined]
        else:
            del self.fields["unit"]


class ArticleForm(UnitForm):
    """A version of an article."""

    title = forms.CharField(label=_("Title"), max_length=120)
    topic = forms.TypedChoiceField(label=_("Topic"), choices=Topic.choices, coerce=Topic)
    script = forms.CharField(
        label=_("What to say to the caller"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    body = forms.CharField(
        label=_("Text"),
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=_("An empty line begins a paragraph, “- ” or “1. ” a list, “# ” a heading; **two stars** stress."),
    )
    key_facts = KeyFactsField(
        label=_("Key facts"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One in a line: what | answer. Exam questions are made of them."),
    )
    keywords = forms.CharField(
        label=_("Keywords"), max_length=300, required=False, help_text=_("Other words that callers use for it.")
    )
    basis = forms.CharField(label=_("Legal basis or source"), max_length=300)
    valid_from = DayField(label=_("Holds from"))
    valid_until = DayField(
        label=_("Holds until"), required=False, help_text=_("The first day on which it holds no more; empty: open.")
    )
    review_on = DayField(label=_("Read again on"), required=False)
    keeps_questions = forms.BooleanField(label=_("The questions on it still fit"), required=False, initial=True)
    after_number = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, units: Sequence[Unit] = (), **kwargs: Any) -> None:
        super().__init__(*args, units=units, **kwargs)
        if units:
            del self.fields["keeps_questions"], self.fields["after_number"]

    def clean(self) -> dict[str, Any]:
        """It ends after it begins."""
        told: dict[str, Any] = super().clean() or {}
        start, end = told.get("valid_from"), told.get("valid_until")
        if start and end and end <= start:
            self.add_error("valid_until", _("The end must come after the beginning."))
        return told

    def entry(self) -> ArticleEntry:
        """What was typed."""
        return ArticleEntry(**{name: self.cleaned_data[name] for name in ArticleEntry.__dataclass_fields__})


class WithdrawForm(forms.Form):
    """From when an article holds no more, and why."""

    from_date = DayField(label=_("Withdrawn from"))
    reason = forms.CharField(label=_("Why"), max_length=300)


class ReviewedForm(forms.Form):
    """When to read an article again."""

    next_on = DayField(label=_("Read again on"))


class MistakeForm(forms.Form):
    """What was told wrongly."""

    what = forms.CharField(label=_("What was told wrongly"), max_length=300)
    reference = forms.CharField(label=_("Where: number of a call or a ticket"), max_length=80, required=False)


class RuleForm(UnitForm):
    """What not to say, and what to say instead."""

    phrase = forms.CharField(label=_("Not to be said"), max_length=60)
    instead = forms.CharField(label=_("To be said instead"), max_length=200, required=False)
    reason = forms.CharField(label=_("Why"), max_length=200, required=False)
    source = forms.CharField(label=_("Source"), max_length=200)
    from_date = DayField(label=_("From"))

    def entry(self) -> WordingEntry:
        """What was typed."""
        return WordingEntry(**{name: self.cleaned_data[name] for name in WordingEntry.__dataclass_fields__})


class QuestionForm(forms.Form):
    """A question on what an article says."""

    kind = forms.TypedChoiceField(label=_("Answered by"), choices=QuestionKind.choices, coerce=QuestionKind)
    text = forms.CharField(label=_("Question to ask"), max_length=300)
    options = forms.CharField(
        label=_("Answers"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("One in a line, a star before each right one. Of true or false: none."),
    )
    is_true = forms.BooleanField(label=_("Of true or false: it is true"), required=False)
    explanation = forms.CharField(label=_("Explanation"), max_length=300, required=False)

    def clean(self) -> dict[str, Any]:
        """A question that can be answered."""
        told: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                told["entry"] = self._entry(told)
            except ValueError:
                self.add_error("options", _("Give two answers or more, with a star before those that are right."))
        return told

    def _entry(self, told: dict[str, Any]) -> QuestionEntry:
        lines = [line.strip() for line in told["options"].splitlines() if line.strip()]
        right = tuple(place for place, line in enumerate(lines) if line.startswith(_STARS))
        options = tuple(line.lstrip("*＊").strip() for line in lines)
        if told["kind"] == QuestionKind.TRUTH:
            options, right = (), (0 if told["is_true"] else 1,)
        return QuestionEntry(
            kind=told["kind"], text=told["text"], options=options, right=right, explanation=told["explanation"]
        )


class DrawForm(UnitForm):
    """An exam to draw."""

    title = forms.CharField(label=_("Title"), max_length=120)
    question_count = forms.IntegerField(label=_("Questions"), min_value=1, max_value=200, initial=10)
    pass_percent = forms.IntegerField(label=_("Pass mark, %"), min_value=1, max_value=100, initial=80)
    seed = forms.IntegerField(
        label=_("Seed"),
        required=False,
        min_value=0,
        max_value=2**53,
        help_text=_("Empty: by chance. The same seed on the same articles and results draws the same questions."),
    )
