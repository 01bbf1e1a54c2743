"""Announcements: which there are, how they are worded, how many calls they absorb."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from denghuo.apps.hotline.models import (
    Announcement,
    AnnouncementKind,
    AnnouncementTemplate,
    AnnouncementVersion,
    Call,
    Exchange,
)
from denghuo.apps.hotline.queries.calls import COUNTED
from denghuo.apps.hotline.queries.sources import queues_of
from denghuo.apps.organization.access import within
from denghuo.apps.outages import queries as outages
from denghuo.apps.outages.models import Outage

PLACES = ("area", "line", "start", "restoration")
_PLACE = re.compile(r"\{(\w*)\}")
_SOUND = re.compile(r"(?:^|/)outage-([0-9]{1,18})$")
_AREAS_NAMED = 3
_COMES_BACK_WITHIN = timedelta(hours=1)
# On the line for so long, and so many calls without one that heard it: then something is wrong with it.
_HEARD_WITHIN, _HEARD_OF_CALLS = timedelta(minutes=10), 20
# What a new installation says until somebody words it otherwise.
_TEMPLATES = {
    AnnouncementKind.FAULT: (
        "您好，{area}因{line}故障，自{start}起停电。抢修人员正在处理，{restoration}。给您带来不便，敬请谅解。"
    ),
    AnnouncementKind.PLANNED: (
        "您好，{area}因{line}计划检修，自{start}起停电，{restoration}。给您带来不便，敬请谅解。"
    ),
}


@dataclass(frozen=True, kw_only=True)
class Worded:
    """What an announcement says, and the restoration it tells callers to expect."""

    text: str
    promised_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Absorbed:
    """What became of the calls that heard an announcement while it was published. A share over nothing is NaN."""

    calls: int  # all calls of the exchange meanwhile
    announced: int  # hung up content
    asked: int  # asked for a person all the same
    lost: int  # hung up in the middle of it
    came_back: int  # hung up content, but asked for a person soon after

    @property
    def heard(self) -> int:
        return self.announced + self.asked + self.lost

    @property
    def absorbed_share(self) -> float:
        """Hung up content and did not come back, over all that heard it."""
        return (self.announced - self.came_back) / self.heard if self.heard else float("nan")

    @property
    def share_of_calls(self) -> float:
        """The same over all calls that came meanwhile."""
        return (self.announced - self.came_back) / self.calls if self.calls else float("nan")


@dataclass(frozen=True, kw_only=True)
class Unheard:
    """An announcement that is published and that nobody hears: since how long, and how many calls came meanwhile."""

    minutes: int
    calls: int


def announcement_code(outage_id: int) -> str:
    """What the exchange calls the announcement of an outage: the name of its sound."""
    return f"outage-{outage_id}"


def outage_of_sound(sound: str) -> int | None:
    """The key of the outage that a sound is about, with or without a folder before its name."""
    told = _SOUND.search(sound)
    return int(told[1]) if told else None


def announcements_within(scope: Iterable[str]) -> QuerySet[Announcement]:
    """Announcements on the exchanges of a scope, the newest first."""
    rows = Announcement.objects.filter(within(scope, field="exchange__unit__path"))
    return rows.select_related("exchange__unit", "outage__feeder")


def announcement_for(*, scope: Iterable[str], announcement_id: int) -> Announcement:
    """One announcement, if its exchange lies in the scope.

    Raises:
        Announcement.DoesNotExist: there is none, or it is somebody else's.
    """
    return announcements_within(scope).get(pk=announcement_id)


def versions_of(announcement: Announcement) -> list[AnnouncementVersion]:
    """Every version of an announcement, the latest first."""
    return list(announcement.versions.order_by("-number"))


def latest_texts(announcements: Sequence[Announcement]) -> dict[int, AnnouncementVersion]:
    """The latest version of each, by the announcement's key."""
    rows = AnnouncementVersion.objects.filter(announcement__in=announcements).order_by("number")
    return {row.announcement_id: row for row in rows}


def published_text(outage_id: int, *, exchange_id: int) -> AnnouncementVersion | None:
    """What callers hear of an outage now."""
    row = Announcement.objects.filter(
        exchange_id=exchange_id, outage_id=outage_id, expired_at=None, published__isnull=False
    ).first()
    return row.versions.filter(number=row.published or 0).first() if row else None


def unannounced_outages(exchanges: Sequence[Exchange], *, at: datetime) -> list[tuple[Exchange, Outage]]:
    """Outages that last or are planned, for each exchange that serves them and has no announcement of them."""
    announced = set(
        Announcement.objects.filter(exchange__in=exchanges, expired_at=None).values_list("exchange_id", "outage_id")
    )
    found = []
    for exchange in exchanges:
        paths = [str(exchange.unit.path)]
        rows = [*outages.lasting_outages(paths), *outages.planned_outages(paths, after=at)]
        found += [(exchange, row) for row in rows if (exchange.pk, row.pk) not in announced]
    return found


def exchanges_serving(unit_path: str) -> list[Exchange]:
    """The exchanges of a unit and of those above it."""
    rows = Exchange.objects.select_related("unit")
    return [row for row in rows if unit_path.startswith(str(row.unit.path))]


