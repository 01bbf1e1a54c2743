"""The outbox: one row for each message that leaves the product, what was tried, and what came back."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from denghuo.apps.sealed import SealedTextField


class Channel(models.TextChoices):
    """How a message reaches somebody."""

    SMS = "sms", _("Text message")
    VOICE = "voice", _("Voice call")
    EMAIL = "email", _("Mail")
    WEBHOOK = "webhook", _("Another system")


class Ring(models.IntegerChoices):
    """Who is told first."""

    STAFF = 0, _("Own people")
    CARE = 1, _("Customers in special care")
    IMPORTANT = 2, _("Important users")
    ALL = 3, _("Everybody")


class State(models.TextChoices):
    """Where a message stands."""

    QUEUED = "queued", _("Waiting")
    SENDING = "sending", _("On its way")
    SENT = "sent", _("Taken by the gateway")
    DELIVERED = "delivered", _("Delivered")
    UNDELIVERABLE = "dead", _("Undeliverable")
    CANCELLED = "cancelled", _("Called off")
    EXPIRED = "expired", _("Out of date")
    WITHHELD = "withheld", _("Not wanted")


class Message(models.Model):
    """One message to one address. ``key`` makes it happen once; ``token`` is its name at gateways.

    ``due_at`` is when it is sent, or tried again; while it is ``sending``, when its sender's lease is over. ``rank``
    orders what is due: special care, what is urgent, important users, everybody. ``code`` is what the gateway said
    last and ``reason`` why it is where it is, both as codes. ``cost_fen`` is NULL until a gateway has taken it.
    ``answer_due_at`` is NULL where no answer is waited for, or not any more; it lies ``answer_within_s`` after a
    gateway took it, or brought it; until then, where it is not waited for any longer though nothing was sent.
    ``doubt``: the gateway may have it and did not say so, so that no other is asked. ``ended_at`` is when nothing was
    left to do for its senders. ``legal_by_at``: the law wants it there by then; what is far from it keeps quiet hours.
    """

    key = models.CharField(max_length=200, unique=True)
    token = models.CharField(max_length=32, unique=True)
    unit = models.ForeignKey("organization.Unit", on_delete=models.PROTECT, related_name="messages")
    event = models.CharField(max_length=60)
    about = models.CharField(max_length=80)
    channel = models.CharField(max_length=10, choices=Channel)
    ring = models.PositiveSmallIntegerField(choices=Ring)
    rank = models.PositiveSmallIntegerField()
    to_ref = models.CharField(max_length=80)
    address = SealedTextField(context="notices.message.address")
    address_blind = models.BigIntegerField()
    address_masked = models.CharField(max_length=80)
    name = SealedTextField(context="notices.message.name")
    text = SealedTextField(context="notices.message.text")
    values = SealedTextField(context="notices.message.values")
    safety = models.BooleanField(default=False)
    legal = models.BooleanField(default=False)
    expects_answer = models.BooleanField(default=False)
    answer_within_s = models.PositiveIntegerField(null=True)
    legal_by_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    reason = models.CharField(max_length=40, blank=True)
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    holder = models.CharField(max_length=32, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    doubt = models.BooleanField(default=False)
    gateway = models.ForeignKey("notices.Gateway", on_delete=models.PROTECT, null=True, related_name="messages")
    provider_id = models.CharField(max_length=120, blank=True)
    code = models.CharField(max_length=80, blank=True)
    segments = models.PositiveSmallIntegerField(default=1)
    cost_fen = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    queued_at = models.DateTimeField()
    queued_by = models.CharField(max_length=150)
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    answer_due_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=40, blank=True)
    answered_at = models.DateTimeField(null=True)
    unanswered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-queued_at", "-pk"]
        indexes = [
            models.Index(fields=["channel", "rank", "due_at"], name="message_due", condition=Q(ended_at=None)),
            models.Index(
                fields=["answer_due_at"],
                name="message_answer_due",
                condition=Q(answer_due_at__isnull=False, answered_at=None, unanswered_at=None),
            ),
            models.Index(fields=["about", "to_ref"], name="message_about"),
            models.Index(fields=["to_ref", "-queued_at"], name="message_to"),
            models.Index(fields=["address_blind", "-queued_at"], name="message_address"),
            models.Index(fields=["gateway", "provider_id"], name="message_provider"),
            models.Index(fields=["state", "-queued_at"], name="message_state"),
            models.Index(fields=["-queued_at"], name="message_queued"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["sent", "delivered"]) | Q(sent_at__isnull=False), name="message_sent_when"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "sending"], ended_at=None)
                | (~Q(state__in=["queued", "sending"]) & Q(ended_at__isnull=False)),
                name="message_ended_when",
            ),
            models.CheckConstraint(condition=Q(ring__lte=3), name="message_ring_known"),
        ]
        verbose_name = _("message")

    def __str__(self) -> str:
        return self.key


class Attempt(models.Model):
    """One try to hand a message to a gateway. ``ended_at`` is NULL while it is under way, and stays so when its process
    died: nobody knows then whether the gateway took it."""

    class Outcome(models.TextChoices):
        """What became of it."""

        UNDER_WAY = "", _("Under way")
        TAKEN = "taken", _("Taken")
        AGAIN = "again", _("To be tried again")
        ELSEWHERE = "elsewhere", _("To be tried elsewhere")
        REFUSED = "refused", _("Refused")
        UNSURE = "unsure", _("Nobody knows")

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="tries")
    number = models.PositiveSmallIntegerField()
    gateway = models.ForeignKey("notices.Gateway", on_delete=models.PROTECT, null=True, related_name="attempts")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    code = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["message", "number"]
        constraints = [models.UniqueConstraint(fields=["message", "number"], name="message_attempt_once")]
        indexes = [models.Index(fields=["gateway", "-started_at"], name="attempt_gateway")]
        verbose_name = _("try")


class Receipt(models.Model):
    """What a gateway reported of a message afterwards: once, however often it says so. ``message`` is NULL where nobody
    knows what it is about."""

    gateway = models.ForeignKey("notices.Gateway", on_delete=models.PROTECT, related_name="receipts")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, null=True, related_name="receipts")
    provider_id = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=12)
    code = models.CharField(max_length=80, blank=True)
    digest = models.CharField(max_length=64)
    times = models.PositiveIntegerField(default=1)
    happened_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["-received_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["gateway", "digest"], name="receipt_once")]
        indexes = [models.Index(fields=["gateway", "message"], name="receipt_of_gateway")]
        verbose_name = _("delivery report")
