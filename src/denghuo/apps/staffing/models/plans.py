"""Forecasts, monthly plans and the duties in them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Forecast(models.Model):
    """The last forecast of a unit's calls, derived: made anew whenever asked for.

    ``told`` is what the snapshot wrote: means and quantiles by day and interval, times of handling and patience, what
    is believed of waves of outages, and ``errors`` how the same method would have done in the past weeks.
    """

    unit = models.OneToOneField("organization.Unit", on_delete=models.CASCADE, related_name="staffing_forecast")
    made_at = models.DateTimeField()
    known_until = models.DateField()
    first_day = models.DateField()
    day_count = models.PositiveSmallIntegerField()
    told = models.JSONField(default=dict)
    errors = models.JSONField(default=dict)


class PlanState(models.TextChoices):
    """Whether people live by a plan."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")


class Plan(models.Model):
    """A unit's roster of a month. ``made`` is how it came about, ``expected`` its simulated answer rate.

    A published plan and a draft of the same month stand side by side, until the draft is published in its place.
    """

    unit = models.ForeignKey("organization.Unit", on_delete=models.CASCADE, related_name="plans")
    month = models.DateField()
    state = models.CharField(max_length=10, choices=PlanState, default=PlanState.DRAFT)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=150)
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=150, blank=True)
    made = models.JSONField(default=dict)
    expected = models.JSONField(default=dict)

    class Meta:
        ordering = ["unit", "-month", "state"]
        constraints = [models.UniqueConstraint(fields=["unit", "month", "state"], name="plan_once")]
        verbose_name = _("plan")

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class Duty(models.Model):
    """Somebody works this shift on this day. No row is a day off."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="duties")
    agent = models.ForeignKey("hotline.Agent", on_delete=models.CASCADE, related_name="duties")
    day = models.DateField()
    shift = models.ForeignKey("staffing.Shift", on_delete=models.PROTECT, related_name="duties")

    class Meta:
        ordering = ["day", "shift", "agent"]
        constraints = [models.UniqueConstraint(fields=["plan", "agent", "day"], name="duty_once_a_day")]
        indexes = [models.Index(fields=["agent", "day"], name="duty_by_agent")]
        verbose_name = _("duty")
