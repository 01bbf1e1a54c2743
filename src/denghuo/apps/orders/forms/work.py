"""What is told of an order at work."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.apps.orders.models import CallBackResult, Clock, Finding, PromiseOf, Remark, SuspensionCause
from denghuo.apps.orders.queries.receipts import HOLDS_NUMBER
from denghuo.apps.orders.queries.rules import rule_book
from denghuo.apps.organization.when import MinuteField


class StepTakenForm(forms.Form):
    """A step: which, when it happened, why; what the customer said, where they were called back."""

    step = forms.CharField(max_length=16, widget=forms.HiddenInput())
    told_at = MinuteField(label=_("Happened at"), required=False)
    reason = forms.CharField(label=_("Reason"), required=False, max_length=500)
    result = forms.ChoiceField(label=_("What the customer says"), required=False, choices=CallBackResult.choices)


class HandOverForm(forms.Form):
    """To whom an order is offered, and why."""

    to_username = forms.ChoiceField(label=_("Hand it to"), required=False)
    to_unit = forms.TypedChoiceField(label=_("Or to the unit"), required=False, coerce=int, empty_value=None)
    reason = forms.CharField(label=_("Reason"), max_length=500)

    def __init__(
        self,
        *args: Any,
        people: Sequence[tuple[str, str]] = (),
        units: Sequence[tuple[int, str]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to_username"].choices = [("", "–"), *people]  # type: ignore[attr-defined]
        self.fields["to_unit"].choices = [("", "–"), *units]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        if not told.get("to_username") and not told.get("to_unit"):
            self.add_error("to_username", _("Say to whom."))
        if told.get("to_username") and told.get("to_unit"):
            self.add_error("to_unit", _("Choose one of both: a person or a unit."))
        return told


class ReassignForm(forms.Form):
    """Into whose hands of its unit an order is put, and why."""

    to_username = forms.ChoiceField(label=_("Give it to"))
    reason = forms.CharField(label=_("Reason"), max_length=500)

    def __init__(self, *args: Any, people: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to_username"].choices = people  # type: ignore[attr-defined]


class AnswerForm(forms.Form):
    """Whether what is offered is taken over, and if not, why."""

    answer = forms.ChoiceField(choices=[("accept", pgettext_lazy("a hand-over", "Accept")), ("refuse", _("Refuse"))])
    reason = forms.CharField(label=_("Why not"), required=False, max_length=500)

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        if told.get("answer") == "refuse" and not told.get("reason"):
            self.add_error("reason", _("Say why it is not yours."))
        return told


class SuspensionForm(forms.Form):
    """Why the clocks may stand still."""

    cause = forms.ChoiceField(label=_("Why"), choices=SuspensionCause.choices)
    reason = forms.CharField(label=_("What happened"), max_length=500)


class DecideForm(forms.Form):
    """Yes or no, and why."""

    granted = forms.TypedChoiceField(choices=[("yes", _("Yes")), ("no", _("No"))], coerce=lambda told: told == "yes")
    decision = forms.CharField(label=_("Why"), required=False, max_length=2000)


class PromiseForm(forms.Form):
    """What is promised, and by when."""

    what = forms.ChoiceField(label=_("What"), choices=PromiseOf.choices)
    due_at = MinuteField(label=_("By when"))
    note = forms.CharField(label=_("What the customer was told"), required=False, max_length=200)

    def clean_due_at(self) -> datetime:
        due_at: datetime = self.cleaned_data["due_at"]
        if due_at <= timezone.now():
            raise forms.ValidationError(_("That time has passed already."))
        days = rule_book().number(timezone.localdate()).promise_within_days
        if due_at > timezone.now() + timedelta(days=days):  # a slip of the hand: a time of a later season
            raise forms.ValidationError(_("That is more than %(n)d days ahead. Look at the date."), params={"n": days})
        return due_at


class PromiseAnswerForm(PromiseForm):
    """Whether a promise was kept, or which other time the customer was told."""

    answer = forms.ChoiceField(choices=[("kept", _("Kept")), ("moved", _("Moved in time"))])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["what"]
        if self.data.get("answer") == "kept":
            del self.fields["due_at"], self.fields["note"]
        else:
            self.fields["note"].required = True


class NumberForm(forms.Form):
    """What a caller's number is needed for."""

    reason = forms.CharField(label=_("What for"), required=False, max_length=200)


class RemarkForm(forms.Form):
    """What was said."""

    side = forms.ChoiceField(label=_("Who to whom"), choices=Remark.Side.choices)
    text = forms.CharField(label=_("What was said"), max_length=2000, widget=forms.Textarea({"rows": 3}))

    def clean_text(self) -> str:
        """Without a number: everybody who may read the order reads it in full."""
        text: str = self.cleaned_data["text"]
        if HOLDS_NUMBER.search(text):
            raise forms.ValidationError(
                _("Everybody would read this telephone number in full: put it into the order by “Correct”.")
            )
        return text


class ReceiptForm(forms.Form):
    """What was found and done; checked while it is written."""

    finding = forms.ChoiceField(label=_("Conclusion"), required=False)
    found = forms.CharField(
        label=_("What was found"), required=False, max_length=1000, widget=forms.Textarea({"rows": 3})
    )
    done = forms.CharField(
        label=_("What was done"), required=False, max_length=1000, widget=forms.Textarea({"rows": 3})
    )
    told_customer = forms.CharField(
        label=_("What the customer was told"), required=False, max_length=1000, widget=forms.Textarea({"rows": 2})
    )
    restored_at = MinuteField(label=_("Supply restored at"), required=False)

    def __init__(self, *args: Any, findings: Sequence[Finding], with_supply: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "–"), *((one.value, one.label) for one in findings)]
        self.fields["finding"].choices = choices  # type: ignore[attr-defined]
        if not findings:
            del self.fields["finding"]
        if not with_supply:
            del self.fields["restored_at"]


class MergeForm(forms.Form):
    """Which orders are the same matter."""

    order = forms.TypedMultipleChoiceField(
        coerce=int,
        widget=forms.CheckboxSelectMultiple(),
        error_messages={"required": _("Tick the orders that are the same matter.")},
    )

    def __init__(self, *args: Any, orders: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["order"].choices = orders  # type: ignore[attr-defined]


class UnmergeForm(forms.Form):
    """Why an order is a matter of its own after all."""

    reason = forms.CharField(label=_("Why it is another matter"), max_length=500)


class AppealForm(forms.Form):
    """Against what, and why."""

    clock = forms.ChoiceField(label=_("Against"), required=False, choices=[("", _("the whole order")), *Clock.choices])
    text = forms.CharField(label=_("Why this is not ours"), max_length=2000, widget=forms.Textarea({"rows": 3}))
