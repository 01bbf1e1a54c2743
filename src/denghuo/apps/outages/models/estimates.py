"""When supply is expected back: who says so, how they know, and what they said before."""

from datetime import time

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from denghuo.apps.outages.models.faults import Suspicion
from denghuo.apps.outages.models.outages import Outage


class Method(models.TextChoices):
    """What an expected time rests on."""

    HISTORY = "history", _("As long as such faults took here")
    CREW = "crew", _("The crew on site says so")
    DISPATCHER = "dispatcher", _("The dispatcher says so")
    PLAN = "plan", _("As planned")


class Estimate(models.Model):
    """One statement of when supply is expected back. Rows are never changed: the last one of an outage holds.

    ``team`` is whose estimate it is: the crew's name where a crew said so.
    """

    suspicion = models.ForeignKey(Suspicion, on_delete=models.CASCADE, null=True, related_name="estimates")
    outage = models.ForeignKey(Outage, on_delete=models.CASCADE, null=True, related_name="estimates")
    expected_at = models.DateTimeField()
    method = models.CharField(max_length=12, choices=Method)
    team = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    told_at = models.DateTimeField()
    told_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["told_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outage=None, suspicion__isnull=False) | Q(outage__isnull=False),
                name="estimate_of_something",
            ),
        ]
        verbose_name = _("expected restoration")


QUIET = (time(21), time(8))


class TellingRule(models.Model):
    """How people are told of faults and plans from a day on, in a unit and below.

    ``care_answer_within_s``: a special-care customer who has not answered the call by then is visited.
    ``others_after_s``: a fault that is over before is not told to everybody. ``ask_within_s``: who is asked whether
    supply is back may answer for so long. ``estimate_share``: an expected time taken from history is so long that this
    share of such faults was over by then. ``remind_before_s`` and ``remind_again_s``: whoever is behind a plan that
    was announced is reminded so long before it begins; 0: not. That they are told again half an hour before is the
    authority's rule of 1996 for cuts and temporary work. ``plan_told_before_s``: whoever is behind a plan hears of it
    at least so long before it begins, whatever the hour. ``quiet_from`` and ``quiet_until``: what is told of a plan
    waits between these local times of day where that does no harm; NULL: no such hours.
    """

    unit = models.ForeignKey("organization.Unit", on_delete=models.PROTECT, related_name="+")
    from_date = models.DateField()
    care_answer_within_s = models.PositiveIntegerField(default=300)
    others_after_s = models.PositiveIntegerField(default=180)
    ask_within_s = models.PositiveIntegerField(default=7200)
    estimate_share = models.FloatField(default=0.7)
    remind_before_s = models.PositiveIntegerField(default=86_400)
    remind_again_s = models.PositiveIntegerField(default=1800)
    plan_told_before_s = models.PositiveIntegerField(default=12 * 3600)
    quiet_from = models.TimeField(null=True, default=QUIET[0])
    quiet_until = models.TimeField(null=True, default=QUIET[1])
    phone = models.CharField(max_length=20, default="95598")
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["unit", "from_date"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "from_date"], name="telling_rule_once"),
            models.CheckConstraint(
                condition=Q(estimate_share__gt=0, estimate_share__lt=1), name="telling_rule_estimate_share"
            ),
        ]
        verbose_name = _("rule of telling")
