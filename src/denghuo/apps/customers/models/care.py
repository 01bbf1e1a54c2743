"""The special-care register: who must be reached first, and who looks after them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.customers.models.accounts import Account
from denghuo.apps.sealed import SealedTextField


class CareKind(models.TextChoices):
    """Why somebody is in the register."""

    LIFE_SUPPORT = "life_support", _("Life support at home")
    ALONE = "alone", _("Old and alone")
    DISABLED = "disabled", _("Disability")
    VETERAN = "veteran", _("Family of a soldier or martyr")
    LOW_INCOME = "low_income", _("Low income")
    OTHER = "other", _("Other")


class Care(models.Model):
    """One entry of the register; an account has at most one that has not ended. ``agreed_how``: how they said yes.

    The home-service plan is how often (``visit_every_days``) and when next (``next_visit_date``) somebody comes, what
    they look at and bring (``plan``, one thing in a line, sealed) and with whom that was agreed (``plan_with``).
    ``visit_told_date`` and ``review_told_date`` are the due days of which somebody was told. What tells of an illness
    lies sealed.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="cares")
    kind = models.CharField(max_length=16, choices=CareKind)
    detail = SealedTextField(context="customers.care.detail")
    proof = models.CharField(max_length=120)
    proof_seen_date = models.DateField()
    agreed_how = models.CharField(max_length=120)
    backup_min = models.PositiveIntegerField(null=True)
    approach = SealedTextField(context="customers.care.approach")
    visit_every_days = models.PositiveSmallIntegerField(null=True)
    plan = SealedTextField(context="customers.care.plan")
    plan_with = models.CharField(max_length=60, blank=True)
    next_visit_date = models.DateField(null=True)
    visit_told_date = models.DateField(null=True)
    review_date = models.DateField()
    review_told_date = models.DateField(null=True)
    registered_at = models.DateTimeField()
    registered_by = models.CharField(max_length=150)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.CharField(max_length=150, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=150, blank=True)
    ended_because = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["review_date", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(ended_at=None), name="customers_one_care_at_a_time"
            )
        ]
        verbose_name = _("special care")

    @property
    def plan_lines(self) -> list[str]:
        """What a visit looks at and brings, thing by thing."""
        return [line.strip() for line in str(self.plan or "").splitlines() if line.strip()]


class Carer(models.Model):
    """Somebody who looks after a person in the register, and agreed to be called."""

    care = models.ForeignKey(Care, on_delete=models.CASCADE, related_name="carers")
    name = SealedTextField(context="customers.carer.name")
    number = SealedTextField(context="customers.carer.number")
    key = models.BigIntegerField(db_index=True)
    relation = models.CharField(max_length=40, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["care", "position", "pk"]
        verbose_name = _("carer")


class CareVisit(models.Model):
    """A visit that was made, or tried."""

    care = models.ForeignKey(Care, on_delete=models.CASCADE, related_name="visits")
    visited_date = models.DateField()
    met = models.BooleanField()
    note = SealedTextField(context="customers.visit.note")
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["care", "-visited_date", "-pk"]
        verbose_name = _("care visit")