def unknown_places(text: str) -> list[str]:
    """What stands in braces in a template and names nothing that is known of an outage."""
    return [name for name in _PLACE.findall(text) if name not in PLACES]


def template_for(unit_path: str, *, kind: AnnouncementKind, on: date) -> AnnouncementTemplate:
    """The template in force on a local day: the unit's own, else the nearest above; without a key it is the default."""
    rows = AnnouncementTemplate.objects.filter(kind=kind, from_date__lte=on).select_related("unit")
    reaching = [row for row in rows if unit_path.startswith(str(row.unit.path))]
    default = AnnouncementTemplate(kind=kind, text=_TEMPLATES[kind], source="")
    return max(reaching, key=lambda row: (len(str(row.unit.path)), row.from_date), default=default)


def templates_within(scope: Iterable[str]) -> list[AnnouncementTemplate]:
    """The templates of the units of a scope, the newest first."""
    return list(AnnouncementTemplate.objects.filter(within(scope, field="unit__path")).select_related("unit"))


def kind_of(outage: Outage) -> AnnouncementKind:
    """What an announcement of an outage is about."""
    planned = outage.tone in ("planned", "short", "curtailment") or outage.planned_start_at is not None
    return AnnouncementKind.PLANNED if planned else AnnouncementKind.FAULT


def worded(outage: Outage, *, exchange: Exchange, at: datetime) -> Worded:
    """What is to be said of an outage, by the template in force: area, line, since when, until when."""
    on = timezone.localdate(at)
    template = template_for(str(exchange.unit.path), kind=kind_of(outage), on=on)
    started_at, promised_at = outage.started_at or outage.planned_start_at, expected_at(outage, at)
    told = {
        "area": _area(outage, at),
        "line": outage.feeder.name if outage.feeder else "供电线路",
        "start": _written(started_at) if started_at else "现在",
        "restoration": f"预计{_written(promised_at)}恢复供电" if promised_at else "恢复供电的时间尚未确定",
    }
    text = _PLACE.sub(lambda place: told.get(place[1], place[0]), template.text)
    return Worded(text=text, promised_at=promised_at)


def given_at(outage: Outage) -> datetime | None:
    """When supply is expected back: what was said last, else as planned; also where that has passed."""
    last = outages.last_word_of(outage)
    return last.expected_at if last is not None else outage.planned_end_at


def expected_at(outage: Outage, at: datetime) -> datetime | None:
    """The same, if it lies ahead."""
    told = given_at(outage)
    return told if told is not None and told > at else None


def _area(outage: Outage, at: datetime) -> str:
    """The areas that are out, those with most customers first, or else where people said that it is."""
    customers: dict[str, int] = {}
    for load in outages.loads_out(outage, at=at):
        if load.area and load.ended_at is None:
            customers[load.area] = customers.get(load.area, 0) + load.lv_customers
    named = sorted(customers, key=lambda area: (-customers[area], area))
    if not named:
        return outage.place or "您所在的区域"
    return "、".join(named[:_AREAS_NAMED]) + ("等地" if len(named) > _AREAS_NAMED else "") + "部分用户"


def _written(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{local.month}月{local.day}日{local:%H:%M}"


def absorbed(announcement: Announcement, *, at: datetime) -> Absorbed | None:
    """What became of the calls that heard an announcement, from its publication until it expired, or now.

    None: it was never published.
    """
    if announcement.published_at is None:
        return None
    until = announcement.expired_at or at
    every, heard = _calls_meanwhile(announcement, until=until)
    again = Call.objects.filter(
        COUNTED["requests"],
        exchange_id=announcement.exchange_id,
        caller=OuterRef("caller"),
        entered_at__gt=OuterRef("entered_at"),
        entered_at__lt=until + _COMES_BACK_WITHIN,
    )
    content = heard.filter(COUNTED["announced"])
    return Absorbed(
        calls=every.count(),
        announced=content.count(),
        asked=heard.filter(COUNTED["requests"]).count(),
        lost=heard.filter(COUNTED["lost_before"]).count(),
        came_back=content.exclude(caller="").filter(Exists(again)).count(),
    )


def _calls_meanwhile(announcement: Announcement, *, until: datetime) -> tuple[QuerySet[Call], QuerySet[Call]]:
    """All calls since an announcement was published, and those that heard it."""
    queue_ids = [queue.pk for queue in queues_of([announcement.exchange_id])]  # calls are found by queue and time
    every = Call.objects.filter(
        queue_id__in=queue_ids, entered_at__gte=announcement.published_at, entered_at__lt=until
    ).order_by()
    named = Q(announcement=announcement.code) | Q(announcement__endswith=f"/{announcement.code}")
    return every, every.filter(named)


def unheard(announcement: Announcement, *, at: datetime) -> Unheard | None:
    """Whether callers should have heard an announcement by now and none did: the exchange may not play it."""
    begun = announcement.published_at
    if begun is None or announcement.expired_at is not None or at - begun < _HEARD_WITHIN:
        return None
    every, heard = _calls_meanwhile(announcement, until=at)
    calls = every.count()
    if calls < _HEARD_OF_CALLS or heard.exists():
        return None
    return Unheard(minutes=int((at - begun) / timedelta(minutes=1)), calls=calls)
