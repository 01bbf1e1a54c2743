"""What a person gives to be read."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from denghuo.apps.hotline.models import Exchange, TableTemplate
from denghuo.main.imports.forms import FilesField

ASKS = "asks"


class CallLogForm(forms.Form):
    """Logs, traces and tables of one exchange."""

    upload = FilesField(
        label=_("Call logs"),
        error_messages={"required": _("Choose a file first."), "empty": _("The file is empty. Choose another.")},
    )
    exchange = forms.ModelChoiceField(Exchange.objects.none(), label=_("Exchange"), empty_label=None)

    template = forms.ChoiceField(
        label=_("How tables are written"),
        required=False,
        help_text=_("Only for tables (CSV, Excel); logs and traces are recognized."),
    )

    def __init__(
        self, *args: Any, exchanges: Sequence[Exchange], templates: Sequence[TableTemplate], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        _choose_among(self, exchanges)
        self._templates = {str(one.pk): one for one in templates}
        kept = [(key, f"{one.name} ({one.exchange})") for key, one in self._templates.items()]
        self.fields["template"].choices = [  # type: ignore[attr-defined]
            ("", _("With the usual headings")),
            *kept,
            (ASKS, _("Otherwise: show me its columns first")),
        ]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        chosen = told.get("template", "")
        told["asks"] = chosen == ASKS
        told["tables"] = self._templates.get(chosen)
        if told["tables"] is not None and told.get("exchange") not in (None, told["tables"].exchange):
            self.add_error("template", _("This template is of another exchange. Choose one of this exchange."))
        return told


class TemplateFileForm(forms.Form):
    """A template that somebody has written down."""

    file = forms.FileField(
        label=_("Template (TOML or JSON)"),
        error_messages={"required": _("Choose a file first."), "empty": _("The file is empty. Choose another.")},
    )
    exchange = forms.ModelChoiceField(Exchange.objects.none(), label=_("Exchange"), empty_label=None)

    def __init__(self, *args: Any, exchanges: Sequence[Exchange], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose_among(self, exchanges)


def _choose_among(form: forms.Form, exchanges: Sequence[Exchange]) -> None:
    """Let one of these exchanges be chosen."""
    within = Exchange.objects.filter(pk__in=[one.pk for one in exchanges])
    form.fields["exchange"].queryset = within  # type: ignore[attr-defined]
