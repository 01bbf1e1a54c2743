"""What a person writes down about a plan: another time, its devices, and notices that somebody brought or posted."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from denghuo.apps.network import queries as network
from denghuo.apps.notices import queries as notices
from denghuo.apps.notices.models import How
from denghuo.apps.organization.when import MinuteField
from denghuo.apps.outages import queries
from denghuo.apps.outages.models import Outage

_BY_HAND = [(value, label) for value, label in How.choices if value != How.POSTED]


class PostedForm(forms.Form):
    """Where and when a plan was announced to the public, which is not before there was one (``about``)."""

    delivered_at = MinuteField(label=_("When"))
    note = forms.CharField(label=_("Where it was posted"), max_length=200)

    def __init__(self, *args: Any, about: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.about = about

    def clean_delivered_at(self) -> Any:
        """Not ahead of now, and not before the plan was entered, or moved to the time that holds."""
        told = self.cleaned_data["delivered_at"]
        if told > timezone.now():
            raise forms.ValidationError(gettext("This lies ahead."))
        since = notices.matter_since(self.about)
        if since is not None and notices.is_before_matter(self.about, told):
            when = {"time": f"{timezone.localtime(since):%Y-%m-%d %H:%M}"}
            raise forms.ValidationError(
                gettext("This plan stands as it is since %(time)s: what was told before proves nothing of it.") % when
            )
        return told


class DeliveredForm(PostedForm):
    """How the chosen households were told."""

    how = forms.ChoiceField(label=_("How"), choices=_BY_HAND)
    receiver = forms.CharField(
        label=_("Signed for by, or witness"),
        max_length=80,
        required=False,
        help_text=_("What is left at the door proves something only with a witness."),
    )
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    field_order = ("how", "delivered_at", "receiver", "note")

    def clean(self) -> dict[str, Any]:
        """Who signs signs for one household."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        lack = notices.lack_of_delivery(told.get("how", ""), told.get("receiver", ""))
        if lack:
            self.add_error("receiver", lack)
        return told


class MoveForm(forms.Form):
    """Another time for a plan, and why. What is odd about it is taken only by who is ``sure``."""

    start_at = MinuteField(label=_("Begins"))
    end_at = MinuteField(label=_("Approved end"))
    reason = forms.CharField(label=_("Why"), max_length=200)
    sure = forms.BooleanField(label=_("Move it all the same"), required=False)

    def __init__(self, *args: Any, outage: Outage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.outage = outage
        if not self.is_bound:
            del self.fields["sure"]

    def clean(self) -> dict[str, Any]:
        """The new time lies ahead, its end after its beginning, and it is another one."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        start, end, now = told.get("start_at"), told.get("end_at"), timezone.now()
        if start and start <= now:
            self.add_error("start_at", gettext("This lies behind."))
        if start and end and end <= start:
            self.add_error("end_at", gettext("The end must come after the beginning."))
        if start and (start, end) == tuple(map(_to_the_minute, self._was)):
            self.add_error("start_at", gettext("Nothing changes: this is its time already."))
        ask_back(self, told, () if self.errors else self._doubts(told, at=now))
        told.pop("sure", None)
        return told

    def _doubts(self, told: dict[str, Any], *, at: datetime) -> Iterator[str]:
        outage, start, end = self.outage, told["start_at"], told["end_at"]
        yield from queries.doubts_of_times(outage.kind, str(outage.network.unit.path), start, end, at=at)
        codes = outage.planned_device_codes.split()
        yield from queries.doubts_of_devices(outage.network_id, codes, start, end, besides=outage.pk)

    @property
    def _was(self) -> tuple[datetime | None, datetime | None]:
        return self.outage.planned_start_at, self.outage.planned_end_at


def _to_the_minute(instant: datetime | None) -> datetime | None:
    return instant.replace(second=0, microsecond=0) if instant else None


def ask_back(form: forms.Form, told: dict[str, Any], doubts: Iterable[str]) -> None:
    """Nothing odd is taken without asking back: by the field ``sure``, which is there only where something is odd."""
    found = [] if told.get("sure") else list(doubts)
    if found:
        form.add_error("sure", found)
    elif not told.get("sure"):
        del form.fields["sure"]


def codes_in(text: str, network_id: int | None) -> list[str]:
    """Codes of devices as somebody writes them down, each once; those that the network has as it writes them."""
    typed = re.sub("[,，、;；]", " ", unicodedata.normalize("NFKC", text)).split()
    known = network.network_snapshot(network_id).grid.switch_position if network_id else {}
    by_letters = {code.casefold(): code for code in known}
    return list(dict.fromkeys(one if one in known else by_letters.get(one.casefold(), one) for one in typed))


def unknown_said(codes: Iterable[str]) -> str:
    """That a network has no such devices."""
    return gettext("The network has no %(codes)s.") % {"codes": gettext(", ").join(codes)}


class DevicesForm(forms.Form):
    """Which devices a plan opens. What another plan opens at the same time is taken only by who is ``sure``."""

    device_codes = forms.CharField(
        label=_("Codes of the devices"),
        max_length=400,
        help_text=_("Codes with blanks between them. Reports from behind them are then known to be of the plan."),
    )
    sure = forms.BooleanField(label=_("Save them all the same"), required=False)

    def __init__(self, *args: Any, outage: Outage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.outage = outage
        if not self.is_bound:
            del self.fields["sure"]

    def clean_device_codes(self) -> list[str]:
        """Devices of the network, and others than now."""
        codes = codes_in(self.cleaned_data["device_codes"], self.outage.network_id)
        unknown = [one for one in codes if not network.is_device(self.outage.network_id, code=one)]
        if unknown:
            raise forms.ValidationError(unknown_said(unknown))
        if not codes:
            raise forms.ValidationError(gettext("Name the devices that are to be opened."))
        if codes == self.outage.planned_device_codes.split():
            raise forms.ValidationError(gettext("Nothing changes: these are its devices already."))
        return codes

    def clean(self) -> dict[str, Any]:
        """Who names a device that another plan opens at the same time is asked whether both are meant."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        outage = self.outage
        odd: Iterable[str] = ()
        start, end = outage.planned_start_at, outage.planned_end_at
        if start and not self.errors:
            codes = told["device_codes"]
            odd = queries.doubts_of_devices(outage.network_id, codes, start, end or start, besides=outage.pk)
        ask_back(self, told, odd)
        told.pop("sure", None)
        return told


class CancelForm(forms.Form):
    """Why a plan does not take place."""

    reason = forms.CharField(label=_("Why"), max_length=200)
