"""Definitions and targets: dated, sourced, editable rows."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Measure(models.TextChoices):
    """What "answered" is held against."""

    ANSWER_RATE = "answer_rate", _("Answered ÷ requests for a person")
    ANSWER_RATE_ALL = "answer_rate_all", _("Answered ÷ all calls")
    SERVICE_LEVEL = "service_level", _("Answered in time ÷ requests for a person")
    CALLERS_SOLVED = "callers_solved", _("Callers served ÷ callers")


class Definition(models.Model):
    """How calls are counted from a day on.

    ``redial_within_s``: a call of the same number so soon after one that was not served is a redial of it.
    ``soon_s``: who gives up sooner is counted apart (0: nobody is). The official answer rate leaves them in the count
    unless ``soon_counts`` says no.
    """

    from_date = models.DateField(unique=True)
    in_time_s = models.PositiveIntegerField(default=20)
    redial_within_s = models.PositiveIntegerField(default=3600)
    soon_s = models.PositiveIntegerField(default=5)
    soon_counts = models.BooleanField(default=True)
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["from_date"]
        verbose_name = _("definition")


class Target(models.Model):
    """What a unit is to reach from a day on, and where that was written."""

    unit = models.ForeignKey("organization.Unit", on_delete=models.CASCADE, related_name="hotline_targets")
    from_date = models.DateField()
    measure = models.CharField(max_length=20, choices=Measure)
    share = models.FloatField()
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["unit", "measure", "from_date"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "measure", "from_date"], name="hotline_target_once"),
            models.CheckConstraint(
                condition=models.Q(share__gt=0) & models.Q(share__lte=1), name="hotline_target_is_a_share"
            ),
        ]
        verbose_name = _("target")
