"""Rules, calendar, shifts, rota, and what people may, cannot and would like to do: dated, sourced, editable rows."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RuleKind(models.TextChoices):
    """A number that planning goes by. What stands in the name is its unit."""

    SEATS = "seats", _("Seats in the room")
    TARGET_SHARE = "target_share", _("Answer rate to plan for, where the hotline has no target (%)")
    DEMAND_SHARE = "demand_share", _("Plan for the calls not exceeded with this probability (%)")
    SHRINKAGE_SHARE = "shrinkage_share", _("Paid time not at the telephone: pauses, talks (%)")
    REST_H = "rest_h", _("Rest between two shifts (h)")
    RUN_DAYS = "run_days", _("Most days of work in a row")
    NIGHTS_IN_A_ROW = "nights_in_a_row", _("Most nights in a row")
    MONTH_H = "month_h", _("Most hours in a month (h)")
    DUE_H = "due_h", _("Hours due in a month (h)")
    SURGE_CUSTOMERS = "surge_customers", _("Propose a surge from so many customers without supply")
    SURGE_FEWER_SHARE = "surge_fewer_share", _("A surge not yet sent is worked out anew when so many fewer are out (%)")
    SURGE_H = "surge_h", _("How long a surge is planned for (h)")
    OUTAGE_H = "outage_h", _("Outage taken to last, where nobody has said how long (h)")
    ANNOUNCE_MIN = "announce_min", _("Minutes until an announcement is on (min)")
    SECOND_MIN = "second_min", _("Minutes until the second tier sits (min)")
    SECOND_HEADS = "second_heads", _("Most people of the second tier at once")
    SECOND_YUAN_PER_H = "second_yuan_per_h", _("Cost of an hour of the second tier (yuan)")
    THIRD_MIN = "third_min", _("Minutes until the third tier sits (min)")
    THIRD_HEADS = "third_heads", _("Most people of the third tier at once")
    THIRD_YUAN_PER_H = "third_yuan_per_h", _("Cost of an hour of the third tier (yuan)")
    CALL_BACK_HEADS = "call_back_heads", _("People busy with call-backs who can come back to the line")


class Rule(models.Model):
    """What a number is in a unit from a day on, and where that was written."""

    unit = models.ForeignKey("organization.Unit", on_delete=models.CASCADE, related_name="staffing_rules")
    from_date = models.DateField()
    kind = models.CharField(max_length=24, choices=RuleKind)
    value = models.FloatField()
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["unit", "kind", "from_date"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "kind", "from_date"], name="staffing_rule_once"),
            models.CheckConstraint(condition=models.Q(value__gte=0), name="staffing_rule_not_negative"),
        ]
        verbose_name = _("rule")


class Minimum(models.Model):
    """Fewest people from one minute of the day to another, from a day on until the next set of bands begins."""

    unit = models.ForeignKey("organization.Unit", on_delete=models.CASCADE, related_name="staffing_minimums")
    from_date = models.DateField()
    start_min = models.PositiveSmallIntegerField()
    end_min = models.PositiveSmallIntegerField()
    heads = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["unit", "-from_date", "start_min"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "from_date", "start_min"], name="staffing_minimum_once"),
            models.CheckConstraint(
                condition=models.Q(end_min__gt=models.F("start_min")) & models.Q(end_min__lte=1440),
                name="staffing_minimum_ends_after_it_starts",
            ),
        ]
        verbose_name = _("minimum")


class Shift(models.Model):
    """A shift of a unit. One that is worked keeps its times; others times are another shift.

    ``breaks`` are pairs of minutes after the start in which nobody of the shift answers.
    """

    unit = models.ForeignKey("organization.Unit", on_delete=models.CASCADE, related_name="shifts")
    name = models.CharField(max_length=20)
    start_min = models.PositiveSmallIntegerField()
    length_min = models.PositiveSmallIntegerField()
    breaks = models.JSONField(default=list)
    night = models.BooleanField(default=False)
    from_date = models.DateField()
    until_date = models.DateField(null=True)
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["unit", "start_min", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(start_min__lt=1440) & models.Q(length_min__gt=0) & models.Q(length_min__lte=1440),
                name="shift_fits_a_day",
            )
        ]
        verbose_name = _("shift")

    def __str__(self) -> str:
        return self.name


class Succession(models.Model):
    """``later`` may not be worked on the day after ``earlier``."""

    earlier = models.ForeignKey(Shift, on_delete=models.CASCADE, related_name="forbidden_successors")
    later = models.ForeignKey(Shift, on_delete=models.CASCADE, related_name="forbidden_predecessors")
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["earlier", "later"]
        constraints = [models.UniqueConstraint(fields=["earlier", "later"], name="succession_once")]
        verbose_name = _("forbidden succession")


class Rota(models.Model):
    """The pattern that teams follow from a day on.

    ``cycle`` holds for each day of the pattern the key of a shift, or null for a day off; ``halved`` the places of the
    pattern at which only every other member works, the others in the next round. ``places`` says for each team at
    which place it stands on the first day, twice round the pattern where halves take turns. Other teams are mobile.
    """

    unit = models.ForeignKey("organization.Unit", on_delete=models.CASCADE, related_name="rotas")
    from_date = models.DateField()
    cycle = models.JSONField(default=list)
    halved = models.JSONField(default=list)
    places = models.JSONField(default=dict)
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["unit", "-from_date"]
        constraints = [models.UniqueConstraint(fields=["unit", "from_date"], name="rota_once")]
        verbose_name = _("rota")


class AbsenceKind(models.TextChoices):
    """Why somebody cannot be put on a shift."""

    LEAVE = "leave", _("Leave")
    TRAINING = "training", _("Training")
    SICK = "sick", _("Sick")
    OTHER = "other", _("Other")


class Absence(models.Model):
    """Days, both counted, on which somebody cannot work a shift."""

    agent = models.ForeignKey("hotline.Agent", on_delete=models.CASCADE, related_name="absences")
    first = models.DateField()
    last = models.DateField()
    kind = models.CharField(max_length=10, choices=AbsenceKind)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-first", "agent"]
        constraints = [
            models.CheckConstraint(condition=models.Q(last__gte=models.F("first")), name="absence_ends_after_it_starts")
        ]
        verbose_name = _("absence")


class Wish(models.Model):
    """Somebody would like this shift on this day, or (without one) the day off; or, not ``wanted``, would not."""

    agent = models.ForeignKey("hotline.Agent", on_delete=models.CASCADE, related_name="wishes")
    day = models.DateField()
    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, null=True, related_name="wishes")
    wanted = models.BooleanField(default=True)

    class Meta:
        ordering = ["day", "agent"]
        constraints = [models.UniqueConstraint(fields=["agent", "day"], name="wish_once")]
        verbose_name = _("wish")


class Skill(models.Model):
    """Somebody can do something that not everybody can: a dialect, a language, leading a shift."""

    agent = models.ForeignKey("hotline.Agent", on_delete=models.CASCADE, related_name="skills")
    name = models.CharField(max_length=40)

    class Meta:
        ordering = ["name", "agent"]
        constraints = [models.UniqueConstraint(fields=["agent", "name"], name="skill_once")]
        verbose_name = _("skill")


class SkillNeed(models.Model):
    """So many with a skill are to be on every such shift, from a day on."""

    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, related_name="skill_needs")
    name = models.CharField(max_length=40)
    heads = models.PositiveSmallIntegerField()
    from_date = models.DateField()
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["shift", "name", "-from_date"]
        constraints = [models.UniqueConstraint(fields=["shift", "name", "from_date"], name="skill_need_once")]
        verbose_name = _("skill needed")
