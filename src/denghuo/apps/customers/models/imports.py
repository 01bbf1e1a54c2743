"""Which files told of customers."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CustomerImport(models.Model):
    """One file taken in, and what it brought. ``absent_count``: accounts of the unit that it did not name."""

    unit = models.ForeignKey("organization.Unit", on_delete=models.PROTECT, related_name="+")
    source_name = models.CharField(max_length=250)
    taken_at = models.DateTimeField()
    taken_by = models.CharField(max_length=150)
    row_count = models.PositiveIntegerField()
    added_count = models.PositiveIntegerField()
    changed_count = models.PositiveIntegerField()
    same_count = models.PositiveIntegerField()
    refused_count = models.PositiveIntegerField()
    absent_count = models.PositiveIntegerField()
    closed_count = models.PositiveIntegerField()

    class Meta:
        ordering = ["-taken_at", "-pk"]
        verbose_name = _("import of customers")
