"""Whom we owe a call, and who pressed for an answer."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CallBackResult(models.TextChoices):
    """How a call-back ended. After no answer it is still owed."""

    REACHED = "reached", _("Reached")
    NO_ANSWER = "no_answer", _("No answer: try again")
    NOT_WANTED = "not_wanted", _("Not wanted any more")
    WRONG_NUMBER = "wrong_number", _("Wrong number")
    GIVEN_UP = "given_up", _("Given up after several tries")


class CallBack(models.Model):
    """A call that is owed to somebody, until ``made_at``. ``note`` is what it came from, if it was a call's note."""

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
    """One time that the number was called, and what came of it."""

    call_back = models.ForeignKey(CallBack, on_delete=models.CASCADE, related_name="tries")
    tried_at = models.DateTimeField()
    tried_by = models.CharField(max_length=150)
    result = models.CharField(max_length=20, choices=CallBackResult)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["tried_at", "pk"]


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
