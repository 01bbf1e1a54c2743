"""What a person gives to be read."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from denghuo.apps.hotline.models import Exchange
from denghuo.main.imports.forms import FilesField


class CallLogForm(forms.Form):
    """Logs, traces and tables of one exchange."""

    upload = FilesField(
        label=_("Call logs"),
        error_messages={"required": _("Choose a file first."), "empty": _("The file is empty. Choose another.")},
    )
    exchange = forms.ModelChoiceField(Exchange.objects.none(), label=_("Exchange"), empty_label=None)

    def __init__(self, *args: Any, exchanges: Sequence[Exchange], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        within = Exchange.objects.filter(pk__in=[one.pk for one in exchanges])
        self.fields["exchange"].queryset = within  # type: ignore[attr-defined]
