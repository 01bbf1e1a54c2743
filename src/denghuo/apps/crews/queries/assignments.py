"""Who was sent where, how far they are, and what they told."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Exists, OuterRef

from denghuo.apps.crews.models import (
    OPEN,
    WAITING,
    Assignment,
    AssignmentOrder,
    FieldReport,
    Finding,
    Photo,
    Quote,
    State,
)
from denghuo.apps.organization.access import within
from denghuo.apps.organization.models import User


@dataclass(frozen=True, kw_only=True)
class Sent:
    """An assignment as others see it."""

    assignment_id: int
    crew_id: int
    crew: str
    unit_id: int
    about: str
    order_ids: tuple[int, ...]
    place: str
    skill: str
    state: State
    sent_at: datetime
    delivered_at: datetime | None
    read_at: datetime | None
    accepted_at: datetime | None
    departed_at: datetime | None
    arrived_at: datetime | None
    finished_at: datetime | None
    finding: str
    restored_at: datetime | None
    again_date: date | None
    receipt: str
    ended_because: str
    rung: int
    x: float | None = None
    y: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is still something to do."""
        return self.state in OPEN

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has said yet that they go."""
        return self.state in WAITING

    @property
    def found(self) -> str:
        """What the crew found, in words; "" before it has finished."""
        return str(Finding(self.finding).label) if self.finding else ""


_COPIED = (
    *("crew_id", "unit_id", "about", "place", "skill", "sent_at", "delivered_at", "read_at", "accepted_at"),
    *("departed_at", "arrived_at", "finished_at", "finding", "restored_at", "again_date", "ended_because", "rung"),
    *("receipt", "x", "y"),
)


def _sent(row: Assignment, order_ids: Sequence[int]) -> Sent:
    told = {name: getattr(row, name) for name in _COPIED}
    return Sent(assignment_id=row.pk, crew=str(row.crew), order_ids=tuple(order_ids), state=State(row.state), **told)


def order_ids_of(assignment_ids: Iterable[int]) -> dict[int, list[int]]:
    """The orders that assignments serve."""
    found: dict[int, list[int]] = defaultdict(list)
    rows = AssignmentOrder.objects.filter(assignment_id__in=list(assignment_ids)).order_by("order_id")
    for assignment_id, order_id in rows.values_list("assignment_id", "order_id"):
        found[assignment_id].append(order_id)
    return found


def orders_left(row: Assignment) -> tuple[int, ...]:
    """The orders of an assignment that no other crew is sent for or works on."""
    mine = order_ids_of([row.pk]).get(row.pk, [])
    others = AssignmentOrder.objects.filter(order_id__in=mine, assignment__state__in=OPEN).exclude(assignment=row)
    served = set(others.values_list("order_id", flat=True))
    return tuple(one for one in mine if one not in served)


def _all_sent(rows: Sequence[Assignment]) -> list[Sent]:
    orders = order_ids_of(row.pk for row in rows)
    return [_sent(row, orders.get(row.pk, ())) for row in rows]


def assignments_of(about: str) -> list[Sent]:
    """Everybody who was sent for something, the last first."""
    return _all_sent(list(Assignment.objects.filter(about=about).select_related("crew")))


def assignments_about(abouts: Iterable[str]) -> dict[str, list[Sent]]:
    """The same for many things at once."""
    found: dict[str, list[Sent]] = defaultdict(list)
    for one in _all_sent(list(Assignment.objects.filter(about__in=set(abouts)).select_related("crew"))):
        found[one.about].append(one)
    return found


def refused_about(abouts: Iterable[str]) -> dict[str, list[Sent]]:
    """Of things that crews are sent for, the crews that said they cannot go and were not sent again since."""
    again = Assignment.objects.filter(crew=OuterRef("crew"), about=OuterRef("about"), sent_at__gt=OuterRef("sent_at"))
    rows = Assignment.objects.filter(~Exists(again), about__in=set(abouts), state=State.REFUSED).select_related("crew")
    found: dict[str, list[Sent]] = defaultdict(list)
    for one in _all_sent(list(rows)):
        found[one.about].append(one)
    return found


def assignments_serving(order_id: int) -> list[Sent]:
    """Everybody who was sent for an order, whatever it was about, the last first."""
    return _all_sent(list(Assignment.objects.filter(orders__order_id=order_id).select_related("crew")))


def assignment_for(*, scope: Iterable[str], assignment_id: int) -> Assignment:
    """One assignment of a data scope.

    Raises:
        Assignment.DoesNotExist: there is none within reach.
    """
    rows = Assignment.objects.filter(within(scope, field="unit__path")).select_related("crew__unit", "unit")
    return rows.get(pk=assignment_id)


def find(scope: Iterable[str], *, is_open: bool | None = None, about: str = "", limit: int | None = None) -> list[Sent]:
    """Assignments of a data scope, the last first: all, those open, or those over; those for one thing."""
    rows = Assignment.objects.filter(within(scope, field="unit__path")).select_related("crew")
    if about:
        rows = rows.filter(about=about)
    if is_open is not None:
        rows = rows.filter(state__in=OPEN) if is_open else rows.exclude(state__in=OPEN)
    return _all_sent(list(rows if limit is None else rows[:limit]))


def sent_between(scope: Iterable[str], *, since: datetime, until: datetime) -> list[Sent]:
    """Assignments of a data scope that were sent from one instant to another, in order."""
    rows = Assignment.objects.filter(within(scope, field="unit__path"), sent_at__gte=since, sent_at__lt=until)
    return _all_sent(list(rows.select_related("crew").order_by("sent_at", "pk")))


def open_of_user(user_id: int) -> list[Sent]:
    """What the crew that somebody is in has to do, in order of sending."""
    rows = Assignment.objects.filter(state__in=OPEN, crew__closed_at=None).select_related("crew")
    rows = rows.filter(crew__members__user_id=user_id, crew__members__left_at=None)
    return _all_sent(list(rows.order_by("sent_at", "pk")))


def of_crew(crew_id: int, *, limit: int) -> list[Sent]:
    """Where a crew was sent, the last first."""
    return _all_sent(list(Assignment.objects.filter(crew_id=crew_id).select_related("crew")[:limit]))


def loads(crew_ids: Iterable[int]) -> dict[int, list[Sent]]:
    """What crews still have to do, in the order in which it was sent."""
    rows = Assignment.objects.filter(crew_id__in=list(crew_ids), state__in=OPEN).select_related("crew")
    found: dict[int, list[Sent]] = defaultdict(list)
    for one in _all_sent(list(rows.order_by("sent_at", "pk"))):
        found[one.crew_id].append(one)
    return found


def unacknowledged(scope: Iterable[str] | None = None) -> list[Assignment]:
    """Assignments that nobody has accepted yet, the longest first; of everywhere if no scope is told."""
    rows = Assignment.objects.filter(state__in=WAITING).select_related("crew__unit", "unit").order_by("sent_at", "pk")
    return list(rows if scope is None else rows.filter(within(scope, field="unit__path")))


KEPT = timedelta(hours=24)


def mine(crew_id: int, *, at: datetime) -> list[Assignment]:
    """What a crew's page shows: what is open, in order of sending, and what ended within a day."""
    rows = Assignment.objects.filter(crew_id=crew_id).select_related("crew__unit", "unit")
    still = list(rows.filter(state__in=OPEN).order_by("sent_at", "pk"))
    over = rows.exclude(state__in=OPEN).filter(sent_at__gt=at - 7 * KEPT)
    ended = [row for row in over if (row.finished_at or row.ended_at or row.sent_at) > at - KEPT]
    return still + sorted(ended, key=lambda row: row.finished_at or row.ended_at or row.sent_at, reverse=True)


