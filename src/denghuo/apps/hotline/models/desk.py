"""What an agent writes down of a call, and the rules that the desk works by."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class DeskRule(models.Model):
    """How the desk works from a day on: announcements, urging, call-backs, reviews.

    ``draft_from_customers``: an outage that leaves so many out is announced (0: none is). ``call_from`` and
    ``call_until`` are the local hours within which people are called back. Whom nobody reached is tried again after
    ``call_back_retry_s``, and no more after ``call_back_tries`` times. ``review_share`` of plain calls are reviewed,
    ``double_share`` of those twice.
    """

    from_date = models.DateField(unique=True)
    draft_from_customers = models.PositiveIntegerField(default=500)
    urge_gap_s = models.PositiveIntegerField(default=7200)
    call_back_within_s = models.PositiveIntegerField(default=86_400)
    call_back_tries = models.PositiveSmallIntegerField(default=3, validators=[MinValueValidator(1)])
    call_back_retry_s = models.PositiveIntegerField(default=7200, validators=[MaxValueValidator(7 * 86_400)])
    quiet_idle_agents = models.PositiveIntegerField(default=2)
    call_from = models.PositiveSmallIntegerField(default=8)
    call_until = models.PositiveSmallIntegerField(default=20)
    review_share = models.FloatField(default=0.02)
    double_share = models.FloatField(default=0.2)
    long_wait_s = models.PositiveIntegerField(default=60)
    complaint_words = models.CharField(max_length=500, default="投诉 举报 曝光 媒体 12398 12345 赔偿")
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["from_date"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(review_share__gte=0, review_share__lte=1, double_share__gte=0, double_share__lte=1),
                name="desk_rule_shares",
            ),
            models.CheckConstraint(
                condition=models.Q(call_until__gt=models.F("call_from"), call_until__lte=24),
                name="desk_rule_hours_in_order",
            ),
            models.CheckConstraint(condition=models.Q(call_back_tries__gte=1), name="desk_rule_tries"),
        ]
        verbose_name = _("rule of the desk")


class NoteKind(models.TextChoices):
    """What a call was about: the eight kinds of business."""

    ENQUIRY = "enquiry", _("Enquiry")
    FAULT_REPORT = "fault_report", _("Fault report")
    COMPLAINT = "complaint", _("Complaint")
    MISCONDUCT = "misconduct", _("Report of misconduct")
    SUGGESTION = "suggestion", _("Suggestion")
    OPINION = "opinion", _("Opinion")
    PRAISE = "praise", _("Praise")
    SERVICE_REQUEST = "service_request", _("Service request")


class CallNote(models.Model):
    """What an agent wrote of a call: a draft, saved as it is typed, until ``kept_at``.

    A note may be there before its call is: the exchange tells a call when it is over. ``call_id`` and the exchange
    tell which; "" where a number was typed in without a call. ``told_versions`` are the keys of the versions of
    articles that the caller was told; ``due_at`` is by when the caller was promised a call, if at a chosen time.

    From ``account`` on stands what makes an order of it: whose matter it is (NULL not known; then ``unit`` is where it
    is worked on), what about, where (``load_code``: in which
    transformer district), what was promised by when. ``passed_on`` says of an enquiry that somebody has to
    look into it. ``order`` is what it became, or the open order that the caller pressed for.
    """

    exchange = models.ForeignKey("hotline.Exchange", on_delete=models.PROTECT, related_name="notes")
    call_id = models.CharField(max_length=120, blank=True)
    number = models.CharField(max_length=40, blank=True)
    written_by = models.CharField(max_length=150)
    drafted_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    kept_at = models.DateTimeField(null=True)
    kind = models.CharField(max_length=20, choices=NoteKind, blank=True)
    text = models.TextField(blank=True)
    told_versions = models.JSONField(default=list)
    follow_up = models.BooleanField(default=False)
    due_at = models.DateTimeField(null=True)
    account = models.ForeignKey("customers.Account", on_delete=models.PROTECT, null=True, related_name="+")
    unit = models.ForeignKey("organization.Unit", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    topic = models.CharField(max_length=16, blank=True)
    place = models.CharField(max_length=200, blank=True)
    load_code = models.CharField(max_length=120, blank=True)
    passed_on = models.BooleanField(default=False)
    promise = models.CharField(max_length=8, blank=True)
    promise_at = models.DateTimeField(null=True)
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-drafted_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["exchange", "call_id", "number", "written_by"],
                condition=models.Q(kept_at=None),
                name="one_draft_of_a_call",
            ),
            models.CheckConstraint(condition=models.Q(kept_at=None) | ~models.Q(kind=""), name="kept_note_has_a_kind"),
        ]
        indexes = [
            models.Index(fields=["exchange", "call_id"], name="note_by_call"),
            models.Index(fields=["exchange", "number", "drafted_at"], name="note_by_number"),
        ]
        verbose_name = _("call note")
