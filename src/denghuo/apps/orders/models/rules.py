"""What orders go by: steps, limits, times that the rest takes, and numbers. Rows of a day, with where it is written."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.orders.models.orders import Area, Kind
from denghuo.engines.worktime import Measure


class Clock(models.TextChoices):
    """What is measured. One order has several, each under its own measure."""

    DISPATCH = "dispatch", _("Dispatch")
    ACCEPT = "accept", _("Accept")
    CONTACT = "contact", _("Contact the customer")
    ARRIVE = "arrive", _("Arrive")
    RESTORE = "restore", _("Restore")
    ANSWER = "answer", _("Answer")
    CALL_BACK = "call_back", _("Call back")


class Who(models.TextChoices):
    """Who may take a step."""

    WORKS = "works", _("Whoever works on orders")
    HANDLER = "handler", _("Who has it in hand or was asked first, or a supervisor")
    SUPERVISES = "supervises", _("A supervisor")


class Certainty(models.TextChoices):
    """How sure a number is."""

    SEEN = "seen", _("Read in the text itself")
    SECONDARY = "secondary", _("From a secondary source: check it")
    DERIVED = "derived", _("Worked out here")
    REMEMBERED = "remembered", _("From memory: check it")
    DEFAULT = "default", _("A default: set your own")
    OWN = "own", _("Written here")


# An order is opened, its work is finished and it is closed, whatever its kind.
ESSENTIAL_STEPS = ("open", "finish", "close")


class StepRule(models.Model):
    """What a step of a kind is from a day on; kind "" is of all kinds that have none of their own.

    ``to_state`` "" leaves the state as it is, or as it was before a suspension. ``effects`` is what it does to clocks:
    ``arrive:stop,restore:start``; ``*`` is every clock. ``sentence`` is what the customer may be told of it.
    """

    kind = models.CharField(max_length=12, choices=Kind, blank=True)
    step = models.CharField(max_length=16)
    from_states = models.JSONField(default=list)
    to_state = models.CharField(max_length=12, blank=True)
    who = models.CharField(max_length=12, choices=Who, default=Who.WORKS)
    needs_reason = models.BooleanField(default=False)
    effects = models.CharField(max_length=200, blank=True)
    sentence = models.CharField(max_length=300, blank=True)
    withdrawn = models.BooleanField(default=False)
    from_date = models.DateField()
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["kind", "step", "-from_date"]
        constraints = [models.UniqueConstraint(fields=["kind", "step", "from_date"], name="step_rule_once")]
        verbose_name = _("step")


class LimitRule(models.Model):
    """How long something may take from a day on. ``limit_s`` is in seconds of the measure, a working day 86 400;
    NULL lifts it. A ceiling binds each order, a mean binds the mean of a month."""

    class Kind(models.TextChoices):
        """What a limit binds."""

        CEILING = "ceiling", _("Each order")
        MEAN = "mean", _("The mean of the month")

    class Layer(models.TextChoices):
        """Whose limit it is."""

        LAW = "law", _("Law or standard")
        PROMISE = "promise", _("Promise")
        INTERNAL = "internal", _("Our own")
        UPSTREAM = "upstream", _("Whoever sent it")

    kind = models.CharField(max_length=12)
    topic = models.CharField(max_length=16, blank=True)
    area = models.CharField(max_length=8, choices=Area, blank=True)
    channel = models.CharField(max_length=14, blank=True)
    clock = models.CharField(max_length=16, choices=Clock)
    from_event = models.CharField(max_length=16, default="open")
    measure = models.CharField(max_length=12, choices=[(one.value, one.value) for one in Measure])
    limit_s = models.PositiveIntegerField(null=True)
    limit_kind = models.CharField(max_length=8, choices=Kind, default=Kind.CEILING)
    layer = models.CharField(max_length=8, choices=Layer)
    basis = models.CharField(max_length=200)
    region = models.CharField(max_length=12, blank=True)
    certainty = models.CharField(max_length=10, choices=Certainty, default=Certainty.OWN)
    from_date = models.DateField()

    class Meta:
        ordering = ["kind", "topic", "clock", "layer", "-from_date"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "topic", "area", "channel", "clock", "layer", "region", "from_date"],
                name="limit_rule_once",
            ),
        ]
        verbose_name = _("limit")


class OrderRule(models.Model):
    """Numbers of the order desk from a day on."""

    from_date = models.DateField(unique=True)
    region = models.CharField(max_length=12, default="sgcc")
    area = models.CharField(max_length=8, choices=Area, default=Area.RURAL)
    stuck_after_s = models.PositiveIntegerField(default=1_800)
    urge_gap_s = models.PositiveIntegerField(default=7_200)
    repeat_count = models.PositiveSmallIntegerField(default=3)
    repeat_within_days = models.PositiveSmallIntegerField(default=30)
    cluster_count = models.PositiveSmallIntegerField(default=5)
    cluster_within_h = models.PositiveSmallIntegerField(default=24)
    must_know_within_s = models.PositiveIntegerField(default=3_600)
    promise_within_days = models.PositiveSmallIntegerField(default=60)
    reopen_within_h = models.PositiveSmallIntegerField(default=24)
    call_back_tries = models.PositiveSmallIntegerField(default=3)
    call_back_gap_s = models.PositiveIntegerField(default=7_200)
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["-from_date"]
        verbose_name = _("rule")


class RouteTime(models.Model):
    """How long the rest takes, from a state until a clock stops: the median of what it took lately."""

    kind = models.CharField(max_length=12, choices=Kind)
    state = models.CharField(max_length=12)
    clock = models.CharField(max_length=16, choices=Clock)
    median_s = models.PositiveIntegerField()
    order_count = models.PositiveIntegerField()
    learned_at = models.DateTimeField()

    class Meta:
        ordering = ["kind", "clock", "state"]
        constraints = [models.UniqueConstraint(fields=["kind", "state", "clock"], name="route_time_once")]


class RuleRevision(models.Model):
    """One row: drawn anew with every change of a rule, so that whoever keeps them in memory reads again."""

    key = models.UUIDField()
