"""What a person gives to be taken in."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from denghuo.apps.organization.models import Unit


class CustomerFileForm(forms.Form):
    """The customer file of a station."""

    upload = forms.FileField(
        label=_("File"),
        error_messages={"required": _("Choose a file first."), "empty": _("The file is empty. Fill it in first.")},
    )
    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Station"), empty_label=None)

    def __init__(self, *args: Any, units: Sequence[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = Unit.objects.filter(pk__in=[one.pk for one in units])  # type: ignore[attr-defined]
