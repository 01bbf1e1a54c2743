"""What a person gives to be imported."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from denghuo.adapters.recognition import FileKind
from denghuo.apps.organization.models import Unit

KIND_NAMES = {
    FileKind.NETWORK: _("Network"),
    FileKind.LOG: _("Switching log"),
    FileKind.OUTAGES: _("Outage register"),
}
_MOST_FILES = 50


class _FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One file or several."""

    widget = _FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """Every file of them, none empty."""
        given = data if isinstance(data, list | tuple) else [data]
        if len(given) > _MOST_FILES:
            raise forms.ValidationError(_("At most %(n)s files at once; pack them as a zip.") % {"n": _MOST_FILES})
        files: list[UploadedFile] = [super(FilesField, self).clean(one, initial) for one in given or [None]]
        if len({file.name for file in files}) < len(files):
            raise forms.ValidationError(_("Two of these files have the same name. Pack them as a zip."))
        return files


class UploadForm(forms.Form):
    """A file, whose it is, and what it is where that cannot be seen."""

    upload = FilesField(
        label=_("File"),
        error_messages={"required": _("Choose a file first."), "empty": _("The file is empty. Fill it in first.")},
    )
    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Station"), empty_label=None)
    kind = forms.TypedChoiceField(
        label=_("Kind of file"),
        choices=[("", _("Find out")), *((kind.value, name) for kind, name in KIND_NAMES.items())],
        coerce=FileKind,
        empty_value=None,
        required=False,
    )

    def __init__(self, *args: Any, units: list[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = Unit.objects.filter(pk__in=[unit.pk for unit in units])  # type: ignore[attr-defined]
