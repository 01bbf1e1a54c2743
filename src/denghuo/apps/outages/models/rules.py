"""How what customers and meters say is judged."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class JudgingRule(models.Model):
    """How reports and words of meters are judged from a day on, in a unit and below.

    ``meter_word_holds_s``: the last word of a meter counts for so long. ``shut_for_s``: a device that somebody has seen
    closed is not suspected again for so long. ``several_reports``: so many from one transformer that no device explains
    point to what feeds it. ``around_plan_s``: a plan that begins so much sooner, or ends so much later, is still the
    reason. ``found_before_days``: own wiring that was found so long ago is looked at first. ``told_within_s``: nobody
    is told any more of a fault that began longer ago. ``many_customers``: a fault of so many to which nobody is sent
    goes before what nears its deadline. ``care_weighs``: in order within one urgency, a special-care customer counts as
    so many. ``near_share``: with more than this of its time left, nothing is near its deadline.
    """

    unit = models.ForeignKey("organization.Unit", on_delete=models.PROTECT, related_name="+")
    from_date = models.DateField()
    meter_word_holds_s = models.PositiveIntegerField(default=12 * 3600)
    shut_for_s = models.PositiveIntegerField(default=12 * 3600)
    several_reports = models.PositiveSmallIntegerField(default=3)
    around_plan_s = models.PositiveIntegerField(default=30 * 60)
    found_before_days = models.PositiveSmallIntegerField(default=90)
    told_within_s = models.PositiveIntegerField(default=6 * 3600)
    many_customers = models.PositiveIntegerField(default=100)
    care_weighs = models.PositiveIntegerField(default=100)
    near_share = models.FloatField(default=0.5)
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["unit", "from_date"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "from_date"], name="judging_rule_once"),
            models.CheckConstraint(condition=Q(several_reports__gte=2), name="judging_rule_several"),
            models.CheckConstraint(condition=Q(near_share__gt=0, near_share__lte=1), name="judging_rule_near"),
        ]
        verbose_name = _("rule of judging")
