"""Accounts and what stands behind them: premises, supply points, meters, and the boundary of who owns what."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.customers.models.persons import Person
from denghuo.apps.sealed import SealedTextField


class Category(models.TextChoices):
    """What the electricity is for."""

    RESIDENTIAL = "residential", _("Residential")
    AGRICULTURE = "agriculture", _("Agriculture")
    COMMERCIAL = "commercial", _("Commercial")
    INDUSTRY = "industry", _("Industry")
    PUBLIC = "public", _("Public body")
    OTHER = "other", _("Other")


class SupplyState(models.TextChoices):
    """Whether an account is supplied as far as its own connection goes: an outage is another matter."""

    CONNECTED = "connected", _("Connected")
    CUT = "cut", _("Cut off")


class CutReason(models.TextChoices):
    """Why somebody was cut off."""

    ARREARS = "arrears", _("Arrears")
    SAFETY = "safety", _("Safety hazard")
    REQUEST = "request", _("At their own request")


class Boundary(models.TextChoices):
    """Where the company's part ends and the customer's begins."""

    METER = "meter", _("Behind the meter")
    SERVICE_ENTRY = "service_entry", _("At the service entry")
    DROP_OUT = "drop_out", _("At the drop-out fuse")
    POLE = "pole", _("At the connection to the line")
    STATION = "station", _("At the customer's station")


class ImportantLevel(models.TextChoices):
    """How much depends on somebody's supply (GB/T 29328)."""

    SPECIAL = "special", _("Special")
    FIRST = "first", _("First level")
    SECOND = "second", _("Second level")
    TEMPORARY = "temporary", _("For a time")


class Place(models.Model):
    """A village, a street, an estate: what of an address may be read by everybody."""

    unit = models.ForeignKey("organization.Unit", on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=120)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["unit", "name"], name="customers_place_once")]
        verbose_name = _("place")

    def __str__(self) -> str:
        return self.name


class Premises(models.Model):
    """A door: the place in the clear, what tells the door sealed."""

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="premises")
    door = SealedTextField(context="customers.premises.door")

    class Meta:
        ordering = ["pk"]
        verbose_name = _("premises")


class Account(models.Model):
    """What somebody is supplied under. ``digest`` is of the last row of a file that told of it: the same row told again
    changes nothing, not even what was put right here since."""

    unit = models.ForeignKey("organization.Unit", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(max_length=40)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="accounts")
    premises = models.ForeignKey(Premises, on_delete=models.PROTECT, related_name="accounts")
    category = models.CharField(max_length=12, choices=Category, default=Category.RESIDENTIAL)
    opened_date = models.DateField(null=True)
    closed_date = models.DateField(null=True)
    supply_state = models.CharField(max_length=10, choices=SupplyState, default=SupplyState.CONNECTED)
    cut_reason = models.CharField(max_length=10, choices=CutReason, blank=True)
    cut_since_date = models.DateField(null=True)
    cut_record = models.CharField(max_length=80, blank=True)
    digest = models.BigIntegerField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["number", "unit"], name="customers_account_number_once"),
            models.CheckConstraint(
                condition=models.Q(supply_state="connected", cut_reason="")
                | (models.Q(supply_state="cut") & ~models.Q(cut_reason="")),
                name="customers_cut_says_why",
            ),
        ]
        indexes = [
            models.Index(
                fields=["unit", "cut_since_date"], condition=models.Q(supply_state="cut"), name="customers_account_cut"
            )
        ]
        verbose_name = _("account")

    def __str__(self) -> str:
        return self.number


class SupplyChange(models.Model):
    """An account was cut off or connected again: what the account says now, and what it said before. Never changed."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="supply_changes")
    state = models.CharField(max_length=10, choices=SupplyState)
    reason = models.CharField(max_length=10, choices=CutReason, blank=True)
    since_date = models.DateField(null=True)
    record = models.CharField(max_length=80, blank=True)
    told_at = models.DateTimeField()
    told_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["account", "pk"]
        verbose_name = _("supply change")


class FileChange(models.Model):
    """Somebody changed what the file says of a customer. Never changed.

    ``details`` are the fields, each with what it was and is, "" for both where that lies sealed. ``account`` NULL: it
    is of all accounts of the person.
    """

    class What(models.TextChoices):
        """What was changed."""

        CORRECTED = "corrected", _("Put right")
        PHONE_ADDED = "phone_added", _("Number added")
        PHONE_REMOVED = "phone_gone", _("Number removed")
        IMPORTANT = "important", _("Important user")

    person = models.ForeignKey("customers.Person", on_delete=models.CASCADE, related_name="file_changes")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    what = models.CharField(max_length=12, choices=What)
    details = models.JSONField(default=list)
    told_at = models.DateTimeField()
    told_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["person", "-pk"]
        verbose_name = _("change of the file")


class ImportantUser(models.Model):
    """Why an account's supply matters to many, and what keeps it going when ours fails.

    ``own_kva`` NULL: not known whether it has a source of its own; 0: it has none.
    """

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="important")
    level = models.CharField(max_length=10, choices=ImportantLevel)
    hazardous = models.BooleanField(default=False)
    second_source = models.CharField(max_length=120, blank=True)
    own_kva = models.FloatField(null=True)
    own_tested_date = models.DateField(null=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["account"]
        verbose_name = _("important user")


class SupplyPoint(models.Model):
    """Where an account is supplied: a load of the unit's network. ``position`` 0 is the main supply."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="supply_points")
    unit = models.ForeignKey("organization.Unit", on_delete=models.PROTECT, related_name="+", db_index=False)
    load_code = models.CharField(max_length=120, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    voltage = models.CharField(max_length=20, blank=True)
    capacity_kva = models.FloatField(null=True)
    boundary = models.CharField(max_length=16, choices=Boundary, blank=True)
    boundary_note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["account", "position", "pk"]
        indexes = [models.Index(fields=["unit", "load_code", "account"], name="customers_point_of_load")]
        verbose_name = _("supply point")


class Meter(models.Model):
    """A meter at a supply point, until the day it was taken away."""

    supply_point = models.ForeignKey(SupplyPoint, on_delete=models.CASCADE, related_name="meters")
    number = models.CharField(max_length=40, db_index=True)
    multiplier = models.PositiveIntegerField(default=1)
    installed_date = models.DateField(null=True)
    removed_date = models.DateField(null=True)

    class Meta:
        ordering = ["supply_point", "pk"]
        verbose_name = _("meter")
