"""Whoever approves announcements is told of one that tells callers another restoration than the one given last."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from denghuo.apps.hotline.models import Announcement
from denghuo.apps.hotline.queries.outdated import Outdated, outdated
from denghuo.apps.notices.actions import NoticeEntry, queue_notice, withdraw_notices
from denghuo.apps.notices.queries import notices_held
from denghuo.apps.organization.access import Permission
from denghuo.apps.organization.queries import people_who

_KIND = "hotline.announcement_outdated"


@dataclass(frozen=True, kw_only=True)
class OldTimes:
    """Tells them, within whatever was done to an announcement or said of its outage."""

    at: datetime
    actor: str

    def settle(self, announcement_id: int) -> None:
        """Tell them once for each time that was given; what they were told before, and does not hold any more, is
        taken back."""
        row = Announcement.objects.select_related("exchange__unit", "outage__network__unit").get(pk=announcement_id)
        found, begins = outdated([row], at=self.at).get(row.pk), f"announcement-{row.pk}-outdated-"
        now_so = f"{begins}{row.published}-{found.given_at:%Y%m%d%H%M}-" if found else ""
        told = dict(notices_held((_KIND,), (_path(row),)).values_list("pk", "key"))
        stale = [pk for pk, key in told.items() if not now_so or not key.startswith(now_so)]
        withdraw_notices(notice_ids=stale, at=self.at, actor=self.actor)
        if found is None or len(stale) < len(told):
            return
        key, entry = f"{now_so}{self.at:%Y%m%d%H%M%S%f}", _notice(found)
        for user in people_who(Permission.HOTLINE_EDIT, path=str(row.exchange.unit.path)):
            queue_notice(recipient_id=user.pk, key=key, entry=entry, at=self.at, actor=self.actor)


def _notice(found: Outdated) -> NoticeEntry:
    row = found.announcement
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("The announcement of outage %(number)s tells an old time") % {"number": row.outage.number}
        told = {"given": _written(found.given_at), "heard": _written(found.heard_at) if found.heard_at else ""}
        text = (
            _("Callers hear that supply is expected at %(heard)s; %(given)s was given last.")
            if found.heard_at
            else _("Callers hear that the time is not known yet; %(given)s was given last.")
        )
    return NoticeEntry(kind=_KIND, subject=subject[:200], text=text % told, path=_path(row), urgent=True)


def _path(row: Announcement) -> str:
    return reverse("hotline:announcement", args=[row.pk])


def _written(at: datetime) -> str:
    return f"{timezone.localtime(at):%m-%d %H:%M}"
