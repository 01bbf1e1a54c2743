"""Announcements: drafted from outages, worded by people, approved, published, handed over, ended with the outage."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from denghuo.adapters.sound_folder import hand_over, take_back
from denghuo.adapters.speech import EspeakVoice, SpeechError, SpeechProblem, Voice, sound_s
from denghuo.apps.hotline import queries
from denghuo.apps.hotline.actions.outdated import OldTimes
from denghuo.apps.hotline.facts import (
    AnnouncementApproved,
    AnnouncementDrafted,
    AnnouncementEdited,
    AnnouncementExpired,
    AnnouncementHandedOver,
    AnnouncementPublished,
    AnnouncementTakenBack,
    AnnouncementTemplateSet,
)
from denghuo.apps.hotline.models import (
    Announcement,
    AnnouncementKind,
    AnnouncementTemplate,
    AnnouncementVersion,
    Exchange,
)
from denghuo.apps.ledger.actions import record
from denghuo.apps.outages import queries as outages
from denghuo.apps.outages.facts import EstimateGiven, OutageClosed, PlanMoved, SupplyChanged
from denghuo.apps.outages.models import Outage, Suspicion

VOICE: Voice = EspeakVoice()


@transaction.atomic
def set_announcement_template(
    *, unit_id: int, kind: AnnouncementKind, from_date: date, text: str, source: str, at: datetime, actor: str
) -> AnnouncementTemplate:
    """Word the announcements of a unit from a day on, and say where that was written.

    Raises:
        ValueError: something in braces names nothing that is known of an outage.
    """
    if unknown := queries.unknown_places(text):
        raise ValueError(f"nothing known of an outage is named {{{unknown[0]}}}")
    row, _ = AnnouncementTemplate.objects.update_or_create(
        unit_id=unit_id, kind=kind, from_date=from_date, defaults={"text": text, "source": source}
    )
    fact = AnnouncementTemplateSet(unit_id=unit_id, kind=kind, from_date=from_date, text=text, source=source)
    record(fact, at=at, actor=actor)
    return row


@transaction.atomic
def draft_announcement(*, exchange_id: int, outage_id: int, at: datetime, actor: str) -> Announcement:
    """Draft an announcement of an outage that lasts or is planned, worded by the template of its day.

    Raises:
        ValueError: the outage is over, the exchange does not serve it, or it has one already.
    """
    exchange = Exchange.objects.select_for_update().select_related("unit").get(pk=exchange_id)
    outage = Outage.objects.select_related("feeder", "network__unit").get(pk=outage_id)
    if not _may_be_announced(outage, at):
        raise ValueError("this outage is over, or never was")
    if not str(outage.network.unit.path).startswith(str(exchange.unit.path)):
        raise ValueError("this exchange does not serve that outage")
    if Announcement.objects.filter(exchange=exchange, outage=outage, expired_at=None).exists():
        raise ValueError("this outage has an announcement already")
    words = queries.worded(outage, exchange=exchange, at=at)
    code = queries.announcement_code(outage.pk)
    row = Announcement.objects.create(exchange=exchange, outage=outage, code=code, drafted_at=at)
    AnnouncementVersion.objects.create(announcement=row, number=1, written_at=at, written_by=actor, **vars(words))
    fact = AnnouncementDrafted(announcement_id=row.pk, exchange_id=exchange.pk, outage_id=outage.pk, code=row.code)
    record(fact, at=at, actor=actor)
    return row


def _may_be_announced(outage: Outage, at: datetime) -> bool:
    if outage.started_at is None:
        return outage.planned_start_at is not None
    return outage.restored_at is None or at < outage.restored_at


def _held(announcement_id: int) -> Announcement:
    """An announcement that nobody else changes until the transaction ends.

    Raises:
        ValueError: it has expired.
    """
    row = Announcement.objects.select_for_update().get(pk=announcement_id)
    if row.expired_at is not None:
        raise ValueError("this announcement has expired")
    return row


@transaction.atomic
def edit_announcement(
    *, announcement_id: int, text: str, promised_at: datetime | None, at: datetime, actor: str
) -> Announcement:
    """Say it otherwise, in a new version; what is published stays until that one is approved and published.

    Raises:
        ValueError: it has expired, or says nothing.
    """
    if not text.strip():
        raise ValueError("an announcement says something")
    row = _held(announcement_id)
    row.latest += 1
    row.save(update_fields=["latest"])
    told: dict[str, Any] = {"text": text.strip(), "promised_at": promised_at, "written_at": at, "written_by": actor}
    AnnouncementVersion.objects.create(announcement=row, number=row.latest, **told)
    record(AnnouncementEdited(announcement_id=row.pk, version=row.latest), at=at, actor=actor)
    return row


@transaction.atomic
def approve_announcement(*, announcement_id: int, version: int, at: datetime, actor: str) -> Announcement:
    """Let a version be published: the one that was read, and only while it is the latest.

    Raises:
        ValueError: it has expired, or says something else by now.
    """
    row = _held(announcement_id)
    if version != row.latest:
        raise ValueError("somebody has worded it otherwise meanwhile: read it again")
    row.approved, row.approved_at, row.approved_by = version, at, actor
    row.save(update_fields=["approved", "approved_at", "approved_by"])
    record(AnnouncementApproved(announcement_id=row.pk, version=version), at=at, actor=actor)
    return row


@transaction.atomic
def publish_announcement(*, announcement_id: int, at: datetime, actor: str) -> Announcement:
    """Let callers hear the approved version; calls are measured from the first publication on.

    Raises:
        ValueError: it has expired, or its latest version is not approved.
    """
    row = _held(announcement_id)
    if row.approved is None or row.approved != row.latest:
        raise ValueError("the latest version is not approved")
    row.published, row.published_by = row.approved, actor
    row.published_at = row.published_at or at
    row.save(update_fields=["published", "published_at", "published_by"])
    fact = AnnouncementPublished(
        announcement_id=row.pk,
        exchange_id=row.exchange_id,
        outage_id=row.outage_id,
        code=row.code,
        version=row.approved,
    )
    record(fact, at=at, actor=actor)
    OldTimes(at=at, actor=actor).settle(row.pk)
    return row


@transaction.atomic
def expire_announcement(*, announcement_id: int, because: str, at: datetime, actor: str) -> None:
    """End an announcement: it is not said any more.

    Raises:
        ValueError: it has expired already.
    """
    row = _held(announcement_id)
    row.expired_at, row.expired_because = at, because
    row.save(update_fields=["expired_at", "expired_because"])
    fact = AnnouncementExpired(
        announcement_id=row.pk,
        exchange_id=row.exchange_id,
        outage_id=row.outage_id,
        code=row.code,
        because=because,
    )
    record(fact, at=at, actor=actor)
    OldTimes(at=at, actor=actor).settle(row.pk)


@transaction.atomic
def renew_announcement(*, announcement_id: int, at: datetime, actor: str) -> Announcement:
    """Word it anew by the template, with what is known now; where it says so already, nothing happens.

    Raises:
        ValueError: it has expired.
    """
    row = _held(announcement_id)
    words = queries.worded(row.outage, exchange=row.exchange, at=at)
    if words.text == row.versions.get(number=row.latest).text:
        return row
    row = edit_announcement(announcement_id=row.pk, at=at, actor=actor, **vars(words))
    row.templated = row.latest
    row.save(update_fields=["templated"])
    return row


def announce_outages(fact: SupplyChanged, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: outages changed. Drafts say what is out now; a large outage is drafted an announcement; one that no
    longer lasts loses its own."""
    del delivery_key  # nothing leaves the database
    least = queries.desk_rule(timezone.localdate(at)).draft_from_customers
    for outage in outages.outages_by_id(fact.outage_ids):
        if not _may_be_announced(outage, at):
            _expire_all(outage.pk, "restored" if outage.restored_at else "withdrawn", at, actor)
            continue
        _reword_drafts(outage, at, actor)
        if outage.lasts and least and outage.lv_customers >= least:
            _draft_everywhere(outage, at, actor)


