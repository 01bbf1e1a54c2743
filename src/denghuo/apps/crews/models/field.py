"""What the crew told from the field: reports with both clocks, photos, materials, quotes."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.apps.crews.models.assignments import State
from denghuo.apps.sealed import SealedTextField


class ReportKind(models.TextChoices):
    """What a report tells. The first ones move the assignment on."""

    DELIVERED = "delivered", pgettext_lazy("report", "Delivered to the phone")
    READ = "read", pgettext_lazy("report", "Read")
    ACCEPTED = "accepted", pgettext_lazy("report", "Accepted")
    REFUSED = "refused", pgettext_lazy("report", "Refused")
    DEPARTED = "departed", pgettext_lazy("report", "On the way")
    ARRIVED = "arrived", pgettext_lazy("report", "Arrived")
    FINISHED = "finished", pgettext_lazy("report", "Finished")
    BOUNDARY = "boundary", pgettext_lazy("report", "Which side of the boundary")
    QUOTE = "quote", pgettext_lazy("report", "Quote")
    BEGUN = "begun", pgettext_lazy("report", "Work begun")
    CHECKLIST = "checklist", pgettext_lazy("report", "Checklist")
    MATERIALS = "materials", pgettext_lazy("report", "Materials")
    PHOTO = "photo", pgettext_lazy("report", "Photo")
    NOTE = "note", pgettext_lazy("report", "Note")
    CORRECTION = "correction", pgettext_lazy("report", "Answer about a time")


class Side(models.TextChoices):
    """Where the fault lies, seen from the ownership boundary."""

    OURS = "ours", _("On our side: free of charge")
    CUSTOMER = "customer", _("On the customer's side: by quote")


class Check(models.TextChoices):
    """What is done before hands touch anything, and before the crew leaves."""

    PERMIT = "permit", _("Work permit is at hand")
    ISOLATED = "isolated", _("Switched off and secured")
    TESTED_DEAD = "tested_dead", _("Tested dead")
    EARTHED = "earthed", _("Earthed")
    SIGNS = "signs", _("Signs and barriers stand")
    GEAR = "gear", _("Helmet, gloves, insulating shoes are on")
    CUSTOMER_TOLD = "customer_told", _("The customer knows what was done")
    SITE_CLEAN = "site_clean", _("The site is clean")


class Odd(models.TextChoices):
    """What does not fit about a time. Whoever told it is asked first."""

    CLOCK_OFF = "clock_off", _("The phone's clock is off")
    BEFORE_SENT = "before_sent", _("Before the crew was sent")
    BEFORE_DEPARTURE = "before_departure", _("Arrival before departure")
    BEFORE_ARRIVAL = "before_arrival", _("Finished before arrival")
    AHEAD = "ahead", _("In the future")


class Refusal(models.TextChoices):
    """Why a report is not taken: what whoever told it has to put right."""

    MALFORMED = "malformed", _("This could not be read. Tell it again.")
    NOT_YOURS = "not_yours", _("This assignment is another crew's.")
    ARRIVE_FIRST = "arrive_first", _("Tell first that you have arrived.")
    REASON_MISSING = "reason_missing", _("Say why.")
    DATE_MISSING = "date_missing", _("Say on which day somebody comes instead.")
    OFF_LIST = "off_list", _("Only what stands in the price list, at its price, can be charged.")
    OURS_IS_FREE = "ours_is_free", _("Say first that the fault is on the customer's side. On ours nothing is charged.")
    QUOTE_FIRST = "quote_first", _("On the customer's side a quote is accepted first, or say why it is free.")
    WHICH_ORDER = "which_order", _("Say for whom this quote is.")
    THEIRS = (
        "theirs",
        _("The fault is on the customer's side: choose their own wiring, or work done. If it is ours, say so first."),
    )
    RECEIPT_MISSING = "receipt_missing", _("Write what was found and done.")
    SAYS_NOTHING = "says_nothing", _("This receipt says nothing: write what was found and what was done.")
    HAS_NUMBER = "has_number", _("A telephone number has no place in a receipt.")
    NO_PICTURE = "no_picture", _("This is not a picture.")
    TOO_LARGE = "too_large", _("This picture is too large.")
    UNKNOWN_REPORT = "unknown_report", _("Nobody told what this corrects.")
    AHEAD = "ahead", _("This time has not come yet.")
    BACK_BEFORE = "back_before", _("Supply cannot have come back before it was gone. Check the time.")
    BACK_AHEAD = "back_ahead", _("Supply cannot come back later than now. Check the time.")


class FieldReport(models.Model):
    """Something told from the field, once for a ``client_id``. ``told_at`` is the device's clock, ``received_at`` the
    server's, ``happened_at`` what holds. Latitude and longitude (WGS-84) are forgotten after a while."""

    assignment = models.ForeignKey("crews.Assignment", on_delete=models.PROTECT, related_name="reports")
    user = models.ForeignKey("organization.User", on_delete=models.PROTECT, related_name="field_reports")
    client_id = models.UUIDField(unique=True)
    kind = models.CharField(max_length=10, choices=ReportKind)
    payload = models.JSONField(default=dict)
    told_at = models.DateTimeField()
    received_at = models.DateTimeField()
    happened_at = models.DateTimeField()
    clock_off_s = models.FloatField(null=True)
    odd = models.JSONField(default=list)
    answered_at = models.DateTimeField(null=True)
    answered_because = models.CharField(max_length=200, blank=True)
    came_late = models.BooleanField(default=False)  # the assignment was over by then: kept, and nothing follows
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    accuracy_m = models.FloatField(null=True)

    class Meta:
        ordering = ["happened_at", "pk"]
        indexes = [models.Index(fields=["assignment", "happened_at"], name="crews_reports_of")]
        verbose_name = _("field report")

    @property
    def was_taken_back(self) -> bool:
        """Whether it was told before the assignment was withdrawn, and came after."""
        ended_at = self.assignment.ended_at if self.assignment.state == State.WITHDRAWN else None
        return self.came_late and ended_at is not None and self.happened_at < ended_at

    @property
    def is_asked(self) -> bool:
        """Whether somebody still has to say whether its time is right."""
        return bool(self.odd) and self.answered_at is None


