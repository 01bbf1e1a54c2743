"""The order: what somebody asked for, who has it in hand, and how far it is."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.apps.sealed import SealedTextField


class Kind(models.TextChoices):
    """The eight kinds. To press for an answer is a step, not a kind."""

    FAULT = "fault", _("Fault report")
    COMPLAINT = "complaint", _("Complaint")
    MISCONDUCT = "misconduct", _("Report of misconduct")
    OPINION = "opinion", _("Opinion")
    SUGGESTION = "suggestion", _("Suggestion")
    PRAISE = "praise", _("Praise")
    ENQUIRY = "enquiry", _("Enquiry")
    SERVICE = "service", _("Service application")


class Topic(models.TextChoices):
    """What an order is about, within its kind."""

    NO_SUPPLY = "no_supply", _("No supply")
    PART = "part", _("Part of the supply is gone")
    VOLTAGE = "voltage", _("Voltage")
    DANGER = "danger", _("Danger on the line")
    METER = "meter", _("Meter")
    OWN_WIRING = "own_wiring", _("The customer's own wiring")
    ARREARS = "arrears", _("Cut for arrears")
    ATTITUDE = "attitude", _("How people were served")
    BUSINESS = "business", _("How business was done")
    OUTAGES = "outages", _("Outages and restoration")
    QUALITY = "quality", _("Quality of supply")
    BUILDING = "building", _("Works on the network")
    BILL = "bill", _("Bill or reading")
    RECONNECT = "reconnect", _("Reconnection after payment")
    METER_TEST = "meter_test", _("Meter test")
    APPLIANCE = "appliance", _("Damaged appliances")
    CONNECTION = "connection", _("New connection")
    CHARGING = "charging", _("Charging point")
    CARE_VISIT = "care_visit", _("Visit to a special-care customer")
    HOME_VISIT = "home_visit", _("Planned visit at home")
    BRIBERY = "bribery", _("Gifts, favors or money asked for")
    BREACH = "breach", _("Breach of our rules")
    THEFT = "theft", _("Electricity stolen")
    OTHER = "other", _("Something else")


FAULT_TOPICS = (
    Topic.NO_SUPPLY,
    Topic.PART,
    Topic.VOLTAGE,
    Topic.DANGER,
    Topic.METER,
    Topic.OWN_WIRING,
    Topic.ARREARS,
    Topic.OTHER,
)
COMPLAINT_TOPICS = (
    Topic.ATTITUDE,
    Topic.BUSINESS,
    Topic.OUTAGES,
    Topic.QUALITY,
    Topic.BUILDING,
    Topic.BILL,
    Topic.OTHER,
)
MISCONDUCT_TOPICS = (
    Topic.BRIBERY,
    Topic.BREACH,
    Topic.THEFT,
    Topic.ATTITUDE,
    Topic.BUSINESS,
    Topic.BILL,
    Topic.OTHER,
)
SERVICE_TOPICS = (
    Topic.RECONNECT,
    Topic.METER_TEST,
    Topic.METER,
    Topic.BILL,
    Topic.APPLIANCE,
    Topic.CONNECTION,
    Topic.CHARGING,
    Topic.CARE_VISIT,
    Topic.HOME_VISIT,
    Topic.OTHER,
)
TOPICS_OF_KIND: dict[str, tuple[Topic, ...]] = {
    Kind.FAULT: FAULT_TOPICS,
    Kind.COMPLAINT: COMPLAINT_TOPICS,
    Kind.MISCONDUCT: MISCONDUCT_TOPICS,
    Kind.OPINION: COMPLAINT_TOPICS,
    Kind.SUGGESTION: COMPLAINT_TOPICS,
    Kind.PRAISE: (Topic.ATTITUDE, Topic.BUSINESS, Topic.OUTAGES, Topic.OTHER),
    Kind.ENQUIRY: (*COMPLAINT_TOPICS[1:], Topic.METER, Topic.CONNECTION),
    Kind.SERVICE: SERVICE_TOPICS,
}


class Channel(models.TextChoices):
    """How the customer's word came in."""

    PHONE = "phone", _("Telephone")
    HOTLINE = "hotline", "95598"
    COUNTER = "counter", _("Counter")
    WEB = "web", _("Web")
    QR = "qr", _("Code on the meter box")
    MESSAGE = "message", _("Short message")
    VISIT = "visit", _("Visit")
    OPINION_BOOK = "opinion_book", _("Opinion book")
    MAYOR = "12345", "12345"
    REGULATOR = "12398", "12398"
    PROVINCE = "province", _("Provincial center")
    SYSTEM = "system", _("Raised by the system")


class State(models.TextChoices):
    """How far an order is. What leads from one to another are the steps, which are data."""

    REGISTERED = "registered", _("Waiting to be taken")
    DISPATCHED = "dispatched", _("Dispatched")
    IN_HAND = "in_hand", _("In hand")
    ON_SITE = "on_site", _("On site")
    DONE = "done", _("Done, to be confirmed")
    SUSPENDED = "suspended", _("Suspended")
    CLOSED = "closed", pgettext_lazy("of an order", "Closed")
    TERMINATED = "terminated", _("Terminated")
    MERGED = "merged", _("Merged")


