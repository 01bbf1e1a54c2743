"""The gateways through which messages leave: where they are, what they ask, what they cost, whether they work."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from denghuo.apps.notices.models.messages import Channel
from denghuo.apps.sealed import SealedTextField


class GatewayKind(models.TextChoices):
    """Which language a gateway speaks; see :mod:`denghuo.adapters.messaging`."""

    ALIYUN = "aliyun", _("Alibaba Cloud SMS")
    TENCENT = "tencent", _("Tencent Cloud SMS")
    WEBHOOK = "webhook", _("Webhook (JSON, signed)")
    VOICE = "voice", _("Voice gateway (JSON, signed)")
    SMTP = "smtp", _("Mail server (SMTP)")


class Gateway(models.Model):
    """A way out for the messages of a unit and those below it; of those that fit, the lowest ``priority`` is first.

    ``options`` holds what only one kind asks for, such as a region or an app id. ``receipt_blind`` finds the gateway
    whose address a receipt was sent to. ``failures`` counts tries that failed in a row; until ``resting_until_at``
    it is passed over. ``allowance`` is how many messages it may be handed at ``allowance_at``, by all who send.
    """

    unit = models.ForeignKey("organization.Unit", on_delete=models.PROTECT, related_name="gateways")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=GatewayKind)
    channel = models.CharField(max_length=10, choices=Channel)
    endpoint = models.CharField(max_length=300)
    access_id = models.CharField(max_length=120, blank=True)
    secret = SealedTextField(context="notices.gateway.secret")
    signature = models.CharField(max_length=40, blank=True)
    options = models.JSONField(default=dict, blank=True)
    rate_per_s = models.PositiveIntegerField(default=50)
    price_fen = models.DecimalField(max_digits=9, decimal_places=2, default=0)
    priority = models.PositiveSmallIntegerField(default=1)
    enabled = models.BooleanField(default=True)
    receipt_token = SealedTextField(context="notices.gateway.receipt_token")
    receipt_blind = models.BigIntegerField(unique=True)
    failures = models.PositiveIntegerField(default=0)
    resting_until_at = models.DateTimeField(null=True)
    unknown_count = models.PositiveIntegerField(default=0)
    allowance = models.FloatField(default=0)
    allowance_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["channel", "priority", "name"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "name"], name="gateway_once"),
            models.CheckConstraint(condition=Q(rate_per_s__gt=0), name="gateway_sends_something"),
            models.CheckConstraint(condition=Q(price_fen__gte=0), name="gateway_price_not_negative"),
        ]
        verbose_name = _("gateway")

    def __str__(self) -> str:
        return self.name


class GatewayTemplate(models.Model):
    """Under which code a gateway has registered the words of an event, and the variables it fills in, in their order.

    The variable ``text`` is the whole message."""

    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="templates")
    event = models.CharField(max_length=60)
    code = models.CharField(max_length=60)
    variables = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["gateway", "event"]
        constraints = [models.UniqueConstraint(fields=["gateway", "event"], name="gateway_template_once")]
        verbose_name = _("registered template")