class Photo(models.Model):
    """A picture from the site, kept once as a file named by what is in it."""

    report = models.OneToOneField(FieldReport, on_delete=models.PROTECT, related_name="photo")
    digest = models.CharField(max_length=64)
    content_type = models.CharField(max_length=20)
    size_bytes = models.PositiveIntegerField()
    told_at = models.DateTimeField()

    class Meta:
        ordering = ["told_at", "pk"]
        verbose_name = _("photo")


class MaterialUse(models.Model):
    """Material that went in, free of charge: what is charged is a line of a quote."""

    report = models.ForeignKey(FieldReport, on_delete=models.PROTECT, related_name="materials")
    name = models.CharField(max_length=80)
    quantity = models.DecimalField(max_digits=9, decimal_places=2)
    measure = models.CharField(max_length=12, blank=True)

    class Meta:
        ordering = ["report", "pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="crews_some_material"),
        ]
        verbose_name = _("material used")


class PriceItem(models.Model):
    """What a service costs, from a day on. Of the rows of a code the latest in force holds; ``is_lifted``: no more."""

    unit = models.ForeignKey("organization.Unit", on_delete=models.PROTECT, related_name="price_items")
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    measure = models.CharField(max_length=12)
    price_fen = models.PositiveIntegerField()
    from_date = models.DateField()
    source = models.CharField(max_length=200)
    is_lifted = models.BooleanField(default=False)

    class Meta:
        ordering = ["unit", "code", "-from_date", "-pk"]
        constraints = [models.UniqueConstraint(fields=["unit", "code", "from_date"], name="crews_price_once")]
        verbose_name = _("price")

    def __str__(self) -> str:
        return self.name


class Quote(models.Model):
    """What the customer was told it costs, and what they said on the screen before the work began. ``order`` is theirs;
    NULL where the assignment serves none. ``lapsed_at``: the fault was found to be on our side after all."""

    assignment = models.ForeignKey("crews.Assignment", on_delete=models.PROTECT, related_name="quotes")
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, null=True, related_name="+")
    report = models.OneToOneField(FieldReport, on_delete=models.PROTECT, related_name="quote")
    total_fen = models.PositiveIntegerField()
    offered_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_name = SealedTextField(context="crews.quote.name")
    signature = SealedTextField(context="crews.quote.signature")
    refused_at = models.DateTimeField(null=True)
    refused_because = models.CharField(max_length=200, blank=True)
    again_date = models.DateField(null=True)
    lapsed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["offered_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(accepted_at__isnull=False, refused_at=None)
                | (
                    models.Q(accepted_at=None, refused_at__isnull=False, again_date__isnull=False)
                    & ~models.Q(refused_because="")
                ),
                name="crews_quote_answered",
            ),
        ]
        verbose_name = _("quote")

    @property
    def is_charged(self) -> bool:
        """Whether the customer accepted it, and it holds still."""
        return self.accepted_at is not None and self.lapsed_at is None


class QuoteLine(models.Model):
    """A line of a quote: always from the price list, at its price of the day."""

    quote = models.ForeignKey(Quote, on_delete=models.CASCADE, related_name="lines")
    item = models.ForeignKey(PriceItem, on_delete=models.PROTECT, related_name="quote_lines")
    quantity = models.DecimalField(max_digits=9, decimal_places=2)
    amount_fen = models.PositiveIntegerField()

    class Meta:
        ordering = ["quote", "pk"]
        constraints = [models.CheckConstraint(condition=models.Q(quantity__gt=0), name="crews_some_of_it")]
        verbose_name = _("line of a quote")
