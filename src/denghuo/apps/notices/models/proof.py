"""Proof that a household was given a notice otherwise than by a message, and calls that people made by hand."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.notices.models.rules import NoticeCase
from denghuo.apps.sealed import SealedTextField


class How(models.TextChoices):
    """How a notice came to somebody."""

    HANDED = "handed", _("Handed over, signed for")
    LEFT = "left", _("Left at the door with a witness")
    POSTED = "posted", _("Posted in public")
    REGISTERED_MAIL = "mail", _("Registered mail")
    BY_PHONE = "phone", _("Told by telephone")


class HandDelivery(models.Model):
    """A notice about something that a person brought, posted or told. ``receiver`` is who signed for it, or saw that it
    was left."""

    unit = models.ForeignKey("organization.Unit", on_delete=models.PROTECT, related_name="hand_deliveries")
    about = models.CharField(max_length=80)
    case = models.CharField(max_length=12, choices=NoticeCase)
    to_ref = models.CharField(max_length=80)
    how = models.CharField(max_length=10, choices=How)
    delivered_at = models.DateTimeField()
    receiver = SealedTextField(context="notices.delivery.receiver")
    note = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["-delivered_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["about", "case", "to_ref", "how", "delivered_at"], name="hand_delivery_once"
            )
        ]
        indexes = [models.Index(fields=["about", "to_ref"], name="hand_delivery_about")]
        verbose_name = _("delivery by hand")


class HandCall(models.Model):
    """Somebody tried to reach whom a message is for. ``answer`` is what they said, by the key that they would have
    pressed; empty: they were not reached."""

    message = models.ForeignKey("notices.Message", on_delete=models.CASCADE, related_name="hand_calls")
    answer = models.CharField(max_length=10, blank=True)
    note = SealedTextField(context="notices.hand_call.note")
    at = models.DateTimeField()
    by = models.CharField(max_length=150)

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = _("call by hand")
