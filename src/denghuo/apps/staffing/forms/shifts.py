"""What people tell of shifts: how many at least, when they begin and end, in which order they come."""

import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from denghuo.apps.organization.when import DayField
from denghuo.apps.staffing.models import Rota, Shift

DAY_MIN = 1440
HALF = "/2"
_CLOCK = re.compile(r"(\d{1,2})[:：](\d{2})")
_PLACE = re.compile(r"(.+?)\s*[=＝:：\s]\s*(\d+)")
_BETWEEN = re.compile(r"[,，、;；\n→]+")


_MOST_HEADS = 999


def clock(minute: int) -> str:
    """A minute of the day as people write it."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def clocks_of(shift: Shift) -> tuple[str, str]:
    """When a shift begins and ends; midnight is the end of a day, not the beginning of the next."""
    return clock(shift.start_min), clock((shift.start_min + shift.length_min - 1) % DAY_MIN + 1)


def labeled(shift: Shift) -> str:
    """A shift to choose from, with its times: names come again."""
    return f"{shift.name} {'–'.join(clocks_of(shift))}"


def minute_of(told: str, *, most: int = DAY_MIN) -> int:
    """The minute that somebody wrote down.

    Raises:
        forms.ValidationError: it is no time of the day.
    """
    found = _CLOCK.fullmatch(told.strip())
    minute = 60 * int(found[1]) + int(found[2]) if found and int(found[2]) < 60 else -1
    if not 0 <= minute <= most:
        raise forms.ValidationError(gettext("%(told)s is no time: write it as 08:30.") % {"told": told.strip() or "–"})
    return minute


class _DatedForm(forms.Form):
    """A rule that holds from a day on, and where it is written."""

    from_date = DayField(label=_("From"))
    source = forms.CharField(label=_("Where it is written"), max_length=200)


class MinimumsForm(_DatedForm):
    """The fewest people by time of day, a line each."""

    bands = forms.CharField(
        label=_("Fewest people by time of day"),
        widget=forms.Textarea({"rows": 4}),
        max_length=2_000,
        help_text=_("A line each, such as 08:00-24:00 6, for the whole day; 0 where nobody need be there."),
    )
    field_order = ("bands", "from_date", "source")

    def __init__(self, *args: Any, seats: int = _MOST_HEADS, **kwargs: Any) -> None:
        """``seats`` is how many can be there at once."""
        super().__init__(*args, **kwargs)
        self.seats = seats

    def clean_bands(self) -> list[tuple[int, int, int]]:
        """Start and end in minutes, heads; none overlapping."""
        found: list[tuple[int, int, int]] = []
        for number, line in enumerate(self.cleaned_data["bands"].splitlines(), 1):
            if not line.strip():
                continue
            parts = re.fullmatch(r"\s*(\S+?)\s*[-–~—至]\s*(\S+?)[\s,，:：]+(\d{1,3})\s*", line)
            if parts is None:
                text = _("Line %(line)d cannot be read: write it as 08:00-24:00 6, with 0 people or more.")
                raise forms.ValidationError(text % {"line": number})
            start, end = minute_of(parts[1]), minute_of(parts[2])
            if end <= start:
                raise forms.ValidationError(_("Line %(line)d ends before it begins.") % {"line": number})
            found.append((start, end, int(parts[3])))
        found.sort()
        if any(later[0] < earlier[1] for earlier, later in pairwise(found)):
            raise forms.ValidationError(_("Two lines speak of the same hour."))
        if any(heads > self.seats for _start, _end, heads in found):
            raise forms.ValidationError(_("More people than the %(seats)d seats in the room.") % {"seats": self.seats})
        edges = [(0, 0), *((start, end) for start, end, _heads in found), (1440, 1440)]
        gap = next(((one[1], other[0]) for one, other in pairwise(edges) if one[1] < other[0]), None)
        if gap:
            told = {"start": clock(gap[0]), "end": clock(gap[1])}
            raise forms.ValidationError(
                _("Nothing is told of %(start)s to %(end)s: write 0 if nobody need be there.") % told
            )
        return found


class ShiftForm(_DatedForm):
    """A shift that can be worked from a day on."""

    name = forms.CharField(label=_("Shift"), max_length=20)
    starts = forms.CharField(label=_("Begins at"), max_length=5, widget=forms.TextInput({"placeholder": "08:00"}))
    ends = forms.CharField(label=_("Ends at"), max_length=5, widget=forms.TextInput({"placeholder": "16:00"}))
    breaks = forms.CharField(
        label=_("Pauses"),
        max_length=100,
        required=False,
        help_text=_("When nobody of the shift answers, such as 12:00-12:30; several with commas between."),
    )
    night = forms.BooleanField(label=_("Counts as a night"), required=False)
    field_order = ("name", "starts", "ends", "breaks", "night", "from_date", "source")

    def __init__(self, *args: Any, shifts: Sequence[Shift] = (), **kwargs: Any) -> None:
        """``shifts`` are those there are, by the names of which people know them."""
        super().__init__(*args, **kwargs)
        self.shifts = shifts

    def clean_starts(self) -> int:
        return minute_of(self.cleaned_data["starts"], most=DAY_MIN - 1)

    def clean_ends(self) -> int:
        return minute_of(self.cleaned_data["ends"])

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = self.cleaned_data
        since = told.get("from_date")
        if since and any(_in_use(one, since=since) and one.name == told.get("name") for one in self.shifts):
            self.add_error("name", _("A shift has this name on these days: end it first, or take another name."))
        start, end = told.get("starts"), told.get("ends")
        if start is None or end is None:
            return told
        if start == end:
            self.add_error("ends", _("It ends at the minute at which it begins: a shift is shorter than a day."))
        length = end - start if end > start else end - start + DAY_MIN
        told["length_min"], told["pauses"] = length, []
        for part in _BETWEEN.split(told.get("breaks", "")):
            if part.strip():
                self._pause(part, start, length)
        return told

    def _pause(self, part: str, start: int, length: int) -> None:
        """A pause in minutes after the shift's start."""
        try:
            begin, end = ((minute_of(edge) - start) % DAY_MIN for edge in re.split(r"[-–~—至]", part, maxsplit=1))
        except (ValueError, forms.ValidationError):
            begin, end = 0, 0
        if 0 <= begin < end <= length:
            self.cleaned_data["pauses"].append((begin, end))
        else:
            self.add_error("breaks", _("A pause lies within the shift and is written as 12:00-12:30."))


