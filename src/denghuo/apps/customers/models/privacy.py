"""Who saw what was hidden, why, and what whoever looked at that afterwards found."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.customers.models.accounts import Account


class Unmasked(models.TextChoices):
    """What was shown."""

    NAME = "name", _("Customer's name")
    PHONES = "phones", _("Phone numbers")
    ADDRESS = "address", _("Address")
    CARE = "care", _("Special care")
    LETTER = "letter", _("Name and address, for a letter")
    MESSAGE = "message", _("A message and where it goes")


class UnmaskFinding(models.TextChoices):
    """What a review of an unmasking came to."""

    NEEDED = "needed", _("Was needed")
    DOUBTFUL = "doubtful", _("To be asked about")


class Unmasking(models.Model):
    """One look at what is hidden, until it hid again: of a customer, or of ``subject``, such as a call of nobody whom
    we know ("hotline.call:3")."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True, related_name="unmaskings")
    unit = models.ForeignKey("organization.Unit", on_delete=models.PROTECT, null=True, related_name="+")
    subject = models.CharField(max_length=80, blank=True)
    subject_name = models.CharField(max_length=80, blank=True)
    what = models.CharField(max_length=10, choices=Unmasked)
    reason = models.CharField(max_length=200)
    unmasked_at = models.DateTimeField(db_index=True)
    unmasked_by = models.CharField(max_length=150)
    until_at = models.DateTimeField()
    finding = models.CharField(max_length=10, choices=UnmaskFinding, blank=True)
    finding_note = models.CharField(max_length=200, blank=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["-unmasked_at", "-pk"]
        verbose_name = _("unmasking")
