"""Who answers for whom, by name."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Extent(models.TextChoices):
    """How far a responsibility reaches; the narrowest that fits a customer holds."""

    ACCOUNT = "account", _("One account")
    LOAD = "load", _("A transformer district")
    AREA = "area", _("An area")
    STATION = "station", _("The whole station")


class Responsibility(models.Model):
    """Somebody answers for everything within an extent, from an instant until another takes over.

    ``target`` is the account's number, the load's code or the area's name; empty for the station.
    """

    unit = models.ForeignKey("organization.Unit", on_delete=models.PROTECT, related_name="+")
    extent = models.CharField(max_length=10, choices=Extent)
    target = models.CharField(max_length=120, blank=True)
    user = models.ForeignKey("organization.User", on_delete=models.PROTECT, related_name="+")
    since_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)
    given_by = models.CharField(max_length=150)
    because = models.CharField(max_length=200, blank=True)
    ended_by = models.CharField(max_length=150, blank=True)
    ended_because = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["unit", "extent", "target", "-since_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "extent", "target"],
                condition=models.Q(until_at=None),
                name="customers_one_answers",
            )
        ]
        verbose_name = _("responsibility")


class ContactCard(models.Model):
    """How a responsible person is reached at work: what is printed on the card that hangs at the door."""

    user = models.OneToOneField("organization.User", on_delete=models.CASCADE, related_name="contact_card")
    phone = models.CharField(max_length=40)
    title = models.CharField(max_length=80, blank=True)
    office = models.CharField(max_length=120, blank=True)
    hours = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["user"]
        verbose_name = _("contact card")