def _in_use(shift: Shift, *, since: date, until: date | None = None) -> bool:
    """Whether a shift is worked on some day of a time."""
    return (shift.until_date is None or since <= shift.until_date) and (until is None or shift.from_date <= until)


class _OfShiftsForm(forms.Form):
    def __init__(self, *args: Any, shifts: Sequence[Shift], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shifts = {one.pk: one for one in shifts}
        for field in self.fields.values():
            if isinstance(field, forms.TypedChoiceField) and not field.choices:
                field.choices = [(str(one.pk), labeled(one)) for one in shifts]


class RetireForm(_OfShiftsForm):
    """The last day on which a shift is worked."""

    shift = forms.TypedChoiceField(label=_("Shift"), coerce=int)
    until_date = DayField(label=_("Last worked on"))

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = self.cleaned_data
        shift, until = self.shifts.get(told.get("shift", 0)), told.get("until_date")
        if shift and until and until < shift.from_date:
            words = _("This shift is in use from %(day)s on: it cannot end before that day.")
            self.add_error("until_date", words % {"day": shift.from_date.isoformat()})
        return told


class WithdrawShiftForm(_OfShiftsForm):
    """That there is no such shift after all."""

    shift = forms.TypedChoiceField(coerce=int)


class SuccessionForm(_OfShiftsForm):
    """Which shift may not follow which on the next day."""

    earlier = forms.TypedChoiceField(label=_("After"), coerce=int)
    later = forms.TypedChoiceField(label=_("must not follow"), coerce=int)
    source = forms.CharField(label=_("Where it is written"), max_length=200)


class AllowForm(_OfShiftsForm):
    """That it may, again."""

    earlier = forms.TypedChoiceField(coerce=int)
    later = forms.TypedChoiceField(coerce=int)


class SkillNeedForm(_OfShiftsForm, _DatedForm):
    """How many of a shift can do something."""

    shift = forms.TypedChoiceField(label=_("Shift"), coerce=int)
    name = forms.CharField(label=_("Skill"), max_length=40)
    heads = forms.IntegerField(label=_("People at least"), min_value=0, max_value=99)
    field_order = ("shift", "name", "heads", "from_date", "source")


def places_on(row: Rota, day: date) -> dict[str, int]:
    """Where each team stands in a pattern on a day, from 0."""
    size = len(row.cycle) * (2 if row.halved else 1)
    since = (day - row.from_date).days
    return {team: (place + since) % size for team, place in row.places.items()}


class RotaForm(_DatedForm):
    """The pattern that teams follow. Where teams follow one, ``last``, its places need not be told: of the first day
    somebody types, nobody knows them by heart. ``today`` is the day whose places stand there to be compared."""

    cycle = forms.CharField(
        label=_("Pattern"),
        max_length=400,
        help_text=_("Shifts day by day with commas between, - for a day off; /2 after a shift: half a team, in turn."),
    )
    places = forms.CharField(
        label=_("Teams"),
        max_length=400,
        help_text=_("Each team with the day of the pattern on which it stands on the first day. Others are mobile."),
    )
    field_order = ("cycle", "places", "from_date", "source")

    def __init__(
        self,
        *args: Any,
        shifts: Sequence[Shift],
        teams: Sequence[str],
        last: Rota | None = None,
        today: date | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.shifts, self.teams = shifts, set(teams)
        self.last = last if last is not None and last.cycle else None
        if self.last is not None and today is not None:
            field, now = self.fields["places"], places_on(self.last, today)
            field.required = False
            field.help_text = _(
                "Each team with the day of the pattern on which it stands on the first day; others are mobile. Left "
                "empty, they go on as they do. On %(day)s they stand so: %(places)s."
            ) % {"day": today.isoformat(), "places": ", ".join(f"{team} {place + 1}" for team, place in now.items())}

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = self.cleaned_data
        if "cycle" in told and "from_date" in told:
            try:
                told["cycle"] = self._cycle(told["cycle"], told["from_date"])
            except forms.ValidationError as wrong:
                self.add_error("cycle", wrong)
            else:
                self._go_on(told)
        return told

    def _go_on(self, told: dict[str, Any]) -> None:
        """Where no places are told: those that the teams have on the first day."""
        if self.last is None or told.get("places") != {}:
            return
        cycle, halved = told["cycle"]
        if (len(cycle), bool(halved)) == (len(self.last.cycle), bool(self.last.halved)):
            told["places"] = places_on(self.last, told["from_date"])
        else:
            self.add_error(
                "places", _("This pattern is of another length: say where each team stands on the first day.")
            )

    def _cycle(self, written: str, since: date) -> tuple[list[int | None], list[int]]:
        """Keys of shifts by day, None a day off; and the days on which half a team works. A name is that of the shift
        in use on the first day."""
        named = {one.name: one.pk for one in self.shifts if _in_use(one, since=since, until=since)}
        cycle: list[int | None] = []
        halved = []
        for part in (one.strip() for one in _BETWEEN.split(written)):
            if not part:
                continue
            name = part.removesuffix(HALF).strip()
            if part.endswith(HALF):
                halved.append(len(cycle))
            if name not in {*named, "-", "–", "休"}:
                raise forms.ValidationError(
                    _("There is no shift named %(name)s on %(day)s.") % {"name": name, "day": since.isoformat()}
                )
            cycle.append(named.get(name))
        if not any(cycle):
            raise forms.ValidationError(_("Name at least one shift."))
        return cycle, halved

    def clean_places(self) -> dict[str, int]:
        """Places by team, from 0."""
        found: dict[str, int] = {}
        for part in (one.strip() for one in _BETWEEN.split(self.cleaned_data["places"])):
            if not part:
                continue
            told = _PLACE.fullmatch(part)
            if told is None or told[1] not in self.teams or not 1 <= int(told[2]) <= 200:
                raise forms.ValidationError(_("%(part)s names no team and day.") % {"part": part})
            found[told[1]] = int(told[2]) - 1
        return found
