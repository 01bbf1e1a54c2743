"""Units, users and assignments."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class UnitKind(models.TextChoices):
    """Levels of a Chinese supply company, from the province to the township."""

    PROVINCE = "province", _("Province")
    CITY = "city", _("City")
    COUNTY = "county", _("County")
    STATION = "station", _("Supply station")
    TEAM = "team", _("Team")


class Role(models.TextChoices):
    """What a person is here to do. What each role may do is in :mod:`denghuo.apps.organization.access`."""

    AGENT = "agent", _("Hotline agent")
    SHIFT_LEADER = "shift_leader", _("Shift leader")
    DISPATCHER = "dispatcher", _("Dispatcher")
    CREW = "crew", _("Field crew")
    CLERK = "clerk", _("Counter clerk")
    STATION_HEAD = "station_head", _("Station head")
    MANAGER = "manager", _("Manager")
    ANALYST = "analyst", _("Analyst")
    ADMINISTRATOR = "administrator", _("Administrator")


class Unit(models.Model):
    """One place in the organization. ``path`` lists the ids from the root, so that a prefix is a data scope."""

    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    kind = models.CharField(max_length=16, choices=UnitKind)
    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    path = models.CharField(max_length=250, unique=True, null=True, editable=False)

    class Meta:
        ordering = ["path"]
        verbose_name = _("unit")

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person who signs in. Names are written as one string, as Chinese names are."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    display_name = models.CharField(_("name"), max_length=80)

    REQUIRED_FIELDS = ["display_name"]

    # Roles and the paths they hold below, once asked for: a row read for a request lives as long as that request.
    roles_held: list[tuple[str, str | None]] | None = None

    class Meta:
        ordering = ["username"]
        verbose_name = _("user")

    def __str__(self) -> str:
        return self.display_name or self.username


class Assignment(models.Model):
    """This person works in this unit in this role, and sees everything below it that the role may see."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="assignments")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="assignments")
    role = models.CharField(max_length=16, choices=Role)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "unit", "role"], name="assignment_once")]
        verbose_name = _("assignment")

    def __str__(self) -> str:
        return f"{self.user} · {self.unit} · {self.get_role_display()}"


class Token(models.Model):
    """What a program signs in with, in the name of a person and in one of their roles in one unit. Of the token itself
    only its digest is kept: it is shown once. ``used_at`` is the last hour in which it was."""

    name = models.CharField(max_length=80)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="tokens")
    role = models.CharField(max_length=16, choices=Role)
    digest = models.CharField(max_length=64, unique=True)
    given_at = models.DateTimeField()
    given_by = models.CharField(max_length=150)
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["-given_at", "-pk"]
        verbose_name = _("token")

    def __str__(self) -> str:
        return self.name


class DayKind(models.TextChoices):
    """How a day differs from its weekday."""

    HOLIDAY = "holiday", _("Holiday")
    MAKEUP = "makeup", _("Make-up workday")


class CalendarDay(models.Model):
    """A public holiday, or a weekend day worked in exchange for one. A year without any is a year not known yet."""

    date = models.DateField(unique=True)
    kind = models.CharField(max_length=10, choices=DayKind)
    name = models.CharField(max_length=40, blank=True)
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["date"]
        verbose_name = _("calendar day")
