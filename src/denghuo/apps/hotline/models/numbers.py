"""Who calls from which number, where the customer file does not know it."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CallerNumber(models.Model):
    """A number and whose it is. ``load_code`` is the load of the unit's network that supplies the address."""

    unit = models.ForeignKey("organization.Unit", on_delete=models.CASCADE, related_name="caller_numbers")
    number = models.CharField(max_length=40)
    name = models.CharField(max_length=80, blank=True)
    account = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=200, blank=True)
    load_code = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["unit", "number"], name="caller_number_once")]
        verbose_name = _("caller's number")
