"""What is done when an outage makes telephones ring, and who is called up for it."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SurgeState(models.TextChoices):
    """What became of a proposal."""

    PROPOSED = "proposed", _("Proposed")
    SENT = "sent", _("Sent")
    DISMISSED = "dismissed", _("Not needed")
    OVER = "over", _("Over")


class Surge(models.Model):
    """A proposal for one outage, worked out anew as it grows or shrinks while nobody has decided.

    ``told`` is what the snapshot worked out: calls to come, measures with cost, answer rates before and after;
    ``accepted`` the measures that hold; ``sent`` every sending, the last one last: who sent what when, what was
    expected of it then, and by whom it was taken back when, if it was.
    """

    unit = models.ForeignKey("organization.Unit", on_delete=models.CASCADE, related_name="surges")
    outage = models.ForeignKey("outages.Outage", on_delete=models.CASCADE, related_name="surges")
    state = models.CharField(max_length=10, choices=SurgeState, default=SurgeState.PROPOSED)
    customers = models.PositiveIntegerField()
    proposed_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=150, blank=True)
    told = models.JSONField(default=dict)
    accepted = models.JSONField(default=list)
    sent = models.JSONField(default=list)

    class Meta:
        ordering = ["-proposed_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["unit", "outage"], name="surge_once")]
        verbose_name = _("surge")


class Answer(models.TextChoices):
    """What somebody said to being called up."""

    ASKED = "asked", _("Not answered yet")
    ACCEPTED = "accepted", _("Comes")
    DECLINED = "declined", _("Cannot come")


class CallUp(models.Model):
    """Somebody is asked to come in for a surge, until that is cancelled."""

    surge = models.ForeignKey(Surge, on_delete=models.CASCADE, related_name="call_ups")
    agent = models.ForeignKey("hotline.Agent", on_delete=models.CASCADE, related_name="call_ups")
    tier = models.PositiveSmallIntegerField()
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=10, choices=Answer, default=Answer.ASKED)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=150, blank=True)
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["tier", "from_at", "agent"]
        constraints = [
            models.UniqueConstraint(
                fields=["surge", "agent"], condition=models.Q(cancelled_at=None), name="call_up_once"
            ),
        ]
        verbose_name = _("call-up")
