"""What waits for whoever signed in: one line for each thing to do, as far as they may see it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.crews import queries as crews
from denghuo.apps.hotline import queries as hotline
from denghuo.apps.orders import queries as orders
from denghuo.apps.organization.access import Permission, permissions_of, scope_of
from denghuo.apps.organization.models import User
from denghuo.apps.outages import queries as outages

_SHOWN_PLANS = 5


@dataclass(frozen=True, kw_only=True)
class Task:
    """One thing to do, or so many of a kind. ``tone`` is a state color of the house, empty: none."""

    icon: str
    text: str
    path: str
    count: int | None = None
    note: str = ""
    tone: str = ""


def tasks_of(user: User, *, at: datetime) -> list[Task]:
    """Everything that waits for somebody, what is nearest to them first."""
    allowed = permissions_of(user)
    sources = {
        Permission.CREWS_WORK: _of_crew,
        Permission.CREWS_DISPATCH: _of_dispatch,
        Permission.HOTLINE_WORK: _of_desk,
        Permission.ORDERS_VIEW: _of_orders,
        Permission.NOTICES_SEND: _of_plans,
    }
    return [task for needed, source in sources.items() if needed in allowed for task in source(user, at)]


def _of_crew(user: User, at: datetime) -> Iterator[Task]:
    del at
    for one in crews.open_of_user(user.pk):
        state = str(one.state.label)
        yield Task(icon="truck", text=one.place, note=state, path=reverse("crews:mine"), tone="act")


def _of_dispatch(user: User, at: datetime) -> Iterator[Task]:
    del at
    scope = scope_of(user, Permission.CREWS_DISPATCH)
    path = reverse("outages:dispatch")
    if suspected := len(outages.open_suspicions(scope)):
        yield Task(icon="bolt-off", text=_("Suspected faults"), count=suspected, path=path, tone="act")
    if waiting := len(crews.unacknowledged(scope)):
        yield Task(icon="hourglass", text=_("Sent, not accepted yet"), count=waiting, path=path, tone="waiting")


def _of_desk(user: User, at: datetime) -> Iterator[Task]:
    scope = scope_of(user, Permission.HOTLINE_WORK)
    path = reverse("hotline:call-backs")
    if due := hotline.owed(scope).filter(due_at__lte=at).count():
        yield Task(icon="phone-outgoing", text=_("Call-backs that are due"), count=due, path=path, tone="act")
    if asked := len(hotline.unanswered(scope, at=at)):
        text = _("Is supply back? No answer to the message")
        yield Task(icon="phone-check", text=text, count=asked, path=path, tone="waiting")


def _of_orders(user: User, at: datetime) -> Iterator[Task]:
    scope, decides = scope_of(user, Permission.ORDERS_VIEW), scope_of(user, Permission.ORDERS_SUPERVISE)
    reader = orders.reader_of(user)
    told = orders.counts(scope, reader=reader, decides=decides, at=at)
    home = reverse("orders:home")
    signs = orders.signs_within(scope, reader=reader, seen=False).count() if decides else 0
    found = [
        Task(icon="arrows-exchange", text=_("Offered to me"), count=told.offered, path=f"{home}?offered=1", tone="act"),
        Task(icon="gavel", text=_("To be decided by me"), count=told.to_decide, path=f"{home}?decide=1", tone="act"),
        Task(icon="clipboard-list", text=_("Orders in my hands"), count=told.mine, path=f"{home}?mine=1"),
    ]
    if decides:
        late, soon, seen = f"{home}?due=overdue", f"{home}?due=soon", reverse("orders:signs")
        found += [
            Task(icon="alarm", text=_("Orders overdue"), count=told.overdue, path=late, tone="breached"),
            Task(icon="clock", text=_("Orders nearly due"), count=told.soon, path=soon, tone="warning"),
            Task(icon="eye-exclamation", text=_("Early signs"), count=signs, path=seen, tone="warning"),
        ]
    yield from (task for task in found if task.count)


def _of_plans(user: User, at: datetime) -> Iterator[Task]:
    """Plans that have to be announced and were not, or cannot be while nobody says what they open."""
    scope = scope_of(user, Permission.NOTICES_SEND)
    ahead = [row for row in outages.planned_outages(scope, after=at) if row.plan_told_at is None]
    silent = [(due_at, row) for row in ahead if (due_at := outages.tell_by(row)) is not None]
    for due_at, row in sorted(silent, key=lambda pair: pair[0])[:_SHOWN_PLANS]:
        bare, late = not row.planned_device_codes, due_at < at
        text = _("%(number)s names no devices yet") if bare else _("%(number)s is not announced yet")
        note = _("was to be told by %(due)s; begins %(start)s") if late else _("tell by %(due)s; begins %(start)s")
        start_at = row.planned_start_at or due_at
        yield Task(
            icon="alarm" if late else "speakerphone",
            text=text % {"number": row.number},
            note=note % {"due": _told(due_at), "start": _told(start_at)},
            path=reverse("outages:notice", args=[row.pk]),
            tone="breached" if late else "warning",
        )


def _told(at: datetime) -> str:
    """An instant as the rest of the page writes it."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"
