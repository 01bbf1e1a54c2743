"""What is known in advance of days that will bring more calls, or fewer: dated, sourced, editable rows."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class KnownKind(models.TextChoices):
    """What is known of days. Planned outages are known from their own pages."""

    BILLING = "billing", _("Billing")
    DUNNING = "dunning", _("Dunning")
    CAMPAIGN = "campaign", _("Campaign, such as a meter change-over")
    HEAT = "heat", _("Heat warning")
    COLD = "cold", _("Cold warning")
    STORM = "storm", _("Storm warning")
    OTHER = "other", _("Something else")


class KnownDays(models.Model):
    """Days, both counted, on which something is known to move the calls of a unit's hotline.

    ``size`` says how large it is next to others of its kind: messages sent, meters changed, level of a warning; 1 where
    all are alike. The effect is learned, and grows with it.
    """

    unit = models.ForeignKey("organization.Unit", on_delete=models.CASCADE, related_name="known_days")
    kind = models.CharField(max_length=10, choices=KnownKind)
    first = models.DateField()
    last = models.DateField()
    size = models.FloatField(default=1.0)
    note = models.CharField(max_length=100, blank=True)
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["-first", "kind", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last__gte=models.F("first")), name="known_days_end_after_they_start"
            ),
            models.CheckConstraint(condition=models.Q(size__gt=0), name="known_days_have_a_size"),
        ]
        verbose_name = _("known days")

    def __str__(self) -> str:
        return self.note or str(self.get_kind_display())


class WeatherDay(models.Model):
    """The weather of a day where a unit's callers live: measured, or forecast for a day to come. NULL is not known."""

    unit = models.ForeignKey("organization.Unit", on_delete=models.CASCADE, related_name="weather_days")
    date = models.DateField()
    hottest_c = models.FloatField(null=True)
    rain_mm = models.FloatField(null=True)
    wind_ms = models.FloatField(null=True)
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["unit", "date"]
        constraints = [models.UniqueConstraint(fields=["unit", "date"], name="weather_once_a_day")]
        verbose_name = _("weather")
