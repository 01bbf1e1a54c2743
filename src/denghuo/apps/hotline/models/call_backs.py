"""Whom we owe a call, and who pressed for an answer."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CallBackResult(models.TextChoices):
    """How a call-back ended. After no answer it is still owed, as often as the desk's rule says."""

    REACHED = "reached", _("Reached")
    NO_ANSWER = "no_answer", _("No answer: try again")
    NOT_WANTED = "not_wanted", _("Not wanted any more")
    WRONG_NUMBER = "wrong_number", _("Wrong number")
    GIVEN_UP = "given_up", _("Given up after several tries")


class CallBack(models.Model):
    """A call that is owed to somebody, until ``made_at``. ``note`` is what it came from, if it was a call's note.

    ``due_at`` is what was promised; after a try that reached nobody, when to try next.
    """

    exchange = models.ForeignKey("hotline.Exchange", on_delete=models.PROTECT, related_name="call_backs")
    note = models.ForeignKey("hotline.CallNote", on_delete=models.SET_NULL, null=True, related_name="call_backs")
    number = models.CharField(max_length=40)
    reason = models.CharField(max_length=300)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=150)
    due_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=20, choices=CallBackResult, blank=True)
    made_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(made_at=None) | ~models.Q(result__in=["", "no_answer"]),
                name="call_back_made_with_a_result",
            ),
        ]
        indexes = [models.Index(fields=["exchange", "made_at", "due_at"], name="call_back_due")]
        verbose_name = _("call-back")


class CallBackTry(models.Model):
    """One time that a number was called, and what came of it: of a call that is owed, or of somebody who reported and
    is asked whether supply is back (``report``; what those say is kept by the outages)."""

    call_back = models.ForeignKey(CallBack, on_delete=models.CASCADE, null=True, related_name="tries")
    report = models.ForeignKey("outages.Report", on_delete=models.CASCADE, null=True, related_name="+")
    tried_at = models.DateTimeField()
    tried_by = models.CharField(max_length=150)
    result = models.CharField(max_length=20, choices=CallBackResult)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["tried_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(call_back=None, report__isnull=False)
                | models.Q(call_back__isnull=False, report=None),
                name="call_back_try_of_one",
            )
        ]


class Urging(models.Model):
    """A caller pressed for an answer (催办): not a kind of call but something done to one."""

    exchange = models.ForeignKey("hotline.Exchange", on_delete=models.PROTECT, related_name="urgings")
    call_id = models.CharField(max_length=120, blank=True)
    number = models.CharField(max_length=40)
    urged_at = models.DateTimeField()
    told_by = models.CharField(max_length=150)
    count = models.PositiveIntegerField()
    text = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-urged_at", "-pk"]
        indexes = [models.Index(fields=["exchange", "number", "urged_at"], name="urging_by_number")]
        verbose_name = _("urging")