def _reword_drafts(outage: Outage, at: datetime, actor: str) -> None:
    """Have drafts that nobody has edited or approved say where it is out now; what was approved stays as it was."""
    drafts = Announcement.objects.filter(outage=outage, expired_at=None, approved=None, latest=F("templated"))
    for row in drafts.order_by("pk"):
        renew_announcement(announcement_id=row.pk, at=at, actor=actor)


def _draft_everywhere(outage: Outage, at: datetime, actor: str) -> None:
    """Draft an announcement on every exchange that serves an outage and never had one of it."""
    for exchange in queries.exchanges_serving(str(outage.network.unit.path)):
        if not Announcement.objects.filter(exchange=exchange, outage=outage).exists():
            draft_announcement(exchange_id=exchange.pk, outage_id=outage.pk, at=at, actor=actor)


def follow_estimate(fact: EstimateGiven, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: somebody said when supply is expected back; see :func:`_follow_given`."""
    del delivery_key  # nothing leaves the database
    subject = outages.subject_of(fact.about)
    outage = subject.outage if isinstance(subject, Suspicion) else subject
    if outage is not None:
        _follow_given(outage, at, actor)


def follow_moved_plan(fact: PlanMoved, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: a plan is to end at another time; see :func:`_follow_given`."""
    del delivery_key  # nothing leaves the database
    _follow_given(Outage.objects.get(pk=fact.outage_id), at, actor)


def _follow_given(outage: Outage, at: datetime, actor: str) -> None:
    """Drafts that nobody has edited or approved say it; of what callers hear, whoever approves is told."""
    _reword_drafts(outage, at, actor)
    for row in Announcement.objects.filter(outage=outage, expired_at=None, published__isnull=False).order_by("pk"):
        OldTimes(at=at, actor=actor).settle(row.pk)


def expire_with_outage(fact: OutageClosed, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: supply is back, so nothing is announced any more."""
    del delivery_key  # nothing leaves the database
    _expire_all(fact.outage_id, "restored", at, actor)


def _expire_all(outage_id: int, because: str, at: datetime, actor: str) -> None:
    for row in Announcement.objects.filter(outage_id=outage_id, expired_at=None).order_by("pk"):
        expire_announcement(announcement_id=row.pk, because=because, at=at, actor=actor)


def hand_over_announcement(fact: AnnouncementPublished, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction, in the background: the exchange gets what is published now, spoken where this machine can speak."""
    del delivery_key  # a file of the same name takes the place of itself
    row = Announcement.objects.select_for_update().get(pk=fact.announcement_id)
    if row.expired_at is not None or row.published is None:
        return
    text = row.versions.get(number=row.published).text
    sound, problem = _spoken(text)
    handed = Announcement.Handed.NO_FOLDER
    if settings.PBX_SOUNDS:
        handed = Announcement.Handed.TEXT if sound is None else Announcement.Handed.SOUND
        hand_over(Path(settings.PBX_SOUNDS), row.code, text=text, sound=sound)
    row.handed, row.handed_version = handed, row.published
    row.sound_s = None if sound is None else sound_s(sound)
    row.speech_problem = problem.value if problem else ""
    row.save(update_fields=["handed", "handed_version", "sound_s", "speech_problem"])
    told = AnnouncementHandedOver(
        announcement_id=row.pk,
        version=row.published,
        handed=handed.value,
        sound_s=row.sound_s,
        speech_problem=row.speech_problem,
    )
    record(told, at=at, actor=actor)


def _spoken(text: str) -> tuple[bytes | None, SpeechProblem | None]:
    try:
        return VOICE.speak(text), None
    except SpeechError as error:
        return None, error.problem


def take_back_announcement(fact: AnnouncementExpired, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction, in the background: the exchange plays it no more."""
    del delivery_key  # what is gone is gone
    row = Announcement.objects.select_for_update().get(pk=fact.announcement_id)
    again = Announcement.objects.filter(
        exchange_id=row.exchange_id, code=row.code, expired_at=None, published__isnull=False
    )
    if row.handed in ("", Announcement.Handed.REMOVED) or again.exists():
        return
    if settings.PBX_SOUNDS:
        take_back(Path(settings.PBX_SOUNDS), row.code)
    row.handed = Announcement.Handed.REMOVED
    row.save(update_fields=["handed"])
    record(AnnouncementTakenBack(announcement_id=row.pk), at=at, actor=actor)
