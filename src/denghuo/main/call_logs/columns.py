"""The form in which somebody says which column of a table is what; of it a template is made."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from denghuo.adapters.telephony import (
    COMMON,
    CallOutcome,
    TemplateError,
    TemplateFlaw,
    TemplateProblem,
    template_data,
    template_of,
)
from denghuo.main.call_logs.template_words import FIELD_NAMES, OUTCOME_NAMES, flaw_words

_FORMATS = (
    ("", _("Find out: 2026-05-01 08:30:00, 2026/5/1 8:30, 2026年5月1日 8时30分")),
    ("%d/%m/%Y %H:%M:%S", _("day/month/year: 31/05/2026 08:30:00")),
    ("%m/%d/%Y %H:%M:%S", _("month/day/year: 05/31/2026 08:30:00")),
    ("%d.%m.%Y %H:%M:%S", "31.05.2026 08:30:00"),
    ("%Y%m%d%H%M%S", "20260531083000"),
    ("%m/%d/%Y %I:%M:%S %p", "05/31/2026 08:30:00 AM"),
    ("own", _("Another: written out beside this")),
)
_UNITS = (("s", _("seconds")), ("ms", _("milliseconds")), ("min", _("minutes")), ("h", _("hours")))
_COMMON_WORDS = {word: outcome.name.lower() for word, outcome in COMMON.outcomes.items()}


class ColumnsForm(forms.Form):
    """One choice for each column of a table, what its words mean, and how its times are written."""

    name = forms.CharField(
        label=_("Name of the template"),
        max_length=80,
        required=False,
        help_text=_("After the exchange or the report, say."),
    )
    keep = forms.BooleanField(label=_("Keep it for the next table of this exchange"), required=False, initial=True)
    timezone = forms.CharField(label=_("Time zone"), max_length=60, initial="Asia/Shanghai")
    time_format = forms.ChoiceField(label=_("How times are written"), choices=_FORMATS, required=False)
    own_format = forms.CharField(
        label=_("Another way"),
        max_length=60,
        required=False,
        help_text=_("%d day, %m month, %Y year, %H hour, %M minute, %S second: %d/%m/%Y %H:%M"),
    )
    duration_unit = forms.ChoiceField(
        label=_("A bare number of a duration counts"), choices=_UNITS, help_text=_("Unless the heading says a unit.")
    )
    no_time = forms.CharField(
        label=_("Stands for “no time”"),
        max_length=60,
        required=False,
        help_text=_("Such as 0:00:00, where nobody answered."),
    )
    wait_excludes_ring = forms.BooleanField(
        label=_("The wait ends when the agent's telephone begins to ring"), required=False
    )

    def __init__(self, data: QueryDict | None, *, seen: Mapping[str, Any], told: Mapping[str, Any] | None) -> None:
        self.seen = seen
        self.headings: list[str] = seen["headings"]
        super().__init__(data, initial=_initial(told) if told else None)
        fields = [("", _("not used")), *FIELD_NAMES.items()]
        by_heading = {one: field for field, names in (told or {}).get("columns", {}).items() for one in names}
        for column, heading in enumerate(self.headings):
            guess = by_heading.get(heading, "") if told else seen["guesses"].get(str(column), "")
            self.fields[f"is_{column}"] = forms.ChoiceField(
                label=heading or _("without a heading"),
                choices=fields,
                required=False,
                initial=guess,
                widget=forms.Select(attrs={"class": "dh-input"}),
            )
        self._explain({word: outcome for outcome, words in (told or {}).get("outcomes", {}).items() for word in words})

    def _explain(self, meant: Mapping[str, str]) -> None:
        """A choice for each word of the column that says how calls ended; known words are chosen beforehand."""
        given: dict[str, Any] = {}
        for place, word in enumerate(self.words):
            name = self._word_field(place)
            guess = meant.get(word) or _COMMON_WORDS.get(word.casefold(), "")
            choices = [("", "–"), *OUTCOME_NAMES.items()]
            self.fields[name] = forms.ChoiceField(
                label=word,
                choices=choices,
                required=False,
                initial=guess,
                widget=forms.Select(attrs={"class": "dh-input"}),
            )
            if self.is_bound and name not in self.data:
                given[name] = guess
        if given:
            self.data = {**{name: self.data.get(name) for name in self.data}, **given}

    def _word_field(self, place: int) -> str:
        return f"word_{self._outcome_column}_{place}"

    @property
    def _outcome_column(self) -> int | None:
        """The one column that is said to tell how calls ended."""
        chosen = [column for column in range(len(self.headings)) if self[f"is_{column}"].value() == "outcome"]
        return chosen[0] if len(chosen) == 1 else None

    @property
    def words(self) -> list[str]:
        """All that stands in the column that says how calls ended, as it is chosen now."""
        return list(self.seen["words"].get(str(self._outcome_column), []))

    @property
    def columns(self) -> list[dict[str, Any]]:
        """Each column with its heading, what stands in it, and the choice."""
        rows = self.seen["rows"]
        return [
            {
                "heading": heading,
                "samples": [row[column] for row in rows if column < len(row) and row[column]][:3],
                "field": self[f"is_{column}"],
            }
            for column, heading in enumerate(self.headings)
        ]

    @property
    def meanings(self) -> list[Any]:
        """What each word of the outcome's column means."""
        return [self[self._word_field(place)] for place in range(len(self.words))]

    @property
    def written(self) -> list[Any]:
        """Everything else: its name, and how its times and durations are written."""
        return [self[name] for name in self.base_fields]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if told.get("keep") and not told.get("name"):
            self.add_error("name", _("What is kept has a name."))
        if self.errors:
            return told
        problems = self._twice(told) + self._meaningless(told)
        try:
            told["template"] = template_data(template_of(self._data(told)))
        except TemplateError as error:
            problems += error.problems
        for problem in problems:
            self.add_error(None, flaw_words(problem))
        return told

    def _twice(self, told: Mapping[str, Any]) -> list[TemplateProblem]:
        """Two columns that are said to be the same."""
        seen: dict[str, str] = {}
        problems = []
        for column, heading in enumerate(self.headings):
            field = told[f"is_{column}"]
            if field and field in seen:
                given = {"field": str(FIELD_NAMES[field]), "first": seen[field], "second": heading}
                problems.append(TemplateProblem(flaw=TemplateFlaw.FIELD_TWICE, told=given))
            elif field:
                seen[field] = heading
        return problems

    def _meaningless(self, told: Mapping[str, Any]) -> list[TemplateProblem]:
        """Words that nobody has explained."""
        return [
            TemplateProblem(flaw=TemplateFlaw.WORD_UNKNOWN, told={"word": word})
            for place, word in enumerate(self.words)
            if not told.get(self._word_field(place))
        ]

    def _data(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """What is chosen, as a template file says it."""
        chosen = [(told[f"is_{column}"], heading) for column, heading in enumerate(self.headings)]
        written = told["own_format"].strip() if told["time_format"] == "own" else told["time_format"]
        outcomes: dict[str, list[str]] = {}
        for place, word in enumerate(self.words):
            if meaning := told.get(self._word_field(place)):
                outcomes.setdefault(meaning, []).append(word)
        data: dict[str, Any] = {
            "name": told["name"] or "table",
            "timezone": told["timezone"].strip(),
            "duration_unit": told["duration_unit"],
            "wait_excludes_ring": told["wait_excludes_ring"],
            "columns": {field: [heading] for field, heading in chosen if field and heading},
        }
        optional = {
            "time_formats": [written] if written or told["time_format"] == "own" else [],
            "no_time": [told["no_time"].strip()] if told["no_time"].strip() else [],
            "outcomes": outcomes,
        }
        return data | {key: value for key, value in optional.items() if value}


def _initial(told: Mapping[str, Any]) -> dict[str, Any]:
    """What a template says, in the fields of the form."""
    written = next(iter(told.get("time_formats", [])), "")
    listed = written in {code for code, _name in _FORMATS}
    return {
        "name": told.get("name", ""),
        "timezone": told.get("timezone", "Asia/Shanghai"),
        "time_format": written if listed else "own",
        "own_format": "" if listed else written,
        "duration_unit": told.get("duration_unit", "s"),
        "no_time": next(iter(told.get("no_time", [])), ""),
        "wait_excludes_ring": told.get("wait_excludes_ring", False),
    }


def outcome_name(outcome: int) -> str:
    """How a call ended, in words."""
    return str(OUTCOME_NAMES[CallOutcome(outcome).name.lower()])
