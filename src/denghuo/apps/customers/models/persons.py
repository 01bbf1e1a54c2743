"""Who has an account, how they can be reached, and what finds them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.sealed import SealedTextField


class PersonKind(models.TextChoices):
    """Whether somebody has a birthday or a letterhead."""

    PERSON = "person", _("Private person")
    COMPANY = "company", _("Company or office")


class PhoneKind(models.TextChoices):
    """What a number can take: a mobile takes text messages."""

    MOBILE = "mobile", _("Mobile")
    LANDLINE = "landline", _("Landline")


class Purpose(models.TextChoices):
    """What a number may be used for. Outages and bills come with the contract until refused, news only when agreed."""

    OUTAGE = "outage", _("Outages")
    BILL = "bill", _("Bills")
    NEWS = "news", _("News and offers")


class Person(models.Model):
    """Somebody with one account or several. ``quiet_*`` is local time in which only what concerns safety may ring.

    Of somebody who was made anonymous the row stays, and nothing in it says who they were. ``forgotten_key``, a blind
    number of the name, tells only that a file which still names them has nothing new to say.
    """

    unit = models.ForeignKey("organization.Unit", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=10, choices=PersonKind, default=PersonKind.PERSON)
    name = SealedTextField(context="customers.person.name")
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    anonymized_at = models.DateTimeField(null=True)
    forgotten_key = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "number"], condition=~models.Q(number=""), name="customers_person_number_once"
            )
        ]
        verbose_name = _("person")


class Phone(models.Model):
    """A number of a person. ``key`` finds it; ``position`` 0 is called first; ``verified_at``: somebody answered it.

    ``from_file``: a file told it, and it goes when the file tells another; what people add here stays.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="phones")
    number = SealedTextField(context="customers.phone.number")
    key = models.BigIntegerField(db_index=True)
    kind = models.CharField(max_length=10, choices=PhoneKind)
    position = models.PositiveSmallIntegerField(default=0)
    for_outages = models.BooleanField(default=True)
    for_bills = models.BooleanField(default=True)
    for_news = models.BooleanField(default=False)
    note = models.CharField(max_length=80, blank=True)
    from_file = models.BooleanField(default=False)
    verified_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["person", "position", "pk"]
        verbose_name = _("phone number")


class Consent(models.Model):
    """What somebody said about one purpose of a number, and how we know. Never changed: the latest row holds."""

    phone = models.ForeignKey(Phone, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=10, choices=Purpose)
    given = models.BooleanField()
    how = models.CharField(max_length=120)
    told_at = models.DateTimeField()
    told_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["phone", "pk"]
        verbose_name = _("consent")


class SearchKey(models.Model):
    """What an account is found by: the blind index of a name, a part of it, its initials, or a door.

    Narrow on purpose, and its own index: a search within a station reads a stretch of it and nothing else.
    """

    pk = models.CompositePrimaryKey("key", "unit", "account")
    key = models.BigIntegerField()
    unit = models.ForeignKey("organization.Unit", on_delete=models.CASCADE, related_name="+", db_index=False)
    account = models.ForeignKey(
        "customers.Account", on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        verbose_name = _("search key")
