"""What happens to an order: steps, hand-overs, suspensions, promises, what was said, receipts, appeals."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.orders.models.orders import Finding, Order
from denghuo.apps.sealed import SealedTextField


class CallBackResult(models.TextChoices):
    """What customers say of the work when they are called back."""

    SATISFIED = "satisfied", _("Satisfied")
    FAIR = "fair", _("Fairly satisfied")
    DISSATISFIED = "dissatisfied", _("Not satisfied")
    NO_VIEW = "no_view", _("Gave no view")


class OrderStep(models.Model):
    """One step of an order. Rows are never changed.

    ``told_at`` is when it happened, by the device of whoever did it; ``at`` when it was recorded here. ``effects`` is
    what it did to the clocks, as the rule of that day said: ``arrive:stop,restore:start``. ``result`` is what the
    customer said when called back; blank where nobody asked.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="steps")
    step = models.CharField(max_length=16)
    from_state = models.CharField(max_length=12, blank=True)
    to_state = models.CharField(max_length=12)
    told_at = models.DateTimeField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    reason = models.CharField(max_length=500, blank=True)
    place = models.CharField(max_length=200, blank=True)
    effects = models.CharField(max_length=200, blank=True)
    result = models.CharField(max_length=12, choices=CallBackResult, blank=True)

    class Meta:
        ordering = ["order", "told_at", "pk"]
        indexes = [
            models.Index(fields=["at"], condition=models.Q(result="dissatisfied"), name="step_dissatisfied"),
        ]
        verbose_name = _("step")


class HandOver(models.Model):
    """An order offered from one hand to another: both sides sign, or it is refused with a reason."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="hand_overs")
    from_username = models.CharField(max_length=150, blank=True)
    to_username = models.CharField(max_length=150, blank=True)
    to_unit = models.ForeignKey("organization.Unit", on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=500)
    offered_at = models.DateTimeField()
    offered_by = models.CharField(max_length=150)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.CharField(max_length=150, blank=True)
    refused_at = models.DateTimeField(null=True)
    refused_by = models.CharField(max_length=150, blank=True)
    refused_because = models.CharField(max_length=500, blank=True)
    stuck_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["order", "offered_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=models.Q(accepted_at=None, refused_at=None), name="hand_over_open_once"
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at=None) | models.Q(refused_at=None), name="hand_over_one_answer"
            ),
        ]
        verbose_name = _("hand-over")

    @property
    def is_open(self) -> bool:
        """Whether nobody has answered it yet."""
        return self.accepted_at is None and self.refused_at is None


class SuspensionCause(models.TextChoices):
    """Why a clock may stand still. What is merely hard is not among them."""

    FORCE_MAJEURE = "force_majeure", _("Force majeure")
    UNREACHABLE = "unreachable", _("The customer cannot be reached")
    CUSTOMER = "customer", _("At the customer's wish")
    OTHERS = "others", _("Waiting for others")


class Suspension(models.Model):
    """Somebody asks that the clocks of an order stand still; another decides, and from then on they do."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="suspensions")
    cause = models.CharField(max_length=16, choices=SuspensionCause)
    reason = models.CharField(max_length=500)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=150)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=150, blank=True)
    granted = models.BooleanField(null=True)
    decision = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["order", "asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["order"], condition=models.Q(decided_at=None), name="suspension_open_once"),
        ]
        verbose_name = _("suspension")


class PromiseOf(models.TextChoices):
    """What was promised."""

    CALL = "call", _("A call")
    VISIT = "visit", _("A visit")
    ARRIVE = "arrive", _("To be there")
    RESTORE = "restore", _("Supply restored")
    ANSWER = "answer", _("An answer")
    OTHER = "other", _("Something else")


class Promise(models.Model):
    """A time given to a customer. It is kept, or the customer is told before it passes, or it is broken."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="promises")
    what = models.CharField(max_length=8, choices=PromiseOf)
    due_at = models.DateTimeField()
    given_at = models.DateTimeField()
    given_by = models.CharField(max_length=150)
    note = models.CharField(max_length=200, blank=True)
    warned_at = models.DateTimeField(null=True)
    kept_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(null=True)
    broken_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["order", "due_at", "pk"]
        indexes = [
            models.Index(
                fields=["due_at"], condition=models.Q(kept_at=None, moved_at=None), name="promise_open_by_due"
            ),
        ]
        verbose_name = _("promise")

    @property
    def is_open(self) -> bool:
        """Whether it still has to be kept, however late."""
        return self.kept_at is None and self.moved_at is None


class Remark(models.Model):
    """What was said to or by the customer, or among ourselves. Clocks write nothing here."""

    class Side(models.TextChoices):
        """Who said it to whom."""

        CUSTOMER = "customer", _("The customer said")
        REPLY = "reply", _("The customer was told")
        INSIDE = "inside", _("Internal note")

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="remarks")
    side = models.CharField(max_length=8, choices=Side)
    text = models.TextField(max_length=2000)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)

    class Meta:
        ordering = ["order", "at", "pk"]
        verbose_name = _("remark")


class Receipt(models.Model):
    """What was found and done, told with the end of the work. ``noted`` are codes of what the check still said."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="receipts")
    finding = models.CharField(max_length=16, choices=Finding)
    found = models.TextField(max_length=1000)
    done = models.TextField(max_length=1000)
    told_customer = models.TextField(max_length=1000, blank=True)
    restored_at = models.DateTimeField(null=True)
    noted = models.JSONField(default=list)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)

    class Meta:
        ordering = ["order", "-at", "-pk"]
        verbose_name = _("receipt")


class Appeal(models.Model):
    """Somebody says that what an order counts against them is not theirs; another decides upon the evidence."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="appeals")
    clock = models.CharField(max_length=16, blank=True)
    text = models.TextField(max_length=2000)
    filed_at = models.DateTimeField()
    filed_by = models.CharField(max_length=150)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=150, blank=True)
    upheld = models.BooleanField(null=True)
    decision = models.TextField(max_length=2000, blank=True)

    class Meta:
        ordering = ["order", "filed_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "clock"], condition=models.Q(decided_at=None), name="appeal_open_once"
            ),
        ]
        verbose_name = _("appeal")


class Correction(models.Model):
    """What an order was opened with was wrong, and is put right. ``changes`` holds what it was and what it is, sealed:
    [field, was, now], .... ``was_account_id`` is whose order it was until then.

    Where another kind holds, ``reread`` says what each step before it does to the clocks, by the steps of that kind:
    the rows of the steps stay as they are. ``clocks_before`` is what the clocks showed until then, empty where no limit
    can have changed; ``late_before`` and ``late_after`` name the clocks that were too late before and after.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="corrections")
    step = models.OneToOneField(OrderStep, on_delete=models.CASCADE, null=True, related_name="correction")
    reason = models.CharField(max_length=500)
    was_account_id = models.BigIntegerField(null=True, db_index=True)
    changes = SealedTextField(context="orders.correction.changes")
    reread = models.JSONField(default=dict)
    clocks_before = models.JSONField(default=list)
    due_before = models.DateTimeField(null=True)
    due_after = models.DateTimeField(null=True)
    late_before = models.JSONField(default=list)
    late_after = models.JSONField(default=list)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)

    class Meta:
        ordering = ["order", "at", "pk"]
        verbose_name = _("correction")


class Draft(models.Model):
    """An order that somebody is writing. Nobody's fact until it is opened."""

    username = models.CharField(max_length=150, unique=True)
    content = SealedTextField(context="orders.draft.content")
    saved_at = models.DateTimeField()

    class Meta:
        verbose_name = _("draft")
