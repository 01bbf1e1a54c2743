"""What customers and meters tell, and the fault that it points to before anybody has seen one."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.outages.models.outages import Outage


class SuspicionState(models.TextChoices):
    """What became of a suspected fault."""

    OPEN = "open", _("Suspected")
    CONFIRMED = "confirmed", _("Confirmed")
    DISMISSED = "dismissed", _("Dismissed")
    GONE = "gone", _("No longer suspected")
    MENDED = "mended", _("Mended, and no device had opened")


class Suspicion(models.Model):
    """A device that has probably opened: what reports point to, until it is confirmed, dismissed, or points elsewhere.

    ``number`` becomes that of the outage when it is confirmed. ``told`` is the evidence as the engine gave it: what
    speaks for it and against it, the other devices of its cut (``same``), and the next best (``rivals``).
    ``was_device_codes`` are the devices that it was taken for before. ``opened_at`` as told when it was confirmed.
    """

    network = models.ForeignKey("network.Network", on_delete=models.PROTECT, related_name="suspicions")
    number = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=SuspicionState, default=SuspicionState.OPEN)
    device_code = models.CharField(max_length=120)
    was_device_codes = models.JSONField(default=list)
    feeder = models.ForeignKey("network.Feeder", on_delete=models.SET_NULL, null=True, related_name="+")
    place = models.CharField(max_length=200, blank=True)
    probability = models.FloatField()
    load_count = models.PositiveIntegerField()
    mv_users = models.PositiveIntegerField()
    lv_customers = models.PositiveIntegerField()
    report_count = models.PositiveIntegerField()
    told = models.JSONField(default=dict)
    first_reported_at = models.DateTimeField()
    suspected_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=150, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    outage = models.ForeignKey(Outage, on_delete=models.SET_NULL, null=True, related_name="suspicions")

    class Meta:
        ordering = ["-suspected_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["network", "number"], name="suspicion_number_once")]
        indexes = [
            models.Index(fields=["network"], condition=models.Q(state="open"), name="suspicion_open"),
        ]
        verbose_name = _("suspected fault")

    def __str__(self) -> str:
        return self.number

    @property
    def about(self) -> str:
        """How other contexts refer to it."""
        return f"outages.suspicion:{self.pk}"

    @property
    def is_over(self) -> bool:
        """Whether nothing is to be expected of it any more: it was nothing, or its outage is over."""
        if self.state == SuspicionState.CONFIRMED:
            return self.outage is not None and not self.outage.lasts
        return self.state != SuspicionState.OPEN

    @property
    def is_unborn(self) -> bool:
        """Whether it was confirmed and no outage came of it: not yet, or by the log nobody lost supply by it."""
        return self.state == SuspicionState.CONFIRMED and self.outage_id is None

    @property
    def where(self) -> str:
        """Its line and place, else the device."""
        return " ".join(filter(None, (str(self.feeder or ""), self.place))) or self.device_code


class ReportState(models.TextChoices):
    """What a report is taken for."""

    UNPLACED = "unplaced", _("Not placed on the network yet")
    ALONE = "alone", _("Points to no device yet")
    SUSPECTED = "suspected", _("Of a suspected fault")
    JOINED = "joined", _("Put there by a dispatcher")
    OUT = "out", _("Of an outage")
    BACK = "back", _("Supply is back")
    LIT = "lit", _("The customer says: supply is back")
    CLOSED = "closed", _("Settled")


# Nobody has to be sent for these any more.
REPORT_OVER = (ReportState.BACK, ReportState.LIT, ReportState.CLOSED)


class Report(models.Model):
    """Somebody says that supply is gone. ``reported_at`` is when they last said so: who is "still out" says it anew.

    ``account_id`` and ``load_code`` are those of the order; ``who`` tells reporters apart without telling who they are.
    """

    order = models.OneToOneField("orders.Order", on_delete=models.PROTECT, related_name="+")
    network = models.ForeignKey("network.Network", on_delete=models.PROTECT, null=True, related_name="reports")
    load_code = models.CharField(max_length=120, blank=True)
    account_id = models.BigIntegerField(null=True)
    who = models.BigIntegerField()
    reported_at = models.DateTimeField()
    taken_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=ReportState)
    suspicion = models.ForeignKey(Suspicion, on_delete=models.SET_NULL, null=True, related_name="reports")
    outage = models.ForeignKey(Outage, on_delete=models.SET_NULL, null=True, related_name="reports")
    back_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    still_out_count = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["-reported_at", "-pk"]
        indexes = [
            models.Index(
                fields=["network", "state"],
                condition=models.Q(state__in=["alone", "suspected", "lit"]),
                name="report_to_place",
            ),
            models.Index(fields=["outage", "state"], name="report_of_outage"),
            models.Index(fields=["suspicion"], name="report_of_suspicion"),
            models.Index(fields=["network", "load_code"], name="report_of_load"),
        ]
        verbose_name = _("report")

    @property
    def about(self) -> str:
        """How other contexts refer to it."""
        return f"outages.report:{self.pk}"


class MeterWord(models.Model):
    """The last word of a meter: its supply is gone, or there."""

    network = models.ForeignKey("network.Network", on_delete=models.CASCADE, related_name="meter_words")
    meter_number = models.CharField(max_length=40)
    load_code = models.CharField(max_length=120)
    lit = models.BooleanField()
    told_at = models.DateTimeField()

    class Meta:
        ordering = ["network", "meter_number"]
        constraints = [models.UniqueConstraint(fields=["network", "meter_number"], name="meter_word_once")]
        indexes = [models.Index(fields=["network", "told_at"], name="meter_word_by_time")]
        verbose_name = _("word of a meter")
