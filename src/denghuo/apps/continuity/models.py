"""Booked interruptions and the targets they are held against."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.outages.models import KIND_CHOICES, Cause
from denghuo.engines.standards import Basis


class Interruption(models.Model):
    """One load without supply in one outage, as booked. Derived from the switching log; replaced whenever the log
    says otherwise.

    ``mv_users``, ``lv_customers``, ``kva`` and ``kw`` are those of the load when it was booked. ``ended_at`` NULL:
    still out. ``kind`` may differ from the outage's: what overran the approved end is booked apart, as temporary.
    """

    network = models.ForeignKey("network.Network", on_delete=models.PROTECT, related_name="+")
    outage = models.ForeignKey("outages.Outage", on_delete=models.CASCADE, related_name="interruptions")
    load = models.ForeignKey("network.Load", on_delete=models.PROTECT, related_name="interruptions")
    feeder = models.ForeignKey("network.Feeder", on_delete=models.SET_NULL, null=True, related_name="+")
    kind = models.PositiveSmallIntegerField(choices=KIND_CHOICES)
    cause = models.PositiveSmallIntegerField(choices=Cause)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    opened_by = models.ForeignKey("network.SwitchingOperation", on_delete=models.PROTECT, null=True, related_name="+")
    closed_by = models.ForeignKey("network.SwitchingOperation", on_delete=models.PROTECT, null=True, related_name="+")
    mv_users = models.PositiveIntegerField()
    lv_customers = models.PositiveIntegerField()
    kva = models.FloatField(null=True)
    kw = models.FloatField(null=True)

    class Meta:
        ordering = ["started_at", "pk"]
        indexes = [models.Index(fields=["network", "started_at"], name="interruption_by_time")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_at=None) | models.Q(ended_at__gte=models.F("started_at")),
                name="interruption_ends_after_it_starts",
            ),
        ]
        verbose_name = _("interruption")


class Booking(models.Model):
    """How often the interruptions that began in a year (UTC) were booked: tells one set of figures from the next."""

    network = models.ForeignKey("network.Network", on_delete=models.CASCADE, related_name="+")
    year = models.PositiveSmallIntegerField()
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["network", "year"], name="booking_once_a_year")]


class Target(models.Model):
    """How many hours a user may be without supply in a year, as set for a unit, with where that was written."""

    unit = models.ForeignKey("organization.Unit", on_delete=models.CASCADE, related_name="reliability_targets")
    year = models.PositiveSmallIntegerField()
    basis = models.CharField(max_length=16, choices=[(one.value, one.value) for one in Basis])
    hours_per_user = models.FloatField()
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["unit", "year"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "year", "basis"], name="target_once"),
            models.CheckConstraint(condition=models.Q(hours_per_user__gt=0), name="target_above_zero"),
        ]
        verbose_name = _("target")
