"""Early signs: what shows before it is complained of, and who was told."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.orders.models.orders import Order


class SignKind(models.TextChoices):
    """What showed."""

    REPEAT = "repeat", _("One customer again and again")
    CLUSTER = "cluster", _("Many in one place")
    PROMISE = "promise", _("A promise is overdue")
    DANGER = "danger", _("Danger")
    UNHAPPY = "unhappy", _("A customer is not satisfied")


class Sign(models.Model):
    """A sign that was raised once for its ``key``, and what was done about it. ``escalated_at`` is when it was brought
    before those above, because nobody had answered it by ``know_by_at``; ``above_count`` how many those were."""

    kind = models.CharField(max_length=8, choices=SignKind)
    key = models.CharField(max_length=120, unique=True)
    unit = models.ForeignKey("organization.Unit", on_delete=models.PROTECT, related_name="+")
    order = models.ForeignKey(Order, on_delete=models.CASCADE, null=True, related_name="signs")
    account = models.ForeignKey(
        "customers.Account", on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    load_code = models.CharField(max_length=120, blank=True)
    topic = models.CharField(max_length=16, blank=True)
    order_count = models.PositiveIntegerField(default=1)
    raised_at = models.DateTimeField()
    know_by_at = models.DateTimeField()
    told_count = models.PositiveSmallIntegerField(default=0)
    escalated_at = models.DateTimeField(null=True)
    above_count = models.PositiveSmallIntegerField(default=0)
    seen_at = models.DateTimeField(null=True)
    seen_by = models.CharField(max_length=150, blank=True)
    answer = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-raised_at", "-pk"]
        indexes = [models.Index(fields=["unit", "raised_at"], condition=models.Q(seen_at=None), name="sign_unseen")]
        verbose_name = _("sign")
