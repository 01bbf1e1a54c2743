"""Who was sent where, whether they know, and how far they are."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.apps.crews.models.people import Skill

_MINUTE = timedelta(minutes=1)  # people tell times to the minute


class State(models.TextChoices):
    """How far an assignment is; later ones include the earlier."""

    SENT = "sent", pgettext_lazy("assignment", "Sent")
    DELIVERED = "delivered", pgettext_lazy("assignment", "Delivered")
    READ = "read", pgettext_lazy("assignment", "Read")
    ACCEPTED = "accepted", pgettext_lazy("assignment", "Accepted")
    DEPARTED = "departed", pgettext_lazy("assignment", "On the way")
    ARRIVED = "arrived", pgettext_lazy("assignment", "On site")
    FINISHED = "finished", pgettext_lazy("assignment", "Finished")
    REFUSED = "refused", pgettext_lazy("assignment", "Refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("assignment", "Withdrawn")


WAITING = (State.SENT, State.DELIVERED, State.READ)  # nobody has said that they go
WORKING = (State.ACCEPTED, State.DEPARTED, State.ARRIVED)
OPEN = WAITING + WORKING
STEPS = (*OPEN, State.FINISHED)  # in order


class Finding(models.TextChoices):
    """What the crew found. Where an order can be found to be the same, the code is the order's."""

    FAULT_CLEARED = "our_equipment", _("Fault on our side cleared, supply is back")
    CUSTOMER_SIDE = "customer_wiring", _("The customer's own wiring")
    ARREARS_CUT = "arrears", _("Cut for arrears")
    NOBODY_THERE = "nobody_there", _("Nobody there")
    NOT_FOUND = "nothing", _("Place or fault not found")
    NEEDS_MORE = "needs_more", _("Needs more people or material")
    PUT_OFF = "put_off", _("Not done today: another day is agreed")
    DONE = "done", _("Work done")


# Nothing is left to be done, says the crew, and it closed nothing that had opened.
NOTHING_CLOSED = (Finding.CUSTOMER_SIDE, Finding.ARREARS_CUT, Finding.NOT_FOUND, Finding.DONE)


class Assignment(models.Model):
    """A crew is sent somewhere. ``about`` names what for, as "outages.outage:12" or "orders.order:9".

    Instants of what the crew told are those that hold: the device's, put right where its clock was off or somebody
    corrected them. ``restored_at`` is by the switching log where that knew it, and ``restored_told_at`` then what the
    crew said. ``rung`` is how far up the ladder its silence has climbed.
    """

    crew = models.ForeignKey("crews.Crew", on_delete=models.PROTECT, related_name="assignments")
    unit = models.ForeignKey("organization.Unit", on_delete=models.PROTECT, related_name="crew_assignments")
    about = models.CharField(max_length=80, blank=True)
    place = models.CharField(max_length=200)
    note = models.CharField(max_length=500, blank=True)
    x = models.FloatField(null=True)
    y = models.FloatField(null=True)
    skill = models.CharField(max_length=10, choices=Skill, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.SENT)
    sent_by = models.CharField(max_length=150)
    sent_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.CharField(max_length=150, blank=True)
    departed_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    finding = models.CharField(max_length=16, choices=Finding, blank=True)
    restored_at = models.DateTimeField(null=True)
    restored_told_at = models.DateTimeField(null=True)
    again_date = models.DateField(null=True)
    receipt = models.CharField(max_length=500, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=200, blank=True)
    rung = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["-sent_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state=State.FINISHED)
                | (models.Q(finished_at__isnull=False) & ~models.Q(finding="")),
                name="crews_finished_with_a_finding",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=[State.REFUSED, State.WITHDRAWN])
                | (models.Q(ended_at__isnull=False) & ~models.Q(ended_because="")),
                name="crews_ended_with_a_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(x=None, y=None) | models.Q(x__isnull=False, y__isnull=False),
                name="crews_assignment_place_whole",
            ),
            models.UniqueConstraint(
                fields=["crew", "about"],
                condition=models.Q(state__in=OPEN) & ~models.Q(about=""),
                name="crews_assigned_once",
            ),
        ]
        indexes = [
            models.Index(fields=["about"], name="crews_assignment_about"),
            models.Index(fields=["state", "sent_at"], name="crews_assignment_state"),
        ]
        verbose_name = _("assignment of a crew")

    def __str__(self) -> str:
        return f"{self.crew} · {self.place}"

    @property
    def is_open(self) -> bool:
        """Whether there is still something to do."""
        return self.state in OPEN

    @property
    def was_back_before(self) -> bool:
        """Whether the crew says that supply was back before it was there, though it was the crew that brought it."""
        told = self.restored_told_at or self.restored_at
        return bool(told and self.arrived_at and told + _MINUTE <= self.arrived_at)

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has said yet that they go."""
        return self.state in WAITING


class AssignmentOrder(models.Model):
    """An order that an assignment serves."""

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="orders")
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="crew_assignments")

    class Meta:
        ordering = ["assignment", "order"]
        constraints = [models.UniqueConstraint(fields=["assignment", "order"], name="crews_assignment_order_once")]
        verbose_name = _("order of an assignment")
