"""Announcements that tell callers another restoration than the one that was given last."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from denghuo.apps.hotline.models import Announcement, AnnouncementVersion
from denghuo.apps.hotline.queries.announcements import announcements_within, expected_at
from denghuo.apps.outages.models import Outage


@dataclass(frozen=True, kw_only=True)
class Outdated:
    """Callers hear that supply is back at ``heard_at``, or that nobody knows, while ``given_at`` was given last.
    ``is_drafted``: the latest version tells it, and waits for somebody to approve and publish it."""

    announcement: Announcement
    heard_at: datetime | None
    given_at: datetime
    is_drafted: bool


def tells_otherwise(version: AnnouncementVersion, outage: Outage, *, at: datetime) -> bool:
    """Whether a version tells another time than the one that was given last and lies ahead, to the minute."""
    given_at = expected_at(outage, at)
    return given_at is not None and not _is_same(version.promised_at, given_at)


def _is_same(told_at: datetime | None, given_at: datetime) -> bool:
    return told_at is not None and told_at.replace(second=0, microsecond=0) == given_at.replace(second=0, microsecond=0)


def outdated(announcements: Sequence[Announcement], *, at: datetime) -> dict[int, Outdated]:
    """Of announcements, those that callers hear and that tell another time than the one given last; by their key."""
    playing = [row for row in announcements if row.state == "published"]
    versions = {
        (one.announcement_id, one.number): one for one in AnnouncementVersion.objects.filter(announcement__in=playing)
    }
    found = {}
    for row in playing:
        heard, latest = versions[row.pk, row.published or 0], versions[row.pk, row.latest]
        if not tells_otherwise(heard, row.outage, at=at):
            continue
        given_at = expected_at(row.outage, at)
        assert given_at is not None  # else nothing is told otherwise
        drafted = latest.number != heard.number and _is_same(latest.promised_at, given_at)
        found[row.pk] = Outdated(announcement=row, heard_at=heard.promised_at, given_at=given_at, is_drafted=drafted)
    return found


def outdated_within(scope: Iterable[str], *, at: datetime) -> list[Outdated]:
    """The same of everything that is on the line on the exchanges of a scope."""
    rows = announcements_within(scope).filter(expired_at=None, published__isnull=False)
    return list(outdated(list(rows), at=at).values())
