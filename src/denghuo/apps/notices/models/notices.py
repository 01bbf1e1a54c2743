"""The outbox: one row for each person who is told something."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Notice(models.Model):
    """What one person is told. ``path`` is the page it leads to; ``key`` tells two notices of the same thing apart."""

    recipient = models.ForeignKey("organization.User", on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    subject = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    path = models.CharField(max_length=300, blank=True)
    urgent = models.BooleanField(default=False)
    queued_at = models.DateTimeField()
    queued_by = models.CharField(max_length=150)
    read_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-queued_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["recipient", "key"], name="notice_once")]
        indexes = [
            models.Index(fields=["recipient", "read_at"], name="notice_unread"),
            models.Index(fields=["path", "kind"], condition=models.Q(withdrawn_at=None), name="notice_held"),
        ]
        verbose_name = _("notice")
