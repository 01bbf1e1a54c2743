"""Announcements that somebody who looks at the telephones wants on the line at once."""

from datetime import datetime
from typing import Protocol

from denghuo.apps.hotline import queries
from denghuo.apps.hotline.actions.announcements import approve_announcement, draft_announcement, publish_announcement
from denghuo.apps.hotline.models import Announcement
from denghuo.apps.outages import queries as outages


class Wanted(Protocol):
    """The fact that somebody wants callers to hear of an outage: ``announced`` whether they do, ``worded_at`` when the
    words that they read were the latest."""

    @property
    def outage_id(self) -> int: ...
    @property
    def announced(self) -> bool: ...
    @property
    def worded_at(self) -> datetime | None: ...


def announce_at_once(fact: Wanted, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: on every exchange that serves the outage, the words that were read are approved and published. What was
    worded otherwise meanwhile stays a draft that waits for approval; an outage that is over is not announced."""
    del delivery_key  # nothing leaves the database
    found = outages.outages_by_id([fact.outage_id])
    if not fact.announced or not found or not found[0].lasts:
        return
    for exchange in queries.exchanges_serving(str(found[0].network.unit.path)):
        row = Announcement.objects.filter(exchange=exchange, outage_id=fact.outage_id, expired_at=None).first()
        if row is None:
            row = draft_announcement(exchange_id=exchange.pk, outage_id=fact.outage_id, at=at, actor=actor)
        elif fact.worded_at is None or row.versions.get(number=row.latest).written_at > fact.worded_at:
            continue
        if row.published != row.latest:
            approve_announcement(announcement_id=row.pk, version=row.latest, at=at, actor=actor)
            publish_announcement(announcement_id=row.pk, at=at, actor=actor)
