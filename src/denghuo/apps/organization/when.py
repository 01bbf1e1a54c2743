"""Days and instants as people type them: fields for a local day and a local minute, of a year that may be meant."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

LOCAL_DAY, LOCAL_MINUTE = "%Y-%m-%d", "%Y-%m-%dT%H:%M"
YEARS = (1900, 2100)  # what lies beyond is a slip of the keyboard, and cannot always be reckoned in local time


def in_our_time(told: date | datetime | None) -> None:
    """Refuse a year that nobody means.

    Raises:
        forms.ValidationError: it is one.
    """
    if told is not None and not YEARS[0] <= told.year <= YEARS[1]:
        raise forms.ValidationError(_("Choose a year from %d to %d.") % YEARS)


class DayField(forms.DateField):
    """A local day."""

    def __init__(self, **told: Any) -> None:
        super().__init__(**{"widget": forms.DateInput({"type": "date"}, LOCAL_DAY)} | told)

    def clean(self, value: Any) -> Any:
        """The day, None where none is told."""
        told = super().clean(value)
        in_our_time(told)
        return told


class PastDayField(DayField):
    """A local day that has come."""

    def clean(self, value: Any) -> Any:
        """The day, None where none is told."""
        told = super().clean(value)
        if told is not None and told > timezone.localdate():
            raise forms.ValidationError(_("That day is still to come."))
        return told


class MinuteField(forms.DateTimeField):
    """A local instant, to the minute."""

    def __init__(self, **told: Any) -> None:
        super().__init__(**{"widget": forms.DateTimeInput({"type": "datetime-local"}, LOCAL_MINUTE)} | told)

    def clean(self, value: Any) -> Any:
        """The instant, None where none is told."""
        told = super().clean(value)
        in_our_time(told)
        return told
