"""The outage event."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.engines.standards import OutageKind

_KIND_NAMES = {
    OutageKind.UNCLASSIFIED: _("Not yet classified"),
    OutageKind.FAULT: _("Fault"),
    OutageKind.FAULT_INTERNAL: _("Fault in our facilities"),
    OutageKind.FAULT_EXTERNAL: _("Fault outside our facilities"),
    OutageKind.PREARRANGED: _("Prearranged"),
    OutageKind.PLANNED: _("Planned"),
    OutageKind.PLANNED_MAINTENANCE_INTERNAL: _("Planned maintenance"),
    OutageKind.PLANNED_MAINTENANCE_EXTERNAL: _("Planned maintenance, outside"),
    OutageKind.PLANNED_CONSTRUCTION_INTERNAL: _("Planned construction"),
    OutageKind.PLANNED_CONSTRUCTION_EXTERNAL: _("Planned construction, outside"),
    OutageKind.PLANNED_CUSTOMER_REQUEST: _("At a customer's request"),
    OutageKind.TEMPORARY: _("Temporary"),
    OutageKind.TEMPORARY_MAINTENANCE: _("Temporary maintenance"),
    OutageKind.TEMPORARY_CONSTRUCTION: _("Temporary construction"),
    OutageKind.TEMPORARY_CUSTOMER_REQUEST: _("Temporary, at a customer's request"),
    OutageKind.RATIONING: _("Rationing"),
    OutageKind.RATIONING_SOURCE_SHORTAGE: _("Rationing, source shortage"),
    OutageKind.RATIONING_GRID: _("Rationing, network limit"),
    OutageKind.LOAD_TRANSFER: _("Load transfer"),
}
KIND_CHOICES = [(int(kind), name) for kind, name in _KIND_NAMES.items()]


class Cause(models.IntegerChoices):
    """Technical causes, in the groups that reliability statistics use."""

    UNKNOWN = 0, _("Not yet known")
    EQUIPMENT = 10, _("Equipment")
    LIGHTNING = 20, _("Lightning")
    WIND = 21, _("Wind")
    TREES = 22, _("Trees")
    ICE = 23, _("Ice and snow")
    FLOOD = 24, _("Flood")
    EXTERNAL_DAMAGE = 30, _("Outside damage")
    FOREIGN_OBJECT = 31, _("Foreign object")
    ANIMAL = 32, _("Animals")
    OPERATION = 40, _("Operation and upkeep")
    CUSTOMER = 50, _("Customer's facilities")
    MAINTENANCE = 60, _("Maintenance")
    CONSTRUCTION = 61, _("Construction")
    CUSTOMER_REQUEST = 62, _("Customer's request")
    SHORTAGE = 70, _("Shortage of supply")


class Outage(models.Model):
    """One outage, however many steps it took to restore.

    What people told: number, kind, cause, note, and the plan with the devices to be opened, by blanks. What the
    switching log says (refreshed, never typed): the rest. ``supply_digest`` is of every load's intervals: it changes
    when anything about them does. ``kind`` 0 means nobody has said yet. ``started_at`` NULL means that no load has lost
    supply: planned, or withdrawn by a correction of the log. What was told of a plan before ``plan_moved_at`` told
    another time; a plan that is cancelled stays, and what is switched all the same is an outage like any other.
    ``plan_told_at``: when its people were last told of this time, all of them: announced, then reminded.
    ``plan_was_start_at`` and ``plan_was_end_at``: its time before it was last moved; ``plan_changed_because`` and
    ``plan_changed_by``: why and by whom it was moved or cancelled. ``entered_at``: when people entered it; NULL where
    the log found it first, or a register brought it.
    """

    network = models.ForeignKey("network.Network", on_delete=models.PROTECT, related_name="outages")
    number = models.CharField(max_length=40)
    kind = models.PositiveSmallIntegerField(choices=KIND_CHOICES, default=OutageKind.UNCLASSIFIED.value)
    cause = models.PositiveSmallIntegerField(choices=Cause, default=Cause.UNKNOWN)
    place = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=500, blank=True)
    planned_start_at = models.DateTimeField(null=True)
    planned_end_at = models.DateTimeField(null=True)
    planned_device_codes = models.CharField(max_length=400, blank=True)
    entered_at = models.DateTimeField(null=True)
    plan_was_start_at = models.DateTimeField(null=True)
    plan_was_end_at = models.DateTimeField(null=True)
    plan_moved_at = models.DateTimeField(null=True)
    plan_told_at = models.DateTimeField(null=True)
    plan_cancelled_at = models.DateTimeField(null=True)
    plan_changed_because = models.CharField(max_length=200, blank=True)
    plan_changed_by = models.CharField(max_length=150, blank=True)

    device_code = models.CharField(max_length=120, blank=True)
    feeder = models.ForeignKey("network.Feeder", on_delete=models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField(null=True, db_index=True)
    restored_at = models.DateTimeField(null=True)
    load_count = models.PositiveIntegerField(default=0)
    mv_users = models.PositiveIntegerField(default=0)
    lv_customers = models.PositiveIntegerField(default=0)
    mv_user_hours = models.FloatField(null=True)
    lv_customer_hours = models.FloatField(null=True)
    supply_digest = models.CharField(max_length=32, blank=True)

    class Meta:
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["network", "number"], name="outage_number_once"),
            models.CheckConstraint(
                condition=models.Q(planned_end_at=None)
                | models.Q(planned_start_at__isnull=False, planned_end_at__gt=models.F("planned_start_at")),
                name="outage_plan_in_order",
            ),
        ]
        indexes = [models.Index(fields=["network", "started_at"], name="outage_by_time")]
        verbose_name = _("outage")

    def __str__(self) -> str:
        return self.number

    @property
    def about(self) -> str:
        """How other contexts refer to it."""
        return f"outages.outage:{self.pk}"

    @property
    def formerly(self) -> tuple[str, ...]:
        """How others referred to it while it was only suspected."""
        return tuple(one.about for one in self.suspicions.all())

    @property
    def tone(self) -> str:
        """How the kind is marked on a page; empty while nobody has said what kind it is."""
        return tone_of(self.kind)

    @property
    def where(self) -> str:
        """Its line and place; where no place is told, the device that opened."""
        return " ".join(filter(None, (str(self.feeder or ""), self.place or self.device_code)))

    def is_plan_ahead(self, at: datetime) -> bool:
        """Whether it is planned, has not begun at an instant, and nobody has cancelled it."""
        start_at = self.planned_start_at
        return start_at is not None and start_at > at and self.started_at is None and self.plan_cancelled_at is None

    @property
    def is_cancelled(self) -> bool:
        """Whether it is a plan that does not take place."""
        return self.plan_cancelled_at is not None and self.started_at is None

    @property
    def told_since(self) -> datetime | None:
        """What was told of the plan before told something else: it was moved then, or cancelled."""
        return self.plan_cancelled_at if self.is_cancelled else self.plan_moved_at

    @property
    def lasts(self) -> bool:
        """Whether somebody is without supply now."""
        return self.started_at is not None and self.restored_at is None


def tone_of(kind: int) -> str:
    """The mark of a kind of outage: fault, planned, short (notice), curtailment, or none."""
    families = {
        OutageKind.FAULT: "fault",
        OutageKind.PLANNED: "planned",
        OutageKind.TEMPORARY: "short",
        OutageKind.RATIONING: "curtailment",
        OutageKind.LOAD_TRANSFER: "planned",
    }
    told = OutageKind(kind)
    return next((tone for family, tone in families.items() if told.within(family)), "")
