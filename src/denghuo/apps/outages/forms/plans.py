"""What a person writes down about notices of a plan that somebody brought or posted."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from denghuo.apps.notices.models import How
from denghuo.apps.organization.when import MinuteField

_BY_HAND = [(value, label) for value, label in How.choices if value != How.POSTED]


class PostedForm(forms.Form):
    """Where and when a plan was announced to the public."""

    delivered_at = MinuteField(label=_("When"))
    note = forms.CharField(label=_("Where it was posted"), max_length=200)

    def clean_delivered_at(self) -> Any:
        """Not ahead of now."""
        told = self.cleaned_data["delivered_at"]
        if told > timezone.now():
            raise forms.ValidationError(gettext("This lies ahead."))
        return told


class DeliveredForm(PostedForm):
    """How the chosen households were told."""

    how = forms.ChoiceField(label=_("How"), choices=_BY_HAND)
    receiver = forms.CharField(label=_("Signed for by"), max_length=80, required=False)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    field_order = ("how", "delivered_at", "receiver", "note")

    def clean(self) -> dict[str, Any]:
        """Who signs signs for one household."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        if told.get("how") == How.HANDED and not (told.get("receiver") or "").strip():
            self.add_error("receiver", gettext("Say who signed for it."))
        return told


class MoveForm(forms.Form):
    """Another time for a plan, and why."""

    start_at = MinuteField(label=_("Begins"))
    end_at = MinuteField(label=_("Approved end"))
    reason = forms.CharField(label=_("Why"), max_length=200)

    def clean(self) -> dict[str, Any]:
        """The new time lies ahead, its end after its beginning."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        start, end = told.get("start_at"), told.get("end_at")
        if start and start <= timezone.now():
            self.add_error("start_at", gettext("This lies behind."))
        if start and end and end <= start:
            self.add_error("end_at", gettext("The end must come after the beginning."))
        return told


class CancelForm(forms.Form):
    """Why a plan does not take place."""

    reason = forms.CharField(label=_("Why"), max_length=200)
