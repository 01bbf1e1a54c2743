"""Why the hotline was hit, by name and time."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CauseKind(models.TextChoices):
    """What hits a hotline. Codes of causes; what each did is worked out from the calls."""

    HEAT = "heat", _("Faults in the heat")
    STORM = "storm", _("Storm")
    SYSTEM_FAILURE = "system_failure", _("System failure or slowness")
    GO_LIVE = "go_live", _("New system goes live")
    DUNNING = "dunning", _("Dunning wave")
    OUTAGE = "outage", _("Large outage")
    CAMPAIGN = "campaign", _("Campaign")
    STAFF = "staff", _("Fewer people on seats")
    OTHER = "other", _("Other")


class Cause(models.Model):
    """A time in which something hit the hotline: more calls, longer calls, or fewer seats than usual.

    ``unit`` says whose hotline. What is more or longer than usual in this time is taken from the calls, and shared out
    by Shapley's rule where times overlap; ``volume``, ``handling`` and ``capacity`` say in which ways it can have
    worked.
    """

    unit = models.ForeignKey("organization.Unit", on_delete=models.CASCADE, related_name="hotline_causes")
    kind = models.CharField(max_length=20, choices=CauseKind)
    name = models.CharField(max_length=120)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    volume = models.BooleanField(default=True)
    handling = models.BooleanField(default=False)
    capacity = models.BooleanField(default=False)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["started_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_at__gt=models.F("started_at")), name="cause_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=models.Q(volume=True) | models.Q(handling=True) | models.Q(capacity=True),
                name="cause_has_a_way",
            ),
        ]
        verbose_name = _("cause")
