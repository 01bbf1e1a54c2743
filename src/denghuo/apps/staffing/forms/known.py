"""Known days and the weather, as people tell them."""

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from denghuo.adapters.tables import Limits, TableError, sentence
from denghuo.adapters.tables.files import open_tables
from denghuo.apps.organization.when import DayField, in_our_time
from denghuo.apps.staffing.actions import KnownEntry, WeatherEntry
from denghuo.apps.staffing.models import KnownKind

_LONGEST = timedelta(days=400)
_LIMITS = Limits(file_bytes=5_000_000, unpacked_bytes=50_000_000, rows=20_000, columns=50)
_SHOWN = 8
_SEPARATORS = ",\t;"
# What a heading has to hold, and what a reading cannot lie beyond.
_HEADINGS = {
    "date": ("日期", "date", "day"),
    "hottest_c": ("最高", "高温", "气温", "max", "hottest", "temp"),
    "rain_mm": ("雨", "降水", "rain", "precip"),
    "wind_ms": ("风", "wind"),
}
_BETWEEN = {"hottest_c": (-60.0, 60.0), "rain_mm": (0.0, 2_000.0), "wind_ms": (0.0, 100.0)}
_NAMES = {"hottest_c": _("highest temperature"), "rain_mm": _("rain"), "wind_ms": _("wind")}
_NOTHING = {"", "-", "–", "—", "--", "nan", "无", "缺测"}


class KnownDaysForm(forms.Form):
    """Something moves the calls of these days."""

    kind = forms.ChoiceField(label=_("Kind"), choices=KnownKind.choices)
    first = DayField(label=_("From"))
    last = DayField(label=_("To"), required=False, help_text=_("Left empty: one day."))
    size = forms.FloatField(
        label=_("Size"),
        required=False,
        min_value=0.001,
        max_value=100_000_000,
        help_text=_("Next to others of its kind: thousands of messages, meters a day, level of a warning. Empty: 1."),
    )
    note = forms.CharField(label=_("Name or note"), max_length=100, required=False)
    source = forms.CharField(label=_("Where it is written"), max_length=200)

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = self.cleaned_data
        first, last = told.get("first"), told.get("last") or told.get("first")
        told["last"] = last
        if first and last and not first <= last <= first + _LONGEST:
            self.add_error("last", _("This day must not lie before the first one, nor more than 400 days after it."))
        if told.get("size") is not None and not math.isfinite(told["size"]):
            self.add_error("size", _("Write a number."))
        return told

    def entry(self) -> KnownEntry:
        """What was told."""
        told = self.cleaned_data
        return KnownEntry(
            kind=KnownKind(told["kind"]),
            first=told["first"],
            last=told["last"],
            size=told["size"] or 1.0,
            note=told["note"],
            source=told["source"],
        )


class WeatherForm(forms.Form):
    """The weather of days, pasted or as a file; what cannot be read is said row by row, and then nothing is taken."""

    text = forms.CharField(
        label=_("Days: date, highest temperature (°C), rain (mm), wind (m/s)"),
        widget=forms.Textarea({"rows": 5}),
        max_length=400_000,
        required=False,
        help_text=_("A line per day, such as 2026-07-12,38.2,0,3.1. What is not known stays empty. Coming days too."),
    )
    upload = forms.FileField(
        label=_("Or a file"),
        required=False,
        widget=forms.ClearableFileInput({"accept": ".csv,.xlsx"}),
        help_text=_("CSV or xlsx with the same columns; headings may name them in another order."),
    )
    source = forms.CharField(label=_("Where it is written"), max_length=200)

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = self.cleaned_data
        if self.errors:
            return told
        field = "upload" if told.get("upload") else "text"
        try:
            rows = _file_rows(told["upload"]) if told.get("upload") else _text_rows(told.get("text", ""))
            told["entries"] = weather_entries(rows)
        except ValidationError as error:
            self.add_error(field, error)
        return told


def _text_rows(text: str) -> list[tuple[int, list[Any]]]:
    lines = [(number, line) for number, line in enumerate(text.replace("，", ",").splitlines(), 1) if line.strip()]
    if not lines:
        raise ValidationError(gettext("Paste some lines, or choose a file."))
    separator = max(_SEPARATORS, key=lines[0][1].count)
    return [(number, [cell.strip() for cell in line.split(separator)]) for number, line in lines]


