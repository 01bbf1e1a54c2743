"""What every page that takes an upload does with it."""

from collections.abc import Callable
from typing import TypeVar

from django import forms
from django.utils.translation import gettext as _

from denghuo.main import processes

Job = TypeVar("Job")


def begin(form: forms.Form, *, create: Callable[[], Job], start: Callable[[Job], None]) -> Job | None:
    """Keep an upload and set somebody to work on it; None where that cannot be, and the form says why."""
    if processes.is_busy():
        form.add_error(None, _("Other imports are being worked on. Try again in a minute."))
        return None
    try:
        kept = create()
        start(kept)
    except OSError as error:
        reason = error.strerror or error
        form.add_error("upload", _("The server could not keep the file (%(reason)s).") % {"reason": reason})
        return None
    return kept
