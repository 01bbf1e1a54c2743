"""Words, wishes and legal rules: dated, sourced, editable rows."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from denghuo.apps.notices.models.messages import Channel


class MessageTemplate(models.Model):
    """How a message about an event is worded on a channel from a day on; the nearest unit's holds. Places are named in
    braces. Where no row holds, the product's own words do."""

    unit = models.ForeignKey("organization.Unit", on_delete=models.CASCADE, related_name="message_templates")
    event = models.CharField(max_length=60)
    channel = models.CharField(max_length=10, choices=Channel)
    from_date = models.DateField()
    text = models.TextField(max_length=1000)
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["event", "channel", "-from_date"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "event", "channel", "from_date"], name="message_template_once")
        ]
        verbose_name = _("template")


class NoticeCase(models.TextChoices):
    """What a notice that the law asks for is about."""

    PLANNED = "planned", _("Planned outage")
    TEMPORARY = "temporary", _("Temporary outage")
    BEFORE = "before", _("Just before the supply is cut")
    ARREARS = "arrears", _("Cut for arrears")
    BREACH = "breach", _("Cut for danger, theft or breach")


class Audience(models.TextChoices):
    """Whom a rule wants told."""

    USERS = "users", _("Every user")
    IMPORTANT = "important", _("Important users")
    RESIDENTS = "residents", _("Residents")
    OTHERS = "others", _("Users who are no residents")
    PUBLIC = "public", _("The public")
    AUTHORITY = "authority", _("The authority")


class NoticeRule(models.Model):
    """How long before, to whom and how a notice is to be given, from a day on. ``channels`` count as service; empty:
    any. ``states`` is what it must say. A row of the same case and audience that begins later takes its place."""

    unit = models.ForeignKey("organization.Unit", on_delete=models.CASCADE, related_name="notice_rules")
    case = models.CharField(max_length=12, choices=NoticeCase)
    audience = models.CharField(max_length=12, choices=Audience)
    from_date = models.DateField()
    ahead_min = models.PositiveIntegerField()
    channels = models.JSONField(default=list, blank=True)
    states = models.CharField(max_length=120, blank=True)
    basis = models.CharField(max_length=200)
    source = models.CharField(max_length=200)
    holds = models.BooleanField(default=True)

    class Meta:
        ordering = ["case", "-ahead_min", "audience", "-from_date"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "case", "audience", "ahead_min", "from_date"], name="notice_rule_once"
            ),
            models.CheckConstraint(condition=Q(ahead_min__lte=90 * 24 * 60), name="notice_rule_within_reason"),
        ]
        verbose_name = _("notice rule")


class Preference(models.Model):
    """How somebody wants to be told: by which channels, in this order (empty: any), not between two times of the day,
    and of what not at all. What concerns safety or is asked for by law comes all the same."""

    unit = models.ForeignKey("organization.Unit", on_delete=models.CASCADE, related_name="message_preferences")
    to_ref = models.CharField(max_length=80, unique=True)
    channels = models.JSONField(default=list, blank=True)
    opted_out = models.JSONField(default=list, blank=True)
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=150)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None) | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="preference_quiet_both_or_none",
            )
        ]
        verbose_name = _("preference")
