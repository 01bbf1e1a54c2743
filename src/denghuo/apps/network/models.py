"""Tables of the network model and of the switching log.

Codes are unique within a network. Numbers follow the engine's columns (``denghuo.engines.grid``); NULL means unknown.
"""

from uuid import uuid4

from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.engines.grid import BranchKind, Ownership, SwitchKind

_SWITCH_KIND_NAMES = {
    SwitchKind.BREAKER: _("Circuit breaker"),
    SwitchKind.RECLOSER: _("Recloser"),
    SwitchKind.LOAD_BREAK_SWITCH: _("Load-break switch"),
    SwitchKind.DISCONNECTOR: _("Disconnector"),
    SwitchKind.FUSE: _("Fuse"),
}
_BRANCH_KIND_NAMES = {
    BranchKind.LINE: _("Overhead line"),
    BranchKind.CABLE: _("Cable"),
    BranchKind.TRANSFORMER: _("Transformer"),
    BranchKind.SWITCH: _("Switching device"),
}
_OWNERSHIP_NAMES = {Ownership.PUBLIC: _("Public"), Ownership.CUSTOMER: _("Customer-owned")}

SWITCH_KIND_CHOICES = [(int(kind), name) for kind, name in _SWITCH_KIND_NAMES.items()]
BRANCH_KIND_CHOICES = [(int(kind), name) for kind, name in _BRANCH_KIND_NAMES.items()]
OWNERSHIP_CHOICES = [(int(kind), name) for kind, name in _OWNERSHIP_NAMES.items()]


class Network(models.Model):
    """The network of one station. ``revision`` counts the imports; ``digest`` is of the last file taken in.

    ``model_key`` and ``log_key`` are drawn anew with every change of the components and of the log. A count would come
    again after a change that was taken back; a key never does, so whatever is kept under it stays true.
    """

    unit = models.OneToOneField("organization.Unit", on_delete=models.PROTECT, related_name="network")
    name = models.CharField(max_length=120)
    revision = models.PositiveIntegerField(default=0)
    source_name = models.CharField(max_length=250, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    imported_at = models.DateTimeField(null=True)
    model_key = models.UUIDField(default=uuid4, editable=False)
    log_key = models.UUIDField(default=uuid4, editable=False)

    class Meta:
        ordering = ["unit__path"]
        verbose_name = _("network")

    def __str__(self) -> str:
        return self.name


class Component(models.Model):
    """What every component has: its network, a code that people write, a name that people say.

    A component that a later import no longer names is retired, not deleted: what was booked on it stays true.
    """

    network = models.ForeignKey(Network, on_delete=models.CASCADE)
    code = models.CharField(max_length=120)
    name = models.CharField(max_length=200, blank=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["network", "code"], name="%(class)s_code_once")]

    def __str__(self) -> str:
        return self.name or self.code


class Node(Component):
    """A connectivity node: busbar, pole, joint or terminal."""

    base_kv = models.FloatField(null=True)
    x = models.FloatField(null=True)
    y = models.FloatField(null=True)


class Branch(Component):
    """Anything with two ends."""

    from_node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="+")
    to_node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="+")
    kind = models.PositiveSmallIntegerField(choices=BRANCH_KIND_CHOICES)
    length_km = models.FloatField(null=True)
    rating_kva = models.FloatField(null=True)
    failure_rate_per_year = models.FloatField(null=True)
    repair_h = models.FloatField(null=True)


class Switch(models.Model):
    """The switching side of a branch."""

    branch = models.OneToOneField(Branch, on_delete=models.CASCADE, related_name="switch")
    kind = models.PositiveSmallIntegerField(choices=SWITCH_KIND_CHOICES)
    normally_closed = models.BooleanField()
    remote = models.BooleanField()
    operating_h = models.FloatField(null=True)

    class Meta:
        ordering = ["pk"]


class Transformer(models.Model):
    """The transforming side of a branch."""

    branch = models.OneToOneField(Branch, on_delete=models.CASCADE, related_name="transformer")
    rated_kva = models.FloatField(null=True)
    ownership = models.PositiveSmallIntegerField(choices=OWNERSHIP_CHOICES)

    class Meta:
        ordering = ["pk"]


class Load(Component):
    """Who is supplied at a node, on both bases: MV users and LV customers are never one count."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="+")
    mv_users = models.PositiveIntegerField()
    lv_customers = models.PositiveIntegerField()
    kva = models.FloatField(null=True)
    kw = models.FloatField(null=True)
    area = models.CharField(max_length=80, blank=True, db_index=True)


class Source(Component):
    """A point of supply."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="+")
    capacity_kva = models.FloatField(null=True)


class Feeder(Component):
    """A named line, by the branch at its head."""

    head_branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="+")


class SwitchingOperation(models.Model):
    """One row of the switching log. Rows are never changed: a correction is a new row that names the row it replaces.

    ``device_code`` is kept as it was told, also when no such device is known. A correction with ``void`` takes the
    earlier row out and puts nothing in its place.
    """

    network = models.ForeignKey(Network, on_delete=models.PROTECT, related_name="operations")
    device_code = models.CharField(max_length=120)
    closes = models.BooleanField()
    operated_at = models.DateTimeField()
    event_number = models.CharField(max_length=40, blank=True, db_index=True)
    note = models.CharField(max_length=250, blank=True)
    corrects = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="corrected_by")
    void = models.BooleanField(default=False)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["operated_at", "pk"]
        indexes = [
            models.Index(fields=["network", "device_code"], name="operation_of_device"),
            models.Index(fields=["network", "operated_at"], name="operation_by_time"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(void=False) | models.Q(corrects__isnull=False), name="only_a_correction_voids"
            ),
        ]
        verbose_name = _("switching operation")

    @property
    def number(self) -> str:
        """The event it belongs to: as told; an opening told without one is an event of its own, named after its row."""
        return self.event_number or ("" if self.closes else f"OP-{self.pk}")

    def __str__(self) -> str:
        return f"{self.device_code} {'close' if self.closes else 'open'} {self.operated_at:%Y-%m-%d %H:%M}"
