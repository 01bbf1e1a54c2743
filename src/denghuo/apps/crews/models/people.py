"""Crews, who is in them, what they are certified for, and when they are on duty."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.sealed import SealedTextField


class Skill(models.TextChoices):
    """Work that nobody may do without a certificate in force."""

    LV = "lv", _("Low-voltage work")
    LV_LIVE = "lv_live", _("Live work at low voltage")
    HV = "hv", _("High-voltage work")
    CABLE = "cable", _("Cable work")
    CLIMBING = "climbing", _("Work at height")
    DRIVING = "driving", _("Driving the work vehicle")


class Crew(models.Model):
    """Who drives out together. ``base_x``, ``base_y``: where they start from, in the coordinates of the network; NULL
    is not known. A crew that is ``closed_at`` drives out no more; what it did stays."""

    unit = models.ForeignKey("organization.Unit", on_delete=models.PROTECT, related_name="crews")
    name = models.CharField(max_length=60)
    vehicle = models.CharField(max_length=60, blank=True)
    base_x = models.FloatField(null=True, blank=True)
    base_y = models.FloatField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["unit__path", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "name"], condition=models.Q(closed_at=None), name="crews_crew_name_once"
            ),
            models.CheckConstraint(
                condition=models.Q(base_x=None, base_y=None) | models.Q(base_x__isnull=False, base_y__isnull=False),
                name="crews_crew_base_whole",
            ),
        ]
        verbose_name = _("crew")

    def __str__(self) -> str:
        return self.name


class CrewMember(models.Model):
    """Somebody is in a crew until ``left_at``, and in one at a time. The phone is the one carried on duty."""

    crew = models.ForeignKey(Crew, on_delete=models.PROTECT, related_name="members")
    user = models.ForeignKey("organization.User", on_delete=models.PROTECT, related_name="crew_memberships")
    is_leader = models.BooleanField(default=False)
    phone = SealedTextField(context="crews.member.phone")
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["crew", "-is_leader", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=models.Q(left_at=None), name="crews_member_of_one"),
            models.UniqueConstraint(
                fields=["crew"], condition=models.Q(left_at=None, is_leader=True), name="crews_leader_one"
            ),
        ]
        verbose_name = _("member")

    def __str__(self) -> str:
        return str(self.user)


class Certificate(models.Model):
    """A person may do work that needs a skill, through ``valid_until``. It belongs to the person, whatever the crew."""

    user = models.ForeignKey("organization.User", on_delete=models.PROTECT, related_name="certificates")
    skill = models.CharField(max_length=10, choices=Skill)
    number = SealedTextField(context="crews.certificate.number")
    valid_until = models.DateField()
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["valid_until", "pk"]
        indexes = [models.Index(fields=["user", "skill"], name="crews_certificate_of")]
        verbose_name = _("certificate")


class Duty(models.Model):
    """A crew is on duty, [from, until)."""

    crew = models.ForeignKey(Crew, on_delete=models.CASCADE, related_name="duties")
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()

    class Meta:
        ordering = ["from_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until_at__gt=models.F("from_at")), name="crews_duty_ends_after_it_starts"
            ),
            models.UniqueConstraint(fields=["crew", "from_at"], name="crews_duty_once"),
        ]
        indexes = [models.Index(fields=["until_at"], name="crews_duty_until")]
        verbose_name = _("duty")
