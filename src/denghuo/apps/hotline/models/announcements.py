"""What callers hear of an outage before they ask for a person."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AnnouncementKind(models.TextChoices):
    """What an announcement is about."""

    FAULT = "fault", _("Fault")
    PLANNED = "planned", _("Planned outage")


class AnnouncementTemplate(models.Model):
    """How an announcement is worded from a day on; the nearest unit's holds. Places are named in braces."""

    unit = models.ForeignKey("organization.Unit", on_delete=models.CASCADE, related_name="announcement_templates")
    kind = models.CharField(max_length=10, choices=AnnouncementKind)
    from_date = models.DateField()
    text = models.TextField(max_length=1000)
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["unit", "kind", "-from_date"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "kind", "from_date"], name="announcement_template_once"),
        ]
        verbose_name = _("template")


class Announcement(models.Model):
    """An announcement of an outage on an exchange. What it says stands in its versions, none of which ever changes.

    ``code`` is the name of the sound on the exchange, and what the exchange tells of calls that heard it. The versions
    that were approved and published last stand in ``approved`` and ``published``; NULL where none was. ``templated`` is
    the last that the template worded: while it is the latest, nobody has edited it. ``handed`` says what the exchange
    got: the sound, the text alone, or nothing.
    """

    class Handed(models.TextChoices):
        """What the exchange got."""

        NOTHING = "", _("Nothing yet")
        SOUND = "sound", _("Sound and text")
        TEXT = "text", _("Text only")
        NO_FOLDER = "no_folder", _("Nothing: no folder is set up")
        REMOVED = "removed", _("Taken away again")

    exchange = models.ForeignKey("hotline.Exchange", on_delete=models.PROTECT, related_name="announcements")
    outage = models.ForeignKey("outages.Outage", on_delete=models.PROTECT, related_name="announcements")
    code = models.SlugField(max_length=60)
    drafted_at = models.DateTimeField()
    latest = models.PositiveIntegerField(default=1)
    templated = models.PositiveIntegerField(default=1)
    approved = models.PositiveIntegerField(null=True)
    approved_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=150, blank=True)
    published = models.PositiveIntegerField(null=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=150, blank=True)
    expired_at = models.DateTimeField(null=True)
    expired_because = models.CharField(max_length=20, blank=True)
    handed = models.CharField(max_length=10, choices=Handed, blank=True)
    handed_version = models.PositiveIntegerField(null=True)
    sound_s = models.FloatField(null=True)
    speech_problem = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["-drafted_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["exchange", "outage"], condition=models.Q(expired_at=None), name="announcement_of_outage_once"
            ),
            models.UniqueConstraint(
                fields=["exchange", "code"], condition=models.Q(expired_at=None), name="announcement_code_once"
            ),
            models.CheckConstraint(
                condition=models.Q(published=None) | models.Q(published_at__isnull=False),
                name="announcement_published_when",
            ),
        ]
        verbose_name = _("announcement")

    def __str__(self) -> str:
        return self.code

    @property
    def state(self) -> str:
        """Draft, approved, published or expired, as a code."""
        if self.expired_at is not None:
            return "expired"
        if self.published is not None:
            return "published"
        return "approved" if self.approved == self.latest else "draft"


class AnnouncementVersion(models.Model):
    """What an announcement says in one version. ``promised_at`` is the restoration it tells callers to expect."""

    announcement = models.ForeignKey(Announcement, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    promised_at = models.DateTimeField(null=True)
    written_at = models.DateTimeField()
    written_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["announcement", "-number"]
        constraints = [models.UniqueConstraint(fields=["announcement", "number"], name="announcement_version_once")]
