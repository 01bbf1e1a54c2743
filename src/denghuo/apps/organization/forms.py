"""Tokens for programs."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from denghuo.apps.organization.models import Assignment


class TokenForm(forms.Form):
    """A program that is to sign in."""

    name = forms.CharField(
        label=_("What the program is"), max_length=80, help_text=_("The meter head-end, the town's app")
    )
    assignment = forms.TypedChoiceField(
        label=_("In whose name and role"),
        coerce=int,
        help_text=_("It may do what this role may in this unit, and what it does is recorded under this name."),
    )

    def __init__(self, *args: Any, assignments: Sequence[Assignment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignment"].choices = [("", _("Choose")), *((row.pk, str(row)) for row in assignments)]  # type: ignore[attr-defined]