OVER = (State.CLOSED, State.TERMINATED, State.MERGED)


class Finding(models.TextChoices):
    """What was found to be the matter."""

    UNKNOWN = "", _("Not told")
    OUR_EQUIPMENT = "our_equipment", _("Our equipment")
    CUSTOMER_WIRING = "customer_wiring", _("The customer's own wiring")
    ARREARS = "arrears", _("Cut for arrears")
    PLANNED = "planned", _("Planned outage")
    JUSTIFIED = "justified", _("Justified")
    PARTLY = "partly", _("Justified in part")
    UNJUSTIFIED = "unjustified", _("Not justified")
    NOTHING = "nothing", _("Nothing found")


class Area(models.TextChoices):
    """Which promise of arrival holds; unknown takes the strictest."""

    UNKNOWN = "", _("Not told")
    CITY = "city", _("Town")
    RURAL = "rural", _("Country")
    REMOTE = "remote", _("Remote")


class Order(models.Model):
    """One order. ``first_asked`` is whom the customer asked first: it never changes, whoever has it in hand.

    ``received_at`` is when the customer's word came in, from which every promise counts; ``opened_at`` when it was
    written down. ``next_due_at`` is the earliest deadline that still runs, as the clocks said at the last step, and
    ``next_warn_at`` when what is still to be done fills what is left of it; NULL where none runs or the days until
    then are not in the calendar. ``overdue_at`` is the earliest deadline that has passed of what still runs.
    ``upstream_due_at`` is by when whoever sent it wants it back. ``judged`` is what its clocks showed when it ended:
    no later rule changes that. ``accusing_at`` is since when it is a report of misconduct, where it came in as
    something else: whoever had it before has no part in it.
    """

    kind = models.CharField(max_length=12, choices=Kind)
    topic = models.CharField(max_length=16, choices=Topic)
    unit = models.ForeignKey("organization.Unit", on_delete=models.PROTECT, related_name="orders")
    account = models.ForeignKey(
        "customers.Account", on_delete=models.PROTECT, null=True, related_name="orders", db_index=False
    )
    load_code = models.CharField(max_length=120, blank=True)
    area = models.CharField(max_length=8, choices=Area, blank=True)
    caller = SealedTextField(context="orders.order.caller")
    caller_index = models.BigIntegerField(null=True)
    contact_name = SealedTextField(context="orders.order.contact_name")
    channel = models.CharField(max_length=14, choices=Channel)
    text = models.TextField(blank=True)
    place = models.CharField(max_length=200, blank=True)
    received_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    client_key = models.CharField(max_length=80, null=True, unique=True)
    source_ref = models.CharField(max_length=80, blank=True)
    first_asked = models.CharField(max_length=150, blank=True)
    handler = models.CharField(max_length=150, blank=True)
    state = models.CharField(max_length=12, choices=State, default=State.REGISTERED)
    finding = models.CharField(max_length=16, choices=Finding, blank=True)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="merged")
    urged_count = models.PositiveSmallIntegerField(default=0)
    urged_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    accusing_at = models.DateTimeField(null=True)
    reopened_count = models.PositiveSmallIntegerField(default=0)
    upstream_due_at = models.DateTimeField(null=True)
    next_due_at = models.DateTimeField(null=True)
    next_due_clock = models.CharField(max_length=16, blank=True)
    next_warn_at = models.DateTimeField(null=True)
    warned_at = models.DateTimeField(null=True)
    overdue_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    judged = models.JSONField(default=list)

    class Meta:
        ordering = ["-received_at", "-pk"]
        indexes = [
            models.Index(fields=["unit", "received_at"], name="order_by_time"),
            # With the unit: without it, SQLite reads every order that the unit ever had for the few that are open.
            models.Index(fields=["unit", "next_due_at"], condition=models.Q(closed_at=None), name="order_open_of_unit"),
            models.Index(fields=["next_due_at"], condition=models.Q(closed_at=None), name="order_open_by_due"),
            models.Index(fields=["account", "received_at"], name="order_of_account"),
            models.Index(
                fields=["caller_index"], condition=models.Q(caller_index__isnull=False), name="order_of_caller"
            ),
            models.Index(fields=["load_code", "received_at"], name="order_of_load"),
            models.Index(fields=["handler"], condition=models.Q(closed_at=None), name="order_open_of_handler"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=OVER, closed_at__isnull=False)
                | (~models.Q(state__in=OVER) & models.Q(closed_at=None)),
                name="order_over_when",
            ),
        ]
        verbose_name = _("order")

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """What people call it by: the local day it came in, and its key."""
        return number_of(self.pk, self.received_at)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be done."""
        return self.closed_at is not None


def number_of(order_id: int, received_at: object) -> str:
    """The number of an order. It is made of what the row holds, so that nobody waits for a counter."""
    return f"{timezone.localtime(received_at):%y%m%d}-{order_id:06d}"  # type: ignore[arg-type]
