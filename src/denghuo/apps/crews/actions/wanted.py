"""What dispatchers decide elsewhere, followed here: a crew is wanted, and more reports belong to where it goes."""

from datetime import datetime
from typing import Protocol

from django.db import transaction

from denghuo.apps.crews.actions.dispatch import add_orders, assign, serve_again
from denghuo.apps.crews.models import OPEN, Assignment
from denghuo.apps.crews.queries.words import cannot_go_notice
from denghuo.apps.notices.actions import NoticeEntry, queue_notice
from denghuo.apps.organization.models import User


class Wanted(Protocol):
    """The fact that a crew is to go: which, what for (``about``), with which orders, and where that is."""

    @property
    def about(self) -> str: ...
    @property
    def crew_id(self) -> int: ...
    @property
    def order_ids(self) -> tuple[int, ...]: ...
    @property
    def place(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def skill(self) -> str: ...
    @property
    def x(self) -> float | None: ...
    @property
    def y(self) -> float | None: ...


class Attached(Protocol):
    """The fact that reports belong to something (``about``), which had other names before (``formerly``)."""

    @property
    def about(self) -> str: ...
    @property
    def formerly(self) -> tuple[str, ...]: ...
    @property
    def order_ids(self) -> tuple[int, ...]: ...


class Merged(Protocol):
    """The fact that orders are the same matter as one that goes on."""

    @property
    def into_id(self) -> int: ...
    @property
    def order_ids(self) -> tuple[int, ...]: ...


class Unmerged(Protocol):
    """The fact that an order that was merged goes on by itself."""

    @property
    def order_id(self) -> int: ...


def follow_wanted(fact: Wanted, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: the crew is sent. If it cannot go any more, whoever chose it is told."""
    names = ("about", "crew_id", "order_ids", "place", "note", "skill", "x", "y")
    told = {name: getattr(fact, name) for name in names}
    try:
        with transaction.atomic():
            assign(**told, at=at, actor=actor)
    except ValueError:
        user = User.objects.filter(username=actor).first()
        if user is not None:
            entry = NoticeEntry(**vars(cannot_go_notice(fact.crew_id, fact.place)))
            queue_notice(recipient_id=user.pk, key=f"cannot-go-{delivery_key}"[:120], entry=entry, at=at, actor=actor)


def follow_attached(fact: Attached, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: whoever is on the way to something serves what is reported of it later as well."""
    del delivery_key
    names = {fact.about, *fact.formerly} - {""}
    for row in Assignment.objects.filter(about__in=names, state__in=OPEN).order_by("pk"):
        add_orders(assignment_id=row.pk, order_ids=fact.order_ids, at=at, actor=actor)


def follow_merged(fact: Merged, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: whoever was sent for what was merged goes for the order that goes on, where nobody does yet."""
    del delivery_key  # served once, it is served
    sent = Assignment.objects.filter(state__in=OPEN)
    if not sent.filter(orders__order_id=fact.into_id).exists():
        for row in sent.filter(orders__order_id__in=fact.order_ids).distinct().order_by("pk"):
            add_orders(assignment_id=row.pk, order_ids=[fact.into_id], at=at, actor=actor)


def follow_unmerged(fact: Unmerged, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: a crew that was sent for an order before it was merged serves it still."""
    del delivery_key  # what the order has taken is not taken again
    serve_again(order_id=fact.order_id, at=at, actor=actor)