def reports_of(assignment_ids: Iterable[int]) -> dict[int, list[FieldReport]]:
    """What was told from the field, in the order in which it happened."""
    rows = FieldReport.objects.filter(assignment_id__in=list(assignment_ids)).select_related("user", "photo")
    found: dict[int, list[FieldReport]] = defaultdict(list)
    for row in rows.prefetch_related("materials"):
        found[row.assignment_id].append(row)
    return found


def quotes_of(assignment_ids: Iterable[int]) -> dict[int, list[Quote]]:
    """Quotes of assignments with their lines."""
    rows = Quote.objects.filter(assignment_id__in=list(assignment_ids)).select_related("order")
    found: dict[int, list[Quote]] = defaultdict(list)
    for row in rows.prefetch_related("lines__item"):
        found[row.assignment_id].append(row)
    return found


def photo_for(*, scope: Iterable[str], photo_id: int) -> Photo:
    """A photo of an assignment of a data scope.

    Raises:
        Photo.DoesNotExist: there is none within reach.
    """
    rows = Photo.objects.filter(within(scope, field="report__assignment__unit__path"))
    return rows.select_related("report__assignment").get(pk=photo_id)


def photo_path(photo: Photo) -> Path:
    """Where a photo lies."""
    ending = "png" if photo.content_type == "image/png" else "jpg"
    folder = Path(settings.MEDIA_ROOT) / "crews" / str(photo.report.assignment_id)
    return folder / f"{photo.digest}.{ending}"


def finished_today(scope: Iterable[str], *, since: datetime, until: datetime) -> int:
    """How many assignments were finished in a time."""
    rows = Assignment.objects.filter(within(scope, field="unit__path"), state=State.FINISHED)
    return rows.filter(finished_at__gte=since, finished_at__lt=until).count()


def last_finding(order_ids: Iterable[int]) -> Finding | None:
    """What was found the last time that somebody finished work for one of these orders."""
    rows = Assignment.objects.filter(orders__order_id__in=list(order_ids), state=State.FINISHED)
    row = rows.order_by("-finished_at").first()
    return Finding(row.finding) if row is not None else None


def names_of_crew(user_ids: Iterable[int]) -> dict[int, str]:
    """What people are called, by key."""
    return {user.pk: str(user) for user in User.objects.filter(pk__in=set(user_ids))}
