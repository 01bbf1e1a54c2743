"""Who has an incident in hand at the dispatcher's desk."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Watch(models.Model):
    """Somebody said "I have it" of an outage, a suspected fault or an order (``about``): the last to say so has it."""

    about = models.CharField(max_length=80, unique=True)
    username = models.CharField(max_length=150)
    since_at = models.DateTimeField()

    class Meta:
        ordering = ["since_at", "pk"]
        verbose_name = _("incident in hand")

    def __str__(self) -> str:
        return self.about
