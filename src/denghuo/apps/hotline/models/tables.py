"""How tables of calls are written, as somebody said it once for an exchange."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class TableTemplate(models.Model):
    """Which column of an exchange's table is what. ``told`` is as a template file holds it, so that it can be taken
    out, edited and read in again."""

    exchange = models.ForeignKey("hotline.Exchange", on_delete=models.CASCADE, related_name="table_templates")
    name = models.CharField(max_length=80)
    told = models.JSONField()
    kept_at = models.DateTimeField()
    kept_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["exchange", "name"]
        constraints = [models.UniqueConstraint(fields=["exchange", "name"], name="table_template_once")]
        verbose_name = _("template of a table of calls")

    def __str__(self) -> str:
        return self.name
