"""Days and instants that people type: of a year that somebody may mean, or it is said so."""

from datetime import date

import pytest
from django import forms
from django.utils import timezone

from denghuo.apps.organization.when import DayField, MinuteField


def test_what_somebody_means_is_taken() -> None:
    assert DayField().clean("2026-02-28") == date(2026, 2, 28)
    assert timezone.localtime(MinuteField().clean("2026-02-28T08:30")).hour == 8
    assert DayField(required=False).clean("") is None
    assert MinuteField(required=False).clean("") is None


@pytest.mark.parametrize("year", ["0001", "0202", "1899", "2101", "9999"])
def test_a_slip_of_the_keyboard_is_none(year: str) -> None:
    for field, typed in ((DayField(), f"{year}-12-31"), (MinuteField(), f"{year}-12-31T23:59")):
        with pytest.raises(forms.ValidationError):
            field.clean(typed)