def _file_rows(upload: Any) -> list[tuple[int, list[Any]]]:
    """Rows of the first sheet."""
    with NamedTemporaryFile(suffix=Path(upload.name).suffix[:10]) as kept:
        for part in upload.chunks():
            kept.write(part)
        kept.flush()
        try:
            with open_tables(Path(kept.name), limits=_LIMITS) as tables:
                return [(number, cells) for number, cells in tables[0].rows if any(_written(cell) for cell in cells)]
        except TableError as error:
            language = "zh" if (get_language() or "").startswith("zh") else "en"
            told = " ".join(sentence(one, language=language) for one in error.problems)
            raise ValidationError(told.replace(Path(kept.name).name, upload.name)) from error


def weather_entries(rows: Sequence[tuple[int, list[Any]]]) -> list[WeatherEntry]:
    """Days from numbered rows of cells, with or without headings.

    Raises:
        ValidationError: a sentence for each row that cannot be read, the first ones.
    """
    columns, rest = _columns(rows)
    found: dict[date, WeatherEntry] = {}
    wrong: list[str] = []
    for number, cells in rest:
        try:
            entry = _entry(columns, cells)
            if entry.date in found:
                raise ValidationError(gettext("%(day)s stands there twice.") % {"day": entry.date})
            found[entry.date] = entry
        except ValidationError as error:
            told = {"row": number, "what": " ".join(error.messages)}
            wrong.append(gettext("Row %(row)d: %(what)s") % told)
    if wrong:
        more = len(wrong) - _SHOWN
        text = ngettext("… and %(count)d more row.", "… and %(count)d more rows.", max(more, 1))
        raise ValidationError([*wrong[:_SHOWN], *([text % {"count": more}] if more > 0 else [])])
    if not found:
        raise ValidationError(gettext("There is no day in it."))
    return list(found.values())


def _columns(rows: Sequence[tuple[int, list[Any]]]) -> tuple[dict[str, int], Iterable[tuple[int, list[Any]]]]:
    """At which place each column stands: as headings say, else in the order of the form."""
    first = [_written(cell).lower() for cell in rows[0][1]] if rows else []
    found: dict[str, int] = {}
    for name, words in _HEADINGS.items():
        places = [at for at, cell in enumerate(first) if any(word in cell for word in words)]
        if places:
            found[name] = places[0]
    if "date" not in found:
        return dict(zip(_HEADINGS, range(4), strict=True)), rows
    if len(found) == 1:
        raise ValidationError(gettext("The headings name no weather: highest temperature, rain or wind."))
    return found, rows[1:]


def _entry(columns: dict[str, int], cells: list[Any]) -> WeatherEntry:
    told = {name: cells[at] if at < len(cells) else None for name, at in columns.items()}
    day = _day(told.pop("date"))
    readings = {name: _reading(name, value) for name, value in told.items()}
    if all(value is None for value in readings.values()):
        raise ValidationError(gettext("nothing is told of the weather of %(day)s.") % {"day": day})
    return WeatherEntry(date=day, **readings)


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = _written(value).replace("年", "-").replace("月", "-").replace("日", "").replace("/", "-").replace(".", "-")
    text = f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == 8 and text.isdigit() else text.split(" ")[0]
    try:
        year, month, day = (int(part) for part in text.split("-"))
        found = date(year, month, day)
        in_our_time(found)
    except (ValueError, ValidationError):
        raise ValidationError(
            gettext("“%(told)s” is no day: write it as 2026-07-12.") % {"told": _written(value)[:30]}
        ) from None
    return found


def _reading(name: str, value: Any) -> float | None:
    text = _written(value)
    if text.lower() in _NOTHING:
        return None
    told = {"what": _NAMES[name], "told": text[:30]}
    try:
        number = float(text.removesuffix("℃").removesuffix("°C").removesuffix("mm").removesuffix("m/s"))
    except ValueError:
        raise ValidationError(gettext("“%(told)s” is no number (%(what)s).") % told) from None
    low, high = _BETWEEN[name]
    if not low <= number <= high:
        text = gettext("%(told)s cannot be meant (%(what)s): from %(low)g to %(high)g.")
        raise ValidationError(text % (told | {"low": low, "high": high}))
    return number


def _written(value: Any) -> str:
    return "" if value is None else str(value).strip()
