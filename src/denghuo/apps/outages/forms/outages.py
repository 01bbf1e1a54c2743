"""What a person types about an outage."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.apps.network import queries as network
from denghuo.apps.network.models import Network
from denghuo.apps.organization.when import DayField, MinuteField
from denghuo.apps.outages import queries
from denghuo.apps.outages.forms.plans import ask_back, codes_in, unknown_said
from denghuo.apps.outages.models import KIND_CHOICES, Cause
from denghuo.engines.standards import OutageKind

_STATES = [
    ("", _("All")),
    ("lasting", _("Lasting")),
    ("planned", _("Planned ahead")),
    ("missed", _("Not carried out")),
    ("cancelled", pgettext_lazy("a plan", "Cancelled")),
    ("restored", pgettext_lazy("state", "Restored")),
    ("unclassified", _("Not yet classified")),
    ("nobody", _("Nobody was out")),
]
_LEAVES = [(kind, name) for kind, name in KIND_CHOICES if OutageKind(kind) % 10 or kind == OutageKind.LOAD_TRANSFER]
_PREARRANGED = [(kind, name) for kind, name in _LEAVES if OutageKind(kind).within(OutageKind.PREARRANGED)]
_CAUSES = {
    OutageKind.PLANNED_MAINTENANCE_INTERNAL: Cause.MAINTENANCE,
    OutageKind.PLANNED_MAINTENANCE_EXTERNAL: Cause.MAINTENANCE,
    OutageKind.PLANNED_CONSTRUCTION_INTERNAL: Cause.CONSTRUCTION,
    OutageKind.PLANNED_CONSTRUCTION_EXTERNAL: Cause.CONSTRUCTION,
    OutageKind.PLANNED_CUSTOMER_REQUEST: Cause.CUSTOMER_REQUEST,
    OutageKind.TEMPORARY_MAINTENANCE: Cause.MAINTENANCE,
    OutageKind.TEMPORARY_CONSTRUCTION: Cause.CONSTRUCTION,
    OutageKind.TEMPORARY_CUSTOMER_REQUEST: Cause.CUSTOMER_REQUEST,
    OutageKind.RATIONING_SOURCE_SHORTAGE: Cause.SHORTAGE,
    OutageKind.RATIONING_GRID: Cause.SHORTAGE,
}


class FilterForm(forms.Form):
    """Which outages to list."""

    q = forms.CharField(label=_("Number or place"), required=False)
    state = forms.ChoiceField(label=_("State"), choices=_STATES, required=False)
    kind = forms.TypedChoiceField(
        label=_("Kind"), choices=[("", _("All")), *_LEAVES], coerce=int, empty_value=None, required=False
    )
    cause = forms.TypedChoiceField(
        label=_("Cause"), choices=[("", _("All")), *Cause.choices], coerce=int, empty_value=None, required=False
    )
    start = DayField(label=_("From"), required=False)
    end = DayField(label=_("To"), required=False)


class ClassifyForm(forms.Form):
    """What kind of outage it was, and why."""

    kind = forms.TypedChoiceField(
        label=_("Kind"), choices=[("", _("Choose")), *_LEAVES], coerce=lambda value: OutageKind(int(value))
    )
    cause = forms.TypedChoiceField(label=_("Cause"), choices=Cause.choices, coerce=lambda value: Cause(int(value)))
    place = forms.CharField(label=_("Place"), max_length=200, required=False)
    note = forms.CharField(label=_("Note"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3}))


class PlanForm(ClassifyForm):
    """An outage entered before it happens. Who names no cause means that of its kind."""

    cause = forms.TypedChoiceField(
        label=_("Cause"),
        choices=[("", _("As the kind says")), *Cause.choices],
        coerce=lambda value: Cause(int(value)),
        empty_value=None,
        required=False,
    )
    number = forms.CharField(label=_("Number"), max_length=40)
    planned_start_at = MinuteField(label=_("Begins"))
    planned_end_at = MinuteField(
        label=_("Approved end"),
        help_text=_("What goes beyond it is counted apart, as temporary."),
    )

    planned_device_codes = forms.CharField(
        label=_("Devices to be opened"),
        max_length=400,
        required=False,
        help_text=_("Codes with blanks between them. Reports from behind them are then known to be of the plan."),
    )
    devices_follow = forms.BooleanField(
        label=_("The devices follow later"),
        required=False,
        help_text=_("Until they are named nobody can be told of the plan."),
    )
    network = forms.TypedChoiceField(label=_("Station"), coerce=int)
    sure = forms.BooleanField(label=_("Plan it all the same"), required=False)

    field_order = [
        "network",
        "number",
        "kind",
        "cause",
        "planned_start_at",
        "planned_end_at",
        "planned_device_codes",
        "devices_follow",
        "place",
        "note",
        "sure",
    ]

    def __init__(self, *args: Any, networks: Sequence[Network], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._paths = {one.pk: str(one.unit.path) for one in networks}
        if not self.is_bound:
            del self.fields["sure"]
        self.fields["kind"].choices = _PREARRANGED  # type: ignore[attr-defined]
        self.fields["network"].choices = [(one.pk, one.name) for one in networks]  # type: ignore[attr-defined]
        if len(networks) == 1:
            self.fields["network"].widget = forms.HiddenInput()
            self.fields["network"].initial = networks[0].pk

    def clean(self) -> dict[str, Any]:
        """A plan ends after it begins, and nothing odd about its time and devices is taken without asking back."""
        told: dict[str, Any] = super().clean() or {}
        if "network" in self.errors and self.fields["network"].widget.is_hidden:
            self.add_error(None, self.errors["network"].as_data())  # nobody reads what stands at a hidden field
        if told.get("cause") is None and "cause" not in self.errors:
            told["cause"] = _CAUSES.get(told.get("kind", OutageKind.UNCLASSIFIED), Cause.UNKNOWN)
        start, end = told.get("planned_start_at"), told.get("planned_end_at")
        if start and end and end <= start:
            self.add_error("planned_end_at", _("The end must come after the beginning."))
        if codes := self.unknown_codes(told):
            self.add_error("planned_device_codes", unknown_said(codes))
        if not (told.get("planned_device_codes") or told.pop("devices_follow", False) or self.errors):
            self.add_error("planned_device_codes", _("Name the devices, or say that they follow later."))
        told.pop("devices_follow", None)
        ask_back(self, told, () if self.errors else self._doubts(told))
        told.pop("sure", None)
        return told

    def _doubts(self, told: dict[str, Any]) -> Iterator[str]:
        network_id, start, end = told["network"], told["planned_start_at"], told["planned_end_at"]
        yield from queries.doubts_of_times(told["kind"], self._paths[network_id], start, end, at=timezone.now())
        if queries.planned_already(network_id, told) is None:
            codes = told["planned_device_codes"].split()
            yield from queries.doubts_of_devices(network_id, codes, start, end)

    @staticmethod
    def unknown_codes(told: dict[str, Any]) -> list[str]:
        """Codes that no switching device of the network has."""
        network_id = told.get("network")
        codes = codes_in(told.get("planned_device_codes") or "", network_id)
        told["planned_device_codes"] = " ".join(codes)
        return [one for one in codes if network_id and not network.is_device(network_id, code=one)]
