"""What dispatch goes by: dated, sourced, editable rows."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Channel(models.TextChoices):
    """How somebody is reached."""

    SMS = "sms", _("Short message")
    VOICE = "voice", _("Voice call")
    NOTICE = "notice", _("Notice in this product")


class Whom(models.TextChoices):
    """Who is told that nobody has accepted yet."""

    LEADER = "leader", _("Crew leader")
    SECOND = "second", _("The next of the crew")
    SUPERVISOR = "supervisor", pgettext_lazy("ladder", "Supervisor")


class LadderRule(models.Model):
    """So many seconds after it was sent, an assignment that nobody accepted is told on this rung. The
    rows of the latest day of a unit hold together."""

    unit = models.ForeignKey("organization.Unit", on_delete=models.PROTECT, related_name="ladder_rules")
    from_date = models.DateField()
    rung = models.PositiveSmallIntegerField()
    after_s = models.PositiveIntegerField()
    channel = models.CharField(max_length=10, choices=Channel)
    whom = models.CharField(max_length=10, choices=Whom)
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["unit", "-from_date", "rung"]
        constraints = [models.UniqueConstraint(fields=["unit", "from_date", "rung"], name="crews_rung_once")]
        verbose_name = _("rung of the ladder")


class RuleKind(models.TextChoices):
    """A number that dispatch goes by. What stands in the name is its unit."""

    SPEED_KM_PER_H = "speed_km_per_h", _("Speed on the road to reckon with (km/h)")
    OPEN_MIN = "open_min", _("Time that an open assignment takes (min)")
    LONG_DAY_H = "long_day_h", _("Hours on duty within a day after which a crew counts as tired (h)")
    TIRED_MIN = "tired_min", _("What each further hour weighs (min)")
    EXPIRES_DAYS = "expires_days", _("Days before a certificate expires on which it is said (days)")
    CLOCK_OFF_S = "clock_off_s", _("Difference of clocks from which the phone's counts as off (s)")
    POSITION_DAYS = "position_days", _("Days for which positions are kept (days)")


# What a number can be at all; what it ought to be is for whoever sets it. A day has 24 hours, a road a speed limit.
BOUNDS: dict[str, tuple[int, int]] = {
    RuleKind.SPEED_KM_PER_H: (5, 120),
    RuleKind.OPEN_MIN: (0, 1440),
    RuleKind.LONG_DAY_H: (1, 24),
    RuleKind.TIRED_MIN: (0, 1440),
    RuleKind.EXPIRES_DAYS: (0, 366),
    RuleKind.CLOCK_OFF_S: (1, 86_400),
    RuleKind.POSITION_DAYS: (1, 3660),
}


class Rule(models.Model):
    """The value of a number from a day on, and where that is written."""

    unit = models.ForeignKey("organization.Unit", on_delete=models.PROTECT, related_name="crew_rules")
    kind = models.CharField(max_length=16, choices=RuleKind)
    value = models.FloatField()
    from_date = models.DateField()
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["unit", "kind", "-from_date"]
        constraints = [models.UniqueConstraint(fields=["unit", "kind", "from_date"], name="crews_rule_once")]
        verbose_name = _("rule")
